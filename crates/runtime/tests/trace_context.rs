//! A trace that goes on in another place than the call that it began with.

use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use rstest::rstest;
use runtime::trace_context::TraceParent;
use tracing::subscriber::with_default;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn a_later_span_continues_the_trace_of_an_earlier_one() {
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    with_default(tracing_subscriber::registry().with(tracing_opentelemetry::layer().with_tracer(tracer)), || {
        let parent = tracing::info_span!("call").in_scope(TraceParent::current).unwrap();
        assert_eq!(TraceParent::parse(parent.as_str()), Some(parent.clone()));

        let later = tracing::info_span!(parent: None, "follow");
        parent.continue_in(&later);
        let context = later.context();
        let trace = context.span().span_context().trace_id().to_string();
        assert_eq!(parent.as_str().split('-').nth(1), Some(trace.as_str()));
    });
}

#[test]
fn without_a_span_or_without_telemetry_there_is_no_trace() {
    assert_eq!(TraceParent::current(), None);
    assert_eq!(tracing::info_span!("call").in_scope(TraceParent::current), None);
    TraceParent::parse(PARENT).unwrap().continue_in(&tracing::info_span!("follow"));
}

#[rstest]
#[case::empty("")]
#[case::a_word("traceparent")]
#[case::upper_case("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
#[case::no_trace("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
#[case::no_span("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
#[case::no_hexadecimal("00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01")]
#[case::forbidden_version("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
#[case::too_long("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")]
#[case::too_short("00-af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
fn what_is_malformed_is_as_good_as_none(#[case] text: &str) {
    assert_eq!(TraceParent::parse(text), None);
}

#[test]
fn what_is_well_formed_is_kept_as_it_came() {
    assert_eq!(TraceParent::parse(PARENT).unwrap().to_string(), PARENT);
}
