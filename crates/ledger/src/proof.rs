//! One entry's proof as a file that can be checked years later without the log (C2SP tlog-proof).

use std::fmt;
use std::str::FromStr;

use crate::checkpoint::{Checkpoint, CheckpointError, open, parse_form};
use crate::hash::{Hash, leaf_hash};
use crate::key::NoteVerifier;
use crate::text;
use crate::verify::{VerifyError, verify_inclusion};

/// First line of the file.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The most hashes a proof can need: one per bit of a tree size.
pub const MAX_PROOF_HASHES: usize = 64;

/// Why a proof file cannot be read or believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogProofError {
    /// The first line is not that of a tlog-proof of version 1.
    #[error("the first line is not `{HEADER}`")]
    Header,
    /// The `extra` line is empty or not base64.
    #[error("the `extra` line is not base64")]
    Extra,
    /// The `index` line is missing or is not a decimal number without leading zeros.
    #[error("the `index` line is missing or not a number")]
    Index,
    /// A line of the proof is not the base64 of 32 bytes.
    #[error("line {0} of the inclusion proof is not a hash in base64")]
    HashLine(usize),
    /// There are more hashes than any tree needs.
    #[error("the proof has more than {MAX_PROOF_HASHES} hashes")]
    TooLong,
    /// There is no blank line, so no checkpoint.
    #[error("the proof holds no checkpoint")]
    NoCheckpoint,
    /// The checkpoint is malformed or not signed by its log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The entry is not in the tree of the checkpoint.
    #[error(transparent)]
    Inclusion(#[from] VerifyError),
}

/// Shows that an entry is in a log: its index, the path to the root, and the signed checkpoint with that root.
///
/// `Display` writes the file (extension `.tlog-proof`), [`LogProof::parse`] reads back exactly that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    index: u64,
    hashes: Vec<Hash>,
    extra: Vec<u8>,
    checkpoint: String,
}

impl LogProof {
    /// Puts a proof together; `checkpoint` is the signed note as the log issued it.
    ///
    /// # Errors
    /// [`LogProofError::TooLong`], or [`LogProofError::Checkpoint`] when the note is malformed. Whether the proof holds
    /// is for [`verify`](Self::verify) to say.
    pub fn new(index: u64, hashes: Vec<Hash>, checkpoint: impl Into<String>) -> Result<Self, LogProofError> {
        let checkpoint = checkpoint.into();
        if hashes.len() > MAX_PROOF_HASHES {
            return Err(LogProofError::TooLong);
        }
        parse_form(&checkpoint)?;
        Ok(Self { index, hashes, extra: Vec::new(), checkpoint })
    }

    /// The same proof with context that travels along, such as where the entry can be fetched. It is **not** covered
    /// by any signature: whoever forwards the file can change it.
    pub fn with_extra(mut self, extra: impl Into<Vec<u8>>) -> Self {
        self.extra = extra.into();
        self
    }

    /// Index of the entry in the log, from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Path from the leaf's sibling up to the root's child.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The unauthenticated context; empty when there is none.
    pub fn extra(&self) -> &[u8] {
        &self.extra
    }

    /// The signed checkpoint, as the log issued it.
    pub fn checkpoint_note(&self) -> &str {
        &self.checkpoint
    }

    /// Reads a proof file. Strict: what is accepted is written back byte for byte.
    ///
    /// # Errors
    /// [`LogProofError`] names the first part that is malformed.
    pub fn parse(file: &str) -> Result<Self, LogProofError> {
        let (head, checkpoint) = file.split_once("\n\n").ok_or(LogProofError::NoCheckpoint)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(LogProofError::Header);
        }
        let extra = match lines.next_if(|line| line.starts_with("extra")) {
            Some(line) => line
                .strip_prefix("extra ")
                .and_then(text::from_base64)
                .filter(|extra| !extra.is_empty())
                .ok_or(LogProofError::Extra)?,
            None => Vec::new(),
        };
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(text::decimal);
        let index = index.ok_or(LogProofError::Index)?;
        let hashes = lines
            .take(MAX_PROOF_HASHES + 1)
            .enumerate()
            .map(|(at, line)| text::hash_from_base64(line).ok_or(LogProofError::HashLine(at + 1)))
            .collect::<Result<_, _>>()?;
        Ok(Self::new(index, hashes, checkpoint)?.with_extra(extra))
    }

    /// Checks that the entry with this leaf hash is in the log of the checkpoint, and returns the checkpoint.
    ///
    /// The caller still has to compare its origin with the log the entry should be in.
    ///
    /// # Errors
    /// [`LogProofError::Checkpoint`] when no trusted key of that log signed it, [`LogProofError::Inclusion`] when the
    /// entry is not the one proved.
    pub fn verify(&self, leaf_hash: Hash, verifiers: &[NoteVerifier]) -> Result<Checkpoint, LogProofError> {
        let checkpoint = open(&self.checkpoint, verifiers)?;
        verify_inclusion(leaf_hash, self.index, checkpoint.size, &self.hashes, checkpoint.root)?;
        Ok(checkpoint)
    }

    /// As [`verify`](Self::verify), with the exact bytes of the entry.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_leaf(&self, leaf: &[u8], verifiers: &[NoteVerifier]) -> Result<Checkpoint, LogProofError> {
        self.verify(leaf_hash(leaf), verifiers)
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if !self.extra.is_empty() {
            writeln!(f, "extra {}", text::to_base64(&self.extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", text::to_base64(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for LogProof {
    type Err = LogProofError;

    fn from_str(file: &str) -> Result<Self, LogProofError> {
        Self::parse(file)
    }
}
