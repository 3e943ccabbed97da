//! A layer as one async function, so that each layer is only its own rule.

use std::{
    convert::Infallible,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};

/// What is below a layer.
pub(crate) trait Next:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
    /// Passes the request on.
    fn run(mut self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send {
        let answer = self.call(request);
        async move {
            match answer.await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
    }
}

impl<S> Next for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

/// The rule of a layer.
pub(super) trait Handle: Clone + Send + Sync + 'static {
    /// Answers the request, or passes it on.
    fn handle<N: Next>(self, request: Request<Body>, next: N) -> impl Future<Output = Response<Body>> + Send;
}

/// The layer with this rule.
pub(super) fn layer<H: Handle>(rule: H) -> StageLayer<H> {
    StageLayer(rule)
}

#[derive(Clone, Debug)]
pub(super) struct StageLayer<H>(H);

impl<H: Handle, S> Layer<S> for StageLayer<H> {
    type Service = Staged<H, S>;

    fn layer(&self, inner: S) -> Self::Service {
        Staged { rule: self.0.clone(), inner }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Staged<H, S> {
    rule: H,
    inner: S,
}

impl<H: Handle, S: Next> Service<Request<Body>> for Staged<H, S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The clone takes the place of the service that was polled ready, which is the one to call (tower's `Service`).
        let fresh = self.inner.clone();
        let ready = mem::replace(&mut self.inner, fresh);
        let answer = self.rule.clone().handle(request, ready);
        Box::pin(async move { Ok(answer.await) })
    }
}
