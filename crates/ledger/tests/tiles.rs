//! Tiles after C2SP tlog-tiles: names, bytes, and proofs from nothing else.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use std::collections::HashMap;
use std::sync::LazyLock;

use ledger::{
    CompactRange, Hash, HashTiles, MAX_ENTRY_LEN, MAX_SIZE, NodeId, TILE_WIDTH, TileError, TileKind, TilePath,
    TilePathError, TreeError, consistency_nodes, consistency_proof, entry_bundle, hash_tile, inclusion_nodes,
    inclusion_proof, leaf_hash, node_hash, read_entry_bundle, tiles_for, tiles_of,
};
use proptest::prelude::*;

type Nodes = HashMap<NodeId, Hash>;

fn grow(size: u32) -> Nodes {
    let mut tree = CompactRange::empty();
    (0..size).flat_map(|n| tree.append(leaf_hash(&n.to_be_bytes()))).collect()
}

/// Size of the tree of [`NODES`].
const GROWN: u32 = 70_000;
static NODES: LazyLock<Nodes> = LazyLock::new(|| grow(GROWN));

fn hashes(level: u8, index: u64, width: u16) -> TilePath {
    TilePath::new(TileKind::Hashes { level }, index, width).unwrap()
}

fn entries(index: u64, width: u16) -> TilePath {
    TilePath::new(TileKind::Entries, index, width).unwrap()
}

#[test]
fn paths_are_written_as_the_specification_does() {
    let cases = [
        (hashes(0, 0, 256), "tile/0/000"),
        (hashes(0, 273, 112), "tile/0/273.p/112"),
        (hashes(1, 1_234_067, 256), "tile/1/x001/x234/067"),
        (hashes(2, 1_000, 1), "tile/2/x001/000.p/1"),
        (entries(1_234_067, 255), "tile/entries/x001/x234/067.p/255"),
        (entries(999, 256), "tile/entries/999"),
    ];
    for (path, text) in cases {
        assert_eq!(path.to_string(), text);
        assert_eq!(text.parse(), Ok(path));
    }
}

#[test]
fn a_tile_has_one_name() {
    let loose = [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000",
        "tile/0/x000/067",
        "tile/0/001/067",
        "tile/0/x001/x067",
        "tile/0/x1/067",
        "tile/0/xx001/067",
        "tile/0/X001/067",
        "tile/00/000",
        "tile/+1/000",
        "tile/-1/000",
        "tile/256/000",
        "tile/data/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
        "tile/0/０００",
        "tile/0/99999999999999999999999",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ];
    for path in loose {
        assert_eq!(path.parse::<TilePath>(), Err(TilePathError::Form(path.to_owned())), "{path}");
    }
}

#[test]
fn tiles_of_no_tree_are_refused() {
    assert_eq!("tile/8/000".parse::<TilePath>(), Err(TilePathError::Level(8)));
    assert_eq!("tile/63/000".parse::<TilePath>(), Err(TilePathError::Level(63)));
    for width in [0, 257, u16::MAX] {
        assert_eq!(TilePath::new(TileKind::Entries, 0, width), Err(TilePathError::Width(width)));
    }
    assert_eq!("tile/0/000.p/0".parse::<TilePath>(), Err(TilePathError::Width(0)));
    for (level, index) in [(0, u64::MAX), (0, MAX_SIZE / 256 + 1), (7, 1)] {
        let refused = TilePath::new(TileKind::Hashes { level }, index, 256);
        assert_eq!(refused, Err(TilePathError::Index { level, index }));
    }
    let last = hashes(0, MAX_SIZE / 256, 255);
    assert!(last.is_in(MAX_SIZE) && !last.is_in(MAX_SIZE - 1));
    assert_eq!(last.to_string().parse(), Ok(last));
    assert!(hashes(7, 0, 127).is_in(MAX_SIZE));
}

#[test]
fn a_tree_has_the_tiles_of_the_specifications_example() {
    let tiles: Vec<TilePath> = tiles_of(70_000).collect();
    let count = |kind: TileKind, full: bool| {
        tiles.iter().filter(|path| path.kind() == kind && (path.width() == TILE_WIDTH) == full).count()
    };
    let level = |level: u8| TileKind::Hashes { level };
    assert_eq!((count(level(0), true), count(level(0), false)), (273, 1));
    assert_eq!((count(level(1), true), count(level(1), false)), (1, 1));
    assert_eq!((count(level(2), true), count(level(2), false)), (0, 1));
    assert_eq!((count(TileKind::Entries, true), count(TileKind::Entries, false)), (273, 1));
    assert_eq!(tiles.len(), 274 * 2 + 3);
    for partial in [hashes(0, 273, 112), hashes(1, 1, 17), hashes(2, 0, 1), entries(273, 112)] {
        assert!(tiles.contains(&partial), "{partial}");
    }
    let of_256: Vec<_> = tiles_of(256).map(|path| path.to_string()).collect();
    assert_eq!(of_256, ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(tiles_of(0).count(), 0);
}

#[test]
fn a_tile_is_in_every_tree_that_has_all_its_hashes() {
    let path = hashes(1, 0, 3);
    for (size, is_in) in [(0, false), (767, false), (768, true), (70_000, true)] {
        assert_eq!(path.is_in(size), is_in, "{size}");
    }
    assert!(entries(0, 3).is_in(3) && !entries(0, 3).is_in(2));
}

#[test]
fn a_tile_holds_the_roots_of_the_full_tiles_below() {
    let nodes = grow(600);
    let lookup = |id: NodeId| nodes.get(&id).copied();
    let below = hash_tile(&hashes(0, 1, 256), lookup).unwrap();
    assert_eq!(below.len(), 8192);
    assert_eq!(below[..32], leaf_hash(&256_u32.to_be_bytes()).to_bytes());
    let mut level: Vec<Hash> = below.chunks(32).map(|hash| Hash::try_from(hash).unwrap()).collect();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| node_hash(pair[0], pair[1])).collect();
    }
    assert_eq!(hash_tile(&hashes(1, 0, 2), lookup).unwrap()[32..], level[0].to_bytes());
    let missing = TreeError::MissingNode(NodeId { level: 8, index: 2 });
    assert_eq!(hash_tile(&hashes(1, 0, 3), lookup), Err(missing.into()));
    assert_eq!(hash_tile(&entries(0, 3), lookup), Err(TileError::Kind(entries(0, 3))));
}

#[test]
fn proofs_from_tiles_are_those_from_nodes() {
    let lookup = |id: NodeId| NODES.get(&id).copied();
    let sizes = [1, 2, 3, 255, 256, 257, 511, 512, 513, 4_099, 65_535, 65_536, 65_537, 65_792, 69_999, 70_000];
    for size in sizes {
        let mut tiles = HashTiles::default();
        for path in tiles_of(size).filter(|path| path.kind() != TileKind::Entries) {
            tiles.insert(&path, &hash_tile(&path, lookup).unwrap()).unwrap();
        }
        let from_tiles = |id: NodeId| tiles.node(id);
        let root = CompactRange::from_nodes(size, lookup).unwrap().root();
        assert_eq!(CompactRange::from_nodes(size, from_tiles).unwrap().root(), root);
        for other in sizes.into_iter().filter(|other| *other <= size) {
            let (index, old) = (other - 1, other);
            assert_eq!(inclusion_proof(index, size, from_tiles), inclusion_proof(index, size, lookup));
            assert_eq!(consistency_proof(old, size, from_tiles), consistency_proof(old, size, lookup));
        }
    }
}

#[test]
fn the_largest_tree_is_served_in_tiles_too() {
    let nodes = inclusion_nodes(MAX_SIZE - 1, MAX_SIZE).unwrap();
    let needed = tiles_for(&nodes, MAX_SIZE);
    assert_eq!(needed.len(), 8);
    assert!(needed.iter().all(|path| path.is_in(MAX_SIZE)));
    assert!(nodes.iter().all(|node| TilePath::holding(*node, MAX_SIZE).is_some()));
    for node in [NodeId { level: 255, index: 0 }, NodeId { level: 63, index: 0 }, NodeId { level: 7, index: u64::MAX }]
    {
        assert_eq!(TilePath::holding(node, MAX_SIZE), None);
        assert_eq!(HashTiles::default().node(node), None);
    }
}

#[test]
fn a_full_tile_stands_in_for_a_partial_one() {
    let nodes = grow(256);
    let lookup = |id: NodeId| nodes.get(&id).copied();
    let mut tiles = HashTiles::default();
    let node = NodeId { level: 1, index: 100 };
    for (width, known) in [(201, false), (256, true), (201, true)] {
        let path = hashes(0, 0, width);
        tiles.insert(&path, &hash_tile(&path, lookup).unwrap()).unwrap();
        assert_eq!(tiles.node(node), known.then(|| nodes[&node]), "{width}");
    }
}

#[test]
fn tiles_of_another_width_are_refused() {
    let (mut tiles, path) = (HashTiles::default(), hashes(0, 0, 2));
    assert_eq!(tiles.insert(&path, &[0; 96]), Err(TileError::Width { path, found: 3 }));
    assert_eq!(tiles.insert(&path, &[0; 63]), Err(TileError::CutOff { path, at: 1 }));
    assert_eq!(tiles.insert(&path, &[]), Err(TileError::Width { path, found: 0 }));
    assert_eq!(tiles.insert(&entries(0, 2), &[0; 64]), Err(TileError::Kind(entries(0, 2))));
    let width = TileError::Width { path, found: 3 };
    assert_eq!(width.to_string(), "`tile/0/000.p/2` should hold 2, found 3");
}

#[test]
fn bundles_hold_entries_up_to_64_kib_and_no_longer_ones() {
    let long = vec![7; MAX_ENTRY_LEN];
    let bundle = entry_bundle(&[b"ab", &b""[..], &long]).unwrap();
    assert_eq!(bundle[..8], [0, 2, b'a', b'b', 0, 0, 0xff, 0xff]);
    assert_eq!(read_entry_bundle(&entries(0, 3), &bundle), Ok(vec![&b"ab"[..], b"", &long]));
    let too_long = vec![7; MAX_ENTRY_LEN + 1];
    let refused = TileError::EntryTooLong { at: 1, found: 65_536 };
    assert_eq!(entry_bundle(&[&b"ab"[..], &too_long]), Err(refused));
}

#[test]
fn a_bundle_that_is_cut_or_about_other_entries_is_refused() {
    let path = entries(0, 2);
    let bundle = entry_bundle(&["ab", "c"]).unwrap();
    assert_eq!(read_entry_bundle(&path, &bundle[..4]), Err(TileError::Width { path, found: 1 }));
    for cut in [1, 2, 3, 5, 6] {
        let at = usize::from(cut > 4);
        assert_eq!(read_entry_bundle(&path, &bundle[..cut]), Err(TileError::CutOff { path, at }), "{cut}");
    }
    let longer = [&bundle[..], &[0, 0]].concat();
    assert_eq!(read_entry_bundle(&path, &longer), Err(TileError::Width { path, found: 3 }));
    assert_eq!(read_entry_bundle(&hashes(0, 0, 2), &bundle), Err(TileError::Kind(hashes(0, 0, 2))));
}

proptest! {
    #[test]
    fn every_path_survives_its_text(level in 0..9_u8, index in any::<u64>(), shift in 8..64_u32, width in 0..260_u16) {
        for kind in [TileKind::Hashes { level }, TileKind::Entries] {
            if let Ok(path) = TilePath::new(kind, index >> shift, width) {
                prop_assert_eq!(path.to_string().parse(), Ok(path));
            }
        }
    }

    #[test]
    fn garbage_paths_and_bundles_are_refused_without_panic(
        path in "\\PC{0,30}", like in "tile/(entries|[0-9]{1,3})/(x[0-9]{3}/){0,8}[0-9]{3}(\\.p/[0-9]{1,6})?",
        bundle in prop::collection::vec(any::<u8>(), 0..100), width in 1..=256_u16,
    ) {
        prop_assert!(path.parse::<TilePath>().is_err());
        if let Ok(read) = like.parse::<TilePath>() {
            prop_assert_eq!(read.to_string(), like);
        }
        if let Ok(read) = read_entry_bundle(&entries(0, width), &bundle) {
            prop_assert_eq!(entry_bundle(&read).unwrap(), bundle);
        }
    }

    #[test]
    fn a_client_needs_only_the_tiles_it_is_told(size in 1..=GROWN, a in any::<u32>(), b in any::<u32>()) {
        let lookup = |id: NodeId| NODES.get(&id).copied();
        let (index, old, size) = (u64::from(a % size), u64::from(b % (size + 1)), u64::from(size));
        let wanted = [inclusion_nodes(index, size).unwrap(), consistency_nodes(old, size).unwrap()].concat();
        let served: Vec<TilePath> = tiles_of(size).collect();
        let mut tiles = HashTiles::default();
        for path in tiles_for(&wanted, size) {
            prop_assert!(served.contains(&path), "{path}");
            tiles.insert(&path, &hash_tile(&path, lookup).unwrap()).unwrap();
        }
        prop_assert_eq!(inclusion_proof(index, size, |id| tiles.node(id)), inclusion_proof(index, size, lookup));
        prop_assert_eq!(consistency_proof(old, size, |id| tiles.node(id)), consistency_proof(old, size, lookup));
    }

    #[test]
    fn needed_tiles_are_in_the_tree_at_any_size(size in 1..=MAX_SIZE, index in any::<u64>()) {
        let nodes = inclusion_nodes(index % size, size).unwrap();
        for path in tiles_for(&nodes, size) {
            prop_assert!(path.is_in(size));
        }
        for node in nodes {
            prop_assert!(TilePath::holding(node, size).is_some(), "{node} of {size}");
        }
        prop_assert_eq!(HashTiles::default().node(NodeId { level: 0, index }), None);
    }
}
