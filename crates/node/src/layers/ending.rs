//! A stream of answers that can be ended from outside.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::Frame;
use tonic::{Status, body::Body};

type End = Pin<Box<dyn Future<Output = Status> + Send>>;

/// Ends the stream of a response with the status of `end` when that comes first.
pub(super) fn ending(response: Response<Body>, end: impl Future<Output = Status> + Send + 'static) -> Response<Body> {
    response.map(|inner| {
        if http_body::Body::is_end_stream(&inner) {
            return inner; // A refusal: the status is in the headers.
        }
        Body::new(Ending { inner, end: Some(Box::pin(end)) })
    })
}

struct Ending {
    inner: Body,
    end: Option<End>,
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(end) = self.end.as_mut() else { return Poll::Ready(None) };
        let Poll::Ready(status) = end.as_mut().poll(cx) else { return Pin::new(&mut self.inner).poll_frame(cx) };
        self.end = None;
        self.inner = Body::empty(); // Lets the handler's stream go.
        let mut trailers = HeaderMap::new();
        let added = status.add_header(&mut trailers);
        Poll::Ready(Some(added.map(|()| Frame::trailers(trailers))))
    }
}
