//! Keys that are not for TLS: those that sign requests, and those that sign notes.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use directory::{SigningKey, VerifierKey};
use ledger::{CosignatureSigner, NoteSigner, NoteVerifier, RequestKey, RequestSigner, SignatureAlgorithm};

use crate::{ca::BACKDATED, error::PkiError, files};

/// Signature type of plain Ed25519 notes (C2SP signed-note): the directory, and the checkpoints of a log.
pub const PLAIN_NOTE: u8 = 0x01;
/// Signature type of a witness (C2SP tlog-cosignature, cosignature/v1).
pub const COSIGNATURE: u8 = 0x04;

/// A key that signs requests.
#[derive(Debug)]
pub struct SigningKeyPair {
    /// The public half, for the directory.
    pub public: RequestKey,
    signer: RequestSigner,
}

impl SigningKeyPair {
    /// Makes a new key from the random source of the operating system.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn generate(algorithm: SignatureAlgorithm) -> Result<Self, PkiError> {
        let signer = RequestSigner::generate(algorithm, random()?);
        Ok(Self { public: signer.key(), signer })
    }

    /// What the directory says of this key when it is made now for some days. It counts from a little earlier, for nodes
    /// whose clocks are behind.
    pub fn entry(&self, days: u32, now: DateTime<Utc>) -> SigningKey {
        SigningKey {
            key: self.public.clone(),
            not_before: now - BACKDATED,
            not_after: now + TimeDelta::days(days.into()),
        }
    }

    /// The private half, which signs.
    pub fn signer(&self) -> &RequestSigner {
        &self.signer
    }

    fn write(&self, write: impl FnOnce(&str) -> Result<(), PkiError>) -> Result<(), PkiError> {
        write(&self.signer.to_pkcs8_pem().map_err(|_| PkiError::NoKey)?)
    }
}

/// Writes the private half as `<name>.sign.key` (mode 0600).
///
/// # Errors
/// When the file is there already, the name is no plain file name, or the operating system refuses.
pub fn write_new_signing_key(dir: &Path, name: &str, pair: &SigningKeyPair) -> Result<PathBuf, PkiError> {
    let path = signing_key_path(dir, name)?;
    pair.write(|pem| files::write_new_private(&path, pem))?;
    Ok(path)
}

/// Puts the private half in the place of an earlier one, in one step.
///
/// # Errors
/// When the name is no plain file name, or the operating system refuses.
pub fn replace_signing_key(dir: &Path, name: &str, pair: &SigningKeyPair) -> Result<PathBuf, PkiError> {
    let path = signing_key_path(dir, name)?;
    pair.write(|pem| files::replace_private(&path, pem))?;
    Ok(path)
}

/// Reads the private half of a key that signs requests; the file says of which kind it is.
///
/// # Errors
/// When the file is missing, is no such key, or others can read it.
pub fn load_signing_key(path: &Path) -> Result<RequestSigner, PkiError> {
    let pem = files::read_private(path)?;
    RequestSigner::from_pkcs8_pem(&pem)
        .map_err(|_| PkiError::NotAKey { path: path.to_owned(), what: "an Ed25519 or SM2 private key in PKCS#8 PEM" })
}

/// Makes a key that signs notes under this name.
///
/// # Errors
/// When the name is no key name, or there are no random bytes.
pub fn make_note_key(name: &str) -> Result<NoteSigner, PkiError> {
    NoteSigner::generate(name, random()?)
        .map_err(|_| PkiError::Name { name: name.to_owned(), what: "the name of a key that signs notes" })
}

/// Writes `<file>.key` (mode 0600), which must not be there, and `<file>.vkey`, the line that verifiers need, with the
/// signature type it is used for.
///
/// # Errors
/// When the key is there already, the name is no plain file name, or the operating system refuses.
pub fn write_note_key(dir: &Path, file: &str, signer: &NoteSigner, signature_type: u8) -> Result<(), PkiError> {
    files::plain_name(file)?;
    let pem = signer.to_pkcs8_pem().map_err(|_| PkiError::NoKey)?;
    let line = VerifierKey::new(signer.name(), signature_type, &signer.verifier().public_key());
    let line = line.map_err(|_| PkiError::NoKey)?;
    files::write_new_private(&dir.join(format!("{file}.key")), &pem)?;
    files::write_public(&dir.join(format!("{file}.vkey")), &format!("{line}\n"))
}

/// Reads a key that signs notes under this name.
///
/// # Errors
/// When the file is missing, is no such key, or others can read it.
pub fn load_note_key(path: &Path, name: &str) -> Result<NoteSigner, PkiError> {
    let pem = files::read_private(path)?;
    NoteSigner::from_pkcs8_pem(name, &pem)
        .map_err(|_| PkiError::NotAKey { path: path.to_owned(), what: "an Ed25519 private key in PKCS#8 PEM" })
}

/// Reads a key that cosigns under this name, or makes it and writes both files on the first start.
///
/// # Errors
/// As [`write_note_key`] and [`load_note_key`].
pub fn load_or_make_cosignature_key(dir: &Path, file: &str, name: &str) -> Result<CosignatureSigner, PkiError> {
    let path = dir.join(format!("{file}.key"));
    if !path.exists() {
        write_note_key(dir, file, &make_note_key(name)?, COSIGNATURE)?;
    }
    let pem = files::read_private(&path)?;
    CosignatureSigner::from_pkcs8_pem(name, &pem)
        .map_err(|_| PkiError::NotAKey { path, what: "an Ed25519 private key in PKCS#8 PEM" })
}

/// Reads the line of a `.vkey` file as the directory lists it, of any signature type.
///
/// # Errors
/// When the file is missing or holds something else.
pub fn read_verifier_key(path: &Path) -> Result<VerifierKey, PkiError> {
    let line = files::read(path)?;
    line.trim_end()
        .parse()
        .map_err(|_| PkiError::NotAKey { path: path.to_owned(), what: "a verifier key, name+id+base64 on one line" })
}

/// Reads the line of a `.vkey` file of plain notes.
///
/// # Errors
/// When the file is missing or holds something else.
pub fn load_verifier(path: &Path) -> Result<NoteVerifier, PkiError> {
    let line = files::read(path)?;
    line.trim_end()
        .parse()
        .map_err(|_| PkiError::NotAKey { path: path.to_owned(), what: "a verifier key, name+id+base64 on one line" })
}

fn signing_key_path(dir: &Path, name: &str) -> Result<PathBuf, PkiError> {
    files::plain_name(name)?;
    Ok(dir.join(format!("{name}.sign.key")))
}

fn random() -> Result<[u8; 32], PkiError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| PkiError::NoKey)?;
    Ok(bytes)
}
