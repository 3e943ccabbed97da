//! The audit log of a node: who of others read what for which purpose, and what was refused. A second log of the same form as
//! the exchange log, in a database of its own.
//!
//! Data of a department go to others only after the record of it is on disk ([`Place::record`]); group commit makes that
//! cheap. A refusal tells nothing, so nobody waits for its record: it is noted in the [`book::Book`] and listed with the next
//! commit. When the log cannot take records, others read nothing until it can; the department's own work goes on.

mod book;
mod config;
mod digest;
mod event;
mod retention;
mod writer;

use std::{sync::Arc, time::Duration};

use chrono::SubsecRound as _;
use contracts::log::v1::AuditRecord;
use domain::{DepartmentId, DomainError, Reason, Text};
use ledger::{CheckpointError, NoteSigner};
use runtime::{clock::SharedClock, metrics::AuditMetrics};
use store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use self::book::Book;
use crate::convert::common;

pub use config::{AuditConfig, LEAST_KEEP_YEARS};
pub use digest::{AnswerDigest, Answered};
pub(crate) use event::of_ended_stream;
pub use event::{code, of_refusal};
pub use writer::Writer;

/// How long the opening of a stream waits for its record. A call with one answer has its deadline.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Name of a log's audit log, which is the origin of its checkpoints.
#[must_use]
pub fn log_name(log_name: &str) -> String {
    format!("{log_name}/audit")
}

/// A commit of the audit log that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The checkpoint could not be signed.
    #[error("the checkpoint cannot be signed")]
    Sign(#[from] CheckpointError),
    /// A leaf of the log is none of ours.
    #[error("entry {index} is no audit record")]
    Leaf {
        /// Its index.
        index: u64,
        /// Why.
        #[source]
        source: prost::DecodeError,
    },
}

/// What an audit log is made of.
#[derive(Clone, Debug)]
pub struct AuditParts {
    /// The database of the audit log: [`Store::open_audit`].
    pub store: Store,
    /// The department whose node this is.
    pub department: DepartmentId,
    /// Key of the audit log.
    pub signer: NoteSigner,
    /// The clock.
    pub clock: SharedClock,
    /// What the configuration says.
    pub config: AuditConfig,
    /// The metrics.
    pub metrics: AuditMetrics,
}

/// Where layers leave their records. Clones share it; the [`Writer`] ends when the last is dropped.
#[derive(Clone, Debug)]
pub struct Audit {
    reads: mpsc::Sender<Waiting>,
    book: Arc<Book>,
    clock: SharedClock,
    department: DepartmentId,
}

/// A record that somebody waits for.
#[derive(Debug)]
struct Waiting {
    record: AuditRecord,
    /// Told when it is on disk; dropped when it is not.
    done: oneshot::Sender<()>,
}

impl Audit {
    /// The handle for the layers, and the task that must run for anything to be recorded.
    pub fn new(parts: AuditParts) -> (Self, Writer) {
        let (reads, waiting) = mpsc::channel(parts.config.queue.max(1));
        let book = Arc::new(Book::default());
        let (clock, department) = (Arc::clone(&parts.clock), parts.department.clone());
        let audit = Self { reads, book: Arc::clone(&book), clock, department };
        (audit, Writer::new(parts, waiting, book))
    }

    /// The department whose node this is.
    pub(crate) fn department(&self) -> &DepartmentId {
        &self.department
    }

    /// A place in the queue, to be had before a read is served.
    ///
    /// # Errors
    /// [`Reason::AuditUnavailable`] when the queue is full or the log cannot be written.
    pub(crate) fn place(&self) -> Result<Place, DomainError> {
        if !self.book.sound() {
            return Err(unavailable());
        }
        let place = self.reads.clone().try_reserve_owned().map_err(|_full| unavailable())?;
        Ok(Place { place, audit: self.clone() })
    }

    /// Notes a refusal, or whatever else nobody waits for. What repeats within a second is counted.
    pub(crate) fn note(&self, record: AuditRecord) {
        self.book.note(self.complete(record));
    }

    /// Notes that a stream ended. Every opened stream ends once, so these are never too many, and none is left out.
    pub(crate) fn ended(&self, record: AuditRecord) {
        self.book.ended(self.complete(record));
    }

    fn complete(&self, record: AuditRecord) -> AuditRecord {
        let time = common::time_out(self.clock.now().trunc_subsecs(6));
        AuditRecord { version: 1, node: self.department.parent(), time: Some(time), count: 1, ..record }
    }
}

/// A place in the queue.
#[derive(Debug)]
pub(crate) struct Place {
    place: mpsc::OwnedPermit<Waiting>,
    audit: Audit,
}

impl Place {
    /// Records a read; when this returns, the record is on disk under a signed checkpoint.
    ///
    /// # Errors
    /// [`Reason::AuditUnavailable`] when it could not be written. It may be on disk all the same, when the commit was lost on
    /// its way back; a record of a read that was refused then is the safe side.
    pub(crate) async fn record(self, record: AuditRecord) -> Result<(), DomainError> {
        let (done, written) = oneshot::channel();
        self.place.send(Waiting { record: self.audit.complete(record), done });
        written.await.map_err(|_lost| unavailable())
    }
}

/// The refusal of a read that cannot be recorded.
pub(crate) fn unavailable() -> DomainError {
    let text = Text::new(
        "审计日志暂时不能记录，暂不提供其他部门的数据；请稍后重试",
        "the audit log cannot record the read now, so data of another department are not given out; try again later",
    );
    DomainError::new(Reason::AuditUnavailable, text)
}
