//! Finds out who calls, from the client certificate that the TLS layer verified.

use domain::{DomainError, Reason, Text};
use http::{Request, Response};
use tonic::{
    body::Body,
    transport::server::{TcpConnectInfo, TlsConnectInfo},
};

use super::{
    refuse,
    stage::{Handle, Next},
};
use crate::{caller, tls::Peer};

#[derive(Clone, Debug)]
pub(super) struct Stage;

impl Handle for Stage {
    async fn handle<N: Next>(self, mut request: Request<Body>, next: N) -> Response<Body> {
        let chain = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>().and_then(TlsConnectInfo::peer_certs);
        let leaf = chain.as_ref().and_then(|chain| chain.first());
        let peer = leaf.ok_or_else(nobody).and_then(|leaf| {
            Peer::of(leaf).map_err(|why| {
                tracing::warn!(%why, "a client certificate carries no principal");
                unknown(&why.to_string())
            })
        });
        match peer {
            Ok(peer) => {
                request.extensions_mut().insert(peer);
                next.run(request).await
            }
            Err(error) => refuse(&error, caller::lang(request.headers())),
        }
    }
}

fn nobody() -> DomainError {
    let text = Text::new(
        "连接没有出示客户端证书，请用本单位的证书连接",
        "no client certificate; connect with the one of your department",
    );
    DomainError::new(Reason::PrincipalUnknown, text)
}

fn unknown(why: &str) -> DomainError {
    let text = Text::new(
        format!("客户端证书不含合格的身份（{why}），请换用本系统签发的证书"),
        format!("the client certificate carries no identity ({why}); use one that this instance issued"),
    );
    DomainError::new(Reason::PrincipalUnknown, text).with_fact("why", why)
}
