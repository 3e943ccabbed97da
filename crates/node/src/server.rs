//! The gRPC server of every service: mutual TLS, the layers, health and reflection around the services it is given.

use std::{convert::Infallible, io, net::SocketAddr, pin::Pin, sync::Arc, task, time::Duration};

use domain::DepartmentId;
use futures_util::stream;
use http::Request;
use runtime::{Context, config::Limits, metrics::RpcMetrics, readiness::Readiness};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tonic::{
    body::Body,
    server::NamedService,
    service::RoutesBuilder,
    transport::{
        Server,
        server::{Connected, TcpConnectInfo},
    },
};
use tonic_health::server::HealthReporter;
use tower::Service;

use crate::{
    access::{Access, Decisions, RulesError, RulesSource},
    audit::Audit,
    health,
    inside::Inside,
    layers::{self, Rules},
    projection::pool,
    served::{Served, UnknownService},
    tls::ServerTls,
    trust::Trust,
};

/// Streams that one connection may have open; what is beyond waits in the client.
const STREAMS_PER_CONNECTION: u32 = 200;
/// Request headers of one call in bytes.
const HEADER_LIST_BYTES: u32 = 16 * 1024;
/// A connection that says nothing is asked this often whether it is alive; without it, a peer that vanished without a word
/// keeps its streams for ever.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(20);
/// The time for the answer to that.
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(10);
/// Pause after the system refused to accept, for example because it has no file handles left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The services that a server is to serve.
#[derive(Clone, Debug, Default)]
pub struct Services {
    routes: RoutesBuilder,
    names: Vec<&'static str>,
}

impl Services {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a generated server, for example `CatalogServiceServer::new(…)`.
    #[must_use]
    pub fn with<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes.add_service(service);
        self
    }

    /// Services that were added to a router already, with their full names; what is left out is not served.
    #[must_use]
    pub fn of(routes: RoutesBuilder, names: Vec<&'static str>) -> Self {
        Self { routes, names }
    }

    /// Full names of the services.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }
}

/// What a server is told by its configuration.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Mutual TLS.
    pub tls: ServerTls,
    /// Who is a member of the instance, and with which keys members sign.
    pub trust: Trust,
    /// Where policies and grants come from.
    pub rules: RulesSource,
    /// The department whose server it is.
    pub department: DepartmentId,
    /// Is told of every decision of the policies.
    pub decisions: Arc<dyn Decisions>,
    /// Where refusals and reads by others are recorded; its writer has to run.
    pub audit: Audit,
    /// What the server takes at most.
    pub limits: Limits,
    /// After this time a connection is closed when its calls have ended, so that load spreads over replicas. None for ever.
    pub max_connection_age: Option<Duration>,
}

/// Why a server cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Policies or grants are not usable, or a served method has no rule.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A service is not part of the contracts.
    #[error(transparent)]
    Service(#[from] UnknownService),
    /// The descriptors cannot be served by reflection.
    #[error("reflection cannot be set up")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// Serving failed.
    #[error("gRPC transport failed")]
    Transport(#[from] tonic::transport::Error),
    /// The address is not known.
    #[error("the listener has no address")]
    Listener(#[from] io::Error),
}

/// A server that is bound and does not serve yet.
#[derive(Debug)]
pub struct GrpcServer {
    listener: TcpListener,
    address: SocketAddr,
    server: Server,
    routes: RoutesBuilder,
    names: Vec<&'static str>,
    rules: Rules,
    limits: Limits,
    tls: ServerTls,
    reporter: HealthReporter,
    readiness: Readiness,
}

impl GrpcServer {
    /// Puts a server together on a listener that is already bound; port 0 works.
    ///
    /// # Errors
    /// When a served method has no rule, or the policies or the grants have faults.
    pub fn new(
        listener: TcpListener,
        settings: ServerSettings,
        services: Services,
        ctx: &Context,
    ) -> Result<Self, ServerError> {
        let ServerSettings { tls, trust, rules, department, decisions, audit, limits, max_connection_age } = settings;
        let Services { mut routes, names } = services;
        let served = Served::of(pool(), names.iter().copied())?;
        let clock = Arc::clone(&ctx.clock);
        let access = Access::open(rules, trust.clone(), department, served.methods(), clock, decisions)?;
        let metrics = RpcMetrics::new(&ctx.meter, served.paths());

        let (reporter, health) = tonic_health::server::health_reporter();
        routes.add_service(health);
        routes.add_service(reflection(&names)?);

        let mut server = Server::builder()
            .max_concurrent_streams(STREAMS_PER_CONNECTION)
            .http2_max_header_list_size(HEADER_LIST_BYTES)
            .http2_keepalive_interval(Some(KEEPALIVE_EVERY))
            .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER));
        if let Some(age) = max_connection_age {
            server = server.max_connection_age(age);
        }
        let rules = Rules {
            served: Arc::new(served),
            access,
            trust,
            audit,
            metrics,
            max_message: limits.max_message_bytes,
            ceiling: limits.deadline_ceiling(),
            concurrent: limits.concurrent_requests,
            stop: ctx.stop.clone(),
        };
        let address = listener.local_addr()?;
        let readiness = ctx.readiness.clone();
        Ok(Self { listener, address, server, routes, names, rules, limits, tls, reporter, readiness })
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The same services and layers for calls from inside this process. It has places of its own for calls at one time, so that
    /// people at their pages keep no department from submitting.
    #[must_use]
    pub fn inside(&self) -> Inside {
        Inside::new(layers::stack(self.routes.clone().routes().prepare(), &self.rules), self.access())
    }

    /// Who may do what on it. Somebody has to [watch](Access::watch) its files.
    #[must_use]
    pub fn access(&self) -> Access {
        self.rules.access.clone()
    }

    /// Serves until the context's stop token is cancelled; then it takes no new connection, ends the streams that have no
    /// end of their own, and comes back when the last call is answered.
    ///
    /// # Errors
    /// When the transport fails.
    pub async fn serve(self) -> Result<(), ServerError> {
        let Self { listener, address, server, routes, names, rules, limits, tls, reporter, readiness } = self;
        tracing::info!(%address, services = names.len(), "serving gRPC");
        let stop = rules.stop.clone();
        let service = layers::stack(routes.routes().prepare(), &rules);
        let places = Arc::new(Semaphore::new(limits.concurrent_connections));
        let door = Door { listener, places, tls, patience: limits.handshake_timeout(), shaking: JoinSet::new() };
        let connections = stream::unfold(door, Door::next);
        let serving = server.serve_with_incoming_shutdown(service, connections, stop.cancelled());
        let reporting = async {
            health::report(reporter, names, readiness, stop.clone()).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            result = serving => Ok(result?),
            () = reporting => Ok(()),
        }
    }
}

fn reflection(
    names: &[&'static str],
) -> Result<
    tonic_reflection::server::v1::ServerReflectionServer<impl tonic_reflection::server::v1::ServerReflection>,
    tonic_reflection::server::Error,
> {
    let standard = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    let builder = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(contracts::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
    let builder = names.iter().chain(&standard).fold(builder, |builder, name| builder.with_service_name(*name));
    builder.build_v1()
}

/// Lets connections in, at most as many at one time as there are places; what is beyond waits in the queue of the system.
struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    tls: ServerTls,
    /// How long a handshake may take.
    patience: Duration,
    /// Handshakes that are under way.
    shaking: JoinSet<Option<TlsStream<Connection>>>,
}

impl Door {
    /// The next connection whose client has shown a certificate of our authorities.
    async fn next(mut self) -> Option<(Result<TlsStream<Connection>, Infallible>, Self)> {
        loop {
            tokio::select! {
                Some(shaken) = self.shaking.join_next() => match shaken {
                    Ok(Some(connection)) => return Some((Ok(connection), self)),
                    Ok(None) => {}
                    Err(error) => tracing::error!(%error, "a handshake did not end"),
                },
                connection = connect(&self.listener, &self.places) => {
                    let (acceptor, patience) = (TlsAcceptor::from(self.tls.config()), self.patience);
                    self.shaking.spawn(shake(acceptor, connection?, patience));
                }
            }
        }
    }
}

/// Accepts a connection as soon as there is a place for it; none when there will be no place any more.
async fn connect(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Connection> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    let stream = loop {
        match listener.accept().await {
            Ok((stream, _peer)) => break stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps Nagle's algorithm");
    }
    Some(Connection { stream, _place: place })
}

async fn shake(acceptor: TlsAcceptor, connection: Connection, patience: Duration) -> Option<TlsStream<Connection>> {
    match tokio::time::timeout(patience, acceptor.accept(connection)).await {
        Ok(Ok(shaken)) => Some(shaken),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a handshake failed");
            None
        }
        Err(_elapsed) => {
            tracing::debug!("a handshake took too long");
            None
        }
    }
}

/// A connection with its place among those allowed at one time.
#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> task::Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>, buf: &[u8]) -> task::Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> task::Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
