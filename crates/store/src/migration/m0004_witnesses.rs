//! Cosignatures of the own log, and what this node cosigned of others.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let witnessed = ColumnDef::new("witnessed").boolean().not_null().default(false).take();
        manager.alter_table(Table::alter().table("log_checkpoint").add_column(witnessed).take()).await?;
        manager.create_table(cosignatures(backend)).await?;
        manager.create_table(states(backend)).await
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

fn cosignatures(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table("cosignature")
        .col(key(backend, "log"))
        .col(ColumnDef::new("size").big_integer().not_null())
        .col(key(backend, "witness"))
        .col(ColumnDef::new("line").text().not_null())
        .primary_key(Index::create().col("log").col("size").col("witness"))
        .foreign_key(ForeignKey::create().name("cosignature_log").from("cosignature", "log").to("log_head", "log"))
        .take()
}

fn states(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table("witness_state")
        .col(key(backend, "origin").primary_key().take())
        .col(ColumnDef::new("size").big_integer().not_null())
        .col(ColumnDef::new("root").blob().not_null())
        .col(ColumnDef::new("note").text().not_null())
        .col(ColumnDef::new("forked_note").text().null())
        .take()
}
