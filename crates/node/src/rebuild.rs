//! Making the tables again from the log, and checking the log against itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{Change, DepartmentId, Observation, ResourceName};
use store::{Beside, LogEntry, RebuildError, Store, StoreError};

use crate::{
    convert::common,
    projection::{Logged, Projection, ProjectionError},
};

pub use store::{LogCheck, LogFault};

const STEP: u32 = 16;

/// Empties the tables of a log and makes them again from its entries; gives the number of entries.
///
/// All or nothing: readers see the old tables until the new ones are complete.
///
/// # Errors
/// [`RebuildError`] with the first entry that cannot be interpreted, or the store's error; nothing was changed then.
pub async fn rebuild(
    store: &Store,
    projection: &Projection,
    log: &DepartmentId,
) -> Result<u64, RebuildError<ProjectionError>> {
    let mut bases = corrected(store, projection, log).await?;
    store
        .rebuild_projections(log, |_index, leaf, request| {
            let (changes, time) = interpret(projection, log, leaf, request, &bases)?;
            for change in &changes {
                if let Change::PutObservation { name, observation, .. } = change
                    && let Some(base) = bases.get_mut(name)
                {
                    *base = Some(observation.as_ref().clone());
                }
            }
            Ok((changes, time))
        })
        .await
}

/// Recomputes leaf hashes, tree and head of a log, and whether the requests beside the leaves are those that they bind; names
/// the first thing that does not fit.
///
/// # Errors
/// [`StoreError`].
pub async fn check(store: &Store, log: &DepartmentId) -> Result<LogCheck, StoreError> {
    let sound = store.check(log).await?;
    if matches!(sound, LogCheck::Faulty(_)) {
        return Ok(sound);
    }
    let mut next = 0;
    loop {
        let entries = store.entries(log, next, STEP).await?;
        let Some(last) = entries.last().map(|entry| entry.index) else { return Ok(sound) };
        for LogEntry { index, leaf, beside, .. } in entries {
            let (Some(leaf), Some(Beside { request, .. })) = (leaf, beside) else { continue };
            if matches!(Projection::envelope(log, &leaf, &request), Err(ProjectionError::OtherRequest)) {
                return Ok(LogCheck::Faulty(LogFault::AlteredRequest { index }));
            }
        }
        next = last + 1;
    }
}

type Bases = BTreeMap<ResourceName, Option<Observation>>;

/// The figures that some entry corrects: the only ones whose last revision has to be at hand while the log is read.
async fn corrected(
    store: &Store,
    projection: &Projection,
    log: &DepartmentId,
) -> Result<Bases, RebuildError<ProjectionError>> {
    let mut bases = Bases::new();
    let mut next = 0;
    loop {
        let entries = store.entries(log, next, STEP).await?;
        let Some(last) = entries.last().map(|entry| entry.index) else { return Ok(bases) };
        for entry in entries {
            let (Some(leaf), Some(Beside { request, .. })) = (entry.leaf, entry.beside) else { continue };
            let base = Projection::envelope(log, &leaf, &request)
                .and_then(|envelope| projection.base(Logged { envelope: &envelope, request: &request }));
            let base = base.map_err(|source| RebuildError::Interpret { index: entry.index, source })?;
            bases.extend(base.map(|name| (name, None)));
        }
        next = last + 1;
    }
}

fn interpret(
    projection: &Projection,
    log: &DepartmentId,
    leaf: &[u8],
    request: &[u8],
    bases: &Bases,
) -> Result<(Vec<Change>, DateTime<Utc>), ProjectionError> {
    let envelope = Projection::envelope(log, leaf, request)?;
    let entry = Logged { envelope: &envelope, request };
    let base = projection.base(entry)?.and_then(|name| bases.get(&name)?.as_ref());
    let changes = projection.changes(log, entry, base)?;
    Ok((changes, entry_time(&envelope)))
}

/// When the node received an entry. An entry without a time, which no node writes, counts as the beginning of time.
#[must_use]
pub fn entry_time(envelope: &contracts::log::v1::Envelope) -> DateTime<Utc> {
    let time = envelope.receive_time.as_ref().and_then(|time| common::time("receive_time", time).ok());
    time.unwrap_or(DateTime::UNIX_EPOCH)
}
