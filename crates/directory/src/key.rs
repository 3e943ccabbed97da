//! Public keys as the directory lists them.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use ledger::NoteVerifier;
use sha2::{Digest, Sha256};

/// Hexadecimal digits of a key id.
const KEY_ID_DIGITS: usize = 16;
/// Bytes of an uncompressed point of the SM2 curve: 0x04, x, y (GB/T 32918.1 §4.2.9).
const SM2_POINT: usize = 65;
/// First byte of an uncompressed point.
const UNCOMPRESSED: u8 = 0x04;

/// How a member signs its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyAlgorithm {
    /// Ed25519 (RFC 8032); the public key has 32 bytes.
    Ed25519,
    /// SM2 with SM3 (GB/T 32918.2) and the default user id; the public key is an uncompressed point of 65 bytes.
    Sm2Sm3,
}

impl KeyAlgorithm {
    /// The name as it stands in the directory and beside every signature.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Sm2Sm3 => "sm2-sm3",
        }
    }

    /// The algorithm with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Ed25519, Self::Sm2Sm3].into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why bytes or a text are no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes are no key of the algorithm.
    #[error("not a public key of {0}")]
    PublicKey(KeyAlgorithm),
    /// The text is no verifier key (C2SP signed-note).
    #[error("a verifier key is written `name+8 hexadecimal digits+base64`, and the digits must follow from the rest")]
    Verifier,
}

/// A public key with its algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// A key from its bytes.
    ///
    /// # Errors
    /// [`KeyError::PublicKey`] when the bytes have not the form of the algorithm, or are a weak Ed25519 key.
    pub fn new(algorithm: KeyAlgorithm, bytes: Vec<u8>) -> Result<Self, KeyError> {
        let sound = match algorithm {
            KeyAlgorithm::Ed25519 => {
                bytes.as_slice().try_into().is_ok_and(|bytes| NoteVerifier::new("key", bytes).is_ok())
            }
            KeyAlgorithm::Sm2Sm3 => bytes.len() == SM2_POINT && bytes.first() == Some(&UNCOMPRESSED),
        };
        if sound { Ok(Self { algorithm, bytes }) } else { Err(KeyError::PublicKey(algorithm)) }
    }

    /// The algorithm.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The id, which follows from algorithm and bytes.
    pub fn id(&self) -> KeyId {
        let digest = Sha256::new().chain_update(self.algorithm.as_str()).chain_update("\n").chain_update(&self.bytes);
        let mut id = hex::encode(digest.finalize());
        id.truncate(KEY_ID_DIGITS);
        KeyId(id)
    }

    /// The bytes in base64, as they stand in the directory.
    pub(crate) fn to_base64(&self) -> String {
        STANDARD.encode(&self.bytes)
    }

    /// Reads base64 with its padding.
    pub(crate) fn from_base64(algorithm: KeyAlgorithm, text: &str) -> Result<Self, KeyError> {
        let bytes = STANDARD.decode(text).map_err(|_| KeyError::PublicKey(algorithm))?;
        Self::new(algorithm, bytes)
    }
}

/// Names a signing key: the first 16 hexadecimal digits of SHA-256 over algorithm, newline and public key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that a member signs requests with, and when: from `not_before` until just before `not_after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// The key.
    pub key: PublicKey,
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
    /// [`KeyError::Verifier`] when the name is none or there are no bytes.
    pub fn new(name: &str, signature_type: u8, key: &[u8]) -> Result<Self, KeyError> {
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
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Verifier);
        };
        let plain = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control());
        let typed = STANDARD.decode(key).map_err(|_| KeyError::Verifier)?;
        let sound = plain && typed.len() > 1 && id == verifier_id(name, &typed);
        if sound { Ok(Self(text.to_owned())) } else { Err(KeyError::Verifier) }
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
