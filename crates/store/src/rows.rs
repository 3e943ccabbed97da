//! Many rows in few statements.

use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryResult,
    sea_query::{SelectStatement, UnionType},
};

use crate::column::batches;

/// Whether this is `PostgreSQL`, which takes any number of rows in one statement (`postgres::rows`).
#[cfg(feature = "postgres")]
pub(crate) fn takes_arrays(db: &impl ConnectionTrait) -> bool {
    db.get_database_backend() == sea_orm::DbBackend::Postgres
}

/// Inserts rows of one table.
pub(crate) async fn insert_all<E>(db: &impl ConnectionTrait, rows: &[E::Model]) -> Result<(), DbErr>
where
    E: EntityTrait<Model: IntoActiveModel<E::ActiveModel>>,
{
    #[cfg(feature = "postgres")]
    if takes_arrays(db) {
        return crate::postgres::rows::insert_all::<E>(db, rows).await;
    }
    for rows in batches(rows) {
        let rows = rows.iter().cloned().map(IntoActiveModel::into_active_model);
        E::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The rows of any of these statements, each of which names a row by its whole key.
///
/// They are joined by UNION ALL, and are not one statement with a list of keys or with OR: no engine can then take another way
/// than the key. While a table grows from nothing, `PostgreSQL` keeps the plan that it made for an empty one, and with a list that
/// plan reads every row there is; `SQLite` walks through the whole log when more than two pairs are joined by OR.
pub(crate) async fn any_of(
    db: &impl ConnectionTrait,
    arms: impl IntoIterator<Item = SelectStatement>,
) -> Result<Vec<QueryResult>, DbErr> {
    match arms.into_iter().reduce(|mut all, arm| all.union(UnionType::All, arm).take()) {
        Some(read) => db.query_all(&read).await,
        None => Ok(Vec::new()),
    }
}
