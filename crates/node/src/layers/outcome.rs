//! Notes every refusal in the audit log, whichever layer or handler it comes from, and every stream that is ended because its
//! caller may not read on.

use std::sync::{Arc, OnceLock};

use contracts::log::v1::{AuditEvent, AuditRecord};
use domain::Reason;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use tonic::{Status, body::Body};
use tonic_types::StatusExt;

use super::{
    RequestId,
    stage::{Handle, Next},
};
use crate::{
    audit::{Audit, of_ended_stream, of_refusal},
    caller,
    served::Served,
    tls::Peer,
};

/// Longest purpose that is recorded, in bytes; none that a grant names is longer.
const LONGEST_PURPOSE: usize = 128;

#[derive(Clone, Debug)]
pub(super) struct Stage {
    served: Arc<Served>,
    audit: Audit,
}

impl Stage {
    pub(super) fn new(served: Arc<Served>, audit: Audit) -> Self {
        Self { served, audit }
    }
}

/// Who calls, as the layers below find out. Filled in where the certificate is read, so that a refusal has a name too.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(Arc<OnceLock<Peer>>);

impl Seen {
    /// Notes who calls.
    pub(super) fn peer(request: &Request<Body>, peer: &Peer) {
        if let Some(seen) = request.extensions().get::<Self>() {
            let _again = seen.0.set(peer.clone());
        }
    }
}

/// Marks the answer of a layer that refused the call before a handler saw it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RefusedByLayer;

impl Handle for Stage {
    async fn handle(self, mut request: Request<Body>, next: Next) -> Response<Body> {
        let seen = Seen::default();
        request.extensions_mut().insert(seen.clone());
        let call = call(&request, &self.served);
        let response = next.run(request).await;
        let by_layer = response.extensions().get::<RefusedByLayer>().is_some();
        if let Some(refusal) = Refusal::of(response.headers()) {
            let event = of_refusal(refusal.reason, by_layer, !refusal.rule.is_empty());
            note(&self.audit, event, refusal, &call, &seen);
            return response;
        }
        if http_body::Body::is_end_stream(response.body()) {
            return response;
        }
        let audit = self.audit;
        response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                if let Some(refusal) = frame.trailers_ref().and_then(Refusal::of) {
                    let event = of_ended_stream(refusal.reason);
                    note(&audit, event, refusal, &call, &seen);
                }
                frame
            }))
        })
    }
}

fn note(audit: &Audit, event: Option<AuditEvent>, refusal: Refusal, call: &AuditRecord, seen: &Seen) {
    let Some(event) = event else { return };
    let peer = seen.0.get();
    audit.note(AuditRecord {
        event: event.into(),
        principal: peer.map(|peer| peer.principal.to_string()).unwrap_or_default(),
        certificate_fingerprint: peer.map(|peer| peer.fingerprint.clone()).unwrap_or_default(),
        reason: refusal.reason.as_str().to_owned(),
        rule: refusal.rule,
        grant: refusal.grant,
        ..call.clone()
    });
}

/// What is known of a call before anybody looks at its caller. A path that is not served is not repeated: a stranger could
/// fill the log with texts of its own.
pub(super) fn call(request: &Request<Body>, served: &Served) -> AuditRecord {
    let path = request.uri().path();
    let known = served.get(path).is_some();
    let purpose = caller::purpose(request.headers());
    AuditRecord {
        method: if known { path.trim_start_matches('/').to_owned() } else { "unknown".to_owned() },
        purpose: purpose.filter(|purpose| purpose.len() <= LONGEST_PURPOSE).unwrap_or_default(),
        call_id: request.extensions().get::<RequestId>().map(|id| id.0.to_string()).unwrap_or_default(),
        ..AuditRecord::default()
    }
}

/// What a status says of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: Reason,
    rule: String,
    grant: String,
}

impl Refusal {
    /// The refusal in the headers or trailers of an answer; none in those of a good one.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let info = Status::from_header_map(headers)?.get_error_details().error_info().cloned()?;
        let fact = |name: &str| info.metadata.get(name).cloned().unwrap_or_default();
        Some(Self { reason: Reason::parse(&info.reason)?, rule: fact("rule"), grant: fact("grant") })
    }
}
