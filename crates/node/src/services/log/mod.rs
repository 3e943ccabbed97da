//! The signed log of this node, which is also its feed.

mod feed;
mod proofs;
mod seen;

use std::ops::Range;

use contracts::log::v1::{self as wire, log_service_server::LogService};
use domain::{DepartmentId, DomainError, Reason, Text, Violation, text::Lang};
use futures_util::stream;
use ledger::{Checkpoint, CheckpointError, EMPTY_ROOT, LogProofError, TileError, TreeError, WireError};
use store::{Beside, LogEntry, LogHead, StoreError};
use tonic::{Request, Response, Status};

use self::feed::Follow;
use super::{
    context::{NodeContext, reply},
    stream::{Answers, beyond_end},
};
use crate::{
    caller::Caller,
    desk::DeskError,
    pages::{DEFAULT_SIZE, MAX_SIZE},
    status::internal,
};

/// Entries read at a time; few, because a single leaf may be an upload of 64 MiB.
const STEP: u32 = 16;
/// A chunk ends after this many bytes of leaves; a single larger leaf travels alone.
const CHUNK_BYTES: usize = 1024 * 1024;
/// A log that cannot be served.
#[derive(Debug, thiserror::Error)]
enum LogError {
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error("the tree of the log is damaged")]
    Tree(#[from] TreeError),
    #[error("the proof cannot be put together")]
    Proof(#[from] LogProofError),
    #[error("a leaf is no envelope")]
    Leaf(#[source] prost::DecodeError),
    #[error("the rows of an entry cannot be told apart")]
    Rows(#[from] WireError),
    #[error("the seed of an entry's rows is not of 32 bytes")]
    Seed,
    #[error("entry {index} of the node's own log is there as a hash only")]
    HashOnly { index: u64 },
    #[error("a kept checkpoint is not signed by the log's key")]
    Checkpoint(#[source] CheckpointError),
    #[error("a tile cannot be put together")]
    Tile(#[from] TileError),
}

impl From<DomainError> for LogError {
    fn from(error: DomainError) -> Self {
        Self::Desk(error.into())
    }
}

impl From<StoreError> for LogError {
    fn from(error: StoreError) -> Self {
        Self::Desk(error.into())
    }
}

/// Serves the log of this node.
#[derive(Clone, Debug)]
pub struct Log {
    context: NodeContext,
}

impl Log {
    /// Serves the log that the node's desk writes.
    #[must_use]
    pub fn new(context: NodeContext) -> Self {
        Self { context }
    }

    fn log(&self) -> &DepartmentId {
        self.context.department()
    }

    async fn checkpoint(&self) -> Result<wire::GetCheckpointResponse, LogError> {
        let LogHead { size, root, note, last_time: _ } = head(&self.context).await?;
        Ok(wire::GetCheckpointResponse { checkpoint: note, size, root_hash: root.to_string() })
    }

    async fn list(
        &self,
        caller: &Caller,
        request: wire::ListEntriesRequest,
    ) -> Result<wire::ListEntriesResponse, LogError> {
        let wire::ListEntriesRequest { start_index, page_size } = request;
        let wanted = match u32::try_from(page_size) {
            Ok(0) => DEFAULT_SIZE,
            Ok(size) => size.min(MAX_SIZE),
            Err(_negative) => {
                return Err(LogError::Desk(DeskError::from(Violation::new(
                    "page_size",
                    Reason::PageSizeInvalid,
                    page_size,
                    Text::new("每页条数不能为负", "page_size is not negative"),
                    Text::new("请填0（默认100）至1000", "give 0 (for 100) to 1000"),
                ))));
            }
        };
        let head = head(&self.context).await?;
        if start_index > head.size {
            return Err(beyond_end(start_index, head.size).into());
        }
        let end = head.size.min(start_index.saturating_add(u64::from(wanted)));
        let limit = usize::try_from(wanted).unwrap_or(usize::MAX);
        let entries = read(&self.context, caller, start_index..end, limit).await?;
        let next_index = entries.last().map_or(start_index, |entry| entry.index + 1);
        Ok(wire::ListEntriesResponse { entries, checkpoint: head.note, next_index })
    }

    async fn follow(&self, caller: Caller, request: wire::FollowEntriesRequest) -> Result<Follow, LogError> {
        let wire::FollowEntriesRequest { start_index: next } = request;
        let grown = self.context.feeds().subscribe(self.log());
        let size = head(&self.context).await?.size;
        if next > size {
            return Err(beyond_end(next, size).into());
        }
        let context = self.context.clone();
        Ok(Follow::new(context, caller, next, grown))
    }
}

#[tonic::async_trait]
impl LogService for Log {
    type FollowEntriesStream = Answers<wire::FollowEntriesResponse>;

    async fn get_checkpoint(
        &self,
        request: Request<wire::GetCheckpointRequest>,
    ) -> Result<Response<wire::GetCheckpointResponse>, Status> {
        let caller = Caller::of(&request)?;
        answer(caller.lang, self.checkpoint().await)
    }

    async fn list_entries(
        &self,
        request: Request<wire::ListEntriesRequest>,
    ) -> Result<Response<wire::ListEntriesResponse>, Status> {
        let caller = Caller::of(&request)?;
        answer(caller.lang, self.list(&caller, request.into_inner()).await)
    }

    async fn follow_entries(
        &self,
        request: Request<wire::FollowEntriesRequest>,
    ) -> Result<Response<Self::FollowEntriesStream>, Status> {
        let caller = Caller::of(&request)?;
        let lang = caller.lang;
        let follow = self.follow(caller, request.into_inner()).await;
        answer(lang, follow.map(|follow| Box::pin(stream::unfold(follow, Follow::next)) as Answers<_>))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<wire::GetInclusionProofRequest>,
    ) -> Result<Response<wire::GetInclusionProofResponse>, Status> {
        let caller = Caller::of(&request)?;
        answer(caller.lang, self.inclusion(request.into_inner()).await)
    }

    async fn get_consistency_proof(
        &self,
        request: Request<wire::GetConsistencyProofRequest>,
    ) -> Result<Response<wire::GetConsistencyProofResponse>, Status> {
        let caller = Caller::of(&request)?;
        answer(caller.lang, self.consistency(request.into_inner()).await)
    }

    async fn get_row_proof(
        &self,
        request: Request<wire::GetRowProofRequest>,
    ) -> Result<Response<wire::GetRowProofResponse>, Status> {
        let caller = Caller::of(&request)?;
        answer(caller.lang, self.row(&caller, request.into_inner()).await)
    }

    async fn get_receipt(
        &self,
        request: Request<wire::GetReceiptRequest>,
    ) -> Result<Response<wire::GetReceiptResponse>, Status> {
        let caller = Caller::of(&request)?;
        answer(caller.lang, self.receipt(&caller, request.into_inner()).await)
    }

    async fn get_tile(
        &self,
        request: Request<wire::GetTileRequest>,
    ) -> Result<Response<wire::GetTileResponse>, Status> {
        let caller = Caller::of(&request)?;
        answer(caller.lang, self.tile(&caller, request.into_inner()).await)
    }
}

fn answer<T>(lang: Lang, result: Result<T, LogError>) -> Result<Response<T>, Status> {
    match result {
        Ok(value) => Ok(Response::new(value)),
        Err(LogError::Desk(error)) => reply(lang, Err(error)),
        Err(error) => Err(internal(&error, lang)),
    }
}

/// The newest head. A log without entries has the checkpoint of the empty tree.
async fn head(context: &NodeContext) -> Result<LogHead, LogError> {
    if let Some(head) = context.store().head(context.department()).await? {
        return Ok(head);
    }
    let signer = context.desk().signer();
    let empty = Checkpoint { origin: signer.name().to_owned(), size: 0, root: EMPTY_ROOT };
    let note = ledger::sign(&empty, signer).map_err(DeskError::from)?;
    Ok(LogHead { size: 0, root: EMPTY_ROOT, note, last_time: None })
}

/// The tree asked for: 0 means the newest.
fn tree(size: u64, head: &LogHead) -> Result<u64, DomainError> {
    if size > head.size {
        return Err(beyond_end(size, head.size));
    }
    Ok(if size == 0 { head.size } else { size })
}

/// The entries of a range as the caller sees them, up to the size of a chunk, at least one.
async fn read(
    context: &NodeContext,
    caller: &Caller,
    range: Range<u64>,
    most: usize,
) -> Result<Vec<wire::Entry>, LogError> {
    let Range { start, end } = range;
    let mut entries = Vec::new();
    let mut bytes = 0;
    let mut next = start;
    while next < end && entries.len() < most && bytes < CHUNK_BYTES {
        let limit = STEP.min(u32::try_from(end - next).unwrap_or(STEP));
        let found = context.store().entries(context.department(), next, limit).await?;
        if found.is_empty() {
            break;
        }
        for entry in found {
            let size = entry.leaf.as_ref().map_or(0, Vec::len)
                + entry.beside.as_ref().map_or(0, |beside| beside.request.len());
            if !entries.is_empty() && (bytes + size > CHUNK_BYTES || entries.len() >= most) {
                return Ok(entries);
            }
            bytes += size;
            next = entry.index + 1;
            let seen = seen::sees_entry(context, caller, &entry).await?;
            entries.push(if seen { entry_out(entry) } else { hash_only(&entry) });
        }
    }
    Ok(entries)
}

/// What may not be read.
fn hash_only(entry: &LogEntry) -> wire::Entry {
    wire::Entry { index: entry.index, leaf_hash: entry.leaf_hash.to_string(), ..wire::Entry::default() }
}

fn entry_out(entry: LogEntry) -> wire::Entry {
    let LogEntry { index, leaf_hash, leaf, beside } = entry;
    let leaf_hash = leaf_hash.to_string();
    let leaf = leaf.unwrap_or_default();
    match beside {
        Some(Beside { request, row_seed, trace_parent }) => {
            wire::Entry { index, leaf_hash, leaf, request, row_seed, trace_parent: trace_parent.unwrap_or_default() }
        }
        None => wire::Entry { index, leaf_hash, leaf, ..wire::Entry::default() },
    }
}
