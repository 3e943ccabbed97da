//! The append-only Merkle tree of RFC 6962 §2.1, kept by its complete subtrees.
//!
//! A node is stored once all leaves below it exist; from then on it never changes. A tree of any size is the row of
//! its largest complete subtrees, at most 63 of them, so appending and proving never need all leaves.

use std::fmt;

use crate::hash::{EMPTY_ROOT, Hash, node_hash};

/// The most leaves a tree may have: 2^63 − 1, so that sizes also fit the signed integers of a database.
pub const MAX_SIZE: u64 = i64::MAX as u64;

/// Place of a complete subtree: it holds the leaves `index·2^level .. (index+1)·2^level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    /// Height above the leaves; a leaf is level 0.
    pub level: u8,
    /// Position among the nodes of the level, from 0.
    pub index: u64,
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.level, self.index)
    }
}

/// Why a tree cannot be loaded or a proof cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// The size is above [`MAX_SIZE`].
    #[error("tree size {size} is above the limit of {MAX_SIZE} leaves")]
    TooLarge {
        /// The size asked for.
        size: u64,
    },
    /// A stored node is missing: the store is damaged or holds a smaller tree.
    #[error("tree node {0} is missing from the store")]
    MissingNode(NodeId),
    /// The entry is not in the tree.
    #[error("entry {index} is not in a tree of {size} leaves")]
    IndexOutsideTree {
        /// Index of the entry, from 0.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// The tree said to be older has more leaves than the newer one.
    #[error("the old tree has {old} leaves, more than the {new} of the new one")]
    OldTreeLarger {
        /// Leaves of the old tree.
        old: u64,
        /// Leaves of the new tree.
        new: u64,
    },
}

/// A tree of some size, held by the hashes of its largest complete subtrees from left to right (its right edge).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactRange {
    size: u64,
    right_edge: Vec<Hash>,
}

impl CompactRange {
    /// The tree without leaves.
    pub const fn empty() -> Self {
        Self { size: 0, right_edge: Vec::new() }
    }

    /// Loads a tree of `size` leaves; `lookup` is asked for each of [`right_edge_ids`](Self::right_edge_ids).
    ///
    /// # Errors
    /// [`TreeError::TooLarge`], or [`TreeError::MissingNode`] when `lookup` does not know a node.
    pub fn from_nodes(size: u64, mut lookup: impl FnMut(NodeId) -> Option<Hash>) -> Result<Self, TreeError> {
        check_size(size)?;
        let right_edge = Self::right_edge_ids(size)
            .into_iter()
            .map(|id| lookup(id).ok_or(TreeError::MissingNode(id)))
            .collect::<Result<_, _>>()?;
        Ok(Self { size, right_edge })
    }

    /// The nodes a tree of `size` leaves is made of, largest first: one per set bit of `size`.
    pub fn right_edge_ids(size: u64) -> Vec<NodeId> {
        complete_subtrees(0, size)
    }

    /// Number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Hashes of the largest complete subtrees, in the order of [`right_edge_ids`](Self::right_edge_ids).
    pub fn right_edge(&self) -> &[Hash] {
        &self.right_edge
    }

    /// Adds a leaf and returns every node that is now complete and has to be stored: the leaf itself first, then the
    /// subtrees it closes, from small to large.
    ///
    /// The size cannot overflow: a tree is loaded with at most [`MAX_SIZE`] leaves, and nobody appends 2^63 more.
    pub fn append(&mut self, leaf_hash: Hash) -> Vec<(NodeId, Hash)> {
        let mut id = NodeId { level: 0, index: self.size };
        let mut hash = leaf_hash;
        let mut complete = vec![(id, hash)];
        while id.index % 2 == 1
            && let Some(left) = self.right_edge.pop()
        {
            hash = node_hash(left, hash);
            id = NodeId { level: id.level + 1, index: id.index / 2 };
            complete.push((id, hash));
        }
        self.right_edge.push(hash);
        self.size += 1;
        complete
    }

    /// The Merkle tree hash over all leaves; [`EMPTY_ROOT`] when there are none.
    pub fn root(&self) -> Hash {
        fold(&self.right_edge).unwrap_or(EMPTY_ROOT)
    }
}

/// The stored nodes that [`inclusion_proof`] will look up, so that a store can fetch them in one query.
///
/// # Errors
/// [`TreeError::TooLarge`], [`TreeError::IndexOutsideTree`].
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Vec<NodeId>, TreeError> {
    check_index(index, size)?;
    Ok(nodes_of(&inclusion_path(index, size)))
}

/// The hashes that lead from entry `index` to the root of the tree of the first `size` entries, leaf's sibling first
/// (RFC 6962 §2.1.1). `lookup` is asked for complete subtrees only; it may hold a larger tree.
///
/// # Errors
/// [`TreeError::TooLarge`], [`TreeError::IndexOutsideTree`], [`TreeError::MissingNode`].
pub fn inclusion_proof(
    index: u64,
    size: u64,
    lookup: impl FnMut(NodeId) -> Option<Hash>,
) -> Result<Vec<Hash>, TreeError> {
    check_index(index, size)?;
    hashes_of(&inclusion_path(index, size), lookup)
}

/// The stored nodes that [`consistency_proof`] will look up, so that a store can fetch them in one query.
///
/// # Errors
/// [`TreeError::TooLarge`], [`TreeError::OldTreeLarger`].
pub fn consistency_nodes(old_size: u64, new_size: u64) -> Result<Vec<NodeId>, TreeError> {
    check_growth(old_size, new_size)?;
    Ok(nodes_of(&consistency_path(old_size, new_size).pieces()))
}

/// The hashes that show that the tree of `old_size` leaves is a prefix of the one of `new_size` (RFC 6962 §2.1.2).
/// Empty when the old tree is empty or both have the same size.
///
/// # Errors
/// [`TreeError::TooLarge`], [`TreeError::OldTreeLarger`], [`TreeError::MissingNode`].
pub fn consistency_proof(
    old_size: u64,
    new_size: u64,
    lookup: impl FnMut(NodeId) -> Option<Hash>,
) -> Result<Vec<Hash>, TreeError> {
    check_growth(old_size, new_size)?;
    hashes_of(&consistency_path(old_size, new_size).pieces(), lookup)
}

/// On which side of the path a sibling stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// One hash of a proof: the tree over the leaves `begin..end`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) side: Side,
    begin: u64,
    end: u64,
}

/// Shape of a consistency proof (RFC 6962 §2.1.2).
#[derive(Clone, Debug, Default)]
pub(crate) struct ConsistencyPath {
    /// The subtree both trees share at the bottom of the path. `None` where the verifier has it: it is the old root.
    pub(crate) seed: Option<Piece>,
    /// Siblings from the bottom up. Those on the left are in both trees, those on the right in the new one only.
    pub(crate) siblings: Vec<Piece>,
}

impl ConsistencyPath {
    fn pieces(&self) -> Vec<Piece> {
        self.seed.iter().chain(&self.siblings).copied().collect()
    }

    /// Number of hashes of the proof.
    pub(crate) fn len(&self) -> usize {
        self.siblings.len() + usize::from(self.seed.is_some())
    }
}

/// Siblings on the way from leaf `index` to the root, from the bottom up; `index < size`.
pub(crate) fn inclusion_path(index: u64, size: u64) -> Vec<Piece> {
    let (mut begin, mut end) = (0, size);
    let mut path = Vec::new();
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            path.push(Piece { side: Side::Right, begin: middle, end });
            end = middle;
        } else {
            path.push(Piece { side: Side::Left, begin, end: middle });
            begin = middle;
        }
    }
    path.reverse();
    path
}

/// The way from the last subtree of the old tree to the root of the new one; `old <= new`.
pub(crate) fn consistency_path(old: u64, new: u64) -> ConsistencyPath {
    if old == 0 {
        return ConsistencyPath::default();
    }
    let (mut begin, mut end) = (0, new);
    let mut siblings = Vec::new();
    while old < end {
        let middle = begin + split(end - begin);
        if old <= middle {
            siblings.push(Piece { side: Side::Right, begin: middle, end });
            end = middle;
        } else {
            siblings.push(Piece { side: Side::Left, begin, end: middle });
            begin = middle;
        }
    }
    siblings.reverse();
    // A left sibling means that the shared subtree is only part of the old tree, so the verifier does not know it.
    ConsistencyPath { seed: (begin > 0).then_some(Piece { side: Side::Left, begin, end }), siblings }
}

/// Where a tree of `n > 1` leaves divides: the largest power of two below `n` (RFC 6962 §2.1).
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The largest complete subtrees that make up the leaves `begin..end`, left to right. `begin` has to be a place where
/// RFC 6962 divides a tree, that is a multiple of the power of two that covers the range.
fn complete_subtrees(mut begin: u64, end: u64) -> Vec<NodeId> {
    let mut ids = Vec::new();
    while begin < end {
        let level = (end - begin).ilog2();
        ids.push(NodeId { level: level as u8, index: begin >> level });
        begin += 1 << level;
    }
    ids
}

/// Root over complete subtrees given from left to right.
fn fold(subtrees: &[Hash]) -> Option<Hash> {
    subtrees.iter().copied().rev().reduce(|right, left| node_hash(left, right))
}

fn nodes_of(pieces: &[Piece]) -> Vec<NodeId> {
    pieces.iter().flat_map(|piece| complete_subtrees(piece.begin, piece.end)).collect()
}

fn hashes_of(pieces: &[Piece], mut lookup: impl FnMut(NodeId) -> Option<Hash>) -> Result<Vec<Hash>, TreeError> {
    let mut proof = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let subtrees = complete_subtrees(piece.begin, piece.end)
            .into_iter()
            .map(|id| lookup(id).ok_or(TreeError::MissingNode(id)))
            .collect::<Result<Vec<_>, _>>()?;
        proof.extend(fold(&subtrees));
    }
    Ok(proof)
}

fn check_size(size: u64) -> Result<(), TreeError> {
    if size > MAX_SIZE { Err(TreeError::TooLarge { size }) } else { Ok(()) }
}

fn check_index(index: u64, size: u64) -> Result<(), TreeError> {
    check_size(size)?;
    if index >= size { Err(TreeError::IndexOutsideTree { index, size }) } else { Ok(()) }
}

fn check_growth(old: u64, new: u64) -> Result<(), TreeError> {
    check_size(new)?;
    if old > new { Err(TreeError::OldTreeLarger { old, new }) } else { Ok(()) }
}
