//! The trace context of the call that made an entry, beside the leaf. Entries from before have none.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut trace_parent = ColumnDef::new("trace_parent").text().null().take();
        manager.alter_table(Table::alter().table("log_entry").add_column(&mut trace_parent).take()).await
    }
}
