//! How a database is opened: what each engine is told, and the bounds of its pool.

use std::{
    str::FromStr,
    time::{Duration, Instant},
};

use sea_orm::{
    DatabaseConnection, DbErr, RuntimeErr, SqlxSqliteConnector,
    sqlx::{
        self, ConnectOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};

use crate::{
    driver::{is_busy, translate},
    error::{BoxedSource, StoreError},
};

const CONNECT: &str = "connect to the database";

/// How long a statement or a writer waits for its turn before the caller is told to come back.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Pause before a file that is locked is opened again.
const AGAIN: Duration = Duration::from_millis(5);

/// One writer and a few readers; each connection costs a thread and its page cache.
const SQLITE_CONNECTIONS: u32 = 3;
/// Page cache of one connection in KiB; the sign is `SQLite`'s way to say KiB in place of pages.
const SQLITE_CACHE: &str = "-1024";
/// `node.db` is the node's, `node.audit.db` its audit log's.
const AUDIT_EXTENSION: &str = "audit.db";
/// Prepared statements kept for each connection. Few, because those of many rows are large.
pub(crate) const STATEMENTS: usize = 48;

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
        #[cfg(feature = "postgres")]
        Some(("postgres" | "postgresql", _)) => crate::postgres::open(url, place).await,
        #[cfg(not(feature = "postgres"))]
        Some(("postgres" | "postgresql", _)) => {
            Err(StoreError::internal("this program is built without PostgreSQL (cargo feature postgres)"))
        }
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
        .test_before_acquire(false);
    let last = Instant::now() + PATIENCE;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Ok(pool) => return Ok(Opened { db: SqlxSqliteConnector::from_sqlx_sqlite_pool(pool), writers: 1 }),
            // While another process makes the file one in WAL mode, SQLite says that it is locked without waiting.
            Err(err) if is_busy(&err) && Instant::now() < last => tokio::time::sleep(AGAIN).await,
            Err(err) => return Err(connecting(err)),
        }
    }
}

pub(crate) fn connecting(err: sqlx::Error) -> StoreError {
    translate(CONNECT, DbErr::Conn(RuntimeErr::SqlxError(err.into())))
}

pub(crate) fn misconfigured(what: &str, err: impl Into<BoxedSource>) -> StoreError {
    StoreError::Internal { what: what.to_owned(), source: Some(err.into()) }
}
