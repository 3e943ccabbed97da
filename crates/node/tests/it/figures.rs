//! Figures: receipts, replays, revisions, pages.

use std::sync::Arc;

use contracts::{
    common::v1::ReceiptLevel,
    exchange::v1::{
        BatchCreateStatementsRequest, CreateStatementRequest, ExportObservationsRequest, GetObservationRequest,
        ListObservationRevisionsRequest, ListObservationsRequest, ListStatementsRequest, Observation,
        ObservationFilter, Statement, StatementKind, UpdateObservationRequest,
    },
    log::v1::{Envelope, GetConsistencyProofRequest, GetInclusionProofRequest, ListEntriesRequest},
};
use ledger::{LogProof, verify_consistency};
use node::rebuild;
use prost::Message;
use tokio_stream::StreamExt;
use tonic::Code;

use crate::world::{World, correction, fact, quantity, rate, reason, request_id, timestamp};

#[tokio::test]
async fn a_submission_is_receipted_and_can_be_proved_and_read_back() {
    let world = World::city().await;
    let batch = world.batch(vec![rate("2023", "34.5"), rate("2024", "35.0")]);
    let answer = world.ingest().batch_create_observations(batch.clone()).await.unwrap().into_inner();
    let receipt = answer.receipt.unwrap();
    assert_eq!(receipt.level(), ReceiptLevel::Logged);
    assert_eq!((receipt.log_index, receipt.request_id.as_str()), (0, batch.request_id.as_str()));

    // The leaf binds the exact bytes of the request, and the proof leads from it to the signed checkpoint.
    let entries = world.log().list_entries(ListEntriesRequest::default()).await.unwrap().into_inner();
    let leaf = &entries.entries[0].leaf;
    let envelope = Envelope::decode(leaf.as_slice()).unwrap();
    assert_eq!(entries.entries[0].request, batch.encode_to_vec());
    assert_eq!(envelope.request_digest, ledger::body_digest(&batch.encode_to_vec()).as_bytes());
    assert_eq!((envelope.version, envelope.row_count), (2, 2));
    assert_eq!(envelope.principal, "spiffe://wufei.test/dept/city-140100/writer");
    let proof = world.log().get_inclusion_proof(GetInclusionProofRequest { log_index: 0, tree_size: 0 }).await.unwrap();
    let proof = LogProof::parse(&proof.into_inner().proof_file).unwrap();
    let verifier = world.desk.signer().verifier();
    assert_eq!(proof.verify_leaf(leaf, std::slice::from_ref(&verifier)).unwrap().size, 1);
    assert_eq!(ledger::open(&receipt.checkpoint, &[verifier]).unwrap().size, 1);

    let read = world_get(&world, None).await.unwrap();
    assert_eq!(read, answer.observations[1]);
    assert_eq!((read.value.unwrap(), read.canonical_value.unwrap().value.as_str()), (quantity("35.0", "%"), "35"));
    let record = read.record.unwrap();
    let provenance = record.provenance.unwrap();
    assert_eq!((record.revision, provenance.position), (1, 1));
    assert_eq!(provenance.leaf_hash, receipt.leaf_hash);
    assert_eq!(provenance.revision_name, format!("{}@1", world.rate_name("2024")));
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_and_writes_nothing() {
    let world = World::city().await;
    let batch = world.batch(vec![rate("2024", "35.0")]);
    let first = world.ingest().batch_create_observations(batch.clone()).await.unwrap().into_inner();
    world.clock.advance(chrono::TimeDelta::hours(1));
    let second = world.ingest().batch_create_observations(batch.clone()).await.unwrap().into_inner();
    assert_eq!(first, second);
    assert_eq!(world.counts().await.entries, 1);

    let mut other = batch;
    other.requests[0].observation = Some(rate("2023", "35.0"));
    let refused = world.ingest().batch_create_observations(other).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "REQUEST_ID_REUSED"));
    assert_eq!(world.counts().await.entries, 1);
}

#[tokio::test]
async fn a_check_only_stores_nothing_and_does_not_use_up_the_request_id() {
    let world = World::city().await;
    let mut batch = world.batch(vec![rate("2024", "35.0")]);
    batch.validate_only = true;
    let checked = world.ingest().batch_create_observations(batch.clone()).await.unwrap().into_inner();
    assert!(checked.receipt.is_none() && checked.observations[0].record.is_none());
    assert_eq!(world.counts().await, store::Counts::default());
    batch.validate_only = false;
    assert!(world.ingest().batch_create_observations(batch).await.unwrap().into_inner().receipt.is_some());
}

#[tokio::test]
async fn a_figure_that_exists_is_refused_with_its_name_and_etag() {
    let world = World::city().await;
    let first = world.submit(vec![rate("2024", "35.0")]).await;
    let again = world.batch(vec![rate("2023", "34.0"), rate("2024", "36.0")]);
    let refused = world.ingest().batch_create_observations(again).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::AlreadyExists, "DUPLICATE_RESOURCE"));
    assert_eq!(fact(&refused, "name"), world.rate_name("2024"));
    assert_eq!(fact(&refused, "etag"), first.observations[0].record.clone().unwrap().etag);
    assert_eq!(world.counts().await.observations, 1);
}

fn update(world: &World, value: &str, etag: &str) -> UpdateObservationRequest {
    UpdateObservationRequest {
        observation: Some(Observation { name: world.rate_name("2024"), ..rate("2024", value) }),
        etag: etag.to_owned(),
        correction: correction(),
        request_id: request_id(),
        ..UpdateObservationRequest::default()
    }
}

#[tokio::test]
async fn a_correction_makes_a_revision_and_both_stay_readable() {
    let world = World::city().await;
    let first = world.submit(vec![rate("2024", "35.0")]).await.observations.remove(0);
    let before = first.record.unwrap();
    let known = node::convert::common::time("t", &before.create_time.unwrap()).unwrap();
    world.clock.advance(chrono::TimeDelta::days(1));

    let changed = world.ingest().update_observation(update(&world, "36.5", &before.etag)).await.unwrap().into_inner();
    let changed = changed.observation.unwrap();
    let record = changed.record.clone().unwrap();
    assert_eq!((record.revision, record.correction.unwrap().note.as_str()), (2, "笔误"));

    let get = |as_of| world_get(&world, as_of);
    assert_eq!(get(None).await.unwrap(), changed);
    assert_eq!(get(Some(timestamp(known))).await.unwrap().value, Some(quantity("35.0", "%")));
    let too_early = get(Some(timestamp(known - chrono::TimeDelta::seconds(1)))).await.unwrap_err();
    assert_eq!(reason(&too_early), "RESOURCE_NOT_FOUND");

    let request = ListObservationRevisionsRequest { name: world.rate_name("2024"), page_size: 1, ..Default::default() };
    let page = world.query().list_observation_revisions(request.clone()).await.unwrap().into_inner();
    assert_eq!(page.observations[0].record.as_ref().unwrap().revision, 2);
    let rest = ListObservationRevisionsRequest { page_token: page.next_page_token, ..request };
    let page = world.query().list_observation_revisions(rest).await.unwrap().into_inner();
    let last = page.observations[0].record.as_ref().unwrap();
    assert_eq!((last.revision, page.next_page_token.as_str()), (1, ""));
    assert!(last.supersede_time.is_some());
}

async fn world_get(world: &World, as_of: Option<prost_types::Timestamp>) -> Result<Observation, tonic::Status> {
    let request = GetObservationRequest { name: world.rate_name("2024"), as_of };
    world.query().get_observation(request).await.map(|answer| answer.into_inner().observation.unwrap())
}

#[tokio::test]
async fn an_update_is_refused_without_reason_with_a_stale_etag_with_another_key_or_without_a_change() {
    let world = World::city().await;
    let first = world.submit(vec![rate("2024", "35.0")]).await.observations.remove(0);
    let etag = first.record.unwrap().etag;
    let good = update(&world, "36.5", &etag);
    let mut no_reason = good.clone();
    no_reason.correction = None;
    let mut no_etag = good.clone();
    no_etag.etag.clear();
    let mut other_key = good.clone();
    other_key.observation.as_mut().unwrap().indicator = "ZWC2021-25".to_owned();
    let mut no_change = good.clone();
    no_change.observation = Some(Observation { name: world.rate_name("2024"), ..rate("2024", "35.0") });
    let mut missing = good.clone();
    missing.observation.as_mut().unwrap().name = world.rate_name("2019");
    let mut foreign = good.clone();
    foreign.observation.as_mut().unwrap().name =
        "departments/ecology/observations/zwc2021-26--140100--2024--whole-city--actual".to_owned();
    let mut mask = good.clone();
    mask.update_mask = Some(prost_types::FieldMask { paths: vec!["indicator".to_owned()] });
    let mut bad_value = good.clone();
    bad_value.observation.as_mut().unwrap().value = Some(quantity("135", "%"));
    for (request, code, expected) in [
        (no_reason, Code::InvalidArgument, "CORRECTION_REASON_REQUIRED"),
        (no_etag, Code::InvalidArgument, "FIELD_REQUIRED"),
        (update(&world, "36.5", "0123"), Code::Aborted, "STALE_ETAG"),
        (other_key, Code::InvalidArgument, "FIELD_INVALID"),
        (no_change, Code::InvalidArgument, "FIELD_INVALID"),
        (missing, Code::NotFound, "RESOURCE_NOT_FOUND"),
        (foreign, Code::InvalidArgument, "PARENT_MISMATCH"),
        (mask, Code::InvalidArgument, "FIELD_INVALID"),
        (bad_value, Code::InvalidArgument, "RATE_OUT_OF_RANGE"),
    ] {
        let refused = world.ingest().update_observation(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (code, expected), "{refused:?}");
    }
    assert_eq!(world.counts().await.entries, 1);
    assert!(world.ingest().update_observation(good).await.is_ok());
}

#[tokio::test]
async fn a_mask_changes_only_what_it_names_and_the_tables_can_be_made_again_from_the_log() {
    let world = World::city().await;
    let mut one = rate("2024", "35.0");
    one.note = "初报".to_owned();
    let first = world.submit(vec![one, rate("2023", "30.0")]).await.observations.remove(0);
    let masked = UpdateObservationRequest {
        observation: Some(Observation {
            name: world.rate_name("2024"),
            value: Some(quantity("36.5", "%")),
            ..Observation::default()
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["value".to_owned()] }),
        etag: first.record.unwrap().etag,
        correction: correction(),
        request_id: request_id(),
        validate_only: false,
    };
    let changed = world.ingest().update_observation(masked).await.unwrap().into_inner().observation.unwrap();
    assert_eq!((changed.note.as_str(), changed.value), ("初报", Some(quantity("36.5", "%"))));
    statements(&world).await;

    let before = everything(&world).await;
    let read = rebuild::rebuild(&world.store, &world.projection, &world.department).await.unwrap();
    assert_eq!(read, 3);
    assert_eq!(everything(&world).await, before);
    let check = rebuild::check(&world.store, &world.department).await.unwrap();
    assert!(matches!(check, rebuild::LogCheck::Sound { size: 3, .. }), "{check:?}");
}

/// What a reader can see: figures with all revisions, and statements.
async fn everything(world: &World) -> (Vec<Observation>, Vec<Observation>, Vec<Statement>) {
    let list = ListObservationsRequest { parent: "departments/-".to_owned(), ..Default::default() };
    let list = world.query().list_observations(list).await.unwrap().into_inner().observations;
    let request = ListObservationRevisionsRequest { name: world.rate_name("2024"), ..Default::default() };
    let revisions = world.query().list_observation_revisions(request).await.unwrap().into_inner().observations;
    let request = ListStatementsRequest { parent: world.parent(), ..Default::default() };
    let statements = world.query().list_statements(request).await.unwrap().into_inner().statements;
    (list, revisions, statements)
}

async fn statements(world: &World) {
    let statement = Statement {
        kind: StatementKind::Mechanism.into(),
        region: "140100".to_owned(),
        period: Some(contracts::common::v1::Period { value: "2024".to_owned(), assumed: false }),
        subject: "联席会议制度".to_owned(),
        ..Statement::default()
    };
    let request = BatchCreateStatementsRequest {
        parent: world.parent(),
        requests: vec![CreateStatementRequest { statement_id: "f011".to_owned(), statement: Some(statement) }],
        request_id: request_id(),
        validate_only: false,
    };
    let written = world.ingest().batch_create_statements(request.clone()).await.unwrap().into_inner();
    let written = &written.statements[0];
    assert_eq!(written.name, format!("{}/statements/f011", world.parent()));
    let list = ListStatementsRequest { parent: world.parent(), ..Default::default() };
    let listed = world.query().list_statements(list).await.unwrap().into_inner();
    assert_eq!(listed.statements, std::slice::from_ref(written));
    let again = BatchCreateStatementsRequest { request_id: request_id(), ..request };
    let refused = world.ingest().batch_create_statements(again).await.unwrap_err();
    assert_eq!(reason(&refused), "DUPLICATE_RESOURCE");
}

#[tokio::test]
async fn pages_are_complete_in_order_and_bound_to_their_query() {
    let world = World::city().await;
    let years: Vec<String> = (2000..2025).map(|year| year.to_string()).collect();
    world.submit(years.iter().map(|year| rate(year, "35.0")).collect()).await;
    let mut seen = Vec::new();
    let mut request = ListObservationsRequest { parent: world.parent(), page_size: 7, ..Default::default() };
    loop {
        let page = world.query().list_observations(request.clone()).await.unwrap().into_inner();
        seen.extend(page.observations.into_iter().map(|observation| observation.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let expected: Vec<String> = years.iter().map(|year| world.rate_name(year)).collect();
    assert_eq!(seen, expected);

    let filter = ObservationFilter { period: "2024".to_owned(), ..Default::default() };
    let other = ListObservationsRequest { filter: Some(filter.clone()), ..request.clone() };
    let refused = world.query().list_observations(other).await.unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    let negative = ListObservationsRequest { page_size: -1, page_token: String::new(), ..request };
    assert_eq!(reason(&world.query().list_observations(negative).await.unwrap_err()), "PAGE_SIZE_INVALID");
    let filtered = ListObservationsRequest { parent: world.parent(), filter: Some(filter), ..Default::default() };
    let found = world.query().list_observations(filtered).await.unwrap().into_inner().observations;
    assert_eq!(found.len(), 1);
    let foreign = ListObservationsRequest { parent: "departments/ecology".to_owned(), ..Default::default() };
    assert_eq!(reason(&world.query().list_observations(foreign).await.unwrap_err()), "PARENT_MISMATCH");
}

#[tokio::test]
async fn an_export_resumes_after_the_last_chunk_received() {
    let world = World::city().await;
    let day =
        |index: u64| (chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Days::new(index)).to_string();
    world.submit((0..700).map(|index| rate(&day(index), "35.0")).collect()).await;
    let request = ExportObservationsRequest { parent: world.parent(), ..Default::default() };
    let whole: Vec<_> = world.query().export_observations(request.clone()).await.unwrap().into_inner().collect().await;
    let sizes: Vec<usize> = whole.iter().map(|chunk| chunk.as_ref().unwrap().observations.len()).collect();
    assert_eq!(sizes, [500, 200]);
    let cursor = whole[0].as_ref().unwrap().cursor.clone();
    let resumed = ExportObservationsRequest { cursor, ..request };
    let rest: Vec<_> = world.query().export_observations(resumed).await.unwrap().into_inner().collect().await;
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].as_ref().unwrap(), whole[1].as_ref().unwrap());
}

#[tokio::test]
async fn concurrent_submissions_each_get_their_own_entry_and_the_tree_stays_consistent() {
    let world = Arc::new(World::city().await);
    world.submit(vec![rate("1999", "35.0")]).await;
    let first = world.store.head(&world.department).await.unwrap().unwrap();
    let each = (2000..2020).map(|year| {
        let world = Arc::clone(&world);
        async move { world.submit(vec![rate(&year.to_string(), "35.0")]).await.receipt.unwrap().log_index }
    });
    let mut indices = futures_util::future::join_all(each).await;
    indices.sort_unstable();
    assert_eq!(indices, (1..=20).collect::<Vec<u64>>());
    let last = world.store.head(&world.department).await.unwrap().unwrap();
    let proof = world.log().get_consistency_proof(GetConsistencyProofRequest { first_size: 1, second_size: 0 }).await;
    let hashes: Vec<_> = proof.unwrap().into_inner().hashes.iter().map(|hash| hash.parse().unwrap()).collect();
    verify_consistency(first.size, first.root, last.size, last.root, &hashes).unwrap();
}

#[tokio::test]
async fn a_clock_that_goes_back_never_makes_an_entry_earlier_than_the_one_before() {
    let world = World::city().await;
    let first = world.submit(vec![rate("2023", "35.0")]).await.receipt.unwrap().receive_time;
    world.clock.advance(-chrono::TimeDelta::minutes(4));
    let second = world.submit(vec![rate("2024", "35.0")]).await.receipt.unwrap().receive_time;
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_clock_that_is_far_behind_the_log_stops_the_writing_until_it_is_right() {
    let world = World::city().await;
    world.submit(vec![rate("2023", "35.0")]).await;
    world.clock.advance(-chrono::TimeDelta::days(2));
    let batch = world.batch(vec![rate("2024", "35.0")]);
    let refused = world.ingest().batch_create_observations(batch.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "CLOCK_MOVED_BACK");
    assert_eq!(world.counts().await.entries, 1);
    world.clock.advance(chrono::TimeDelta::days(2));
    world.ingest().batch_create_observations(batch).await.unwrap();
}
