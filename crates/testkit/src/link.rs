//! The network between the aggregator and one node: a TCP proxy on loopback that can fail.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use runtime::{CancellationToken, tasks::Tasks};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
};

/// No limit on what may still pass.
const UNLIMITED: u64 = u64::MAX;

/// What happens to bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// They pass.
    Open,
    /// Connections break, and new ones are closed at once.
    Cut,
    /// Connections stay and nothing passes.
    Silent,
}

/// A link to a node. It has one address for good, also when the node comes back at another one. Dropped, it is cut.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: Tasks,
}

#[derive(Debug)]
struct Shared {
    state: watch::Sender<State>,
    target: watch::Sender<SocketAddr>,
    /// Bytes from the node that may still pass before the link cuts itself.
    left: AtomicU64,
}

impl Link {
    /// A link to this address, open.
    pub(crate) async fn to(target: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let shared = Arc::new(Shared {
            state: watch::Sender::new(State::Open),
            target: watch::Sender::new(target),
            left: AtomicU64::new(UNLIMITED),
        });
        let link = Self {
            address: listener.local_addr()?,
            shared: Arc::clone(&shared),
            tasks: Tasks::new(CancellationToken::new()),
        };
        let tasks = link.tasks.clone();
        link.tasks.spawn_work("link", accept(listener, shared, tasks));
        Ok(link)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads to another address from the next connection on.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        self.shared.target.send_replace(target);
    }

    /// Breaks every connection; new ones are closed at once.
    pub fn cut(&self) {
        self.shared.state.send_replace(State::Cut);
    }

    /// Lets this many more bytes from the node pass, then cuts the link. A link that is cut is opened for them.
    pub fn cut_after(&self, bytes: u64) {
        self.shared.left.store(bytes, Ordering::SeqCst);
        self.shared.state.send_replace(State::Open);
    }

    /// Keeps the connections and lets nothing pass.
    pub fn silence(&self) {
        self.shared.state.send_replace(State::Silent);
    }

    /// Lets everything pass again.
    pub fn restore(&self) {
        self.shared.left.store(UNLIMITED, Ordering::SeqCst);
        self.shared.state.send_replace(State::Open);
    }

    /// Comes back when the link is cut.
    pub async fn is_cut(&self) {
        let mut state = self.shared.state.subscribe();
        // It fails only when the sender is gone, and we hold one.
        let _never = state.wait_for(|state| *state == State::Cut).await;
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.cut();
        self.tasks.stop_token().cancel();
    }
}

impl Shared {
    /// Takes bytes from what may still pass; how many may.
    fn take(&self, wanted: usize) -> usize {
        let wanted = wanted as u64;
        let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            Some(if left == UNLIMITED { left } else { left.saturating_sub(wanted) })
        });
        let left = before.unwrap_or_else(|left| left);
        // It fits: no more than what was wanted, which was a usize.
        usize::try_from(left.min(wanted)).unwrap_or(usize::MAX)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, tasks: Tasks) {
    loop {
        let stream = tokio::select! {
            () = tasks.stop_token().cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _peer)) = stream else { continue };
        if *shared.state.borrow() == State::Cut {
            continue;
        }
        tasks.spawn_work("linked connection", carry(stream, Arc::clone(&shared)));
    }
}

/// One connection, until either side ends it or the link is cut. The two ends are dropped together.
async fn carry(caller: TcpStream, shared: Arc<Shared>) {
    let target = *shared.target.borrow();
    // A node that is down refuses; the caller sees its connection closed.
    let Ok(node) = TcpStream::connect(target).await else { return };
    if caller.set_nodelay(true).and_then(|()| node.set_nodelay(true)).is_err() {
        return;
    }
    let ((from_caller, to_caller), (from_node, to_node)) = (caller.into_split(), node.into_split());
    let mut state = shared.state.subscribe();
    tokio::select! {
        _ = pump(from_caller, to_node, shared.state.subscribe(), |read| read) => {}
        _ = pump(from_node, to_caller, shared.state.subscribe(), |read| shared.take(read)) => {
            if shared.left.load(Ordering::SeqCst) == 0 {
                shared.state.send_replace(State::Cut);
            }
        }
        _ = state.wait_for(|state| *state == State::Cut) => {}
    }
}

/// Carries bytes one way while the link is open. `allow` says how many of those read may pass; fewer end the connection.
async fn pump(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    allow: impl Fn(usize) -> usize,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 || state.wait_for(|state| *state == State::Open).await.is_err() {
            return Ok(());
        }
        let allowed = allow(read);
        if let Some(passing) = buffer.get(..allowed) {
            to.write_all(passing).await?;
        }
        if allowed < read {
            return Ok(());
        }
    }
}
