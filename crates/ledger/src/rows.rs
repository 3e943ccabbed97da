//! The salted Merkle tree over the rows of a submission, so that one row can be shown without its neighbours.
//!
//! The root stands in the leaf of the log (`wufei.log.v1.Envelope.rows_root`). Rows are short and often guessable: with
//! a bare hash, whoever holds a proof could try all values of the neighbours. So each row has a salt of its own, and all
//! salts follow from one secret seed, which is kept beside the submission.
//!
//! The tree is that of RFC 6962 with the salt in front of the row: a leaf is SHA-256(0x00 ‖ salt ‖ row).

use std::collections::HashMap;

use hmac::Hmac;
use sha2::Sha256;

use crate::hash::{Hash, sha256};
use crate::mac::hmac;
use crate::tree::{CompactRange, NodeId, TreeError, inclusion_proof};
use crate::verify::{VerifyError, verify_inclusion};

/// Bytes of the seed of the salts, and of a salt.
pub const SALT_LEN: usize = 32;

/// What a salt is derived under.
const SALT_LABEL: &[u8] = b"wufei-row-salt/v1";
/// Prefix of a leaf (RFC 6962 §2.1).
const LEAF_PREFIX: [u8; 1] = [0x00];

/// Salt of the row at a position, from 0: HMAC-SHA-256 (RFC 2104) with the seed as key over `wufei-row-salt/v1` and the
/// position in 8 bytes, big-endian. It tells nothing of the seed and of the other salts.
pub fn row_salt(seed: &[u8; SALT_LEN], position: u64) -> [u8; SALT_LEN] {
    hmac::<Hmac<Sha256>>(seed, &[SALT_LABEL, &position.to_be_bytes()]).into()
}

/// Leaf of a row: SHA-256(0x00 ‖ salt ‖ row).
pub fn row_hash(salt: &[u8; SALT_LEN], row: &[u8]) -> Hash {
    sha256(&[&LEAF_PREFIX, salt, row])
}

/// Root over the rows in order; [`EMPTY_ROOT`](crate::EMPTY_ROOT) when there are none.
pub fn rows_root<R: AsRef<[u8]>>(seed: &[u8; SALT_LEN], rows: &[R]) -> Hash {
    let mut tree = CompactRange::empty();
    for (position, row) in (0..).zip(rows) {
        tree.append(row_hash(&row_salt(seed, position), row.as_ref()));
    }
    tree.root()
}

/// The whole tree over the rows of a submission, for whoever proves more than one of them.
#[derive(Clone, Debug)]
pub struct RowTree {
    nodes: HashMap<NodeId, Hash>,
    size: u64,
}

impl RowTree {
    /// The tree over the rows in order.
    pub fn new<R: AsRef<[u8]>>(seed: &[u8; SALT_LEN], rows: &[R]) -> Self {
        let mut tree = CompactRange::empty();
        let mut nodes = HashMap::with_capacity(2 * rows.len());
        for (at, row) in (0..).zip(rows) {
            nodes.extend(tree.append(row_hash(&row_salt(seed, at), row.as_ref())));
        }
        Self { nodes, size: tree.size() }
    }

    /// The hashes that lead from the row at `position` to the root, its sibling first. They tell nothing of the other rows.
    ///
    /// # Errors
    /// [`TreeError::IndexOutsideTree`] when there is no such row.
    pub fn proof(&self, position: u64) -> Result<Vec<Hash>, TreeError> {
        inclusion_proof(position, self.size, |id: NodeId| self.nodes.get(&id).copied())
    }
}

/// [`RowTree::proof`] of one row.
///
/// # Errors
/// As there.
pub fn row_proof<R: AsRef<[u8]>>(seed: &[u8; SALT_LEN], rows: &[R], position: u64) -> Result<Vec<Hash>, TreeError> {
    RowTree::new(seed, rows).proof(position)
}

/// Checks that a row with its salt is number `position` (from 0) of the `row_count` rows under `root`.
///
/// # Errors
/// [`VerifyError`] says what does not fit.
pub fn verify_row(
    root: Hash,
    row_count: u64,
    position: u64,
    salt: &[u8; SALT_LEN],
    row: &[u8],
    hashes: &[Hash],
) -> Result<(), VerifyError> {
    verify_inclusion(row_hash(salt, row), position, row_count, hashes, root)
}
