//! Is the log what it says it is? Recomputed from the leaves.

use async_recursion::async_recursion as boxed;
use std::collections::HashMap;

use domain::DepartmentId;
use ledger::{CompactRange, Hash, NodeId, leaf_hash};
use sea_orm::{
    ConnectionTrait, ExprTrait,
    sea_query::{Expr, Func, Query},
};

use crate::{
    column::to_u64,
    driver::During,
    entity::{log_entry, log_head},
    error::StoreError,
    log::tree_nodes,
    store::Store,
};

/// Entries that are held in memory at once.
pub(crate) const STEP: u32 = 64;

/// What [`Store::check`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogCheck {
    /// Every leaf has its hash, the tree is the tree over them, and the head's size and root are the tree's. Whether the
    /// head's note says the same and carries the right signature is for [`ledger::open`].
    Sound {
        /// Number of entries.
        size: u64,
        /// The recomputed root.
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
    /// An entry below the head's size is not there.
    #[error("entry {index} is missing")]
    MissingEntry {
        /// Index of the entry.
        index: u64,
    },
    /// The leaf was changed, or its hash was.
    #[error("entry {index} was altered: its leaf does not have the recorded hash")]
    AlteredLeaf {
        /// Index of the entry.
        index: u64,
    },
    /// The request beside a leaf is not the one that the leaf binds. The store does not read leaves; who does reports it.
    #[error("the request beside entry {index} was altered: it is not the one that the leaf binds")]
    AlteredRequest {
        /// Index of the entry.
        index: u64,
    },
    /// A stored tree node is missing or differs from the entries below it.
    #[error("tree node {node}, which entry {index} completes, is missing or wrong")]
    TreeNode {
        /// The last entry below the node.
        index: u64,
        /// The node.
        node: NodeId,
    },
    /// The root over the entries is another one than the head's.
    #[error("the head's root {recorded} is not the root {computed} over its {size} entries")]
    HeadRoot {
        /// Size in the head.
        size: u64,
        /// Root in the head.
        recorded: Hash,
        /// Root over the entries.
        computed: Hash,
    },
    /// There are entries that no head covers.
    #[error("entry {index} is beyond the head")]
    BeyondHead {
        /// Index of the first of them.
        index: u64,
    },
}

impl Store {
    /// Recomputes leaf hashes, tree and head of one log from its leaves. Writers may go on: entries never change, and
    /// the head that was current at the start is what is checked.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read; a log that can be read but does not fit is an answer.
    #[boxed]
    pub async fn check(&self, log: &DepartmentId) -> Result<LogCheck, StoreError> {
        let (size, recorded) = self.head(log).await?.map_or((0, ledger::EMPTY_ROOT), |head| (head.size, head.root));
        let mut tree = CompactRange::empty();
        let mut hash_only = 0;
        while tree.size() < size {
            let mut entries = self.entries(log, tree.size(), STEP).await?.into_iter();
            let mut nodes = Vec::new();
            for index in tree.size()..Ord::min(size, tree.size() + u64::from(STEP)) {
                let Some(entry) = entries.next().filter(|entry| entry.index == index) else {
                    return Ok(LogCheck::Faulty(LogFault::MissingEntry { index }));
                };
                match entry.leaf {
                    Some(leaf) if leaf_hash(&leaf) != entry.leaf_hash => {
                        return Ok(LogCheck::Faulty(LogFault::AlteredLeaf { index }));
                    }
                    Some(_) => (),
                    None => hash_only += 1,
                }
                nodes.extend(tree.append(entry.leaf_hash).into_iter().map(|node| (index, node)));
            }
            if let Some(fault) = self.first_wrong_node(log, &nodes).await? {
                return Ok(LogCheck::Faulty(fault));
            }
        }
        let root = tree.root();
        if root != recorded {
            return Ok(LogCheck::Faulty(LogFault::HeadRoot { size, recorded, computed: root }));
        }
        Ok(match self.first_beyond_head(log).await? {
            Some(index) => LogCheck::Faulty(LogFault::BeyondHead { index }),
            None => LogCheck::Sound { size, root, hash_only },
        })
    }

    async fn first_wrong_node(
        &self,
        log: &DepartmentId,
        computed: &[(u64, (NodeId, Hash))],
    ) -> Result<Option<LogFault>, StoreError> {
        let ids: Vec<_> = computed.iter().map(|(_, (id, _))| *id).collect();
        let stored: HashMap<_, _> = tree_nodes(&self.db, log, &ids).await?;
        let wrong = computed.iter().find(|(_, (id, hash))| stored.get(id) != Some(hash));
        Ok(wrong.map(|(index, (node, _))| LogFault::TreeNode { index: *index, node: *node }))
    }

    /// One statement, so that a writer who commits meanwhile is seen with entries and head or not at all.
    async fn first_beyond_head(&self, log: &DepartmentId) -> Result<Option<u64>, StoreError> {
        let size = Query::select()
            .column(log_head::Column::Size)
            .from(log_head::Entity)
            .and_where(Expr::col(log_head::Column::Log).eq(log.as_str()))
            .take();
        let first = Query::select()
            .expr_as(Func::min(Expr::col(log_entry::Column::EntryIndex)), "first")
            .from(log_entry::Entity)
            .and_where(Expr::col(log_entry::Column::Log).eq(log.as_str()))
            .and_where(Expr::col(log_entry::Column::EntryIndex).gte(Expr::SubQuery(None, Box::new(size.into()))))
            .take();
        let row = self.db.query_one(&first).await.during("read the log")?;
        let index: Option<i64> = row.map(|row| row.try_get("", "first").during("read the log")).transpose()?.flatten();
        index.map(|index| to_u64("the index of an entry", index)).transpose()
    }
}
