//! Tasks are tracked, cancelled, then waited for with a limit. The only place that spawns.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::task::AbortHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The tasks of one service. Clones share them.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    next: u64,
    running: BTreeMap<u64, (String, Option<AbortHandle>)>,
    failure: Option<TaskFailed>,
}

/// A task failed, so the service stopped.
#[derive(Debug)]
pub struct TaskFailed {
    /// The name it was spawned under.
    pub name: String,
    /// Why.
    pub cause: anyhow::Error,
}

impl fmt::Display for TaskFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {:?} failed: {:#}", self.name, self.cause)
    }
}

impl std::error::Error for TaskFailed {}

/// Tasks that did not end in time and were aborted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("aborted what did not end within {grace:?}: {}", names.join(", "))]
pub struct LeftBehind {
    /// The names of the tasks, oldest first.
    pub names: Vec<String>,
    /// How long they were waited for.
    pub grace: Duration,
}

impl Tasks {
    /// No tasks yet. Cancelling the token asks them to stop.
    pub fn new(stop: CancellationToken) -> Self {
        Self { tracker: TaskTracker::new(), stop, book: Arc::default() }
    }

    /// Spawns a task that the service needs. It should end with `Ok` when the stop token is cancelled. When it fails or
    /// panics, the whole service stops: half a service is worse than none, for nobody would be told.
    pub fn spawn<F>(&self, name: impl Into<String>, future: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let name = name.into();
        let tasks = self.clone();
        self.track(name.clone(), async move {
            let cause = match AssertUnwindSafe(future).catch_unwind().await {
                Ok(Ok(())) => return,
                Ok(Err(cause)) => cause,
                Err(panic) => anyhow::anyhow!("panicked: {}", panic_text(&*panic)),
            };
            tasks.fail(TaskFailed { name, cause });
        });
    }

    /// Spawns a piece of work that may end at any time, such as one connection. Shutdown waits for it; its failure is its
    /// own affair, and a panic is logged.
    pub fn spawn_work<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.track(name.to_owned(), async move {
            if let Err(panic) = AssertUnwindSafe(future).catch_unwind().await {
                tracing::error!(task = name, panic = panic_text(&*panic), "work panicked");
            }
        });
    }

    /// The token that asks every task to stop.
    pub fn stop_token(&self) -> &CancellationToken {
        &self.stop
    }

    /// How many tasks run.
    pub fn running(&self) -> usize {
        self.tracker.len()
    }

    /// Cancels the stop token and waits. What has not ended after `grace` is aborted and named.
    ///
    /// # Errors
    /// The names of the tasks that had to be aborted.
    pub async fn shutdown(&self, grace: Duration) -> Result<(), LeftBehind> {
        self.stop.cancel();
        self.tracker.close();
        if tokio::time::timeout(grace, self.tracker.wait()).await.is_ok() {
            return Ok(());
        }
        let left: Vec<_> = self.lock().running.values().cloned().collect();
        let mut names = Vec::new();
        for (name, abort) in left {
            names.push(name);
            if let Some(abort) = abort {
                abort.abort();
            }
        }
        if names.is_empty() { Ok(()) } else { Err(LeftBehind { names, grace }) }
    }

    /// The first failure of a task, once; it is why the stop token was cancelled.
    pub fn take_failure(&self) -> Option<TaskFailed> {
        self.lock().failure.take()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that spawns; the tracker waits for it")]
    fn track<F>(&self, name: String, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let id = {
            let mut book = self.lock();
            let id = book.next;
            book.next += 1;
            book.running.insert(id, (name, None));
            id
        };
        // Dropped with the future, so an aborted task is struck off too.
        let strike_off = StrikeOff { book: Arc::clone(&self.book), id };
        let task = tokio::spawn(self.tracker.track_future(async move {
            let _strike_off = strike_off;
            future.await;
        }));
        if let Some((_, abort)) = self.lock().running.get_mut(&id) {
            *abort = Some(task.abort_handle());
        }
    }

    fn fail(&self, failure: TaskFailed) {
        tracing::error!(task = failure.name, error = format!("{:#}", failure.cause), "task failed, stopping");
        self.lock().failure.get_or_insert(failure);
        self.stop.cancel();
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct StrikeOff {
    book: Arc<Mutex<Book>>,
    id: u64,
}

impl Drop for StrikeOff {
    fn drop(&mut self) {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).running.remove(&self.id);
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const GRACE: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn shutdown_waits_for_tasks_that_heed_the_token() {
        let tasks = Tasks::new(CancellationToken::new());
        let (stop, (done, mut seen)) = (tasks.stop_token().clone(), tokio::sync::mpsc::channel(1));
        tasks.spawn("follower", async move {
            stop.cancelled().await;
            Ok(done.send("drained").await?)
        });
        tasks.shutdown(GRACE).await.unwrap();
        assert_eq!((seen.recv().await, tasks.running()), (Some("drained"), 0));
        assert!(tasks.take_failure().is_none());
    }

    #[tokio::test]
    async fn a_task_that_fails_stops_the_service_and_is_named() {
        let tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("outbox", async { Err(anyhow::anyhow!("disk full")) });
        tasks.stop_token().cancelled().await;
        tasks.shutdown(GRACE).await.unwrap();
        assert_eq!(tasks.take_failure().unwrap().to_string(), "task \"outbox\" failed: disk full");
    }

    #[tokio::test]
    async fn a_task_that_panics_stops_the_service_and_is_named() {
        let tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("outbox", async { panic!("index out of range") });
        tasks.stop_token().cancelled().await;
        assert_eq!(tasks.take_failure().unwrap().to_string(), "task \"outbox\" failed: panicked: index out of range");
    }

    #[tokio::test]
    async fn a_task_that_ends_well_stops_nothing() {
        let tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("migration", async { Ok(()) });
        tasks.spawn_work("connection", async {});
        tasks.tracker.close();
        tasks.tracker.wait().await;
        assert!(!tasks.stop_token().is_cancelled());
    }

    #[tokio::test]
    async fn work_that_panics_stops_nothing() {
        let tasks = Tasks::new(CancellationToken::new());
        tasks.spawn_work("connection", async { panic!("bad peer") });
        tasks.tracker.close();
        tasks.tracker.wait().await;
        assert!(!tasks.stop_token().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_end_within_the_grace_is_aborted_and_named() {
        let tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("deaf", pending());
        tasks.spawn_work("connection", pending());
        let left = tasks.shutdown(GRACE).await.unwrap_err();
        assert_eq!(left.names, ["deaf", "connection"]);
        tasks.tracker.wait().await;
        assert_eq!(tasks.running(), 0);
    }
}
