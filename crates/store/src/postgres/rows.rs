//! Many rows in one statement, whatever their number: each column is one array, and `PostgreSQL` makes rows of the arrays.
//!
//! Each statement has one shape, so it is prepared once, and a batch costs one journey to the server for each table and not
//! one for each piece of a list.

use std::collections::HashMap;

use ledger::{Hash, NodeId};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbBackend, DbErr, EntityTrait, IdenStatic as _, Iterable as _, ModelTrait,
    QueryResult, Statement, Value,
};

use crate::{
    column::{to_column, to_hash, to_u64},
    driver::During,
    error::StoreError,
    write::Expected,
};

/// The keys first, each looked up by itself: no plan can then read the whole table, also not one that was made while the table
/// was empty and is kept, as that of a join is.
const TAKEN: &str = "\
    SELECT k.principal AS first, k.request_id AS second FROM unnest($2, $3) AS k(principal, request_id) \
    CROSS JOIN LATERAL (SELECT FROM request AS r \
    WHERE r.log = $1 AND r.principal = k.principal AND r.request_id = k.request_id LIMIT 1) AS found \
    UNION ALL \
    SELECT k.name, NULL FROM unnest($4) AS k(name) \
    CROSS JOIN LATERAL (SELECT FROM observation AS o \
    WHERE o.name = k.name AND o.superseded_index IS NULL LIMIT 1) AS found";

const NODES: &str = "\
    SELECT k.level, k.node_index, found.hash FROM unnest($2, $3) AS k(level, node_index) \
    CROSS JOIN LATERAL (SELECT n.hash FROM log_node AS n \
    WHERE n.log = $1 AND n.level = k.level AND n.node_index = k.node_index LIMIT 1) AS found \
    UNION ALL \
    SELECT 0, k.entry_index, found.leaf_hash FROM unnest($4) AS k(entry_index) \
    CROSS JOIN LATERAL (SELECT e.leaf_hash FROM log_entry AS e \
    WHERE e.log = $1 AND e.entry_index = k.entry_index LIMIT 1) AS found";

/// Inserts rows of one table.
pub(crate) async fn insert_all<E: EntityTrait>(db: &impl ConnectionTrait, rows: &[E::Model]) -> Result<(), DbErr> {
    let mut arrays = Vec::new();
    let (mut names, mut picks, mut parameters) = (Vec::new(), Vec::new(), Vec::new());
    let mut array = |values: Vec<Value>| {
        let Some(kind) = values.first().map(Value::array_type) else { return String::new() };
        arrays.push(Value::Array(kind, Some(Box::new(values))));
        parameters.push(format!("${}", arrays.len()));
        format!("c{}", arrays.len())
    };
    for column in E::Column::iter() {
        let values: Vec<Value> = rows.iter().map(|row| row.get(column)).collect();
        names.push(format!("\"{}\"", column.as_str()));
        // An array of the driver holds no NULL, so which are NULL is an array of its own. It is there also when none is, for the
        // shape of the statement.
        if column.def().is_null() {
            let empty = values.iter().map(|value| Value::from(!value.is_some())).collect();
            let (empty, value) = (array(empty), array(values.into_iter().map(filled).collect()));
            picks.push(format!("CASE WHEN {empty} THEN NULL ELSE {value} END"));
        } else {
            picks.push(array(values));
        }
    }
    if arrays.is_empty() {
        return Ok(());
    }
    let aliases: Vec<_> = (1..=arrays.len()).map(|at| format!("c{at}")).collect();
    let sql = format!(
        "INSERT INTO \"{}\" ({}) SELECT {} FROM unnest({}) AS r({})",
        E::default().table_name(),
        names.join(", "),
        picks.join(", "),
        parameters.join(", "),
        aliases.join(", "),
    );
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, arrays)).await?;
    Ok(())
}

/// What stands in an array in the place of NULL.
fn filled(value: Value) -> Value {
    if value.is_some() { value } else { value.dummy_value() }
}

/// Those of these request ids and current figures that are there: (principal, id), and (name, none).
pub(crate) async fn taken(
    db: &impl ConnectionTrait,
    log: &str,
    expected: &Expected,
) -> Result<Vec<(String, Option<String>)>, DbErr> {
    let (principals, ids): (Vec<String>, Vec<String>) = expected.requests.iter().cloned().unzip();
    let names: Vec<String> = expected.observations.iter().map(ToString::to_string).collect();
    let values = [log.into(), principals.into(), ids.into(), names.into()];
    let read = Statement::from_sql_and_values(DbBackend::Postgres, TAKEN, values);
    let pair = |row: &QueryResult| Ok((row.try_get("", "first")?, row.try_get("", "second")?));
    db.query_all_raw(read).await?.iter().map(pair).collect()
}

/// Those of these nodes of a tree that are stored.
pub(crate) async fn tree_nodes(
    db: &impl ConnectionTrait,
    log: &str,
    ids: &[NodeId],
) -> Result<HashMap<NodeId, Hash>, StoreError> {
    const READ: &str = "read the log";
    let (mut leaves, mut levels, mut inner) = (Vec::new(), Vec::new(), Vec::new());
    for id in ids {
        let index = to_column(id.index)?;
        if id.level == 0 {
            leaves.push(index);
        } else {
            levels.push(i64::from(id.level));
            inner.push(index);
        }
    }
    let values = [log.into(), levels.into(), inner.into(), leaves.into()];
    let read = Statement::from_sql_and_values(DbBackend::Postgres, NODES, values);
    let mut found = HashMap::with_capacity(ids.len());
    for row in db.query_all_raw(read).await.during(READ)? {
        let level: i64 = row.try_get("", "level").during(READ)?;
        let level = u8::try_from(level).map_err(|err| StoreError::unreadable("the level of a tree node", err))?;
        let index = to_u64("the index of a tree node", row.try_get("", "node_index").during(READ)?)?;
        let hash: Vec<u8> = row.try_get("", "hash").during(READ)?;
        found.insert(NodeId { level, index }, to_hash("the hash of a tree node", &hash)?);
    }
    Ok(found)
}
