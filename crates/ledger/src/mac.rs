//! HMAC (RFC 2104) with keys of 32 bytes.

use hmac::digest::Key;
use hmac::digest::Output;
use hmac::{KeyInit, Mac};

/// MAC over the parts, one after the other.
pub(crate) fn hmac<M: Mac + KeyInit>(key: &[u8; 32], parts: &[&[u8]]) -> Output<M> {
    // RFC 2104 §2 fills a short key up with zeros to the block of the hash, which is what `M` wants for a key.
    let mut block = Key::<M>::default();
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = <M as KeyInit>::new(&block);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes()
}
