//! Names of the tiles of a log (C2SP tlog-tiles), and which tiles a tree has.
//!
//! A tile is 256 neighbouring hashes of one level; level `l` of tiles is level `8·l` of the tree, so that eight levels
//! fit in one tile. A bundle of entries holds the 256 leaves below a tile of level 0. The last tile of a level may be
//! partial: it has fewer, and its name says how many.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::text;
use crate::tree::{MAX_SIZE, NodeId};

/// Hashes of a full tile, and entries of a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// Levels of the tree in one tile: 2^8 = [`TILE_WIDTH`].
pub(crate) const TILE_HEIGHT: u8 = 8;
/// The highest level of tiles that a tree of at most [`MAX_SIZE`] leaves has.
const MAX_LEVEL: u8 = 7;
/// What stands before the width of a partial tile.
const PARTIAL: &str = ".p/";

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of a level: leaf hashes at 0, roots of full tiles of the level below above.
    Hashes {
        /// Level of the tile, 0 to 7.
        level: u8,
    },
    /// The entries themselves.
    Entries,
}

/// Name of a tile: `tile/<level>/<index>[.p/<width>]` or `tile/entries/<index>[.p/<width>]`, the index in groups of three
/// digits, all but the last behind an `x`.
///
/// ```
/// # use ledger::{TileKind, TilePath};
/// # fn main() -> Result<(), ledger::TilePathError> {
/// let path = TilePath::new(TileKind::Hashes { level: 0 }, 1_234_067, 112)?;
/// assert_eq!(path.to_string(), "tile/0/x001/x234/067.p/112");
/// assert_eq!("tile/0/x001/x234/067.p/112".parse(), Ok(path));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// Why a text or three numbers name no tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TilePathError {
    /// The text is not a path of C2SP tlog-tiles.
    #[error(
        "`{0}` is not the path of a tile; write `tile/<level>/<index>` or `tile/entries/<index>`, with `.p/<width>` \
         behind when it is partial, for example `tile/0/x001/x234/067.p/112`"
    )]
    Form(String),
    /// No tree is high enough.
    #[error("there is no level {0} of tiles, the highest is {MAX_LEVEL}")]
    Level(u8),
    /// No tree is wide enough.
    #[error("tile {index} of level {level} is beyond the largest tree")]
    Index {
        /// The level.
        level: u8,
        /// The index.
        index: u64,
    },
    /// A tile is neither empty nor wider than 256.
    #[error("a tile has 1 to {TILE_WIDTH} hashes or entries, not {0}")]
    Width(u16),
}

impl TilePath {
    /// Names a tile; it is full when `width` is [`TILE_WIDTH`].
    ///
    /// # Errors
    /// [`TilePathError`] for a tile that no tree has.
    pub fn new(kind: TileKind, index: u64, width: u16) -> Result<Self, TilePathError> {
        let path = Self { kind, index, width };
        let level = path.level();
        if level > MAX_LEVEL {
            return Err(TilePathError::Level(level));
        }
        if !(1..=TILE_WIDTH).contains(&width) {
            return Err(TilePathError::Width(width));
        }
        let first = index.checked_mul(u64::from(TILE_WIDTH));
        let fits =
            first.and_then(|first| first.checked_add(width.into())).is_some_and(|end| end <= hashes(level, MAX_SIZE));
        if fits { Ok(path) } else { Err(TilePathError::Index { level, index }) }
    }

    /// What the tile holds.
    pub const fn kind(&self) -> TileKind {
        self.kind
    }

    /// Level of the tile; 0 for entries.
    pub const fn level(&self) -> u8 {
        match self.kind {
            TileKind::Hashes { level } => level,
            TileKind::Entries => 0,
        }
    }

    /// Index among the tiles of the level, from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Number of hashes or entries, 1 to [`TILE_WIDTH`].
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether a tree of this size has the tile or has had it: all of its hashes or entries are in the tree.
    pub fn is_in(&self, size: u64) -> bool {
        self.range().end <= hashes(self.level(), size)
    }

    /// Indexes of its hashes within their level of the tree; for entries, their indexes in the log.
    pub fn range(&self) -> Range<u64> {
        let first = self.index * u64::from(TILE_WIDTH);
        first..first + u64::from(self.width)
    }

    /// The nodes that the tile is made of, so that a store can fetch them in one query; for entries, their leaf hashes.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        let level = self.level() * TILE_HEIGHT;
        self.range().map(move |index| NodeId { level, index })
    }

    /// The tile of a tree of `size` leaves from which a node can be computed. `None` when the tree has no such node.
    pub fn holding(node: NodeId, size: u64) -> Option<Self> {
        let level = node.level / TILE_HEIGHT;
        let index = span(node)?.start / u64::from(TILE_WIDTH);
        let width = hashes(level, size).checked_sub(index * u64::from(TILE_WIDTH))?.min(u64::from(TILE_WIDTH));
        let path = Self::new(TileKind::Hashes { level }, index, u16::try_from(width).ok()?).ok()?;
        (span(node)?.end <= path.range().end).then_some(path)
    }
}

/// The hashes that a node covers within the level of its tile. `None` for a node of no tree.
pub(crate) fn span(node: NodeId) -> Option<Range<u64>> {
    let height = node.level % TILE_HEIGHT;
    let first = node.index.checked_mul(1 << height)?;
    Some(first..first.checked_add(1 << height)?)
}

/// The tiles of a tree of `size` leaves from which the nodes can be computed, each once: what a client has to fetch.
/// Nodes that the tree does not have are passed over.
pub fn tiles_for(nodes: &[NodeId], size: u64) -> BTreeSet<TilePath> {
    nodes.iter().filter_map(|node| TilePath::holding(*node, size)).collect()
}

/// All tiles of a tree of `size` leaves, at most [`MAX_SIZE`]: the bundles of entries, then each level of hashes from 0
/// up. The last of each may be partial. Partial tiles of smaller trees are not among them.
pub fn tiles_of(size: u64) -> impl Iterator<Item = TilePath> {
    let levels = (0..=MAX_LEVEL).map(|level| TileKind::Hashes { level });
    std::iter::once(TileKind::Entries).chain(levels).flat_map(move |kind| {
        let level = TilePath { kind, index: 0, width: TILE_WIDTH }.level();
        let (full, rest) = (hashes(level, size) / u64::from(TILE_WIDTH), hashes(level, size) % u64::from(TILE_WIDTH));
        let partial = (rest > 0).then_some(TilePath { kind, index: full, width: rest as u16 });
        (0..full).map(move |index| TilePath { kind, index, width: TILE_WIDTH }).chain(partial)
    })
}

/// How many hashes the level of tiles has in a tree of `size` leaves.
fn hashes(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0)
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes { level } => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        f.write_str(&groups.join("/"))?;
        if self.width < TILE_WIDTH { write!(f, "{PARTIAL}{}", self.width) } else { Ok(()) }
    }
}

/// Reads what `Display` writes and nothing else, so that a tile has one name.
impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(path: &str) -> Result<Self, TilePathError> {
        let form = || TilePathError::Form(path.to_owned());
        let (kind, index, width) = parts(path).ok_or_else(form)?;
        let read = Self::new(kind, index, width)?;
        if read.to_string() == path { Ok(read) } else { Err(form()) }
    }
}

/// Takes a path apart, more leniently than it is written.
fn parts(path: &str) -> Option<(TileKind, u64, u16)> {
    let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes { level: u8::try_from(text::decimal(level)?).ok()? },
    };
    let (index, width) = match rest.split_once(PARTIAL) {
        Some((index, width)) => (index, u16::try_from(text::decimal(width)?).ok()?),
        None => (rest, TILE_WIDTH),
    };
    let digits = index.replace("/x", "").replace('/', "");
    let digits = digits.strip_prefix('x').unwrap_or(&digits);
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?.map(|index| (kind, index, width))
}
