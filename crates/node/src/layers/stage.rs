//! A layer as one async function, so that each layer is only its own rule.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service, ServiceExt as _};

type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// A service that can be below a layer.
pub(crate) trait Below:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static
{
}

impl<S> Below for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// What is below a layer. Its type is hidden: with a dozen layers it would be a dozen layers deep, and each layer would be
/// compiled for it.
#[derive(Clone)]
pub(crate) struct Next(Arc<dyn Fn(Request<Body>) -> Answer + Send + Sync>);

impl Next {
    fn new<S: Below>(inner: S) -> Self {
        Self(Arc::new(move |request| {
            let ready = inner.clone();
            Box::pin(async move {
                match ready.oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            })
        }))
    }

    /// Passes the request on.
    pub(super) fn run(self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send {
        (self.0)(request)
    }
}

/// The rule of a layer.
pub(super) trait Handle: Clone + Send + Sync + 'static {
    /// Answers the request, or passes it on.
    fn handle(self, request: Request<Body>, next: Next) -> impl Future<Output = Response<Body>> + Send;
}

/// The layer with this rule.
pub(super) fn layer<H: Handle>(rule: H) -> StageLayer<H> {
    StageLayer(rule)
}

#[derive(Clone, Debug)]
pub(super) struct StageLayer<H>(H);

impl<H: Handle, S: Below> Layer<S> for StageLayer<H> {
    type Service = Staged<H>;

    fn layer(&self, inner: S) -> Self::Service {
        Staged { rule: self.0.clone(), next: Next::new(inner) }
    }
}

#[derive(Clone)]
pub(super) struct Staged<H> {
    rule: H,
    next: Next,
}

impl<H: Handle> Service<Request<Body>> for Staged<H> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // What is below is asked whether it is ready when it is called.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = self.rule.clone().handle(request, self.next.clone());
        Box::pin(async move { Ok(answer.await) })
    }
}
