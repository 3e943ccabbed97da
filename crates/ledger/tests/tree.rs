//! The tree and its proofs against the published vectors and against another implementation of RFC 6962.

use std::collections::{HashMap, HashSet};

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ledger::{
    CompactRange, EMPTY_ROOT, Hash, MAX_SIZE, NodeId, TreeError, VerifyError, consistency_nodes, consistency_proof,
    inclusion_nodes, inclusion_proof, leaf_hash, node_hash, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use sha2::Sha256;

type Nodes = HashMap<NodeId, Hash>;

/// Leaves of the reference vectors used by all Certificate Transparency implementations.
const VECTOR_LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// Roots of the trees of the first 1, 2, … leaves of [`VECTOR_LEAVES`].
const VECTOR_ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Builds a tree leaf by leaf and keeps what a store would keep.
fn grow<L: AsRef<[u8]>>(leaves: &[L]) -> (CompactRange, Nodes) {
    let (mut tree, mut nodes) = (CompactRange::empty(), Nodes::new());
    for leaf in leaves {
        nodes.extend(tree.append(leaf_hash(leaf.as_ref())));
    }
    (tree, nodes)
}

fn root_at(size: u64, nodes: &Nodes) -> Result<Hash, TreeError> {
    Ok(CompactRange::from_nodes(size, |id| nodes.get(&id).copied())?.root())
}

fn bytes_of(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.to_bytes()).collect()
}

fn flipped(hash: Hash, bit: usize) -> Hash {
    let mut bytes = hash.to_bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    Hash::from_bytes(bytes)
}

#[test]
fn an_empty_tree_has_the_hash_of_nothing_as_its_root() {
    assert_eq!(CompactRange::empty().root(), EMPTY_ROOT);
    assert_eq!(EMPTY_ROOT, ledger::body_digest(b""));
    assert_eq!(CompactRange::from_nodes(0, |_| None).unwrap(), CompactRange::empty());
}

#[test]
fn roots_are_those_of_the_reference_vectors() {
    let mut tree = CompactRange::empty();
    for (leaf, root) in VECTOR_LEAVES.iter().zip(VECTOR_ROOTS) {
        tree.append(leaf_hash(leaf));
        assert_eq!(tree.root().to_string(), root);
    }
}

#[test]
fn proofs_are_those_of_the_reference_vectors() {
    let (_, nodes) = grow(&VECTOR_LEAVES);
    let texts = |proof: Vec<Hash>| proof.iter().map(Hash::to_string).collect::<Vec<_>>();
    let lookup = |id: NodeId| nodes.get(&id).copied();
    assert_eq!(
        texts(inclusion_proof(0, 8, lookup).unwrap()),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(texts(inclusion_proof(2, 3, lookup).unwrap()), [VECTOR_ROOTS[1]]);
    assert_eq!(
        texts(consistency_proof(6, 8, lookup).unwrap()),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(consistency_proof(8, 8, lookup).unwrap(), []);
}

#[test]
fn appending_returns_every_node_that_became_complete() {
    let mut tree = CompactRange::empty();
    let [a, b, c, d] = [0_u8, 1, 2, 3].map(|n| leaf_hash(&[n]));
    let id = |level, index| NodeId { level, index };
    assert_eq!(tree.append(a), [(id(0, 0), a)]);
    assert_eq!(tree.append(b), [(id(0, 1), b), (id(1, 0), node_hash(a, b))]);
    assert_eq!(tree.append(c), [(id(0, 2), c)]);
    let (left, right) = (node_hash(a, b), node_hash(c, d));
    assert_eq!(tree.append(d), [(id(0, 3), d), (id(1, 1), right), (id(2, 0), node_hash(left, right))]);
}

#[test]
fn a_missing_node_is_named() {
    let lost = NodeId { level: 1, index: 2 };
    assert_eq!(CompactRange::from_nodes(6, |id| (id != lost).then_some(EMPTY_ROOT)), Err(TreeError::MissingNode(lost)));
    assert_eq!(inclusion_proof(0, 6, |id| (id != lost).then_some(EMPTY_ROOT)), Err(TreeError::MissingNode(lost)));
    assert_eq!(lost.to_string(), "1/2");
}

#[test]
fn the_largest_tree_can_be_loaded_and_proved_and_no_larger_one() {
    let known = |_| Some(EMPTY_ROOT);
    let mut tree = CompactRange::from_nodes(MAX_SIZE, known).unwrap();
    assert_eq!(tree.append(EMPTY_ROOT).len(), 64);
    assert_eq!(inclusion_proof(MAX_SIZE - 1, MAX_SIZE, known).unwrap().len(), 62);
    assert_eq!(inclusion_proof(0, MAX_SIZE, known).unwrap().len(), 63);
    let size = MAX_SIZE + 1;
    assert_eq!(CompactRange::from_nodes(size, known), Err(TreeError::TooLarge { size }));
    assert_eq!(consistency_nodes(1, size), Err(TreeError::TooLarge { size }));
}

#[test]
fn questions_about_entries_that_do_not_exist_are_refused() {
    assert_eq!(inclusion_nodes(3, 3), Err(TreeError::IndexOutsideTree { index: 3, size: 3 }));
    assert_eq!(consistency_nodes(4, 3), Err(TreeError::OldTreeLarger { old: 4, new: 3 }));
    assert_eq!(
        verify_inclusion(EMPTY_ROOT, 0, 0, &[], EMPTY_ROOT),
        Err(VerifyError::IndexOutsideTree { index: 0, size: 0 })
    );
    assert_eq!(
        verify_consistency(4, EMPTY_ROOT, 3, EMPTY_ROOT, &[]),
        Err(VerifyError::OldTreeLarger { old: 4, new: 3 })
    );
}

#[test]
fn every_tree_grows_out_of_the_empty_one_but_only_with_the_right_empty_root() {
    let root = leaf_hash(b"x");
    assert_eq!(verify_consistency(0, EMPTY_ROOT, 1, root, &[]), Ok(()));
    assert_eq!(
        verify_consistency(0, root, 1, root, &[]),
        Err(VerifyError::OldRootMismatch { computed: EMPTY_ROOT, claimed: root })
    );
    assert_eq!(
        verify_consistency(0, EMPTY_ROOT, 0, root, &[]),
        Err(VerifyError::RootMismatch { computed: EMPTY_ROOT, claimed: root })
    );
}

#[test]
fn all_proofs_between_small_trees_hold_and_hold_for_nothing_else() {
    let leaves: Vec<[u8; 1]> = (0..33).map(|n| [n]).collect();
    let (_, nodes) = grow(&leaves);
    let lookup = |id: NodeId| nodes.get(&id).copied();
    let root = |size| root_at(size, &nodes).unwrap();
    for new in 0..=33 {
        for old in 0..=new {
            let proof = consistency_proof(old, new, lookup).unwrap();
            assert_eq!(verify_consistency(old, root(old), new, root(new), &proof), Ok(()), "{old} → {new}");
            for wrong in 0..=33 {
                let told = verify_consistency(old, root(wrong), new, root(new), &proof);
                assert_eq!(told.is_ok(), wrong == old, "{old} → {new}, told {wrong}");
            }
        }
        for index in 0..new {
            let proof = inclusion_proof(index, new, lookup).unwrap();
            for (at, leaf) in leaves.iter().enumerate() {
                let held = verify_inclusion(leaf_hash(leaf), index, new, &proof, root(new));
                assert_eq!(held.is_ok(), at as u64 == index, "{index} of {new}, told {at}");
            }
        }
    }
}

proptest! {
    #[test]
    fn roots_and_proofs_are_those_of_ct_merkle(
        leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..300),
        index in any::<prop::sample::Index>(),
        old in any::<prop::sample::Index>(),
    ) {
        let mut reference = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        leaves.iter().for_each(|leaf| reference.push(leaf.clone()));
        let (tree, nodes) = grow(&leaves);
        let lookup = |id: NodeId| nodes.get(&id).copied();
        prop_assert_eq!(tree.root().to_bytes().to_vec(), reference.root().as_bytes().to_vec());

        let (size, index, old) = (tree.size(), index.index(leaves.len()), old.index(leaves.len()) + 1);
        let inclusion = inclusion_proof(index as u64, size, lookup).unwrap();
        let expected = reference.prove_inclusion(index);
        prop_assert_eq!(bytes_of(&inclusion), expected.as_bytes());
        prop_assert_eq!(verify_inclusion(leaf_hash(&leaves[index]), index as u64, size, &inclusion, tree.root()), Ok(()));

        let old_root = root_at(old as u64, &nodes).unwrap();
        let consistency = consistency_proof(old as u64, size, lookup).unwrap();
        let expected = reference.prove_consistency(leaves.len() - old);
        prop_assert_eq!(bytes_of(&consistency), expected.as_bytes());
        prop_assert_eq!(verify_consistency(old as u64, old_root, size, tree.root(), &consistency), Ok(()));
    }

    #[test]
    fn a_tree_loaded_from_its_right_edge_goes_on_as_if_it_had_never_stopped(
        before in 0_u32..200, after in 0_u32..50,
    ) {
        let leaves: Vec<[u8; 4]> = (0..before + after).map(u32::to_be_bytes).collect();
        let (whole, nodes) = grow(&leaves);
        let edge = CompactRange::right_edge_ids(u64::from(before));
        let mut loaded = CompactRange::from_nodes(u64::from(before), |id| {
            edge.contains(&id).then(|| nodes.get(&id).copied()).flatten()
        }).unwrap();
        for leaf in &leaves[before as usize..] {
            for (id, hash) in loaded.append(leaf_hash(leaf)) {
                prop_assert_eq!(nodes.get(&id), Some(&hash));
            }
        }
        prop_assert_eq!(loaded, whole);
    }

    #[test]
    fn the_announced_nodes_are_those_that_are_looked_up(size in 1..=MAX_SIZE, a in any::<u64>(), b in any::<u64>()) {
        let (index, old) = (a % size, b % (size + 1));
        let asked = std::cell::RefCell::new(HashSet::new());
        let lookup = |id: NodeId| { asked.borrow_mut().insert(id); Some(EMPTY_ROOT) };
        inclusion_proof(index, size, lookup).unwrap();
        prop_assert_eq!(inclusion_nodes(index, size).unwrap().into_iter().collect::<HashSet<_>>(), asked.take());
        consistency_proof(old, size, lookup).unwrap();
        prop_assert_eq!(consistency_nodes(old, size).unwrap().into_iter().collect::<HashSet<_>>(), asked.take());
    }

    #[test]
    fn one_wrong_bit_or_hash_breaks_an_inclusion_proof(
        size in 1_u32..100, pick in any::<prop::sample::Index>(), bit in 0_usize..256, at in any::<prop::sample::Index>(),
    ) {
        let leaves: Vec<[u8; 4]> = (0..size).map(u32::to_be_bytes).collect();
        let (tree, nodes) = grow(&leaves);
        let index = pick.index(leaves.len());
        let proof = inclusion_proof(index as u64, tree.size(), |id| nodes.get(&id).copied()).unwrap();
        let check = |leaf: Hash, index: usize, proof: &[Hash], root: Hash| {
            verify_inclusion(leaf, index as u64, tree.size(), proof, root)
        };
        let leaf = leaf_hash(&leaves[index]);
        prop_assert!(check(flipped(leaf, bit), index, &proof, tree.root()).is_err());
        prop_assert!(check(leaf, index, &proof, flipped(tree.root(), bit)).is_err());
        prop_assert!(check(leaf, index + 1, &proof, tree.root()).is_err());
        let longer = [proof.as_slice(), &[leaf]].concat();
        prop_assert_eq!(
            check(leaf, index, &longer, tree.root()),
            Err(VerifyError::ProofLength { expected: proof.len(), found: proof.len() + 1 })
        );
        if !proof.is_empty() {
            prop_assert!(check(leaf, index, &proof[1..], tree.root()).is_err());
            let mut wrong = proof.clone();
            let at = at.index(wrong.len());
            wrong[at] = flipped(wrong[at], bit);
            prop_assert!(check(leaf, index, &wrong, tree.root()).is_err());
        }
    }

    #[test]
    fn one_wrong_bit_breaks_a_consistency_proof(
        old in 1_u32..100, more in 1_u32..100, bit in 0_usize..256, at in any::<prop::sample::Index>(),
    ) {
        let leaves: Vec<[u8; 4]> = (0..old + more).map(u32::to_be_bytes).collect();
        let (tree, nodes) = grow(&leaves);
        let old = u64::from(old);
        let old_root = root_at(old, &nodes).unwrap();
        let proof = consistency_proof(old, tree.size(), |id| nodes.get(&id).copied()).unwrap();
        prop_assert!(verify_consistency(old, flipped(old_root, bit), tree.size(), tree.root(), &proof).is_err());
        prop_assert!(verify_consistency(old, old_root, tree.size(), flipped(tree.root(), bit), &proof).is_err());
        prop_assert!(verify_consistency(old, old_root, tree.size(), tree.root(), &proof[1..]).is_err());
        let mut wrong = proof.clone();
        let at = at.index(wrong.len());
        wrong[at] = flipped(wrong[at], bit);
        prop_assert!(verify_consistency(old, old_root, tree.size(), tree.root(), &wrong).is_err());
    }

    #[test]
    fn garbage_never_panics_a_verifier(
        a in any::<u64>(), b in any::<u64>(), hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let proof: Vec<Hash> = hashes.into_iter().map(Hash::from_bytes).collect();
        for proof in [proof.as_slice(), proof.get(..63).unwrap_or(&[]), proof.get(..64).unwrap_or(&[])] {
            prop_assert!(verify_inclusion(EMPTY_ROOT, a, b, proof, leaf_hash(b"")).is_err());
            prop_assert!(verify_consistency(a, EMPTY_ROOT, b, leaf_hash(b""), proof).is_err() || a == 0);
            prop_assert!(verify_inclusion(EMPTY_ROOT, u64::MAX - 1, u64::MAX, proof, leaf_hash(b"")).is_err());
        }
    }
}
