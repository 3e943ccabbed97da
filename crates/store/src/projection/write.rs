//! How changes become rows: a row with the same name is superseded, never overwritten.

use std::collections::HashMap;

use domain::{Change, Correction, DepartmentId, FundingLine, Observation, ResourceName};
use sea_orm::{
    ConnectionTrait, EntityName, EntityTrait, ExprTrait, IntoActiveModel,
    sea_query::{Expr, Query},
};

use super::{Place, Projected, in_origin};
use crate::{
    column::{Col, batches, to_column, to_micros},
    driver::During,
    error::StoreError,
    types::{EntryMeta, StoredResource},
};

const WRITE: &str = "write a table";

struct Item<'a, T> {
    name: &'a ResourceName,
    position: i64,
    correction: Option<&'a Correction>,
    body: &'a T,
}

/// Applies the changes of one entry.
pub(crate) async fn apply(db: &impl ConnectionTrait, changes: &[Change], meta: &EntryMeta) -> Result<(), StoreError> {
    let (mut observations, mut lines, mut resources) = (Vec::new(), Vec::new(), Vec::new());
    for (position, change) in changes.iter().enumerate() {
        let name = change.name();
        if name.department() != &meta.origin {
            // A department owns its data: no log, and no mirror of one, may write under another department's name.
            let what = format!("entry {} of {} names a resource of {}", meta.log_index, meta.origin, name.department());
            return Err(StoreError::conflict(what));
        }
        let position = to_column(position as u64)?;
        match change {
            Change::PutObservation { observation, correction, name: _, key: _, supersedes: _ } => {
                observations.push(Item { name, position, correction: correction.as_ref(), body: observation.as_ref() });
            }
            Change::PutFundingLine { line, correction, name: _ } => {
                if &line.name != name {
                    return Err(StoreError::internal("a funding line has another name than its change"));
                }
                lines.push(Item { name, position, correction: correction.as_ref(), body: line.as_ref() });
            }
            Change::PutResource { collection, type_name, body, correction, name: _ } => {
                let stored =
                    StoredResource { collection: collection.clone(), type_name: type_name.clone(), body: body.clone() };
                resources.push((name, position, correction.as_ref(), stored));
            }
        }
    }
    let resources: Vec<_> = resources
        .iter()
        .map(|(name, position, correction, body)| Item { name, position: *position, correction: *correction, body })
        .collect();
    put(db, &observations, meta).await?;
    put(db, &lines, meta).await?;
    put(db, &resources, meta).await
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

async fn put<T: Projected>(
    db: &impl ConnectionTrait,
    items: &[Item<'_, T>],
    meta: &EntryMeta,
) -> Result<(), StoreError> {
    let names: Vec<_> = items.iter().map(|item| item.name.to_string()).collect();
    let mut latest = supersede::<T>(db, &names, meta).await?;

    let log_index = to_column(meta.log_index)?;
    let time = to_micros(meta.time);
    let mut places: Vec<Place> = Vec::with_capacity(items.len());
    let mut open: HashMap<&str, usize> = HashMap::new();
    for (item, name) in items.iter().zip(&names) {
        let revision = latest.entry(name.as_str()).or_insert(0);
        *revision += 1;
        // The same name twice in one entry: the later item is the later revision.
        if let Some(earlier) = open.insert(name, places.len()).and_then(|index| places.get_mut(index)) {
            earlier.superseded_index = Some(log_index);
            earlier.superseded_time = Some(time);
        }
        places.push(Place {
            name: name.clone(),
            revision: *revision,
            origin: meta.origin.to_string(),
            log_index,
            position: item.position,
            known_from: time,
            superseded_index: None,
            superseded_time: None,
            correction_reason: item.correction.map(|correction| correction.reason.code().to_owned()),
            correction_note: item.correction.map(|correction| correction.note.clone()),
        });
    }

    let rows: Vec<_> =
        items.iter().zip(places).map(|(item, place)| item.body.write(place)).collect::<Result<_, _>>()?;
    insert::<T>(db, &rows).await
}

/// Closes the current rows of these names and returns their revisions.
async fn supersede<'a, T: Projected>(
    db: &impl ConnectionTrait,
    names: &'a [String],
    meta: &EntryMeta,
) -> Result<HashMap<&'a str, i64>, StoreError> {
    let table = T::Entity::default().table_ref();
    let by_name: HashMap<&str, &'a str> = names.iter().map(|name| (name.as_str(), name.as_str())).collect();
    let mut latest = HashMap::new();
    for names in batches(names) {
        let current = || Expr::col(Col::Name).is_in(names).and(Expr::col(Col::SupersededIndex).is_null());
        let read = Query::select().columns([Col::Name, Col::Revision]).from(table.clone()).and_where(current()).take();
        let rows = db.query_all(&read).await.during(WRITE)?;
        if rows.is_empty() {
            continue;
        }
        for row in rows {
            let name: String = row.try_get("", "name").during(WRITE)?;
            let revision: i64 = row.try_get("", "revision").during(WRITE)?;
            if let Some(name) = by_name.get(name.as_str()) {
                latest.insert(*name, revision);
            }
        }
        let close = Query::update()
            .table(table.clone())
            .value(Col::SupersededIndex, to_column(meta.log_index)?)
            .value(Col::SupersededTime, to_micros(meta.time))
            .and_where(current())
            .take();
        db.execute(&close).await.during(WRITE)?;
    }
    Ok(latest)
}

async fn insert<T: Projected>(
    db: &impl ConnectionTrait,
    rows: &[<T::Entity as EntityTrait>::Model],
) -> Result<(), StoreError> {
    for rows in batches(rows) {
        let rows = rows.iter().cloned().map(|row| row.into_active_model());
        T::Entity::insert_many(rows).exec_without_returning(db).await.during(WRITE)?;
    }
    Ok(())
}
