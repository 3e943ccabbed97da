//! What this node, as a witness, has cosigned last of each log.

use sea_orm::entity::prelude::*;

/// One log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "witness_state")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub origin: String,
    pub size: i64,
    pub root: Vec<u8>,
    pub note: String,
    pub forked_note: Option<String>,
}

/// No relations: reads never join.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
