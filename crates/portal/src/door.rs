//! Mutual TLS with browsers: the handshake verifies the client certificate, and the identity in it is the visitor.

use std::{io, time::Duration};

use axum::{
    extract::{ConnectInfo, Request, connect_info::Connected},
    serve::{IncomingStream, Listener},
};
use dashboard::Visitor;
use node::{inside::Person, tls::ServerTls};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::source::visitor;

/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Handshakes at one time; what is beyond waits in the queue of the system.
const HANDSHAKES: usize = 64;
/// Pause after the system refused to accept, for example because it has no file handles left.
const PAUSE: Duration = Duration::from_millis(100);

/// Lets browsers in that show a certificate of our authorities.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    tls: ServerTls,
    shaking: JoinSet<Option<(TlsStream<TcpStream>, Peer)>>,
}

/// Who is on the other end.
#[derive(Clone, Debug)]
pub struct Peer(Option<Visitor>);

impl Door {
    /// A door at a listener that is bound.
    #[must_use]
    pub fn new(listener: TcpListener, tls: ServerTls) -> Self {
        Self { listener, tls, shaking: JoinSet::new() }
    }

    /// A certificate that was renewed is shown from the next connection on.
    fn acceptor(&self) -> TlsAcceptor {
        if let Err(error) = self.tls.reload() {
            tracing::warn!(%error, "the certificate of the pages was not read again");
        }
        TlsAcceptor::from(self.tls.http1())
    }
}

impl Listener for Door {
    type Io = TlsStream<TcpStream>;
    type Addr = Peer;

    async fn accept(&mut self) -> (Self::Io, Peer) {
        loop {
            tokio::select! {
                Some(shaken) = self.shaking.join_next() => match shaken {
                    Ok(Some(connection)) => return connection,
                    Ok(None) => {}
                    Err(error) => tracing::error!(%error, "a handshake did not end"),
                },
                accepted = self.listener.accept(), if self.shaking.len() < HANDSHAKES => match accepted {
                    Ok((stream, _address)) => {
                        let acceptor = self.acceptor();
                        self.shaking.spawn(shake(acceptor, stream));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection to the pages");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer(None))
    }
}

async fn shake(acceptor: TlsAcceptor, stream: TcpStream) -> Option<(TlsStream<TcpStream>, Peer)> {
    let shaken = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await;
    let stream = match shaken {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a handshake with a browser failed");
            return None;
        }
        Err(_elapsed) => return None,
    };
    let leaf = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let person = leaf.and_then(|leaf| Person::of_certificate(leaf).ok());
    let peer = Peer(person.as_ref().map(visitor));
    Some((stream, peer))
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Tells the pages who looks.
pub async fn known(ConnectInfo(Peer(visitor)): ConnectInfo<Peer>, mut request: Request) -> Request {
    if let Some(visitor) = visitor {
        request.extensions_mut().insert(visitor);
    }
    request
}
