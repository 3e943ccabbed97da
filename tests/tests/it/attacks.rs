//! Attacks at the public doors of a real node: each is refused with its reason, nothing is stored, and everybody else is
//! served as before. `docs/threat-model.md` names these tests.

use std::{future, sync::Arc, time::Duration};

use bytes::Bytes;
use client::{CallError, Channel, Options, sign_request};
use contracts::exchange::v1::{
    BatchCreateObservationsRequest, observation_ingest_service_client::ObservationIngestServiceClient,
};
use h2::Reason;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full, StreamBody};
use prost::Message as _;
use serde_json::json;
use testkit::{Engine, Identities, Province, writer_id};
use tokio::{net::TcpStream, task::JoinSet};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    },
};
use tonic::{Code, Status, body::Body, metadata::BinaryMetadataValue};
use tower::Service as _;

use crate::{
    figures::{CITY, submission},
    trust::{BATCH, batch, reason, unsigned},
};

const CHECKPOINT: &str = "/wufei.log.v1.LogService/GetCheckpoint";
const UPLOAD: &str = "/wufei.exchange.v1.ObservationIngestService/UploadSubmission";
/// More than the streams that one connection may have open, and more than the calls that one member may have at work.
const MANY: usize = 1000;

async fn province() -> Province {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department(CITY).await.unwrap();
    province
}

/// The node answers everybody else, and its log is as long as this.
async fn unharmed(province: Province, size: u64) {
    assert_eq!(province.head(CITY).await.unwrap().size, size);
    let call = submission(1000, 1);
    province.writer(CITY).unwrap().call_json(&call.method, call.request).await.unwrap();
    assert_eq!(province.head(CITY).await.unwrap().size, size + 1);
    province.end().await.unwrap();
}

/// A write whose caller shows this identity finds no node: TLS ends before a call.
async fn shut_out(province: &Province, identity: &client::Identity) {
    let options = Options { signer: province.identities().signer(&writer_id(CITY)), ..Options::default() };
    let caller = province.with_identity(CITY, identity, &options).unwrap();
    let call = submission(0, 1);
    let error = caller.call_json(&call.method, call.request).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_ended_or_comes_from_elsewhere_opens_no_connection() {
    let province = province().await;
    shut_out(&province, &province.identities().expired(&writer_id(CITY)).unwrap()).await;
    // The same name from another authority, shown to a node whose own certificate the caller believes.
    let (_, foreign) = Identities::new().unwrap().caller_pem(&writer_id(CITY)).unwrap();
    let (ca, _) = province.identities().caller_pem(&writer_id(CITY)).unwrap();
    shut_out(&province, &client::Identity::from_pem(ca, foreign.cert_pem.as_str(), foreign.key_pem.as_str())).await;
    unharmed(province, 0).await;
}

/// Sends a batch with the signature over another one, as this member.
async fn send_with_signature_of(
    province: &Province,
    sender: &str,
    sent: BatchCreateObservationsRequest,
    signed: &BatchCreateObservationsRequest,
) -> Status {
    let key = province.identities().signer(&writer_id(CITY)).unwrap();
    let signature = sign_request(&key, BATCH, &signed.encode_to_vec()).unwrap();
    let mut request = tonic::Request::new(sent);
    let value = BinaryMetadataValue::from_bytes(&signature.encode_to_vec());
    request.metadata_mut().insert_bin("wufei-signature-bin", value);
    let channel = province.caller_with(CITY, sender, &Options::default()).unwrap().channel();
    ObservationIngestServiceClient::new(channel).batch_create_observations(request).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_message_is_not_taken_again_under_another_request_id() {
    let province = province().await;
    let first = BatchCreateObservationsRequest { request_id: province.id(), ..batch(0) };
    let again = BatchCreateObservationsRequest { request_id: province.id(), ..first.clone() };
    let status = send_with_signature_of(&province, &writer_id(CITY), again, &first).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "SIGNATURE_INVALID"));
    unharmed(province, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_another_member_signed_is_not_taken_from_this_one() {
    let province = province().await;
    let message = batch(0);
    let status = send_with_signature_of(&province, &writer_id("ecology"), message.clone(), &message).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "PERMISSION_DENIED"));
    unharmed(province, 0).await;
}

/// The status of a call that is written by hand.
async fn raw(mut channel: Channel, path: &str, headers: HeaderMap, body: Body) -> Status {
    let mut request = Request::post(path).body(body).unwrap();
    *request.headers_mut() = headers;
    request.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
    request.headers_mut().insert("te", "trailers".parse().unwrap());
    future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
    match channel.call(request).await {
        Err(error) => Status::from_error(error.into()),
        Ok(answer) => {
            let headers = answer.headers().clone();
            let trailers = answer.into_body().collect().await.unwrap().trailers().cloned().unwrap_or_default();
            Status::from_header_map(&headers).or_else(|| Status::from_header_map(&trailers)).unwrap()
        }
    }
}

/// One message with its prefix.
fn framed(compressed: bool, message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[u8::from(compressed)], length.as_slice(), message].concat().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decompression_bomb_is_not_opened() {
    let province = province().await;
    let mut headers = HeaderMap::new();
    headers.insert("grpc-encoding", "gzip".parse().unwrap());
    // The beginning of a gzip stream; what follows is not looked at.
    let bomb = framed(true, &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    for path in [CHECKPOINT, UPLOAD] {
        let body = Body::new(Full::new(bomb.clone()));
        let status = raw(unsigned(&province).channel(), path, headers.clone(), body).await;
        assert_eq!((status.code(), reason(&status).as_str()), (Code::Unimplemented, "NOT_IMPLEMENTED"), "{path}");
    }
    unharmed(province, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_metadata_are_refused_before_they_are_read() {
    let province = province().await;
    let mut headers = HeaderMap::new();
    for number in 0..16 {
        let name: http::HeaderName = format!("x-filler-{number}").parse().unwrap();
        headers.insert(name, "0".repeat(4096).parse().unwrap());
    }
    let body = Body::new(Full::new(framed(false, &[])));
    let status = raw(unsigned(&province).channel(), CHECKPOINT, headers, body).await;
    assert_ne!(status.code(), Code::Ok, "{status}");
    unharmed(province, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_half_open_calls_of_one_member_leave_room_for_the_others() {
    let mut province = province().await;
    let mut calls = JoinSet::new();
    for _ in 0..MANY / 100 {
        let channel = province.caller_with(CITY, &writer_id(CITY), &Options::default()).unwrap().channel();
        for _ in 0..100 {
            let body = Body::new(StreamBody::new(tokio_stream::pending::<Result<http_body::Frame<Bytes>, Status>>()));
            calls.spawn(raw(channel.clone(), UPLOAD, HeaderMap::new(), body));
        }
    }
    // As many as may wait for their messages do; the rest is refused at once.
    let refused = MANY - 128;
    for _ in 0..refused {
        let status = calls.join_next().await.unwrap().unwrap();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "TOO_MANY_REQUESTS"));
    }
    // Somebody else is served while they wait.
    let other = province.caller_with(CITY, &testkit::service_id(testkit::AGGREGATOR), &Options::default()).unwrap();
    other.call_json("wufei.log.v1.LogService/GetCheckpoint", json!({})).await.unwrap();
    calls.shutdown().await;
    province.stop(CITY).await.unwrap();
    province.restart(CITY).await.unwrap();
    unharmed(province, 0).await;
}

/// A connection that has said nothing but hello to the other's TCP.
async fn tcp(province: &Province) -> TcpStream {
    TcpStream::connect(province.address(CITY).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_connections_without_a_handshake_do_not_keep_a_member_out() {
    let province = province().await;
    let mut silent = Vec::with_capacity(MANY);
    for _ in 0..MANY {
        silent.push(tcp(&province).await);
    }
    unharmed(province, 0).await;
    drop(silent);
}

/// A connection of the writer, for a client that keeps no rule above TLS.
async fn tls(province: &Province) -> TlsStream<TcpStream> {
    let (ca, pair) = province.identities().caller_pem(&writer_id(CITY)).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let chain = CertificateDer::pem_slice_iter(pair.cert_pem.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(pair.key_pem.as_bytes()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from(client::server_name(CITY)).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp(province).await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_opened_and_reset_at_once_end_the_connection() {
    let province = province().await;
    let (mut sender, connection) = h2::client::handshake(tls(&province).await).await.unwrap();
    let mut ended = JoinSet::from_iter([connection]);
    let reset = async {
        for _ in 0..100 * MANY {
            sender = sender.ready().await?;
            let request = Request::post(format!("https://{CITY}{CHECKPOINT}")).body(()).unwrap();
            let (_answer, mut stream) = sender.send_request(request, false)?;
            stream.send_reset(Reason::CANCEL);
            tokio::task::yield_now().await;
        }
        Ok::<(), h2::Error>(())
    };
    let error = tokio::time::timeout(Duration::from_secs(60), reset).await.expect("refused in time").unwrap_err();
    assert!(error.is_go_away() || error.is_io(), "{error}");
    // Whoever goes on writing may find the connection closed before it has read why.
    let end = ended.join_next().await.unwrap().unwrap().unwrap_err();
    assert!(end.reason() == Some(Reason::ENHANCE_YOUR_CALM) || end.is_io(), "{end}");
    unharmed(province, 0).await;
}
