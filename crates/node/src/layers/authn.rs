//! Finds out who calls: the client certificate that the TLS layer verified says the name, the directory in force says what
//! the name is worth. A stream of answers ends when its caller is a member no more.

use std::sync::{Arc, Mutex, PoisonError};

use domain::{DomainError, Reason, Text};
use hashlink::LruCache;
use http::{Request, Response};
use tonic::{
    body::Body,
    transport::server::{TcpConnectInfo, TlsConnectInfo},
};

use super::{
    ending::ending,
    outcome::Seen,
    refuse,
    stage::{Handle, Next},
};
use crate::{
    caller,
    served::Served,
    status,
    tls::{NoPrincipal, Peer},
    trust::Trust,
};

#[derive(Clone, Debug)]
pub(super) struct Stage {
    served: Arc<Served>,
    trust: Trust,
    peers: Peers,
}

/// A member who calls.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) peer: Peer,
}

impl Stage {
    pub(super) fn new(served: Arc<Served>, trust: Trust) -> Self {
        Self { served, trust, peers: Peers::new() }
    }

    fn known(&self, request: &Request<Body>) -> Result<Known, DomainError> {
        let peer = match request.extensions().get::<FromInside>() {
            Some(FromInside(peer)) => peer.clone(),
            None => self.of_connection(request)?,
        };
        Seen::peer(request, &peer);
        self.trust.member(&peer.principal, &peer.fingerprint).inspect_err(|why| {
            tracing::warn!(principal = %peer.principal, fingerprint = peer.fingerprint, %why, "no member calls");
        })?;
        Ok(Known { peer })
    }

    /// Who is on the other end of the connection.
    fn of_connection(&self, request: &Request<Body>) -> Result<Peer, DomainError> {
        let chain = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>().and_then(TlsConnectInfo::peer_certs);
        let leaf = chain.as_ref().and_then(|chain| chain.first()).ok_or_else(nobody)?;
        self.peers.of(leaf).map_err(|why| {
            tracing::warn!(%why, "a client certificate carries no principal");
            unknown(&why.to_string())
        })
    }
}

/// Most certificates of which the identity is kept; the one that was longest unused goes first.
const MOST_PEERS: usize = 1024;

/// Who verified certificates name: a connection shows one and makes many calls.
#[derive(Clone, Debug)]
struct Peers(Arc<Mutex<LruCache<Vec<u8>, Peer>>>);

impl Peers {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(MOST_PEERS))))
    }

    fn of(&self, leaf: &[u8]) -> Result<Peer, NoPrincipal> {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(leaf) {
            return Ok(known.clone());
        }
        let peer = Peer::of(leaf)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(leaf.to_vec(), peer.clone());
        Ok(peer)
    }
}

impl Handle for Stage {
    async fn handle(self, mut request: Request<Body>, next: Next) -> Response<Body> {
        let lang = caller::lang(request.headers());
        let known = match self.known(&request) {
            Ok(known) => known,
            Err(error) => return refuse(&error, lang),
        };
        let streams = self.served.get(request.uri().path()).is_some_and(|method| !method.shape.one_answer());
        let Peer { principal, fingerprint } = known.peer.clone();
        request.extensions_mut().insert(known);
        let response = next.run(request).await;
        if !streams {
            return response;
        }
        ending(response, async move { status::status(&self.trust.ended(principal, fingerprint).await, lang) })
    }
}

/// Who calls from inside this process; [`crate::inside`] puts it there. Nothing that comes over a connection can.
#[derive(Clone, Debug)]
pub(crate) struct FromInside(pub(crate) Peer);

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
