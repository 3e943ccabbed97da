//! The only way to write: one transaction that claims the request id, checks what depends on the state, appends the signed
//! entry, updates the tables and keeps the answer for a repeated request.
//!
//! What can be checked without the state is checked before, so that a bad request never waits for the log. An acknowledged
//! write is on disk: the answer is made after the transaction was committed, and its receipt carries the checkpoint that
//! was signed inside it.
//!
//! Writers that wait for their turn share one transaction, one signature of the log and one commit ([`batch`]): evidence
//! costs per batch, not per message. A write that is refused leaves nothing in the batch, because everything is checked
//! before anything is written.
//!
//! Why a mutex in front of the database's own lock: it is first come, first served, while SQLite's busy handler is not, and
//! waiting tasks hold no connection. A second process on the same PostgreSQL database is still safe, because the store
//! locks the log's head row first.

mod answer;
mod batch;
mod checks;
mod evidence;
mod own;
mod wanted;

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, SubsecRound, Utc};
use contracts::common::v1 as common_wire;
use domain::{
    Change, Correction, DepartmentId, DomainError, Reason, Recorded, ResourceName, Text, Violation, Violations, etag,
};
use ledger::{CheckpointError, NoteSigner};
use prost::Message;
use runtime::{clock::SharedClock, tasks::Tasks};
use store::{Beside, Claim, EVIDENCE, EntryMeta, Expected, Store, StoreError, WriteTxn};

use self::{
    batch::{Batches, Open},
    evidence::{By, Content, Evidence},
};
use crate::{
    caller::Caller,
    convert::common::EntrySource,
    feeds::Feeds,
    projection::{Logged, Projection, ProjectionError, method},
    witness::Cosignatures,
};

pub use checks::{own_parent, request_id};
pub use wanted::Wanted;

/// A write that was not made.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The request was refused.
    #[error(transparent)]
    Refused(#[from] DomainError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The entry that was to be written cannot be interpreted: the checks before let something through.
    #[error("the entry cannot be projected")]
    Projection(#[from] ProjectionError),
    /// The checkpoint could not be signed.
    #[error("the checkpoint cannot be signed")]
    Sign(#[from] CheckpointError),
    /// The kept answer of an earlier request cannot be decoded.
    #[error("the kept answer cannot be decoded")]
    Answer(#[from] prost::DecodeError),
    /// The rows of the request cannot be told apart, although it was decoded before.
    #[error("the rows of the request cannot be told apart")]
    Rows(#[from] ledger::WireError),
    /// The operating system gave no random bytes for the salts of the rows.
    #[error("the operating system gave no random bytes")]
    Random(#[source] getrandom::Error),
}

impl From<Violations> for DeskError {
    fn from(violations: Violations) -> Self {
        Self::Refused(violations.into())
    }
}

impl From<Violation> for DeskError {
    fn from(violation: Violation) -> Self {
        Self::Refused(violation.into())
    }
}

/// A write request as it arrived.
#[derive(Clone, Debug)]
pub struct Submission<'a> {
    /// Full method, for example `wufei.exchange.v1.ObservationIngestService/UpdateObservation`.
    pub method: &'a str,
    /// The exact bytes of the request message.
    pub request: Bytes,
    /// The caller's request id, checked by [`request_id`].
    pub request_id: &'a str,
    /// Run every check and store nothing.
    pub validate_only: bool,
}

/// What was written, and where.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The receipt; none after a check only.
    pub receipt: Option<common_wire::Receipt>,
    /// The department whose log it is in.
    pub origin: DepartmentId,
    /// Index of the entry.
    pub log_index: u64,
    /// Time of the entry.
    pub time: DateTime<Utc>,
    /// What every record made by the entry says about it.
    pub source: EntrySource,
    /// What the entry did to the tables, in the order of its items.
    pub changes: Vec<Change>,
}

impl Outcome {
    /// The record of one item; `before` is the revision that it replaced, 0 for a new resource.
    #[must_use]
    pub fn recorded<T>(&self, position: usize, before: u32, body: T) -> Option<Recorded<T>> {
        let change = self.changes.get(position)?;
        let correction = match change {
            Change::PutObservation { correction, .. }
            | Change::PutFundingLine { correction, .. }
            | Change::PutResource { correction, .. } => correction.clone(),
        };
        Some(self.record(change.name().clone(), position, before, correction, body))
    }

    fn record<T>(
        &self,
        name: domain::ResourceName,
        position: usize,
        before: u32,
        correction: Option<Correction>,
        body: T,
    ) -> Recorded<T> {
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        Recorded {
            name,
            origin: self.origin.clone(),
            revision: before.saturating_add(1),
            etag: etag(&self.origin, self.log_index, position),
            log_index: self.log_index,
            position,
            known_from: self.time,
            known_to: None,
            superseded_index: None,
            correction,
            body,
        }
    }
}

/// What a desk is made of.
#[derive(Clone, Debug)]
pub struct DeskParts {
    /// The database.
    pub store: Store,
    /// The department whose log it writes.
    pub department: DepartmentId,
    /// Key of the log.
    pub signer: NoteSigner,
    /// The clock.
    pub clock: SharedClock,
    /// What entries do to the tables.
    pub projection: Arc<Projection>,
    /// Who wants to know that the log has grown.
    pub feeds: Feeds,
    /// Where the work that ends a batch is spawned.
    pub tasks: Tasks,
    /// What the witnesses sign; none for a log that is not witnessed.
    pub cosignatures: Option<Cosignatures>,
}

/// Writes to one log.
#[derive(Clone, Debug)]
pub struct Desk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: DeskParts,
    batches: Batches,
}

/// An entry that may be written.
struct Ready {
    leaf: Vec<u8>,
    beside: Beside,
    outcome: Outcome,
}

/// A write inside its batch.
struct Written<V> {
    outcome: Outcome,
    found: V,
}

impl Desk {
    /// Opens the desk of a department.
    ///
    /// # Errors
    /// [`DeskError::Store`] when the log cannot be read.
    pub async fn open(parts: DeskParts) -> Result<Self, DeskError> {
        let size = parts.store.head(&parts.department).await?.map_or(0, |head| head.size);
        parts.feeds.announce(&parts.department, size);
        Ok(Self(Arc::new(Inner { parts, batches: Batches::default() })))
    }

    /// The department whose log this writes.
    #[must_use]
    pub fn department(&self) -> &DepartmentId {
        &self.0.parts.department
    }

    /// Key of the log.
    #[must_use]
    pub fn signer(&self) -> &NoteSigner {
        &self.0.parts.signer
    }

    /// Says which figures the check of the next [`Self::submit`] looks up, so that they are looked up with those of others.
    pub fn expect(&self, observations: &[ResourceName]) {
        self.0.batches.expect(Expected { observations: observations.to_vec(), ..Expected::default() });
    }

    /// Writes a request to the log, once: the entry binds its exact bytes. A repeated request gets the first answer.
    ///
    /// `check` runs inside the transaction, for what depends on the state; what it finds out goes on to `respond`. Nothing
    /// is stored when it fails.
    ///
    /// # Errors
    /// What `check` returns; [`Reason::RequestIdReused`]; [`Reason::ServiceUnavailable`] when the log is busy for too long
    /// or the batch could not be committed; the faults of [`DeskError`].
    pub async fn submit<R, V>(
        &self,
        caller: &Caller,
        submission: Submission<'_>,
        check: impl AsyncFnOnce(&mut WriteTxn) -> Result<V, DeskError>,
        respond: impl FnOnce(&Outcome, V) -> R,
    ) -> Result<R, DeskError>
    where
        R: Message + Default,
    {
        let content = Content {
            method: submission.method.to_owned(),
            request: submission.request.clone(),
            by: By::Caller(caller),
            request_id: submission.request_id,
        };
        self.write(caller, &submission, content, check, respond).await
    }

    /// Writes a resource that the service made for a request, for example an evaluation run: the entry holds the resource
    /// with its name, and a repeated request gets the first answer. `type_name` is the full name of its message.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn publish<R: Message + Default>(
        &self,
        caller: &Caller,
        submission: Submission<'_>,
        type_name: &str,
        resource: &impl Message,
        respond: impl FnOnce(&Outcome) -> R,
    ) -> Result<R, DeskError> {
        let nothing = async |_txn: &mut WriteTxn| Ok(());
        self.publish_if(caller, submission, type_name, resource, nothing, respond).await
    }

    /// As [`Self::publish`], when `check` finds inside the transaction that the state allows it.
    ///
    /// # Errors
    /// What `check` returns; as [`Self::submit`].
    pub async fn publish_if<R: Message + Default>(
        &self,
        caller: &Caller,
        submission: Submission<'_>,
        type_name: &str,
        resource: &impl Message,
        check: impl AsyncFnOnce(&mut WriteTxn) -> Result<(), DeskError>,
        respond: impl FnOnce(&Outcome) -> R,
    ) -> Result<R, DeskError> {
        let content = Content {
            method: format!("{}{}", method::PUT_RESOURCE, type_name),
            request: resource.encode_to_vec().into(),
            by: By::Caller(caller),
            request_id: submission.request_id,
        };
        self.write(caller, &submission, content, check, |outcome, ()| respond(outcome)).await
    }

    /// The first answer to a request that was made before; none when it is new. For requests whose work is long: look here
    /// before starting it.
    ///
    /// # Errors
    /// [`Reason::RequestIdReused`], or the faults of [`DeskError`].
    pub async fn replay<R: Message + Default>(
        &self,
        caller: &Caller,
        submission: &Submission<'_>,
    ) -> Result<Option<R>, DeskError> {
        let mut turn = self.0.batches.turn().await?;
        let open = turn.open(self).await?;
        let claimed = claim(open.txn(), caller, submission).await?;
        let Some(kept) = claimed else { return Ok(None) };
        let sealed = turn.leave();
        self.answer(submission.method, kept, sealed).await.map(Some)
    }

    async fn write<R, V>(
        &self,
        caller: &Caller,
        submission: &Submission<'_>,
        content: Content<'_>,
        check: impl AsyncFnOnce(&mut WriteTxn) -> Result<V, DeskError>,
        respond: impl FnOnce(&Outcome, V) -> R,
    ) -> Result<R, DeskError>
    where
        R: Message + Default,
    {
        checks::may_write(caller)?;
        let evidence = content.evidence()?;
        let request = (caller.principal.as_str().to_owned(), submission.request_id.to_owned());
        self.0.batches.expect(Expected { requests: vec![request], ..Expected::default() });
        let mut turn = self.0.batches.turn().await?;
        let open = turn.open(self).await?;
        if let Some(kept) = claim(open.txn(), caller, submission).await? {
            let sealed = turn.leave();
            return self.answer(submission.method, kept, sealed).await;
        }
        let found = check(open.txn()).await?;
        let Ready { leaf, beside, outcome } = self.ready(open, evidence).await?;
        let time = outcome.time;
        if submission.validate_only {
            return Ok(respond(&outcome, found)); // The turn ends, and nothing was written.
        }

        let mut written = Written { outcome, found };
        let log_index = written.outcome.log_index;
        written.outcome.receipt = Some(evidence::receipt(&written.outcome, submission.request_id));
        let answer = respond(&written.outcome, written.found).encode_to_vec();
        let mut step = open.step();
        let txn = step.txn();
        self.put(txn, &leaf, beside, &written.outcome).await?;
        let (principal, digest) = (caller.principal.as_str(), evidence::digest(submission));
        txn.remember(principal, submission.request_id, submission.method, digest, log_index, &answer).await?;
        step.done(time);
        let sealed = turn.leave();
        self.answer(submission.method, Kept { log_index, answer, pending: true }, sealed).await
    }

    /// The entry with its time, and what it does to the tables; nothing is written yet.
    async fn ready(&self, open: &mut Open, evidence: Evidence) -> Result<Ready, DeskError> {
        let parts = &self.0.parts;
        let time = open.time(parts.clock.now().trunc_subsecs(6))?;
        let (envelope, beside) = evidence.envelope(&parts.department, time);
        let leaf = envelope.encode_to_vec();
        let leaf_hash = if EVIDENCE { ledger::leaf_hash(&leaf) } else { ledger::EMPTY_ROOT };
        let changes =
            parts.projection.changes_in(open.txn(), Logged { envelope: &envelope, request: &beside.request }).await?;
        let outcome = Outcome {
            receipt: None,
            origin: parts.department.clone(),
            log_index: open.txn().size(),
            time,
            source: EntrySource { leaf_hash, principal: envelope.principal, receive_time: Some(time) },
            changes,
        };
        Ok(Ready { leaf, beside, outcome })
    }

    async fn put(&self, txn: &mut WriteTxn, leaf: &[u8], beside: Beside, outcome: &Outcome) -> Result<(), DeskError> {
        txn.append(leaf, outcome.source.leaf_hash, Some(beside)).await?;
        let Outcome { origin, log_index, time, changes, .. } = outcome;
        let meta = EntryMeta { origin: origin.clone(), log_index: *log_index, time: *time };
        Ok(txn.apply(changes, &meta).await?)
    }
}

/// An answer as it is kept: without a checkpoint in its receipt, which is known only when the batch ends.
struct Kept {
    log_index: u64,
    answer: Vec<u8>,
    /// True while the batch that made it is open.
    pending: bool,
}

/// What is known of a request id.
async fn claim(txn: &mut WriteTxn, caller: &Caller, submission: &Submission<'_>) -> Result<Option<Kept>, DeskError> {
    let digest = evidence::digest(submission);
    match txn.claim(caller.principal.as_str(), submission.request_id, submission.method, digest).await? {
        Claim::First => Ok(None),
        Claim::Replay { log_index, response, pending } => Ok(Some(Kept { log_index, answer: response, pending })),
        Claim::OtherBody => Err(DomainError::new(
            Reason::RequestIdReused,
            Text::new(
                format!("请求标识 {} 已用于另一内容的请求，请换用新的标识", submission.request_id),
                format!("request id {} was used for another request, take a new one", submission.request_id),
            ),
        )
        .with_fact("request_id", submission.request_id)
        .into()),
    }
}
