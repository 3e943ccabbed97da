//! Signed tree heads in the form of C2SP tlog-checkpoint.

use std::fmt;

use crate::hash::Hash;
use crate::key::{NoteSigner, NoteVerifier};
use crate::note::{Note, NoteError, open_note, sign_note};
use crate::text;
use crate::verify::{VerifyError, check_empty};

/// What a log says about itself at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log, and of the key that signs for it, such as `wufei.demo/dept/ecology`.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree over these entries.
    pub root: Hash,
}

/// Why a checkpoint cannot be signed or believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is malformed or not signed by a trusted key.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not the three lines origin, size and root. Extension lines are refused too: no log of this
    /// exchange writes them, and tlog-checkpoint advises against them because nobody can audit them.
    #[error("a checkpoint has three lines: origin, size and root hash")]
    Lines,
    /// The size is not a decimal number without leading zeros.
    #[error("`{0}` is not a tree size")]
    Size(String),
    /// The root is not the base64 of 32 bytes.
    #[error("`{0}` is not a root hash in base64")]
    Root(String),
    /// The root is not the one a tree without entries has.
    #[error("a tree without entries has one possible root: {0}")]
    EmptyTree(#[source] VerifyError),
    /// The key is not the log's own: a department may speak for its own log only.
    #[error("the checkpoint of `{origin}` is not signed by the key of that name, but by {signers:?}")]
    NotSignedByOrigin {
        /// The log named in the checkpoint.
        origin: String,
        /// Names of the trusted keys that did sign.
        signers: Vec<String>,
    },
}

/// The body of the note: origin, size and root, each on its line.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, text::to_base64(self.root.as_bytes()))
    }
}

impl Checkpoint {
    /// Reads a note's text without looking at its signatures.
    fn from_text(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n').collect();
        let [origin, size, root] = lines[..] else { return Err(CheckpointError::Lines) };
        if origin.is_empty() {
            return Err(CheckpointError::Lines);
        }
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: text::decimal(size).ok_or_else(|| CheckpointError::Size(size.to_owned()))?,
            root: text::hash_from_base64(root).ok_or_else(|| CheckpointError::Root(root.to_owned()))?,
        };
        check_empty(checkpoint.size, checkpoint.root).map_err(CheckpointError::EmptyTree)?;
        Ok(checkpoint)
    }
}

/// Signs a checkpoint as a note. The caller must never sign two that are inconsistent (tlog-checkpoint, "Signatures").
///
/// # Errors
/// [`CheckpointError::NotSignedByOrigin`] when the signer's name is not the origin; [`CheckpointError::EmptyTree`].
pub fn sign(checkpoint: &Checkpoint, signer: &NoteSigner) -> Result<String, CheckpointError> {
    if checkpoint.origin != signer.name() {
        let (origin, signers) = (checkpoint.origin.clone(), vec![signer.name().to_owned()]);
        return Err(CheckpointError::NotSignedByOrigin { origin, signers });
    }
    check_empty(checkpoint.size, checkpoint.root).map_err(CheckpointError::EmptyTree)?;
    Ok(sign_note(&checkpoint.to_string(), signer))
}

/// Reads a signed checkpoint and believes it when the trusted key named like its origin signed it.
///
/// Signatures of unknown keys are ignored. The keys of all departments may be passed together: the key of one cannot
/// speak for the log of another. The caller still has to compare the origin with the log it asked for.
///
/// # Errors
/// [`CheckpointError`]; nothing in the note may be used then.
pub fn open(note: &str, verifiers: &[NoteVerifier]) -> Result<Checkpoint, CheckpointError> {
    let (text, signers) = open_note(note, verifiers)?;
    let checkpoint = Checkpoint::from_text(text)?;
    if signers.contains(&checkpoint.origin.as_str()) {
        return Ok(checkpoint);
    }
    let signers = signers.into_iter().map(str::to_owned).collect();
    Err(CheckpointError::NotSignedByOrigin { origin: checkpoint.origin, signers })
}

/// Checks that a text has the form of a signed checkpoint, signatures aside.
pub(crate) fn check_form(note: &str) -> Result<(), CheckpointError> {
    Checkpoint::from_text(Note::parse(note)?.text).map(drop)
}
