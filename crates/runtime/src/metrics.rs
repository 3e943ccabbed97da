//! Metrics of remote calls. The sets of labels are closed: a caller cannot make new ones.

use std::{collections::HashMap, sync::Arc};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter},
};
use tokio::time::Instant;

/// Upper bounds of the duration histogram, in seconds.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// The label of what is not served.
const UNKNOWN: &str = "unknown";
/// `CANCELLED`, the code of a call that its caller gave up.
const CANCELLED: i32 = 1;
/// The codes of gRPC in their order (grpc/status codes, 0 to 16).
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Counts the calls of one service: `wufei_rpc_requests_total` by service, method and code,
/// `wufei_rpc_duration_seconds` by service and method, `wufei_rpc_in_flight` likewise.
#[derive(Debug, Clone)]
pub struct RpcMetrics(Arc<Instruments>);

#[derive(Debug)]
struct Instruments {
    methods: HashMap<String, [KeyValue; 2]>,
    unknown: [KeyValue; 2],
    requests: Counter<u64>,
    duration: Histogram<f64>,
    in_flight: UpDownCounter<i64>,
}

impl RpcMetrics {
    /// Instruments for these methods, `/service/method`. Every other path is counted as `unknown`.
    pub fn new<'a>(meter: &Meter, methods: impl IntoIterator<Item = &'a str>) -> Self {
        let labels = |service: &str, method: &str| {
            [KeyValue::new("service", service.to_owned()), KeyValue::new("method", method.to_owned())]
        };
        let methods = methods.into_iter().filter_map(|path| {
            let (service, method) = path.strip_prefix('/').unwrap_or(path).split_once('/')?;
            Some((format!("/{service}/{method}"), labels(service, method)))
        });
        Self(Arc::new(Instruments {
            methods: methods.collect(),
            unknown: labels(UNKNOWN, UNKNOWN),
            // Without `_total`: the Prometheus exporter adds it.
            requests: meter.u64_counter("wufei.rpc.requests").with_description("Calls that ended").build(),
            duration: meter
                .f64_histogram("wufei.rpc.duration")
                .with_unit("s")
                .with_description("Time of a call, from its first byte to its last")
                .with_boundaries(SECONDS.to_vec())
                .build(),
            in_flight: meter.i64_up_down_counter("wufei.rpc.in_flight").with_description("Calls under way").build(),
        }))
    }

    /// Notes that a call began.
    pub fn start(&self, path: &str) -> RpcCall {
        let labels = self.0.methods.get(path).unwrap_or(&self.0.unknown).clone();
        self.0.in_flight.add(1, &labels);
        RpcCall { metrics: self.clone(), labels, started: Instant::now(), code: CANCELLED }
    }
}

/// A call under way. Dropped without [`finish`](Self::finish) it counts as `CANCELLED`, for then its caller has gone.
#[must_use = "the call ends when this is dropped"]
#[derive(Debug)]
pub struct RpcCall {
    metrics: RpcMetrics,
    labels: [KeyValue; 2],
    started: Instant,
    code: i32,
}

impl RpcCall {
    /// Notes that the call ended with this gRPC code; a number that is no code counts as `UNKNOWN`.
    pub fn finish(mut self, code: i32) {
        self.code = code;
    }
}

impl Drop for RpcCall {
    fn drop(&mut self) {
        let Instruments { requests, duration, in_flight, .. } = &*self.metrics.0;
        let [service, method] = self.labels.clone();
        in_flight.add(-1, &self.labels);
        duration.record(self.started.elapsed().as_secs_f64(), &self.labels);
        requests.add(1, &[service, method, KeyValue::new("code", code_name(self.code))]);
    }
}

/// What a node trusts: `wufei_directory_version` in force; `wufei_directory_refused_total`, `wufei_rules_refused_total` (policies and
/// grants) and `wufei_certificates_refused_total` for what was found and not taken; `wufei_certificate_seconds_left` of each certificate.
#[derive(Debug, Clone)]
pub struct TrustMetrics {
    version: Gauge<u64>,
    refused: Counter<u64>,
    refused_rules: Counter<u64>,
    refused_certificates: Counter<u64>,
    seconds_left: Gauge<i64>,
}

impl TrustMetrics {
    /// The instruments.
    pub fn new(meter: &Meter) -> Self {
        Self {
            version: meter
                .u64_gauge("wufei.directory.version")
                .with_description("Version of the directory in force")
                .build(),
            refused: meter
                .u64_counter("wufei.directory.refused")
                .with_description("Directories that were found and not taken")
                .build(),
            refused_rules: meter
                .u64_counter("wufei.rules.refused")
                .with_description("Policies or grants that were found and not taken")
                .build(),
            refused_certificates: meter
                .u64_counter("wufei.certificates.refused")
                .with_description("TLS files that were found and not taken")
                .build(),
            seconds_left: meter
                .i64_gauge("wufei.certificate.seconds_left")
                .with_description("Seconds until a certificate in force ends; below zero when it has ended")
                .build(),
        }
    }

    /// Notes the version of the directory in force.
    pub fn directory(&self, version: u64) {
        self.version.record(version, &[]);
    }

    /// Notes that a directory was not taken.
    pub fn refused_directory(&self) {
        self.refused.add(1, &[]);
    }

    /// Notes that TLS files were not taken.
    pub fn refused_certificates(&self) {
        self.refused_certificates.add(1, &[]);
    }

    /// Notes how long a certificate lasts: the server's own, or an authority's.
    pub fn certificate(&self, role: &'static str, subject: &str, seconds_left: i64) {
        let labels = [KeyValue::new("role", role), KeyValue::new("subject", subject.to_owned())];
        self.seconds_left.record(seconds_left, &labels);
    }

    /// Notes that policies or grants were not taken.
    pub fn refused_rules(&self) {
        self.refused_rules.add(1, &[]);
    }
}

fn code_name(code: i32) -> &'static str {
    usize::try_from(code).ok().and_then(|code| CODES.get(code)).copied().unwrap_or("UNKNOWN")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::TelemetryGuard;

    const GET: &str = "/wufei.exchange.v1.ObservationQueryService/GetObservation";

    fn value(text: &str, name: &str, labels: &[&str]) -> Option<String> {
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{name}{{")) && labels.iter().all(|label| line.contains(label)))?;
        line.rsplit_once(' ').map(|(_, value)| value.to_owned())
    }

    #[test]
    fn calls_are_counted_by_method_and_code_and_timed() {
        let telemetry = TelemetryGuard::detached("ecology").unwrap();
        let metrics = RpcMetrics::new(&telemetry.meter("ecology"), [GET]);
        metrics.start(GET).finish(0);
        metrics.start(GET).finish(7);
        metrics.start(GET).finish(99);
        drop(metrics.start(GET));
        let open = metrics.start(GET);
        let text = telemetry.scrape().text().unwrap();
        let method = "method=\"GetObservation\"";
        for code in ["OK", "PERMISSION_DENIED", "UNKNOWN", "CANCELLED"] {
            let code = format!("code=\"{code}\"");
            assert_eq!(value(&text, "wufei_rpc_requests_total", &[method, &code]).as_deref(), Some("1"), "{text}");
        }
        assert_eq!(value(&text, "wufei_rpc_in_flight", &[method]).as_deref(), Some("1"), "{text}");
        assert_eq!(value(&text, "wufei_rpc_duration_seconds_count", &[method]).as_deref(), Some("4"), "{text}");
        open.finish(0);
        let text = telemetry.scrape().text().unwrap();
        assert_eq!(value(&text, "wufei_rpc_in_flight", &[method]).as_deref(), Some("0"), "{text}");
    }

    #[test]
    fn a_caller_cannot_make_new_labels() {
        let telemetry = TelemetryGuard::detached("ecology").unwrap();
        let metrics = RpcMetrics::new(&telemetry.meter("ecology"), [GET]);
        for index in 0..100 {
            metrics.start(&format!("/made.up.Service/Method{index}")).finish(12);
        }
        let text = telemetry.scrape().text().unwrap();
        assert!(!text.contains("made.up"), "{text}");
        let labels = ["service=\"unknown\"", "method=\"unknown\"", "code=\"UNIMPLEMENTED\""];
        assert_eq!(value(&text, "wufei_rpc_requests_total", &labels).as_deref(), Some("100"), "{text}");
    }
}
