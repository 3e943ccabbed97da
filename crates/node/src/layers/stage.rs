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
use tower::{Service, ServiceExt as _};

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
    fn service<S: Below>(service: S) -> Self {
        Self(Arc::new(move |request| {
            let ready = service.clone();
            Box::pin(async move {
                match ready.oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            })
        }))
    }

    fn stage<H: Handle>(rule: H, below: Self) -> Self {
        Self(Arc::new(move |request| Box::pin(rule.clone().handle(request, below.clone()))))
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

/// Layers, outermost first.
#[derive(Default)]
pub(super) struct Stages(Vec<Box<dyn FnOnce(Next) -> Next>>);

impl Stages {
    /// A layer inside those before.
    pub(super) fn then<H: Handle>(mut self, rule: H) -> Self {
        self.0.push(Box::new(|below| Next::stage(rule, below)));
        self
    }

    /// Puts them around a service.
    pub(super) fn around<S: Below>(self, service: S) -> Staged {
        Staged(self.0.into_iter().rev().fold(Next::service(service), |below, stage| stage(below)))
    }
}

/// A service inside its layers. Each layer is one future, and not one for itself and one for what is below it: a request goes
/// through all of them.
#[derive(Clone)]
pub(super) struct Staged(Next);

impl Service<Request<Body>> for Staged {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answered;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // What is below is asked whether it is ready when it is called.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Answered((self.0.0)(request))
    }
}

/// An answer that is always one: what is refused is answered too.
pub(super) struct Answered(Answer);

impl Future for Answered {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}
