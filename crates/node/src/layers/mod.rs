//! What every call goes through before a handler sees it, in the order of [`stack`].

mod answer;
mod authn;
mod authz;
mod body;
mod deadline;
mod drain;
mod ending;
mod load;
mod metrics;
mod outcome;
mod reading;
mod receipt_level;
mod request_id;
mod signature;
mod stage;

use std::{sync::Arc, time::Duration};

use http::Response;
use runtime::{CancellationToken, metrics::RpcMetrics};
use tonic::{Status, body::Body, service::Routes};
use tower::Layer as _;
use tower_otel::trace::GrpcLayer;
use tracing::Level;

pub use deadline::{Budget, LEAST_USEFUL, REPLY_MARGIN};
pub use request_id::RequestId;

pub(crate) use authn::FromInside;
pub(crate) use signature::SIGNATURE;
pub(crate) use stage::Below;
use stage::Stages;

use crate::{access::Access, audit::Audit, served::Served, status, trust::Trust};

/// What the layers need to know.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) served: Arc<Served>,
    /// What may be done.
    pub(crate) access: Access,
    /// Who is a member, and with which keys.
    pub(crate) trust: Trust,
    /// Where refusals and reads by others are recorded.
    pub(crate) audit: Audit,
    pub(crate) metrics: RpcMetrics,
    /// Largest message in bytes.
    pub(crate) max_message: usize,
    /// Longest time for a call with one answer.
    pub(crate) ceiling: Duration,
    /// Calls at one time, and streams at one time.
    pub(crate) concurrent: usize,
    /// Cancelled when the server should stop.
    pub(crate) stop: CancellationToken,
}

/// Puts the layers around the services. The order is written here and nowhere else, outermost first.
pub(crate) fn stack(routes: Routes, rules: &Rules) -> impl Below + use<> {
    let Rules { served, access, trust, audit, metrics, max_message, ceiling, concurrent, stop } = rules.clone();
    let inside = Stages::default()
        // Inside the span, so that it does not see texts that quote what was submitted.
        .then(answer::Stage)
        // Outside authentication: refused calls are counted.
        .then(metrics::Stage::new(metrics))
        // Outside everything that refuses: each refusal is an event of the audit log.
        .then(outcome::Stage::new(Arc::clone(&served), audit.clone()))
        // Streams that would never end must end when the server does; outside the deadline, which they do not have.
        .then(drain::Stage::new(Arc::clone(&served), stop))
        // Before any work, so that a call without enough time costs nothing.
        .then(deadline::Stage::new(Arc::clone(&served), ceiling))
        // Who calls, and are they a member; a stream ends when they are one no more.
        .then(authn::Stage::new(Arc::clone(&served), trust.clone()))
        // May they; before anything is read or counted against a limit, so that a stranger cannot use up a department's. A
        // stream ends when they may no more.
        .then(authz::Stage::new(Arc::clone(&served), access))
        // Only for those who may; outside the limits, so that a read that cannot be recorded takes no place there.
        .then(reading::Stage::new(Arc::clone(&served), audit))
        // Before the body: what is buffered at one time is then at most this many messages.
        .then(load::Stage::new(Arc::clone(&served), concurrent))
        // Only the message of a call that will be served is read.
        .then(body::Stage::new(served, max_message))
        // What is not signed is not looked at by a handler.
        .then(signature::Stage::new(trust))
        // Last, because it is in force in the task of the handler.
        .then(receipt_level::Stage)
        .around(routes);
    // The id is a header by then, so it is an attribute of the span; every line below is logged inside the span.
    let traced = GrpcLayer::server(Level::INFO).layer(inside);
    // First: the answer carries the id whatever happens below.
    Stages::default().then(request_id::Stage).around(traced)
}

/// The answer to a refused call.
fn refuse(error: &domain::DomainError, lang: domain::Lang) -> Response<Body> {
    refused(status::status(error, lang))
}

/// The answer to a call that a layer refused with this status.
fn refused(status: Status) -> Response<Body> {
    let mut response = status.into_http();
    response.extensions_mut().insert(outcome::RefusedByLayer);
    response
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use http::Request;
    use runtime::{
        clock::{Clock as _, SystemClock},
        metrics::AuditMetrics,
        telemetry::TelemetryGuard,
    };
    use tonic::{Code, Status};
    use tonic_types::StatusExt;
    use tower::ServiceExt;

    use super::*;
    use crate::{
        access::{RulesSource, Traced},
        audit::{AuditConfig, AuditParts},
        department::Tables,
        projection::pool,
        trust::{TrustConfig, UnsignedWrites},
    };

    /// An audit log that takes records and writes none.
    async fn audit(folder: &std::path::Path, metrics: AuditMetrics) -> Audit {
        let url = format!("sqlite:{}", folder.join("node.db").display());
        let (audit, _writer) = Audit::new(AuditParts {
            store: store::Store::open_audit(&url).await.unwrap(),
            department: domain::DepartmentId::ecology(),
            signer: ledger::NoteSigner::generate("wufei.demo/dept/ecology/audit", [3; 32]).unwrap(),
            clock: Arc::new(SystemClock),
            config: AuditConfig::default(),
            metrics,
        });
        audit
    }

    /// A directory without members.
    fn trust() -> Trust {
        let dir = tempfile::tempdir().unwrap();
        let signer = pki::make_note_key("wufei.demo/directory").unwrap();
        pki::write_note_key(dir.path(), "directory", &signer, pki::PLAIN_NOTE).unwrap();
        let now = SystemClock.now();
        let document = directory::Document::first("wufei.demo", now, now + TimeDelta::days(1));
        let note = dir.path().join("directory.note");
        std::fs::write(&note, directory::Directory::sign(&document, &signer).unwrap()).unwrap();
        let config = TrustConfig {
            directory: note.into(),
            directory_key: dir.path().join("directory.vkey").into(),
            unsigned_writes: UnsignedWrites::Refuse,
            policy: None,
            grants: None,
        };
        Trust::open(&config, "wufei.demo", dir.path(), Arc::new(SystemClock)).unwrap()
    }

    #[tokio::test]
    async fn a_call_without_a_verified_certificate_is_unauthenticated_and_counted() {
        let telemetry = TelemetryGuard::detached("ecology").unwrap();
        let served = Served::of(pool(), ["wufei.log.v1.LogService"]).unwrap();
        let source = RulesSource {
            instance: "wufei.demo".to_owned(),
            policy: None,
            grants: None,
            resources: Tables::embedded().unwrap().data_resources,
            ask: "管理员".to_owned(),
        };
        let dir = tempfile::tempdir().unwrap();
        let audit = audit(dir.path(), AuditMetrics::new(&telemetry.meter("ecology"))).await;
        let (trust, node) = (trust(), domain::DepartmentId::ecology());
        let access =
            Access::open(source, trust.clone(), node, served.methods(), Arc::new(SystemClock), Arc::new(Traced));
        let rules = Rules {
            audit,
            metrics: RpcMetrics::new(&telemetry.meter("ecology"), served.paths()),
            served: Arc::new(served),
            access: access.unwrap(),
            trust,
            max_message: 1024,
            ceiling: Duration::from_secs(1),
            concurrent: 1,
            stop: CancellationToken::new(),
        };
        let request = Request::builder().uri("/wufei.log.v1.LogService/GetCheckpoint").body(Body::empty()).unwrap();
        let response = stack(Routes::default(), &rules).oneshot(request).await.unwrap();
        let status = Status::from_header_map(response.headers()).unwrap();
        assert_eq!(status.code(), Code::Unauthenticated);
        assert_eq!(status.get_error_details().error_info().unwrap().reason, "PRINCIPAL_UNKNOWN");
        let text = telemetry.scrape().text().unwrap();
        assert!(text.contains("UNAUTHENTICATED"), "{text}");
    }
}
