//! The newest signed tree head of each log. Its row is also the lock that lets one writer in.

use sea_orm::entity::prelude::*;

/// One log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub log: String,
    pub size: i64,
    pub root: Vec<u8>,
    pub note: String,
    pub last_time: Option<DateTimeUtc>,
}

/// No relations: reads never join.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
