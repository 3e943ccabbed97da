//! Facts that the program may list beside a chapter that people write: picked by rule, never worded.

use std::collections::HashSet;

use domain::{Colour, Text};
use rust_decimal::Decimal;

use crate::{
    cells::{is_outermost, item_id, unique},
    model::{
        CommitmentEntry, FactEntry, IndexRow, IndexTable, ItemScore, ItemState, NodeScore, Report, UnitResult, Written,
        WrittenChapter,
    },
};

/// At most this many lines in a list of examples.
const LONGEST: usize = 10;

/// What people wrote for a chapter.
#[must_use]
pub fn written<'r>(report: &'r Report, chapter: &WrittenChapter) -> Vec<&'r Written> {
    report.written.iter().filter(|written| written.chapter == *chapter).collect()
}

/// The paragraphs of a text: its lines that say something.
pub fn paragraphs(written: &Written) -> impl Iterator<Item = &str> {
    written.text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Which revision of a text is printed, when it was written and by which principal; none for a text without a record.
#[must_use]
pub fn revision_mark(written: &Written) -> Option<Text> {
    let Written { name, revision, author, time, .. } = written;
    let id = name.rsplit('/').next().unwrap_or_default();
    let day = time.map(|time| time.date_naive().to_string()).unwrap_or_default();
    (*revision > 0).then(|| {
        Text::new(
            format!("文字 {id} 第{revision}版，{day}，{author}"),
            format!("text {id}, revision {revision}, {day}, {author}"),
        )
    })
}

/// An indicator that lost marks.
#[derive(Clone, Debug)]
pub struct Gap<'a> {
    /// Id of its cell.
    pub cell: String,
    /// The city.
    pub unit: &'a UnitResult,
    /// The indicator.
    pub item: &'a ItemScore,
    /// Marks not reached.
    pub lost: Decimal,
}

/// Indicators that were scored and lost most marks, largest first.
#[must_use]
pub fn largest_gaps(report: &Report) -> Vec<Gap<'_>> {
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
#[must_use]
pub fn policies(report: &Report) -> Vec<(String, &FactEntry)> {
    unique("", &report.facts, |entry| &entry.cell).filter(|(_, entry)| entry.subject.contains('《')).collect()
}

/// Facts whose time is assumed.
#[must_use]
pub fn assumed_periods(report: &Report) -> Vec<(String, &FactEntry)> {
    unique("", &report.facts, |entry| &entry.cell).filter(|(_, entry)| entry.period_assumed).collect()
}

/// Items that were scored with a bound instead of a point value.
#[must_use]
pub fn bounds(report: &Report) -> Vec<(String, &UnitResult, &ItemScore)> {
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
#[must_use]
pub fn with_light(report: &Report, colour: Colour) -> Vec<(String, &CommitmentEntry)> {
    unique("", &report.commitments, |entry| &entry.cell).filter(|(_, entry)| entry.light == colour).collect()
}

/// Units in the order of their rank; those not ranked after them, by region code.
#[must_use]
pub fn by_rank(report: &Report) -> Vec<&UnitResult> {
    let mut units: Vec<&UnitResult> = report.run.units.iter().collect();
    units.sort_by_key(|unit| (unit.rank.unwrap_or(u32::MAX), unit.unit.clone()));
    units
}

/// The rows of an index in the order of their rank; those not ranked after them, by region code.
#[must_use]
pub fn index_rows(index: &IndexTable) -> Vec<&IndexRow> {
    let mut rows: Vec<&IndexRow> = index.rows.iter().collect();
    rows.sort_by_key(|row| (row.rank.unwrap_or(u32::MAX), row.unit.clone()));
    rows
}

/// Groups of the first level, as the columns of a table.
#[must_use]
pub fn groups(report: &Report) -> Vec<&NodeScore> {
    let first = report.run.units.first();
    first.map(|unit| unit.nodes.iter().filter(|node| is_outermost(unit, &node.node)).collect()).unwrap_or_default()
}

/// An indicator with what each city has for it.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The indicator, as the first city has it.
    pub indicator: &'a ItemScore,
    /// The cities in the order of the run; no item where it is not part of the city's evaluation.
    pub cities: Vec<(&'a UnitResult, Option<&'a ItemScore>)>,
}

/// Every indicator once.
#[must_use]
pub fn matrix<'a>(report: &'a Report) -> Vec<Row<'a>> {
    let units = &report.run.units;
    let mut known = HashSet::new();
    let first = units.iter().flat_map(|unit| &unit.items).filter(|item| known.insert(item.indicator.as_str()));
    let row = |indicator: &'a ItemScore| Row {
        indicator,
        cities: units.iter().map(|unit| (unit, find(unit, &indicator.indicator))).collect(),
    };
    first.map(row).collect()
}

fn find<'a>(unit: &'a UnitResult, indicator: &str) -> Option<&'a ItemScore> {
    unit.items.iter().find(|item| item.indicator == indicator)
}
