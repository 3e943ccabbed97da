//! How a database is opened: what each engine is told, and the bounds of its pool.

use std::{str::FromStr, time::Duration};

use sea_orm::{
    DatabaseConnection, DbErr, RuntimeErr, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection,
        postgres::{PgConnectOptions, PgPoolOptions},
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};

use crate::{
    driver::translate,
    error::{BoxedSource, StoreError},
};

const CONNECT: &str = "connect to the database";

/// How long a statement or a writer waits for its turn before the caller is told to come back.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// One writer and a few readers; each connection costs a thread and its page cache.
const SQLITE_CONNECTIONS: u32 = 3;
/// Page cache of one connection in KiB; the sign is `SQLite`'s way to say KiB in place of pages.
const SQLITE_CACHE: &str = "-1024";
const POSTGRES_CONNECTIONS: u32 = 8;
/// `node.db` is the node's, `node.audit.db` its audit log's.
const AUDIT_EXTENSION: &str = "audit.db";
/// `public` is the node's, `public_audit` its audit log's.
const AUDIT_SUFFIX: &str = "_audit";
/// One process at a time makes the schema of an audit log; a constant of ours.
const SCHEMA_LOCK: i64 = 0x7775_6665_6902;
/// Prepared statements kept for each connection. Few, because those of many rows are large.
const STATEMENTS: usize = 48;

/// Which of the two databases of a node is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The one that the URL names.
    Own,
    /// The audit log's, beside it.
    Audit,
}

/// An open pool and how many writers may be at it at once. Fewer than connections, so that writers who queue for a log
/// never keep readers out.
pub(crate) struct Opened {
    pub(crate) db: DatabaseConnection,
    pub(crate) writers: usize,
}

pub(crate) async fn open(url: &str, place: Place) -> Result<Opened, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", _)) => sqlite(url, place).await,
        Some(("postgres" | "postgresql", _)) => postgres(url, place).await,
        Some(_) | None => Err(StoreError::internal("the database URL begins with neither sqlite: nor postgres:")),
    }
}

async fn sqlite(url: &str, place: Place) -> Result<Opened, StoreError> {
    let mut options = SqliteConnectOptions::from_str(url).map_err(|err| misconfigured("read the database URL", err))?;
    if place == Place::Audit {
        let beside = options.get_filename().with_extension(AUDIT_EXTENSION);
        options = options.filename(beside);
    }
    let file = options.get_filename();
    if url.contains(":memory:") || url.contains("mode=memory") || file.as_os_str().is_empty() {
        return Err(StoreError::internal("an SQLite database has to be a file: what is acknowledged is on disk"));
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|err| misconfigured("create the folder of the database", err))?;
    }
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode anything less may lose the last commits when the machine stops.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        .pragma("cache_size", SQLITE_CACHE)
        .statement_cache_capacity(STATEMENTS)
        // Statements are logged by nobody: their shape is ours, their time is in the metrics of the calls.
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(SQLITE_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(connecting)?;
    Ok(Opened { db: SqlxSqliteConnector::from_sqlx_sqlite_pool(pool), writers: 1 })
}

async fn postgres(url: &str, place: Place) -> Result<Opened, StoreError> {
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
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect_with(options)
        .await
        .map_err(connecting)?;
    Ok(Opened { db: SqlxPostgresConnector::from_sqlx_postgres_pool(pool), writers: POSTGRES_CONNECTIONS as usize / 2 })
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

fn connecting(err: sqlx::Error) -> StoreError {
    translate(CONNECT, DbErr::Conn(RuntimeErr::SqlxError(err.into())))
}

fn misconfigured(what: &str, err: impl Into<BoxedSource>) -> StoreError {
    StoreError::Internal { what: what.to_owned(), source: Some(err.into()) }
}
