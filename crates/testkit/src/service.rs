//! One service that runs in this process on threads of its own, so that it can be killed.

use std::{net::SocketAddr, thread, time::Duration};

use anyhow::Context as _;
use runtime::{
    CancellationToken, Context, app::App, clock::SharedClock, readiness::Readiness, telemetry::TelemetryGuard,
};
use tokio::{runtime::Builder, sync::oneshot};

use crate::wait::PATIENCE;

/// Threads of a service: enough that its tasks really run side by side.
const THREADS: usize = 2;
/// How long the threads of a killed service may take to let go of what they are at.
const LAST_BREATH: Duration = Duration::from_secs(10);

/// A running service. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Service {
    grpc: SocketAddr,
    pages: Option<SocketAddr>,
    readiness: Readiness,
    order: oneshot::Sender<Order>,
    thread: thread::JoinHandle<anyhow::Result<()>>,
}

/// Where a service that was started is bound.
#[derive(Debug)]
struct Bound {
    grpc: SocketAddr,
    pages: Option<SocketAddr>,
    readiness: Readiness,
}

/// How a service ends. A sender that is dropped kills too.
#[derive(Clone, Copy, Debug)]
enum Order {
    Stop,
    Kill,
}

impl Service {
    /// Builds a service and serves.
    pub(crate) async fn start<B, F>(name: &str, clock: SharedClock, build: B) -> anyhow::Result<Self>
    where
        B: FnOnce(Context) -> F + Send + 'static,
        F: Future<Output = anyhow::Result<App>>,
    {
        let (up, started) = oneshot::channel();
        let (order, ordered) = oneshot::channel();
        let owned = name.to_owned();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || live(&owned, clock, build, up, ordered))
            .context("a thread for the service")?;
        match started.await {
            Ok(Bound { grpc, pages, readiness }) => Ok(Self { grpc, pages, readiness, order, thread }),
            Err(_) => Err(joined(thread).await.err().unwrap_or_else(|| anyhow::anyhow!("{name} ended at once"))),
        }
    }

    /// Where it listens for gRPC.
    pub(crate) fn grpc(&self) -> SocketAddr {
        self.grpc
    }

    /// Where its pages are; none when it has none.
    pub(crate) fn pages(&self) -> Option<SocketAddr> {
        self.pages
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&self) -> anyhow::Result<()> {
        let waited = tokio::time::timeout(PATIENCE, self.readiness.ready()).await;
        waited.with_context(|| format!("still waits for {}", self.readiness.pending().join(", ")))
    }

    /// Asks it to stop and waits until it has drained.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.end(Order::Stop).await
    }

    /// Ends it where it stands: nothing is drained, no task hears of it, connections break.
    pub(crate) async fn kill(self) -> anyhow::Result<()> {
        self.end(Order::Kill).await
    }

    async fn end(self, order: Order) -> anyhow::Result<()> {
        // It does not listen any more when it has failed; then joining tells why.
        let _heard = self.order.send(order);
        joined(self.thread).await
    }
}

async fn joined(thread: thread::JoinHandle<anyhow::Result<()>>) -> anyhow::Result<()> {
    let outcome = tokio::task::spawn_blocking(|| thread.join()).await?;
    outcome.map_err(|_panic| anyhow::anyhow!("the service panicked"))?
}

/// The life of a service on its own thread.
fn live<B, F>(
    name: &str,
    clock: SharedClock,
    build: B,
    up: oneshot::Sender<Bound>,
    ordered: oneshot::Receiver<Order>,
) -> anyhow::Result<()>
where
    B: FnOnce(Context) -> F,
    F: Future<Output = anyhow::Result<App>>,
{
    let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    let left = runtime.block_on(async {
        let telemetry = TelemetryGuard::detached(name)?;
        let app = build(Context::new(name, clock, &telemetry, CancellationToken::new())).await?;
        let grpc = app.addresses().get("grpc").copied().context("no gRPC address")?;
        let pages = app.addresses().get("web").copied();
        let running = app.spawn();
        // Nobody waits for a world that was dropped while it started.
        let _told = up.send(Bound { grpc, pages, readiness: running.readiness().clone() });
        match ordered.await {
            Ok(Order::Stop) => running.stop().await.map(|()| None),
            Ok(Order::Kill) | Err(_) => Ok(Some((running, telemetry))),
        }
    });
    // Shut down before what is left is dropped: dropping a running service asks its tasks to stop, and a crash asks nobody.
    runtime.shutdown_timeout(LAST_BREATH);
    left.map(drop)
}
