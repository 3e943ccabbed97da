//! The doors of the store.
use crate::{error::StoreError, types::*};
use chrono::{DateTime, Utc};
use domain::{Change, DepartmentId, FundingLine, Observation, Recorded, ResourceName};
use ledger::{CompactRange, Hash, NodeId};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

fn later<T>() -> Result<T, StoreError> {
    Err(StoreError::internal("not available in this build"))
}

/// The database of a node or of the aggregator. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    _seal: (),
}
/// One write to one log.
#[derive(Debug)]
pub struct WriteTxn {
    range: CompactRange,
    last_time: Option<DateTime<Utc>>,
}

/// Result of checking a log against itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogCheck {
    /// Everything fits.
    Sound {
        /// Number of entries.
        size: u64,
        /// Recomputed root.
        root: Hash,
        /// Entries of which only the hash is there.
        hash_only: u64,
    },
    /// The first thing that does not fit.
    Faulty(LogFault),
}
/// The first thing in a log that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// An entry is not there.
    #[error("entry {index} is missing")]
    MissingEntry {
        /// Its index.
        index: u64,
    },
    /// The leaf does not have the hash that stands beside it.
    #[error("entry {index} was altered: its leaf does not have the recorded hash")]
    AlteredLeaf {
        /// Its index.
        index: u64,
    },
    /// A stored tree node is missing or differs from the entries below it.
    #[error("tree node {node} over entry {index} is missing or wrong")]
    TreeNode {
        /// The last entry below the node.
        index: u64,
        /// The node.
        node: NodeId,
    },
    /// There are entries beyond the signed head.
    #[error("there are entries beyond the head of {size}")]
    BeyondHead {
        /// Size of the head.
        size: u64,
    },
    /// The head's root is not the root over the entries.
    #[error("the head's root {recorded} is not the root {computed} over its {size} entries")]
    HeadRoot {
        /// Size of the head.
        size: u64,
        /// Root in the head.
        recorded: Hash,
        /// Root over the entries.
        computed: Hash,
    },
}
/// Why the tables could not be made again.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError<E: std::error::Error + 'static> {
    /// The store failed; nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An entry could not be read; nothing was changed.
    #[error("entry {index} cannot be interpreted")]
    Interpret {
        /// Its index.
        index: u64,
        /// Why.
        source: E,
    },
}

#[expect(clippy::unused_async, reason = "signatures first")]
#[expect(missing_docs, reason = "signatures first")]
#[expect(clippy::missing_errors_doc, reason = "signatures first")]
impl Store {
    pub async fn open(_url: &str) -> Result<Self, StoreError> {
        later()
    }
    pub async fn close(self) {}
    pub async fn begin(&self, _log: &DepartmentId) -> Result<WriteTxn, StoreError> {
        later()
    }
    pub async fn head(&self, _log: &DepartmentId) -> Result<Option<LogHead>, StoreError> {
        later()
    }
    pub async fn entries(&self, _log: &DepartmentId, _start: u64, _limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        later()
    }
    pub async fn tree_nodes(&self, _log: &DepartmentId, _ids: &[NodeId]) -> Result<HashMap<NodeId, Hash>, StoreError> {
        later()
    }
    pub async fn observations(&self, _query: &ObservationQuery) -> Result<Vec<Recorded<Observation>>, StoreError> {
        later()
    }
    pub async fn observation(
        &self,
        _name: &ResourceName,
        _view: &View,
    ) -> Result<Option<Recorded<Observation>>, StoreError> {
        later()
    }
    pub async fn observation_revisions(
        &self,
        _name: &ResourceName,
        _before_revision: Option<u32>,
        _limit: u32,
    ) -> Result<Vec<Recorded<Observation>>, StoreError> {
        later()
    }
    /// Every revision that the entries of this range made, in log order.
    pub async fn observation_changes(
        &self,
        _log: &DepartmentId,
        _entries: Range<u64>,
    ) -> Result<Vec<Recorded<Observation>>, StoreError> {
        later()
    }
    pub async fn funding_lines(&self, _query: &FundingQuery) -> Result<Vec<Recorded<FundingLine>>, StoreError> {
        later()
    }
    pub async fn funding_line(
        &self,
        _name: &ResourceName,
        _view: &View,
    ) -> Result<Option<Recorded<FundingLine>>, StoreError> {
        later()
    }
    pub async fn resources(&self, _query: &ResourceQuery) -> Result<Vec<Recorded<StoredResource>>, StoreError> {
        later()
    }
    pub async fn resource(
        &self,
        _name: &ResourceName,
        _view: &View,
    ) -> Result<Option<Recorded<StoredResource>>, StoreError> {
        later()
    }
    pub async fn counts(&self, _origin: &DepartmentId) -> Result<Counts, StoreError> {
        later()
    }
    pub async fn log_sizes(&self) -> Result<BTreeMap<DepartmentId, u64>, StoreError> {
        later()
    }
    pub async fn follow_states(&self) -> Result<Vec<FollowState>, StoreError> {
        later()
    }
    pub async fn set_follow_state(&self, _state: &FollowState) -> Result<(), StoreError> {
        later()
    }
    pub async fn check(&self, _log: &DepartmentId) -> Result<LogCheck, StoreError> {
        later()
    }
    /// Returns the number of entries read.
    pub async fn rebuild_projections<E, F>(&self, _log: &DepartmentId, _interpret: F) -> Result<u64, RebuildError<E>>
    where
        E: std::error::Error + 'static,
        F: FnMut(u64, &[u8]) -> Result<(Vec<Change>, DateTime<Utc>), E>,
    {
        Ok(later()?)
    }
}

#[expect(clippy::unused_async, reason = "signatures first")]
#[expect(missing_docs, reason = "signatures first")]
#[expect(clippy::missing_errors_doc, reason = "signatures first")]
impl WriteTxn {
    pub fn log(&self) -> &DepartmentId {
        static A: std::sync::OnceLock<DepartmentId> = std::sync::OnceLock::new();
        A.get_or_init(DepartmentId::aggregator)
    }
    pub fn size(&self) -> u64 {
        self.range.size()
    }
    pub fn range(&self) -> &CompactRange {
        &self.range
    }
    pub fn last_time(&self) -> Option<DateTime<Utc>> {
        self.last_time
    }
    pub async fn claim(
        &mut self,
        _principal: &str,
        _request_id: &str,
        _method: &str,
        _digest: Hash,
    ) -> Result<Claim, StoreError> {
        later()
    }
    pub async fn observation(&self, _name: &ResourceName) -> Result<Option<Recorded<Observation>>, StoreError> {
        later()
    }
    /// The current rows among these names.
    pub async fn observations_named(&self, _names: &[ResourceName]) -> Result<Vec<Recorded<Observation>>, StoreError> {
        later()
    }
    pub async fn funding_line(&self, _name: &ResourceName) -> Result<Option<Recorded<FundingLine>>, StoreError> {
        later()
    }
    pub async fn funding_lines_of(&self, _origin: &DepartmentId) -> Result<Vec<Recorded<FundingLine>>, StoreError> {
        later()
    }
    pub async fn resource(&self, _name: &ResourceName) -> Result<Option<Recorded<StoredResource>>, StoreError> {
        later()
    }
    pub async fn resources(
        &self,
        _origin: &DepartmentId,
        _collection: &str,
    ) -> Result<Vec<Recorded<StoredResource>>, StoreError> {
        later()
    }
    pub async fn append(&mut self, _leaf: &[u8], _leaf_hash: Hash) -> Result<u64, StoreError> {
        later()
    }
    pub async fn append_hash_only(&mut self, _leaf_hash: Hash) -> Result<u64, StoreError> {
        later()
    }
    pub async fn apply(&mut self, _changes: &[Change], _meta: &EntryMeta) -> Result<(), StoreError> {
        later()
    }
    pub async fn set_head(&mut self, _note: &str, _time: DateTime<Utc>) -> Result<(), StoreError> {
        later()
    }
    pub async fn remember(
        &mut self,
        _principal: &str,
        _request_id: &str,
        _method: &str,
        _digest: Hash,
        _log_index: u64,
        _response: &[u8],
    ) -> Result<(), StoreError> {
        later()
    }
    pub async fn commit(self) -> Result<(), StoreError> {
        later()
    }
}
