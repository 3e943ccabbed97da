//! Which revisions a read sees, as a condition.

use chrono::{DateTime, Utc};
use domain::DepartmentId;
use sea_orm::{
    Condition, ExprTrait,
    sea_query::{Cond, Expr},
};

use crate::{
    column::{Col, to_micros},
    projection::in_origin,
    types::View,
};

impl View {
    /// The condition; none when nothing can match.
    pub(crate) fn condition(&self) -> Option<Condition> {
        match self {
            Self::Now => Some(Cond::all().add(Expr::col(Col::SupersededIndex).is_null())),
            Self::At(time) => Some(known_at(to_micros(*time))),
            Self::Upto(sizes) if sizes.is_empty() => None,
            Self::Upto(sizes) => Some(sizes.iter().fold(Cond::any(), |any, (origin, size)| {
                // A size beyond the largest index selects the whole log.
                any.add(in_first(origin, i64::try_from(*size).unwrap_or(i64::MAX)))
            })),
        }
    }
}

fn known_at(time: DateTime<Utc>) -> Condition {
    Cond::all()
        .add(Expr::col(Col::KnownFrom).lte(time))
        .add(Cond::any().add(Expr::col(Col::SupersededTime).is_null()).add(Expr::col(Col::SupersededTime).gt(time)))
}

fn in_first(origin: &DepartmentId, size: i64) -> Condition {
    Cond::all()
        .add(in_origin(origin))
        .add(Expr::col(Col::LogIndex).lt(size))
        .add(Cond::any().add(Expr::col(Col::SupersededIndex).is_null()).add(Expr::col(Col::SupersededIndex).gte(size)))
}
