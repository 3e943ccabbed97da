//! Asks the policy, and hands its decision to the handler.

use std::sync::Arc;

use domain::{DomainError, Reason, Text};
use http::{Request, Response};
use policy::lists::{Denied, Policy, Rule};
use tonic::body::Body;

use super::{
    authn::Known,
    refuse,
    stage::{Handle, Next},
};
use crate::{
    caller::{self, Caller},
    tls::Peer,
};

#[derive(Clone, Debug)]
pub(super) struct Stage(Arc<Policy>);

impl Stage {
    pub(super) fn new(policy: Arc<Policy>) -> Self {
        Self(policy)
    }
}

impl Handle for Stage {
    async fn handle<N: Next>(self, mut request: Request<Body>, next: N) -> Response<Body> {
        let lang = caller::lang(request.headers());
        // Without a peer the layer above was left out; nobody is then allowed anything.
        let Some(Known { peer: Peer { principal, fingerprint }, directory_version }) =
            request.extensions_mut().remove::<Known>()
        else {
            let text = Text::new("未能识别调用者", "the caller was not identified");
            return refuse(&DomainError::new(Reason::PrincipalUnknown, text), lang);
        };
        match self.0.allow(&principal, request.uri().path()) {
            Ok(permit) => {
                request.extensions_mut().insert(Caller {
                    principal,
                    fingerprint,
                    lang,
                    permit,
                    signatures: Vec::new(),
                    directory_version,
                });
                next.run(request).await
            }
            Err(denied) => {
                tracing::warn!(principal = %denied.principal, rule = denied.rule.as_str(), "call refused");
                refuse(&refusal(&denied), lang)
            }
        }
    }
}

fn refusal(denied: &Denied) -> DomainError {
    let reason = match denied.rule {
        Rule::ForeignTrustDomain | Rule::NoGrant => Reason::PermissionDenied,
        // Members of the instance can list what is served by reflection, so this tells them nothing new, and clients that
        // probe for a method understand it.
        Rule::NotServed => Reason::NotImplemented,
    };
    DomainError::new(reason, Text::new(denied.zh(), denied.to_string()))
        .with_fact("principal", &denied.principal)
        .with_fact("method", &denied.method)
        .with_fact("rule", denied.rule.as_str())
        .with_fact("ask", &denied.ask)
}
