//! What runs now: how far it is, and how to stop it. Nothing of this is logged; after a restart it begins anew.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use contracts::{common::v1 as common, evaluation::v1 as pb};
use domain::{DomainError, Reason, Text};
use runtime::CancellationToken;
use tokio::sync::watch;

use crate::wire::text;

/// Runs that wait or compute at one time; more are refused.
const MOST: usize = 16;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    Reading,
    Computing,
    Replicates,
    Recording,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) stage: Stage,
    pub(super) percent: u32,
}

impl Progress {
    /// Writes it into a run that is shown.
    pub(super) fn show(self, run: &mut pb::EvaluationRun) {
        run.progress_percent = self.percent;
        run.stage = Some(self.stage.text());
    }
}

impl Stage {
    fn text(self) -> common::Text {
        match self {
            Self::Waiting => text("等待计算", "waiting for a worker"),
            Self::Reading => text("读取数据", "reading the data"),
            Self::Computing => text("计算得分", "computing the scores"),
            Self::Replicates => text("重复抽样", "computing the replicates"),
            Self::Recording => text("记入日志", "recording the result"),
        }
    }
}

/// A run that has not ended, for those who work on it. Dropped, it is no longer live.
#[derive(Debug)]
pub(super) struct Ticket {
    name: String,
    live: Live,
    progress: Arc<watch::Sender<Progress>>,
    /// Cancelled when the run is, and when the process stops.
    pub(super) stop: CancellationToken,
}

impl Ticket {
    /// Tells how far it is; the watchers hear of it when something has changed.
    pub(super) fn tell(&self, stage: Stage, percent: u32) {
        self.teller()(stage, percent);
    }

    /// As [`Self::tell`], for a thread of its own. It goes forward only: replicates come in no order.
    pub(super) fn teller(&self) -> impl Fn(Stage, u32) + Clone + Send + Sync + 'static {
        let progress = Arc::downgrade(&self.progress);
        move |stage, percent| {
            let Some(progress) = progress.upgrade() else { return };
            // Looked at first, because asking is done millions of times and telling a hundred times.
            if progress.borrow().percent < percent {
                progress.send_if_modified(|before| {
                    let forward = before.percent < percent;
                    if forward {
                        *before = Progress { stage, percent };
                    }
                    forward
                });
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.live.lock().remove(&self.name);
    }
}

/// Runs by name: how far each is, and how to stop it.
type Runs = BTreeMap<String, (watch::Receiver<Progress>, CancellationToken)>;

/// The runs that have not ended. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Live(Arc<Mutex<Runs>>);

impl Live {
    /// Takes a place for a run; none when it has one already, for then somebody works on it.
    ///
    /// # Errors
    /// [`Reason::TooManyRequests`] when so many runs wait already that nobody should add one.
    pub(super) fn enter(&self, name: &str, process: &CancellationToken) -> Result<Option<Ticket>, DomainError> {
        let mut all = self.lock();
        if all.contains_key(name) {
            return Ok(None);
        }
        if all.len() >= MOST {
            let text = Text::new(
                format!("已有 {MOST} 个评价运行在等待或计算，请待其结束或取消后再试"),
                format!("{MOST} runs wait or compute already; wait until one has ended, or cancel one"),
            );
            return Err(DomainError::new(Reason::TooManyRequests, text));
        }
        let stop = process.child_token();
        let (progress, seen) = watch::channel(Progress { stage: Stage::Waiting, percent: 0 });
        all.insert(name.to_owned(), (seen, stop.clone()));
        Ok(Some(Ticket { name: name.to_owned(), live: self.clone(), progress: Arc::new(progress), stop }))
    }

    /// How far a run is; none when it has ended, or was not begun again yet.
    pub(super) fn progress(&self, name: &str) -> Option<watch::Receiver<Progress>> {
        self.lock().get(name).map(|(progress, _)| progress.clone())
    }

    /// Asks a run to stop.
    pub(super) fn stop(&self, name: &str) {
        if let Some((_, stop)) = self.lock().get(name) {
            stop.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
