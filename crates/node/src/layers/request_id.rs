//! Gives every call an id that the caller, the log and the trace share.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Request, Response, header};
use tonic::body::Body;

use super::stage::{Handle, Next};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id taken over from a caller.
const LONGEST: usize = 128;
/// Headers that must not become attributes of a span.
const SECRET: [HeaderName; 3] = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];

/// Id of one call, for logs. It is not the `request_id` of a write, which makes a retry the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

#[derive(Clone, Debug)]
pub(super) struct Stage;

impl Handle for Stage {
    async fn handle(self, mut request: Request<Body>, next: Next) -> Response<Body> {
        let headers = request.headers_mut();
        for name in &SECRET {
            if let Some(value) = headers.get_mut(name) {
                value.set_sensitive(true);
            }
        }
        let id = headers.get(&HEADER).filter(|value| is_plain(value)).cloned().or_else(fresh);
        let Some(value) = id else { return next.run(request).await };
        headers.insert(&HEADER, value.clone());
        if let Ok(id) = value.to_str() {
            request.extensions_mut().insert(RequestId(id.into()));
        }
        let mut response = next.run(request).await;
        response.headers_mut().insert(&HEADER, value);
        response
    }
}

fn fresh() -> Option<HeaderValue> {
    HeaderValue::from_str(&uuid::Uuid::now_v7().to_string()).ok()
}

/// An id from outside is taken over only when it cannot disturb a log line.
fn is_plain(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=LONGEST).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
