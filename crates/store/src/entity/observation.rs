//! Figures, one row for each revision. A projection.

use sea_orm::entity::prelude::*;

/// One revision.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "observation")]
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
    pub indicator: String,
    pub region: String,
    pub period: String,
    pub scope: String,
    pub measure: String,
    pub value: Option<String>,
    pub text_value: Option<String>,
    pub unit: String,
    pub qualifier: String,
    pub status: String,
    pub numerator: Option<String>,
    pub denominator: Option<String>,
    pub canonical_value: Option<String>,
    pub period_assumed: bool,
    pub scope_assumed: bool,
    pub reported_label: String,
    pub reporting_party: String,
    pub source_department: String,
    pub evidence: String,
    pub citation: Option<String>,
    pub note: String,
}

/// No relations: reads never join.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
