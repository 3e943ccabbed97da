//! Reads of the logs: heads, entries and tree nodes.

use async_recursion::async_recursion as boxed;
use std::collections::{BTreeMap, HashMap};

use domain::DepartmentId;
use ledger::{Hash, NodeId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult as _, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait as _,
};

use crate::{
    column::{batches, parsed, to_column, to_hash, to_u64},
    driver::During,
    entity::{log_entry, log_head, log_node},
    error::StoreError,
    rows::any_of,
    store::Store,
    types::{Beside, LogEntry, LogHead, MAX_PAGE},
    write::checkpoint_over,
};

const READ: &str = "read the log";

impl Store {
    /// The newest signed tree head; none before the first.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn head(&self, log: &DepartmentId) -> Result<Option<LogHead>, StoreError> {
        head(&self.db, log).await
    }

    /// Entries from `start` on, at most `limit` of them and at most [`MAX_PAGE`].
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn entries(&self, log: &DepartmentId, start: u64, limit: u32) -> Result<Vec<LogEntry>, StoreError> {
        entries(&self.db, log, start, limit).await
    }

    /// Removes what the entries before an index say. Their hashes and the tree stay, so the log can still be checked and
    /// extended. Returns how many said something.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn forget_leaves(&self, log: &DepartmentId, before: u64) -> Result<u64, StoreError> {
        let _turn = self.turn().await?;
        let nothing = log_entry::ActiveModel {
            leaf: Set(None),
            request: Set(None),
            row_seed: Set(None),
            trace_parent: Set(None),
            ..Default::default()
        };
        let done = log_entry::Entity::update_many()
            .set(nothing)
            .filter(log_entry::Column::Log.eq(log.as_str()))
            .filter(log_entry::Column::EntryIndex.lt(to_column(before)?))
            .filter(log_entry::Column::Leaf.is_not_null())
            .exec(&self.db)
            .await
            .during("forget old entries")?;
        Ok(done.rows_affected)
    }

    /// The signed note of the smallest tree of a commit that holds an entry; none when no commit does.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn checkpoint_over(&self, log: &DepartmentId, log_index: u64) -> Result<Option<String>, StoreError> {
        checkpoint_over(&self.db, log, log_index).await
    }

    /// Those of these nodes that are stored, for proofs.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn tree_nodes(&self, log: &DepartmentId, ids: &[NodeId]) -> Result<HashMap<NodeId, Hash>, StoreError> {
        tree_nodes(&self.db, log, ids).await
    }
}

pub(crate) async fn head(db: &impl ConnectionTrait, log: &DepartmentId) -> Result<Option<LogHead>, StoreError> {
    let row = log_head::Entity::find_by_id(log.to_string()).one(db).await.during(READ)?;
    row.filter(|row| !row.note.is_empty()).map(head_of).transpose()
}

pub(crate) async fn sizes(db: &impl ConnectionTrait) -> Result<BTreeMap<DepartmentId, u64>, StoreError> {
    let rows = log_head::Entity::find().filter(log_head::Column::Note.ne("")).all(db).await.during(READ)?;
    rows.into_iter()
        .map(|row| Ok((parsed("the department of a log", &row.log)?, to_u64("the size of a log", row.size)?)))
        .collect()
}

pub(crate) fn head_of(row: log_head::Model) -> Result<LogHead, StoreError> {
    Ok(LogHead {
        size: to_u64("the size of a log", row.size)?,
        root: to_hash("the root of a log", &row.root)?,
        note: row.note,
        last_time: row.last_time,
    })
}

pub(crate) async fn entries(
    db: &impl ConnectionTrait,
    log: &DepartmentId,
    start: u64,
    limit: u32,
) -> Result<Vec<LogEntry>, StoreError> {
    let rows = log_entry::Entity::find()
        .filter(log_entry::Column::Log.eq(log.as_str()))
        .filter(log_entry::Column::EntryIndex.gte(to_column(start)?))
        .order_by_asc(log_entry::Column::EntryIndex)
        .limit(u64::from(limit.min(MAX_PAGE)))
        .all(db)
        .await
        .during(READ)?;
    rows.into_iter()
        .map(|row| {
            Ok(LogEntry {
                index: to_u64("the index of an entry", row.entry_index)?,
                leaf_hash: to_hash("the hash of an entry", &row.leaf_hash)?,
                leaf: row.leaf,
                beside: row.request.map(|request| Beside {
                    request,
                    row_seed: row.row_seed.unwrap_or_default(),
                    trace_parent: row.trace_parent,
                }),
            })
        })
        .collect()
}

pub(crate) async fn tree_nodes(
    db: &impl ConnectionTrait,
    log: &DepartmentId,
    ids: &[NodeId],
) -> Result<HashMap<NodeId, Hash>, StoreError> {
    #[cfg(feature = "postgres")]
    if crate::rows::takes_arrays(db) {
        return crate::postgres::rows::tree_nodes(db, log.as_str(), ids).await;
    }
    let (leaves, inner): (Vec<NodeId>, Vec<NodeId>) = ids.iter().partition(|id| id.level == 0);
    let mut found = HashMap::with_capacity(ids.len());
    let mut keep = |level: i64, index: i64, hash: &[u8]| {
        let level = u8::try_from(level).map_err(|err| StoreError::unreadable("the level of a tree node", err))?;
        let id = NodeId { level, index: to_u64("the index of a tree node", index)? };
        found.insert(id, to_hash("the hash of a tree node", hash)?);
        Ok::<_, StoreError>(())
    };
    for ids in batches(&leaves) {
        for (index, hash) in leaf_hashes(db, log, ids).await? {
            keep(0, index, &hash)?;
        }
    }
    for ids in batches(&inner) {
        for node in inner_nodes(db, log, ids).await? {
            keep(node.level, node.node_index, &node.hash)?;
        }
    }
    Ok(found)
}

async fn leaf_hashes(
    db: &impl ConnectionTrait,
    log: &DepartmentId,
    ids: &[NodeId],
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let indices = ids.iter().map(|id| to_column(id.index)).collect::<Result<Vec<_>, _>>()?;
    log_entry::Entity::find()
        .select_only()
        .columns([log_entry::Column::EntryIndex, log_entry::Column::LeafHash])
        .filter(log_entry::Column::Log.eq(log.as_str()))
        .filter(log_entry::Column::EntryIndex.is_in(indices))
        .into_tuple()
        .all(db)
        .await
        .during(READ)
}

/// Nodes of any levels in one statement.
async fn inner_nodes(
    db: &impl ConnectionTrait,
    log: &DepartmentId,
    ids: &[NodeId],
) -> Result<Vec<log_node::Model>, StoreError> {
    let node = |id: &NodeId| -> Result<_, StoreError> {
        let found = log_node::Entity::find()
            .filter(log_node::Column::Log.eq(log.as_str()))
            .filter(log_node::Column::Level.eq(i64::from(id.level)))
            .filter(log_node::Column::NodeIndex.eq(to_column(id.index)?));
        Ok(found.into_query())
    };
    let arms = ids.iter().map(node).collect::<Result<Vec<_>, _>>()?;
    let rows = any_of(db, arms).await.during(READ)?;
    rows.iter().map(|row| log_node::Model::from_query_result(row, "").during(READ)).collect()
}
