//! Telemetry of a process. One test: the set-up is global, and a test binary is a process.

use std::{collections::HashMap, time::Duration};

use opentelemetry::{global, trace::TraceContextExt};
use runtime::{
    config::Telemetry,
    telemetry::{TelemetryError, init},
};
use tracing_opentelemetry::OpenTelemetrySpanExt;

#[tokio::test(flavor = "multi_thread")]
async fn quiet_logs_and_a_dead_collector_stop_neither_propagation_nor_shutdown() {
    // Nothing listens there: the port is free again once the listener is dropped.
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let config = Telemetry {
        otlp_endpoint: Some(format!("http://{free}")),
        log: "off,tower=off,opentelemetry=off".into(),
        json: true,
    };
    let guard = init(&config, "ecology", &[("department".into(), "ecology".into())]).unwrap();
    assert!(matches!(init(&config, "ecology", &[]), Err(TelemetryError::Twice(_))));

    let span = tracing::info_span!(target: "tower_otel::trace", "call");
    let context = span.context();
    let id = context.span().span_context().trace_id();
    let mut carrier = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut carrier));
    assert!(carrier["traceparent"].contains(&id.to_string()), "{carrier:?}");
    drop(span);

    guard.meter("ecology").u64_counter("wufei.writes").build().add(1, &[]);
    let text = guard.scrape().text().unwrap();
    assert!(text.contains("wufei_writes_total{otel_scope_name=\"ecology\"} 1"), "{text}");
    assert!(text.contains("department=\"ecology\"") && text.contains("service_name=\"ecology\""), "{text}");

    tokio::time::timeout(Duration::from_secs(20), guard.shutdown()).await.unwrap();
}
