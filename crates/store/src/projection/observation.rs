//! Figures and their rows.

use domain::{Measure, Observation, ObservationKey, ObservationStatus, Qualifier, Recorded, Scope, Unit};

use super::{Place, Projected, place_of, row_at};
use crate::{
    column::{coded, from_json, optional_decimal, optional_text, parsed, to_json},
    entity::observation::{ActiveModel, Entity, Model},
    error::StoreError,
};

impl Projected for Observation {
    type Entity = Entity;
    type Active = ActiveModel;

    fn read(row: Model) -> Result<Recorded<Self>, StoreError> {
        let body = Self {
            key: ObservationKey {
                indicator: parsed("the indicator of a figure", &row.indicator)?,
                region: parsed("the region of a figure", &row.region)?,
                period: parsed("the period of a figure", &row.period)?,
                scope: coded("the scope of a figure", &row.scope, Scope::from_code)?,
                measure: coded("the measure of a figure", &row.measure, Measure::from_code)?,
            },
            value: optional_decimal("the value of a figure", row.value)?,
            text_value: row.text_value,
            unit: Unit::parse(&row.unit).map_err(|err| StoreError::unreadable("the unit of a figure", err))?,
            qualifier: coded("the qualifier of a figure", &row.qualifier, Qualifier::from_code)?,
            status: coded("the status of a figure", &row.status, ObservationStatus::from_code)?,
            numerator: optional_decimal("the numerator of a figure", row.numerator)?,
            denominator: optional_decimal("the denominator of a figure", row.denominator)?,
            canonical_value: optional_decimal("the canonical value of a figure", row.canonical_value)?,
            period_assumed: row.period_assumed,
            scope_assumed: row.scope_assumed,
            reported_label: row.reported_label,
            reporting_party: row.reporting_party,
            source_department: row.source_department,
            evidence: from_json("the evidence of a figure", &row.evidence)?,
            citation: row.citation.map(|text| from_json("the citation of a figure", &text)).transpose()?,
            note: row.note,
        };
        place_of!(row).record(body)
    }

    fn write(&self, place: Place) -> Result<Model, StoreError> {
        Ok(row_at!(Model, place, {
            indicator: self.key.indicator.to_string(),
            region: self.key.region.to_string(),
            period: self.key.period.to_string(),
            scope: self.key.scope.code().to_owned(),
            measure: self.key.measure.code().to_owned(),
            value: optional_text(self.value.as_ref()),
            text_value: self.text_value.clone(),
            unit: self.unit.code().to_owned(),
            qualifier: self.qualifier.code().to_owned(),
            status: self.status.code().to_owned(),
            numerator: optional_text(self.numerator.as_ref()),
            denominator: optional_text(self.denominator.as_ref()),
            canonical_value: optional_text(self.canonical_value.as_ref()),
            period_assumed: self.period_assumed,
            scope_assumed: self.scope_assumed,
            reported_label: self.reported_label.clone(),
            reporting_party: self.reporting_party.clone(),
            source_department: self.source_department.clone(),
            evidence: to_json("write the evidence of a figure", &self.evidence)?,
            citation: self.citation.as_ref().map(|it| to_json("write the citation of a figure", it)).transpose()?,
            note: self.note.clone(),
        }))
    }
}
