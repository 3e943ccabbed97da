//! Public keys as the directory lists them.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use ledger::RequestKey;
use sha2::{Digest, Sha256};

/// The text is no verifier key (C2SP signed-note).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a verifier key is written `name+8 hexadecimal digits+base64`, and the digits must follow from the rest")]
pub struct NotAVerifierKey;

/// A key that a member signs requests with, and when: from `not_before` until just before `not_after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// The key.
    pub key: RequestKey,
    /// First moment.
    pub not_before: DateTime<Utc>,
    /// First moment after.
    pub not_after: DateTime<Utc>,
}

/// The key with which a node's log, audit log or witness signs: `name+key id+base64(type‖key)` (C2SP signed-note), of any
/// signature type. Who verifies with it reads it with the type it expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey(String);

impl VerifierKey {
    /// The text of a key: its name, the signature type (C2SP signed-note, "Signature types") and its bytes.
    ///
    /// # Errors
    /// [`NotAVerifierKey`] when the name is none or there are no bytes.
    pub fn new(name: &str, signature_type: u8, key: &[u8]) -> Result<Self, NotAVerifierKey> {
        let typed = [&[signature_type], key].concat();
        format!("{name}+{}+{}", verifier_id(name, &typed), STANDARD.encode(&typed)).parse()
    }

    /// The name in front of the key.
    pub fn name(&self) -> &str {
        self.0.split('+').next().unwrap_or_default()
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VerifierKey {
    type Err = NotAVerifierKey;

    fn from_str(text: &str) -> Result<Self, NotAVerifierKey> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NotAVerifierKey);
        };
        let plain = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control());
        let typed = STANDARD.decode(key).map_err(|_| NotAVerifierKey)?;
        let sound = plain && typed.len() > 1 && id == verifier_id(name, &typed);
        if sound { Ok(Self(text.to_owned())) } else { Err(NotAVerifierKey) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Key id of a verifier key: the first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key), for every type in use.
fn verifier_id(name: &str, typed: &[u8]) -> String {
    let mut id = hex::encode(Sha256::new().chain_update(name).chain_update("\n").chain_update(typed).finalize());
    id.truncate(8);
    id
}
