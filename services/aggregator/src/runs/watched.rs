//! The states of a run as a stream that ends with it.

use std::time::Duration;

use contracts::evaluation::v1 as pb;
use futures_util::stream;
use node::{
    caller::Caller,
    desk::DeskError,
    services::{
        desk_status,
        stream::{Answers, stopping},
    },
};
use tokio::sync::watch;
use tonic::Status;

use super::{Evaluations, live::Progress};

/// Pause between two looks at a run that nobody works on: it waits to be begun again.
const PAUSE: Duration = Duration::from_millis(200);

/// A stream of the states of a run.
pub(super) struct Watched {
    evaluations: Evaluations,
    caller: Caller,
    name: String,
    progress: Option<watch::Receiver<Progress>>,
    started: bool,
    done: bool,
}

impl Watched {
    pub(super) fn new(evaluations: Evaluations, caller: Caller, name: String) -> Self {
        let progress = evaluations.live.progress(&name);
        Self { evaluations, caller, name, progress, started: false, done: false }
    }

    /// The states, until the run has ended.
    pub(super) fn states(self) -> Answers<pb::WatchEvaluationRunResponse> {
        Box::pin(stream::unfold(self, Self::next))
    }

    async fn next(mut self) -> Option<(Result<pb::WatchEvaluationRunResponse, Status>, Self)> {
        if self.done {
            return None;
        }
        let answer = self.answer().await;
        self.done |= answer.is_err();
        Some((answer, self))
    }

    async fn answer(&mut self) -> Result<pb::WatchEvaluationRunResponse, Status> {
        let lang = self.caller.lang;
        if self.started {
            self.wait().await.map_err(|Stopping| stopping(lang))?;
        }
        self.started = true;
        let renewed = self.caller.renew().map_err(DeskError::from);
        let run = match renewed {
            Ok(()) => self.evaluations.seen_run(&self.caller, &self.name).await,
            Err(error) => Err(error),
        };
        let mut run = run.map_err(|error| desk_status(&error, lang))?;
        run.units.clear();
        run.panel_units.clear();
        self.done = run.state() != pb::RunState::Running;
        if !self.done && self.progress.is_none() {
            self.progress = self.evaluations.live.progress(&self.name);
        }
        Ok(pb::WatchEvaluationRunResponse { evaluation_run: Some(run) })
    }

    /// Waits until something has changed: the progress, or that there is none any more.
    async fn wait(&mut self) -> Result<(), Stopping> {
        let stop = self.evaluations.context.stop().clone();
        let changed = async {
            match &mut self.progress {
                Some(progress) => progress.changed().await.is_ok(),
                None => false,
            }
        };
        let changed = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(Stopping),
            changed = changed => changed,
        };
        if !changed {
            // Nobody works on it: it has ended, or it waits to be begun again. The database tells which.
            self.progress = None;
            tokio::select! {
                () = stop.cancelled() => return Err(Stopping),
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        Ok(())
    }
}

/// The process stops.
struct Stopping;
