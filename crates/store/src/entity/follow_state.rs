//! How the following of other nodes' logs goes.

use sea_orm::entity::prelude::*;

/// One log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "follow_state")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub log: String,
    pub last_contact: Option<DateTimeUtc>,
    pub last_error: Option<String>,
    pub announced_size: i64,
}

/// No relations: reads never join.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
