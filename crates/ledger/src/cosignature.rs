//! Cosignatures of witnesses under the checkpoint of a log (C2SP tlog-cosignature, `cosignature/v1`).
//!
//! A cosignature says: at this time, this was the largest consistent tree of this log that the witness had seen. A log
//! that shows two histories cannot collect enough of them for both.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer, SigningKey};
use sm2::pkcs8::der::zeroize::Zeroizing;

use crate::algorithm::SignatureAlgorithm;
use crate::checkpoint::{CheckpointError, parse_form};
use crate::key::KeyError;
use crate::note::{NoteError, format_line};
use crate::suite::{PrivateKey, PublicKey};
use crate::vkey;

/// Signature type of timestamped Ed25519 cosignatures (C2SP signed-note, "Signature types").
const COSIGNATURE_TYPE: u8 = 0x04;
/// Bytes of the time in front of the signature.
const TIME_LEN: usize = 8;
/// The latest time that can be stated, in seconds.
const MAX_TIME: u64 = i64::MAX as u64;

/// Why a checkpoint cannot be cosigned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CosignError {
    /// The note is not a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The time is zero, or does not fit in a signed number.
    #[error("{0} is not a time of a cosignature: it is in seconds since 1970, from 1 to 2^63 − 1")]
    Time(u64),
}

/// Holds the private key of a witness and cosigns checkpoints. The key is wiped from memory when this is dropped.
///
/// Always Ed25519: C2SP defines no cosignature with SM2. A key that cosigns must do nothing else, and no other witness
/// may have it (C2SP tlog-cosignature, "Ed25519 signed message").
#[derive(Clone)]
pub struct CosignatureSigner {
    name: String,
    key: SigningKey,
}

impl CosignatureSigner {
    /// Makes a key from 32 bytes of the operating system's random source.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn generate(name: impl Into<String>, seed: [u8; 32]) -> Result<Self, KeyError> {
        Ok(Self { name: vkey::checked_name(name.into())?, key: SigningKey::from_bytes(&seed) })
    }

    /// Reads an Ed25519 key from PKCS#8 PEM (RFC 8410). The name is not part of the file.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::PrivateKey`], [`KeyError::ForeignKey`], [`KeyError::Algorithm`].
    pub fn from_pkcs8_pem(name: impl Into<String>, pem: &str) -> Result<Self, KeyError> {
        match PrivateKey::from_pkcs8_pem(pem)? {
            PrivateKey::Ed25519(key) => Ok(Self { name: vkey::checked_name(name.into())?, key }),
            PrivateKey::Sm2(_) => {
                Err(KeyError::Algorithm { expected: SignatureAlgorithm::Ed25519, found: SignatureAlgorithm::Sm2Sm3 })
            }
        }
    }

    /// The private key as PKCS#8 PEM, as OpenSSL 3.0 reads it too.
    ///
    /// # Errors
    /// [`KeyError::PrivateKey`] when it cannot be encoded.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        PrivateKey::Ed25519(self.key.clone()).to_pkcs8_pem()
    }

    /// The name of the witness.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The half that others need to check the cosignatures.
    pub fn verifier(&self) -> CosignatureVerifier {
        CosignatureVerifier { name: self.name.clone(), key: PublicKey::Ed25519(self.key.verifying_key()) }
    }

    /// The signature line, with its newline, that says that at `time` (seconds since 1970) this was the largest tree of
    /// its log that the witness knew. Put it under the note with [`add_signature`](crate::add_signature).
    ///
    /// The caller first believes the note ([`open`](crate::open)), checks that its tree extends the one cosigned before
    /// ([`verify_consistency`](crate::verify_consistency)), and has stored it (C2SP tlog-witness).
    ///
    /// # Errors
    /// [`CosignError::Checkpoint`] when the note has not the form of a checkpoint, [`CosignError::Time`].
    pub fn cosign(&self, note: &str, time: u64) -> Result<String, CosignError> {
        let note = parse_form(note)?;
        if !(1..=MAX_TIME).contains(&time) {
            return Err(CosignError::Time(time));
        }
        let signature = self.key.sign(message(time, note.text).as_bytes());
        let stamped = [&time.to_be_bytes()[..], &signature.to_bytes()].concat();
        Ok(format_line(&self.name, self.verifier().key_id(), &stamped))
    }
}

/// Shows the public half only, so that a key never reaches a log file.
impl fmt::Debug for CosignatureSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CosignatureSigner({})", self.verifier())
    }
}

/// The public key of a witness with its name. Text form: `name+hex(key id)+base64(0x04‖public key)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignatureVerifier {
    name: String,
    key: PublicKey,
}

impl CosignatureVerifier {
    /// From a name and the 32 bytes of an Ed25519 public key (RFC 8032).
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::PublicKey`].
    pub fn new(name: impl Into<String>, public_key: &[u8; 32]) -> Result<Self, KeyError> {
        let key = PublicKey::from_bytes(SignatureAlgorithm::Ed25519, public_key)?;
        Ok(Self { name: vkey::checked_name(name.into())?, key })
    }

    /// The name of the witness.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of the public key.
    pub fn public_key(&self) -> Vec<u8> {
        self.key.to_bytes()
    }

    /// Key id: the first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x04 ‖ public key) (C2SP tlog-cosignature). It differs from
    /// the id of a [`NoteVerifier`](crate::NoteVerifier) of the same key.
    pub fn key_id(&self) -> [u8; 4] {
        vkey::key_id(&self.name, &self.typed())
    }

    fn typed(&self) -> Vec<u8> {
        [&[COSIGNATURE_TYPE][..], &self.key.to_bytes()].concat()
    }

    /// The time that a cosignature of this key states, when it fits the text.
    fn time_of(&self, text: &str, stamped: &[u8]) -> Option<u64> {
        let (time, signature) = stamped.split_first_chunk::<TIME_LEN>()?;
        let time = u64::from_be_bytes(*time);
        let holds = time <= MAX_TIME && self.key.verifies(message(time, text).as_bytes(), signature);
        holds.then_some(time)
    }
}

impl fmt::Display for CosignatureVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        vkey::write(f, &self.name, &self.typed())
    }
}

impl FromStr for CosignatureVerifier {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, typed) = vkey::parse(text)?;
        let key = typed.strip_prefix(&[COSIGNATURE_TYPE]);
        let key = key.ok_or(KeyError::Format("the key type is not that of a cosignature (0x04)"))?;
        let key = key.try_into().map_err(|_| KeyError::PublicKey(SignatureAlgorithm::Ed25519))?;
        Self::new(name, key)
    }
}

/// What a witness has said about a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// Name of the witness.
    pub witness: String,
    /// When, in seconds since 1970, by the clock of the witness.
    pub time: u64,
}

/// Which of the witnesses have cosigned a checkpoint, in the order of `verifiers`, each once with its newest time. The
/// list may be empty.
///
/// Lines of unknown keys, and so the signature of the log itself, are ignored: believe the note with
/// [`open`](crate::open) too.
///
/// # Errors
/// [`CheckpointError`] when the note is not a checkpoint, or [`NoteError::BadSignature`] in it when a line of a known
/// witness does not fit the text; the note is malformed then (C2SP signed-note).
pub fn cosigners(note: &str, verifiers: &[CosignatureVerifier]) -> Result<Vec<Cosignature>, CheckpointError> {
    let note = parse_form(note)?;
    let mut found = Vec::new();
    for verifier in verifiers {
        let mut newest = None;
        for stamped in note.signatures_of(&verifier.name, verifier.key_id()) {
            let time = verifier.time_of(note.text, stamped);
            newest = newest.max(Some(time.ok_or_else(|| NoteError::BadSignature(verifier.name.clone()))?));
        }
        found.extend(newest.map(|time| Cosignature { witness: verifier.name.clone(), time }));
    }
    Ok(found)
}

/// What is signed (C2SP tlog-cosignature, "Ed25519 signed message").
fn message(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}
