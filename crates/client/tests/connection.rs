//! A connection against a real server over mutual TLS.

#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

use std::{net::SocketAddr, pin::Pin, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use client::{
    CallError, ConnectError, Connection, Endpoint, Identity, Options, Retry, Verifier, follow::Follower, server_name,
};
use contracts::log::v1::{
    self as wire,
    log_service_server::{LogService, LogServiceServer},
};
use domain::Lang;
use futures_util::{Stream, StreamExt as _, stream};
use ledger::{Checkpoint, CompactRange, NoteSigner, leaf_hash, sign};
use pki::{Authority, CertifiedKeyPem, IssueRequest, Usage};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status,
    transport::{Certificate, Server, ServerTlsConfig},
};

/// Certificates are checked against the machine's clock, so they must be valid now: this file was just built.
fn now() -> DateTime<Utc> {
    std::fs::metadata(std::env::current_exe().unwrap()).unwrap().modified().unwrap().into()
}

fn signer() -> NoteSigner {
    NoteSigner::generate("wufei.demo/dept/ecology", [7; 32]).unwrap()
}

/// Answers with the headers that arrived, and with a log of one entry.
struct Log;

#[tonic::async_trait]
impl LogService for Log {
    type FollowEntriesStream = Pin<Box<dyn Stream<Item = Result<wire::FollowEntriesResponse, Status>> + Send>>;

    async fn get_checkpoint(
        &self,
        request: Request<wire::GetCheckpointRequest>,
    ) -> Result<Response<wire::GetCheckpointResponse>, Status> {
        let header = |name: &str| request.metadata().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let checkpoint = format!("{} {}", header("accept-language"), header("grpc-timeout"));
        Ok(Response::new(wire::GetCheckpointResponse { checkpoint, size: 7, root_hash: String::new() }))
    }

    async fn list_entries(
        &self,
        request: Request<wire::ListEntriesRequest>,
    ) -> Result<Response<wire::ListEntriesResponse>, Status> {
        tokio::time::sleep(Duration::from_secs(60)).await;
        Err(Status::internal(request.into_inner().start_index.to_string()))
    }

    async fn follow_entries(
        &self,
        request: Request<wire::FollowEntriesRequest>,
    ) -> Result<Response<Self::FollowEntriesStream>, Status> {
        assert!(!request.metadata().contains_key("grpc-timeout"), "a feed has no deadline");
        let mut range = CompactRange::empty();
        range.append(leaf_hash(b"leaf"));
        let checkpoint = Checkpoint { origin: signer().name().to_owned(), size: 1, root: range.root() };
        let leaf_hash = leaf_hash(b"leaf").to_string();
        let entry = wire::Entry { index: 0, leaf_hash, leaf: b"leaf".to_vec(), ..wire::Entry::default() };
        let message = wire::FollowEntriesResponse {
            entries: vec![entry],
            checkpoint: sign(&checkpoint, &signer()).unwrap(),
            caught_up: true,
            send_time: None,
        };
        Ok(Response::new(Box::pin(stream::iter([Ok(message)]))))
    }

    async fn get_inclusion_proof(
        &self,
        _: Request<wire::GetInclusionProofRequest>,
    ) -> Result<Response<wire::GetInclusionProofResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_consistency_proof(
        &self,
        _: Request<wire::GetConsistencyProofRequest>,
    ) -> Result<Response<wire::GetConsistencyProofResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_row_proof(
        &self,
        _: Request<wire::GetRowProofRequest>,
    ) -> Result<Response<wire::GetRowProofResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_receipt(
        &self,
        _: Request<wire::GetReceiptRequest>,
    ) -> Result<Response<wire::GetReceiptResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_tile(&self, _: Request<wire::GetTileRequest>) -> Result<Response<wire::GetTileResponse>, Status> {
        Err(Status::unimplemented(""))
    }
}

/// The ecology node, with the authority that certifies it.
struct World {
    authority: Authority,
    address: SocketAddr,
    _server: JoinSet<()>,
}

impl World {
    async fn start() -> Self {
        let authority = Authority::create("wufei.demo", now(), TimeDelta::days(30)).unwrap();
        let pair = issue(&authority, "ecology", Usage::Server);
        let tls = ServerTlsConfig::new()
            .identity(tonic::transport::Identity::from_pem(&pair.cert_pem, &pair.key_pem))
            .client_ca_root(Certificate::from_pem(authority.cert_pem()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Server::builder().tls_config(tls).unwrap().add_service(LogServiceServer::new(Log));
        let mut server = JoinSet::new();
        server.spawn(async move { router.serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap() });
        Self { authority, address, _server: server }
    }

    fn identity(&self) -> Identity {
        let pair = issue(&self.authority, "commerce", Usage::Client);
        Identity::from_pem(self.authority.cert_pem(), pair.cert_pem, pair.key_pem)
    }

    fn connect(&self, department: &str, identity: &Identity, options: &Options) -> Connection {
        let endpoint = Endpoint { address: format!("https://{}", self.address), server_name: server_name(department) };
        Connection::connect(endpoint, identity, options).unwrap()
    }
}

fn issue(authority: &Authority, department: &str, usage: Usage) -> CertifiedKeyPem {
    let request = IssueRequest {
        spiffe_id: format!("spiffe://wufei.demo/dept/{department}"),
        dns_names: vec![server_name(department)],
        ip_addresses: Vec::new(),
        days: 10,
        usage,
    };
    authority.issue(&request, now()).unwrap()
}

fn once() -> Options {
    Options { retry: Retry::NEVER, ..Options::default() }
}

const CHECKPOINT: &str = "wufei.log.v1.LogService/GetCheckpoint";
const FOLLOW: &str = "wufei.log.v1.LogService/FollowEntries";

#[tokio::test]
async fn a_call_by_name_carries_language_and_deadline() {
    let world = World::start().await;
    let options = Options { lang: Lang::En, deadline: Duration::from_secs(9), ..once() };
    let connection = world.connect("ecology", &world.identity(), &options);
    let answer = connection.call_json(CHECKPOINT, json!({})).await.unwrap();
    assert_eq!(answer, json!({"checkpoint": "en 9000m", "size": "7"}));
}

#[tokio::test]
async fn a_feed_is_read_by_name_and_verified_when_typed() {
    let world = World::start().await;
    let connection = world.connect("ecology", &world.identity(), &once());
    let messages: Vec<_> = connection.stream_json(FOLLOW, json!({"startIndex": "0"})).await.unwrap().collect().await;
    assert_eq!(messages[0].as_ref().unwrap()["caughtUp"], true);
    let verifier = Verifier::new(signer().verifier(), CompactRange::empty());
    let mut follower = Follower::start(&connection, verifier).await.unwrap();
    assert_eq!(follower.next().await.unwrap().unwrap().entries[0].leaf.as_deref(), Some(&b"leaf"[..]));
    assert!(follower.next().await.unwrap().is_none());
    assert_eq!(follower.verifier().signed_size(), 1);
}

#[tokio::test]
async fn another_departments_certificate_is_not_taken_for_the_one_wanted() {
    let world = World::start().await;
    let connection = world.connect("commerce", &world.identity(), &once());
    let error = connection.call_json(CHECKPOINT, json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn an_authority_that_nobody_knows_is_not_believed_on_either_side() {
    let world = World::start().await;
    let stranger = Authority::create("wufei.demo", now(), TimeDelta::days(30)).unwrap();
    let pair = issue(&stranger, "commerce", Usage::Client);
    for ca in [world.authority.cert_pem(), stranger.cert_pem()] {
        let identity = Identity::from_pem(ca, pair.cert_pem.clone(), pair.key_pem.clone());
        let connection = world.connect("ecology", &identity, &once());
        let error = connection.call_json(CHECKPOINT, json!({})).await.unwrap_err();
        assert!(matches!(error, CallError::Unreachable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_call_that_takes_too_long_ends_at_its_deadline() {
    let world = World::start().await;
    let options = Options { deadline: Duration::from_millis(200), ..once() };
    let connection = world.connect("ecology", &world.identity(), &options);
    let error = connection.call_json("wufei.log.v1.LogService/ListEntries", json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut), "{error:?}");
}

#[tokio::test]
async fn a_node_that_is_not_there_and_a_method_that_is_not_there_are_told_apart() {
    let world = World::start().await;
    let identity = world.identity();
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let endpoint = Endpoint { address: format!("https://{address}"), server_name: server_name("ecology") };
    let gone = Connection::connect(endpoint, &identity, &once()).unwrap();
    let error = gone.call_json(CHECKPOINT, json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable { .. }), "{error:?}");
    let connection = world.connect("ecology", &identity, &once());
    for method in ["wufei.log.v1.LogService/Nothing", "nonsense"] {
        let error = connection.call_json(method, json!({})).await.unwrap_err();
        assert!(matches!(error, CallError::UnknownMethod { .. }), "{error:?}");
    }
    let error = connection.call_json(CHECKPOINT, json!({"x": 1})).await.unwrap_err();
    assert!(matches!(error, CallError::Json(_)), "{error:?}");
    let error = connection.call_json(FOLLOW, json!({})).await.unwrap_err();
    assert!(matches!(error, CallError::OtherKind { .. }), "{error:?}");
}

#[tokio::test]
async fn plain_text_addresses_and_unusable_certificates_are_refused_before_a_call() {
    let world = World::start().await;
    for address in ["http://127.0.0.1:1", "127.0.0.1:1", "https://", ""] {
        let endpoint = Endpoint { address: address.to_owned(), server_name: server_name("ecology") };
        let error = Connection::connect(endpoint, &world.identity(), &once()).unwrap_err();
        assert!(matches!(error, ConnectError::Address { .. }), "{address}: {error}");
        assert!(error.text().zh.contains("https://"));
    }
    let endpoint = Endpoint { address: "https://127.0.0.1:1".to_owned(), server_name: server_name("ecology") };
    let error = Connection::connect(endpoint, &Identity::from_pem("", "x", "y"), &once()).unwrap_err();
    assert!(matches!(error, ConnectError::Tls(_)), "{error:?}");
    let missing = std::path::Path::new("nowhere.pem");
    let error = Identity::from_files(missing, missing, missing).unwrap_err();
    assert!(error.text().zh.contains("nowhere.pem"), "{error}");
}
