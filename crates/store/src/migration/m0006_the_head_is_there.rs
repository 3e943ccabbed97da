//! `PostgreSQL` looked up the head of the log for each entry, each node of the tree and each request that was written. The write
//! that puts them there made the head and holds it locked until it ends, and nothing removes one: there is nothing to find.
//!
//! `SQLite` cannot drop the constraints without writing the tables anew, and does not feel them: its head is one page in memory.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        for table in ["log_entry", "log_node", "request"] {
            let mut key = ForeignKey::drop();
            key.name(format!("{table}_log")).table(table);
            manager.drop_foreign_key(key).await?;
        }
        Ok(())
    }
}
