//! Checking inclusion and consistency proofs that somebody else made (RFC 6962 §2.1.1 and §2.1.2).

use crate::hash::{EMPTY_ROOT, Hash, node_hash};
use crate::tree::{Piece, Side, consistency_path, inclusion_path};

/// Why a proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The entry is not in the tree.
    #[error("entry {index} is not in a tree of {size} leaves")]
    IndexOutsideTree {
        /// Index of the entry, from 0.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// The log shrank: the tree said to be older has more leaves.
    #[error("the old tree has {old} leaves, more than the {new} of the new one: the log was cut")]
    OldTreeLarger {
        /// Leaves of the old tree.
        old: u64,
        /// Leaves of the new tree.
        new: u64,
    },
    /// The proof has too few or too many hashes for these sizes.
    #[error("the proof has {found} hashes, these tree sizes need {expected}")]
    ProofLength {
        /// Hashes that the sizes need.
        expected: usize,
        /// Hashes that the proof has.
        found: usize,
    },
    /// The proof leads to another root: the entry, the proof or the tree is not the one claimed.
    #[error("the proof leads to root {computed}, the checkpoint says {claimed}")]
    RootMismatch {
        /// Root that the proof leads to.
        computed: Hash,
        /// Root that was claimed.
        claimed: Hash,
    },
    /// The proof does not lead back to the old root: entries of the old tree were changed.
    #[error("the proof leads to old root {computed}, the old checkpoint says {claimed}: the log was rewritten")]
    OldRootMismatch {
        /// Old root that the proof leads to.
        computed: Hash,
        /// Old root that was claimed.
        claimed: Hash,
    },
}

/// Checks that the entry with this leaf hash is number `index` (from 0) of the tree with this size and root.
///
/// # Errors
/// [`VerifyError`] says what does not fit.
pub fn verify_inclusion(leaf_hash: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> Result<(), VerifyError> {
    if index >= size {
        return Err(VerifyError::IndexOutsideTree { index, size });
    }
    let path = inclusion_path(index, size);
    check_length(path.len(), proof)?;
    let computed = path.iter().zip(proof).fold(leaf_hash, |below, (piece, sibling)| join(piece, below, *sibling));
    if computed == root { Ok(()) } else { Err(VerifyError::RootMismatch { computed, claimed: root }) }
}

/// Checks that the new tree is the old one with entries appended: nothing removed, changed or put in between.
///
/// An empty old tree is a prefix of every tree, so it needs no hashes; RFC 6962 leaves that case open.
///
/// # Errors
/// [`VerifyError`] says what does not fit.
pub fn verify_consistency(
    old_size: u64,
    old_root: Hash,
    new_size: u64,
    new_root: Hash,
    proof: &[Hash],
) -> Result<(), VerifyError> {
    if old_size > new_size {
        return Err(VerifyError::OldTreeLarger { old: old_size, new: new_size });
    }
    let path = consistency_path(old_size, new_size);
    check_length(path.len(), proof)?;
    if old_size == 0 {
        check_empty(new_size, new_root)?;
        return if old_root == EMPTY_ROOT {
            Ok(())
        } else {
            Err(VerifyError::OldRootMismatch { computed: EMPTY_ROOT, claimed: old_root })
        };
    }
    let (seed, siblings) = match (&path.seed, proof) {
        (Some(_), [seed, siblings @ ..]) => (*seed, siblings),
        (None, siblings) => (old_root, siblings),
        (Some(_), []) => return Err(VerifyError::ProofLength { expected: path.len(), found: 0 }),
    };
    let (mut old, mut new) = (seed, seed);
    for (piece, sibling) in path.siblings.iter().zip(siblings) {
        if piece.side == Side::Left {
            old = join(piece, old, *sibling);
        }
        new = join(piece, new, *sibling);
    }
    if old != old_root {
        return Err(VerifyError::OldRootMismatch { computed: old, claimed: old_root });
    }
    if new == new_root { Ok(()) } else { Err(VerifyError::RootMismatch { computed: new, claimed: new_root }) }
}

/// A tree of no leaves has one possible root; a tree with leaves passes.
pub(crate) fn check_empty(size: u64, root: Hash) -> Result<(), VerifyError> {
    if size == 0 && root != EMPTY_ROOT {
        return Err(VerifyError::RootMismatch { computed: EMPTY_ROOT, claimed: root });
    }
    Ok(())
}

fn join(piece: &Piece, below: Hash, sibling: Hash) -> Hash {
    match piece.side {
        Side::Left => node_hash(sibling, below),
        Side::Right => node_hash(below, sibling),
    }
}

fn check_length(expected: usize, proof: &[Hash]) -> Result<(), VerifyError> {
    if proof.len() == expected { Ok(()) } else { Err(VerifyError::ProofLength { expected, found: proof.len() }) }
}
