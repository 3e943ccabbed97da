//! Sections that every service has.

use std::{
    fmt,
    fs::File,
    net::{IpAddr, SocketAddr},
    path::Path,
    time::Duration,
};

use serde::{Deserialize, Deserializer, Serialize};
use tracing_subscriber::EnvFilter;

use super::{
    fault::{Checked, Faults, Text},
    path::{FilePath, resolve},
    redact::redact_url,
};

/// Where the service listens. Port 0 lets the system choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listen {
    /// gRPC over mutual TLS.
    pub grpc: SocketAddr,
    /// `/livez`, `/readyz` and `/metrics` over plain HTTP, for the operator's network only. Left out, they are not served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ops: Option<SocketAddr>,
}

impl Checked for Listen {
    fn check(&self, faults: &mut Faults) {
        let any_port = self.grpc.port() == 0;
        if let Some(ops) = self.ops.filter(|ops| *ops == self.grpc && !any_port) {
            faults.report(
                "ops",
                ops,
                Text::new("不能与 grpc 地址相同", "must differ from grpc"),
                Text::new("请改用另一个端口", "use another port"),
            );
        }
    }
}

impl Listen {
    /// On the loopback address, on ports that the system chooses; for tests and the demo.
    pub fn loopback() -> Self {
        let any = SocketAddr::new(IpAddr::from([127, 0, 0, 1]), 0);
        Self { grpc: any, ops: Some(any) }
    }
}

/// The files of mutual TLS. There is no way to go without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// Certificates of the authorities that we trust, PEM.
    pub ca: FilePath,
    /// Our certificate with its chain, PEM.
    pub cert: FilePath,
    /// Our private key, PEM.
    pub key: FilePath,
}

impl Checked for Tls {
    fn check(&self, faults: &mut Faults) {
        for (key, path) in [("ca", &self.ca), ("cert", &self.cert), ("key", &self.key)] {
            check_readable(key, path, faults);
        }
    }
}

fn check_readable(key: &str, path: &Path, faults: &mut Faults) {
    if let Err(error) = File::open(path) {
        let kind = error.kind();
        faults.report(
            key,
            path.display(),
            Text::new(format!("文件无法读取（{kind}）"), format!("names a file that cannot be read ({kind})")),
            Text::new(
                "请检查路径和权限；开发环境可用 wufei pki issue 生成",
                "check the path and its permissions; for development, wufei pki issue makes one",
            ),
        );
    }
}

/// Where the service keeps its data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// `sqlite://path?mode=rwc` or `postgres://…`. A relative SQLite path counts from the folder of the configuration
    /// file. A password belongs into `WUFEI__DATABASE__URL` rather than into the file. `Debug` hides it.
    #[serde(deserialize_with = "database_url")]
    pub url: String,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("url", &redact_url(&self.url)).finish()
    }
}

impl Checked for Database {
    fn check(&self, faults: &mut Faults) {
        if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| self.url.starts_with(scheme)) {
            faults.report(
                "url",
                redact_url(&self.url),
                Text::new("须以 sqlite:// 或 postgres:// 开头", "must start with sqlite:// or postgres://"),
                Text::new("例如 sqlite://ecology.db?mode=rwc", "for example sqlite://ecology.db?mode=rwc"),
            );
        } else if !cfg!(feature = "postgres") && !self.url.starts_with("sqlite:") {
            faults.report(
                "url",
                redact_url(&self.url),
                Text::new(
                    "本程序构建时未含 PostgreSQL 支持（cargo demo 只含 SQLite）",
                    "this program was built without PostgreSQL (cargo demo has SQLite only)",
                ),
                Text::new(
                    "用 cargo build -p cli 重新构建，或改用 sqlite://",
                    "build it again with cargo build -p cli, or use sqlite://",
                ),
            );
        }
    }
}

fn database_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let url = String::deserialize(deserializer)?;
    let Some(rest) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) else { return Ok(url) };
    if rest.is_empty() || rest.starts_with([':', '/', '?']) {
        return Ok(url);
    }
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let path = resolve(Path::new(path));
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Ok(format!("sqlite://{}{query}", path.display()))
}

/// Logs, traces and metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Telemetry {
    /// The collector, `http://host:4317` (OTLP over gRPC). Left out, nothing is exported; `/metrics` is always there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otlp_endpoint: Option<String>,
    /// What is logged, e.g. `info,node=debug`. It does not touch the traces. Warnings of the exporter and the transport
    /// are logged unless they are named, as in `off,opentelemetry=off`.
    pub log: String,
    /// Whether log lines are JSON.
    pub json: bool,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { otlp_endpoint: None, log: "info".to_owned(), json: false }
    }
}

impl Checked for Telemetry {
    fn check(&self, faults: &mut Faults) {
        if let Err(error) = EnvFilter::try_new(&self.log) {
            faults.report(
                "log",
                &self.log,
                Text::new(format!("不是合格的日志过滤规则（{error}）"), format!("is not a log filter ({error})")),
                Text::new("例如 info,node=debug", "for example info,node=debug"),
            );
        }
        if let Some(endpoint) = self.otlp_endpoint.as_ref().filter(|endpoint| !endpoint.starts_with("http://")) {
            faults.report(
                "otlp_endpoint",
                redact_url(endpoint),
                Text::new("须以 http:// 开头", "must start with http://"),
                Text::new(
                    "请填写本机采集代理的地址，由代理加密转发，例如 http://127.0.0.1:4317",
                    "name the collector agent of this machine, which forwards encrypted, e.g. http://127.0.0.1:4317",
                ),
            );
        }
    }
}

/// What one service takes at most. Nothing is unlimited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Size of one message in bytes, either way.
    pub max_message_bytes: usize,
    /// Items of one batch (AIP-233).
    pub max_batch: usize,
    /// Longest time for one unary call in milliseconds, whatever the caller asks.
    pub deadline_ceiling_ms: u64,
    /// Calls at one time; more are refused and may be tried again.
    pub concurrent_requests: usize,
    /// Connections at one time.
    pub concurrent_connections: usize,
    /// Time for a TLS handshake in milliseconds.
    pub handshake_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message_bytes: 4 * 1024 * 1024,
            max_batch: 1000,
            deadline_ceiling_ms: 30_000,
            concurrent_requests: 256,
            concurrent_connections: 1024,
            handshake_timeout_ms: 5_000,
        }
    }
}

impl Limits {
    /// Longest time for one unary call.
    pub fn deadline_ceiling(&self) -> Duration {
        Duration::from_millis(self.deadline_ceiling_ms)
    }

    /// Time for a TLS handshake.
    pub fn handshake_timeout(&self) -> Duration {
        Duration::from_millis(self.handshake_timeout_ms)
    }
}

impl Checked for Limits {
    fn check(&self, faults: &mut Faults) {
        let Self {
            max_message_bytes,
            max_batch,
            deadline_ceiling_ms,
            concurrent_requests,
            concurrent_connections,
            handshake_timeout_ms,
        } = *self;
        let mut range = |key: &str, value: u64, low: u64, high: u64| {
            if !(low..=high).contains(&value) {
                faults.report(
                    key,
                    value,
                    Text::new(format!("须在 {low} 到 {high} 之间"), format!("must be from {low} to {high}")),
                    Text::new("请改正，或删去以用默认值", "correct it, or remove it to take the default"),
                );
            }
        };
        let wide = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        range("max_message_bytes", wide(max_message_bytes), 16 * 1024, 64 * 1024 * 1024);
        range("max_batch", wide(max_batch), 1, 1000);
        range("deadline_ceiling_ms", deadline_ceiling_ms, 200, 600_000);
        range("concurrent_requests", wide(concurrent_requests), 1, 100_000);
        range("concurrent_connections", wide(concurrent_connections), 1, 100_000);
        range("handshake_timeout_ms", handshake_timeout_ms, 100, 60_000);
    }
}
