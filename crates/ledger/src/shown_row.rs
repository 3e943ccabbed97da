//! One row of a submission, shown with everything that proves it: `wufei.log.v1.GetRowProofResponse` as a client checks
//! it.

use crate::checkpoint::{Checkpoint, CheckpointError, open};
use crate::hash::{Hash, leaf_hash};
use crate::key::NoteVerifier;
use crate::proof::{LogProof, LogProofError};
use crate::rows::{SALT_LEN, verify_row};
use crate::verify::{VerifyError, verify_inclusion};

/// A row as it was received, and what is said of it. Nothing of it may be believed before [`verify`](Self::verify).
///
/// This crate does not read the leaf: the caller decodes the envelope from the same bytes that it passes as `leaf`, and
/// passes on what the envelope says of the rows.
#[derive(Clone, Copy, Debug)]
pub struct ShownRow<'a, H> {
    /// Index of the entry in the log, as asked for.
    pub log_index: u64,
    /// Position of the row in the submission, from 0, as asked for.
    pub position: u64,
    /// The exact bytes of the row.
    pub row: &'a [u8],
    /// Salt of the row.
    pub salt: &'a [u8],
    /// Hashes from the row to the root of the rows.
    pub hashes: &'a [H],
    /// The serialized envelope.
    pub leaf: &'a [u8],
    /// `rows_root` of this envelope.
    pub rows_root: &'a [u8],
    /// `row_count` of this envelope.
    pub row_count: u64,
    /// Proof that the leaf is in the log, a C2SP tlog-proof file.
    pub proof_file: &'a str,
}

/// The first thing that does not fit. Steps go from the row outwards: row, submission, log, signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShownRowError {
    /// The salt has another length.
    #[error("the salt of a row has {SALT_LEN} bytes, found {0}")]
    Salt(usize),
    /// A value that should be a hash has another length.
    #[error("{what} has 32 bytes, found {found}")]
    Hash {
        /// Which value.
        what: &'static str,
        /// Its length.
        found: usize,
    },
    /// The row, its salt, its position or its proof is not that of the submission in the envelope.
    #[error("the row is not in the submission: {0}")]
    Row(#[source] VerifyError),
    /// The proof file is malformed.
    #[error("the proof file of the entry cannot be read: {0}")]
    ProofFile(#[source] LogProofError),
    /// The proof file is about another entry than the one asked for.
    #[error("the proof file is about entry {found}, not {expected}")]
    Entry {
        /// The entry asked for.
        expected: u64,
        /// The entry in the file.
        found: u64,
    },
    /// The checkpoint in the proof file is not signed by a trusted key of its log.
    #[error("the checkpoint of the entry cannot be believed: {0}")]
    Checkpoint(#[source] CheckpointError),
    /// The envelope is not the entry of the log.
    #[error("the envelope is not in the log: {0}")]
    Leaf(#[source] VerifyError),
}

impl<H: AsRef<[u8]>> ShownRow<'_, H> {
    /// Checks that the row is in the submission of the envelope, and the envelope in a log that a trusted key signed.
    /// Returns the checkpoint; the caller still has to compare its origin with the log that it asked.
    ///
    /// # Errors
    /// [`ShownRowError`] names the first thing that does not fit.
    pub fn verify(&self, verifiers: &[NoteVerifier]) -> Result<Checkpoint, ShownRowError> {
        let salt = self.salt.try_into().map_err(|_| ShownRowError::Salt(self.salt.len()))?;
        let hashes = self
            .hashes
            .iter()
            .map(|hash| to_hash("a hash of the proof", hash.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        let rows_root = to_hash("the root of the rows", self.rows_root)?;
        verify_row(rows_root, self.row_count, self.position, salt, self.row, &hashes).map_err(ShownRowError::Row)?;

        let proof = LogProof::parse(self.proof_file).map_err(ShownRowError::ProofFile)?;
        if proof.index() != self.log_index {
            return Err(ShownRowError::Entry { expected: self.log_index, found: proof.index() });
        }
        let checkpoint = open(proof.checkpoint_note(), verifiers).map_err(ShownRowError::Checkpoint)?;
        verify_inclusion(leaf_hash(self.leaf), self.log_index, checkpoint.size, proof.hashes(), checkpoint.root)
            .map_err(ShownRowError::Leaf)?;
        Ok(checkpoint)
    }
}

fn to_hash(what: &'static str, bytes: &[u8]) -> Result<Hash, ShownRowError> {
    Hash::try_from(bytes).map_err(|_| ShownRowError::Hash { what, found: bytes.len() })
}
