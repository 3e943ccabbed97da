//! A follower believes a log only as far as it fits its signed checkpoints.

#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use client::{FollowError, Verifier};
use contracts::log::v1::{Entry, Envelope, FollowEntriesResponse};
use ledger::{Checkpoint, CompactRange, NoteSigner, body_digest, leaf_hash, sign};
use proptest::prelude::*;
use prost::Message as _;

const LOG: &str = "wufei.demo/dept/ecology";

fn signer(seed: u8) -> NoteSigner {
    NoteSigner::generate(LOG, [seed; 32]).unwrap()
}

fn verifier() -> Verifier {
    Verifier::new(signer(7).verifier(), CompactRange::empty())
}

fn tree(leaves: &[&[u8]]) -> CompactRange {
    let mut range = CompactRange::empty();
    leaves.iter().for_each(|leaf| drop(range.append(leaf_hash(leaf))));
    range
}

fn entry(index: u64, leaf: &[u8]) -> Entry {
    Entry { index, leaf_hash: leaf_hash(leaf).to_string(), leaf: leaf.to_vec(), ..Entry::default() }
}

fn checkpoint(leaves: &[&[u8]], signer: &NoteSigner) -> String {
    let range = tree(leaves);
    sign(&Checkpoint { origin: LOG.to_owned(), size: range.size(), root: range.root() }, signer).unwrap()
}

fn message(entries: Vec<Entry>, checkpoint: String) -> FollowEntriesResponse {
    let caught_up = !checkpoint.is_empty();
    FollowEntriesResponse { entries, checkpoint, caught_up, send_time: None }
}

const LEAVES: [&[u8]; 3] = [b"a", b"b", b"c"];

fn all() -> Vec<Entry> {
    LEAVES.iter().enumerate().map(|(at, leaf)| entry(at as u64, leaf)).collect()
}

#[test]
fn an_honest_feed_is_followed_across_chunks_heartbeats_and_restarts() {
    let mut verifier = verifier();
    let first = verifier.accept(message(vec![entry(0, b"a")], String::new())).unwrap();
    assert_eq!((first.entries.len(), first.head, verifier.signed_size()), (1, None, 0));
    let rest = verifier.accept(message(all().split_off(1), checkpoint(&LEAVES, &signer(7)))).unwrap();
    assert_eq!(rest.head.unwrap().checkpoint.root, tree(&LEAVES).root());
    assert_eq!((verifier.next_index(), verifier.signed_size(), rest.caught_up), (3, 3, true));
    assert_eq!(rest.entries[0].nodes.len(), 2, "the second leaf closes the first pair");
    let heartbeat = verifier.accept(message(Vec::new(), String::new())).unwrap();
    assert!(heartbeat.entries.is_empty());

    let mut restarted = Verifier::new(signer(7).verifier(), tree(&LEAVES));
    let four: [&[u8]; 4] = [b"a", b"b", b"c", b"d"];
    restarted.accept(message(vec![entry(3, b"d")], checkpoint(&four, &signer(7)))).unwrap();
    assert_eq!(restarted.signed_size(), 4);
}

#[test]
fn an_entry_that_may_not_be_read_still_counts() {
    let mut entries = all();
    entries[1].leaf.clear();
    let found = verifier().accept(message(entries, checkpoint(&LEAVES, &signer(7)))).unwrap();
    assert_eq!((found.entries[1].leaf.as_ref(), found.entries[1].leaf_hash), (None, leaf_hash(b"b")));
}

#[test]
fn a_trace_is_passed_on_and_believed_for_nothing() {
    let (sent, leaf) = submitted(b"request");
    let sent = Entry { trace_parent: "whatever the node sent".to_owned(), ..sent };
    let found = verifier().accept(message(vec![sent], checkpoint(&[&leaf], &signer(7)))).unwrap();
    let submission = found.entries[0].submission.as_ref().unwrap();
    assert_eq!(submission.trace_parent.as_deref(), Some("whatever the node sent"));
    assert_eq!(found.head.unwrap().checkpoint.root, tree(&[&leaf]).root());
}

#[test]
fn a_request_that_the_leaf_does_not_bind_is_named() {
    let (sent, leaf) = submitted(b"request");
    let head = checkpoint(&[&leaf], &signer(7));
    let found = verifier().accept(message(vec![sent.clone()], head.clone())).unwrap();
    assert_eq!(found.entries[0].submission.as_ref().unwrap().request, b"request");
    let changed = Entry { request: b"Request".to_vec(), ..sent.clone() };
    let error = verifier().accept(message(vec![changed], head.clone())).unwrap_err();
    assert!(matches!(error, FollowError::RequestChanged { index: 0 }), "{error}");
    let withheld = Entry { request: Vec::new(), row_seed: Vec::new(), ..sent };
    let found = verifier().accept(message(vec![withheld], head)).unwrap();
    assert_eq!((found.entries[0].submission.as_ref(), found.entries[0].leaf.as_ref()), (None, Some(&leaf)));
}

/// An entry of one submission, and its leaf.
fn submitted(request: &[u8]) -> (Entry, Vec<u8>) {
    let envelope =
        Envelope { version: 2, request_digest: body_digest(request).as_bytes().to_vec(), ..Envelope::default() };
    let leaf = envelope.encode_to_vec();
    (Entry { request: request.to_vec(), row_seed: vec![7; 32], ..entry(0, &leaf) }, leaf)
}

#[test]
fn a_missing_a_repeated_and_a_reordered_entry_are_named() {
    for order in [vec![0, 2], vec![0, 0], vec![1, 0]] {
        let entries = order.iter().map(|at| all()[*at].clone()).collect();
        let error = verifier().accept(message(entries, String::new())).unwrap_err();
        assert!(matches!(error, FollowError::Index { .. }), "{order:?}: {error}");
        assert!(error.is_contradiction());
    }
}

#[test]
fn entries_that_changed_places_and_numbers_do_not_fit_the_checkpoint() {
    let entries = vec![entry(0, b"b"), entry(1, b"a"), entry(2, b"c")];
    let error = verifier().accept(message(entries, checkpoint(&LEAVES, &signer(7)))).unwrap_err();
    assert!(matches!(error, FollowError::Forked { size: 3, .. }), "{error}");
}

#[test]
fn changed_bytes_and_a_malformed_hash_are_named_with_their_index() {
    let mut entries = all();
    entries[1].leaf = b"x".to_vec();
    let error = verifier().accept(message(entries, String::new())).unwrap_err();
    assert!(matches!(error, FollowError::LeafChanged { index: 1, .. }), "{error}");
    assert!(error.text().zh.contains("第1条"), "{}", error.text().zh);
    let mut entries = all();
    entries[2].leaf_hash = "zz".to_owned();
    let error = verifier().accept(message(entries, String::new())).unwrap_err();
    assert!(matches!(error, FollowError::HashForm { index: 2 }), "{error}");
}

#[test]
fn a_forked_log_is_told_by_its_own_checkpoint() {
    let other: [&[u8]; 3] = [b"a", b"x", b"c"];
    let error = verifier().accept(message(all(), checkpoint(&other, &signer(7)))).unwrap_err();
    assert!(matches!(error, FollowError::Forked { size: 3, .. }), "{error}");
}

#[test]
fn a_rewritten_past_is_told_after_a_restart() {
    let mut restarted = Verifier::new(signer(7).verifier(), tree(&LEAVES));
    let rewritten: [&[u8]; 4] = [b"x", b"b", b"c", b"d"];
    let error = restarted.accept(message(vec![entry(3, b"d")], checkpoint(&rewritten, &signer(7)))).unwrap_err();
    assert!(matches!(error, FollowError::Forked { size: 4, .. }), "{error}");
}

#[test]
fn a_checkpoint_of_another_size_key_log_or_form_is_refused() {
    let short = verifier().accept(message(all(), checkpoint(&LEAVES[..2], &signer(7)))).unwrap_err();
    assert!(matches!(short, FollowError::Size { expected: 3, found: 2 }), "{short}");
    let range = tree(&LEAVES);
    let commerce = NoteSigner::generate("wufei.demo/dept/commerce", [7; 32]).unwrap();
    let of_commerce = Checkpoint { origin: commerce.name().to_owned(), size: range.size(), root: range.root() };
    for note in [checkpoint(&LEAVES, &signer(8)), sign(&of_commerce, &commerce).unwrap(), "nonsense".to_owned()] {
        let error = verifier().accept(message(all(), note)).unwrap_err();
        assert!(matches!(error, FollowError::Checkpoint { size: 3, .. }), "{error}");
    }
}

#[test]
fn a_node_that_claims_to_be_done_must_sign() {
    let unsigned = FollowEntriesResponse { caught_up: true, ..message(all(), String::new()) };
    let error = verifier().accept(unsigned).unwrap_err();
    assert!(matches!(error, FollowError::Unsigned { size: 3 }), "{error}");
}

#[test]
fn after_an_error_nothing_of_the_message_counts() {
    let mut verifier = verifier();
    verifier.accept(message(all(), checkpoint(&LEAVES, &signer(8)))).unwrap_err();
    assert_eq!((verifier.next_index(), verifier.signed_size()), (0, 0));
    verifier.accept(message(all(), checkpoint(&LEAVES, &signer(7)))).unwrap();
}

proptest! {
    #[test]
    fn however_a_log_is_cut_into_chunks_the_follower_ends_at_its_root(
        leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 1..40),
        cut in 0_usize..40,
    ) {
        let slices: Vec<&[u8]> = leaves.iter().map(Vec::as_slice).collect();
        let entries: Vec<Entry> = slices.iter().enumerate().map(|(at, leaf)| entry(at as u64, leaf)).collect();
        let (first, second) = entries.split_at(cut.min(entries.len()));
        let mut verifier = verifier();
        verifier.accept(message(first.to_vec(), String::new())).unwrap();
        let end = verifier.accept(message(second.to_vec(), checkpoint(&slices, &signer(7)))).unwrap();
        prop_assert_eq!(end.head.unwrap().checkpoint.root, tree(&slices).root());
    }

    #[test]
    fn no_changed_byte_passes(
        leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 1..20),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let slices: Vec<&[u8]> = leaves.iter().map(Vec::as_slice).collect();
        let note = checkpoint(&slices, &signer(7));
        let mut forged = leaves.clone();
        let victim = at.index(forged.len());
        forged[victim][0] ^= 1 << bit;
        let entries = forged.iter().enumerate().map(|(at, leaf)| entry(at as u64, leaf)).collect();
        let is_forked = matches!(verifier().accept(message(entries, note)), Err(FollowError::Forked { .. }));
        prop_assert!(is_forked);
    }
}
