//! Reads, the same for every projection.

use std::ops::Range;

use domain::{DepartmentId, Recorded, ResourceName};
use sea_orm::{
    Condition, ConnectionTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Cond, Expr, Order},
};

use super::Projected;
use crate::{
    column::{Col, batches, to_column},
    driver::During,
    error::StoreError,
    types::{MAX_PAGE, View},
};

const READ: &str = "read a table";

/// A page in the order of names, byte by byte.
pub(crate) async fn page<T: Projected>(
    db: &impl ConnectionTrait,
    filter: Condition,
    view: &View,
    after_name: Option<&str>,
    limit: u32,
) -> Result<Vec<Recorded<T>>, StoreError> {
    let Some(visible) = view.condition() else {
        return Ok(Vec::new());
    };
    // The first page too: without it `SQLite` would look up each log of a view of several and sort all their rows.
    let rest = Expr::col(Col::Name).gt(after_name.unwrap_or_default());
    let rows = T::Entity::find()
        .filter(filter.add(visible).add(rest))
        .order_by(Expr::col(Col::Name), Order::Asc)
        .limit(u64::from(Ord::min(limit, MAX_PAGE)))
        .all(db)
        .await
        .during(READ)?;
    rows.into_iter().map(T::read).collect()
}

/// One row by its name.
pub(crate) async fn find<T: Projected>(
    db: &impl ConnectionTrait,
    name: &ResourceName,
    view: &View,
) -> Result<Option<Recorded<T>>, StoreError> {
    let Some(visible) = view.condition() else {
        return Ok(None);
    };
    // Both together: a view of several logs is itself a choice among conditions.
    let filter = Cond::all().add(visible).add(named(name));
    let row = T::Entity::find().filter(filter).one(db).await.during(READ)?;
    row.map(T::read).transpose()
}

/// Revisions of one name, newest first.
pub(crate) async fn revisions<T: Projected>(
    db: &impl ConnectionTrait,
    name: &ResourceName,
    before_revision: Option<u32>,
    limit: u32,
) -> Result<Vec<Recorded<T>>, StoreError> {
    let older = before_revision.map(|revision| Expr::col(Col::Revision).lt(i64::from(revision)));
    let rows = T::Entity::find()
        .filter(Cond::all().add(named(name)).add_option(older))
        .order_by(Expr::col(Col::Revision), Order::Desc)
        .limit(u64::from(Ord::min(limit, MAX_PAGE)))
        .all(db)
        .await
        .during(READ)?;
    rows.into_iter().map(T::read).collect()
}

/// Every revision that a range of log entries made, in log order.
pub(crate) async fn changes<T: Projected>(
    db: &impl ConnectionTrait,
    origin: &DepartmentId,
    entries: Range<u64>,
) -> Result<Vec<Recorded<T>>, StoreError> {
    let range = Cond::all()
        .add(Expr::col(Col::Origin).eq(origin.as_str()))
        .add(Expr::col(Col::LogIndex).gte(to_column(entries.start)?))
        .add(Expr::col(Col::LogIndex).lt(to_column(entries.end)?));
    let rows = T::Entity::find()
        .filter(range)
        .order_by(Expr::col(Col::LogIndex), Order::Asc)
        .order_by(Expr::col(Col::Position), Order::Asc)
        .all(db)
        .await
        .during(READ)?;
    rows.into_iter().map(T::read).collect()
}

/// All current rows that match, in the order of names. For the rules inside a write, which need the whole set.
pub(crate) async fn current<T: Projected>(
    db: &impl ConnectionTrait,
    filter: Condition,
) -> Result<Vec<Recorded<T>>, StoreError> {
    let rows = T::Entity::find()
        .filter(filter.add(Expr::col(Col::SupersededIndex).is_null()))
        .order_by(Expr::col(Col::Name), Order::Asc)
        .all(db)
        .await
        .during(READ)?;
    rows.into_iter().map(T::read).collect()
}

/// The current rows among these names, in no particular order.
pub(crate) async fn current_named<T: Projected>(
    db: &impl ConnectionTrait,
    names: &[ResourceName],
) -> Result<Vec<Recorded<T>>, StoreError> {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let mut found = Vec::new();
    for names in batches(&names) {
        found.extend(current(db, Cond::all().add(Expr::col(Col::Name).is_in(names))).await?);
    }
    Ok(found)
}

/// Number of current rows of one department.
pub(crate) async fn count_current<T: Projected>(
    db: &impl ConnectionTrait,
    origin: &DepartmentId,
) -> Result<u64, StoreError>
where
    <T::Entity as EntityTrait>::Model: sea_orm::FromQueryResult,
{
    T::Entity::find()
        .filter(Cond::all().add(in_origin(origin)).add(Expr::col(Col::SupersededIndex).is_null()))
        .count(db)
        .await
        .during(READ)
}

/// Rows of one department: their names begin with it (held by the write), which finds them by the index of names, in order.
/// A condition on the column `origin` beside it would let `SQLite` take the index of that and sort all rows for each page.
pub(crate) fn in_origin(origin: &DepartmentId) -> Expr {
    // The byte after that of the slash.
    let [from, to] = ['/', '0'].map(|end| format!("departments/{origin}{end}"));
    Expr::col(Col::Name).gte(from).and(Expr::col(Col::Name).lt(to))
}

fn named(name: &ResourceName) -> Expr {
    Expr::col(Col::Name).eq(name.to_string())
}
