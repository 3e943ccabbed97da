//! Where recorded resources come from: the leaf hash, principal and time of their log entries.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use contracts::log::v1::Envelope;
use domain::{DepartmentId, Recorded};
use prost::Message;
use store::{LogEntry, Store, StoreError};

use crate::convert::common::{self, EntrySource};

/// Most entries that are kept; at about 200 bytes each.
const KEPT: usize = 4096;

type Key = (DepartmentId, u64);

/// Looks up the sources of records. Entries never change, so what was read once is kept.
#[derive(Clone, Debug)]
pub struct Sources {
    store: Store,
    kept: Arc<Mutex<HashMap<Key, EntrySource>>>,
}

impl Sources {
    /// Looks up in this database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, kept: Arc::default() }
    }

    /// The source of one record.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of<T>(&self, recorded: &Recorded<T>) -> Result<Option<EntrySource>, StoreError> {
        let key = (recorded.origin.clone(), recorded.log_index);
        if let Some(source) = self.kept().get(&key) {
            return Ok(Some(source.clone()));
        }
        let entry = self.store.entries(&key.0, key.1, 1).await?.into_iter().find(|entry| entry.index == key.1);
        let source = entry.map(source_of);
        if let Some(source) = &source {
            let mut kept = self.kept();
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(key, source.clone());
        }
        Ok(source)
    }

    /// Each record with its source.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn each<T, U>(
        &self,
        records: &[Recorded<T>],
        convert: impl Fn(&Recorded<T>, Option<&EntrySource>) -> U,
    ) -> Result<Vec<U>, StoreError> {
        let mut converted = Vec::with_capacity(records.len());
        for record in records {
            let source = self.of(record).await?;
            converted.push(convert(record, source.as_ref()));
        }
        Ok(converted)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<Key, EntrySource>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn source_of(entry: LogEntry) -> EntrySource {
    let envelope = entry.leaf.and_then(|leaf| Envelope::decode(leaf.as_slice()).ok()).unwrap_or_default();
    let receive_time = envelope.receive_time.as_ref().and_then(|time| common::time("receive_time", time).ok());
    EntrySource { leaf_hash: entry.leaf_hash, principal: envelope.principal, receive_time }
}
