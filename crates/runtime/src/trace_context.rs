//! The place of a call in its trace, as text: for work that goes on later and elsewhere, such as following a log.
//!
//! The text is W3C trace context (`traceparent`, <https://www.w3.org/TR/trace-context/>). It may come from a peer and nothing
//! signs it, so it joins spans and decides nothing: what is malformed is as good as none.

use std::{collections::HashMap, fmt};

use opentelemetry::{Context, propagation::TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const KEY: &str = "traceparent";
/// Length of version 00 in bytes. Later versions may be longer; no node of ours writes them.
const LENGTH: usize = 55;

/// A well-formed `traceparent`: trace, span in it, and whether it is sampled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent(String);

impl TraceParent {
    /// That of the current span. None outside of spans, and in a process without telemetry.
    #[must_use]
    pub fn current() -> Option<Self> {
        Self::of(&Span::current().context())
    }

    /// Reads what a peer sent. None when it is malformed, of another length than version 00, or names no trace or no span.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == LENGTH).then(|| Self::of(&context(text))).flatten()
    }

    fn of(context: &Context) -> Option<Self> {
        let mut carrier = HashMap::new();
        TraceContextPropagator::new().inject_context(context, &mut carrier);
        carrier.remove(KEY).map(Self)
    }

    /// Makes a span, which must be new, the continuation of this trace. Without telemetry nothing happens.
    pub fn continue_in(&self, span: &Span) {
        if let Err(error) = span.set_parent(context(&self.0)) {
            tracing::debug!(%error, "a trace is not continued");
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Extracted into an empty context, so that a malformed text never becomes the span that happens to be current.
fn context(text: &str) -> Context {
    let carrier = HashMap::from([(KEY.to_owned(), text.to_owned())]);
    TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier)
}
