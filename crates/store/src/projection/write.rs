//! How changes become rows: a row with the same name is superseded, never overwritten.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::{Change, Correction, DepartmentId, FundingLine, Observation};
use sea_orm::{
    ConnectionTrait, EntityName, ExprTrait,
    sea_query::{Expr, Query},
};

use super::{Place, Projected, in_origin};
use crate::{
    column::{Col, batches, to_column, to_micros},
    driver::During,
    error::StoreError,
    rows::insert_all,
    types::{EntryMeta, StoredResource},
};

const WRITE: &str = "write a table";

/// A change with the place of the log entry that made it.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    at: At,
    body: Body,
}

#[derive(Clone, Debug)]
struct At {
    name: String,
    origin: String,
    log_index: i64,
    position: i64,
    time: DateTime<Utc>,
    correction: Option<Correction>,
    /// No row has this name.
    fresh: bool,
}

#[derive(Clone, Debug)]
enum Body {
    Observation(Box<Observation>),
    FundingLine(Box<FundingLine>),
    Resource(StoredResource),
}

/// The changes of one entry, ready to be written.
///
/// # Errors
/// [`StoreError::Conflict`] when one names a resource of another department: no log, and no mirror of one, may write under
/// another department's name. `fresh` is asked of each name, in order, whether it is known that no row has it.
pub(crate) fn applied(
    changes: &[Change],
    meta: &EntryMeta,
    mut fresh: impl FnMut(&str) -> bool,
) -> Result<Vec<Applied>, StoreError> {
    let (log_index, time) = (to_column(meta.log_index)?, to_micros(meta.time));
    let each = changes.iter().enumerate().map(|(position, change)| {
        let name = change.name();
        if name.department() != &meta.origin {
            let what = format!("entry {} of {} names a resource of {}", meta.log_index, meta.origin, name.department());
            return Err(StoreError::conflict(what));
        }
        let (body, correction) = match change {
            Change::PutObservation { observation, correction, name: _, key: _, supersedes: _ } => {
                (Body::Observation(observation.clone()), correction)
            }
            Change::PutFundingLine { line, correction, name: _ } => {
                if &line.name != name {
                    return Err(StoreError::internal("a funding line has another name than its change"));
                }
                (Body::FundingLine(line.clone()), correction)
            }
            Change::PutResource { collection, type_name, body, correction, name: _ } => {
                let stored =
                    StoredResource { collection: collection.clone(), type_name: type_name.clone(), body: body.clone() };
                (Body::Resource(stored), correction)
            }
        };
        let name = name.to_string();
        let at = At {
            fresh: fresh(&name),
            name,
            origin: meta.origin.to_string(),
            log_index,
            position: to_column(position as u64)?,
            time,
            correction: correction.clone(),
        };
        Ok(Applied { at, body })
    });
    each.collect()
}

/// Writes changes. Those of one name are of one entry.
pub(crate) async fn apply(db: &impl ConnectionTrait, changes: Vec<Applied>) -> Result<(), StoreError> {
    let (mut observations, mut lines, mut resources) = (Vec::new(), Vec::new(), Vec::new());
    for Applied { at, body } in changes {
        match body {
            Body::Observation(body) => observations.push((at, *body)),
            Body::FundingLine(body) => lines.push((at, *body)),
            Body::Resource(body) => resources.push((at, body)),
        }
    }
    put(db, &observations).await?;
    put(db, &lines).await?;
    put(db, &resources).await
}

/// Removes every row of one department.
pub(crate) async fn wipe(db: &impl ConnectionTrait, origin: &DepartmentId) -> Result<(), StoreError> {
    delete::<Observation>(db, origin).await?;
    delete::<FundingLine>(db, origin).await?;
    delete::<StoredResource>(db, origin).await
}

async fn delete<T: Projected>(db: &impl ConnectionTrait, origin: &DepartmentId) -> Result<(), StoreError> {
    let all = Query::delete().from_table(T::Entity::default().table_ref()).and_where(in_origin(origin)).take();
    db.execute(&all).await.during(WRITE)?;
    Ok(())
}

async fn put<T: Projected>(db: &impl ConnectionTrait, items: &[(At, T)]) -> Result<(), StoreError> {
    let mut latest = supersede::<T>(db, items).await?;
    let mut places: Vec<Place> = Vec::with_capacity(items.len());
    let mut open: HashMap<&str, usize> = HashMap::new();
    for (at, _) in items {
        let revision = latest.entry(at.name.as_str()).or_insert(0);
        *revision += 1;
        // The same name twice in one entry: the later item is the later revision.
        if let Some(earlier) = open.insert(&at.name, places.len()).and_then(|index| places.get_mut(index)) {
            earlier.superseded_index = Some(at.log_index);
            earlier.superseded_time = Some(at.time);
        }
        places.push(Place {
            name: at.name.clone(),
            revision: *revision,
            origin: at.origin.clone(),
            log_index: at.log_index,
            position: at.position,
            known_from: at.time,
            superseded_index: None,
            superseded_time: None,
            correction_reason: at.correction.as_ref().map(|correction| correction.reason.code().to_owned()),
            correction_note: at.correction.as_ref().map(|correction| correction.note.clone()),
        });
    }
    let rows: Vec<_> =
        items.iter().zip(places).map(|((_, body), place)| body.write(place)).collect::<Result<_, _>>()?;
    insert_all::<T::Entity>(db, &rows).await.during(WRITE)
}

/// Closes the current rows of these names and returns their revisions.
async fn supersede<'a, T: Projected>(
    db: &impl ConnectionTrait,
    items: &'a [(At, T)],
) -> Result<HashMap<&'a str, i64>, StoreError> {
    let by_name: HashMap<&str, &'a At> = items.iter().map(|(at, _)| (at.name.as_str(), at)).collect();
    let mut latest = HashMap::new();
    let mut closed: BTreeMap<i64, (DateTime<Utc>, Vec<&str>)> = BTreeMap::new();
    let names: Vec<_> = items.iter().filter(|(at, _)| !at.fresh).map(|(at, _)| at.name.as_str()).collect();
    for names in batches(&names) {
        let read = Query::select()
            .columns([Col::Name, Col::Revision])
            .from(T::Entity::default().table_ref())
            .and_where(current(names))
            .take();
        for row in db.query_all(&read).await.during(WRITE)? {
            let name: String = row.try_get("", "name").during(WRITE)?;
            let revision: i64 = row.try_get("", "revision").during(WRITE)?;
            if let Some(at) = by_name.get(name.as_str()) {
                latest.insert(at.name.as_str(), revision);
                closed.entry(at.log_index).or_insert_with(|| (at.time, Vec::new())).1.push(at.name.as_str());
            }
        }
    }
    for (log_index, (time, names)) in closed {
        for names in batches(&names) {
            let close = Query::update()
                .table(T::Entity::default().table_ref())
                .value(Col::SupersededIndex, log_index)
                .value(Col::SupersededTime, time)
                .and_where(current(names))
                .take();
            db.execute(&close).await.during(WRITE)?;
        }
    }
    Ok(latest)
}

/// The current rows of these names.
fn current(names: &[&str]) -> Expr {
    Expr::col(Col::Name).is_in(names.iter().copied()).and(Expr::col(Col::SupersededIndex).is_null())
}
