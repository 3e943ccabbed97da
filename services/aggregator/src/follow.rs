//! Follows the log of one node: verifies, mirrors and projects what it logs, from where the mirror stands.
//!
//! Nothing is stored that is not covered by a checkpoint which the node signed: a chunk that reaches the head carries one,
//! and for a chunk in the middle the node is asked for a consistency proof from the mirror's new size to its newest
//! checkpoint. Entries, tables and head go into one transaction, so a restart at any moment loses and doubles nothing.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use client::Connection;
use contracts::log::v1::{
    Entry, FollowEntriesRequest, FollowEntriesResponse, GetCheckpointRequest, GetConsistencyProofRequest,
    log_service_client::LogServiceClient,
};
use domain::DepartmentId;
use ledger::{Checkpoint, CompactRange, Hash, NoteVerifier};
use node::{convert::common, feeds::Feeds, projection::Projection};
use runtime::{CancellationToken, clock::SharedClock, readiness::Waiting};
use store::{EntryMeta, FollowState, Store, StoreError};
use tonic::Status;

/// First wait after a failure; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// The node sends a heartbeat every 10 s; a stream silent for longer is dead.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// Why following stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    /// The node did not answer, or ended the stream.
    #[error("节点不可达（{}）", .0.code())]
    Unreachable(Box<Status>),
    /// Nothing came for longer than the heartbeat.
    #[error("超过 {} 秒没有收到心跳", LONGEST_SILENCE.as_secs())]
    Silent,
    /// What the node sends does not verify. It is not stored.
    #[error("日志校验不通过：{0}")]
    Unverified(String),
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
    pub(crate) connection: Connection,
    pub(crate) verifier: NoteVerifier,
    pub(crate) clock: SharedClock,
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
        let mut client = LogServiceClient::new(self.connection.channel());
        let start_index = self.store.head(&self.log).await?.map_or(0, |head| head.size);
        let mut feed = client.clone().follow_entries(FollowEntriesRequest { start_index }).await?.into_inner();
        loop {
            let next = tokio::time::timeout(LONGEST_SILENCE, feed.message()).await;
            let Some(chunk) = next.map_err(|_elapsed| FollowError::Silent)?? else {
                return Err(Status::unavailable("the node ended the stream").into());
            };
            let caught_up = chunk.caught_up;
            let size = self.accept(&mut client, chunk).await?;
            *pause = FIRST_PAUSE;
            self.note_contact(size).await?;
            if caught_up {
                waiting.take();
            }
        }
    }

    /// Verifies a chunk and stores it; the mirror's size afterwards.
    async fn accept<C>(&self, client: &mut LogServiceClient<C>, chunk: FollowEntriesResponse) -> Result<u64, FollowError>
    where
        C: tonic::client::GrpcService<tonic::body::Body>,
        C::Error: Into<tonic::codegen::StdError>,
        C::ResponseBody: tonic::codegen::Body<Data = tonic::codegen::Bytes> + Send + 'static,
        <C::ResponseBody as tonic::codegen::Body>::Error: Into<tonic::codegen::StdError> + Send,
    {
        let FollowEntriesResponse { entries, checkpoint, caught_up: _, send_time: _ } = chunk;
        let mut txn = self.store.begin(&self.log).await?;
        let mut range = txn.range().clone();
        if entries.is_empty() {
            if !checkpoint.is_empty() {
                self.at_head(&checkpoint, &range)?;
            }
            return Ok(range.size());
        }
        let leaves = leaves(&entries, &mut range)?;
        let note = if checkpoint.is_empty() {
            self.by_consistency(client, &range).await?
        } else {
            self.at_head(&checkpoint, &range)?;
            checkpoint
        };
        let mut time = txn.last_time().unwrap_or_else(|| self.clock.now());
        for (entry, leaf_hash) in entries.iter().zip(leaves) {
            if entry.leaf.is_empty() {
                txn.append_hash_only(leaf_hash).await?;
                continue;
            }
            let failed = |source| FollowError::Projection { index: entry.index, source };
            let envelope = Projection::envelope(&self.log, &entry.leaf).map_err(failed)?;
            time = envelope.receive_time.as_ref().and_then(time_in).unwrap_or(time);
            let changes = self.projection.changes_in(&txn, &envelope).await.map_err(failed)?;
            let log_index = txn.append(&entry.leaf, leaf_hash).await?;
            txn.apply(&changes, &EntryMeta { origin: self.log.clone(), log_index, time }).await?;
        }
        txn.set_head(&note, time).await?;
        let size = txn.size();
        txn.commit().await?;
        self.feeds.announce(&self.log, size);
        Ok(size)
    }

    /// A checkpoint that claims to be of exactly this tree.
    fn at_head(&self, note: &str, range: &CompactRange) -> Result<(), FollowError> {
        let checkpoint = self.open(note)?;
        if checkpoint.size != range.size() || checkpoint.root != range.root() {
            let text = format!("节点签名的检查点为 {} 条，与收到的 {} 条不一致", checkpoint.size, range.size());
            return Err(FollowError::Unverified(text));
        }
        Ok(())
    }

    /// Proves that the tree so far is a prefix of the node's newest signed tree.
    async fn by_consistency<C>(&self, client: &mut LogServiceClient<C>, range: &CompactRange) -> Result<String, FollowError>
    where
        C: tonic::client::GrpcService<tonic::body::Body>,
        C::Error: Into<tonic::codegen::StdError>,
        C::ResponseBody: tonic::codegen::Body<Data = tonic::codegen::Bytes> + Send + 'static,
        <C::ResponseBody as tonic::codegen::Body>::Error: Into<tonic::codegen::StdError> + Send,
    {
        let note = client.get_checkpoint(GetCheckpointRequest {}).await?.into_inner().checkpoint;
        let newest = self.open(&note)?;
        let request = GetConsistencyProofRequest { first_size: range.size(), second_size: newest.size };
        let proof = client.get_consistency_proof(request).await?.into_inner();
        let hashes = proof.hashes.iter().map(|hash| hash.parse::<Hash>()).collect::<Result<Vec<_>, _>>();
        let hashes = hashes.map_err(|error| FollowError::Unverified(error.to_string()))?;
        ledger::verify_consistency(range.size(), range.root(), newest.size, newest.root, &hashes)
            .map_err(|error| FollowError::Unverified(error.to_string()))?;
        Ok(note)
    }

    fn open(&self, note: &str) -> Result<Checkpoint, FollowError> {
        ledger::open(note, std::slice::from_ref(&self.verifier)).map_err(|error| FollowError::Unverified(error.to_string()))
    }

    async fn note_contact(&self, size: u64) -> Result<(), StoreError> {
        let now = Some(self.clock.now());
        let state = FollowState { log: self.log.clone(), last_contact: now, last_error: None, announced_size: size };
        self.store.set_follow_state(&state).await
    }

    async fn note_failure(&self, error: &FollowError) {
        let known = match self.store.follow_states().await {
            Ok(states) => states.into_iter().find(|state| state.log == self.log),
            Err(error) => {
                tracing::warn!(log = %self.log, error = &error as &dyn std::error::Error, "the follow state was not read");
                None
            }
        };
        let state = FollowState {
            log: self.log.clone(),
            last_contact: known.as_ref().and_then(|state| state.last_contact),
            last_error: Some(error.to_string()),
            announced_size: known.map_or(0, |state| state.announced_size),
        };
        if let Err(error) = self.store.set_follow_state(&state).await {
            tracing::warn!(log = %self.log, error = &error as &dyn std::error::Error, "the follow state was not kept");
        }
    }
}

/// Checks that the entries continue the tree, and appends them to the range; their leaf hashes in order.
fn leaves(entries: &[Entry], range: &mut CompactRange) -> Result<Vec<Hash>, FollowError> {
    let mut hashes = Vec::with_capacity(entries.len());
    for entry in entries {
        if entry.index != range.size() {
            return Err(FollowError::Unverified(format!("应为第 {} 条，收到第 {} 条", range.size(), entry.index)));
        }
        let stated: Hash = entry
            .leaf_hash
            .parse()
            .map_err(|_error| FollowError::Unverified(format!("第 {} 条的叶哈希无效", entry.index)))?;
        if !entry.leaf.is_empty() && ledger::leaf_hash(&entry.leaf) != stated {
            return Err(FollowError::Unverified(format!("第 {} 条的内容与叶哈希不符", entry.index)));
        }
        range.append(stated);
        hashes.push(stated);
    }
    Ok(hashes)
}

fn time_in(from: &prost_types::Timestamp) -> Option<DateTime<Utc>> {
    common::time("receive_time", from).ok()
}
