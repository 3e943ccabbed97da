//! Ends streams that have no end of their own when the server stops, so that draining does not wait for them.

use std::sync::Arc;

use domain::{DomainError, Lang, Reason, Text};
use http::{Request, Response};
use runtime::CancellationToken;
use tonic::{Status, body::Body};

use super::{
    ending::ending,
    stage::{Handle, Next},
};
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
    async fn handle(self, request: Request<Body>, next: Next) -> Response<Body> {
        let endless = self.served.get(request.uri().path()).is_some_and(|method| method.endless);
        if !endless {
            return next.run(request).await;
        }
        let lang = caller::lang(request.headers());
        let response = next.run(request).await;
        let stopped = self.stop.cancelled_owned();
        ending(response, async move {
            stopped.await;
            stopping(lang)
        })
    }
}

/// `UNAVAILABLE`: the caller goes on elsewhere, or later, from its cursor.
fn stopping(lang: Lang) -> Status {
    let text =
        Text::new("服务正在停止，请稍后从已收到的位置继续", "the server is stopping; go on later from where you are");
    status::status(&DomainError::new(Reason::ServiceUnavailable, text), lang)
}
