//! Bounds the calls at one time. More are refused at once: a queue would only make everybody late.

use std::sync::Arc;

use domain::{DomainError, Reason, Text};
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::sync::Semaphore;
use tonic::body::Body;

use super::{
    refuse,
    stage::{Handle, Next},
};
use crate::{caller, served::Served};

#[derive(Clone, Debug)]
pub(super) struct Stage {
    served: Arc<Served>,
    limit: usize,
    calls: Arc<Semaphore>,
    /// Streams have places of their own: long-lived readers must not keep a department from submitting.
    streams: Arc<Semaphore>,
}

impl Stage {
    pub(super) fn new(served: Arc<Served>, limit: usize) -> Self {
        Self { served, limit, calls: Arc::new(Semaphore::new(limit)), streams: Arc::new(Semaphore::new(limit)) }
    }
}

impl Handle for Stage {
    async fn handle<N: Next>(self, request: Request<Body>, next: N) -> Response<Body> {
        let Some(method) = self.served.get(request.uri().path()).filter(|method| !method.standard) else {
            return next.run(request).await;
        };
        let streams = !method.shape.one_answer();
        let places = if streams { self.streams } else { self.calls };
        let Ok(place) = places.try_acquire_owned() else {
            return refuse(&full(self.limit), caller::lang(request.headers()));
        };
        let response = next.run(request).await;
        if !streams {
            return response;
        }
        // The place is free again when the last answer is sent or the reader has gone.
        response.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _held = &place;
                frame
            }))
        })
    }
}

fn full(limit: usize) -> DomainError {
    let text = Text::new(
        format!("同时处理的请求已达上限 {limit}，请稍后重试"),
        format!("the server is at its limit of {limit} calls at one time; try again later"),
    );
    DomainError::new(Reason::TooManyRequests, text).with_fact("limit", limit)
}
