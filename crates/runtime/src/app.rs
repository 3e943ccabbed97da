//! A service that is put together and bound, and then runs: alone in its process, or beside others.

use std::{collections::BTreeMap, fmt, future::Future, net::SocketAddr, pin::Pin, time::Duration};

use opentelemetry::metrics::Meter;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    clock::SharedClock,
    ops::OpsServer,
    readiness::{Readiness, Waiting},
    tasks::Tasks,
    telemetry::{Scrape, TelemetryGuard},
};

/// How long tasks may take to end after they were asked to.
const DEFAULT_GRACE: Duration = Duration::from_secs(10);
/// The operations server has nothing to finish.
const OPS_GRACE: Duration = Duration::from_secs(1);
/// How long each closing step may take.
const CLOSING_GRACE: Duration = Duration::from_secs(5);
/// The name of the operations server among the addresses.
const OPS: &str = "ops";

/// What a service gets from its process.
#[derive(Debug, Clone)]
pub struct Context {
    /// The time.
    pub clock: SharedClock,
    /// Where background work is spawned.
    pub tasks: Tasks,
    /// What the service waits for before it is ready.
    pub readiness: Readiness,
    /// Cancelled when the service should stop.
    pub stop: CancellationToken,
    /// The meter of the service.
    pub meter: Meter,
    /// The metrics of the process, for `/metrics`.
    pub scrape: Scrape,
}

impl Context {
    /// The context of one service. Services that share a process get a child token each, so that one can fail alone.
    pub fn new(service: &str, clock: SharedClock, telemetry: &TelemetryGuard, stop: CancellationToken) -> Self {
        Self {
            clock,
            tasks: Tasks::new(stop.clone()),
            readiness: Readiness::new(),
            stop,
            meter: telemetry.meter(service),
            scrape: telemetry.scrape(),
        }
    }
}

type Task = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;
type Step = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A service that is bound and does not serve yet. Dropped, it leaves nothing behind.
#[must_use = "an app does nothing until it is run or spawned"]
pub struct App {
    tasks: Tasks,
    readiness: Readiness,
    start_up: Waiting,
    addresses: BTreeMap<String, SocketAddr>,
    pieces: Vec<(String, Task)>,
    ops: Option<OpsServer>,
    closing: Closing,
    grace: Duration,
}

/// What is done when all tasks have ended, in this order.
#[derive(Default)]
struct Closing(Vec<(String, Step)>);

impl Closing {
    async fn run(self) {
        for (name, step) in self.0 {
            if tokio::time::timeout(CLOSING_GRACE, step).await.is_err() {
                tracing::warn!(step = name, grace = ?CLOSING_GRACE, "did not close in time");
            }
        }
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl App {
    /// Starts to put a service together.
    pub fn builder(ctx: &Context) -> AppBuilder {
        AppBuilder {
            scrape: ctx.scrape.clone(),
            app: Self {
                tasks: ctx.tasks.clone(),
                readiness: ctx.readiness.clone(),
                start_up: ctx.readiness.wait_for("start-up"),
                addresses: BTreeMap::new(),
                pieces: Vec::new(),
                ops: None,
                closing: Closing::default(),
                grace: DEFAULT_GRACE,
            },
        }
    }

    /// What is bound, by name (`grpc`, `ops`).
    pub fn addresses(&self) -> &BTreeMap<String, SocketAddr> {
        &self.addresses
    }

    /// Serves until the stop token is cancelled, then drains.
    ///
    /// # Errors
    /// The task that failed.
    pub async fn run(self) -> anyhow::Result<()> {
        self.spawn().wait().await
    }

    /// Serves in the background. Must be called inside a tokio runtime.
    pub fn spawn(self) -> Running {
        let Self { tasks, readiness, start_up, addresses, pieces, ops, closing, grace } = self;
        // The operations server has a token of its own: it answers until the others have drained.
        let ops_tasks = Tasks::new(CancellationToken::new());
        if let Some(server) = ops {
            ops_tasks.spawn("operations server", server.serve(ops_tasks.stop_token().clone()));
        }
        for (name, task) in pieces {
            tasks.spawn(name, task);
        }
        drop(start_up);
        let stop_on_drop = [tasks.stop_token().clone().drop_guard(), ops_tasks.stop_token().clone().drop_guard()];
        Running { addresses, tasks, ops_tasks, readiness, closing, grace, _stop_on_drop: stop_on_drop }
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks: Vec<_> = self.pieces.iter().map(|(name, _)| name).collect();
        f.debug_struct("App").field("addresses", &self.addresses).field("tasks", &tasks).finish_non_exhaustive()
    }
}

/// Puts an [`App`] together.
#[derive(Debug)]
#[must_use = "finish with build"]
pub struct AppBuilder {
    scrape: Scrape,
    app: App,
}

impl AppBuilder {
    /// Notes an address that is bound, under a name.
    pub fn bound(mut self, name: impl Into<String>, address: SocketAddr) -> Self {
        self.app.addresses.insert(name.into(), address);
        self
    }

    /// Adds a task; see [`Tasks::spawn`]. It starts when the app does, and should end when the stop token is cancelled.
    pub fn task<F>(mut self, name: impl Into<String>, future: F) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.app.pieces.push((name.into(), Box::pin(future)));
        self
    }

    /// Adds what is done after the last task has ended and before [`Running::wait`] returns, such as closing a database. Steps
    /// run in the order they were added; one that takes too long is logged and left.
    pub fn closing<F>(mut self, name: impl Into<String>, step: F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.app.closing.0.push((name.into(), Box::pin(step)));
        self
    }

    /// Binds the operations server, where an address is configured.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn ops(mut self, address: Option<SocketAddr>) -> anyhow::Result<Self> {
        if let Some(address) = address {
            let server = OpsServer::bind(address, self.app.readiness.clone(), self.scrape.clone()).await?;
            self.app.addresses.insert(OPS.to_owned(), server.address());
            self.app.ops = Some(server);
        }
        Ok(self)
    }

    /// How long tasks may take to end after they were asked to; ten seconds unless set.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.app.grace = grace;
        self
    }

    /// The app.
    pub fn build(self) -> App {
        self.app
    }
}

/// A running service. Dropped, it is asked to stop and not waited for.
#[must_use = "a dropped service stops"]
#[derive(Debug)]
pub struct Running {
    /// What is bound, by name (`grpc`, `ops`).
    pub addresses: BTreeMap<String, SocketAddr>,
    tasks: Tasks,
    ops_tasks: Tasks,
    readiness: Readiness,
    closing: Closing,
    grace: Duration,
    _stop_on_drop: [DropGuard; 2],
}

impl Running {
    /// What the service still waits for.
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Asks the service to stop.
    pub fn request_stop(&self) {
        self.tasks.stop_token().cancel();
    }

    /// Stops the service and waits until it has drained.
    ///
    /// # Errors
    /// The task that failed.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.request_stop();
        self.wait().await
    }

    /// Waits until something stops the service, then drains it. What does not end in time is aborted and logged.
    ///
    /// # Errors
    /// The task that failed.
    pub async fn wait(self) -> anyhow::Result<()> {
        tokio::select! {
            () = self.tasks.stop_token().cancelled() => {}
            () = self.ops_tasks.stop_token().cancelled() => {}
        }
        let _not_ready = self.readiness.wait_for("shutdown");
        for (tasks, grace) in [(&self.tasks, self.grace), (&self.ops_tasks, OPS_GRACE)] {
            if let Err(left) = tasks.shutdown(grace).await {
                tracing::warn!(%left, "left work behind");
            }
        }
        self.closing.run().await;
        match self.tasks.take_failure().or_else(|| self.ops_tasks.take_failure()) {
            Some(failure) => Err(failure.into()),
            None => Ok(()),
        }
    }
}
