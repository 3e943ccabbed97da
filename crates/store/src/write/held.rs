//! What a write holds back until it must be in the database.

use std::collections::{HashMap, HashSet};

use domain::{Change, DepartmentId, ResourceName};
use ledger::{Hash, NodeId};
use sea_orm::DatabaseTransaction;

use super::{WRITE, absent::Absent};
use crate::{
    column::to_column,
    driver::During,
    entity::{log_entry, log_node, request},
    error::StoreError,
    projection::{self, Applied},
    rows::insert_all,
    types::EntryMeta,
};

/// Rows and bytes that are held back at most before they are written together.
const MOST_ROWS: usize = 1024;
const MOST_BYTES: usize = 4 << 20;

/// Rows that wait to be written together.
#[derive(Debug, Default)]
pub(super) struct Held {
    entries: Vec<log_entry::Model>,
    nodes: Vec<log_node::Model>,
    entry_bytes: usize,
    changes: Vec<Applied>,
    names: HashSet<String>,
    answers: Vec<request::Model>,
    by_id: HashMap<(String, String), usize>,
    pub(super) absent: Absent,
}

impl Held {
    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= MOST_ROWS || self.changes.len() >= MOST_ROWS || self.entry_bytes >= MOST_BYTES
    }

    pub(super) fn entry(&mut self, row: log_entry::Model) {
        self.entry_bytes += row.leaf.as_ref().map_or(0, Vec::len) + row.request.as_ref().map_or(0, Vec::len);
        self.entries.push(row);
    }

    /// Leaves are kept with their entries, so only inner nodes have rows of their own.
    pub(super) fn nodes(
        &mut self,
        log: &DepartmentId,
        nodes: impl IntoIterator<Item = (NodeId, Hash)>,
    ) -> Result<(), StoreError> {
        for (id, hash) in nodes.into_iter().filter(|(id, _)| id.level > 0) {
            self.nodes.push(log_node::Model {
                log: log.to_string(),
                level: i64::from(id.level),
                node_index: to_column(id.index)?,
                hash: hash.as_bytes().to_vec(),
            });
        }
        Ok(())
    }

    pub(super) fn changes(&mut self, changes: &[Change], meta: &EntryMeta) -> Result<(), StoreError> {
        let applied = projection::applied(changes, meta, |name| self.absent.take_name(name))?;
        self.names.extend(changes.iter().map(|change| change.name().to_string()));
        self.changes.extend(applied);
        Ok(())
    }

    /// Whether a change of one of these names is held back.
    pub(super) fn touches<'a>(&self, names: impl IntoIterator<Item = &'a ResourceName>) -> bool {
        !self.names.is_empty() && names.into_iter().any(|name| self.names.contains(&name.to_string()))
    }

    /// Whether a change of this name is held back.
    pub(super) fn writes(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(super) fn answer(&mut self, row: request::Model) -> Result<(), StoreError> {
        let key = (row.principal.clone(), row.request_id.clone());
        self.absent.take_request(&key);
        if self.by_id.insert(key, self.answers.len()).is_some() {
            return Err(StoreError::conflict("the request id is taken"));
        }
        self.answers.push(row);
        Ok(())
    }

    pub(super) fn request(&self, principal: &str, request_id: &str) -> Option<&request::Model> {
        if self.by_id.is_empty() {
            return None;
        }
        let at = self.by_id.get(&(principal.to_owned(), request_id.to_owned()))?;
        self.answers.get(*at)
    }

    pub(super) async fn write_log(&mut self, txn: &DatabaseTransaction) -> Result<(), StoreError> {
        insert_all::<log_entry::Entity>(txn, &std::mem::take(&mut self.entries)).await.during(WRITE)?;
        insert_all::<log_node::Entity>(txn, &std::mem::take(&mut self.nodes)).await.during(WRITE)?;
        self.entry_bytes = 0;
        Ok(())
    }

    pub(super) async fn write_changes(&mut self, txn: &DatabaseTransaction) -> Result<(), StoreError> {
        self.names.clear();
        projection::apply(txn, std::mem::take(&mut self.changes)).await
    }

    pub(super) async fn write_answers(&mut self, txn: &DatabaseTransaction) -> Result<(), StoreError> {
        self.by_id.clear();
        insert_all::<request::Entity>(txn, &std::mem::take(&mut self.answers)).await.during("keep an answer")
    }
}
