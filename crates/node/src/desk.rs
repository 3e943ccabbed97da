//! The only way to write: one transaction that claims the request id, checks what depends on the state, appends the signed
//! entry, updates the tables and keeps the answer for a repeated request.
//!
//! What can be checked without the state is checked before, so that a bad request never waits for the log. An acknowledged
//! write is on disk: the answer is made after the transaction was committed, and its receipt carries the checkpoint that
//! was signed inside it.
//!
//! Why a mutex in front of the database's own lock: it is first come, first served, while SQLite's busy handler is not, and
//! waiting tasks hold no connection. A second process on the same PostgreSQL database is still safe, because the store
//! locks the log's head row first.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, SubsecRound, Utc};
use contracts::{common::v1 as common_wire, log::v1::Envelope};
use domain::{Change, Correction, DepartmentId, DomainError, Reason, Recorded, Text, Violation, Violations, etag};
use ledger::{Checkpoint, CheckpointError, NoteSigner, body_digest, leaf_hash};
use policy::Permit;
use prost::Message;
use runtime::{clock::SharedClock, trace_context::TraceParent};
use store::{Claim, EntryMeta, Store, StoreError, WriteTxn};
use tokio::sync::Mutex;

use crate::{
    caller::Caller,
    convert::{Reader, common, common::EntrySource},
    feeds::Feeds,
    projection::{Projection, ProjectionError, method},
};

/// Longest wait for the writes before this one.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

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
    /// The service's own principal, for entries that it writes itself.
    pub principal: String,
    /// Key of the log.
    pub signer: NoteSigner,
    /// The clock.
    pub clock: SharedClock,
    /// What entries do to the tables.
    pub projection: Arc<Projection>,
    /// Who wants to know that the log has grown.
    pub feeds: Feeds,
}

/// Writes to one log.
#[derive(Clone, Debug)]
pub struct Desk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: DeskParts,
    turn: Mutex<()>,
}

/// What goes into the envelope of an entry.
struct Content<'a> {
    method: String,
    request: Vec<u8>,
    principal: &'a str,
    fingerprint: &'a str,
    request_id: &'a str,
}

impl Desk {
    /// Opens the desk of a department.
    ///
    /// # Errors
    /// [`DeskError::Store`] when the log cannot be read.
    pub async fn open(parts: DeskParts) -> Result<Self, DeskError> {
        let size = parts.store.head(&parts.department).await?.map_or(0, |head| head.size);
        parts.feeds.announce(&parts.department, size);
        Ok(Self(Arc::new(Inner { parts, turn: Mutex::new(()) })))
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

    /// Writes a request to the log, once: the entry holds its exact bytes. A repeated request gets the first answer.
    ///
    /// `check` runs inside the transaction, for what depends on the state; what it finds out goes on to `respond`. Nothing
    /// is stored when it fails.
    ///
    /// # Errors
    /// What `check` returns; [`Reason::RequestIdReused`]; [`Reason::ServiceUnavailable`] when the log is busy for too long;
    /// the faults of [`DeskError`].
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
        may_write(caller)?;
        let content = Content {
            method: submission.method.to_owned(),
            request: submission.request.to_vec(),
            principal: caller.principal.as_str(),
            fingerprint: &caller.fingerprint,
            request_id: submission.request_id,
        };
        self.write(caller.principal.as_str(), &submission, content, check, respond).await
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
        may_write(caller)?;
        let content = Content {
            method: format!("{}{}", method::PUT_RESOURCE, type_name),
            request: resource.encode_to_vec(),
            principal: caller.principal.as_str(),
            fingerprint: &caller.fingerprint,
            request_id: submission.request_id,
        };
        let nothing = async |_txn: &mut WriteTxn| Ok(());
        self.write(caller.principal.as_str(), &submission, content, nothing, |outcome, ()| respond(outcome)).await
    }

    /// Writes a resource on the service's own account.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub async fn record_own(&self, type_name: &str, resource: &impl Message) -> Result<Outcome, DeskError> {
        let principal = self.0.parts.principal.as_str();
        let request_id = uuid::Uuid::now_v7().to_string();
        let submission = Submission {
            method: method::PUT_RESOURCE,
            request: resource.encode_to_vec().into(),
            request_id: &request_id,
            validate_only: false,
        };
        let content = Content {
            method: format!("{}{}", method::PUT_RESOURCE, type_name),
            request: submission.request.to_vec(),
            principal,
            fingerprint: "",
            request_id: &request_id,
        };
        let mut written = None;
        let nothing = async |_txn: &mut WriteTxn| Ok(());
        let respond = |outcome: &Outcome, ()| {
            written = Some(outcome.clone());
            outcome.receipt.clone().unwrap_or_default()
        };
        self.write(principal, &submission, content, nothing, respond).await?;
        // A fresh id is never a repeated request, so the answer was made here.
        written.ok_or_else(|| busy().into())
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
        let _turn = self.turn().await?;
        let mut txn = self.0.parts.store.begin(&self.0.parts.department).await?;
        self.claim(&mut txn, caller.principal.as_str(), submission).await
    }

    async fn write<R, V>(
        &self,
        principal: &str,
        submission: &Submission<'_>,
        content: Content<'_>,
        check: impl AsyncFnOnce(&mut WriteTxn) -> Result<V, DeskError>,
        respond: impl FnOnce(&Outcome, V) -> R,
    ) -> Result<R, DeskError>
    where
        R: Message + Default,
    {
        let parts = &self.0.parts;
        let turn = self.turn().await?;
        let mut txn = parts.store.begin(&parts.department).await?;
        if let Some(answer) = self.claim(&mut txn, principal, submission).await? {
            return Ok(answer);
        }
        let found = check(&mut txn).await?;

        let time = parts.clock.now().trunc_subsecs(6);
        let time = txn.last_time().map_or(time, |last| last.max(time));
        let envelope = self.envelope(content, time);
        let leaf = envelope.encode_to_vec();
        let changes = parts.projection.changes_in(&txn, &envelope).await?;
        let mut outcome = Outcome {
            receipt: None,
            origin: parts.department.clone(),
            log_index: txn.size(),
            time,
            source: EntrySource {
                leaf_hash: leaf_hash(&leaf),
                principal: envelope.principal,
                receive_time: Some(time),
            },
            changes,
        };
        if submission.validate_only {
            return Ok(respond(&outcome, found)); // Dropping the transaction rolls it back.
        }

        let trace = TraceParent::current();
        let trace = trace.as_ref().map(TraceParent::as_str);
        let log_index = txn.append(&leaf, outcome.source.leaf_hash, trace).await?;
        outcome.log_index = log_index;
        txn.apply(&outcome.changes, &EntryMeta { origin: parts.department.clone(), log_index, time }).await?;
        let checkpoint = self.sign(&txn)?;
        txn.set_head(&checkpoint, time).await?;
        outcome.receipt = Some(receipt(&outcome, checkpoint, submission.request_id));
        let answer = respond(&outcome, found);
        let digest = digest(submission);
        txn.remember(principal, submission.request_id, submission.method, digest, log_index, &answer.encode_to_vec())
            .await?;
        let size = txn.size();
        txn.commit().await?;
        drop(turn);
        parts.feeds.announce(&parts.department, size);
        Ok(answer)
    }

    async fn turn(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, DeskError> {
        tokio::time::timeout(LONGEST_WAIT, self.0.turn.lock()).await.map_err(|_elapsed| busy().into())
    }

    async fn claim<R: Message + Default>(
        &self,
        txn: &mut WriteTxn,
        principal: &str,
        submission: &Submission<'_>,
    ) -> Result<Option<R>, DeskError> {
        match txn.claim(principal, submission.request_id, submission.method, digest(submission)).await? {
            Claim::First => Ok(None),
            Claim::Replay { log_index: _, response } => Ok(Some(R::decode(response.as_slice())?)),
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

    fn envelope(&self, content: Content<'_>, time: DateTime<Utc>) -> Envelope {
        let Content { method, request, principal, fingerprint, request_id } = content;
        Envelope {
            version: 1,
            node: self.0.parts.department.parent(),
            method,
            request,
            principal: principal.to_owned(),
            certificate_fingerprint: fingerprint.to_owned(),
            request_id: request_id.to_owned(),
            receive_time: Some(common::time_out(time)),
            signatures: Vec::new(),
            digest_algorithm: "sha256".to_owned(),
        }
    }

    fn sign(&self, txn: &WriteTxn) -> Result<String, CheckpointError> {
        let signer = &self.0.parts.signer;
        let checkpoint =
            Checkpoint { origin: signer.name().to_owned(), size: txn.range().size(), root: txn.range().root() };
        ledger::sign(&checkpoint, signer)
    }
}

/// The policy decided on this very call; a permission to read cannot be passed off as one to write.
fn may_write(caller: &Caller) -> Result<(), DomainError> {
    match &caller.permit {
        Permit::Write(_) => Ok(()),
        Permit::Read(allowed) => Err(DomainError::new(
            Reason::PermissionDenied,
            Text::new("该方法只获准读取", "the permission for this method is one to read"),
        )
        .with_fact("method", allowed.method())),
    }
}

/// Digest of the whole request, so that the same id with another method is another request.
fn digest(submission: &Submission<'_>) -> ledger::Hash {
    let mut bytes = Vec::with_capacity(submission.method.len() + 1 + submission.request.len());
    bytes.extend_from_slice(submission.method.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&submission.request);
    body_digest(&bytes)
}

fn receipt(outcome: &Outcome, checkpoint: String, request_id: &str) -> common_wire::Receipt {
    common_wire::Receipt {
        node: common::node_out(&outcome.origin),
        log_index: outcome.log_index,
        leaf_hash: outcome.source.leaf_hash.to_string(),
        checkpoint,
        level: common_wire::ReceiptLevel::Logged.into(),
        request_id: request_id.to_owned(),
        receive_time: Some(common::time_out(outcome.time)),
    }
}

fn busy() -> DomainError {
    DomainError::new(
        Reason::ServiceUnavailable,
        Text::new(
            "写入繁忙，请用同一请求标识稍后重试",
            "writes are queueing; try again later with the same request id",
        ),
    )
}

/// Checks a request id: a UUID in its usual form, not the empty one (AIP-155).
pub fn request_id(reader: &mut Reader<'_>, id: &str) {
    let valid = uuid::Uuid::try_parse(id).is_ok_and(|parsed| !parsed.is_nil() && id.len() == 36);
    if !valid {
        let rule = ("请求标识须为UUID", "request_id is a UUID");
        let action =
            ("请为每次提交生成一个新的UUID，重试时沿用", "make a new UUID for each submission, keep it when you retry");
        reader.fault("request_id", Reason::RequestIdInvalid, id, rule, action);
    }
}

/// Checks that a parent is this node.
pub fn own_parent(reader: &mut Reader<'_>, parent: &str, department: &DepartmentId) {
    if parent.is_empty() {
        reader.missing("parent");
    } else if parent != department.parent() {
        let rule = ("只能写入本单位的数据", "a node records its own department's data only");
        reader.fault_allowing("parent", Reason::ParentMismatch, parent, rule, [department.parent()]);
    }
}
