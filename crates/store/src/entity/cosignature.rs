//! What the witnesses of a log have put under its checkpoints.

use sea_orm::entity::prelude::*;

/// One line of one witness.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cosignature")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub log: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub size: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub witness: String,
    pub line: String,
}

/// No relations: reads never join.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
