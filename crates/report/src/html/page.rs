//! What the templates see.

use askama::Template;
use domain::{Colour, Text};

use super::{
    RenderError, bilingual as t,
    sources::{Link, NOBODY, Sources},
};
use crate::{
    cells::{CellRef, item_id, unique},
    charts::{self, Chart},
    facts, format as f,
    model::{
        CommitmentEntry, FactEntry, FundingEntry, IndexRow, IndexTable, ItemScore, ItemState, NodeScore, Report,
        RunState, UnitResult, WrittenChapter,
    },
};

const STYLE: &str = include_str!("../../templates/style.css");

/// The page with everything the templates read.
#[derive(Template)]
#[template(path = "report.html")]
pub(super) struct Page<'a> {
    report: &'a Report,
    sources: Sources<'a>,
    score_chart: Chart,
    group_chart: Chart,
    share_chart: Chart,
    funding_chart: Chart,
}

/// A row of the table that shows who reported what.
struct Row<'a> {
    code: &'a str,
    name: &'a Text,
    cells: Vec<Mark>,
}

/// What one city has for one indicator; with the id of its cell.
enum Mark {
    Missing(String),
    Reported(String),
    /// The indicator is not part of this city's evaluation.
    Absent,
}

impl Mark {
    fn of(unit: &UnitResult, item: Option<&ItemScore>) -> Self {
        match item {
            Some(item) if item.state == ItemState::Missing => Self::Missing(item_id(unit, item)),
            Some(item) => Self::Reported(item_id(unit, item)),
            None => Self::Absent,
        }
    }
}

impl<'a> Page<'a> {
    pub(super) fn new(report: &'a Report, cells: &'a [CellRef]) -> Result<Self, RenderError> {
        Ok(Self {
            report,
            sources: Sources::of(cells),
            score_chart: charts::score(report)?,
            group_chart: charts::groups(report)?,
            share_chart: charts::share(report)?,
            funding_chart: charts::funding(report)?,
        })
    }

    /// Link from a figure to its entry in the appendix.
    fn src(&self, cell: &str) -> &Link {
        self.sources.link(cell)
    }

    fn by_rank(&self) -> Vec<&'a UnitResult> {
        facts::by_rank(self.report)
    }

    fn index_rows<'i>(&self, index: &'i IndexTable) -> Vec<&'i IndexRow> {
        facts::index_rows(index)
    }

    fn ranked_count(&self) -> usize {
        self.report.run.units.iter().filter(|unit| unit.ranked).count()
    }

    fn reported_count(&self) -> usize {
        self.report.run.units.iter().filter(|unit| unit.coverage.reported > 0).count()
    }

    fn groups(&self) -> Vec<&'a NodeScore> {
        facts::groups(self.report)
    }

    /// Items with something to show; the rest is 缺报 and is listed in one line.
    fn shown_items(&self, unit: &'a UnitResult) -> Vec<(String, &'a ItemScore)> {
        unit.items
            .iter()
            .filter(|item| item.state != ItemState::Missing)
            .map(|item| (item_id(unit, item), item))
            .collect()
    }

    /// Names of the cities with nothing to show.
    fn silent_units(&self) -> Vec<Text> {
        self.report.run.units.iter().filter(|unit| f::silent(unit)).map(|unit| unit.display_name.clone()).collect()
    }

    /// One row per indicator, one mark per city in the order of the run.
    fn matrix(&self) -> Vec<Row<'a>> {
        let rows = facts::matrix(self.report).into_iter();
        rows.map(|row| Row {
            code: &row.indicator.indicator,
            name: &row.indicator.display_name,
            cells: row.cities.iter().map(|(unit, item)| Mark::of(unit, *item)).collect(),
        })
        .collect()
    }

    fn funding(&self) -> Vec<(String, &'a FundingEntry)> {
        unique("", &self.report.funding, |entry| &entry.cell).collect()
    }

    fn commitments(&self) -> Vec<(String, &'a CommitmentEntry)> {
        unique("", &self.report.commitments, |entry| &entry.cell).collect()
    }

    fn facts(&self) -> Vec<(String, &'a FactEntry)> {
        unique("", &self.report.facts, |entry| &entry.cell).collect()
    }

    fn corrections(&self) -> Vec<(String, &'a FactEntry)> {
        unique("correction", &self.report.corrections, |entry| &entry.cell).collect()
    }

    /// How many commitments have each light, in the order red, yellow, green, blue, grey.
    fn lights(&self) -> Vec<(Colour, usize)> {
        [Colour::Red, Colour::Yellow, Colour::Green, Colour::Blue, Colour::Grey]
            .into_iter()
            .map(|colour| (colour, facts::with_light(self.report, colour).len()))
            .collect()
    }

    fn gap_count(&self) -> usize {
        self.report.reporting.iter().map(|state| state.gaps.len()).sum()
    }

    fn run_state(&self) -> Text {
        match self.report.run.state {
            RunState::Running => Text::new("计算中", "running"),
            RunState::Succeeded => Text::new("已完成", "succeeded"),
            RunState::Failed => Text::new("失败", "failed"),
            RunState::Cancelled => Text::new("已取消", "cancelled"),
        }
    }
}
