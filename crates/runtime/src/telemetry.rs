//! Logs, traces and metrics, set up once per process.
//!
//! Logs go to stderr. Traces and metrics go to a collector (OTLP over gRPC) when one is configured; `/metrics` is always
//! there, from the same meters. The W3C propagator and the tracing layer are always there too, so a trace that passes
//! through a service without a collector is not cut. The log filter is on the log layer alone: quieter logs must not stop
//! propagation.

use std::{fmt, time::Duration};

use opentelemetry::{
    InstrumentationScope, KeyValue, global,
    metrics::{Meter, MeterProvider},
    trace::TracerProvider,
};
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource, error::OTelSdkError, metrics::SdkMeterProvider, propagation::TraceContextPropagator,
    trace::SdkTracerProvider,
};
use prometheus::{Registry, TextEncoder};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{ParseError, Targets},
    fmt as log,
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

use crate::config;

/// How long the last export may take. A dead collector must not hold up a restart.
const FLUSH_LIMIT: Duration = Duration::from_secs(5);
/// Quiet unless the configuration says otherwise: the transport below us.
const QUIET: &str = "opentelemetry=warn,h2=warn,hyper=warn,rustls=warn";

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The exporter refused its configuration.
    #[error("the OTLP exporter refused telemetry.otlp_endpoint")]
    Exporter(#[from] ExporterBuildError),
    /// The log filter cannot be parsed.
    #[error("telemetry.log is not a log filter")]
    Filter(#[from] ParseError),
    /// The Prometheus reader could not be registered.
    #[error("the metrics registry could not be set up")]
    Registry(#[source] OTelSdkError),
    /// Telemetry of this process is set up already; services that share a process share its guard.
    #[error("telemetry of this process is set up already")]
    Twice(#[from] TryInitError),
}

/// The telemetry of the process. Keep it until the end and call [`shutdown`](Self::shutdown).
#[must_use = "without shutdown the last traces are lost"]
#[derive(Debug)]
pub struct TelemetryGuard {
    tracers: SdkTracerProvider,
    meters: SdkMeterProvider,
    scrape: Scrape,
}

/// Sets up telemetry for the process. `service` becomes `service.name`, the attributes describe the instance
/// (`department`, `instance`). With a collector it must be called inside a tokio runtime.
///
/// # Errors
/// When the configuration cannot be used, or when it was called before in this process.
pub fn init(
    config: &config::Telemetry,
    service: &str,
    attributes: &[(String, String)],
) -> Result<TelemetryGuard, TelemetryError> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.log))?;
    let guard = TelemetryGuard::build(config, service, attributes)?;
    let logs = log::layer().with_writer(std::io::stderr);
    let logs = if config.json { logs.json().flatten_event(true).boxed() } else { logs.boxed() };
    let spans = tracing_opentelemetry::layer().with_tracer(guard.tracers.tracer("wufei")).with_filter(span_filter());
    tracing_subscriber::registry().with(spans).with(logs.with_filter(filter)).try_init()?;
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(guard.tracers.clone());
    global::set_meter_provider(guard.meters.clone());
    Ok(guard)
}

/// Spans from INFO on, whatever is logged. The transport is left out: the exporter uses it, so its spans would breed.
fn span_filter() -> Targets {
    let transport = ["h2", "hyper", "tonic", "opentelemetry"].map(|target| (target, LevelFilter::OFF));
    Targets::new().with_default(LevelFilter::INFO).with_targets(transport)
}

impl TelemetryGuard {
    /// Meters and `/metrics` without a collector, and without touching the process: several can live side by side in
    /// tests, and in a process that brings its own subscriber.
    ///
    /// # Errors
    /// When the registry cannot be set up.
    pub fn detached(service: &str) -> Result<Self, TelemetryError> {
        Self::build(&config::Telemetry::default(), service, &[])
    }

    fn build(
        config: &config::Telemetry,
        service: &str,
        attributes: &[(String, String)],
    ) -> Result<Self, TelemetryError> {
        let attributes = attributes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let resource = Resource::builder().with_service_name(service.to_owned()).with_attributes(attributes).build();
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .build()
            .map_err(TelemetryError::Registry)?;
        let mut meters = SdkMeterProvider::builder().with_reader(reader).with_resource(resource.clone());
        let mut tracers = SdkTracerProvider::builder().with_resource(resource);
        if let Some(endpoint) = &config.otlp_endpoint {
            let spans = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
            let metrics = MetricExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
            tracers = tracers.with_batch_exporter(spans);
            meters = meters.with_periodic_exporter(metrics);
        }
        let meters = meters.build();
        Ok(Self { tracers: tracers.build(), scrape: Scrape { registry, _meters: meters.clone() }, meters })
    }

    /// The meter of one service. Services that share a process are told apart by the label `otel_scope_name`.
    pub fn meter(&self, service: &str) -> Meter {
        self.meters.meter_with_scope(InstrumentationScope::builder(service.to_owned()).build())
    }

    /// What `/metrics` answers.
    pub fn scrape(&self) -> Scrape {
        self.scrape.clone()
    }

    /// Sends what is left and ends, at the latest after five seconds.
    pub async fn shutdown(self) {
        // Both block until the collector answers, so they get a thread of their own.
        let flush = tokio::task::spawn_blocking(move || {
            let tracers = self.tracers.shutdown_with_timeout(FLUSH_LIMIT);
            let meters = self.meters.shutdown_with_timeout(FLUSH_LIMIT);
            [tracers, meters].into_iter().filter_map(Result::err).map(|error| error.to_string()).collect::<Vec<_>>()
        });
        match tokio::time::timeout(FLUSH_LIMIT, flush).await {
            Ok(Ok(errors)) if errors.is_empty() => {}
            Ok(Ok(errors)) => tracing::warn!(?errors, "the last telemetry was not exported"),
            Ok(Err(_)) | Err(_) => tracing::warn!(limit = ?FLUSH_LIMIT, "the last telemetry was not exported in time"),
        }
    }
}

/// The metrics of the process in the text format of Prometheus.
#[derive(Clone)]
pub struct Scrape {
    registry: Registry,
    /// The provider shuts down with its last clone, and a context must not fall silent because the guard is gone.
    _meters: SdkMeterProvider,
}

impl Scrape {
    /// The text of `/metrics`.
    ///
    /// # Errors
    /// When a metric cannot be encoded.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

impl fmt::Debug for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrape")
    }
}
