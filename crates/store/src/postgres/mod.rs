//! `PostgreSQL`: how it is opened, and what its error codes mean. Built with the feature `postgres`.

pub(crate) mod rows;

use std::str::FromStr;

use sea_orm::{
    SqlxPostgresConnector,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};

use crate::{
    driver::Fault,
    error::StoreError,
    open::{Opened, PATIENCE, Place, STATEMENTS, connecting, misconfigured},
};

const CONNECTIONS: u32 = 8;
/// `public` is the node's, `public_audit` its audit log's.
const AUDIT_SUFFIX: &str = "_audit";
/// One process at a time makes the schema of an audit log; a constant of ours.
const SCHEMA_LOCK: i64 = 0x7775_6665_6902;

/// Opens the database of this URL, or the audit log beside it.
pub(crate) async fn open(url: &str, place: Place) -> Result<Opened, StoreError> {
    let patience = PATIENCE.as_millis().to_string();
    let mut options = PgConnectOptions::from_str(url)
        .map_err(|err| misconfigured("read the database URL", err))?
        .application_name("wufei")
        .options([
            ("lock_timeout", patience.as_str()),
            // A server may have it off; a receipt says that the write is on disk.
            ("synchronous_commit", "on"),
            // A process that hangs inside a write must not keep its log locked.
            ("idle_in_transaction_session_timeout", "60000"),
        ])
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    if place == Place::Audit {
        let schema = audit_schema(&options).await.map_err(connecting)?;
        options = options.options([("search_path", schema.as_str())]);
    }
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect_with(options)
        .await
        .map_err(connecting)?;
    Ok(Opened { db: SqlxPostgresConnector::from_sqlx_postgres_pool(pool), writers: CONNECTIONS as usize / 2 })
}

/// The schema of the audit log beside that of the node, made where it is missing.
async fn audit_schema(options: &PgConnectOptions) -> Result<String, sqlx::Error> {
    let mut connection = options.connect().await?;
    let mut txn = connection.begin().await?;
    // Of several processes that start together, one makes it.
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SCHEMA_LOCK).execute(&mut *txn).await?;
    let own: String = sqlx::query_scalar("SELECT current_schema()").fetch_one(&mut *txn).await?;
    let schema = format!("{own}{AUDIT_SUFFIX}");
    let made: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
        .bind(&schema)
        .fetch_one(&mut *txn)
        .await?;
    if !made {
        let quoted = schema.replace('"', "\"\"");
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE SCHEMA \"{quoted}\""))).execute(&mut *txn).await?;
    }
    txn.commit().await?;
    connection.close().await?;
    Ok(schema)
}

/// SQLSTATE of `PostgreSQL` (its manual, appendix A): the first two characters are the class.
pub(crate) fn fault_of(code: &str) -> Fault {
    match (code.get(..2).unwrap_or_default(), code) {
        // Connection, transaction rollback (serialization, deadlock), resources, operator intervention, and a lock
        // that did not come in time. 25006 is a server that became a replica.
        ("08" | "40" | "53" | "57", _) | (_, "55P03" | "25006" | "25P03") => Fault::Unavailable,
        ("XX", "XX001" | "XX002") => Fault::Corrupt,
        (_, _) => Fault::Internal,
    }
}
