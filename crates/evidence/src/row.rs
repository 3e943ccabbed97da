//! One row of a submission as `ExplainCell` and `GetRowProof` show it.

use contracts::log::v1::{Envelope, GetRowProofResponse};
use ledger::{Checkpoint, NoteVerifier, ShownRow, ShownRowError, leaf_hash};
use prost::{DecodeError, Message as _};

/// Why a shown row is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowWrong {
    /// The bytes are no row proof, or its leaf is no envelope.
    #[error("the evidence cannot be read: {0}")]
    Form(#[from] DecodeError),
    /// The row is of another submission than the one named.
    #[error("the leaf of the evidence is not {0}")]
    OtherLeaf(String),
    /// Something in it does not hold.
    #[error(transparent)]
    Shown(#[from] ShownRowError),
}

/// A row that is proved to be in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct ProvedRow {
    /// The exact bytes of the row.
    pub row: Vec<u8>,
    /// What the log says of its submission.
    pub envelope: Envelope,
    /// The signed checkpoint that the proof leads to.
    pub checkpoint: Checkpoint,
}

/// Checks a serialized `GetRowProofResponse` about the entry with this leaf hash, with the key of the log.
///
/// # Errors
/// [`RowWrong`] names the first thing that does not hold.
pub fn verify_row_proof(bytes: &[u8], expected_leaf: &str, key: &NoteVerifier) -> Result<ProvedRow, RowWrong> {
    let proof = GetRowProofResponse::decode(bytes)?;
    let envelope = Envelope::decode(proof.leaf.as_slice())?;
    if leaf_hash(&proof.leaf).to_string() != expected_leaf {
        return Err(RowWrong::OtherLeaf(expected_leaf.to_owned()));
    }
    let shown = ShownRow {
        log_index: proof.log_index,
        position: u64::from(proof.position),
        row: &proof.row,
        salt: &proof.salt,
        hashes: &proof.hashes,
        leaf: &proof.leaf,
        rows_root: &envelope.rows_root,
        row_count: u64::from(envelope.row_count),
        proof_file: &proof.proof_file,
    };
    let checkpoint = shown.verify(std::slice::from_ref(key))?;
    Ok(ProvedRow { row: proof.row, envelope, checkpoint })
}
