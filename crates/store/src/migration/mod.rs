//! The schema, as a row of steps that only go forward. A step that was released is never edited.

mod m0001_log_and_projections;
mod m0002_trace_of_an_entry;
mod m0003_evidence;
mod m0004_witnesses;
mod m0005_names_begin_with_the_department;

use sea_orm::{DatabaseConnection, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use sea_orm_migration::prelude::*;

/// Key of the advisory lock that lets one process migrate at a time; a constant of this schema.
const MIGRATION_LOCK: i64 = 0x7775_6665_6901;

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_log_and_projections::Migration),
            Box::new(m0002_trace_of_an_entry::Migration),
            Box::new(m0003_evidence::Migration),
            Box::new(m0004_witnesses::Migration),
            Box::new(m0005_names_begin_with_the_department::Migration),
        ]
    }
}

/// Brings the schema up to date in one transaction; of several processes that start together, one does it.
///
/// # Errors
/// Also when the database was migrated by a later release.
pub(crate) async fn run(db: &DatabaseConnection) -> Result<(), DbErr> {
    let options =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    let txn = db.begin_with_options(options).await?;
    if db.get_database_backend() == sea_orm::DbBackend::Postgres {
        txn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
    }
    Migrator::up(&txn, None).await?;
    txn.commit().await
}
