//! What the five services serve: reflection, health, and every method of every service over the wire.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    str::FromStr as _,
};

use client::{Channel, pool};
use testkit::{AGGREGATOR, DEPARTMENTS, Engine, Province, approver_id, service_id, writer_id};
use tonic::{
    Code, Request, Status,
    client::{Grpc, GrpcService},
    codegen::{Body, Bytes, StdError, http::uri::PathAndQuery},
};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

/// Read by auditors alone.
const AUDIT_LOG: &str = "wufei.log.v1.AuditLogService";
const STANDARD: [&str; 2] = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
const READING: [&str; 8] = [
    "wufei.catalog.v1.CatalogService",
    "wufei.directory.v1.DirectoryService",
    "wufei.exchange.v1.ObservationQueryService",
    "wufei.funding.v1.FundingQueryService",
    AUDIT_LOG,
    "wufei.log.v1.LogService",
    WITNESSING,
    SHARING,
];
const SHARING: &str = "wufei.sharing.v1.SharingService";
const WITNESSING: &str = "wufei.log.v1.WitnessService";
const ENDORSING: &str = "wufei.exchange.v1.EndorsementService";
const WRITING: [&str; 3] =
    [ENDORSING, "wufei.exchange.v1.ObservationIngestService", "wufei.funding.v1.FundingIngestService"];
const EVALUATING: [&str; 5] = [
    "wufei.evaluation.v1.EvaluationService",
    "wufei.evaluation.v1.ReportService",
    "wufei.evaluation.v1.SchemeService",
    "wufei.followup.v1.FollowUpService",
    "wufei.log.v1.FollowedLogService",
];

/// The methods that a server answers with `UNIMPLEMENTED`. README, "Limits", says the same.
const NOT_YET: [&str; 1] = ["wufei.catalog.v1.CatalogService/ListReportingRounds"];

/// The services that a server is to have.
fn expected(server: &str) -> BTreeSet<String> {
    let own: &[&str] = match server {
        "ecology" => &["wufei.ecology.v1.EcologyService"],
        "commerce" => &["wufei.commerce.v1.CommerceService"],
        "scitech" => &["wufei.scitech.v1.ScitechService"],
        AGGREGATOR => &EVALUATING,
        _ => &["wufei.city.v1.CityService"],
    };
    let writing: &[&str] = if server == AGGREGATOR { &[] } else { &WRITING };
    STANDARD.iter().chain(&READING).chain(writing).chain(own).map(|name| (*name).to_owned()).collect()
}

/// The channel of a caller who may call a service: the department's writer, at the aggregator the evaluator, or the lead
/// department, which keeps the follow-up and answers share requests; a service for a cosignature, an approver for an endorsement. The audit log is the
/// auditor's.
fn channel(province: &Province, server: &str, method: &str) -> Channel {
    let caller = if method.starts_with(WITNESSING) {
        province.caller(server, &service_id(server))
    } else if method.starts_with(ENDORSING) {
        province.caller(server, &approver_id(server))
    } else if method.starts_with(AUDIT_LOG) {
        province.auditor(server)
    } else if server != AGGREGATOR {
        province.writer(server)
    } else if method.starts_with(SHARING)
        || (method.starts_with("wufei.followup.") && !method.ends_with("/AcceptCommitment"))
    {
        province.caller(server, &writer_id("ecology"))
    } else {
        province.evaluator()
    };
    caller.unwrap().channel()
}

pub(crate) async fn reflected(channel: Channel) -> BTreeSet<String> {
    let message_request = Some(MessageRequest::ListServices(String::new()));
    let request = ServerReflectionRequest { host: String::new(), message_request };
    let answers = ServerReflectionClient::new(channel).server_reflection_info(tokio_stream::once(request)).await;
    let answer = answers.unwrap().into_inner().message().await.unwrap().unwrap();
    let MessageResponse::ListServicesResponse(list) = answer.message_response.unwrap() else {
        panic!("the server did not list its services");
    };
    list.service.into_iter().map(|service| service.name).collect()
}

async fn health(channel: Channel, service: &str) -> ServingStatus {
    let request = HealthCheckRequest { service: service.to_owned() };
    HealthClient::new(channel).check(request).await.unwrap().into_inner().status()
}

fn path(service: &str, method: &str) -> String {
    format!("{service}/{method}")
}

/// Calls a method of any shape with one empty message. A stream counts by its beginning.
pub(crate) async fn outcome<C>(channel: C, path: &str) -> Result<(), Status>
where
    C: GrpcService<tonic::body::Body>,
    C::Error: Into<StdError>,
    C::ResponseBody: Body<Data = Bytes> + Send + 'static,
    <C::ResponseBody as Body>::Error: Into<StdError> + Send,
{
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.map_err(|error| Status::unavailable(error.into().to_string()))?;
    let path = PathAndQuery::from_str(&format!("/{path}")).unwrap();
    let empty = Request::new(tokio_stream::once(()));
    grpc.streaming(empty, path, ProstCodec::<(), ()>::default()).await.map(drop)
}

async fn code(channel: Channel, path: &str) -> Code {
    outcome(channel, path).await.map_or_else(|status| status.code(), |()| Code::Ok)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_serves_its_services_and_only_the_named_methods_are_missing() {
    let province = Province::start(Engine::Sqlite).await.unwrap();
    let mut codes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for server in DEPARTMENTS.into_iter().chain([AGGREGATOR]) {
        let reader = channel(&province, server, "");
        assert_eq!(reflected(reader.clone()).await, expected(server), "{server}");
        assert_eq!(health(reader.clone(), "").await, ServingStatus::Serving, "{server}");
        for service in expected(server).iter().filter(|service| !STANDARD.contains(&service.as_str())) {
            assert_eq!(health(reader.clone(), service).await, ServingStatus::Serving, "{server} {service}");
            for method in pool().unwrap().get_service_by_name(service).unwrap().methods() {
                let path = format!("{service}/{}", method.name());
                let code = code(channel(&province, server, &path), &path).await;
                assert!(code != Code::PermissionDenied && code != Code::Internal, "{server} {path}: {code:?}");
                codes.entry(path).or_default().insert(format!("{code:?}"));
            }
        }
    }
    let missing: Vec<&str> =
        codes.iter().filter(|(_, codes)| codes.contains("Unimplemented")).map(|(path, _)| path.as_str()).collect();
    assert_eq!(missing, NOT_YET, "{codes:#?}");
    for path in &missing {
        assert_eq!(codes[*path].len(), 1, "{path} is served by some and not by others: {:?}", codes[*path]);
    }
    let contracts = pool().unwrap().services().filter(|service| service.full_name().starts_with("wufei."));
    let unserved: Vec<_> = contracts
        .flat_map(|service| service.methods().map(|m| path(service.full_name(), m.name())).collect::<Vec<_>>())
        .filter(|path| !codes.contains_key(path))
        .collect();
    assert!(unserved.is_empty(), "served by nobody: {unserved:?}");
    province.end().await.unwrap();
}

#[test]
fn the_readme_names_what_is_not_served_yet() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let (_, after) =
        readme.split_once("Not served yet (`UNIMPLEMENTED`):").expect("README says what is not served yet");
    let (sentence, _) = after.split_once(". ").unwrap();
    let named: BTreeSet<&str> = sentence.split('`').skip(1).step_by(2).collect();
    // A service of which nothing is served is named as a whole.
    let short = |path: &'static str| {
        let (service, method) = path.split_once('/').unwrap();
        let whole = pool()
            .unwrap()
            .get_service_by_name(service)
            .unwrap()
            .methods()
            .all(|method| NOT_YET.contains(&format!("{service}/{}", method.name()).as_str()));
        if whole { service.rsplit_once('.').unwrap().1 } else { method }
    };
    assert_eq!(named, NOT_YET.into_iter().map(short).collect());
}
