//! The rows of a department are found by their names, which begin with it: an index of its own costs each write and finds
//! nothing more.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["observation", "funding_line", "resource"] {
            let mut index = Index::drop();
            index.name(format!("{table}_origin")).table(table);
            manager.drop_index(index).await?;
        }
        Ok(())
    }
}
