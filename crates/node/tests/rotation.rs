//! Certificate, key and authorities of a server are exchanged under load, without one failed call.

#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/trust.rs"]
mod trust;

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use domain::DepartmentId;
use node::{
    access::{RulesSource, Traced},
    department::Tables,
    server::{GrpcServer, ServerSettings, Services},
    tls::{ServerTls, TlsError},
    trust::Told,
};
use pki::{Authority, CertifiedKeyPem, IssueRequest, Usage};
use runtime::{
    App, CancellationToken, Context,
    clock::{Clock, SystemClock},
    config::{Limits, Tls},
    metrics::TrustMetrics,
    telemetry::TelemetryGuard,
};
use tokio::{net::TcpListener, task::JoinSet};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use audit::audit;
use trust::trust;

const NODE: &str = "spiffe://wufei.demo/dept/ecology";
const WRITER: &str = "spiffe://wufei.demo/dept/ecology/writer";
/// Callers at one time, each with a handshake for every call.
const CALLERS: usize = 4;
/// How long an exchange may take to be seen.
const PATIENCE: Duration = Duration::from_secs(30);

fn authority() -> Authority {
    Authority::create("wufei.demo", SystemClock.now(), TimeDelta::days(20)).unwrap()
}

fn issue(authority: &Authority, id: &str, days: u32) -> CertifiedKeyPem {
    let request = IssueRequest {
        spiffe_id: id.to_owned(),
        dns_names: vec!["localhost".to_owned()],
        ip_addresses: Vec::new(),
        days,
        usage: Usage::ServerAndClient,
    };
    authority.issue(&request, SystemClock.now()).unwrap()
}

/// Puts a text in a file's place at once.
fn put(path: &Path, text: &str) {
    let fresh = path.with_extension("fresh");
    fs::write(&fresh, text).unwrap();
    fs::rename(fresh, path).unwrap();
}

fn files(dir: &Path) -> Tls {
    Tls { ca: dir.join("ca.pem").into(), cert: dir.join("node.pem").into(), key: dir.join("node.key").into() }
}

fn put_identity(dir: &Path, pair: &CertifiedKeyPem) {
    put(&dir.join("node.pem"), &pair.cert_pem);
    put(&dir.join("node.key"), &pair.key_pem);
}

/// A caller who trusts these authorities.
#[derive(Clone)]
struct Caller {
    address: SocketAddr,
    ca: String,
    cert: String,
    key: String,
}

impl Caller {
    fn new(address: SocketAddr, trusts: &[&Authority], certified_by: &Authority) -> Self {
        let CertifiedKeyPem { cert_pem, key_pem } = issue(certified_by, WRITER, 1);
        let ca = trusts.iter().map(|authority| authority.cert_pem()).collect::<Vec<_>>().concat();
        Self { address, ca, cert: cert_pem, key: key_pem }
    }

    fn channel(&self) -> Channel {
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(&self.ca))
            .identity(Identity::from_pem(&self.cert, &self.key))
            .domain_name("localhost");
        Endpoint::from_shared(format!("https://{}", self.address)).unwrap().tls_config(tls).unwrap().connect_lazy()
    }

    async fn call(&self) -> Result<(), tonic::Status> {
        HealthClient::new(self.channel()).check(HealthCheckRequest::default()).await.map(drop)
    }

    /// Calls with a handshake each until the outcome is this.
    async fn until(&self, served: bool) {
        let wait = async { while self.call().await.is_ok() != served {} };
        tokio::time::timeout(PATIENCE, wait).await.unwrap();
    }

    /// Callers that go on until they are told to stop; none of their calls may fail. Half of them keep their connection.
    fn load(&self, stop: &Arc<AtomicBool>) -> JoinSet<u32> {
        let callers = (0..CALLERS).map(|number| {
            let (caller, stop, mut kept) = (self.clone(), Arc::clone(stop), HealthClient::new(self.channel()));
            async move {
                let mut calls = 0;
                while !stop.load(Ordering::Relaxed) {
                    if number % 2 == 0 {
                        caller.call().await.unwrap();
                    } else {
                        kept.check(HealthCheckRequest::default()).await.unwrap();
                    }
                    calls += 1;
                }
                calls
            }
        });
        JoinSet::from_iter(callers)
    }
}

async fn ended(stop: &AtomicBool, load: JoinSet<u32>) {
    stop.store(true, Ordering::Relaxed);
    let calls = load.join_all().await;
    assert!(calls.iter().all(|calls| *calls > 0), "{calls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_and_authorities_are_exchanged_under_load_without_a_failed_call() {
    let (dir, old, new) = (tempfile::tempdir().unwrap(), authority(), authority());
    put(&dir.path().join("ca.pem"), old.cert_pem());
    put_identity(dir.path(), &issue(&old, NODE, 10));
    let telemetry = TelemetryGuard::detached("ecology").unwrap();
    let context = Context::new("ecology", Arc::new(SystemClock), &telemetry, CancellationToken::new());
    let tls = ServerTls::open(files(dir.path()), NODE.to_owned()).unwrap();
    let audit = audit(&context).await;
    let told = Told::new(TrustMetrics::new(&context.meter), audit.clone());
    let settings = ServerSettings {
        tls: tls.clone(),
        trust: trust("wufei.demo", &[WRITER]),
        rules: RulesSource {
            instance: "wufei.demo".to_owned(),
            policy: None,
            grants: None,
            resources: Tables::embedded().unwrap().data_resources,
            ask: "管理员".to_owned(),
        },
        department: DepartmentId::ecology(),
        decisions: Arc::new(Traced),
        audit,
        limits: Limits::default(),
        max_connection_age: None,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = GrpcServer::new(listener, settings, Services::new(), &context).unwrap();
    let address = server.local_addr();
    let watched = server.access().watch(tls, told, context.stop.clone());
    let app = App::builder(&context).task("grpc", async { Ok(server.serve().await?) }).task("watch", async {
        watched.await;
        Ok(())
    });
    let running = app.build().spawn();

    let both = [&old, &new];
    let (first, second) = (Caller::new(address, &both, &old), Caller::new(address, &both, &new));
    first.call().await.unwrap();
    second.call().await.unwrap_err();

    // Both authorities are trusted, then the node has a certificate of the new one; callers of the old one go on.
    let stop = Arc::new(AtomicBool::new(false));
    let load = first.load(&stop);
    put(&dir.path().join("ca.pem"), &[old.cert_pem(), new.cert_pem()].concat());
    second.until(true).await;
    put_identity(dir.path(), &issue(&new, NODE, 15));
    Caller::new(address, &[&new], &new).until(true).await;
    ended(&stop, load).await;

    // The old authority is trusted no more; callers of the new one go on.
    let stop = Arc::new(AtomicBool::new(false));
    let load = second.load(&stop);
    put(&dir.path().join("ca.pem"), new.cert_pem());
    first.until(false).await;
    ended(&stop, load).await;

    let text = context.scrape.text().unwrap();
    let left = |role: &str| {
        let role = format!("role=\"{role}\"");
        let line =
            text.lines().find(|line| line.starts_with("wufei_certificate_seconds_left{") && line.contains(&role));
        line.unwrap().rsplit_once(' ').unwrap().1.parse::<f64>().unwrap() / 86_400.0
    };
    assert!((14.0..=15.0).contains(&left("server")) && (19.0..=20.0).contains(&left("authority")), "{text}");
    running.stop().await.unwrap();
}

#[test]
fn files_with_a_fault_are_not_taken_and_what_is_in_force_stays() {
    let (dir, authority) = (tempfile::tempdir().unwrap(), authority());
    put(&dir.path().join("ca.pem"), authority.cert_pem());
    put_identity(dir.path(), &issue(&authority, NODE, 1));
    let tls = ServerTls::open(files(dir.path()), NODE.to_owned()).unwrap();
    let before = tls.certificates();
    assert!(!tls.reload().unwrap());

    put(&dir.path().join("node.pem"), &issue(&authority, NODE, 2).cert_pem);
    assert!(matches!(tls.reload(), Err(TlsError::Pair(_))), "a certificate without its key");
    put_identity(dir.path(), &issue(&authority, "spiffe://wufei.demo/dept/commerce", 2));
    assert!(matches!(tls.reload(), Err(TlsError::OtherNode { .. })));
    put(&dir.path().join("node.pem"), "half of a");
    assert!(matches!(tls.reload(), Err(TlsError::Pem { key: "tls.cert", .. })));
    assert_eq!(tls.certificates(), before);

    put_identity(dir.path(), &issue(&authority, NODE, 2));
    assert!(tls.reload().unwrap());
    assert_ne!(tls.certificates(), before);
}
