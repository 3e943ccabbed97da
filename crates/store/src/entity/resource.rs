//! All other resources, one row for each revision, as the protobuf bytes they came in. A projection.

use sea_orm::entity::prelude::*;

/// One revision.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resource")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    pub origin: String,
    pub log_index: i64,
    pub position: i64,
    pub known_from: DateTimeUtc,
    pub superseded_index: Option<i64>,
    pub superseded_time: Option<DateTimeUtc>,
    pub correction_reason: Option<String>,
    pub correction_note: Option<String>,
    pub collection: String,
    pub type_name: String,
    pub body: Vec<u8>,
}

/// No relations: reads never join.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
