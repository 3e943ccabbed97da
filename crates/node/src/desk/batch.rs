//! Group commit: writers take turns in one transaction, and a task that queues behind them signs and commits it.
//!
//! The task that ends a batch is spawned when the batch begins and asks for the same lock as the writers, which is first come,
//! first served. So a batch holds the writers that were waiting when it began; whoever comes later is in the next one, and
//! nobody waits for a timer. A writer that goes away while it waits for the commit changes nothing for the others.

use std::{
    mem,
    sync::{Arc, Mutex as Shortly, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use ledger::{Checkpoint, CheckpointError, NoteSigner};
use store::{EVIDENCE, Expected, WriteTxn};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use super::{Desk, DeskError, Inner, checks};

/// Longest wait for the writes before this one.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The batches of one log, one at a time.
#[derive(Debug, Default)]
pub(super) struct Batches {
    open: Arc<Mutex<Option<Open>>>,
    /// What those who wait will ask for, looked up together when the next batch begins.
    expected: Shortly<Expected>,
}

/// A batch that is not committed yet.
#[derive(Debug)]
pub(super) struct Open {
    txn: WriteTxn,
    members: u32,
    last_time: Option<DateTime<Utc>>,
    /// True while a member writes; found true by the next one, it tells that a member went away in the middle.
    writing: bool,
    /// The signed note once it is on disk. Dropped without it, the batch is lost.
    sealed: watch::Sender<Option<Arc<str>>>,
}

impl Batches {
    /// Says before the turn what will be asked for in it.
    pub(super) fn expect(&self, expected: Expected) {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner).extend(expected);
    }

    fn expected(&self) -> Expected {
        mem::take(&mut *self.expected.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for the writers before this one.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` after ten seconds.
    pub(super) async fn turn(&self) -> Result<Turn, DeskError> {
        let lock = Arc::clone(&self.open).lock_owned();
        let guard = tokio::time::timeout(LONGEST_WAIT, lock).await.map_err(|_elapsed| checks::busy())?;
        Ok(Turn(guard))
    }
}

/// The right to work on the batch. Dropped, it passes on.
pub(super) struct Turn(OwnedMutexGuard<Option<Open>>);

impl Turn {
    /// The batch; a new one when there is none, or when a member went away in the middle of the last.
    ///
    /// # Errors
    /// When the transaction cannot be begun.
    pub(super) async fn open(&mut self, desk: &Desk) -> Result<&mut Open, DeskError> {
        if self.0.as_ref().is_some_and(|open| open.writing) {
            tracing::warn!("a write was broken off; its batch is rolled back");
            *self.0 = None;
        }
        if self.0.is_none() {
            let parts = &desk.0.parts;
            let mut txn = parts.store.begin(&parts.department).await?;
            parts.tasks.spawn_work("seal", seal(Arc::clone(&desk.0)));
            txn.expect(desk.0.batches.expected()).await?;
            let last_time = txn.last_time();
            *self.0 = Some(Open { txn, members: 0, last_time, writing: false, sealed: watch::Sender::new(None) });
        }
        self.0.as_mut().ok_or_else(|| checks::busy().into())
    }

    /// Lets the next one work, and says how to learn of the commit.
    pub(super) fn leave(self) -> Sealing {
        Sealing(self.0.as_ref().map(|open| open.sealed.subscribe()))
    }
}

impl Open {
    /// The transaction.
    pub(super) fn txn(&mut self) -> &mut WriteTxn {
        &mut self.txn
    }

    /// The time of an entry that is received now.
    ///
    /// # Errors
    /// As [`checks::entry_time`].
    pub(super) fn time(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, DeskError> {
        Ok(checks::entry_time(now, self.last_time)?)
    }

    /// Begins to write. Until [`Step::done`] the batch cannot be committed.
    pub(super) fn step(&mut self) -> Step<'_> {
        self.writing = true;
        Step(self)
    }
}

/// A member that writes.
pub(super) struct Step<'a>(&'a mut Open);

impl Step<'_> {
    /// The transaction.
    pub(super) fn txn(&mut self) -> &mut WriteTxn {
        &mut self.0.txn
    }

    /// Everything of this member is written; its entry is of this time.
    pub(super) fn done(self, time: DateTime<Utc>) {
        self.0.members += 1;
        self.0.last_time = Some(time);
        self.0.writing = false;
    }
}

/// The end of a batch, to come.
#[derive(Debug)]
pub(super) struct Sealing(Option<watch::Receiver<Option<Arc<str>>>>);

impl Sealing {
    /// The signed note of the tree that holds the batch, once it is on disk.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` when the batch was lost: it is not known whether it is on disk, and the same request with the
    /// same id finds out.
    pub(super) async fn note(self) -> Result<String, DeskError> {
        let mut sealed = self.0.ok_or_else(checks::busy)?;
        let note = sealed.wait_for(Option::is_some).await.map_err(|_lost| checks::busy())?;
        note.as_ref().map(|note| note.to_string()).ok_or_else(|| checks::busy().into())
    }
}

/// Signs and commits the batch that is open when its turn comes.
async fn seal(desk: Arc<Inner>) {
    let mut turn = desk.batches.open.lock().await;
    let Some(open) = turn.take() else { return };
    if open.members == 0 {
        return; // Nobody wrote; dropping the transaction rolls it back.
    }
    let Open { mut txn, last_time, writing, sealed, members } = open;
    let parts = &desk.parts;
    let committed: Result<_, DeskError> = async {
        if writing {
            return Err(checks::busy().into());
        }
        let note = if EVIDENCE { sign(&txn, &parts.signer)? } else { "baseline".to_owned() };
        txn.set_head(&note, last_time.unwrap_or_else(|| parts.clock.now())).await?;
        let size = txn.size();
        txn.commit().await?;
        Ok((note, size))
    }
    .await;
    drop(turn);
    match committed {
        Ok((note, size)) => {
            tracing::trace!(members, size, "a batch was committed");
            sealed.send_replace(Some(note.into()));
            parts.feeds.announce(&parts.department, size);
        }
        Err(error) => {
            tracing::error!(members, error = &error as &dyn std::error::Error, "a batch was not committed");
        }
    }
}

fn sign(txn: &WriteTxn, signer: &NoteSigner) -> Result<String, CheckpointError> {
    let checkpoint =
        Checkpoint { origin: signer.name().to_owned(), size: txn.range().size(), root: txn.range().root() };
    ledger::sign(&checkpoint, signer)
}
