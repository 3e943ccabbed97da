//! The server and its layers, called by real clients over mutual TLS.

#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

#[path = "support/trust.rs"]
mod trust;

use std::{collections::BTreeMap, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use chrono::TimeDelta;
use contracts::{
    catalog::v1::{ListUnitsRequest, catalog_service_client::CatalogServiceClient},
    funding::v1::{
        BatchCreateFundingLinesRequest, BatchCreateFundingLinesResponse, CreateFundingGroupRequest,
        CreateFundingGroupResponse, CreateFundingProjectRequest, CreateFundingProjectResponse, FundingProject,
        UpdateFundingLineRequest, UpdateFundingLineResponse,
        funding_ingest_service_client::FundingIngestServiceClient,
        funding_ingest_service_server::{FundingIngestService, FundingIngestServiceServer},
    },
    log::v1::{
        FollowEntriesRequest, FollowEntriesResponse, GetCheckpointRequest, GetCheckpointResponse,
        GetConsistencyProofRequest, GetConsistencyProofResponse, GetInclusionProofRequest, GetInclusionProofResponse,
        GetReceiptRequest, GetReceiptResponse, GetRowProofRequest, GetRowProofResponse, GetTileRequest,
        GetTileResponse, ListEntriesRequest, ListEntriesResponse,
        log_service_client::LogServiceClient,
        log_service_server::{LogService, LogServiceServer},
    },
};
use domain::{DepartmentId, DomainError, Reason, Text, Violation, Violations};
use futures_util::{Stream, StreamExt, stream};
use node::{
    access::{RulesSource, Traced},
    caller::{Caller, RawRequest},
    department::Tables,
    layers::Budget,
    server::{GrpcServer, ServerError, ServerSettings, Services},
    status,
    tls::{ServerTls, TlsTexts},
};
use pki::{Authority, CertifiedKeyPem, IssueRequest, Usage};
use policy::{Permit, PolicyTexts};
use prost::Message;
use runtime::{
    App, CancellationToken, Context,
    app::Running,
    clock::{Clock, SystemClock},
    config::Limits,
    telemetry::TelemetryGuard,
};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet};
use tonic::{
    Code, Request, Response, Status,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};
use tonic_types::StatusExt;

use trust::trust;

const INGEST: &str = "wufei.funding.v1.FundingIngestService";
const LOG: &str = "wufei.log.v1.LogService";
const WRITER: &str = "spiffe://wufei.demo/dept/ecology/writer";
const STRANGER: &str = "spiffe://wufei.demo/dept/commerce/writer";

/// Answers what the layers told it.
#[derive(Clone, Default)]
struct Ingest {
    /// Woken when `BatchCreateFundingLines` is under way; it then waits for ever.
    entered: Arc<Notify>,
}

#[tonic::async_trait]
impl FundingIngestService for Ingest {
    async fn create_funding_project(
        &self,
        request: Request<CreateFundingProjectRequest>,
    ) -> Result<Response<CreateFundingProjectResponse>, Status> {
        let caller = Caller::of(&request)?;
        let raw = RawRequest::of(&request)?;
        assert!(matches!(caller.permit, Permit::Write(_)));
        assert!(request.extensions().get::<Budget>().is_some());
        assert_eq!(caller.fingerprint.len(), 64);
        let project = FundingProject {
            name: caller.principal.to_string(),
            title: format!("{:?} {}", caller.lang, raw == request.get_ref().encode_to_vec()),
            ..FundingProject::default()
        };
        Ok(Response::new(CreateFundingProjectResponse { funding_project: Some(project), receipt: None }))
    }

    async fn create_funding_group(
        &self,
        request: Request<CreateFundingGroupRequest>,
    ) -> Result<Response<CreateFundingGroupResponse>, Status> {
        let fault = |index: usize| {
            let (rule, action) =
                (Text::new("单位须为金额", "the unit is one of money"), Text::new("请改正", "correct it"));
            Violation::new(format!("requests[{index}].amount.unit"), Reason::CurrencyUnitInvalid, "吨", rule, action)
        };
        let violations: Violations = (0..1000).map(fault).collect();
        Err(status::status(&DomainError::from(violations), Caller::of(&request)?.lang))
    }

    async fn batch_create_funding_lines(
        &self,
        _request: Request<BatchCreateFundingLinesRequest>,
    ) -> Result<Response<BatchCreateFundingLinesResponse>, Status> {
        self.entered.notify_one();
        std::future::pending().await
    }

    async fn update_funding_line(
        &self,
        request: Request<UpdateFundingLineRequest>,
    ) -> Result<Response<UpdateFundingLineResponse>, Status> {
        Err(status::unimplemented("UpdateFundingLine", Caller::of(&request)?.lang))
    }
}

struct Feed;

#[tonic::async_trait]
impl LogService for Feed {
    async fn get_checkpoint(
        &self,
        request: Request<GetCheckpointRequest>,
    ) -> Result<Response<GetCheckpointResponse>, Status> {
        assert!(matches!(Caller::of(&request)?.permit, Permit::Read(_)));
        RawRequest::of(&request).unwrap_err();
        Ok(Response::new(GetCheckpointResponse { size: 3, ..GetCheckpointResponse::default() }))
    }

    async fn list_entries(&self, _: Request<ListEntriesRequest>) -> Result<Response<ListEntriesResponse>, Status> {
        Err(Status::unimplemented("not in these tests"))
    }

    type FollowEntriesStream = Pin<Box<dyn Stream<Item = Result<FollowEntriesResponse, Status>> + Send>>;

    async fn follow_entries(
        &self,
        _: Request<FollowEntriesRequest>,
    ) -> Result<Response<Self::FollowEntriesStream>, Status> {
        let first = FollowEntriesResponse { caught_up: true, ..FollowEntriesResponse::default() };
        Ok(Response::new(Box::pin(stream::iter([Ok(first)]).chain(stream::pending()))))
    }

    async fn get_inclusion_proof(
        &self,
        _: Request<GetInclusionProofRequest>,
    ) -> Result<Response<GetInclusionProofResponse>, Status> {
        Err(Status::unimplemented("not in these tests"))
    }

    async fn get_consistency_proof(
        &self,
        _: Request<GetConsistencyProofRequest>,
    ) -> Result<Response<GetConsistencyProofResponse>, Status> {
        Err(Status::unimplemented("not in these tests"))
    }

    async fn get_row_proof(&self, _: Request<GetRowProofRequest>) -> Result<Response<GetRowProofResponse>, Status> {
        Err(Status::unimplemented("not in these tests"))
    }

    async fn get_receipt(&self, _: Request<GetReceiptRequest>) -> Result<Response<GetReceiptResponse>, Status> {
        Err(Status::unimplemented("not in these tests"))
    }

    async fn get_tile(&self, _: Request<GetTileRequest>) -> Result<Response<GetTileResponse>, Status> {
        Err(Status::unimplemented("not in these tests"))
    }
}

fn authority() -> Authority {
    Authority::create("wufei.demo", SystemClock.now(), TimeDelta::days(2)).unwrap()
}

fn issue(authority: &Authority, id: &str) -> CertifiedKeyPem {
    let request = IssueRequest {
        spiffe_id: id.to_owned(),
        dns_names: vec!["localhost".to_owned()],
        ip_addresses: vec!["127.0.0.1".parse().unwrap()],
        days: 1,
        usage: Usage::ServerAndClient,
    };
    authority.issue(&request, SystemClock.now()).unwrap()
}

fn settings(authority: &Authority, limits: Limits) -> ServerSettings {
    let pair = issue(authority, "spiffe://wufei.demo/dept/ecology");
    ServerSettings {
        tls: ServerTls::fixed(TlsTexts {
            ca: authority.cert_pem().into(),
            cert: pair.cert_pem.into(),
            key: pair.key_pem.into(),
        })
        .unwrap(),
        trust: trust("wufei.demo", &[WRITER, STRANGER]),
        rules: RulesSource {
            instance: "wufei.demo".to_owned(),
            policy: None,
            grants: None,
            resources: Tables::embedded().unwrap().data_resources,
            ask: "省生态环境厅数据管理员".to_owned(),
        },
        department: DepartmentId::ecology(),
        decisions: Arc::new(Traced),
        limits,
        max_connection_age: None,
    }
}

fn context() -> Context {
    let telemetry = TelemetryGuard::detached("ecology").unwrap();
    Context::new("ecology", Arc::new(SystemClock), &telemetry, CancellationToken::new())
}

struct World {
    authority: Authority,
    address: SocketAddr,
    context: Context,
    entered: Arc<Notify>,
    running: Running,
}

impl World {
    async fn start(limits: Limits) -> Self {
        let authority = authority();
        let context = context();
        let ingest = Ingest::default();
        let entered = Arc::clone(&ingest.entered);
        let services = Services::new().with(FundingIngestServiceServer::new(ingest)).with(LogServiceServer::new(Feed));
        let settings = settings(&authority, limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = GrpcServer::new(listener, settings, services, &context).unwrap();
        let address = server.local_addr();
        let app = App::builder(&context).task("grpc", async { Ok(server.serve().await?) }).build();
        Self { authority, address, context, entered, running: app.spawn() }
    }

    fn tls(&self) -> ClientTlsConfig {
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.authority.cert_pem())).domain_name("localhost")
    }

    fn endpoint(&self, tls: ClientTlsConfig) -> Endpoint {
        Endpoint::from_shared(format!("https://{}", self.address)).unwrap().tls_config(tls).unwrap()
    }

    fn endpoint_of(&self, id: &str) -> Endpoint {
        let pair = issue(&self.authority, id);
        self.endpoint(self.tls().identity(Identity::from_pem(pair.cert_pem, pair.key_pem)))
    }

    fn channel(&self, id: &str) -> Channel {
        self.endpoint_of(id).connect_lazy()
    }

    fn ingest(&self, id: &str) -> FundingIngestServiceClient<Channel> {
        FundingIngestServiceClient::new(self.channel(id))
    }

    fn counted(&self, method: &str, code: &str) -> bool {
        let wanted = [format!("method=\"{method}\""), format!("code=\"{code}\"")];
        let text = self.context.scrape.text().unwrap();
        text.lines().any(|line| line.starts_with("wufei_rpc_requests_total") && wanted.iter().all(|w| line.contains(w)))
    }
}

fn facts(status: &Status) -> (String, BTreeMap<String, String>) {
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.domain, "wufei");
    (info.reason.clone(), info.metadata.clone().into_iter().collect())
}

fn large(bytes: usize) -> CreateFundingProjectRequest {
    CreateFundingProjectRequest { parent: "x".repeat(bytes), ..CreateFundingProjectRequest::default() }
}

#[tokio::test]
async fn a_handler_learns_who_calls_and_gets_the_exact_bytes() {
    let world = World::start(Limits::default()).await;
    let mut client = world.ingest(WRITER);
    let mut request = Request::new(large(100));
    request.metadata_mut().insert("accept-language", "en".parse().unwrap());
    request.metadata_mut().insert("x-request-id", "call-1".parse().unwrap());
    let answer = client.create_funding_project(request).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "call-1");
    let project = answer.into_inner().funding_project.unwrap();
    assert_eq!((project.name.as_str(), project.title.as_str()), (WRITER, "En true"));
    let mut log = LogServiceClient::new(world.channel(WRITER));
    let checkpoint = log.get_checkpoint(GetCheckpointRequest {}).await.unwrap();
    assert!(checkpoint.metadata().get("x-request-id").is_some());
    assert_eq!(checkpoint.into_inner().size, 3);
    assert!(world.counted("GetCheckpoint", "OK"));
    world.running.stop().await.unwrap();
}

#[tokio::test]
async fn nobody_gets_in_without_a_certificate_of_the_instance() {
    let world = World::start(Limits::default()).await;
    let other = issue(&authority(), WRITER);
    let forged = world.tls().identity(Identity::from_pem(other.cert_pem, other.key_pem));
    for tls in [world.tls(), forged] {
        let mut client = LogServiceClient::new(world.endpoint(tls).connect_lazy());
        client.get_checkpoint(GetCheckpointRequest {}).await.unwrap_err();
    }
    assert!(!world.counted("GetCheckpoint", "OK"));
    world.running.stop().await.unwrap();
}

#[tokio::test]
async fn who_is_not_allowed_is_told_the_rule_and_whom_to_ask_and_is_counted() {
    let world = World::start(Limits::default()).await;
    let mut client = world.ingest(STRANGER);
    // Refused before the body is looked at: an oversized one makes no difference.
    let refused = client.create_funding_project(large(5_000_000)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "{refused:?}");
    let (reason, facts) = facts(&refused);
    assert_eq!(reason, "PERMISSION_DENIED");
    assert_eq!((facts["rule"].as_str(), facts["ask"].as_str()), ("only-the-owner-writes", "省生态环境厅数据管理员"));
    assert_eq!(facts["principal"], STRANGER);
    assert!(refused.message().contains("只有本部门的主体"), "{}", refused.message());
    assert!(world.counted("CreateFundingProject", "PERMISSION_DENIED"));
    world.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_method_that_is_not_served_is_unimplemented() {
    let world = World::start(Limits::default()).await;
    let mut client = CatalogServiceClient::new(world.channel(WRITER));
    let refused = client.list_units(ListUnitsRequest::default()).await.unwrap_err();
    assert_eq!((refused.code(), facts(&refused).0.as_str()), (Code::Unimplemented, "NOT_IMPLEMENTED"));
    assert!(world.counted("unknown", "UNIMPLEMENTED"));
    world.running.stop().await.unwrap();
}

#[tokio::test]
async fn an_oversized_message_is_refused_with_the_limit() {
    let world = World::start(Limits::default()).await;
    let mut client = world.ingest(WRITER);
    let refused = client.create_funding_project(large(5_000_000)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    let (reason, facts) = facts(&refused);
    assert_eq!((reason.as_str(), facts["limit"].as_str()), ("MESSAGE_TOO_LARGE", "4194304"));
    assert!(world.counted("CreateFundingProject", "RESOURCE_EXHAUSTED"));
    client.create_funding_project(large(4_000_000)).await.unwrap();
    world.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_call_that_cannot_finish_in_time_is_not_begun_and_one_that_does_not_is_answered() {
    let world = World::start(Limits { deadline_ceiling_ms: 300, ..Limits::default() }).await;
    let mut client = world.ingest(WRITER);
    // Written by hand, for the client's own timer would be as fast as the refusal.
    let mut hurried = Request::new(CreateFundingProjectRequest::default());
    hurried.metadata_mut().insert("grpc-timeout", "60m".parse().unwrap());
    let refused = client.create_funding_project(hurried).await.unwrap_err();
    assert_eq!(refused.code(), Code::DeadlineExceeded, "{refused:?}");
    let (reason, told) = facts(&refused);
    assert_eq!((reason.as_str(), told["least_ms"].as_str()), ("DEADLINE_TOO_SHORT", "120"));
    let late = client.batch_create_funding_lines(BatchCreateFundingLinesRequest::default()).await.unwrap_err();
    assert_eq!((late.code(), facts(&late).1["budget_ms"].as_str()), (Code::DeadlineExceeded, "280"));
    assert!(world.counted("BatchCreateFundingLines", "DEADLINE_EXCEEDED"));
    world.running.stop().await.unwrap();
}

#[tokio::test]
async fn calls_beyond_the_limit_are_refused_at_once_but_health_still_answers() {
    let world = World::start(Limits { concurrent_requests: 1, ..Limits::default() }).await;
    let (mut busy, mut next) = (world.ingest(WRITER), world.ingest(WRITER));
    let held = JoinSet::from_iter([async move {
        busy.batch_create_funding_lines(BatchCreateFundingLinesRequest::default()).await
    }]);
    world.entered.notified().await;
    let refused = next.create_funding_project(CreateFundingProjectRequest::default()).await.unwrap_err();
    assert_eq!((refused.code(), facts(&refused).0.as_str()), (Code::ResourceExhausted, "TOO_MANY_REQUESTS"));
    let mut health = HealthClient::new(world.channel(STRANGER));
    health.check(HealthCheckRequest::default()).await.unwrap();
    drop(held);
    world.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_thousand_faults_reach_a_plain_client_in_part_and_a_prepared_one_in_full() {
    let world = World::start(Limits::default()).await;
    let refused = world.ingest(WRITER).create_funding_group(CreateFundingGroupRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    let (reason, told) = facts(&refused);
    assert_eq!((reason.as_str(), told["violations"].as_str()), ("CURRENCY_UNIT_INVALID", "1000"));
    let shown = refused.get_error_details().bad_request().unwrap().field_violations.len();
    assert_eq!(told["violations_shown"], shown.to_string());

    let endpoint = world.endpoint_of(WRITER).http2_max_header_list_size(1 << 20);
    let mut prepared = FundingIngestServiceClient::new(endpoint.connect_lazy());
    let mut request = Request::new(CreateFundingGroupRequest::default());
    request.metadata_mut().insert("wufei-error-bytes", "524288".parse().unwrap());
    let refused = prepared.create_funding_group(request).await.unwrap_err();
    assert_eq!(refused.get_error_details().bad_request().unwrap().field_violations.len(), 1000, "{refused:?}");
    world.running.stop().await.unwrap();
}

#[tokio::test]
async fn health_follows_readiness() {
    let world = World::start(Limits::default()).await;
    let mut health = HealthClient::new(world.channel(STRANGER));
    let mut watch = health.watch(HealthCheckRequest { service: INGEST.to_owned() }).await.unwrap().into_inner();
    let mut next = async || watch.message().await.unwrap().unwrap().status();
    while next().await != ServingStatus::Serving {}
    let guard = world.context.readiness.wait_for("log catch-up");
    while next().await != ServingStatus::NotServing {}
    drop(guard);
    while next().await != ServingStatus::Serving {}
    world.running.stop().await.unwrap();
}

#[tokio::test]
async fn reflection_lists_what_is_served() {
    let world = World::start(Limits::default()).await;
    let mut reflection = ServerReflectionClient::new(world.channel(STRANGER));
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = reflection.server_reflection_info(stream::iter([ask])).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { unreachable!("{answer:?}") };
    let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", INGEST, LOG]);
    world.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_stop_ends_the_feeds_and_comes_back() {
    let world = World::start(Limits::default()).await;
    let mut client = LogServiceClient::new(world.channel(WRITER));
    let mut feed = client.follow_entries(FollowEntriesRequest::default()).await.unwrap().into_inner();
    assert!(feed.message().await.unwrap().unwrap().caught_up);
    let (stopped, end) = tokio::join!(tokio::time::timeout(Duration::from_secs(5), world.running.stop()), async {
        feed.message().await.unwrap_err()
    });
    stopped.unwrap().unwrap();
    assert_eq!((end.code(), facts(&end).0.as_str()), (Code::Unavailable, "SERVICE_UNAVAILABLE"));
}

/// The policies of the release without those of one file.
fn policies_without(file: &str) -> tempfile::TempDir {
    let (folder, texts) = (tempfile::tempdir().unwrap(), PolicyTexts::embedded());
    std::fs::write(folder.path().join("wufei.cedarschema"), texts.schema).unwrap();
    for (name, text) in texts.policies.iter().filter(|(name, _)| name != file) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[tokio::test]
async fn a_served_method_without_a_rule_stops_the_start() {
    let authority = authority();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = policies_without("department-writer.cedar");
    let mut settings = settings(&authority, Limits::default());
    settings.rules.policy = Some(folder.path().to_owned());
    let services = Services::new().with(FundingIngestServiceServer::new(Ingest::default()));
    let fault = GrpcServer::new(listener, settings, services, &context()).unwrap_err();
    assert!(matches!(&fault, ServerError::Rules(_)), "{fault}");
    assert!(fault.to_string().contains("FundingIngestService/CreateFundingProject"), "{fault}");
}
