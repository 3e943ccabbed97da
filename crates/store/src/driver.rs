//! The one table from what drivers say to what callers are told.

use sea_orm::{
    DbErr, RuntimeErr, SqlErr,
    error::{SqlxError, SqlxSqliteError},
};

use crate::error::StoreError;

/// Names what was being done when the database failed.
pub(crate) trait During<T> {
    /// Turns a driver's error into ours. `what` may be shown to anybody.
    fn during(self, what: &'static str) -> Result<T, StoreError>;
}

impl<T> During<T> for Result<T, DbErr> {
    fn during(self, what: &'static str) -> Result<T, StoreError> {
        self.map_err(|err| translate(what, err))
    }
}

pub(crate) enum Fault {
    Unavailable,
    Corrupt,
    Conflict,
    Internal,
}

pub(crate) fn translate(what: &'static str, err: DbErr) -> StoreError {
    let fault = fault_of(&err);
    let (what, source) = (what.to_owned(), Some(err.into()));
    match fault {
        Fault::Unavailable => StoreError::Unavailable { what, source },
        Fault::Corrupt => StoreError::Corrupt { what, source },
        Fault::Conflict => StoreError::Conflict { what, source },
        Fault::Internal => StoreError::Internal { what, source },
    }
}

fn fault_of(err: &DbErr) -> Fault {
    if matches!(err.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
        return Fault::Conflict;
    }
    if matches!(err, DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. }) {
        return Fault::Corrupt;
    }
    if matches!(err, DbErr::ConnectionAcquire(_)) {
        return Fault::Unavailable;
    }
    if let DbErr::Conn(RuntimeErr::SqlxError(err))
    | DbErr::Exec(RuntimeErr::SqlxError(err))
    | DbErr::Query(RuntimeErr::SqlxError(err)) = err
    {
        return fault_of_driver(err);
    }
    Fault::Internal
}

fn fault_of_driver(err: &SqlxError) -> Fault {
    if let SqlxError::Database(err) = err {
        let code = err.code().unwrap_or_default();
        if err.try_downcast_ref::<SqlxSqliteError>().is_some() {
            return fault_of_sqlite(&code);
        }
        #[cfg(feature = "postgres")]
        if err.try_downcast_ref::<sea_orm::error::SqlxPostgresError>().is_some() {
            return crate::postgres::fault_of(&code);
        }
        return Fault::Internal;
    }
    if matches!(
        err,
        SqlxError::Io(_)
            | SqlxError::Tls(_)
            | SqlxError::Protocol(_)
            | SqlxError::PoolTimedOut
            | SqlxError::PoolClosed
            | SqlxError::WorkerCrashed
    ) {
        return Fault::Unavailable;
    }
    if matches!(err, SqlxError::Decode(_) | SqlxError::ColumnDecode { .. }) {
        return Fault::Corrupt;
    }
    Fault::Internal
}

/// True when `SQLite` says that another process has the file locked.
pub(crate) fn is_busy(err: &SqlxError) -> bool {
    let SqlxError::Database(err) = err else { return false };
    err.try_downcast_ref::<SqlxSqliteError>().is_some() && err.code().is_some_and(|code| primary(&code) == SQLITE_BUSY)
}

/// Result code of `SQLite`: another process has the file locked.
const SQLITE_BUSY: u32 = 5;

fn primary(code: &str) -> u32 {
    code.parse::<u32>().unwrap_or_default() & 0xff
}

/// Result codes of `SQLite`: the low byte is the primary code.
fn fault_of_sqlite(code: &str) -> Fault {
    match primary(code) {
        // BUSY, LOCKED, IOERR, FULL, CANTOPEN
        SQLITE_BUSY | 6 | 10 | 13 | 14 => Fault::Unavailable,
        // CORRUPT, NOTADB
        11 | 26 => Fault::Corrupt,
        _ => Fault::Internal,
    }
}
