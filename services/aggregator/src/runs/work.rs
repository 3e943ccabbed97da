//! The workers. Computing is done on threads of its own, a few at a time, so that no number of runs keeps calls from being
//! answered.

use std::{sync::Arc, thread, time::Duration};

use contracts::evaluation::v1 as pb;
use domain::{DomainError, Reason, ResourceName, Text};
use evaluation::{Pace, Step};
use node::desk::DeskError;
use prost::Message as _;
use runtime::{CancellationToken, tasks::Tasks};
use store::View;
use tokio::{runtime::Handle, sync::Semaphore};

use super::{
    Evaluations,
    facts::{self, NotComputed, Wanted},
    live::{Stage, Ticket},
    results,
};
use crate::{internal, snapshot::Snapshot};

/// The message of a run, as entries name it.
pub(super) const TYPE: &str = "wufei.evaluation.v1.EvaluationRun";
/// Attempts to record the end of a run, and the pause before the second; it doubles.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(250);

/// Who computes. Clones share the places.
#[derive(Clone, Debug)]
pub(crate) struct Workers {
    tasks: Tasks,
    /// Places for runs.
    runs: Arc<Semaphore>,
    /// Places for questions that a caller waits for.
    questions: Arc<Semaphore>,
}

impl Workers {
    /// Half of the processors compute runs, at least one; one answers questions.
    pub(crate) fn new(tasks: Tasks) -> Self {
        let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let places = |number: usize| Arc::new(Semaphore::new(number.max(1)));
        Self { tasks, runs: places(processors / 2), questions: places(1) }
    }

    /// Stops with the process.
    pub(super) fn process(&self) -> &CancellationToken {
        self.tasks.stop_token()
    }

    /// Computes something that a caller waits for.
    ///
    /// # Errors
    /// [`Reason::ServiceUnavailable`] when the process stops.
    pub(super) async fn answer<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, DeskError> {
        let place = Arc::clone(&self.questions).acquire_owned().await.map_err(|_closed| stopping())?;
        let answer = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        answer.await.map_err(|error| if error.is_panic() { internal(&error) } else { stopping().into() })
    }
}

fn stopping() -> DomainError {
    DomainError::new(Reason::ServiceUnavailable, Text::new("服务正在停止", "the service is stopping"))
}

impl Evaluations {
    /// Computes a recorded run that has not ended, when a worker is free.
    pub(super) fn start(&self, run: pb::EvaluationRun, ticket: Ticket) {
        let evaluations = self.clone();
        self.workers.tasks.spawn_work("evaluation run", async move {
            let place = tokio::select! {
                place = Arc::clone(&evaluations.workers.runs).acquire_owned() => place,
                () = ticket.stop.cancelled() => return,
            };
            if place.is_ok() {
                evaluations.work(run, &ticket).await;
            }
        });
    }

    /// Goes on with what had not ended when the process stopped.
    ///
    /// # Errors
    /// When the runs cannot be read.
    pub(crate) async fn resume(&self) -> anyhow::Result<()> {
        for row in self.rows().await? {
            let run = pb::EvaluationRun::decode(row.body.body.as_slice())?;
            if run.state() != pb::RunState::Running {
                continue;
            }
            match self.live.enter(&run.name, self.workers.process()) {
                Ok(None) => {}
                Ok(Some(ticket)) => {
                    tracing::info!(run = run.name, "an evaluation run that had not ended is computed anew");
                    self.start(super::service::decode(&row)?, ticket);
                }
                // More than there are places for; a restart looks again.
                Err(error) => tracing::warn!(run = run.name, error = %error.text.en, "an evaluation run waits"),
            }
        }
        Ok(())
    }

    /// Computes a run and records how it ended. One that was cancelled was recorded by whoever cancelled it, and one that the
    /// stop of the process breaks off is gone on with after the next start.
    async fn work(&self, mut run: pb::EvaluationRun, ticket: &Ticket) {
        let outcome = self.computed(run.clone(), ticket).await;
        if ticket.stop.is_cancelled() {
            return;
        }
        match outcome {
            Ok(done) => {
                run = done;
                run.set_state(pb::RunState::Succeeded);
            }
            Err(reason) => {
                tracing::warn!(run = run.name, reason, "an evaluation run failed");
                run.set_state(pb::RunState::Failed);
                run.failure = reason;
            }
        }
        ticket.tell(Stage::Recording, 99);
        run.end_time = Some(node::convert::common::time_out(self.context.now()));
        run.record = None;
        let mut pause = PAUSE;
        for attempt in 1..=ATTEMPTS {
            match self.conclude(&run).await {
                Ok(_) => return,
                Err(error) => {
                    tracing::error!(run = run.name, attempt, error = &error as &dyn std::error::Error, "not recorded");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => pause *= 2,
                () = ticket.stop.cancelled() => return,
            }
        }
    }

    /// Records the end of a run, unless it has ended.
    async fn conclude(&self, run: &pb::EvaluationRun) -> Result<bool, DeskError> {
        let name = ResourceName::parse(&run.name).map_err(|error| internal(&error))?;
        let check = async |txn: &mut store::WriteTxn| {
            let row = txn.resource(&name).await?;
            let now = row.map(|row| pb::EvaluationRun::decode(row.body.body.as_slice())).transpose()?;
            Ok(now.is_some_and(|now| now.state() == pb::RunState::Running))
        };
        self.context.desk().note(&self.principal, TYPE, run, check).await
    }

    /// Reads the data and evaluates them, both off the threads that answer calls.
    async fn computed(&self, run: pb::EvaluationRun, ticket: &Ticket) -> Result<pb::EvaluationRun, String> {
        let known = self.schemes.of_run(&run).await.map_err(|error| words(&error))?;
        let Some((period, panel)) = super::periods(&run) else {
            return Err("时期无法识别 / the period cannot be read".to_owned());
        };
        let parts = self.parts(&run, &known.plan).await.map_err(|error| words(&error))?;
        let (context, stop, runtime) = (self.context.clone(), ticket.stop.clone(), Handle::current());
        let told = ticket.teller();
        let work = move || {
            told(Stage::Reading, 5);
            let sizes = super::sizes(&run.checkpoints);
            let snapshot = runtime.block_on(Snapshot::read(context.store(), &sizes));
            let snapshot = snapshot.map_err(|error| {
                tracing::error!(error = format!("{error:#}"), "the data of a run cannot be read");
                "数据无法读取 / the data cannot be read".to_owned()
            })?;
            told(Stage::Computing, 30);
            let catalogue = context.catalogue();
            let codes = facts::codes(&known.plan, catalogue);
            let mut facts =
                facts::facts(&known.plan, &codes, (&period, &panel), &snapshot, catalogue, context.regions());
            facts.cells.extend(parts);
            let wanted = Wanted::of(&run);
            let pace = Pace::told(move |step| {
                match step {
                    Step::Stage { done, of } => told(Stage::Computing, 30 + done * 10 / of.max(1)),
                    Step::Replicate { number, of } => {
                        let percent = u64::from(number) * 55 / u64::from(of.max(1));
                        told(Stage::Replicates, 40 + u32::try_from(percent).unwrap_or(55));
                    }
                    _ => {}
                }
                !stop.is_cancelled()
            });
            let computed =
                facts::compute(&known.plan, &facts, wanted, catalogue, &pace).map_err(|error| error.to_string())?;
            let mut run = run;
            let provenance = |key: &str| snapshot.provenance(key);
            results::fill(&mut run, &computed, &facts, (catalogue, context.regions()), &known.plan, &provenance);
            Ok(run)
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "computing a run panicked");
            "服务内部错误 / internal error".to_owned()
        })?
    }

    /// A row as it is now.
    pub(super) async fn stored(&self, name: &ResourceName) -> Result<Option<pb::EvaluationRun>, DeskError> {
        let row = self.context.store().resource(name, &View::Now).await?;
        row.map(|row| super::service::decode(&row)).transpose()
    }
}

fn words(error: &DeskError) -> String {
    if let DeskError::Refused(refused) = error {
        return format!("{} / {}", refused.text.zh, refused.text.en);
    }
    tracing::error!(error = error as &dyn std::error::Error, "a run cannot be computed");
    "服务内部错误 / internal error".to_owned()
}

impl From<NotComputed> for DomainError {
    fn from(error: NotComputed) -> Self {
        let text = error.to_string();
        let (zh, en) = text.split_once(" / ").unwrap_or((&text, &text));
        Self::new(Reason::RunNotReproducible, Text::new(zh, en))
    }
}
