//! Ends streams that have no end of their own when the server stops, so that draining does not wait for them.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use domain::{DomainError, Lang, Reason, Text};
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use runtime::CancellationToken;
use tonic::{Status, body::Body};

use super::stage::{Handle, Next};
use crate::{caller, served::Served, status};

#[derive(Clone, Debug)]
pub(super) struct Stage {
    served: Arc<Served>,
    stop: CancellationToken,
}

impl Stage {
    pub(super) fn new(served: Arc<Served>, stop: CancellationToken) -> Self {
        Self { served, stop }
    }
}

impl Handle for Stage {
    async fn handle<N: Next>(self, request: Request<Body>, next: N) -> Response<Body> {
        let endless = self.served.get(request.uri().path()).is_some_and(|method| method.endless);
        if !endless {
            return next.run(request).await;
        }
        let lang = caller::lang(request.headers());
        let response = next.run(request).await;
        response.map(|inner| {
            if http_body::Body::is_end_stream(&inner) {
                return inner; // A refusal: the status is in the headers.
            }
            let stopped: Stopped = Box::pin(self.stop.cancelled_owned());
            Body::new(Ending { inner, stopped: Some(stopped), lang })
        })
    }
}

type Stopped = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A stream of answers that ends with `UNAVAILABLE` when the server stops: the caller goes on elsewhere, or later, from its
/// cursor.
struct Ending {
    inner: Body,
    stopped: Option<Stopped>,
    lang: Lang,
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(stopped) = self.stopped.as_mut() else { return Poll::Ready(None) };
        if stopped.as_mut().poll(cx).is_pending() {
            return Pin::new(&mut self.inner).poll_frame(cx);
        }
        self.stopped = None;
        self.inner = Body::empty(); // Lets the handler's stream go.
        let mut trailers = HeaderMap::new();
        let end = stopping(self.lang).add_header(&mut trailers);
        Poll::Ready(Some(end.map(|()| Frame::trailers(trailers))))
    }
}

fn stopping(lang: Lang) -> Status {
    let text =
        Text::new("服务正在停止，请稍后从已收到的位置继续", "the server is stopping; go on later from where you are");
    status::status(&DomainError::new(Reason::ServiceUnavailable, text), lang)
}
