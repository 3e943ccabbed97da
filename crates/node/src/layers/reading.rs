//! Gives data of the department to others only with a record in the audit log.
//!
//! An answer of one message is held back until its record, with the digest of the answer, is on disk. A stream is opened after
//! the record of its opening is on disk; when it ends, a second record says how many messages went out and their digest.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use contracts::log::v1::{AuditEvent, AuditRecord};
use domain::Lang;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use policy::{Access, Permit};
use tonic::{Status, body::Body};

use super::{
    outcome::{Refusal, RefusedByLayer, call},
    refuse,
    stage::{Handle, Next},
};
use crate::{
    audit::{AnswerDigest, Answered, Audit, LONGEST_WAIT, unavailable},
    caller::Caller,
    served::Served,
};

/// Reading it is an event of its own, and nobody's own business.
const AUDIT_LOG: &str = "/wufei.log.v1.AuditLogService/";
/// They describe the exchange and hold no department's data; every member may read them.
const DESCRIPTIONS: [&str; 2] = ["/wufei.catalog.v1.CatalogService/", "/wufei.directory.v1.DirectoryService/"];

#[derive(Clone, Debug)]
pub(super) struct Stage {
    served: Arc<Served>,
    audit: Audit,
}

impl Stage {
    pub(super) fn new(served: Arc<Served>, audit: Audit) -> Self {
        Self { served, audit }
    }

    /// What has to be recorded of this call; none for a write, for a department's own read, and for descriptions.
    fn read(&self, request: &Request<Body>) -> Option<Read> {
        let path = request.uri().path();
        let method = self.served.get(path).filter(|method| method.access == Access::Read && !method.standard)?;
        let caller = request.extensions().get::<Caller>()?;
        let of_audit_log = path.starts_with(AUDIT_LOG);
        let own = caller.principal.department() == Some(self.audit.department().as_str());
        if !of_audit_log && (own || DESCRIPTIONS.iter().any(|service| path.starts_with(service))) {
            return None;
        }
        let event = if of_audit_log { AuditEvent::AuditRead } else { AuditEvent::DataRead };
        let record = AuditRecord {
            event: event.into(),
            principal: caller.principal.to_string(),
            certificate_fingerprint: caller.fingerprint.clone(),
            ..call(request, &self.served)
        };
        Some(Read { record, permit: caller.permit.clone(), lang: caller.lang, streams: !method.shape.one_answer() })
    }
}

/// A read by others.
#[derive(Debug)]
struct Read {
    record: AuditRecord,
    permit: Permit,
    lang: Lang,
    streams: bool,
}

impl Read {
    /// The record as far as it is known now; the rows of an answer may have needed more grants.
    fn record(&self, answered: Answered, refusal: Option<&Refusal>) -> AuditRecord {
        let basis = self.permit.basis();
        let grants: Vec<_> = self.permit.grants().into_iter().collect();
        let purpose = basis.purpose.as_deref().map_or_else(|| self.record.purpose.clone(), str::to_owned);
        AuditRecord {
            purpose,
            grant: grants.join(" "),
            rule: basis.rule.to_string(),
            answer_digest: answered.digest.map(|digest| digest.as_bytes().to_vec()).unwrap_or_default(),
            answer_count: answered.count,
            reason: refusal.map(|refusal| refusal.reason.as_str().to_owned()).unwrap_or_default(),
            ..self.record.clone()
        }
    }
}

impl Handle for Stage {
    async fn handle(self, request: Request<Body>, next: Next) -> Response<Body> {
        let Some(read) = self.read(&request) else { return next.run(request).await };
        if read.streams {
            stream(self.audit, read, request, next).await
        } else {
            unary(&self.audit, read, request, next).await
        }
    }
}

async fn unary(audit: &Audit, read: Read, request: Request<Body>, next: Next) -> Response<Body> {
    // Before the work, so that a read that cannot be recorded costs nothing.
    let place = match audit.place() {
        Ok(place) => place,
        Err(error) => return refuse(&error, read.lang),
    };
    let response = next.run(request).await;
    if response.extensions().get::<RefusedByLayer>().is_some() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let collected = match body.collect().await {
        Ok(collected) => collected,
        Err(status) => return status.into_http(),
    };
    let trailers = collected.trailers().cloned();
    let bytes = collected.to_bytes();
    let mut digest = AnswerDigest::default();
    digest.pass(&bytes);
    let refusal = Refusal::of(&parts.headers).or_else(|| trailers.as_ref().and_then(Refusal::of));
    if let Err(error) = place.record(read.record(digest.answered(), refusal.as_ref())).await {
        return refuse(&error, read.lang);
    }
    let body = match trailers {
        Some(trailers) => Body::new(Full::new(bytes).with_trailers(async { Some(Ok(trailers)) })),
        None if bytes.is_empty() => Body::empty(),
        None => Body::new(Full::new(bytes)),
    };
    Response::from_parts(parts, body)
}

async fn stream(audit: Audit, read: Read, request: Request<Body>, next: Next) -> Response<Body> {
    let opened = async {
        let opening = audit.place()?.record(read.record(Answered::default(), None));
        tokio::time::timeout(LONGEST_WAIT, opening).await.map_err(|_elapsed| unavailable())?
    };
    if let Err(error) = opened.await {
        return refuse(&error, read.lang);
    }
    let response = next.run(request).await;
    let refusal = Refusal::of(response.headers());
    let mut ended = Ended { audit, read, digest: AnswerDigest::default(), refusal };
    response.map(|inner| {
        if http_body::Body::is_end_stream(&inner) {
            return inner; // A refusal; dropping `ended` records the end.
        }
        ended.refusal = None;
        Body::new(Passing { inner, ended })
    })
}

/// The end of a stream: recorded when this is dropped, whoever ends it.
struct Ended {
    audit: Audit,
    read: Read,
    digest: AnswerDigest,
    refusal: Option<Refusal>,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.audit.ended(self.read.record(self.digest.answered(), self.refusal.as_ref()));
    }
}

struct Passing {
    inner: Body,
    ended: Ended,
}

impl Passing {
    fn trailers(&mut self, trailers: &HeaderMap) {
        self.ended.refusal = Refusal::of(trailers);
    }
}

impl http_body::Body for Passing {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            if let Some(data) = frame.data_ref() {
                self.ended.digest.pass(data);
            } else if let Some(trailers) = frame.trailers_ref() {
                self.trailers(trailers);
            }
        }
        frame
    }
}
