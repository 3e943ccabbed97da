//! Key names, key ids and the one-line text of a verifier key (C2SP signed-note, "Signatures" and "Verifier keys").

use std::fmt;

use crate::hash::sha256;
use crate::key::KeyError;
use crate::text;

/// Bytes of the key id in front of every signature.
pub(crate) const KEY_ID_LEN: usize = 4;

/// Whether a text can be a key name (C2SP signed-note, "Format").
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace() || c.is_control())
}

/// A name that can stand in a signature line.
pub(crate) fn checked_name(name: String) -> Result<String, KeyError> {
    if is_name(&name) { Ok(name) } else { Err(KeyError::Name(name)) }
}

/// Key id: the first 4 bytes of SHA-256(name ‖ 0x0A ‖ signature type ‖ public key). `typed` is type and key.
pub(crate) fn key_id(name: &str, typed: &[u8]) -> [u8; KEY_ID_LEN] {
    let [a, b, c, d, ..] = sha256(&[name.as_bytes(), b"\n", typed]).to_bytes();
    [a, b, c, d]
}

/// Writes `name+hex(key id)+base64(signature type ‖ public key)`.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, name: &str, typed: &[u8]) -> fmt::Result {
    write!(f, "{name}+{}+{}", hex::encode(key_id(name, typed)), text::to_base64(typed))
}

/// Reads what [`write`] writes: the name, and the signature type with the public key. The id has been checked.
pub(crate) fn parse(vkey: &str) -> Result<(&str, Vec<u8>), KeyError> {
    // Base64 may hold a plus too, so only the first two divide.
    let mut parts = vkey.splitn(3, '+');
    let (Some(name), Some(id), Some(typed)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyError::Format("it needs three parts"));
    };
    if !is_name(name) {
        return Err(KeyError::Name(name.to_owned()));
    }
    let typed = text::from_base64(typed).ok_or(KeyError::Format("the key is not base64"))?;
    let expected = hex::encode(key_id(name, &typed));
    if id == expected { Ok((name, typed)) } else { Err(KeyError::KeyId { expected, found: id.to_owned() }) }
}
