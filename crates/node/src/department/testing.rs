//! A department's real node on port 0 with certificates of a test authority, and a caller that speaks JSON. For the tests of
//! the departments; compiled with the feature `testing` only.

use std::{future::Future, path::Path, sync::Arc};

use anyhow::Context as _;
use bytes::BufMut as _;
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use directory::{Directory, Document, Member, directory_key_name};
use domain::{DepartmentId, Text};
use http::uri::PathAndQuery;
use pki::{Authority, CertifiedKeyPem, IssueRequest, PLAIN_NOTE, Usage, make_note_key, write_identity, write_note_key};
use policy::{Principal, Role};
use prost_reflect::{DynamicMessage, MessageDescriptor, SerializeOptions};
use runtime::{
    App, CancellationToken, Context,
    app::Running,
    clock::{Clock, FixedClock, SharedClock, SystemClock},
    config::{Database, Limits, Listen, Telemetry, Tls},
    telemetry::TelemetryGuard,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

use super::DepartmentConfig;
use crate::{
    audit::AuditConfig,
    projection::pool,
    trust::{TrustConfig, UnsignedWrites},
};

/// Trust domain of the tests.
pub const INSTANCE: &str = "wufei.test";

/// A node with everything around it.
#[derive(Debug)]
pub struct World {
    department: DepartmentId,
    authority: Authority,
    clock: FixedClock,
    dir: TempDir,
    running: Running,
}

impl World {
    /// Starts a department's node with `build`, its real wiring, on an empty database. The directory has the
    /// writers of four departments. The node's clock stands at `now`.
    ///
    /// # Errors
    /// Whatever stops the start.
    pub async fn start<B, F>(department: DepartmentId, now: DateTime<Utc>, build: B) -> anyhow::Result<Self>
    where
        B: FnOnce(DepartmentConfig, Context) -> F,
        F: Future<Output = anyhow::Result<App>>,
    {
        let dir = tempfile::tempdir()?;
        let authority = Authority::create(INSTANCE, SystemClock.now(), TimeDelta::days(2))?;
        let node = issue(&authority, &format!("spiffe://{INSTANCE}/dept/{department}"), Usage::ServerAndClient)?;
        let files = write_identity(dir.path(), "node", &node)?;
        let ca = dir.path().join("ca.pem");
        std::fs::write(&ca, authority.cert_pem())?;
        let config = DepartmentConfig {
            instance: INSTANCE.to_owned(),
            city: department.city_region(),
            data: dir.path().join("data").into(),
            listen: Listen { ops: None, ..Listen::loopback() },
            tls: Tls { ca: ca.into(), cert: files.cert.into(), key: files.key.into() },
            trust: directory(dir.path(), &department)?,
            witness: None,
            database: Database { url: format!("sqlite://{}/node.db?mode=rwc", dir.path().display()) },
            audit: AuditConfig::default(),
            telemetry: Telemetry::default(),
            limits: Limits::default(),
            catalogue: None,
            web: None,
            contact: "测试".to_owned(),
        };
        let clock = FixedClock::at(now);
        let shared: SharedClock = Arc::new(clock.clone());
        let telemetry = TelemetryGuard::detached(department.as_str())?;
        let ctx = Context::new(department.as_str(), shared, &telemetry, CancellationToken::new());
        let running = Box::pin(build(config, ctx)).await?.spawn();
        Ok(Self { department, authority, clock, dir, running })
    }

    /// The department's name as a parent, `departments/{department}`.
    #[must_use]
    pub fn parent(&self) -> String {
        self.department.parent()
    }

    /// The clock of the node.
    #[must_use]
    pub fn clock(&self) -> &FixedClock {
        &self.clock
    }

    /// The folder of the node's files.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// A connection of the department's writer.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub async fn writer(&self) -> anyhow::Result<Caller> {
        self.caller(&writer(&self.department)).await
    }

    /// A connection of somebody.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub async fn caller(&self, principal: &str) -> anyhow::Result<Caller> {
        let identity = issue(&self.authority, principal, Usage::Client)?;
        let address = self.running.addresses.get("grpc").context("no gRPC address")?;
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(self.authority.cert_pem()))
            .identity(Identity::from_pem(identity.cert_pem, identity.key_pem))
            .domain_name("localhost");
        let channel = Endpoint::try_from(format!("https://{address}"))?.tls_config(tls)?.connect().await?;
        Ok(Caller { channel, parent: self.parent() })
    }

    /// Stops the node.
    ///
    /// # Errors
    /// The task that failed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.running.stop().await
    }
}

/// Somebody who calls the node.
#[derive(Clone, Debug)]
pub struct Caller {
    channel: Channel,
    parent: String,
}

impl Caller {
    /// Calls a method, `service/Method`, with protobuf JSON both ways.
    ///
    /// # Errors
    /// The answer's status, or `INTERNAL` when the JSON is not the request of the method.
    pub async fn call(&self, method: &str, request: Value) -> Result<Value, Status> {
        let descriptor = method.split_once('/').and_then(|(service, name)| {
            pool().get_service_by_name(service)?.methods().find(|method| method.name() == name)
        });
        let descriptor = descriptor.ok_or_else(|| Status::internal(format!("no method {method}")))?;
        let message = DynamicMessage::deserialize(descriptor.input(), request).map_err(internal)?;
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(internal)?;
        let path = PathAndQuery::try_from(format!("/{method}")).map_err(internal)?;
        let answer = grpc.unary(Request::new(message), path, Json(descriptor.output())).await?.into_inner();
        let options = SerializeOptions::new().skip_default_fields(true);
        answer.serialize_with_options(serde_json::value::Serializer, &options).map_err(internal)
    }

    /// Records a resource of the department: `resource` is its type in snake case, for example `city_stage_record`.
    ///
    /// # Errors
    /// The answer's status.
    pub async fn create(&self, service: &str, resource: &str, id: &str, body: Value) -> Result<Value, Status> {
        let request = json!({
            "parent": self.parent, format!("{resource}_id"): id, resource: body, "request_id": request_id(),
        });
        self.call(&format!("{service}/Create{}", camel(resource)), request).await
    }

    /// Replaces a resource: `body` holds its name.
    ///
    /// # Errors
    /// The answer's status.
    pub async fn update(&self, service: &str, resource: &str, etag: &str, body: Value) -> Result<Value, Status> {
        let request = json!({
            resource: body, "etag": etag, "request_id": request_id(),
            "correction": { "reason": "CORRECTION_REASON_CLERICAL_ERROR", "note": "测试" },
        });
        self.call(&format!("{service}/Update{}", camel(resource)), request).await
    }

    /// Makes the calls of a data file (`calls.json`), each with a request id of its own, in their order.
    ///
    /// # Errors
    /// The first status that is no answer, with the number of the call.
    pub async fn load(&self, calls: &str) -> anyhow::Result<usize> {
        let mut calls: Vec<Value> = serde_json::from_str(calls)?;
        for (number, call) in calls.iter_mut().enumerate() {
            call["request"]["requestId"] = request_id().into();
            let method = call["method"].as_str().context("a call without a method")?.to_owned();
            self.call(&method, call["request"].take()).await.with_context(|| format!("call {number}, {method}"))?;
        }
        Ok(calls.len())
    }
}

/// The machine-readable reason of a refusal; empty when it has none.
#[must_use]
pub fn reason(status: &Status) -> String {
    use tonic_types::StatusExt as _;
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The fields that a refusal names.
#[must_use]
pub fn fields(status: &Status) -> Vec<String> {
    use tonic_types::StatusExt as _;
    let request = status.get_details_bad_request();
    request
        .map(|request| request.field_violations.into_iter().map(|violation| violation.field).collect())
        .unwrap_or_default()
}

/// A directory with the node and the writers of all departments. Writes need no signature: the tests of a department are about
/// its records.
fn directory(dir: &Path, department: &DepartmentId) -> anyhow::Result<TrustConfig> {
    let signer = make_note_key(&directory_key_name(INSTANCE))?;
    write_note_key(dir, "directory", &signer, PLAIN_NOTE)?;
    let time = |year| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single().context("a time");
    let mut document = Document::first(INSTANCE, time(2000)?, time(2100)?);
    document.enter(member(&format!("spiffe://{INSTANCE}/dept/{department}"), Role::Node)?)?;
    for other in ["ecology", "commerce", "scitech", "city-140100"] {
        document.enter(member(&writer(&DepartmentId::parse(other)?), Role::DepartmentWriter)?)?;
    }
    let note = dir.join("directory.note");
    std::fs::write(&note, Directory::sign(&document, &signer)?)?;
    Ok(TrustConfig {
        directory: note.into(),
        directory_key: dir.join("directory.vkey").into(),
        unsigned_writes: UnsignedWrites::Accept,
        policy: None,
        grants: None,
    })
}

fn member(principal: &str, role: Role) -> anyhow::Result<Member> {
    let principal = Principal::parse(principal)?;
    let department = principal.department().map(DepartmentId::parse).transpose()?;
    Ok(Member {
        display: Text::new("测试", "test"),
        roles: [role].into(),
        regions: department.as_ref().and_then(DepartmentId::city_region).into_iter().collect(),
        department,
        suspended: false,
        signing_keys: Vec::new(),
        principal,
    })
}

fn writer(department: &DepartmentId) -> String {
    format!("spiffe://{INSTANCE}/dept/{department}/writer")
}

fn issue(authority: &Authority, principal: &str, usage: Usage) -> anyhow::Result<CertifiedKeyPem> {
    let server = matches!(usage, Usage::ServerAndClient);
    let request = IssueRequest {
        spiffe_id: principal.to_owned(),
        dns_names: if server { vec!["localhost".to_owned()] } else { Vec::new() },
        ip_addresses: Vec::new(),
        days: 1,
        usage,
    };
    Ok(authority.issue(&request, SystemClock.now())?)
}

fn request_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

fn camel(snake: &str) -> String {
    let words =
        snake.split('_').map(|word| word.split_at_checked(1).map(|(first, rest)| first.to_ascii_uppercase() + rest));
    words.flatten().collect()
}

fn internal(error: impl std::fmt::Display) -> Status {
    Status::internal(error.to_string())
}

/// Messages whose type is known by their descriptor only.
#[derive(Clone, Debug)]
struct Json(MessageDescriptor);

impl Codec for Json {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for Json {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&prost::Message::encode_to_vec(&message));
        Ok(())
    }
}

impl Decoder for Json {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        DynamicMessage::decode(self.0.clone(), buffer).map(Some).map_err(internal)
    }
}
