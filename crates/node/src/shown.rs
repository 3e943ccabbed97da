//! One row of a log entry with everything that proves it: what `GetRowProof` answers, and what the aggregator shows of the
//! logs that it mirrors.

use contracts::log::v1::{Envelope, GetRowProofResponse};
use ledger::{RowTree, SALT_LEN, TreeError, WireError};
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

/// An entry as it is shown. The tree of its rows is made once, however many of them are shown.
#[derive(Clone, Debug)]
pub struct ShownEntry<'a> {
    log_index: u64,
    leaf: &'a [u8],
    rows: Vec<&'a [u8]>,
    seed: [u8; SALT_LEN],
    tree: RowTree,
    proof_file: &'a str,
}

impl<'a> ShownEntry<'a> {
    /// The entry at an index, from its serialized envelope, what is kept beside it, and the proof that the leaf is in the log,
    /// a C2SP tlog-proof file.
    ///
    /// # Errors
    /// [`RowError`].
    pub fn new(log_index: u64, leaf: &'a [u8], beside: &'a Beside, proof_file: &'a str) -> Result<Self, RowError> {
        let envelope = Envelope::decode(leaf).map_err(RowError::Leaf)?;
        let Beside { request, row_seed, trace_parent: _ } = beside;
        let rows = rows(&envelope.method, request)?;
        let seed = row_seed.as_slice().try_into().map_err(|_| RowError::Seed)?;
        let tree = RowTree::new(&seed, &rows);
        Ok(Self { log_index, leaf, rows, seed, tree, proof_file })
    }

    /// Shows the row at a position, and nothing of the others.
    ///
    /// # Errors
    /// [`RowError::NoRow`].
    pub fn row(&self, position: u32) -> Result<GetRowProofResponse, RowError> {
        let at = usize::try_from(position).unwrap_or(usize::MAX);
        let row = self.rows.get(at).ok_or(RowError::NoRow { position, rows: self.rows.len() })?;
        let hashes = self.tree.proof(u64::from(position))?;
        Ok(GetRowProofResponse {
            log_index: self.log_index,
            position,
            row: row.to_vec(),
            salt: ledger::row_salt(&self.seed, u64::from(position)).to_vec(),
            hashes: hashes.iter().map(|hash| hash.as_bytes().to_vec()).collect(),
            leaf: self.leaf.to_vec(),
            proof_file: self.proof_file.to_owned(),
        })
    }
}
