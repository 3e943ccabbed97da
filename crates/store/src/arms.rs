//! Many rows by their whole keys in one statement.

use sea_orm::{
    ConnectionTrait, DbErr, QueryResult,
    sea_query::{SelectStatement, UnionType},
};

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
