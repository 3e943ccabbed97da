//! The entries of the logs: the truth that all projections are made from.

use sea_orm::entity::prelude::*;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub log: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_index: i64,
    pub leaf_hash: Vec<u8>,
    pub leaf: Option<Vec<u8>>,
    pub trace_parent: Option<String>,
}

/// No relations: reads never join.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
