//! One row of a log entry with everything that proves it: what `GetRowProof` answers, and what the aggregator shows of the
//! logs that it mirrors.

use contracts::log::v1::{Envelope, GetRowProofResponse};
use ledger::{TreeError, WireError};
use prost::{DecodeError, Message as _};
use store::Beside;

use crate::projection::rows;

/// Why a row cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// The submission has no such row.
    #[error("the submission has {rows} rows, none at position {position}")]
    NoRow {
        /// The position asked for.
        position: u32,
        /// Rows of the submission.
        rows: usize,
    },
    /// The leaf is no envelope.
    #[error("a leaf is no envelope")]
    Leaf(#[source] DecodeError),
    /// The rows of the request cannot be told apart.
    #[error("the rows of an entry cannot be told apart")]
    Rows(#[from] WireError),
    /// The seed of the salts is damaged.
    #[error("the seed of an entry's rows is not of 32 bytes")]
    Seed,
    /// The path cannot be made.
    #[error("the tree of the rows is damaged")]
    Tree(#[from] TreeError),
}

/// An entry as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct ShownEntry<'a> {
    /// Index in the log.
    pub log_index: u64,
    /// The serialized envelope.
    pub leaf: &'a [u8],
    /// The submission.
    pub beside: &'a Beside,
    /// Proof that the leaf is in the log, a C2SP tlog-proof file.
    pub proof_file: &'a str,
}

impl ShownEntry<'_> {
    /// Shows the row at a position, and nothing of the others.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn row(&self, position: u32) -> Result<GetRowProofResponse, RowError> {
        let envelope = Envelope::decode(self.leaf).map_err(RowError::Leaf)?;
        let Beside { request, row_seed, trace_parent: _ } = self.beside;
        let rows = rows(&envelope.method, request)?;
        let at = usize::try_from(position).unwrap_or(usize::MAX);
        let row = rows.get(at).ok_or(RowError::NoRow { position, rows: rows.len() })?;
        let seed = row_seed.as_slice().try_into().map_err(|_| RowError::Seed)?;
        let hashes = ledger::row_proof(&seed, &rows, u64::from(position))?;
        Ok(GetRowProofResponse {
            log_index: self.log_index,
            position,
            row: row.to_vec(),
            salt: ledger::row_salt(&seed, u64::from(position)).to_vec(),
            hashes: hashes.iter().map(|hash| hash.as_bytes().to_vec()).collect(),
            leaf: self.leaf.to_vec(),
            proof_file: self.proof_file.to_owned(),
        })
    }
}
