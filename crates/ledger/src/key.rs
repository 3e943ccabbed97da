//! Keys of C2SP signed notes: the signing half as PKCS#8, the verifying half as a one-line text.

use std::fmt;
use std::str::FromStr;

use sm2::pkcs8::der::zeroize::Zeroizing;

use crate::algorithm::SignatureAlgorithm;
use crate::suite::{PrivateKey, PublicKey, SIGNATURE_LEN};
use crate::vkey;

/// Signature type of plain Ed25519 (C2SP signed-note, "Signature types").
const ED25519_TYPE: &[u8] = &[0x01];
/// Signature type of SM2 with SM3. C2SP has assigned it no byte, so it is 0xff and a name that nobody else uses.
const SM2_TYPE: &[u8] = b"\xffwufei.sm2-sm3";

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
    /// The bytes are not base64.
    #[error("a public key is written in base64 with padding (RFC 4648 §4)")]
    Base64,
    /// The public key has another length, is no point of the curve, or is one under which forged signatures can pass.
    #[error("not a sound {0} public key")]
    PublicKey(SignatureAlgorithm),
    /// The file is not PKCS#8 PEM, or the key in it is damaged or out of range.
    #[error("not a sound private key in PKCS#8 PEM")]
    PrivateKey,
    /// The private key is of another algorithm, named by its object identifiers.
    #[error(
        "a private key of algorithm {0} cannot be used; take Ed25519 (1.3.101.112) or SM2 (1.2.840.10045.2.1 with \
         1.2.156.10197.1.301)"
    )]
    ForeignKey(String),
    /// The key is good, but not for what it is wanted for.
    #[error("this key is of algorithm {found}, a cosignature is made with {expected}")]
    Algorithm {
        /// The algorithm that is needed.
        expected: SignatureAlgorithm,
        /// The algorithm of the key.
        found: SignatureAlgorithm,
    },
    /// The algorithm gave no signature. For a sound SM2 key the chance is below 2^-250 per message.
    #[error("the key gives no signature for this message")]
    Signing,
}

/// Holds the private key of a log or of another author of notes, and signs. The algorithm is that of the key.
///
/// An Ed25519 key is wiped from memory when this is dropped; of an SM2 key the library leaves copies.
#[derive(Clone)]
pub struct NoteSigner {
    name: String,
    key: PrivateKey,
}

impl NoteSigner {
    /// Makes an Ed25519 key from 32 bytes of the operating system's random source. For a log the name is its origin.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn generate(name: impl Into<String>, seed: [u8; 32]) -> Result<Self, KeyError> {
        Self::generate_with(SignatureAlgorithm::Ed25519, name, seed)
    }

    /// As [`generate`](Self::generate), with the algorithm of choice.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn generate_with(
        algorithm: SignatureAlgorithm,
        name: impl Into<String>,
        seed: [u8; 32],
    ) -> Result<Self, KeyError> {
        Ok(Self { name: vkey::checked_name(name.into())?, key: PrivateKey::from_seed(algorithm, &seed) })
    }

    /// Reads a PKCS#8 PEM private key (RFC 5958), Ed25519 (RFC 8410) or SM2 (GB/T 33560): the file says which. The name
    /// is not part of the file.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::PrivateKey`], [`KeyError::ForeignKey`].
    pub fn from_pkcs8_pem(name: impl Into<String>, pem: &str) -> Result<Self, KeyError> {
        Ok(Self { key: PrivateKey::from_pkcs8_pem(pem)?, name: vkey::checked_name(name.into())? })
    }

    /// The private key as PKCS#8 PEM, as OpenSSL 3.0 reads it too.
    ///
    /// # Errors
    /// [`KeyError::PrivateKey`] when it cannot be encoded.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        self.key.to_pkcs8_pem()
    }

    /// The key name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The half that others need to check the signatures.
    pub fn verifier(&self) -> NoteVerifier {
        NoteVerifier { name: self.name.clone(), key: self.key.public() }
    }

    /// Signature over the text of a note.
    pub(crate) fn sign(&self, text: &str) -> Result<[u8; SIGNATURE_LEN], KeyError> {
        self.key.sign(text.as_bytes())
    }
}

/// Shows the public half only, so that a key never reaches a log file.
impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.verifier())
    }
}

/// A trusted public key with its name. Text form: `name+hex(key id)+base64(type‖public key)`, where the type is 0x01
/// for Ed25519, and for SM2 with SM3 0xff followed by `wufei.sm2-sm3` (C2SP signed-note, "Signature types").
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
    key: PublicKey,
}

impl NoteVerifier {
    /// From a name and the 32 bytes of an Ed25519 public key (RFC 8032).
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::PublicKey`].
    pub fn new(name: impl Into<String>, public_key: &[u8; 32]) -> Result<Self, KeyError> {
        Self::with_algorithm(SignatureAlgorithm::Ed25519, name, public_key)
    }

    /// From a name and the bytes of a public key: 32 of Ed25519 (RFC 8032), or 65 of SM2 (SEC 1, uncompressed).
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::PublicKey`].
    pub fn with_algorithm(
        algorithm: SignatureAlgorithm,
        name: impl Into<String>,
        public_key: &[u8],
    ) -> Result<Self, KeyError> {
        Ok(Self { key: PublicKey::from_bytes(algorithm, public_key)?, name: vkey::checked_name(name.into())? })
    }

    /// The key name; for a log, its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The algorithm of the key.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }

    /// The bytes of the public key: 32 of Ed25519 (RFC 8032), or 65 of SM2 (SEC 1, uncompressed).
    pub fn public_key(&self) -> Vec<u8> {
        self.key.to_bytes()
    }

    /// Key id: the first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key) (C2SP signed-note). Tells keys apart; it
    /// is too short to prove anything.
    pub fn key_id(&self) -> [u8; 4] {
        vkey::key_id(&self.name, &self.typed())
    }

    /// Signature type and public key, as in the text form.
    fn typed(&self) -> Vec<u8> {
        let signature_type = match self.key.algorithm() {
            SignatureAlgorithm::Ed25519 => ED25519_TYPE,
            SignatureAlgorithm::Sm2Sm3 => SM2_TYPE,
        };
        [signature_type, &self.key.to_bytes()].concat()
    }

    /// Whether the bytes are this key's signature over the text of a note.
    pub(crate) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        self.key.verifies(text.as_bytes(), signature)
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        vkey::write(f, &self.name, &self.typed())
    }
}

impl FromStr for NoteVerifier {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, typed) = vkey::parse(text)?;
        let of = |signature_type| typed.strip_prefix(signature_type);
        if let Some(key) = of(ED25519_TYPE) {
            Self::with_algorithm(SignatureAlgorithm::Ed25519, name, key)
        } else if let Some(key) = of(SM2_TYPE) {
            Self::with_algorithm(SignatureAlgorithm::Sm2Sm3, name, key)
        } else {
            Err(KeyError::Format("the key type is neither Ed25519 (0x01) nor SM2 (0xff and wufei.sm2-sm3)"))
        }
    }
}
