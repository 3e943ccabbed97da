//! The audit log at the public doors: who of others read what, what was refused, and that nothing is given out without a
//! record.

use std::{collections::BTreeSet, io::Cursor, time::Duration};

use client::{CallError, Connection, Options, export_audit_log, sign_request, verify_audit_file};
use contracts::{
    exchange::v1::observation_ingest_service_client::ObservationIngestServiceClient,
    log::v1::{
        AuditEvent, AuditRecord, FollowEntriesRequest, GetAuditCheckpointRequest, ListAuditRecordsRequest, Signature,
        audit_log_service_client::AuditLogServiceClient,
    },
};
use directory::Fingerprint;
use domain::DepartmentId;
use ledger::{LogProof, NoteVerifier, body_digest, consistency_nodes, consistency_proof, open, verify_consistency};
use node::audit::Answered;
use prost::{
    Message as _,
    bytes::{Buf as _, BufMut as _},
};
use serde_json::json;
use testkit::{Engine, Province, administrator_id, auditor_id, evaluator_id, until, writer_id};
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    metadata::BinaryMetadataValue,
};

use crate::{
    figures::{CITY, submission, submit},
    trust::{BATCH, batch, reason, unsigned},
};

const AGGREGATOR_ID: &str = "spiffe://wufei.test/aggregator";
const LIST: &str = "wufei.exchange.v1.ObservationQueryService/ListObservations";
const EXPORT: &str = "wufei.exchange.v1.ObservationQueryService/ExportObservations";

/// Messages as the bytes that travel.
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buf: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buf.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; buf.remaining()];
        buf.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}

/// The messages of an answer, byte for byte, and the id of the call.
async fn read(caller: &Connection, method: &str, request: serde_json::Value) -> Result<(Vec<Vec<u8>>, String), Status> {
    let descriptor = client::pool().unwrap();
    let (service, name) = method.split_once('/').unwrap();
    let input = descriptor.get_service_by_name(service).unwrap().methods().find(|m| m.name() == name).unwrap().input();
    let message = prost_reflect::DynamicMessage::deserialize(input, request).unwrap();
    let mut request = Request::new(message.encode_to_vec());
    request.metadata_mut().insert("wufei-purpose", "joint-evaluation".parse().unwrap());
    let mut grpc = Grpc::new(caller.channel());
    grpc.ready().await.unwrap();
    let path: PathAndQuery = format!("/{method}").parse().unwrap();
    let answer = grpc.server_streaming(request, path, Raw).await?;
    let call = answer.metadata().get("x-request-id").unwrap().to_str().unwrap().to_owned();
    let (mut stream, mut messages) = (answer.into_inner(), Vec::new());
    while let Some(message) = stream.message().await? {
        messages.push(message);
    }
    Ok((messages, call))
}

fn observations() -> serde_json::Value {
    json!({ "parent": format!("departments/{CITY}") })
}

async fn province(engine: Engine) -> Province {
    let mut province = Province::new(engine).unwrap();
    province.add_department(CITY).await.unwrap();
    province
}

fn aggregator(province: &Province) -> Connection {
    province.caller(CITY, AGGREGATOR_ID).unwrap()
}

/// The records of an event, as the auditor lists them.
async fn records(province: &Province, event: AuditEvent) -> Vec<AuditRecord> {
    let mut log = AuditLogServiceClient::new(province.auditor(CITY).unwrap().channel());
    let request = ListAuditRecordsRequest { event: event.into(), page_size: 1000, ..Default::default() };
    let page = log.list_audit_records(request).await.unwrap().into_inner();
    page.entries.into_iter().map(|entry| entry.record.unwrap()).collect()
}

/// Waits until refusals of an event stand for this many, for nobody waits for their records.
async fn counted(province: &Province, event: AuditEvent, count: u32) -> Vec<AuditRecord> {
    until(event.as_str_name(), async || {
        let records = records(province, event).await;
        Ok((records.iter().map(|record| record.count).sum::<u32>() >= count).then_some(records))
    })
    .await
    .unwrap()
}

/// The answer's digest by its definition.
fn digest(messages: &[Vec<u8>]) -> (Vec<u8>, u64) {
    let answered = messages.iter().fold(Answered::default(), |all, message| all.and(body_digest(message)));
    (answered.digest.map(|digest| digest.as_bytes().to_vec()).unwrap_or_default(), answered.count)
}

async fn reading_leaves_records(engine: Engine) {
    let province = province(engine).await;
    submit(&province, 0..3).await.unwrap();
    let reader = aggregator(&province);

    let (answer, call) = read(&reader, LIST, observations()).await.unwrap();
    let [record] = &records(&province, AuditEvent::DataRead).await[..] else { panic!("not one record") };
    assert!(!answer[0].is_empty());
    assert_eq!(record.answer_digest, body_digest(&answer[0]).as_bytes(), "SHA-256 of the bytes received");
    let found = (record.principal.as_str(), record.method.as_str(), record.purpose.as_str(), record.call_id.as_str());
    assert_eq!(found, (AGGREGATOR_ID, LIST, "joint-evaluation", call.as_str()));
    assert_eq!(record.certificate_fingerprint, province.identities().fingerprint(AGGREGATOR_ID).unwrap());
    assert_eq!((record.answer_count, record.count, record.reason.as_str()), (1, 1, ""));
    assert_eq!(record.node, format!("departments/{CITY}"));
    assert!(!record.rule.is_empty(), "{record:?}");

    let (answer, call) = read(&reader, EXPORT, observations()).await.unwrap();
    let of_call: Vec<_> = until("the end of the stream", async || {
        let all = records(&province, AuditEvent::DataRead).await;
        let of_call: Vec<_> = all.into_iter().filter(|record| record.call_id == call).collect();
        Ok((of_call.len() == 2).then_some(of_call))
    })
    .await
    .unwrap();
    assert_eq!((of_call[0].answer_count, of_call[0].answer_digest.len()), (0, 0), "the opening");
    assert_eq!((of_call[1].answer_digest.clone(), of_call[1].answer_count), digest(&answer));

    let missing = read(
        &reader,
        "wufei.exchange.v1.ObservationQueryService/GetObservation",
        json!({
            "name": format!("departments/{CITY}/observations/none")
        }),
    );
    let status = missing.await.unwrap_err();
    let all = records(&province, AuditEvent::DataRead).await;
    assert_eq!(all.last().unwrap().reason, reason(&status), "a read that found nothing is one too");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_by_others_leaves_a_record_with_the_digest_of_its_answer() {
    reading_leaves_records(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_by_others_leaves_a_record_on_postgres() {
    reading_leaves_records(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_reads_and_descriptions_leave_none() {
    let province = province(Engine::Sqlite).await;
    submit(&province, 0..1).await.unwrap();
    let writer = province.writer(CITY).unwrap();
    read(&writer, LIST, observations()).await.unwrap();
    read(&writer, EXPORT, observations()).await.unwrap();
    province.head(CITY).await.unwrap();
    for reader in [writer, aggregator(&province)] {
        reader.call_json("wufei.directory.v1.DirectoryService/GetDirectory", json!({})).await.unwrap();
        reader.call_json("wufei.catalog.v1.CatalogService/ListUnits", json!({})).await.unwrap();
    }
    assert_eq!(records(&province, AuditEvent::DataRead).await, []);
    province.end().await.unwrap();
}

/// Sends a batch with this signature.
async fn send(province: &Province, day: u64, signature: Option<&Signature>) -> Result<(), Status> {
    let mut request = Request::new(batch(day));
    if let Some(signature) = signature {
        let value = BinaryMetadataValue::from_bytes(&signature.encode_to_vec());
        request.metadata_mut().insert_bin("wufei-signature-bin", value);
    }
    let mut ingest = ObservationIngestServiceClient::new(unsigned(province).channel());
    ingest.batch_create_observations(request).await.map(|_stored| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_leaves_an_event_with_its_reason_and_nothing_in_the_exchange_log() {
    let province = province(Engine::Sqlite).await;
    let key = province.identities().signer(&writer_id(CITY)).unwrap();
    let before = province.head(CITY).await.unwrap();
    let refused = async |event: AuditEvent, principal: &str, expected: &str| {
        let all = until(expected, async || {
            let all = records(&province, event).await;
            Ok(all.into_iter().find(|record| record.reason == expected))
        });
        let record = all.await.unwrap();
        assert_eq!((record.principal.as_str(), record.certificate_fingerprint.len()), (principal, 64), "{record:?}");
        assert_eq!(province.head(CITY).await.unwrap(), before, "{expected}");
        record
    };

    let stranger = "spiffe://wufei.test/dept/city-140100/second";
    let unknown = province.caller_with(CITY, stranger, &Options::default()).unwrap();
    read(&unknown, LIST, observations()).await.unwrap_err();
    assert_eq!(refused(AuditEvent::CallerUnknown, stranger, "MEMBER_UNKNOWN").await.method, LIST);

    let other = administrator_id();
    let status = read(&province.caller(CITY, &other).unwrap(), LIST, observations()).await.unwrap_err();
    let record = refused(AuditEvent::AccessDenied, &other, "PERMISSION_DENIED").await;
    assert!(!record.rule.is_empty() && status.message().len() > record.rule.len(), "{record:?}");
    assert_eq!(record.purpose, "joint-evaluation");

    let own = writer_id(CITY);
    send(&province, 0, None).await.unwrap_err();
    assert_eq!(refused(AuditEvent::SignatureRefused, &own, "SIGNATURE_REQUIRED").await.method, BATCH);
    let over_others = sign_request(&key, BATCH, &batch(1).encode_to_vec()).unwrap();
    send(&province, 0, Some(&over_others)).await.unwrap_err();
    refused(AuditEvent::SignatureRefused, &own, "SIGNATURE_INVALID").await;
    let ecology = province.identities().signer(&writer_id("ecology")).unwrap();
    let of_another = sign_request(&ecology, BATCH, &batch(0).encode_to_vec()).unwrap();
    send(&province, 0, Some(&of_another)).await.unwrap_err();
    refused(AuditEvent::SignatureRefused, &own, "SIGNING_KEY_UNKNOWN").await;

    let mut huge = batch(0);
    huge.parent = "x".repeat(5 << 20);
    let mut ingest = ObservationIngestServiceClient::new(unsigned(&province).channel());
    ingest.batch_create_observations(huge).await.unwrap_err();
    refused(AuditEvent::MessageRefused, &own, "MESSAGE_TOO_LARGE").await;
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_that_is_used_again_leaves_an_event_and_no_second_entry() {
    let province = province(Engine::Sqlite).await;
    let writer = province.writer(CITY).unwrap();
    let first = submission(0, 1);
    writer.call_json(&first.method, first.request.clone()).await.unwrap();
    let mut other = submission(1, 1).request;
    other["requestId"] = first.request["requestId"].clone();
    writer.call_json(&first.method, other).await.unwrap_err();
    let records = counted(&province, AuditEvent::ReplayRefused, 1).await;
    assert_eq!((records[0].principal.clone(), records[0].reason.as_str()), (writer_id(CITY), "REQUEST_ID_REUSED"));
    assert_eq!(province.head(CITY).await.unwrap().size, 1);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_that_repeat_are_counted_and_do_not_keep_others_from_reading() {
    const TIMES: u32 = 200;
    let province = province(Engine::Sqlite).await;
    let other = province.caller(CITY, &writer_id("commerce")).unwrap();
    read(&other, LIST, observations()).await.unwrap_err();
    let first = counted(&province, AuditEvent::AccessDenied, 1).await;
    assert_eq!(first[0].count, 1, "the first is listed, whether another comes or not");
    for _ in 1..TIMES {
        read(&other, LIST, observations()).await.unwrap_err();
    }
    let records = counted(&province, AuditEvent::AccessDenied, TIMES).await;
    assert_eq!(records.iter().map(|record| record.count).sum::<u32>(), TIMES);
    assert!(records.len() < TIMES as usize / 2, "{} records", records.len());
    read(&aggregator(&province), LIST, observations()).await.unwrap();
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_auditor_reads_the_audit_log_and_leaves_a_record() {
    let province = province(Engine::Sqlite).await;
    for principal in [writer_id(CITY), administrator_id(), evaluator_id()] {
        let mut log = AuditLogServiceClient::new(province.caller(CITY, &principal).unwrap().channel());
        let status = log.get_audit_checkpoint(GetAuditCheckpointRequest {}).await.unwrap_err();
        assert_eq!(reason(&status), "PERMISSION_DENIED", "{principal}");
    }
    let mut log = AuditLogServiceClient::new(province.auditor(CITY).unwrap().channel());
    log.get_audit_checkpoint(GetAuditCheckpointRequest {}).await.unwrap();
    records(&province, AuditEvent::AuditRead).await;
    let [first, second] = &records(&province, AuditEvent::AuditRead).await[..] else { panic!("not two records") };
    assert_eq!(first.principal, auditor_id());
    assert_eq!(first.method, "wufei.log.v1.AuditLogService/GetAuditCheckpoint");
    assert_eq!(second.method, "wufei.log.v1.AuditLogService/ListAuditRecords");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_others_and_nobody_else() {
    const QUEUE: usize = 2;
    const READS: usize = 12;
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department_with(CITY, |config| config.audit.queue = QUEUE).await.unwrap();
    submit(&province, 0..1).await.unwrap();
    let reader = aggregator(&province);
    read(&reader, LIST, observations()).await.unwrap();

    // Whoever holds the lock of the audit log keeps its writer waiting.
    let beside = province.audit_store(CITY).await.unwrap();
    let locked = beside.begin(&DepartmentId::parse(CITY).unwrap()).await.unwrap();
    let mut reads = tokio::task::JoinSet::new();
    for _ in 0..READS {
        let reader = reader.clone();
        reads.spawn(async move { read(&reader, LIST, observations()).await.map(|_answer| ()) });
    }
    let mut refused = 0;
    // Those that the writer holds, and those of the queue, wait; all others are refused at once.
    while refused < READS - 2 * QUEUE {
        let status = reads.join_next().await.unwrap().unwrap().unwrap_err();
        assert_eq!(reason(&status), "AUDIT_UNAVAILABLE", "{status}");
        refused += 1;
    }
    read(&province.writer(CITY).unwrap(), LIST, observations()).await.unwrap();
    submit(&province, 1..2).await.unwrap();
    drop(locked);
    beside.close().await;
    let mut answered = 1;
    while let Some(outcome) = reads.join_next().await {
        match outcome.unwrap() {
            Ok(()) => answered += 1,
            Err(status) => {
                assert_eq!(reason(&status), "AUDIT_UNAVAILABLE", "{status}");
                refused += 1;
            }
        }
    }
    assert!(answered > 1, "those who waited were answered");
    assert_eq!(records(&province, AuditEvent::DataRead).await.len(), answered);
    let refusals = counted(&province, AuditEvent::AuditUnavailable, u32::try_from(refused).unwrap()).await;
    assert_eq!(refusals[0].principal, AGGREGATOR_ID);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_audit_log_stops_reads_by_others_until_it_can_be_written_again() {
    let province = province(Engine::Sqlite).await;
    submit(&province, 0..1).await.unwrap();
    let reader = aggregator(&province);
    read(&reader, LIST, observations()).await.unwrap();
    let file = province.folder(CITY).join("wufei.audit.db");
    let sqlite = |sql: &'static str| {
        let url = format!("sqlite://{}", file.display());
        async move { testkit::execute(&url, sql).await.unwrap() }
    };
    sqlite("ALTER TABLE log_checkpoint RENAME TO gone").await;
    assert_eq!(reason(&read(&reader, LIST, observations()).await.unwrap_err()), "AUDIT_UNAVAILABLE");
    assert_eq!(reason(&read(&reader, EXPORT, observations()).await.unwrap_err()), "AUDIT_UNAVAILABLE");
    read(&province.writer(CITY).unwrap(), LIST, observations()).await.unwrap();
    submit(&province, 1..2).await.unwrap();
    sqlite("ALTER TABLE gone RENAME TO log_checkpoint").await;
    until("reads by others", async || Ok(read(&reader, LIST, observations()).await.ok())).await.unwrap();
    let refusals = counted(&province, AuditEvent::AuditUnavailable, 2).await;
    assert!(refusals.iter().all(|record| record.principal == AGGREGATOR_ID));
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loses_no_record_of_an_answer_that_was_given() {
    let mut province = province(Engine::Sqlite).await;
    submit(&province, 0..1).await.unwrap();
    let mut readers = tokio::task::JoinSet::new();
    let (answered, mut answers) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..8 {
        let (reader, answered) = (aggregator(&province), answered.clone());
        readers.spawn(async move {
            while let Ok((answer, call)) = read(&reader, LIST, observations()).await {
                let _counted = answered.send((call, body_digest(&answer[0]).as_bytes().to_vec()));
            }
        });
    }
    drop(answered);
    let mut given = BTreeSet::new();
    while given.len() < 50 {
        given.insert(answers.recv().await.unwrap());
    }
    province.kill(CITY).await.unwrap();
    while let Some(answer) = answers.recv().await {
        given.insert(answer);
    }
    while readers.join_next().await.is_some() {}
    province.restart(CITY).await.unwrap();
    let recorded: BTreeSet<_> = records(&province, AuditEvent::DataRead)
        .await
        .into_iter()
        .map(|record| (record.call_id, record.answer_digest))
        .collect();
    assert_eq!(given.difference(&recorded).count(), 0, "{} given, {} recorded", given.len(), recorded.len());
    province.end().await.unwrap();
}

async fn export(province: &Province) -> Vec<u8> {
    let mut file = Vec::new();
    export_audit_log(&province.auditor(CITY).unwrap(), &mut file).await.unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_verified_offline_and_the_log_only_grows() {
    let mut province = province(Engine::Sqlite).await;
    submit(&province, 0..1).await.unwrap();
    let reader = aggregator(&province);
    let key = std::fs::read_to_string(province.folder(CITY).join("audit.vkey")).unwrap();
    let key: NoteVerifier = key.trim().parse().unwrap();
    read(&reader, LIST, observations()).await.unwrap();
    let old = export(&province).await;
    let earlier = verify_audit_file(Cursor::new(&old), &key, None).unwrap().checkpoint;
    assert_eq!(earlier.origin, format!("wufei.test/dept/{CITY}/audit"));

    for _ in 0..20 {
        read(&reader, LIST, observations()).await.unwrap();
    }
    province.kill(CITY).await.unwrap();
    province.restart(CITY).await.unwrap();
    let new = export(&province).await;
    let later = verify_audit_file(Cursor::new(&new), &key, Some(&earlier)).unwrap().checkpoint;
    assert!(later.size > earlier.size + 20);
    let text = String::from_utf8(new).unwrap();
    assert!(text.contains(AGGREGATOR_ID));
    let forged = text.replacen("joint-evaluation", "joint-inspection", 1);
    verify_audit_file(Cursor::new(forged), &key, None).unwrap_err();
    let cut: Vec<&str> = text.lines().filter(|line| !line.starts_with("{\"index\":3,")).collect();
    verify_audit_file(Cursor::new(cut.join("\n")), &key, None).unwrap_err();

    // The same by proofs: the old tree is a prefix of the new one, and each record is in it.
    let store = province.audit_store(CITY).await.unwrap();
    let nodes = consistency_nodes(earlier.size, later.size).unwrap();
    let nodes = store.tree_nodes(&DepartmentId::parse(CITY).unwrap(), &nodes).await.unwrap();
    let proof = consistency_proof(earlier.size, later.size, |id| nodes.get(&id).copied()).unwrap();
    verify_consistency(earlier.size, earlier.root, later.size, later.root, &proof).unwrap();
    let mut log = AuditLogServiceClient::new(province.auditor(CITY).unwrap().channel());
    let request = ListAuditRecordsRequest { with_proofs: true, page_size: 5, start_index: 2, ..Default::default() };
    let page = log.list_audit_records(request).await.unwrap().into_inner();
    let signed = open(&page.checkpoint, std::slice::from_ref(&key)).unwrap();
    assert_eq!((page.entries.len(), page.next_index), (5, 7));
    for entry in page.entries {
        let proof = LogProof::parse(&entry.proof_file).unwrap();
        assert_eq!(proof.index(), entry.index);
        let proved = proof.verify(entry.leaf_hash.parse().unwrap(), std::slice::from_ref(&key)).unwrap();
        assert_eq!(proved, signed);
    }
    store.close().await;
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_its_caller_may_not_read_on_leaves_its_end_and_why() {
    let province = province(Engine::Sqlite).await;
    submit(&province, 0..2).await.unwrap();
    let reader = aggregator(&province);
    let mut log = reader.log();
    let mut feed = log.follow_entries(FollowEntriesRequest::default()).await.unwrap().into_inner();
    feed.message().await.unwrap().unwrap();
    let fingerprint = province.identities().fingerprint(AGGREGATOR_ID).unwrap();
    let revoke =
        |document: &mut directory::Document| document.revoke(Fingerprint::parse(&fingerprint).unwrap()).unwrap();
    province.identities().publish(revoke).unwrap();
    let end = async { while let Ok(Some(_heartbeat)) = feed.message().await {} };
    tokio::time::timeout(Duration::from_secs(10), end).await.expect("the feed goes on");
    let ended = counted(&province, AuditEvent::StreamEnded, 1).await;
    assert_eq!((ended[0].reason.as_str(), ended[0].principal.as_str()), ("CERTIFICATE_REVOKED", AGGREGATOR_ID));
    let reads = records(&province, AuditEvent::DataRead).await;
    let [opening, closing] = &reads[..] else { panic!("{reads:?}") };
    assert_eq!(opening.call_id, closing.call_id);
    assert_eq!((opening.answer_count, closing.answer_count > 0), (0, true));
    assert!(!closing.answer_digest.is_empty());
    // Both directories that were in force, and nothing refused.
    counted(&province, AuditEvent::DirectoryLoaded, 2).await;
    assert_eq!(records(&province, AuditEvent::DirectoryRefused).await, []);
    let CallError::Refused(refusal) =
        reader.call_json("wufei.log.v1.LogService/GetCheckpoint", json!({})).await.unwrap_err()
    else {
        panic!("not refused")
    };
    assert_eq!(refusal.reason, "CERTIFICATE_REVOKED");
    province.end().await.unwrap();
}
