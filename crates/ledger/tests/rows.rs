//! Rows: taking a request apart, the salted tree over its rows, and showing one row.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use std::collections::HashMap;

use ledger::{
    Checkpoint, CheckpointError, CompactRange, EMPTY_ROOT, Hash, LogProof, LogProofError, NodeId, NoteError,
    NoteSigner, NoteVerifier, ShownRow, ShownRowError, TreeError, VerifyError, WireError, inclusion_proof, leaf_hash,
    row_hash, row_proof, row_salt, rows_root, sign, split_repeated, verify_row,
};
use proptest::prelude::*;
use prost::Message;

/// A message as the batches of the exchange are: something, then the items, then something.
#[derive(Clone, PartialEq, Message)]
struct Batch {
    #[prost(bytes = "vec", tag = "1")]
    parent: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    requests: Vec<Vec<u8>>,
    #[prost(fixed64, tag = "3")]
    fixed64: u64,
    #[prost(fixed32, tag = "16")]
    fixed32: u32,
    #[prost(uint64, tag = "536870911")]
    varint: u64,
}

const ITEMS: u32 = 2;

fn seed() -> [u8; 32] {
    std::array::from_fn(|at| at as u8)
}

#[test]
fn items_are_found_byte_for_byte_wherever_they_stand() {
    let message = [
        &[0x0a, 1, b'p'][..],               // field 1, bytes
        &[0x12, 2, b'a', b'b'],             // field 2, an item
        &[0x18, 0x96, 0x01],                // field 3, a number
        &[0x12, 0],                         // field 2, an empty item
        &[0x21, 1, 2, 3, 4, 5, 6, 7, 8],    // field 4, fixed 64 bits
        &[0x12, 0x83, 0x80, 0x00, 1, 2, 3], // field 2, its length written longer than needed
        &[0x2d, 1, 2, 3, 4],                // field 5, fixed 32 bits
    ]
    .concat();
    assert_eq!(split_repeated(&message, ITEMS), Ok(vec![&b"ab"[..], b"", &[1, 2, 3]]));
    assert_eq!(split_repeated(&message, 9), Ok(vec![]));
    assert_eq!(split_repeated(b"", ITEMS), Ok(vec![]));
}

#[test]
fn a_malformed_message_is_refused_with_the_place() {
    let ten = [0xff; 10];
    let cases = [
        (&[0x12][..], WireError::CutOff { offset: 0 }),
        (&[0x12, 2, 1], WireError::CutOff { offset: 0 }),
        (&[0x12, 0, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], WireError::CutOff { offset: 2 }),
        (&[0x18], WireError::CutOff { offset: 0 }),
        (&[0x12, 0, 0x21, 1, 2, 3, 4, 5, 6, 7], WireError::CutOff { offset: 2 }),
        (&[0x2d, 1, 2, 3], WireError::CutOff { offset: 0 }),
        (&[0x80], WireError::CutOff { offset: 0 }),
        (&ten, WireError::Varint { offset: 0 }),
        (&[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], WireError::Varint { offset: 1 }),
        (&[0x02, 0], WireError::Tag { offset: 0, tag: 2 }),
        (&[0x12, 0, 0x13], WireError::Tag { offset: 2, tag: 0x13 }),
        (&[0x14], WireError::Tag { offset: 0, tag: 0x14 }),
        (&[0x16], WireError::Tag { offset: 0, tag: 0x16 }),
        (&[0x82, 0x80, 0x80, 0x80, 0x10, 0], WireError::Tag { offset: 0, tag: 0x1_0000_0002 }),
        (&[0x12, 0, 0x10, 1], WireError::NotAnItem { offset: 2, field: 2, wire_type: 0 }),
        (&[0x15, 1, 2, 3, 4], WireError::NotAnItem { offset: 0, field: 2, wire_type: 5 }),
    ];
    for (message, error) in cases {
        assert_eq!(split_repeated(message, ITEMS), Err(error), "{message:x?}");
    }
}

#[test]
fn salts_leaves_and_roots_are_those_that_others_compute() {
    // By hmac and hashlib of Python.
    let hex = |text: &str| -> [u8; 32] { hex::decode(text).unwrap().try_into().unwrap() };
    let salt = hex("07f8268e221763df571bf686d4094e17672e4bfac1649543c03e1a5dbddc6459");
    assert_eq!(row_salt(&seed(), 0), hex("73ce12aa65b54cdc1e5700b8a6e309c1081bdbfa1611d9e59e38eae227d6b6d2"));
    assert_eq!(row_salt(&seed(), 1), salt);
    let leaf = hex("b4c396ad7eac10e65ac9bd05d5dafd852a375fcacfb7ec45958229c2d3c965bb");
    assert_eq!(row_hash(&salt, b"second"), Hash::from_bytes(leaf));
    let root = hex("bfee811b049acce460f737b3f44268d407eec85c713a9bc55ffea77748e9bc6a");
    assert_eq!(rows_root(&seed(), &["first", "second", ""]), Hash::from_bytes(root));
}

#[test]
fn a_submission_without_rows_has_the_root_of_the_empty_tree() {
    let none: [&[u8]; 0] = [];
    assert_eq!(rows_root(&seed(), &none), EMPTY_ROOT);
    assert_eq!(row_proof(&seed(), &none, 0), Err(TreeError::IndexOutsideTree { index: 0, size: 0 }));
}

#[test]
fn a_salt_opens_the_row_of_its_own_position_only() {
    let rows = ["same", "same", "same"];
    let root = rows_root(&seed(), &rows);
    let proof = row_proof(&seed(), &rows, 1).unwrap();
    for position in 0..3 {
        let held = verify_row(root, 3, 1, &row_salt(&seed(), position), b"same", &proof);
        assert_eq!(held.is_ok(), position == 1);
    }
    assert_ne!(rows_root(&[0; 32], &rows), root);
}

/// A log of seven entries whose fourth is a leaf about four rows, and what a server shows of the row at position 2.
struct World {
    leaf: Vec<u8>,
    rows_root: Hash,
    row: Vec<u8>,
    salt: [u8; 32],
    hashes: Vec<Hash>,
    proof_file: String,
    verifier: NoteVerifier,
}

impl World {
    fn new() -> Self {
        let rows = ["a", "b", "c", "d"];
        let rows_root = rows_root(&seed(), &rows);
        let leaf = [b"envelope of ", &rows_root.as_bytes()[..]].concat();
        let (mut tree, mut nodes) = (CompactRange::empty(), HashMap::new());
        for n in 0..7_u8 {
            nodes.extend(tree.append(if n == 3 { leaf_hash(&leaf) } else { leaf_hash(&[n]) }));
        }
        let signer = NoteSigner::generate("wufei.demo/dept/ecology", [3; 32]).unwrap();
        let checkpoint = Checkpoint { origin: signer.name().to_owned(), size: tree.size(), root: tree.root() };
        let path = inclusion_proof(3, tree.size(), |id: NodeId| nodes.get(&id).copied()).unwrap();
        let proof = LogProof::new(3, path, sign(&checkpoint, &signer).unwrap()).unwrap();
        Self {
            leaf,
            rows_root,
            row: b"c".to_vec(),
            salt: row_salt(&seed(), 2),
            hashes: row_proof(&seed(), &rows, 2).unwrap(),
            proof_file: proof.to_string(),
            verifier: signer.verifier(),
        }
    }

    fn shown(&self) -> ShownRow<'_, Hash> {
        ShownRow {
            log_index: 3,
            position: 2,
            row: &self.row,
            salt: &self.salt,
            hashes: &self.hashes,
            leaf: &self.leaf,
            rows_root: self.rows_root.as_bytes(),
            row_count: 4,
            proof_file: &self.proof_file,
        }
    }

    fn verify(&self, shown: &ShownRow<'_, Hash>) -> Result<Checkpoint, ShownRowError> {
        shown.verify(std::slice::from_ref(&self.verifier))
    }
}

#[test]
fn one_row_is_believed_without_its_neighbours() {
    let world = World::new();
    let checkpoint = world.verify(&world.shown()).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("wufei.demo/dept/ecology", 7));
}

#[test]
fn the_first_thing_that_does_not_fit_is_named() {
    let world = World::new();
    let shown = world.shown();
    let refused = |shown: ShownRow<'_, Hash>| world.verify(&shown).unwrap_err();

    assert_eq!(refused(ShownRow { salt: &[0; 31], ..shown }), ShownRowError::Salt(31));
    let what = "the root of the rows";
    assert_eq!(refused(ShownRow { rows_root: &[], ..shown }), ShownRowError::Hash { what, found: 0 });
    for wrong in [
        ShownRow { row: b"d", ..shown },
        ShownRow { salt: &[0; 32], ..shown },
        ShownRow { position: 3, ..shown },
        ShownRow { hashes: &[EMPTY_ROOT, EMPTY_ROOT], ..shown },
        ShownRow { rows_root: EMPTY_ROOT.as_bytes(), ..shown },
    ] {
        assert!(matches!(refused(wrong), ShownRowError::Row(VerifyError::RootMismatch { .. })), "{wrong:?}");
    }
    let outside = VerifyError::IndexOutsideTree { index: 2, size: 2 };
    assert_eq!(refused(ShownRow { row_count: 2, ..shown }), ShownRowError::Row(outside));
    let length = VerifyError::ProofLength { expected: 2, found: 1 };
    assert_eq!(refused(ShownRow { hashes: &world.hashes[1..], ..shown }), ShownRowError::Row(length));

    assert_eq!(refused(ShownRow { proof_file: "x", ..shown }), ShownRowError::ProofFile(LogProofError::NoCheckpoint));
    assert_eq!(refused(ShownRow { log_index: 4, ..shown }), ShownRowError::Entry { expected: 4, found: 3 });
    let unsigned = ShownRowError::Checkpoint(CheckpointError::Note(NoteError::NoTrustedSignature));
    assert_eq!(shown.verify(&[]).unwrap_err(), unsigned);
    let other_leaf = refused(ShownRow { leaf: b"another envelope", ..shown });
    assert!(matches!(other_leaf, ShownRowError::Leaf(VerifyError::RootMismatch { .. })), "{other_leaf:?}");

    let hashes = [&[0_u8; 32][..], &[0; 31]];
    let ShownRow { log_index, position, row, salt, leaf, rows_root, row_count, proof_file, .. } = shown;
    let short = ShownRow { hashes: &hashes, log_index, position, row, salt, leaf, rows_root, row_count, proof_file };
    let what = "a hash of the proof";
    assert_eq!(short.verify(&[]).unwrap_err(), ShownRowError::Hash { what, found: 31 });
}

fn batch() -> impl Strategy<Value = Batch> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    let items = prop::collection::vec(bytes(), 0..12);
    (bytes(), items, any::<u64>(), any::<u32>(), any::<u64>())
        .prop_map(|(parent, requests, fixed64, fixed32, varint)| Batch { parent, requests, fixed64, fixed32, varint })
}

proptest! {
    #[test]
    fn items_are_those_that_prost_decodes(batch in batch()) {
        let message = batch.encode_to_vec();
        prop_assert_eq!(split_repeated(&message, ITEMS).unwrap(), batch.requests);
    }

    #[test]
    fn what_prost_accepts_has_the_same_items_here(
        batch in batch(), at in any::<prop::sample::Index>(), by in prop::collection::vec(any::<u8>(), 0..4), cut in 0_usize..4,
    ) {
        let mut message = batch.encode_to_vec();
        let from = at.index(message.len() + 1);
        let to = message.len().min(from + cut);
        message.splice(from..to, by);
        let split = split_repeated(&message, ITEMS);
        match (Batch::decode(message.as_slice()), split) {
            (Ok(decoded), Ok(items)) => prop_assert_eq!(items, decoded.requests),
            // Groups, which prost skips and version 3 does not have.
            (Ok(_), Err(WireError::Tag { tag, .. })) => prop_assert!(matches!(tag & 7, 3 | 4)),
            (Ok(_), Err(error)) => prop_assert!(false, "{error}"),
            (Err(_), Ok(_) | Err(_)) => (),
        }
    }

    #[test]
    fn garbage_is_taken_apart_or_refused_without_panic(
        message in prop::collection::vec(any::<u8>(), 0..300), field in any::<u32>(),
    ) {
        if let Ok(items) = split_repeated(&message, field) {
            prop_assert!(items.iter().map(|item| item.len() + 2).sum::<usize>() <= message.len());
        }
    }

    #[test]
    fn every_row_is_proved_and_no_changed_row_position_or_hash(
        rows in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..60), seed in any::<[u8; 32]>(),
        pick in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), by in 1..=255_u8,
    ) {
        let (root, count) = (rows_root(&seed, &rows), rows.len() as u64);
        let position = pick.index(rows.len());
        let (row, salt) = (&rows[position], row_salt(&seed, position as u64));
        let proof = row_proof(&seed, &rows, position as u64).unwrap();
        let check = |position: u64, salt: &[u8; 32], row: &[u8], proof: &[Hash]| {
            verify_row(root, count, position, salt, row, proof)
        };
        prop_assert_eq!(check(position as u64, &salt, row, &proof), Ok(()));
        let mut wrong_salt = salt;
        wrong_salt[at.index(32)] ^= by;
        prop_assert!(check(position as u64, &wrong_salt, row, &proof).is_err());
        prop_assert!(check(position as u64, &salt, &[&row[..], &[by]].concat(), &proof).is_err());
        prop_assert!(check(position as u64 ^ 1, &salt, row, &proof).is_err());
        if !proof.is_empty() {
            let mut wrong = proof.clone();
            let hash = at.index(wrong.len());
            let mut bytes = wrong[hash].to_bytes();
            bytes[0] ^= by;
            wrong[hash] = Hash::from_bytes(bytes);
            prop_assert!(check(position as u64, &salt, row, &wrong).is_err());
        }
        let mut other = rows.clone();
        other[position].push(by);
        prop_assert_ne!(rows_root(&seed, &other), root);
    }
}
