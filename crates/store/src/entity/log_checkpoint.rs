//! The signed note of every tree that a commit left behind, so that a receipt can always be given again.

use sea_orm::entity::prelude::*;

/// One note.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_checkpoint")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub log: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub size: i64,
    pub note: String,
    pub witnessed: bool,
}

/// No relations: reads never join.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
