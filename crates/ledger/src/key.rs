//! Ed25519 keys of C2SP signed notes: the signing half as PKCS#8, the verifying half as a one-line text.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::spki::der::zeroize::Zeroizing;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::hash::sha256;
use crate::text;

/// Signature type of plain Ed25519 (C2SP signed-note, "Signature types").
const ED25519_TYPE: u8 = 0x01;

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The key name is not allowed in a signature line (C2SP signed-note, "Format").
    #[error("`{0}` is not a key name: it must not be empty nor hold spaces, control characters or `+`")]
    Name(String),
    /// The text is not `name+keyid+base64(type‖key)`.
    #[error("a verifier key is written `name+8 hexadecimal digits+base64`: {0}")]
    Format(&'static str),
    /// The key id does not belong to this name and key; one of the three was changed.
    #[error("key id {found} does not belong to this name and key, which give {expected}")]
    KeyId {
        /// The id that follows from name and key.
        expected: String,
        /// The id in the text.
        found: String,
    },
    /// The public key is no point of the curve, or one under which forged signatures can pass.
    #[error("not a sound Ed25519 public key")]
    PublicKey,
    /// The private key file is not an Ed25519 key in PKCS#8 PEM.
    #[error("not an Ed25519 private key in PKCS#8 PEM")]
    PrivateKey,
}

/// Holds the private key of a log and signs its checkpoints. The key is wiped from memory when this is dropped.
#[derive(Clone)]
pub struct NoteSigner {
    name: String,
    key: SigningKey,
}

impl NoteSigner {
    /// Makes a key from 32 bytes of the operating system's random source. For a log the name is its origin.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn generate(name: impl Into<String>, seed: [u8; 32]) -> Result<Self, KeyError> {
        Ok(Self { name: checked_name(name.into())?, key: SigningKey::from_bytes(&seed) })
    }

    /// Reads a PKCS#8 PEM private key (RFC 8410). The name is not part of the file.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::PrivateKey`].
    pub fn from_pkcs8_pem(name: impl Into<String>, pem: &str) -> Result<Self, KeyError> {
        let key = SigningKey::from_pkcs8_pem(pem).map_err(|_| KeyError::PrivateKey)?;
        Ok(Self { name: checked_name(name.into())?, key })
    }

    /// The private key as PKCS#8 PEM, without the public half, which version 1 readers such as OpenSSL 3.0 refuse.
    ///
    /// # Errors
    /// [`KeyError::PrivateKey`] when it cannot be encoded.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let bytes = KeypairBytes { secret_key: self.key.to_bytes(), public_key: None };
        bytes.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::PrivateKey)
    }

    /// The key name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The half that others need to check the signatures.
    pub fn verifier(&self) -> NoteVerifier {
        NoteVerifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Signature over the text of a note.
    pub(crate) fn sign(&self, text: &str) -> [u8; Signature::BYTE_SIZE] {
        self.key.sign(text.as_bytes()).to_bytes()
    }
}

/// Shows the public half only, so that a key never reaches a log file.
impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.verifier())
    }
}

/// A trusted public key with its name. Text form: `name+hex(key id)+base64(0x01‖public key)`.
///
/// ```
/// # use ledger::{NoteSigner, NoteVerifier};
/// # fn main() -> Result<(), ledger::KeyError> {
/// let verifier = NoteSigner::generate("wufei.demo/dept/ecology", [7; 32])?.verifier();
/// let text = verifier.to_string();
/// assert!(text.starts_with("wufei.demo/dept/ecology+"));
/// assert_eq!(text.parse::<NoteVerifier>()?, verifier);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    key: VerifyingKey,
}

impl NoteVerifier {
    /// From a name and the 32 bytes of an Ed25519 public key (RFC 8032).
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::PublicKey`].
    pub fn new(name: impl Into<String>, public_key: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(public_key).map_err(|_| KeyError::PublicKey)?;
        if key.is_weak() {
            return Err(KeyError::PublicKey);
        }
        Ok(Self { name: checked_name(name.into())?, key })
    }

    /// The key name; for a log, its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of the public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Key id: the first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key) (C2SP signed-note). Tells keys apart; it
    /// is too short to prove anything.
    pub fn key_id(&self) -> [u8; 4] {
        let hash = sha256(&[self.name.as_bytes(), b"\n", &[ED25519_TYPE], self.key.as_bytes()]);
        let [a, b, c, d, ..] = hash.to_bytes();
        [a, b, c, d]
    }

    /// Whether the bytes are this key's signature over the text of a note.
    pub(crate) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|s| self.key.verify_strict(text.as_bytes(), &s).is_ok())
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed = vec![ED25519_TYPE];
        typed.extend(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(self.key_id()), text::to_base64(&typed))
    }
}

impl FromStr for NoteVerifier {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Format("it needs three parts"));
        };
        let typed = text::from_base64(key).ok_or(KeyError::Format("the key is not base64"))?;
        let Some((&ED25519_TYPE, key)) = typed.split_first() else {
            return Err(KeyError::Format("the key type is not Ed25519 (0x01)"));
        };
        let key = key.try_into().map_err(|_| KeyError::Format("an Ed25519 public key has 32 bytes"))?;
        let verifier = Self::new(name, key)?;
        let expected = hex::encode(verifier.key_id());
        if id == expected { Ok(verifier) } else { Err(KeyError::KeyId { expected, found: id.to_owned() }) }
    }
}

/// Whether a text can be a key name (C2SP signed-note, "Format").
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace() || c.is_control())
}

fn checked_name(name: String) -> Result<String, KeyError> {
    if is_name(&name) { Ok(name) } else { Err(KeyError::Name(name)) }
}
