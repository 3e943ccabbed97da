//! Following a node's log without trusting it: every leaf is hashed, every signed checkpoint must fit what was received.

use contracts::log::v1::{Entry, Envelope, FollowEntriesRequest, FollowEntriesResponse};
use domain::Text;
use ledger::{Checkpoint, CheckpointError, CompactRange, Hash, NodeId, NoteVerifier, leaf_hash, open};
use prost::Message as _;
use tonic::Streaming;

use crate::{connect::Connection, error::CallError};

/// One entry whose place in the log is checked. Everything but `trace_parent` is covered by the log's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEntry {
    /// Index, from 0.
    pub index: u64,
    /// RFC 6962 leaf hash.
    pub leaf_hash: Hash,
    /// The exact bytes of the envelope; none when the follower may read only the hash.
    pub leaf: Option<Vec<u8>>,
    /// The submission that the leaf binds, checked against its digest; none when the follower may not read it.
    pub submission: Option<Submitted>,
    /// Nodes of the tree that this entry completes, for a follower that keeps them: the leaf first, then what it closes.
    pub nodes: Vec<(NodeId, Hash)>,
}

/// What stands beside a leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The exact bytes of the request.
    pub request: Vec<u8>,
    /// Seed of the salts of its rows; the rows have the root in the leaf with it.
    pub row_seed: Vec<u8>,
    /// W3C trace context of the call. No part of the evidence: the node can say what it likes.
    pub trace_parent: Option<String>,
}

/// A signed checkpoint that fits everything received so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedHead {
    /// Origin, size and root.
    pub checkpoint: Checkpoint,
    /// The signed note as the log issued it.
    pub note: String,
}

/// A checked part of a feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Entries in order; none in a heartbeat.
    pub entries: Vec<VerifiedEntry>,
    /// The checkpoint right after the last entry. While it is missing, the log has not yet signed for the entries since the
    /// last one: they are whole and in order, but the log could still deny them.
    pub head: Option<VerifiedHead>,
    /// The node has nothing newer.
    pub caught_up: bool,
}

/// Why a feed is not believed. The follower stops: a log that once contradicted itself is a case for people.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// An entry is missing, came twice or came out of order.
    #[error("entry {found} arrived where {expected} was due")]
    Index {
        /// Index that was due.
        expected: u64,
        /// Index that arrived.
        found: u64,
    },
    /// The leaf hash is no hash.
    #[error("the leaf hash of entry {index} is not 64 lower-case hexadecimal digits")]
    HashForm {
        /// Index of the entry.
        index: u64,
    },
    /// The bytes have another hash than the entry says.
    #[error("the bytes of entry {index} have the leaf hash {computed}, the entry says {claimed}")]
    LeafChanged {
        /// Index of the entry.
        index: u64,
        /// Hash of the bytes.
        computed: Hash,
        /// Hash that came with them.
        claimed: Hash,
    },
    /// The leaf is no envelope, or the request beside it is not the one that it binds.
    #[error("the request beside entry {index} is not the one that its leaf binds")]
    RequestChanged {
        /// Index of the entry.
        index: u64,
    },
    /// The checkpoint is malformed or not signed by the log's key.
    #[error("the checkpoint after {size} entries cannot be believed: {source}")]
    Checkpoint {
        /// Entries received.
        size: u64,
        /// What is wrong with it.
        source: CheckpointError,
    },
    /// The checkpoint is of another size than what was received.
    #[error("the checkpoint is of {found} entries where {expected} were received")]
    Size {
        /// Entries received.
        expected: u64,
        /// Entries that the checkpoint speaks of.
        found: u64,
    },
    /// The checkpoint has another root: the log showed somebody else, or showed us earlier, other entries.
    #[error(
        "after {size} entries the root is {computed}, the checkpoint says {claimed}: the log was forked or rewritten"
    )]
    Forked {
        /// Entries received.
        size: u64,
        /// Root of what was received.
        computed: Hash,
        /// Root in the checkpoint.
        claimed: Hash,
    },
    /// The node says that there is nothing newer, without a checkpoint for what it sent.
    #[error("the node claims that {size} entries are all and does not sign for them")]
    Unsigned {
        /// Entries received.
        size: u64,
    },
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl FollowError {
    /// True when the log contradicts itself, so that connecting again cannot help.
    #[must_use]
    pub fn is_contradiction(&self) -> bool {
        !matches!(self, Self::Call(_))
    }

    /// What happened, for people.
    #[must_use]
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Index { expected, found } => format!("应收到第{expected}条，实际收到第{found}条：日志缺条或乱序"),
            Self::HashForm { index } => format!("第{index}条的叶哈希格式有误"),
            Self::LeafChanged { index, .. } => format!("第{index}条的内容与叶哈希不符：内容被改动"),
            Self::RequestChanged { index } => format!("第{index}条的报文与其摘要不符：报文被改动"),
            Self::Checkpoint { size, source } => format!("第{size}条之后的检查点不可信：{source}"),
            Self::Size { expected, found } => format!("已收到{expected}条，检查点却为{found}条"),
            Self::Forked { size, .. } => format!("前{size}条的树根与检查点不符：日志被分叉或改写"),
            Self::Unsigned { size } => format!("节点称{size}条已是全部，却没有为其签名"),
            Self::Call(error) => error.text().zh,
        };
        let en = match self {
            Self::Call(error) => error.text().en,
            Self::Index { .. }
            | Self::HashForm { .. }
            | Self::LeafChanged { .. }
            | Self::RequestChanged { .. }
            | Self::Checkpoint { .. }
            | Self::Size { .. }
            | Self::Forked { .. }
            | Self::Unsigned { .. } => self.to_string(),
        };
        Text::new(zh, en)
    }
}

/// Checks a feed against the tree of everything received before.
#[derive(Clone, Debug)]
pub struct Verifier {
    range: CompactRange,
    signed: u64,
    key: NoteVerifier,
}

impl Verifier {
    /// A verifier that goes on after `range`, the tree of what was stored under a believed checkpoint; for a new follower
    /// [`CompactRange::empty`]. The log is the one whose origin is the name of the key.
    #[must_use]
    pub fn new(key: NoteVerifier, range: CompactRange) -> Self {
        let signed = range.size();
        Self { range, signed, key }
    }

    /// Index of the next entry: the cursor to follow from.
    #[must_use]
    pub fn next_index(&self) -> u64 {
        self.range.size()
    }

    /// How many of the entries a believed checkpoint covers.
    #[must_use]
    pub fn signed_size(&self) -> u64 {
        self.signed
    }

    /// The tree of everything received.
    #[must_use]
    pub fn range(&self) -> &CompactRange {
        &self.range
    }

    /// Checks the next message of the feed. After an error nothing of the message counts.
    ///
    /// # Errors
    /// [`FollowError`] names the entry or the size where the feed departs from the log.
    pub fn accept(&mut self, message: FollowEntriesResponse) -> Result<Verified, FollowError> {
        let FollowEntriesResponse { entries, checkpoint, caught_up, send_time: _ } = message;
        let mut range = self.range.clone();
        let entries = entries.into_iter().map(|entry| place(&mut range, entry)).collect::<Result<Vec<_>, _>>()?;
        let head = if checkpoint.is_empty() { None } else { Some(self.believe(checkpoint, &range)?) };
        let signed = head.as_ref().map_or(self.signed, |head| head.checkpoint.size);
        if caught_up && signed != range.size() {
            return Err(FollowError::Unsigned { size: range.size() });
        }
        (self.range, self.signed) = (range, signed);
        Ok(Verified { entries, head, caught_up })
    }

    fn believe(&self, note: String, range: &CompactRange) -> Result<VerifiedHead, FollowError> {
        let size = range.size();
        // The only key that is passed has the name of the log, so the origin is the log's too.
        let checkpoint =
            open(&note, std::slice::from_ref(&self.key)).map_err(|source| FollowError::Checkpoint { size, source })?;
        if checkpoint.size != size {
            return Err(FollowError::Size { expected: size, found: checkpoint.size });
        }
        let computed = range.root();
        if checkpoint.root != computed {
            return Err(FollowError::Forked { size, computed, claimed: checkpoint.root });
        }
        Ok(VerifiedHead { checkpoint, note })
    }
}

fn place(range: &mut CompactRange, entry: Entry) -> Result<VerifiedEntry, FollowError> {
    let Entry { index, leaf_hash: claimed, leaf, trace_parent, request, row_seed } = entry;
    if index != range.size() {
        return Err(FollowError::Index { expected: range.size(), found: index });
    }
    let claimed: Hash = claimed.parse().map_err(|_| FollowError::HashForm { index })?;
    // No envelope is empty, so empty bytes mean that only the hash may be read.
    let leaf = (!leaf.is_empty()).then_some(leaf);
    if let Some(leaf) = &leaf {
        let computed = leaf_hash(leaf);
        if computed != claimed {
            return Err(FollowError::LeafChanged { index, computed, claimed });
        }
    }
    let submission = match &leaf {
        // The seed has no default, so an entry without one comes without its submission.
        Some(leaf) if !row_seed.is_empty() => {
            let bound = Envelope::decode(leaf.as_slice()).is_ok_and(|leaf| leaf.request_digest == digest(&request));
            if !bound {
                return Err(FollowError::RequestChanged { index });
            }
            let trace_parent = (!trace_parent.is_empty()).then_some(trace_parent);
            Some(Submitted { request, row_seed, trace_parent })
        }
        Some(_) | None => None,
    };
    let nodes = range.append(claimed);
    Ok(VerifiedEntry { index, leaf_hash: claimed, leaf, submission, nodes })
}

fn digest(request: &[u8]) -> [u8; Hash::LEN] {
    ledger::body_digest(request).to_bytes()
}

/// A feed that is checked as it arrives.
#[derive(Debug)]
pub struct Follower {
    verifier: Verifier,
    feed: Streaming<FollowEntriesResponse>,
}

impl Follower {
    /// Follows the log of a node from where the verifier stands.
    ///
    /// # Errors
    /// [`CallError`]; `CURSOR_OUT_OF_RANGE` means that the node has fewer entries than were followed before.
    pub async fn start(connection: &Connection, verifier: Verifier) -> Result<Self, CallError> {
        let request = FollowEntriesRequest { start_index: verifier.next_index() };
        let feed = connection.log().follow_entries(request).await?.into_inner();
        Ok(Self { verifier, feed })
    }

    /// The next checked message, or `None` when the node ended the feed, which it does when it stops.
    ///
    /// # Errors
    /// [`FollowError`]; the feed is of no further use then.
    pub async fn next(&mut self) -> Result<Option<Verified>, FollowError> {
        match self.feed.message().await.map_err(CallError::from)? {
            Some(message) => self.verifier.accept(message).map(Some),
            None => Ok(None),
        }
    }

    /// Where the verifier stands.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}
