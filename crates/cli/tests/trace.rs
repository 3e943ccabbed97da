//! One submission is one trace: the real program sends its spans to a collector in this test.
#![allow(clippy::unwrap_used, reason = "test code outside #[test] functions")]

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Stdio,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::{
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    common::v1::any_value::Value,
    trace::v1::{Span, span::SpanKind},
};
use tempfile::TempDir;
use tokio::process::Command;
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

const BATCH: &str = "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations";
const FOLLOWED: &str = "follow entry";

/// An OTLP collector that keeps every span.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let scopes = request.into_inner().resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        self.0.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        _request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// Runs `wufei demo --once` to its end; every span that it sent. It sends the last ones before it ends.
async fn spans_of_a_demo() -> Vec<Span> {
    let (folder, collector) = (TempDir::new().unwrap(), Collector::default());
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let endpoint = format!("http://{}", incoming.local_addr().unwrap());
    let server = Server::builder()
        .add_service(TraceServiceServer::new(collector.clone()).max_decoding_message_size(usize::MAX))
        .add_service(MetricsServiceServer::new(collector.clone()).max_decoding_message_size(usize::MAX));
    let (ended, end) = tokio::sync::oneshot::channel();
    let demo = async {
        let status = Command::new(env!("CARGO_BIN_EXE_wufei"))
            .args(["demo", "--once", "--otlp", &endpoint, "--data-dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .status()
            .await;
        ended.send(()).unwrap();
        status
    };
    let serving = server.serve_with_incoming_shutdown(incoming, async { end.await.unwrap() });
    let (status, served) = tokio::join!(demo, serving);
    served.unwrap();
    assert!(status.unwrap().success());
    collector.0.lock().unwrap().clone()
}

fn attribute(span: &Span, key: &str) -> String {
    let value = span.attributes.iter().find(|attribute| attribute.key == key).and_then(|found| found.value.clone());
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{} has no {key}: {other:?}", span.name),
    }
}

#[tokio::test]
async fn a_submission_is_one_trace_from_its_client_through_its_node_to_the_aggregator() {
    let spans = spans_of_a_demo().await;
    let mut below: BTreeMap<(&[u8], &[u8]), Vec<&Span>> = BTreeMap::new();
    for span in &spans {
        below.entry((&span.trace_id, &span.parent_span_id)).or_default().push(span);
    }
    // The only span below another, in its trace.
    let only_below = |parent: &Span| -> &Span {
        match below.get(&(&parent.trace_id[..], &parent.span_id[..])).map(Vec::as_slice) {
            Some([child]) => child,
            other => panic!("below {} is {other:?}", parent.name),
        }
    };

    let calls: Vec<_> = spans.iter().filter(|span| span.name == BATCH && span.kind() == SpanKind::Client).collect();
    assert!(!calls.is_empty(), "the demo submits figures");
    let mut entries = BTreeSet::new();
    for call in &calls {
        assert!(call.parent_span_id.is_empty(), "the client's call begins the trace");
        let served = only_below(call);
        assert_eq!((served.name.as_str(), served.kind()), (BATCH, SpanKind::Server));
        let followed = only_below(served);
        assert_eq!((followed.name.as_str(), attribute(followed, "method").as_str()), (FOLLOWED, BATCH));
        entries.insert((attribute(followed, "log"), attribute(followed, "log_index")));
    }
    assert_eq!(entries.len(), calls.len(), "every submission has an entry of its own");

    // Not only figures: whatever was followed continues the call that its node served.
    let served: BTreeMap<_, _> = spans
        .iter()
        .filter(|span| span.kind() == SpanKind::Server)
        .map(|span| ((&span.trace_id, &span.span_id), span.name.as_str()))
        .collect();
    for followed in spans.iter().filter(|span| span.name == FOLLOWED) {
        let call = served.get(&(&followed.trace_id, &followed.parent_span_id));
        assert_eq!(call, Some(&attribute(followed, "method").as_str()));
    }
}
