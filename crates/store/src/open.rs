//! How a database is opened: what each engine is told, and the bounds of its pool.

use std::{str::FromStr, time::Duration};

use sea_orm::{
    DatabaseConnection, DbErr, RuntimeErr, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        ConnectOptions,
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
/// Prepared statements kept for each connection. Few, because those of many rows are large.
const STATEMENTS: usize = 48;

/// An open pool and how many writers may be at it at once. Fewer than connections, so that writers who queue for a log
/// never keep readers out.
pub(crate) struct Opened {
    pub(crate) db: DatabaseConnection,
    pub(crate) writers: usize,
}

pub(crate) async fn open(url: &str) -> Result<Opened, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", _)) => sqlite(url).await,
        Some(("postgres" | "postgresql", _)) => postgres(url).await,
        Some(_) | None => Err(StoreError::internal("the database URL begins with neither sqlite: nor postgres:")),
    }
}

async fn sqlite(url: &str) -> Result<Opened, StoreError> {
    let options = SqliteConnectOptions::from_str(url).map_err(|err| misconfigured("read the database URL", err))?;
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
        .map_err(|err| translate(CONNECT, DbErr::Conn(RuntimeErr::SqlxError(err.into()))))?;
    Ok(Opened { db: SqlxSqliteConnector::from_sqlx_sqlite_pool(pool), writers: 1 })
}

async fn postgres(url: &str) -> Result<Opened, StoreError> {
    let patience = PATIENCE.as_millis().to_string();
    let options = PgConnectOptions::from_str(url)
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
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect_with(options)
        .await
        .map_err(|err| translate(CONNECT, DbErr::Conn(RuntimeErr::SqlxError(err.into()))))?;
    Ok(Opened { db: SqlxPostgresConnector::from_sqlx_postgres_pool(pool), writers: POSTGRES_CONNECTIONS as usize / 2 })
}

fn misconfigured(what: &str, err: impl Into<BoxedSource>) -> StoreError {
    StoreError::Internal { what: what.to_owned(), source: Some(err.into()) }
}
