//! Asks the policies, and hands their decision to the handler. A stream of answers ends when they would not allow it any more.

use std::sync::Arc;

use domain::{DomainError, Reason, Text};
use http::{Request, Response};
use tonic::body::Body;

use super::{
    authn::Known,
    ending::ending,
    refuse,
    stage::{Handle, Next},
};
use crate::{
    access::{Access, Asked},
    caller::{self, Caller},
    served::Served,
    status,
    tls::Peer,
};

#[derive(Clone, Debug)]
pub(super) struct Stage {
    served: Arc<Served>,
    access: Access,
}

impl Stage {
    pub(super) fn new(served: Arc<Served>, access: Access) -> Self {
        Self { served, access }
    }
}

impl Handle for Stage {
    async fn handle(self, mut request: Request<Body>, next: Next) -> Response<Body> {
        let lang = caller::lang(request.headers());
        // Without a peer the layer above was left out; nobody is then allowed anything.
        let Some(Known { peer: Peer { principal, fingerprint } }) = request.extensions_mut().remove::<Known>() else {
            let text = Text::new("未能识别调用者", "the caller was not identified");
            return refuse(&DomainError::new(Reason::PrincipalUnknown, text), lang);
        };
        let (method, purpose) = (request.uri().path().to_owned(), caller::purpose(request.headers()));
        let streams = self.served.get(&method).is_some_and(|method| !method.shape.one_answer());
        let caller = match self.access.admit(Asked { principal, fingerprint, method, purpose }, lang) {
            Ok(caller) => caller,
            Err(error) => return refuse(&error, lang),
        };
        let lasting = streams.then(|| caller.clone());
        request.extensions_mut().insert::<Caller>(caller);
        let response = next.run(request).await;
        match lasting {
            Some(caller) => ending(response, async move { status::status(&caller.ended().await, lang) }),
            None => response,
        }
    }
}
