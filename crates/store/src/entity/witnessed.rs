//! The newest tree of each log that this node cosigned as a witness.

use sea_orm::entity::prelude::*;

/// One log, by the origin of its checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "witnessed")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub origin: String,
    pub size: i64,
    pub root: Vec<u8>,
    pub note: String,
}

/// No relations: reads never join.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
