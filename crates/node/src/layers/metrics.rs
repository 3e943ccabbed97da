//! Counts every call with its code, those that were refused too.

use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use runtime::metrics::RpcMetrics;
use tonic::body::Body;

use super::stage::{Handle, Next};

/// `UNKNOWN`: the trailers carry no status.
const UNKNOWN: i32 = 2;

#[derive(Clone, Debug)]
pub(super) struct Stage(RpcMetrics);

impl Stage {
    pub(super) fn new(metrics: RpcMetrics) -> Self {
        Self(metrics)
    }
}

impl Handle for Stage {
    async fn handle(self, request: Request<Body>, next: Next) -> Response<Body> {
        let call = self.0.start(request.uri().path());
        let response = next.run(request).await;
        if let Some(code) = code(response.headers()) {
            call.finish(code);
            return response;
        }
        let mut call = Some(call);
        response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                if let Some(trailers) = frame.trailers_ref()
                    && let Some(call) = call.take()
                {
                    call.finish(code(trailers).unwrap_or(UNKNOWN));
                }
                frame
            }))
        })
    }
}

fn code(headers: &HeaderMap) -> Option<i32> {
    headers.get("grpc-status")?.to_str().ok()?.parse().ok()
}
