//! The tables are projections: wiped and made again from the log.

use chrono::{DateTime, Utc};
use domain::{Change, DepartmentId};

use crate::{check::STEP, driver::During, error::StoreError, log, projection, store::Store, types::EntryMeta};

/// Why the tables were not made again. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError<E: std::error::Error + 'static> {
    /// The store failed, or an entry no longer has its hash.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An entry cannot be interpreted.
    #[error("entry {index} cannot be interpreted")]
    Interpret {
        /// Index of the entry.
        index: u64,
        /// Why.
        source: E,
    },
}

impl Store {
    /// Wipes the observations, funding lines and resources of one log and makes them again from its entries, in one
    /// transaction. `interpret` gets index, leaf and the request beside it, and returns what the entry does and its time;
    /// entries of which only the hash is there do nothing. Returns the number of entries. Answers to requests are kept: the log does not hold
    /// them.
    ///
    /// # Errors
    /// [`RebuildError`]; [`StoreError::Corrupt`] inside it for an altered leaf.
    pub async fn rebuild_projections<E, F>(&self, log: &DepartmentId, mut interpret: F) -> Result<u64, RebuildError<E>>
    where
        E: std::error::Error + 'static,
        F: FnMut(u64, &[u8], &[u8]) -> Result<(Vec<Change>, DateTime<Utc>), E>,
    {
        let write = self.begin(log).await?;
        projection::wipe(&write.txn, log).await?;
        let mut next = 0;
        while next < write.size() {
            let entries = log::entries(&write.txn, log, next, STEP).await?;
            if entries.is_empty() {
                return Err(StoreError::corrupt(format!("entry {next} is missing")).into());
            }
            for entry in entries {
                if entry.index != next {
                    return Err(StoreError::corrupt(format!("entry {next} is missing")).into());
                }
                next += 1;
                let Some(leaf) = entry.leaf else { continue };
                if ledger::leaf_hash(&leaf) != entry.leaf_hash {
                    return Err(StoreError::corrupt(format!("entry {} was altered", entry.index)).into());
                }
                let (changes, time) =
                    interpret(entry.index, &leaf, entry.beside.as_ref().map_or(&[][..], |beside| &beside.request))
                        .map_err(|source| RebuildError::Interpret { index: entry.index, source })?;
                let meta = EntryMeta { origin: log.clone(), log_index: entry.index, time };
                projection::apply(&write.txn, projection::applied(&changes, &meta, |_| false)?).await?;
            }
        }
        write.txn.commit().await.during("commit the rebuilt tables")?;
        Ok(next)
    }
}
