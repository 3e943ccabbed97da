//! Facts that the program may list beside a chapter that people write: picked by rule, never worded.

use domain::Colour;
use rust_decimal::Decimal;

use crate::{
    cells::{item_id, unique},
    model::{CommitmentEntry, FactEntry, ItemScore, ItemState, Report, UnitResult},
};

/// At most this many lines in a list of examples.
const LONGEST: usize = 10;

/// An indicator that lost marks.
pub(super) struct Gap<'a> {
    pub(super) cell: String,
    pub(super) unit: &'a UnitResult,
    pub(super) item: &'a ItemScore,
    /// Marks not reached.
    pub(super) lost: Decimal,
}

/// Indicators that were scored and lost most marks, largest first.
pub(super) fn largest_gaps(report: &Report) -> Vec<Gap<'_>> {
    let mut gaps: Vec<Gap<'_>> = report
        .run
        .units
        .iter()
        .flat_map(|unit| unit.items.iter().map(move |item| (unit, item)))
        .filter(|(_, item)| item.state == ItemState::Scored && item.score < item.weight)
        .map(|(unit, item)| Gap { cell: item_id(unit, item), unit, item, lost: item.weight - item.score })
        .collect();
    gaps.sort_by(|a, b| b.lost.cmp(&a.lost).then_with(|| a.cell.cmp(&b.cell)));
    gaps.truncate(LONGEST);
    gaps
}

/// Documents that were reported: facts that name one in 《》.
pub(super) fn policies(report: &Report) -> Vec<(String, &FactEntry)> {
    unique("", &report.facts, |entry| &entry.cell).filter(|(_, entry)| entry.subject.contains('《')).collect()
}

/// Facts whose time is assumed.
pub(super) fn assumed_periods(report: &Report) -> Vec<(String, &FactEntry)> {
    unique("", &report.facts, |entry| &entry.cell).filter(|(_, entry)| entry.period_assumed).collect()
}

/// Items that were scored with a bound instead of a point value.
pub(super) fn bounds(report: &Report) -> Vec<(String, &UnitResult, &ItemScore)> {
    report
        .run
        .units
        .iter()
        .flat_map(|unit| unit.items.iter().map(move |item| (item_id(unit, item), unit, item)))
        .filter(|(_, _, item)| {
            matches!(
                item.qualifier,
                Some(domain::Qualifier::AtLeast | domain::Qualifier::AtMost | domain::Qualifier::About)
            )
        })
        .collect()
}

/// Commitments with a light of this colour.
pub(super) fn with_light(report: &Report, colour: Colour) -> Vec<(String, &CommitmentEntry)> {
    unique("", &report.commitments, |entry| &entry.cell).filter(|(_, entry)| entry.light == colour).collect()
}
