//! The start of a write: its turn, the lock of the log, and the tree as it is.

use async_recursion::async_recursion as boxed;
use domain::DepartmentId;
use ledger::{CompactRange, EMPTY_ROOT};
use sea_orm::{
    DatabaseTransaction, EntityTrait, IntoActiveModel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sea_query::{Expr, OnConflict},
};
use tokio::sync::OwnedSemaphorePermit;

use super::{Held, WriteTxn};
use crate::{
    EVIDENCE,
    driver::During,
    entity::log_head,
    error::StoreError,
    log::{head_of, tree_nodes},
    open::PATIENCE,
    store::Store,
    types::LogHead,
};

impl Store {
    /// Starts a write to one log and waits for its turn: the first statement locks the log's head on both engines.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the turn does not come in ten seconds; [`StoreError::Corrupt`] when the tree
    /// lacks a node of its right edge.
    #[boxed]
    pub async fn begin(&self, log: &DepartmentId) -> Result<WriteTxn, StoreError> {
        let turn = self.turn().await?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let txn = self.db.begin_with_options(options).await.during("begin a write")?;
        let head = lock_head(&txn, log).await?;
        let head = head_of(head)?;
        let range = match EVIDENCE {
            true => read_range(&txn, log, &head).await?,
            false => CompactRange::from_nodes(head.size, |_| Some(EMPTY_ROOT))
                .map_err(|err| StoreError::unreadable("the size of the log", err))?,
        };
        Ok(WriteTxn {
            txn,
            log: log.clone(),
            range,
            last_time: head.last_time,
            held: Held::default(),
            head_is_set: true,
            whole: true,
            _turn: turn,
        })
    }

    /// Waits among the writers of this process.
    pub(crate) async fn turn(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        tokio::time::timeout(PATIENCE, self.writers.clone().acquire_owned())
            .await
            .map_err(|_| StoreError::unavailable("other writers are too many"))?
            .map_err(|_| StoreError::unavailable("the store is closed"))
    }
}

/// The tree of a log from its right edge in the database.
async fn read_range(txn: &DatabaseTransaction, log: &DepartmentId, head: &LogHead) -> Result<CompactRange, StoreError> {
    let edge = tree_nodes(txn, log, &CompactRange::right_edge_ids(head.size)).await?;
    let range = CompactRange::from_nodes(head.size, |id| edge.get(&id).copied())
        .map_err(|err| StoreError::unreadable("the right edge of the tree is incomplete", err))?;
    if range.root() != head.root {
        return Err(StoreError::corrupt("the root of the log is not the root over its tree"));
    }
    Ok(range)
}

/// Writes the head's row without changing it, which locks it, and returns it as it is after all earlier writers.
///
/// What is written is never the name of the log: other tables refer to it, and `SQLite` counts every one of their rows when a
/// statement sets it, also to what it was.
async fn lock_head(txn: &DatabaseTransaction, log: &DepartmentId) -> Result<log_head::Model, StoreError> {
    let fresh = log_head::Model {
        log: log.to_string(),
        size: 0,
        root: EMPTY_ROOT.as_bytes().to_vec(),
        note: String::new(),
        last_time: None,
    };
    let same = Expr::col((log_head::Entity, log_head::Column::Size));
    let keep = OnConflict::column(log_head::Column::Log).value(log_head::Column::Size, same).to_owned();
    log_head::Entity::insert(fresh.into_active_model())
        .on_conflict(keep)
        .exec_with_returning(txn)
        .await
        .during("lock the log")
}
