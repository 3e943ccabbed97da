//! One write to one log: everything of it is in the database, or nothing.
//!
//! What is written is held back and goes to the database in few statements of many rows, at the latest at the commit, so that
//! many submissions of one commit cost little more than one. A read through the write sees what is held back: it is written
//! before the read when the read could touch it.

mod absent;
mod begin;
mod held;

use async_recursion::async_recursion as boxed;
use chrono::{DateTime, Utc};
use domain::{Change, DepartmentId, FundingLine, Observation, Recorded, ResourceName};
use ledger::{CompactRange, Hash};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    sea_query::{Cond, OnConflict},
};
use tokio::sync::OwnedSemaphorePermit;

pub use self::absent::Expected;
use self::held::Held;
use crate::{
    EVIDENCE,
    column::{to_column, to_hash, to_micros, to_u64},
    driver::During,
    entity::{log_checkpoint, log_entry, log_head, request},
    error::StoreError,
    log::entries,
    projection,
    store::in_collection,
    types::{Beside, Claim, EntryMeta, StoredResource, View},
};

const WRITE: &str = "write the log";

/// One write to one log. Nobody else writes to it until this is committed or dropped; a drop rolls everything back.
///
/// While it is open, read through it: a read through the [`Store`] takes a second connection and does not see the write.
#[derive(Debug)]
pub struct WriteTxn {
    // Dropped in this order: the turn passes on after the roll-back.
    pub(crate) txn: DatabaseTransaction,
    pub(crate) log: DepartmentId,
    range: CompactRange,
    last_time: Option<DateTime<Utc>>,
    held: Held,
    head_is_set: bool,
    /// False from the start of a step until it succeeded, so that a step that failed or was cancelled half-way is never
    /// committed.
    whole: bool,
    _turn: OwnedSemaphorePermit,
}

impl WriteTxn {
    /// The log.
    #[must_use]
    pub fn log(&self) -> &DepartmentId {
        &self.log
    }

    /// Number of entries, with those appended here.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.range.size()
    }

    /// The tree, with what was appended here.
    #[must_use]
    pub fn range(&self) -> &CompactRange {
        &self.range
    }

    /// Time of the last entry that a head covers; none while there is none.
    #[must_use]
    pub fn last_time(&self) -> Option<DateTime<Utc>> {
        self.last_time
    }

    /// Looks up a request id. The log is locked, so two requests with one id never both come first.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn claim(
        &mut self,
        principal: &str,
        request_id: &str,
        method: &str,
        digest: Hash,
    ) -> Result<Claim, StoreError> {
        let key = (principal.to_owned(), request_id.to_owned());
        if self.held.absent.request(&key) {
            return Ok(Claim::First);
        }
        let known = match self.held.request(principal, request_id) {
            Some(held) => Some((held.clone(), true)),
            None => {
                let key = (self.log.to_string(), key.0, key.1);
                let found = request::Entity::find_by_id(key).one(&self.txn).await.during("look up a request id")?;
                found.map(|found| (found, false))
            }
        };
        let Some((known, pending)) = known else { return Ok(Claim::First) };
        if known.method != method || to_hash("the digest of a request", &known.digest)? != digest {
            return Ok(Claim::OtherBody);
        }
        let log_index = to_u64("a log index", known.log_index)?;
        Ok(Claim::Replay { log_index, response: known.response, pending })
    }

    /// The signed note of the smallest tree of a commit that holds an entry; none when no commit does yet.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn checkpoint_over(&self, log_index: u64) -> Result<Option<String>, StoreError> {
        checkpoint_over(&self.txn, &self.log, log_index).await
    }

    /// The leaf of an entry of this log, also of one that was appended here; none when there is none or it may not be read.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn leaf(&mut self, log_index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let was_whole = std::mem::replace(&mut self.whole, false);
        self.held.write_log(&self.txn).await?;
        self.whole = was_whole;
        let found = entries(&self.txn, &self.log, log_index, 1).await?;
        Ok(found.into_iter().find(|entry| entry.index == log_index).and_then(|entry| entry.leaf))
    }

    /// The current revision of a figure.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn observation(&mut self, name: &ResourceName) -> Result<Option<Recorded<Observation>>, StoreError> {
        self.before_reading(std::slice::from_ref(name)).await?;
        projection::find(&self.txn, name, &View::Now).await
    }

    /// Revisions of a figure, newest first, those of this transaction among them.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn observation_revisions(
        &mut self,
        name: &ResourceName,
        limit: u32,
    ) -> Result<Vec<Recorded<Observation>>, StoreError> {
        self.before_reading(std::slice::from_ref(name)).await?;
        projection::revisions(&self.txn, name, None, limit).await
    }

    /// The current revisions of those of these figures that exist, in no particular order.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn observations_named(
        &mut self,
        names: &[ResourceName],
    ) -> Result<Vec<Recorded<Observation>>, StoreError> {
        self.before_reading(names).await?;
        let names: Vec<_> = names.iter().filter(|name| !self.held.absent.observation(name)).cloned().collect();
        projection::current_named(&self.txn, &names).await
    }

    /// The current revision of a funding line.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn funding_line(&mut self, name: &ResourceName) -> Result<Option<Recorded<FundingLine>>, StoreError> {
        self.before_reading(std::slice::from_ref(name)).await?;
        projection::find(&self.txn, name, &View::Now).await
    }

    /// All current funding lines of one department, in the order of names.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn funding_lines_of(&mut self, origin: &DepartmentId) -> Result<Vec<Recorded<FundingLine>>, StoreError> {
        self.write_changes().await?;
        projection::current(&self.txn, Cond::all().add(projection::in_origin(origin))).await
    }

    /// The current revision of another resource.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn resource(&mut self, name: &ResourceName) -> Result<Option<Recorded<StoredResource>>, StoreError> {
        self.before_reading(std::slice::from_ref(name)).await?;
        projection::find(&self.txn, name, &View::Now).await
    }

    /// Revisions of another resource, newest first, those of this transaction among them.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn resource_revisions(
        &mut self,
        name: &ResourceName,
        limit: u32,
    ) -> Result<Vec<Recorded<StoredResource>>, StoreError> {
        self.before_reading(std::slice::from_ref(name)).await?;
        projection::revisions(&self.txn, name, None, limit).await
    }

    /// All current resources of one collection of one department, in the order of names.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn resources(
        &mut self,
        origin: &DepartmentId,
        collection: &str,
    ) -> Result<Vec<Recorded<StoredResource>>, StoreError> {
        self.write_changes().await?;
        let filter = Cond::all().add(projection::in_origin(origin)).add(in_collection(collection));
        projection::current(&self.txn, filter).await
    }

    /// Appends an entry and returns its index. `leaf_hash` has to be [`ledger::leaf_hash`] of the leaf; the trace context of
    /// the call is kept beside it. After the last entry, call [`set_head`](Self::set_head).
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the hash is not the leaf's.
    #[boxed]
    pub async fn append(&mut self, leaf: &[u8], leaf_hash: Hash, beside: Option<Beside>) -> Result<u64, StoreError> {
        if EVIDENCE && ledger::leaf_hash(leaf) != leaf_hash {
            self.whole = false;
            return Err(StoreError::conflict("the leaf does not have the hash given"));
        }
        self.push(leaf_hash, Some(leaf.to_vec()), beside).await
    }

    /// Appends an entry of which only the hash may be read.
    ///
    /// # Errors
    /// [`StoreError`].
    #[boxed]
    pub async fn append_hash_only(&mut self, leaf_hash: Hash) -> Result<u64, StoreError> {
        self.push(leaf_hash, None, None).await
    }

    async fn push(
        &mut self,
        leaf_hash: Hash,
        leaf: Option<Vec<u8>>,
        beside: Option<Beside>,
    ) -> Result<u64, StoreError> {
        let was_whole = std::mem::replace(&mut self.whole, false);
        self.head_is_set = false;
        let index = self.range.size();
        let nodes = self.range.append(leaf_hash);
        if !EVIDENCE {
            self.whole = was_whole;
            return Ok(index);
        }
        self.held.nodes(&self.log, nodes)?;
        let (request, row_seed, trace_parent) = match beside {
            Some(Beside { request, row_seed, trace_parent }) => (Some(request), Some(row_seed), trace_parent),
            None => (None, None, None),
        };
        self.held.entry(log_entry::Model {
            log: self.log.to_string(),
            entry_index: to_column(index)?,
            leaf_hash: leaf_hash.as_bytes().to_vec(),
            leaf,
            request,
            row_seed,
            trace_parent,
        });
        if self.held.is_full() {
            self.held.write_log(&self.txn).await?;
        }
        self.whole = was_whole;
        Ok(index)
    }

    /// Applies what an entry of this log does to the tables; the position of a row is the index in `changes`. A current
    /// row with the same name is closed and becomes the revision before.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a change names a resource of another department or the entry was applied before, at
    /// the latest at the commit; [`StoreError::Internal`] when the entry is not in this log.
    #[boxed]
    pub async fn apply(&mut self, changes: &[Change], meta: &EntryMeta) -> Result<(), StoreError> {
        let was_whole = std::mem::replace(&mut self.whole, false);
        if meta.origin != self.log || meta.log_index >= self.size() {
            return Err(StoreError::internal(format!("entry {} is not in the log of {}", meta.log_index, self.log)));
        }
        // Two entries that write one name are two revisions, so the first must be there when the second is written.
        if self.held.touches(changes.iter().map(Change::name)) {
            self.held.write_changes(&self.txn).await?;
        }
        self.held.changes(changes, meta)?;
        if self.held.is_full() {
            self.held.write_changes(&self.txn).await?;
        }
        self.whole = was_whole;
        Ok(())
    }

    /// Records the signed note of the tree as it is now, and the time of its last entry.
    ///
    /// # Errors
    /// [`StoreError::Internal`] for an empty note.
    #[boxed]
    pub async fn set_head(&mut self, note: &str, time: DateTime<Utc>) -> Result<(), StoreError> {
        let was_whole = std::mem::replace(&mut self.whole, false);
        if note.is_empty() {
            return Err(StoreError::internal("a head needs a signed note"));
        }
        let time = to_micros(time);
        let row = log_head::ActiveModel {
            log: NotSet,
            size: Set(to_column(self.size())?),
            root: if EVIDENCE { Set(self.range.root().as_bytes().to_vec()) } else { NotSet },
            note: if EVIDENCE { Set(note.to_owned()) } else { NotSet },
            last_time: Set(Some(time)),
        };
        log_head::Entity::update_many()
            .set(row)
            .filter(log_head::Column::Log.eq(self.log.as_str()))
            .exec(&self.txn)
            .await
            .during(WRITE)?;
        if EVIDENCE {
            self.keep_checkpoint(note).await?;
        }
        self.last_time = Some(time);
        self.head_is_set = true;
        self.whole = was_whole;
        Ok(())
    }

    async fn keep_checkpoint(&self, note: &str) -> Result<(), StoreError> {
        let (log, size) = (self.log.to_string(), to_column(self.size())?);
        let row = log_checkpoint::Model { log, size, note: note.to_owned(), witnessed: false };
        let newer = OnConflict::columns([log_checkpoint::Column::Log, log_checkpoint::Column::Size])
            .update_column(log_checkpoint::Column::Note)
            .to_owned();
        log_checkpoint::Entity::insert(row.into_active_model())
            .on_conflict(newer)
            .exec_without_returning(&self.txn)
            .await
            .during(WRITE)?;
        Ok(())
    }

    /// Keeps the answer to a request for replays.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id is taken, at the latest at the commit.
    #[boxed]
    pub async fn remember(
        &mut self,
        principal: &str,
        request_id: &str,
        method: &str,
        digest: Hash,
        log_index: u64,
        response: &[u8],
    ) -> Result<(), StoreError> {
        let was_whole = std::mem::replace(&mut self.whole, false);
        self.held.answer(request::Model {
            log: self.log.to_string(),
            principal: principal.to_owned(),
            request_id: request_id.to_owned(),
            method: method.to_owned(),
            digest: digest.as_bytes().to_vec(),
            log_index: to_column(log_index)?,
            response: response.to_vec(),
        })?;
        self.whole = was_whole;
        Ok(())
    }

    /// Makes everything durable: when this returns, it is on disk.
    ///
    /// After [`StoreError::Unavailable`] it is not known whether it is; the same request with the same id finds out.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when a step before failed or was cancelled, or the head was not set after the last entry;
    /// [`StoreError::Conflict`] when a row or a request id is taken.
    #[boxed]
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if !self.whole {
            return Err(StoreError::internal("a step of the write failed, so it cannot be committed"));
        }
        if !self.head_is_set {
            return Err(StoreError::internal("entries were appended without a signed head"));
        }
        self.held.write_log(&self.txn).await?;
        self.held.write_changes(&self.txn).await?;
        self.held.write_answers(&self.txn).await?;
        self.txn.commit().await.during("commit a write")
    }

    /// Writes the changes that are held back when one of these names is among them.
    async fn before_reading(&mut self, names: &[ResourceName]) -> Result<(), StoreError> {
        if self.held.touches(names) { self.write_changes().await } else { Ok(()) }
    }

    async fn write_changes(&mut self) -> Result<(), StoreError> {
        let was_whole = std::mem::replace(&mut self.whole, false);
        self.held.write_changes(&self.txn).await?;
        self.whole = was_whole;
        Ok(())
    }
}

/// The signed note of the smallest tree of a commit that holds an entry.
pub(crate) async fn checkpoint_over(
    db: &impl sea_orm::ConnectionTrait,
    log: &DepartmentId,
    log_index: u64,
) -> Result<Option<String>, StoreError> {
    let row = log_checkpoint::Entity::find()
        .filter(log_checkpoint::Column::Log.eq(log.as_str()))
        .filter(log_checkpoint::Column::Size.gt(to_column(log_index)?))
        .order_by_asc(log_checkpoint::Column::Size)
        .one(db)
        .await
        .during("read a checkpoint")?;
    Ok(row.map(|row| row.note))
}
