//! What the three projections have in common: rows with a place in the log, read by view, written by superseding.

mod funding_line;
mod observation;
mod query;
mod resource;
mod write;

pub(crate) use query::{changes, count_current, current, current_named, find, in_origin, page, revisions};
pub(crate) use write::{Applied, applied, apply, wipe};

use chrono::{DateTime, Utc};
use domain::{Correction, CorrectionReason, Recorded, etag};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use crate::{
    column::{coded, parsed, to_u32, to_u64},
    error::StoreError,
};

/// A type whose revisions a table holds.
pub(crate) trait Projected: Sized {
    /// The table.
    type Entity: EntityTrait<Model: IntoActiveModel<Self::Active> + Send + Sync, ActiveModel = Self::Active>;
    /// A row to write.
    type Active: ActiveModelTrait<Entity = Self::Entity> + Send;

    /// Reads a row.
    fn read(row: <Self::Entity as EntityTrait>::Model) -> Result<Recorded<Self>, StoreError>;

    /// Makes a row.
    fn write(&self, place: Place) -> Result<<Self::Entity as EntityTrait>::Model, StoreError>;
}

/// The columns that every projection begins with.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) revision: i64,
    pub(crate) origin: String,
    pub(crate) log_index: i64,
    pub(crate) position: i64,
    pub(crate) known_from: DateTime<Utc>,
    pub(crate) superseded_index: Option<i64>,
    pub(crate) superseded_time: Option<DateTime<Utc>>,
    pub(crate) correction_reason: Option<String>,
    pub(crate) correction_note: Option<String>,
}

impl Place {
    fn record<T>(self, body: T) -> Result<Recorded<T>, StoreError> {
        let origin = parsed("the origin of a row", &self.origin)?;
        let log_index = to_u64("a log index", self.log_index)?;
        let position = to_u32("a position", self.position)?;
        let reason = |code: String| coded("the reason of a correction", &code, CorrectionReason::from_code);
        let reason = self.correction_reason.map(reason).transpose()?;
        Ok(Recorded {
            name: parsed("the name of a row", &self.name)?,
            etag: etag(&origin, log_index, position),
            origin,
            revision: to_u32("a revision", self.revision)?,
            log_index,
            position,
            known_from: self.known_from,
            known_to: self.superseded_time,
            superseded_index: self.superseded_index.map(|index| to_u64("a log index", index)).transpose()?,
            correction: reason.map(|reason| Correction { reason, note: self.correction_note.unwrap_or_default() }),
            body,
        })
    }
}

/// The common columns of a row of any of the three tables.
macro_rules! place_of {
    ($row:expr) => {
        $crate::projection::Place {
            name: $row.name,
            revision: $row.revision,
            origin: $row.origin,
            log_index: $row.log_index,
            position: $row.position,
            known_from: $row.known_from,
            superseded_index: $row.superseded_index,
            superseded_time: $row.superseded_time,
            correction_reason: $row.correction_reason,
            correction_note: $row.correction_note,
        }
    };
}

/// A row of any of the three tables: the common columns of a place, and the table's own.
macro_rules! row_at {
    ($model:path, $place:expr, { $($own:tt)* }) => {{
        let place: $crate::projection::Place = $place;
        $model {
            name: place.name,
            revision: place.revision,
            origin: place.origin,
            log_index: place.log_index,
            position: place.position,
            known_from: place.known_from,
            superseded_index: place.superseded_index,
            superseded_time: place.superseded_time,
            correction_reason: place.correction_reason,
            correction_note: place.correction_note,
            $($own)*
        }
    }};
}

use {place_of, row_at};
