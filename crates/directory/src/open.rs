//! The directory that may be believed, and what it answers.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{DepartmentId, Text};
use ledger::{NoteSigner, NoteVerifier, open_note, sign_note};
use policy::Principal;

use crate::{
    check::check,
    document::{Document, Member, NodeEntry, directory_key_name},
    error::DirectoryError,
    key::SigningKey,
    wire::WireDocument,
};

/// How far ahead of ours the clock of the signer may be.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// A directory that the directory key of its instance signed and that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    document: Document,
    members: BTreeMap<Principal, usize>,
    nodes: BTreeMap<DepartmentId, usize>,
}

/// Why a signing key does not count for a member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// The member has no such key, or there is no such member.
    #[error("the directory lists no signing key {key_id} for {principal}; register the key, or sign with a listed one")]
    Unknown {
        /// The member.
        principal: Principal,
        /// The key id.
        key_id: String,
    },
    /// The key is listed for another time.
    #[error("the signing key {key_id} counts from {not_before} until {not_after} only; sign with the key of today")]
    OutOfTime {
        /// The key id.
        key_id: String,
        /// First moment.
        not_before: DateTime<Utc>,
        /// First moment after.
        not_after: DateTime<Utc>,
    },
}

impl KeyRefused {
    /// The refusal in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Unknown { principal, key_id } => {
                format!("目录没有为 {principal} 登记签名公钥 {key_id}；请先登记，或改用已登记的密钥")
            }
            Self::OutOfTime { key_id, not_before, not_after } => {
                format!("签名公钥 {key_id} 的有效期为 {not_before} 至 {not_after}；请改用当前的密钥")
            }
        };
        Text::new(zh, self.to_string())
    }
}

impl Directory {
    /// Checks a document against every rule.
    ///
    /// # Errors
    /// [`DirectoryError::Faults`] with all faults.
    pub fn check(document: &Document) -> Result<Self, DirectoryError> {
        Ok(Self::of(check(&WireDocument::from(document))?))
    }

    /// Reads the JSON of a document that is not signed yet, as an administrator edits it.
    ///
    /// # Errors
    /// [`DirectoryError::Form`], [`DirectoryError::Faults`].
    pub fn from_json(text: &str) -> Result<Self, DirectoryError> {
        let reader = &mut serde_json::Deserializer::from_str(text);
        let wire: WireDocument = serde_path_to_error::deserialize(&mut *reader)
            .map_err(|error| form(error.path().to_string(), error.inner()))?;
        reader.end().map_err(|error| form(".".to_owned(), &error))?;
        Ok(Self::of(check(&wire)?))
    }

    /// The document as it is signed: JSON with indents and a final newline.
    ///
    /// # Errors
    /// [`DirectoryError::Form`] when it cannot be written, which no document is known to cause.
    pub fn to_json(&self) -> Result<String, DirectoryError> {
        let text = serde_json::to_string_pretty(&WireDocument::from(&self.document))
            .map_err(|error| form(".".to_owned(), &error))?;
        Ok(text + "\n")
    }

    /// Checks a document and signs it as a note.
    ///
    /// # Errors
    /// [`DirectoryError::Faults`]; [`DirectoryError::OtherSigner`] when the key is not the directory key of the instance.
    pub fn sign(document: &Document, signer: &NoteSigner) -> Result<String, DirectoryError> {
        let directory = Self::check(document)?;
        directory.signed_by(&[signer.name()])?;
        Ok(sign_note(&directory.to_json()?, signer)?)
    }

    /// Reads a signed directory that is in force now.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing in the note may be used then. An expired directory is refused: without a directory in
    /// force nobody is a member.
    pub fn open(note: &str, verifiers: &[NoteVerifier], now: DateTime<Utc>) -> Result<Self, DirectoryError> {
        let directory = Self::inspect(note, verifiers)?;
        directory.in_force(now)?;
        Ok(directory)
    }

    /// Reads a signed directory whatever the time, for its owner, who signs the next version, and for whoever looks into
    /// the past. Nothing may be decided by it.
    ///
    /// # Errors
    /// [`DirectoryError`], apart from those about time.
    pub fn inspect(note: &str, verifiers: &[NoteVerifier]) -> Result<Self, DirectoryError> {
        let directory = Self::from_json(open_note(note, verifiers)?)?;
        // Any of the keys may have signed so far; the one that counts is named after the instance in the text.
        let name = directory_key_name(directory.instance());
        let own: Vec<_> = verifiers.iter().filter(|verifier| verifier.name() == name).cloned().collect();
        if open_note(note, &own).is_err() {
            let signers: Vec<_> = verifiers.iter().map(NoteVerifier::name).collect();
            directory.signed_by(&signers.into_iter().filter(|signer| *signer != name).collect::<Vec<_>>())?;
        }
        Ok(directory)
    }

    /// Whether it counts at this moment: not from the future, not expired.
    ///
    /// # Errors
    /// [`DirectoryError::NotYet`], [`DirectoryError::Expired`].
    pub fn in_force(&self, now: DateTime<Utc>) -> Result<(), DirectoryError> {
        let Document { version, issued, expires, .. } = self.document;
        if issued - CLOCK_TOLERANCE > now {
            return Err(DirectoryError::NotYet { version, issued });
        }
        if expires <= now { Err(DirectoryError::Expired { version, expired: expires }) } else { Ok(()) }
    }

    /// What it says.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Its version.
    pub fn version(&self) -> u64 {
        self.document.version
    }

    /// The instance.
    pub fn instance(&self) -> &str {
        &self.document.instance
    }

    /// The member with this identity, suspended or not.
    pub fn member(&self, principal: &Principal) -> Option<&Member> {
        self.members.get(principal).and_then(|at| self.document.members.get(*at))
    }

    /// The key of this id that the member signs with at this moment. It says nothing about the member: one that is
    /// suspended now may have signed in its time.
    ///
    /// # Errors
    /// [`KeyRefused`].
    pub fn signing_key(
        &self,
        principal: &Principal,
        key_id: &str,
        at: DateTime<Utc>,
    ) -> Result<&SigningKey, KeyRefused> {
        let keys = self.member(principal).map(|member| member.signing_keys.as_slice()).unwrap_or_default();
        let key = keys
            .iter()
            .find(|key| key.key.id() == key_id)
            .ok_or_else(|| KeyRefused::Unknown { principal: principal.clone(), key_id: key_id.to_owned() })?;
        let SigningKey { not_before, not_after, .. } = *key;
        if (not_before..not_after).contains(&at) {
            Ok(key)
        } else {
            Err(KeyRefused::OutOfTime { key_id: key_id.to_owned(), not_before, not_after })
        }
    }

    /// Whether a certificate was revoked; asked by its SHA-256 in lower-case hex.
    pub fn is_revoked(&self, fingerprint: &str) -> bool {
        self.document.revoked_certificates.contains(fingerprint)
    }

    /// The node of a department.
    pub fn node(&self, department: &DepartmentId) -> Option<&NodeEntry> {
        self.nodes.get(department).and_then(|at| self.document.nodes.get(*at))
    }

    fn of(document: Document) -> Self {
        let members = document.members.iter().enumerate().map(|(at, member)| (member.principal.clone(), at)).collect();
        let nodes = document.nodes.iter().enumerate().map(|(at, node)| (node.department.clone(), at)).collect();
        Self { document, members, nodes }
    }

    /// The key of one instance cannot speak for another, whatever other keys the holder trusts.
    fn signed_by(&self, signers: &[&str]) -> Result<(), DirectoryError> {
        let expected = directory_key_name(self.instance());
        if signers.contains(&expected.as_str()) {
            return Ok(());
        }
        let signers = signers.iter().map(|&name| name.to_owned()).collect();
        Err(DirectoryError::OtherSigner { instance: self.instance().to_owned(), expected, signers })
    }
}

fn form(path: String, error: &serde_json::Error) -> DirectoryError {
    DirectoryError::Form { path, detail: error.to_string() }
}
