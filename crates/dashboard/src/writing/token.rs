//! The token of forms (CSRF): only a page that was made for this person by this process can send what changes something.

use hmac::{Hmac, KeyInit as _, Mac as _, digest::Key};
use sha2::Sha256;

use crate::port::Visitor;

/// Makes and checks tokens. The key lives as long as the process.
#[derive(Clone)]
pub(crate) struct Tokens([u8; 32]);

impl Tokens {
    /// With a fresh key.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub(crate) fn new() -> std::io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(std::io::Error::other)?;
        Ok(Self(key))
    }

    /// The token of a person: HMAC-SHA-256 over their identity and certificate.
    pub(crate) fn of(&self, visitor: &Visitor) -> String {
        hex::encode(self.mac(visitor).finalize().into_bytes())
    }

    /// Whether a token is this person's; compared in constant time.
    pub(crate) fn is_of(&self, visitor: &Visitor, token: &str) -> bool {
        hex::decode(token).is_ok_and(|token| self.mac(visitor).verify_slice(&token).is_ok())
    }

    fn mac(&self, visitor: &Visitor) -> Hmac<Sha256> {
        // RFC 2104 §2 fills a short key up with zeros to the block of the hash, which is what `Hmac` wants for a key.
        let mut block = Key::<Hmac<Sha256>>::default();
        block.iter_mut().zip(&self.0).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new(&block);
        for part in ["wufei-form/v1", &visitor.principal, &visitor.fingerprint] {
            mac.update(part.as_bytes());
            mac.update(b"\n");
        }
        mac
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_one_person_with_one_certificate_and_one_process() {
        let visitor = |principal: &str, fingerprint: &str| Visitor {
            principal: principal.to_owned(),
            fingerprint: fingerprint.to_owned(),
            session: false,
        };
        let (tokens, clerk) = (Tokens::new().unwrap(), visitor("甲", "a1"));
        let token = tokens.of(&clerk);
        assert!(tokens.is_of(&clerk, &token));
        assert!(!tokens.is_of(&visitor("乙", "a1"), &token));
        assert!(!tokens.is_of(&visitor("甲", "a2"), &token));
        assert!(!tokens.is_of(&clerk, "") && !tokens.is_of(&clerk, &token[2..]));
        assert!(!Tokens::new().unwrap().is_of(&clerk, &token), "after a restart");
    }
}
