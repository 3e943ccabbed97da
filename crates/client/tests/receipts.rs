//! Receipts and proofs are checked against the log's key alone.

#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use std::collections::HashMap;

use client::{Leaf, NotVerified, ReceiptFile, verify_proof_file, verify_receipt_file};
use contracts::{
    common::v1::Receipt,
    log::v1::{Envelope, GetInclusionProofResponse},
};
use ledger::{
    Checkpoint, CompactRange, Hash, LogProof, NodeId, NoteSigner, NoteVerifier, body_digest, inclusion_proof,
    leaf_hash, sign,
};
use prost::Message as _;

const LOG: &str = "wufei.demo/dept/ecology";

struct World {
    signer: NoteSigner,
    nodes: HashMap<NodeId, Hash>,
    leaves: Vec<Vec<u8>>,
}

impl World {
    fn new() -> Self {
        let envelope = |at: u8| Envelope {
            version: 2,
            node: "departments/ecology".to_owned(),
            method: "wufei.exchange.v1.ObservationIngestService/BatchCreateStatements".to_owned(),
            request_digest: vec![at],
            request_id_digest: body_digest(format!("id-{at}").as_bytes()).as_bytes().to_vec(),
            ..Default::default()
        };
        let leaves: Vec<_> = (0..5).map(|at| envelope(at).encode_to_vec()).collect();
        let mut range = CompactRange::empty();
        let nodes = leaves.iter().flat_map(|leaf| range.append(leaf_hash(leaf))).collect();
        Self { signer: NoteSigner::generate(LOG, [7; 32]).unwrap(), nodes, leaves }
    }

    fn key(&self) -> NoteVerifier {
        self.signer.verifier()
    }

    fn note(&self, size: u64) -> String {
        let range = CompactRange::from_nodes(size, |id| self.nodes.get(&id).copied()).unwrap();
        sign(&Checkpoint { origin: LOG.to_owned(), size, root: range.root() }, &self.signer).unwrap()
    }

    fn path(&self, index: u64, size: u64) -> Vec<Hash> {
        inclusion_proof(index, size, |id| self.nodes.get(&id).copied()).unwrap()
    }

    /// What a submitter of the entry keeps.
    fn file(&self, index: u64) -> ReceiptFile {
        let leaf = self.leaves[index as usize].clone();
        let hash = leaf_hash(&leaf).to_string();
        let receipt = Receipt {
            node: "departments/ecology".to_owned(),
            log_index: index,
            leaf_hash: hash.clone(),
            checkpoint: self.note(index + 1),
            request_id: format!("id-{index}"),
            ..Default::default()
        };
        let proof = GetInclusionProofResponse {
            log_index: index,
            tree_size: index + 1,
            hashes: self.path(index, index + 1).iter().map(Hash::to_string).collect(),
            leaf_hash: hash,
            ..Default::default()
        };
        ReceiptFile { receipt, proof: Some(proof), leaf: Some(leaf) }
    }
}

#[test]
fn a_receipt_with_its_proof_and_bytes_holds_after_a_round_trip_through_a_file() {
    let world = World::new();
    for index in 0..5 {
        let file = world.file(index);
        let read = ReceiptFile::parse(&file.to_json().unwrap().to_string()).unwrap();
        assert_eq!(read, file);
        let verdict = verify_receipt_file(&read, &world.key()).unwrap();
        assert!(verdict.included);
        assert_eq!((verdict.index, verdict.checkpoint.size), (index, index + 1));
        let id = body_digest(format!("id-{index}").as_bytes());
        assert_eq!(verdict.envelope.unwrap().request_id_digest, id.as_bytes());
    }
}

#[test]
fn a_receipt_alone_proves_the_signature_and_says_that_it_is_not_more() {
    let world = World::new();
    let verdict = verify_receipt_file(&ReceiptFile::new(world.file(2).receipt), &world.key()).unwrap();
    assert!(!verdict.included && verdict.envelope.is_none());
}

#[test]
fn a_proof_for_a_later_tree_holds_with_that_trees_own_checkpoint() {
    let world = World::new();
    let mut file = world.file(1);
    let proof = file.proof.as_mut().unwrap();
    proof.tree_size = 5;
    proof.hashes = world.path(1, 5).iter().map(Hash::to_string).collect();
    let without = verify_receipt_file(&file, &world.key()).unwrap_err();
    assert!(matches!(without, NotVerified::Contradiction { part: "proof.tree_size", .. }), "{without}");
    file.proof.as_mut().unwrap().checkpoint = world.note(5);
    assert!(verify_receipt_file(&file, &world.key()).unwrap().included);
}

#[test]
fn whatever_is_changed_in_a_receipt_file_is_found() {
    type Change = fn(&mut ReceiptFile, &ReceiptFile);
    let world = World::new();
    let other = world.file(3);
    let changes: [(&str, Change); 9] = [
        ("another node", |file, _| file.receipt.node = "departments/commerce".to_owned()),
        ("another node, no bytes", |file, _| {
            file.receipt.node = "departments/commerce".to_owned();
            file.leaf = None;
        }),
        ("another index", |file, _| file.receipt.log_index = 1),
        ("an index outside the tree", |file, _| file.receipt.log_index = 9),
        ("another leaf hash", |file, other| file.receipt.leaf_hash.clone_from(&other.receipt.leaf_hash)),
        ("another request", |file, _| file.receipt.request_id = "id-9".to_owned()),
        ("other bytes", |file, other| file.leaf.clone_from(&other.leaf)),
        ("a hash of the path", |file, _| file.proof.as_mut().unwrap().hashes[0] = "0".repeat(64)),
        ("no path", |file, _| file.proof.as_mut().unwrap().hashes.clear()),
    ];
    for (what, change) in changes {
        let mut file = world.file(2);
        change(&mut file, &other);
        let found = verify_receipt_file(&file, &world.key());
        assert!(found.is_err_and(|error| !error.text().zh.is_empty()), "{what} was not found");
    }
}

#[test]
fn a_receipt_of_another_key_or_log_is_not_believed() {
    let world = World::new();
    for key in [NoteSigner::generate(LOG, [8; 32]), NoteSigner::generate("wufei.demo/dept/commerce", [7; 32])] {
        let error = verify_receipt_file(&world.file(2), &key.unwrap().verifier()).unwrap_err();
        assert!(matches!(error, NotVerified::Checkpoint(_)), "{error}");
    }
}

#[test]
fn a_proof_file_holds_for_its_own_entry_only() {
    let world = World::new();
    let file = LogProof::new(2, world.path(2, 5), world.note(5)).unwrap().to_string();
    let verdict = verify_proof_file(&file, Leaf::Bytes(&world.leaves[2]), &world.key()).unwrap();
    assert_eq!((verdict.index, verdict.envelope.unwrap().request_digest), (2, vec![2]));
    let hash = leaf_hash(&world.leaves[2]);
    assert!(verify_proof_file(&file, Leaf::Hash(hash), &world.key()).unwrap().envelope.is_none());
    let error = verify_proof_file(&file, Leaf::Bytes(&world.leaves[3]), &world.key()).unwrap_err();
    assert!(matches!(error, NotVerified::ProofFile(_)), "{error}");
}

#[test]
fn a_file_that_is_no_receipt_is_told_apart_from_one_that_does_not_hold() {
    let other_version = r#"{"format":"wufei.receipt/v2","receipt":{}}"#;
    let unknown_field = r#"{"format":"wufei.receipt/v1","receipt":{"x":1}}"#;
    for text in ["", "{}", "[]", other_version, unknown_field] {
        let error = ReceiptFile::parse(text).unwrap_err();
        assert!(matches!(error, NotVerified::Malformed { .. }), "{text}");
    }
}
