//! Rows, receipts and tiles of a log, and writers that share a commit.

use contracts::{
    common::v1::ReceiptLevel,
    exchange::v1::{BatchCreateObservationsResponse, CreateObservationRequest},
    log::v1::{
        Envelope, FollowEntriesRequest, GetCheckpointRequest, GetReceiptRequest, GetRowProofRequest, GetTileRequest,
    },
};
use futures_util::future::join_all;
use ledger::{HashTiles, LogProof, ShownRow, TilePath, inclusion_proof, leaf_hash, read_entry_bundle, tiles_of};
use prost::Message;
use tonic::Code;

use crate::world::{World, rate, reason};

fn figures(years: std::ops::Range<u32>) -> Vec<contracts::exchange::v1::Observation> {
    years.map(|year| rate(&year.to_string(), "35.0")).collect()
}

#[tokio::test]
async fn one_row_is_shown_and_proved_without_its_neighbours() {
    let world = World::city().await;
    world.submit(figures(2019..2024)).await;
    world.submit(figures(2024..2025)).await;
    let request = GetRowProofRequest { log_index: 0, position: 3 };
    let shown = world.log().get_row_proof(request).await.unwrap().into_inner();
    let row = CreateObservationRequest::decode(shown.row.as_slice()).unwrap();
    assert_eq!(row.observation.unwrap().period.unwrap().value, "2022");
    let envelope = Envelope::decode(shown.leaf.as_slice()).unwrap();
    assert!(!String::from_utf8_lossy(&shown.leaf).contains("2021"), "the leaf tells nothing of the other rows");

    let verifier = world.desk.signer().verifier();
    let claim = ShownRow {
        log_index: 0,
        position: 3,
        row: &shown.row,
        salt: &shown.salt,
        hashes: &shown.hashes,
        leaf: &shown.leaf,
        rows_root: &envelope.rows_root,
        row_count: envelope.row_count.into(),
        proof_file: &shown.proof_file,
    };
    assert_eq!(claim.verify(std::slice::from_ref(&verifier)).unwrap().size, 2);
    let mut changed = shown.row.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(ShownRow { row: &changed, ..claim }.verify(&[verifier]).is_err());

    let beyond = GetRowProofRequest { log_index: 0, position: 5 };
    let refused = world.log().get_row_proof(beyond).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::OutOfRange, "CURSOR_OUT_OF_RANGE"));
}

#[tokio::test]
async fn a_receipt_can_be_had_again_and_is_the_first_one() {
    let world = World::city().await;
    let first = world.submit(figures(2023..2024)).await.receipt.unwrap();
    world.submit(figures(2024..2025)).await;
    let again = GetReceiptRequest { log_index: 0, wait_for: ReceiptLevel::Logged.into() };
    let again = world.log().get_receipt(again).await.unwrap().into_inner();
    assert_eq!(again.receipt.unwrap(), first);
    let proof = LogProof::parse(&again.proof_file).unwrap();
    let verifier = world.desk.signer().verifier();
    let leaf_hash = first.leaf_hash.parse().unwrap();
    assert_eq!(proof.verify(leaf_hash, &[verifier]).unwrap().size, 1);
    let beyond = GetReceiptRequest { log_index: 2, wait_for: 0 };
    assert_eq!(world.log().get_receipt(beyond).await.unwrap_err().code(), Code::OutOfRange);
}

#[tokio::test]
async fn the_tree_is_served_in_tiles_that_prove_every_entry() {
    let world = World::city().await;
    for year in 2001..2025 {
        world.submit(figures(year..year + 1)).await;
    }
    let head = world.log().get_checkpoint(GetCheckpointRequest {}).await.unwrap().into_inner();
    let signed = ledger::open(&head.checkpoint, &[world.desk.signer().verifier()]).unwrap();
    let mut tiles = HashTiles::default();
    let mut leaves = Vec::new();
    for path in tiles_of(head.size) {
        let asked = GetTileRequest { path: path.to_string() };
        let data = world.log().get_tile(asked).await.unwrap().into_inner().data;
        if path.to_string().contains("entries") {
            leaves.extend(read_entry_bundle(&path, &data).unwrap().into_iter().map(<[u8]>::to_vec));
        } else {
            tiles.insert(&path, &data).unwrap();
        }
    }
    assert_eq!(leaves.len() as u64, head.size);
    for (index, leaf) in (0..).zip(&leaves) {
        let path = inclusion_proof(index, head.size, |id| tiles.node(id)).unwrap();
        ledger::verify_inclusion(leaf_hash(leaf), index, head.size, &path, signed.root).unwrap();
    }
    for path in ["tile/0/001", "tile/0/000.p/99", "tile/0", "../checkpoint", ""] {
        let refused = world.log().get_tile(GetTileRequest { path: path.to_owned() }).await.unwrap_err();
        assert_eq!(reason(&refused), "RESOURCE_NOT_FOUND", "{path}");
    }
    assert!("tile/0/000.p/24".parse::<TilePath>().unwrap().is_in(head.size));
}

#[tokio::test]
async fn writers_that_wait_together_share_a_checkpoint_and_each_has_its_receipt() {
    let world = World::city().await;
    let writes = (1980..2020).map(|year| {
        let (mut client, batch) = (world.ingest(), world.batch(figures(year..year + 1)));
        async move { (batch.clone(), client.batch_create_observations(batch).await.unwrap().into_inner()) }
    });
    let answers: Vec<(_, BatchCreateObservationsResponse)> = join_all(writes).await;
    let verifier = world.desk.signer().verifier();
    let mut checkpoints = std::collections::BTreeSet::new();
    for (batch, answer) in &answers {
        let receipt = answer.receipt.as_ref().unwrap();
        let signed = ledger::open(&receipt.checkpoint, std::slice::from_ref(&verifier)).unwrap();
        assert!(receipt.log_index < signed.size);
        checkpoints.insert(signed.size);
        // A replay in the next batch gets the very same answer.
        let again = world.ingest().batch_create_observations(batch.clone()).await.unwrap().into_inner();
        assert_eq!(&again, answer);
    }
    assert!(checkpoints.len() < answers.len() / 2, "{} commits for {} writes", checkpoints.len(), answers.len());
    let indices: std::collections::BTreeSet<_> =
        answers.iter().map(|(_, answer)| answer.receipt.as_ref().unwrap().log_index).collect();
    assert_eq!(indices, (0..40).collect());
    assert_eq!((world.counts().await.entries, world.counts().await.observations), (40, 40));
}

#[tokio::test]
async fn a_refused_write_and_one_that_went_away_leave_the_others_of_their_batch_alone() {
    let world = World::city().await;
    world.submit(figures(2020..2021)).await;
    let good = (1980..1990).map(|year| {
        let (mut client, batch) = (world.ingest(), world.batch(figures(year..year + 1)));
        async move { client.batch_create_observations(batch).await.map(drop) }
    });
    let (mut client, taken) = (world.ingest(), world.batch(figures(2020..2021)));
    let (mut leaver, left) = (world.ingest(), world.batch(figures(1990..1991)));
    let gone = tokio::time::timeout(std::time::Duration::ZERO, leaver.batch_create_observations(left.clone()));
    let (good, refused, gone) = tokio::join!(join_all(good), client.batch_create_observations(taken), gone);
    assert!(good.iter().all(Result::is_ok), "{good:?}");
    assert_eq!(reason(&refused.unwrap_err()), "DUPLICATE_RESOURCE");
    assert!(gone.is_err());
    // Whether the write of the one that went away was made is not known to it; the same request finds out.
    world.ingest().batch_create_observations(left).await.unwrap();
    assert_eq!((world.counts().await.entries, world.counts().await.observations), (12, 12));
    assert!(matches!(
        node::rebuild::check(&world.store, &world.department).await.unwrap(),
        node::rebuild::LogCheck::Sound { size: 12, .. }
    ));
}

#[tokio::test]
async fn the_same_request_twice_at_once_is_written_once() {
    let world = World::city().await;
    let batch = world.batch(figures(2020..2021));
    let twice = [batch.clone(), batch].map(|batch| {
        let mut client = world.ingest();
        async move { client.batch_create_observations(batch).await.unwrap().into_inner() }
    });
    let answers = join_all(twice).await;
    assert_eq!(answers[0], answers[1]);
    assert_eq!(world.counts().await.entries, 1);
}

#[tokio::test]
async fn the_feed_brings_what_the_leaf_binds() {
    let world = World::city().await;
    world.submit(figures(2020..2022)).await;
    let mut feed = world.log().follow_entries(FollowEntriesRequest { start_index: 0 }).await.unwrap().into_inner();
    let sent = feed.message().await.unwrap().unwrap().entries.remove(0);
    let envelope = Envelope::decode(sent.leaf.as_slice()).unwrap();
    let rows = node::projection::rows(&envelope.method, &sent.request).unwrap();
    let seed = sent.row_seed.as_slice().try_into().unwrap();
    assert_eq!(ledger::rows_root(&seed, &rows).as_bytes().as_slice(), envelope.rows_root);
    assert_eq!(ledger::body_digest(&sent.request).as_bytes().as_slice(), envelope.request_digest);
    let read = |request| node::projection::Projection::envelope(&world.department, &sent.leaf, request);
    assert!(read(&sent.request).is_ok());
    assert!(matches!(read(b"another request"), Err(node::projection::ProjectionError::OtherRequest)));
}
