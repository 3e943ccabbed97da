//! Funding lines, one row for each revision. A projection.

use sea_orm::entity::prelude::*;

/// One revision.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "funding_line")]
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
    pub subject_kind: String,
    pub subject: String,
    pub stage: String,
    pub source: String,
    pub source_detail: String,
    pub amount: String,
    pub entered_value: String,
    pub entered_unit: String,
    pub budget_year: Option<i64>,
    pub period: String,
    pub period_assumed: bool,
    pub basis: Option<String>,
    pub split_of: Option<String>,
    pub moved_from: Option<String>,
    pub evidence: String,
    pub citation: Option<String>,
    pub reporting_party: String,
    pub source_department: String,
    pub note: String,
}

/// No relations: reads never join.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
