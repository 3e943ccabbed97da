//! The trees of the logs as this process committed them last.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::DepartmentId;
use ledger::CompactRange;

use crate::types::LogHead;

/// The right edge of each tree, so that it need not be read again for the next write. It counts only while the head in the
/// database, which is locked then, has its size and root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edges(Arc<Mutex<HashMap<DepartmentId, CompactRange>>>);

impl Edges {
    /// The tree of the last commit, if that is the head.
    pub(super) fn last(&self, log: &DepartmentId, head: &LogHead) -> Option<CompactRange> {
        let edges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        edges.get(log).filter(|range| range.size() == head.size && range.root() == head.root).cloned()
    }

    pub(super) fn keep(&self, log: &DepartmentId, range: CompactRange) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(log.clone(), range);
    }
}
