//! What stands beside a leaf, and the notes of all commits.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["request", "row_seed"] {
            let added = ColumnDef::new(column).blob().null().take();
            manager.alter_table(Table::alter().table("log_entry").add_column(added).take()).await?;
        }
        manager.create_table(checkpoints(manager.get_database_backend())).await
    }
}

/// Text that is compared byte by byte on both engines.
fn key(backend: DbBackend, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    if backend == DbBackend::Postgres {
        column.custom("text COLLATE \"C\"")
    } else {
        column.text()
    };
    column.not_null().take()
}

fn checkpoints(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table("log_checkpoint")
        .col(key(backend, "log"))
        .col(ColumnDef::new("size").big_integer().not_null())
        .col(ColumnDef::new("note").text().not_null())
        .primary_key(Index::create().col("log").col("size"))
        .foreign_key(
            ForeignKey::create().name("log_checkpoint_log").from("log_checkpoint", "log").to("log_head", "log"),
        )
        .take()
}
