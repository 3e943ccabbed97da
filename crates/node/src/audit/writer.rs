//! The one task that writes the audit log: whatever waits is one transaction, one signature, one commit.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use contracts::log::v1::AuditRecord;
use ledger::{Checkpoint, leaf_hash};
use prost::Message as _;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior},
};

use super::{
    AuditError, AuditParts, Waiting,
    book::{self, Book, Noted},
    retention,
};
use crate::convert::common;

/// Reads of one commit.
const BATCH: usize = 512;
/// Pause after a commit that failed.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often is looked for records that are older than they are kept.
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// Writes the audit log. See [`Writer::run`].
#[derive(Debug)]
#[must_use = "nothing is recorded before it runs"]
pub struct Writer {
    parts: AuditParts,
    reads: mpsc::Receiver<Waiting>,
    book: Arc<Book>,
}

/// Why the writer woke up.
enum Woken {
    /// There is something to write.
    Records,
    /// It is time to look for what is too old.
    Forget,
    /// Nobody is left who could have something recorded.
    End,
}

impl Writer {
    pub(super) fn new(parts: AuditParts, reads: mpsc::Receiver<Waiting>, book: Arc<Book>) -> Self {
        Self { parts, reads, book }
    }

    /// Writes until the last [`super::Audit`] is dropped, so that what a draining server still answers is recorded too. A commit
    /// that fails is told to those who wait for it, who then get no data; what nobody waits for is tried again.
    pub async fn run(mut self) {
        let mut waiting = Vec::with_capacity(BATCH);
        let mut looks = tokio::time::interval(FORGET_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.parts.metrics.sound(true);
        loop {
            let woken = tokio::select! {
                count = self.reads.recv_many(&mut waiting, BATCH) => if count == 0 { Woken::End } else { Woken::Records },
                () = self.book.due() => Woken::Records,
                _ = looks.tick(), if self.parts.config.keep_years.is_some() => Woken::Forget,
            };
            if matches!(woken, Woken::Forget) {
                self.forget().await;
                continue;
            }
            let noted = self.book.take(matches!(woken, Woken::End));
            self.write(&mut waiting, noted).await;
            if matches!(woken, Woken::End) {
                return;
            }
        }
    }

    /// Writes, and after a failure goes on trying until the log can be written again or nobody is left.
    async fn write(&mut self, waiting: &mut Vec<Waiting>, noted: Noted) {
        let mut noted = noted;
        let mut failing = false;
        loop {
            match self.commit(waiting, &noted).await {
                Ok(()) => {
                    for Waiting { done, record: _ } in waiting.drain(..) {
                        let _gone = done.send(()); // Its caller may have given up; then nobody got the data.
                    }
                    if failing {
                        tracing::info!("the audit log can be written again");
                        self.book.set_sound(true);
                        self.parts.metrics.sound(true);
                    }
                    return;
                }
                Err(error) => {
                    if !failing {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "the audit log cannot be written; others read nothing until it can"
                        );
                    }
                }
            }
            failing = true;
            self.book.set_sound(false);
            self.parts.metrics.sound(false);
            // Dropping one tells who waits.
            waiting.clear();
            self.book.give_back(noted);
            if !self.pause().await {
                tracing::error!("the audit log was not written to its end");
                return;
            }
            noted = self.book.take(true);
        }
    }

    /// Waits before the next attempt, and turns those away who had a place already. False when nobody is left.
    async fn pause(&mut self) -> bool {
        let until = Instant::now() + RETRY_AFTER;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return true,
                waiting = self.reads.recv() => match waiting {
                    Some(Waiting { record: _, done }) => drop(done),
                    None => return false,
                },
            }
        }
    }

    async fn commit(&self, waiting: &[Waiting], noted: &Noted) -> Result<(), AuditError> {
        let AuditParts { store, department, signer, clock, .. } = &self.parts;
        let mut txn = store.begin(department).await?;
        if waiting.is_empty() && noted.is_empty() {
            return Ok(()); // The log can be written; dropping the transaction rolls it back.
        }
        let mut last = txn.last_time();
        let records = waiting.iter().map(|waiting| &waiting.record).chain(noted.records());
        for record in records.clone() {
            let (leaf, time) = leaf(record, last);
            last = time.or(last);
            txn.append(&leaf, leaf_hash(&leaf), None).await?;
        }
        let checkpoint =
            Checkpoint { origin: signer.name().to_owned(), size: txn.range().size(), root: txn.range().root() };
        let note = ledger::sign(&checkpoint, signer)?;
        txn.set_head(&note, last.unwrap_or_else(|| clock.now())).await?;
        txn.commit().await?;
        for record in records {
            self.parts.metrics.recorded(super::code(book::event(record)), u64::from(record.count));
        }
        Ok(())
    }

    async fn forget(&self) {
        let AuditParts { store, department, clock, config, .. } = &self.parts;
        let Some(years) = config.keep_years else { return };
        match retention::forget(store, department, clock.now(), years).await {
            Ok(0) => {}
            Ok(records) => tracing::info!(records, years, "audit records older than they are kept were forgotten"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "old audit records cannot be forgotten");
            }
        }
    }
}

/// The bytes of a record whose time is never earlier than that of the one before, and that time.
fn leaf(record: &AuditRecord, last: Option<DateTime<Utc>>) -> (Vec<u8>, Option<DateTime<Utc>>) {
    let time = record.time.and_then(|time| {
        let nanos = u32::try_from(time.nanos).ok()?;
        DateTime::from_timestamp(time.seconds, nanos)
    });
    let time = time.max(last);
    let record = AuditRecord { time: time.map(common::time_out), ..record.clone() };
    (record.encode_to_vec(), time)
}
