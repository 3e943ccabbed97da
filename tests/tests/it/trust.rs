//! Who is a member and whose signature counts: the signed directory at the public doors. A refused write leaves no trace in
//! the log.

use std::time::Duration;

use chrono::{DateTime, Utc};
use client::{CallError, Connection, Options, sign_request};
use contracts::{
    exchange::v1::{
        BatchCreateObservationsRequest, UploadHeader, UploadSubmissionRequest,
        observation_ingest_service_client::ObservationIngestServiceClient, upload_submission_request::Part,
    },
    log::v1::{FollowEntriesRequest, Signature},
};
use directory::{Document, Fingerprint, Member};
use ledger::{RequestSigner, SignatureAlgorithm, body_digest};
use policy::Principal;
use prost::Message as _;
use prost_reflect::DynamicMessage;
use serde_json::{Value, json};
use testkit::{Engine, Province, until, writer_id};
use tonic::{Code, Request, Status, metadata::BinaryMetadataValue};
use tonic_types::StatusExt as _;

use crate::figures::{CITY, submission};

pub(crate) const BATCH: &str = "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations";
const UPLOAD: &str = "wufei.exchange.v1.ObservationIngestService/UploadSubmission";

async fn province() -> Province {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department(CITY).await.unwrap();
    province
}

/// The city's writer without a key of its own.
pub(crate) fn unsigned(province: &Province) -> Connection {
    province.caller_with(CITY, &writer_id(CITY), &Options::default()).unwrap()
}

fn signer(province: &Province) -> RequestSigner {
    province.identities().signer(&writer_id(CITY)).unwrap()
}

/// A batch of one figure that breaks no rule.
pub(crate) fn batch(day: u64) -> BatchCreateObservationsRequest {
    let descriptor =
        client::pool().unwrap().get_message_by_name("wufei.exchange.v1.BatchCreateObservationsRequest").unwrap();
    let message = DynamicMessage::deserialize(descriptor, submission(day, 1).request).unwrap();
    BatchCreateObservationsRequest::decode(message.encode_to_vec().as_slice()).unwrap()
}

pub(crate) fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// Sends a batch with this signature and nothing else.
async fn send(province: &Province, batch: BatchCreateObservationsRequest, signature: &Signature) -> Result<(), Status> {
    let mut request = Request::new(batch);
    let value = BinaryMetadataValue::from_bytes(&signature.encode_to_vec());
    request.metadata_mut().insert_bin("wufei-signature-bin", value);
    let mut ingest = ObservationIngestServiceClient::new(unsigned(province).channel());
    ingest.batch_create_observations(request).await.map(|_stored| ())
}

/// The write is refused for this reason, and the log is as long as before.
async fn assert_refused(province: &Province, signature: &Signature, expected: &str) {
    let before = province.head(CITY).await.unwrap();
    let status = send(province, batch(0), signature).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, expected), "{status}");
    assert_eq!(province.head(CITY).await.unwrap(), before);
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn member<'a>(document: &'a mut Document, principal: &str) -> &'a mut Member {
    document.members.iter_mut().find(|member| member.principal.as_str() == principal).unwrap()
}

/// Waits until the node of the city has this version in force.
async fn in_force(reader: &Connection, version: u64) {
    let version = Value::from(version.to_string());
    until("the new directory", async || {
        let shown = reader.call_json("wufei.directory.v1.DirectoryService/GetDirectory", json!({})).await?;
        Ok((shown["version"] == version).then_some(()))
    })
    .await
    .unwrap();
}

/// Waits until the call is refused.
async fn refused(caller: &Connection) -> String {
    until("a refusal", async || match caller.call_json("wufei.log.v1.LogService/GetCheckpoint", json!({})).await {
        Ok(_) => Ok(None),
        Err(CallError::Refused(refusal)) => Ok(Some(refusal.reason)),
        Err(other) => Err(other.into()),
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_without_a_signature_is_refused_and_reading_needs_none() {
    let province = province().await;
    let before = province.head(CITY).await.unwrap();
    let caller = unsigned(&province);
    let call = submission(0, 1);
    let CallError::Refused(refusal) = caller.call_json(&call.method, call.request).await.unwrap_err() else {
        panic!("not refused by the node")
    };
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unauthenticated, "SIGNATURE_REQUIRED"));
    caller.call_json("wufei.log.v1.LogService/GetCheckpoint", json!({})).await.unwrap();
    assert_eq!(province.head(CITY).await.unwrap(), before);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_callers_own_key_over_these_bytes_for_this_method_counts() {
    let province = province().await;
    let key = signer(&province);
    let bytes = batch(0).encode_to_vec();

    let other_bytes = sign_request(&key, BATCH, &batch(1).encode_to_vec()).unwrap();
    assert_refused(&province, &other_bytes, "SIGNATURE_INVALID").await;
    let other_method = sign_request(&key, UPLOAD, &bytes).unwrap();
    assert_refused(&province, &other_method, "SIGNATURE_INVALID").await;
    let good = sign_request(&key, BATCH, &bytes).unwrap();
    assert_refused(&province, &Signature { algorithm: "sm2-sm3".into(), ..good.clone() }, "SIGNATURE_INVALID").await;
    let cut = Signature { value: good.value[..63].to_vec(), ..good.clone() };
    assert_refused(&province, &cut, "SIGNATURE_INVALID").await;

    let ecology = province.identities().signer(&writer_id("ecology")).unwrap();
    let another_member = sign_request(&ecology, BATCH, &bytes).unwrap();
    assert_refused(&province, &another_member, "SIGNING_KEY_UNKNOWN").await;
    let own = RequestSigner::generate(SignatureAlgorithm::Sm2Sm3, [7; 32]);
    assert_refused(&province, &sign_request(&own, BATCH, &bytes).unwrap(), "SIGNING_KEY_UNKNOWN").await;

    send(&province, batch(0), &good).await.unwrap();
    assert_eq!(province.head(CITY).await.unwrap().size, 1);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_signed_in_its_last_message_for_its_own_method() {
    let province = province().await;
    let key = signer(&province);
    let batch = batch(0);
    let bytes = batch.encode_to_vec();
    let upload = async |signature: Option<Signature>| {
        let header = UploadHeader {
            parent: batch.parent.clone(),
            request_id: batch.request_id.clone(),
            total_bytes: bytes.len() as u64,
            sha256: body_digest(&bytes).to_string(),
        };
        let parts =
            [Part::Header(header), Part::Chunk(bytes.clone())].into_iter().chain(signature.map(Part::Signature));
        let parts: Vec<_> = parts.map(|part| UploadSubmissionRequest { part: Some(part) }).collect();
        let mut ingest = ObservationIngestServiceClient::new(unsigned(&province).channel());
        ingest.upload_submission(tokio_stream::iter(parts)).await.map_err(|status| reason(&status))
    };
    let before = province.head(CITY).await.unwrap();
    assert_eq!(upload(None).await.unwrap_err(), "SIGNATURE_REQUIRED");
    let batch_signature = sign_request(&key, BATCH, &bytes).unwrap();
    assert_eq!(upload(Some(batch_signature)).await.unwrap_err(), "SIGNATURE_INVALID");
    assert_eq!(province.head(CITY).await.unwrap(), before);
    upload(Some(sign_request(&key, UPLOAD, &bytes).unwrap())).await.unwrap();
    assert_eq!(province.head(CITY).await.unwrap().size, 1);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_counts_in_its_time_only() {
    let province = province().await;
    let signature = sign_request(&signer(&province), BATCH, &batch(0).encode_to_vec()).unwrap();
    let end = |document: &mut Document| {
        member(document, &writer_id(CITY)).signing_keys[0].not_after = at("2025-07-01T00:00:00Z");
    };
    let version = province.identities().publish(end).unwrap();
    in_force(&unsigned(&province), version).await;
    assert_refused(&province, &signature, "SIGNING_KEY_UNKNOWN").await;
    province.clock().set(at("2025-06-30T23:59:59Z"));
    send(&province, batch(0), &signature).await.unwrap();
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ed25519_and_sm2_work_in_one_instance_and_the_log_keeps_the_signature() {
    let mut province = province().await;
    province.add_department("commerce").await.unwrap();
    province.submit_letter().await.unwrap();
    for (department, algorithm) in [(CITY, "ed25519"), ("commerce", "sm2-sm3")] {
        let mut log = province.writer(department).unwrap().log();
        let first = log.follow_entries(FollowEntriesRequest::default()).await.unwrap().into_inner().message().await;
        let entry = first.unwrap().unwrap().entries.remove(0);
        let envelope = contracts::log::v1::Envelope::decode(entry.leaf.as_slice()).unwrap();
        let key = province.identities().signer(&writer_id(department)).unwrap().key();
        let [signature] = envelope.signatures.as_slice() else { panic!("{envelope:?}") };
        assert_eq!((signature.algorithm.as_str(), envelope.directory_version), (algorithm, 1));
        key.verify(&envelope.method, &entry.request, &signature.value).unwrap();
    }
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_the_authority_that_the_directory_does_not_list_is_nobody_until_it_is_entered() {
    let province = province().await;
    let newcomer = "spiffe://wufei.test/dept/city-140100/second";
    let caller = province.caller_with(CITY, newcomer, &Options::default()).unwrap();
    let ask = async || match caller.call_json("wufei.directory.v1.DirectoryService/GetDirectory", json!({})).await {
        Ok(_) => "served".to_owned(),
        Err(CallError::Refused(refusal)) => refusal.reason,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(ask().await, "MEMBER_UNKNOWN");
    let enter = |document: &mut Document| {
        let principal = Principal::parse(newcomer).unwrap();
        let like = member(document, &writer_id(CITY)).clone();
        document.members.push(Member { principal, signing_keys: Vec::new(), ..like });
    };
    province.identities().publish(enter).unwrap();
    // A member now, without a restart; every member reads the directory.
    until("the new member", async || Ok((ask().await == "served").then_some(()))).await.unwrap();
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_is_shown_as_it_was_signed_and_never_goes_back() {
    let mut province = province().await;
    let identities = province.identities();
    let reader = unsigned(&province);
    let first = identities.directory().unwrap();
    let version = identities.publish(|_| {}).unwrap();
    in_force(&reader, version).await;
    let shown = reader.call_json("wufei.directory.v1.DirectoryService/GetDirectory", json!({})).await.unwrap();
    let second = identities.directory().unwrap();
    assert_eq!(shown["note"], Value::from(second.clone()));

    // A running node keeps what it has; one that starts again refuses to start.
    province.stop(CITY).await.unwrap();
    identities.put_directory(&first).unwrap();
    let refused = format!("{:#}", province.restart(CITY).await.unwrap_err());
    assert!(refused.contains("version 1 is lower than version 2"), "{refused}");
    identities.put_directory(&second.replace("wufei.test", "wufei.tess")).unwrap();
    let refused = format!("{:#}", province.restart(CITY).await.unwrap_err());
    assert!(refused.contains("not signed by a trusted key"), "{refused}");
    identities.put_directory(&second).unwrap();
    province.restart(CITY).await.unwrap();
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_directory_leaves_nobody_a_member() {
    let province = province().await;
    let caller = unsigned(&province);
    let version = province.identities().publish(|document| document.expires = at("2025-08-01T00:00:00Z")).unwrap();
    in_force(&caller, version).await;
    let mut log = caller.log();
    let mut feed = log.follow_entries(FollowEntriesRequest::default()).await.unwrap().into_inner();
    feed.message().await.unwrap().unwrap();
    province.clock().set(at("2025-08-01T00:00:00Z"));
    assert_eq!(refused(&caller).await, "MEMBER_UNKNOWN");
    assert_eq!(reason(&ended(&mut feed).await), "MEMBER_UNKNOWN");
    province.end().await.unwrap();
}

/// The status with which a feed ends within five seconds.
async fn ended(feed: &mut tonic::Streaming<contracts::log::v1::FollowEntriesResponse>) -> Status {
    let end = async {
        loop {
            match feed.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the feed ended without a status"),
                Err(status) => return status,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), end).await.expect("the feed goes on")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_ends_the_running_stream_and_the_next_call() {
    let province = province().await;
    let caller = province.writer(CITY).unwrap();
    let mut log = caller.log();
    let mut feed = log.follow_entries(FollowEntriesRequest::default()).await.unwrap().into_inner();
    feed.message().await.unwrap().unwrap();
    let fingerprint = province.identities().fingerprint(&writer_id(CITY)).unwrap();
    let revoke = |document: &mut Document| document.revoke(Fingerprint::parse(&fingerprint).unwrap()).unwrap();
    province.identities().publish(revoke).unwrap();
    let end = ended(&mut feed).await;
    assert_eq!((end.code(), reason(&end).as_str()), (Code::Unauthenticated, "CERTIFICATE_REVOKED"));
    assert_eq!(refused(&caller).await, "CERTIFICATE_REVOKED");
    let call = submission(0, 1);
    caller.call_json(&call.method, call.request).await.unwrap_err();
    assert_eq!(
        province.store(CITY).await.unwrap().head(&domain::DepartmentId::parse(CITY).unwrap()).await.unwrap(),
        None
    );
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_member_loses_its_stream() {
    let province = province().await;
    let mut log = province.writer(CITY).unwrap().log();
    let mut feed = log.follow_entries(FollowEntriesRequest::default()).await.unwrap().into_inner();
    feed.message().await.unwrap().unwrap();
    province.identities().publish(|document| member(document, &writer_id(CITY)).suspended = true).unwrap();
    assert_eq!(reason(&ended(&mut feed).await), "MEMBER_UNKNOWN");
    province.end().await.unwrap();
}
