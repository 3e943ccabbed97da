//! Follows the log of one node: verifies, mirrors and projects what it logs, from where the mirror stands.
//!
//! Nothing is stored that the node has not signed for: a chunk that reaches the head carries its checkpoint, and for a chunk
//! in the middle the node is asked for a consistency proof from the mirror's new size to its newest checkpoint. Entries,
//! tables and head go into one transaction, so a restart at any moment loses and doubles nothing.
//!
//! Each entry is projected in a span that continues the trace of the call that the node logged, so that one submission is one
//! trace from its client to here. The mirror keeps the trace context for whoever follows it in turn.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use client::{
    ConnectError, Connection, Endpoint, FollowError as FeedError, Identity, Options, Submitted, VerifiedEntry, Verifier,
};
use contracts::log::v1::{
    Envelope, FollowEntriesRequest, FollowEntriesResponse, GetCheckpointRequest, GetConsistencyProofRequest,
};
use domain::DepartmentId;
use ledger::{CompactRange, Hash, NoteVerifier};
use node::{
    convert::common,
    feeds::Feeds,
    projection::{Logged, Projection},
};
use runtime::{CancellationToken, clock::SharedClock, config::Tls, readiness::Waiting, trace_context::TraceParent};
use store::{Beside, EntryMeta, FollowState, Store, StoreError, WriteTxn};
use tokio::time::Instant;
use tonic::{Code, Status};
use tracing::Instrument as _;

use crate::logs::{Sightings, certificate_shown};

/// First wait after a failure; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// The node sends a heartbeat every 10 s; a stream silent for longer is dead.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// How often a node is asked for its newest checkpoint at most.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// How often the certificate of a node is looked at.
const CERTIFICATE_EVERY: Duration = Duration::from_secs(3600);

/// Why following stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    /// The node did not answer, or ended the stream.
    #[error("节点不可达（{}）", .0.code())]
    Unreachable(Box<Status>),
    /// The certificate cannot be used, or the address.
    #[error("无法建立连接：{}", .0.text().zh)]
    Connect(#[from] ConnectError),
    /// Nothing came for longer than the heartbeat.
    #[error("超过 {} 秒没有收到心跳", LONGEST_SILENCE.as_secs())]
    Silent,
    /// The node says that it has fewer entries than it signed for: its log was cut off, or restored from an old backup.
    #[error("节点的日志少于已同步的 {0} 条：日志被截断，或由旧备份恢复")]
    Shrunk(u64),
    /// What the node sends contradicts what it signed. It is not stored.
    #[error("日志校验不通过：{}", .0.text().zh)]
    Feed(#[from] FeedError),
    /// The node cannot prove that what it sent belongs to what it signed. It is not stored.
    #[error("日志一致性证明不通过：{0}")]
    Unproven(String),
    /// The mirror is not what it was when following began.
    #[error("本地镜像不完整：{0}")]
    Mirror(String),
    /// The database failed.
    #[error("本地数据库暂不可用")]
    Store(#[from] StoreError),
    /// A verified entry cannot be interpreted.
    #[error("第 {index} 条记录无法解读")]
    Projection {
        /// The entry.
        index: u64,
        /// Why.
        #[source]
        source: node::projection::ProjectionError,
    },
}

impl From<Status> for FollowError {
    fn from(status: Status) -> Self {
        Self::Unreachable(Box::new(status))
    }
}

/// Follows one node.
pub(crate) struct Follower {
    pub(crate) log: DepartmentId,
    pub(crate) store: Store,
    pub(crate) projection: Arc<Projection>,
    pub(crate) feeds: Feeds,
    /// What is seen of the node on the way.
    pub(crate) sightings: Sightings,
    /// Where the node is.
    pub(crate) endpoint: Endpoint,
    /// Our certificate, read again for every connection: one that was renewed is used without a restart.
    pub(crate) tls: Tls,
    pub(crate) verifier: NoteVerifier,
    pub(crate) clock: SharedClock,
}

/// A verified entry that may be read.
struct Followed<'a> {
    index: u64,
    leaf: &'a [u8],
    leaf_hash: Hash,
    envelope: &'a Envelope,
    time: DateTime<Utc>,
    beside: Beside,
}

impl Follower {
    /// Follows until the process stops. `caught_up` is dropped once the mirror holds what the node had, or once it is known
    /// that the node does not answer: a node that is down must not keep the aggregator from serving what it has.
    pub(crate) async fn run(self, stop: CancellationToken, caught_up: Waiting) {
        let mut waiting = Some(caught_up);
        let mut pause = FIRST_PAUSE;
        loop {
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.follow(&mut waiting, &mut pause) => outcome,
            };
            if let Err(error) = outcome {
                tracing::warn!(log = %self.log, error = &error as &dyn std::error::Error, "following was interrupted");
                self.note_failure(&error).await;
                waiting = None;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn follow(&self, waiting: &mut Option<Waiting>, pause: &mut Duration) -> Result<(), FollowError> {
        let mut verifier = Verifier::new(self.verifier.clone(), self.mirrored().await?);
        let start_index = verifier.next_index();
        let identity = Identity::from_files(&self.tls.ca, &self.tls.cert, &self.tls.key)?;
        let connection = Connection::connect(self.endpoint.clone(), &identity, &Options::default())?;
        let feed = connection.log().follow_entries(FollowEntriesRequest { start_index }).await;
        let mut feed = match feed {
            Ok(feed) => feed.into_inner(),
            Err(status) if status.code() == Code::OutOfRange => return Err(FollowError::Shrunk(start_index)),
            Err(status) => return Err(status.into()),
        };
        let (mut checkpoint_at, mut certificate_at) = (None, None);
        loop {
            let next = tokio::time::timeout(LONGEST_SILENCE, feed.message()).await;
            let Some(message) = next.map_err(|_elapsed| FollowError::Silent)?? else {
                return Err(Status::unavailable("the node ended the stream").into());
            };
            let caught_up = self.accept(&connection, &mut verifier, message).await?;
            *pause = FIRST_PAUSE;
            self.note_contact(verifier.next_index()).await?;
            if caught_up {
                waiting.take();
                self.see(&connection, &mut checkpoint_at, &mut certificate_at).await;
            }
        }
    }

    /// Looks at the node itself, if that was not done just now: its newest checkpoint with the cosignatures, its certificate.
    /// Following goes on whatever comes of it.
    async fn see(&self, connection: &Connection, checkpoint: &mut Option<Instant>, certificate: &mut Option<Instant>) {
        let due = |last: &Option<Instant>, every| last.is_none_or(|last| last.elapsed() >= every);
        if due(checkpoint, CHECKPOINT_EVERY) {
            *checkpoint = Some(Instant::now());
            match connection.log().get_checkpoint(GetCheckpointRequest {}).await {
                Ok(answer) => {
                    let note = answer.into_inner().checkpoint;
                    match ledger::open(&note, std::slice::from_ref(&self.verifier)) {
                        Ok(tree) => self.sightings.checkpoint(&self.log, tree.size, note),
                        Err(error) => {
                            tracing::warn!(log = %self.log, %error, "a node shows a checkpoint of another key")
                        }
                    }
                }
                Err(status) => tracing::debug!(log = %self.log, %status, "a node does not show its checkpoint"),
            }
        }
        if due(certificate, CERTIFICATE_EVERY) {
            *certificate = Some(Instant::now());
            match certificate_shown(&self.endpoint, &self.tls).await {
                Ok(shown) => self.sightings.certificate(&self.log, shown.not_after),
                Err(error) => tracing::warn!(log = %self.log, %error, "the certificate of a node was not seen"),
            }
        }
    }

    /// The tree that the mirror holds.
    async fn mirrored(&self) -> Result<CompactRange, FollowError> {
        let size = self.store.head(&self.log).await?.map_or(0, |head| head.size);
        let hashes = self.store.tree_nodes(&self.log, &CompactRange::right_edge_ids(size)).await?;
        CompactRange::from_nodes(size, |id| hashes.get(&id).copied())
            .map_err(|error| FollowError::Mirror(error.to_string()))
    }

    /// Verifies a message and stores its entries; whether the node has nothing newer. The node is asked before the
    /// transaction begins, so that a slow node never holds the database.
    async fn accept(
        &self,
        connection: &Connection,
        verifier: &mut Verifier,
        message: FollowEntriesResponse,
    ) -> Result<bool, FollowError> {
        let before = verifier.next_index();
        let verified = verifier.accept(message)?;
        if verified.entries.is_empty() {
            return Ok(verified.caught_up);
        }
        let note = match verified.head {
            Some(head) => head.note,
            None => self.by_consistency(connection, verifier.range()).await?,
        };
        self.keep(verified.entries, &note, before).await?;
        self.feeds.announce(&self.log, verifier.next_index());
        Ok(verified.caught_up)
    }

    /// Proves that the tree so far is a prefix of the node's newest signed tree; the note of that tree.
    async fn by_consistency(&self, connection: &Connection, range: &CompactRange) -> Result<String, FollowError> {
        let unproven = |error: &dyn std::fmt::Display| FollowError::Unproven(error.to_string());
        let mut client = connection.log();
        let note = client.get_checkpoint(GetCheckpointRequest {}).await?.into_inner().checkpoint;
        let newest = ledger::open(&note, std::slice::from_ref(&self.verifier)).map_err(|error| unproven(&error))?;
        let request = GetConsistencyProofRequest { first_size: range.size(), second_size: newest.size };
        let proof = client.get_consistency_proof(request).await?.into_inner();
        let hashes: Vec<Hash> =
            proof.hashes.iter().map(|hash| hash.parse()).collect::<Result<_, _>>().map_err(|error| unproven(&error))?;
        ledger::verify_consistency(range.size(), range.root(), newest.size, newest.root, &hashes)
            .map_err(|error| unproven(&error))?;
        Ok(note)
    }

    async fn keep(&self, entries: Vec<VerifiedEntry>, note: &str, size: u64) -> Result<(), FollowError> {
        let mut txn = self.store.begin(&self.log).await?;
        if txn.size() != size {
            return Err(FollowError::Mirror(format!("应有 {size} 条，实有 {} 条", txn.size())));
        }
        let mut time = txn.last_time().unwrap_or_else(|| self.clock.now());
        for VerifiedEntry { index, leaf_hash, leaf, submission, nodes: _ } in entries {
            let Some(leaf) = leaf else {
                txn.append_hash_only(leaf_hash).await?;
                continue;
            };
            let Some(Submitted { request, row_seed, trace_parent }) = submission else {
                txn.append(&leaf, leaf_hash, None).await?;
                continue;
            };
            let envelope = Projection::envelope(&self.log, &leaf, &request)
                .map_err(|source| FollowError::Projection { index, source })?;
            let received = envelope.receive_time.as_ref().and_then(|time| common::time("receive_time", time).ok());
            time = received.unwrap_or(time);
            // The node's word alone: what is no trace context is dropped here and goes no further.
            let trace = trace_parent.as_deref().and_then(TraceParent::parse);
            let span =
                tracing::info_span!("follow entry", log = %self.log, log_index = index, method = envelope.method);
            if let Some(trace) = &trace {
                trace.continue_in(&span);
            }
            let trace_parent = trace.map(|trace| trace.to_string());
            let beside = Beside { request, row_seed, trace_parent };
            let entry = Followed { index, leaf: &leaf, leaf_hash, envelope: &envelope, time, beside };
            self.project(&mut txn, entry).instrument(span).await?;
        }
        txn.set_head(note, time).await?;
        Ok(txn.commit().await?)
    }

    /// Mirrors one entry and does to the tables what it says.
    async fn project(&self, txn: &mut WriteTxn, entry: Followed<'_>) -> Result<(), FollowError> {
        let Followed { index, leaf, leaf_hash, envelope, time, beside } = entry;
        let changes = self.projection.changes_in(txn, Logged { envelope, request: &beside.request }).await;
        let changes = changes.map_err(|source| FollowError::Projection { index, source })?;
        let log_index = txn.append(leaf, leaf_hash, Some(beside)).await?;
        Ok(txn.apply(&changes, &EntryMeta { origin: self.log.clone(), log_index, time }).await?)
    }

    async fn note_contact(&self, size: u64) -> Result<(), StoreError> {
        let now = Some(self.clock.now());
        let state = FollowState { log: self.log.clone(), last_contact: now, last_error: None, announced_size: size };
        self.store.set_follow_state(&state).await
    }

    async fn note_failure(&self, error: &FollowError) {
        if let Err(error) = self.try_note_failure(error).await {
            tracing::warn!(log = %self.log, error = &error as &dyn std::error::Error, "the follow state was not kept");
        }
    }

    async fn try_note_failure(&self, error: &FollowError) -> Result<(), StoreError> {
        let known = self.store.follow_states().await?.into_iter().find(|state| state.log == self.log);
        let state = FollowState {
            log: self.log.clone(),
            last_contact: known.as_ref().and_then(|state| state.last_contact),
            last_error: Some(error.to_string()),
            announced_size: known.map_or(0, |state| state.announced_size),
        };
        self.store.set_follow_state(&state).await
    }
}
