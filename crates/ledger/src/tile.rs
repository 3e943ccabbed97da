//! The bytes of tiles and of bundles of entries (C2SP tlog-tiles), and reading hashes back from them.

use std::collections::BTreeMap;

use crate::hash::{Hash, node_hash};
use crate::tile_path::{TILE_HEIGHT, TILE_WIDTH, TileKind, TilePath, span};
use crate::tree::{NodeId, TreeError};

/// The most bytes of an entry in a bundle: its length is written in 16 bits.
pub const MAX_ENTRY_LEN: usize = u16::MAX as usize;

/// Bytes of the length in front of an entry.
const LENGTH_LEN: usize = 2;

/// Why a tile cannot be made or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The path names entries where hashes are wanted, or the other way round.
    #[error("`{0}` is not of the kind that is wanted here")]
    Kind(TilePath),
    /// A node is missing from the store.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// An entry is too long for a bundle.
    #[error("entry {at} of the bundle has {found} bytes, at most {MAX_ENTRY_LEN} fit")]
    EntryTooLong {
        /// Position in the bundle, from 0.
        at: usize,
        /// Its length.
        found: usize,
    },
    /// The tile or the bundle does not hold as many hashes or entries as its path says.
    #[error("`{path}` should hold {}, found {found}", .path.width())]
    Width {
        /// The path.
        path: TilePath,
        /// How many there are.
        found: usize,
    },
    /// The bytes end inside a hash or an entry.
    #[error("`{path}` ends inside item {at}")]
    CutOff {
        /// The path.
        path: TilePath,
        /// Position of the item, from 0.
        at: usize,
    },
}

/// The bytes of a tile of hashes: 32 for each, one after the other. `lookup` is asked for [`TilePath::nodes`].
///
/// # Errors
/// [`TileError::Kind`], or [`TileError::Tree`] when `lookup` does not know a node: the tree is smaller, or the store
/// damaged.
pub fn hash_tile(path: &TilePath, mut lookup: impl FnMut(NodeId) -> Option<Hash>) -> Result<Vec<u8>, TileError> {
    if path.kind() == TileKind::Entries {
        return Err(TileError::Kind(*path));
    }
    let mut tile = Vec::with_capacity(usize::from(path.width()) * Hash::LEN);
    for node in path.nodes() {
        tile.extend(lookup(node).ok_or(TreeError::MissingNode(node))?.as_bytes());
    }
    Ok(tile)
}

/// The bytes of a bundle: before each entry its length in 2 bytes, big-endian.
///
/// # Errors
/// [`TileError::EntryTooLong`]. A log that is served in tiles must not log such an entry at all.
pub fn entry_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, TileError> {
    let mut bundle = Vec::new();
    for (at, entry) in entries.iter().map(AsRef::as_ref).enumerate() {
        let len = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong { at, found: entry.len() })?;
        bundle.extend(len.to_be_bytes());
        bundle.extend(entry);
    }
    Ok(bundle)
}

/// The entries of a bundle. Believe them by their leaf hashes, under a signed checkpoint.
///
/// # Errors
/// [`TileError::Kind`], [`TileError::CutOff`], [`TileError::Width`].
pub fn read_entry_bundle<'a>(path: &TilePath, bundle: &'a [u8]) -> Result<Vec<&'a [u8]>, TileError> {
    if path.kind() != TileKind::Entries {
        return Err(TileError::Kind(*path));
    }
    let mut entries = Vec::with_capacity(usize::from(path.width()));
    let mut rest = bundle;
    while !rest.is_empty() {
        let at = entries.len();
        let (len, behind) = rest.split_first_chunk::<LENGTH_LEN>().ok_or(TileError::CutOff { path: *path, at })?;
        let len = usize::from(u16::from_be_bytes(*len));
        let (entry, behind) = behind.split_at_checked(len).ok_or(TileError::CutOff { path: *path, at })?;
        entries.push(entry);
        rest = behind;
    }
    check_width(path, entries.len())?;
    Ok(entries)
}

/// Tiles of hashes that a client has fetched, as a source of nodes for [`inclusion_proof`](crate::inclusion_proof),
/// [`consistency_proof`](crate::consistency_proof) and [`CompactRange::from_nodes`](crate::CompactRange::from_nodes).
///
/// Nothing in a tile is signed. What is computed from it may be believed once it leads to the root of a checkpoint that
/// may be believed.
///
/// ```
/// # use std::collections::HashMap;
/// # use ledger::{CompactRange, HashTiles, NodeId, hash_tile, inclusion_nodes, inclusion_proof, leaf_hash, tiles_for};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (mut tree, mut nodes) = (CompactRange::empty(), HashMap::new());
/// # for n in 0..1000_u32 {
/// #     nodes.extend(tree.append(leaf_hash(&n.to_be_bytes())));
/// # }
/// # let fetch = |path: &_| hash_tile(path, |id: NodeId| nodes.get(&id).copied());
/// let mut tiles = HashTiles::default();
/// for path in tiles_for(&inclusion_nodes(17, 1000)?, 1000) {
///     tiles.insert(&path, &fetch(&path)?)?;
/// }
/// let proof = inclusion_proof(17, 1000, |node| tiles.node(node))?;
/// # assert_eq!(proof, inclusion_proof(17, 1000, |node| nodes.get(&node).copied())?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct HashTiles {
    /// By level and index.
    tiles: BTreeMap<(u8, u64), Vec<Hash>>,
}

impl HashTiles {
    /// Adds the bytes of a tile. Of two tiles at one place the wider one is kept, so a full tile may stand in for a
    /// partial one that its log no longer serves.
    ///
    /// # Errors
    /// [`TileError::Kind`], [`TileError::CutOff`], [`TileError::Width`].
    pub fn insert(&mut self, path: &TilePath, tile: &[u8]) -> Result<(), TileError> {
        if path.kind() == TileKind::Entries {
            return Err(TileError::Kind(*path));
        }
        let (hashes, rest) = tile.as_chunks::<{ Hash::LEN }>();
        if !rest.is_empty() {
            return Err(TileError::CutOff { path: *path, at: hashes.len() });
        }
        check_width(path, hashes.len())?;
        let kept = self.tiles.entry((path.level(), path.index())).or_default();
        if kept.len() < hashes.len() {
            *kept = hashes.iter().copied().map(Hash::from_bytes).collect();
        }
        Ok(())
    }

    /// The hash of a node, computed within the tile that holds it. `None` when that tile is not there or too narrow.
    pub fn node(&self, node: NodeId) -> Option<Hash> {
        let span = span(node)?;
        let width = u64::from(TILE_WIDTH);
        let tile = self.tiles.get(&(node.level / TILE_HEIGHT, span.start / width))?;
        let first = usize::try_from(span.start % width).ok()?;
        let mut hashes = tile.get(first..first + usize::try_from(span.end - span.start).ok()?)?.to_vec();
        while hashes.len() > 1 {
            hashes = hashes.chunks_exact(2).map(|pair| node_hash(pair[0], pair[1])).collect();
        }
        hashes.first().copied()
    }
}

fn check_width(path: &TilePath, found: usize) -> Result<(), TileError> {
    if found == usize::from(path.width()) { Ok(()) } else { Err(TileError::Width { path: *path, found }) }
}
