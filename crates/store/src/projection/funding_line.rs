//! Funding lines and their rows.

use domain::{FundSource, FundingLine, FundingStage, FundingSubject, Money, Quantity, Recorded, Unit};

use super::{Place, Projected, place_of, row_at};
use crate::{
    column::{coded, decimal, from_json, optional_text, parsed, to_json},
    entity::funding_line::{ActiveModel, Entity, Model},
    error::StoreError,
};

const PROJECT: &str = "project";
const GROUP: &str = "group";

impl Projected for FundingLine {
    type Entity = Entity;
    type Active = ActiveModel;

    fn read(row: Model) -> Result<Recorded<Self>, StoreError> {
        let subject = parsed("the subject of a funding line", &row.subject)?;
        let year = |year: i64| {
            i32::try_from(year).map_err(|err| StoreError::unreadable("the budget year of a funding line", err))
        };
        let body = Self {
            name: parsed("the name of a funding line", &row.name)?,
            subject: match row.subject_kind.as_str() {
                PROJECT => FundingSubject::Project(subject),
                GROUP => FundingSubject::Group(subject),
                _ => return Err(StoreError::corrupt("the subject of a funding line has an unknown kind")),
            },
            stage: coded("the stage of a funding line", &row.stage, FundingStage::from_code)?,
            source: coded("the source of a funding line", &row.source, FundSource::from_code)?,
            source_detail: row.source_detail,
            amount: Money::from_yuan(decimal("the amount of a funding line", &row.amount)?)
                .map_err(|err| StoreError::unreadable("the amount of a funding line", err))?,
            entered: Quantity {
                value: decimal("the entered amount of a funding line", &row.entered_value)?,
                unit: Unit::parse(&row.entered_unit)
                    .map_err(|err| StoreError::unreadable("the unit of a funding line", err))?,
            },
            budget_year: row.budget_year.map(year).transpose()?,
            period: parsed("the period of a funding line", &row.period)?,
            period_assumed: row.period_assumed,
            basis: row.basis.map(|text| from_json("the basis of a funding line", &text)).transpose()?,
            split_of: row.split_of.map(|name| parsed("the group of a funding line", &name)).transpose()?,
            moved_from: row.moved_from.map(|name| parsed("the earlier stage of a funding line", &name)).transpose()?,
            evidence: from_json("the evidence of a funding line", &row.evidence)?,
            citation: row.citation.map(|text| from_json("the citation of a funding line", &text)).transpose()?,
            reporting_party: row.reporting_party,
            source_department: row.source_department,
            note: row.note,
        };
        place_of!(row).record(body)
    }

    fn write(&self, place: Place) -> Result<Model, StoreError> {
        let (subject_kind, subject) = match &self.subject {
            FundingSubject::Project(name) => (PROJECT, name),
            FundingSubject::Group(name) => (GROUP, name),
        };
        Ok(row_at!(Model, place, {
            subject_kind: subject_kind.to_owned(),
            subject: subject.to_string(),
            stage: self.stage.code().to_owned(),
            source: self.source.code().to_owned(),
            source_detail: self.source_detail.clone(),
            amount: self.amount.yuan().to_string(),
            entered_value: self.entered.value.to_string(),
            entered_unit: self.entered.unit.code().to_owned(),
            budget_year: self.budget_year.map(i64::from),
            period: self.period.to_string(),
            period_assumed: self.period_assumed,
            basis: self.basis.as_ref().map(|it| to_json("write the basis of a funding line", it)).transpose()?,
            split_of: optional_text(self.split_of.as_ref()),
            moved_from: optional_text(self.moved_from.as_ref()),
            evidence: to_json("write the evidence of a funding line", &self.evidence)?,
            citation: self
                .citation
                .as_ref()
                .map(|it| to_json("write the citation of a funding line", it))
                .transpose()?,
            reporting_party: self.reporting_party.clone(),
            source_department: self.source_department.clone(),
            note: self.note.clone(),
        }))
    }
}
