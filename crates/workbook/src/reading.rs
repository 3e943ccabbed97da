//! “This is what I understood”: the structured preview of a filled workbook, before anything is stored.

use chrono::NaiveDate;
use domain::{
    DepartmentId, IndicatorCode, Observation, ObservationStatus, Period, Qualifier, Reason, RegionCode, Scope, Text,
    Unit,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::column::Column;

/// How a cell's number is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// As it is held.
    Plain,
    /// As a percentage: 0.35 is shown as 35 %.
    Percent,
    /// With words of the number format behind it, for example `0"万吨"`.
    Labelled(String),
    /// In another size than it is held, for example in thousands; the number format.
    Scaled(String),
    /// The file format does not tell the reader.
    Unknown,
}

/// What a cell holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// Nothing.
    #[default]
    Empty,
    /// A number as the file has it.
    Number {
        /// The number.
        value: f64,
        /// How it is shown.
        shown: Shown,
    },
    /// Text.
    Text(String),
    /// A date.
    Date(NaiveDate),
    /// A time of day or a duration, as the file has it.
    Time(String),
    /// True or false.
    Bool(bool),
    /// An error such as `#DIV/0!`.
    Error(String),
}

/// What was understood of a cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Understood {
    /// Nothing, because it is empty or not sure.
    #[default]
    Nothing,
    /// A value with its unit and bound.
    Value {
        /// Exact decimal.
        value: Decimal,
        /// Unit.
        unit: Unit,
        /// Bound.
        qualifier: Qualifier,
    },
    /// A number in the unit of the definition.
    Number(Decimal),
    /// Words.
    Text(String),
    /// A day.
    Date(NaiveDate),
    /// An indicator.
    Indicator(IndicatorCode),
    /// A region.
    Region(RegionCode),
    /// A scope.
    Scope(Scope),
    /// A unit.
    Unit(Unit),
    /// A bound.
    Qualifier(Qualifier),
    /// A status.
    Status(ObservationStatus),
}

/// How sure the understanding is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// The cell is empty.
    #[default]
    Empty,
    /// As written.
    Sure,
    /// Sure after a conversion, which the words tell.
    Converted,
    /// Not sure: the clerk is asked.
    Asked,
    /// Wrong.
    Wrong,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Worth a look; does not stop the submission.
    Warning,
    /// Must be answered before anything is sent.
    Question,
    /// Must be corrected before anything is sent.
    Fault,
}

impl Certainty {
    /// Chinese name.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Empty => "空",
            Self::Sure => "原样",
            Self::Converted => "换算",
            Self::Asked => "待确认",
            Self::Wrong => "有误",
        }
    }

    /// English name.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Sure => "as written",
            Self::Converted => "converted",
            Self::Asked => "asked",
            Self::Wrong => "wrong",
        }
    }
}

impl Severity {
    /// Chinese name.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Note => "说明",
            Self::Warning => "提示",
            Self::Question => "疑问",
            Self::Fault => "错误",
        }
    }

    /// English name.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Question => "question",
            Self::Fault => "fault",
        }
    }

    /// True when nothing may be sent while it stands.
    #[must_use]
    pub const fn stops(self) -> bool {
        matches!(self, Self::Question | Self::Fault)
    }
}

/// Something noticed about a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// Reason for programs, where it is a rule of the exchange.
    pub reason: Option<Reason>,
    /// The rule, or what is not understood.
    pub rule: Text,
    /// What would be accepted, where that can be listed.
    pub expected: Vec<String>,
    /// What to do.
    pub action: Text,
}

impl Finding {
    pub(crate) fn new(
        severity: Severity,
        rule: (impl Into<String>, impl Into<String>),
        action: (impl Into<String>, impl Into<String>),
    ) -> Self {
        Self {
            severity,
            reason: None,
            rule: Text::new(rule.0, rule.1),
            expected: Vec::new(),
            action: Text::new(action.0, action.1),
        }
    }

    pub(crate) fn fault(
        rule: (impl Into<String>, impl Into<String>),
        action: (impl Into<String>, impl Into<String>),
    ) -> Self {
        Self::new(Severity::Fault, rule, action)
    }

    pub(crate) fn question(
        rule: (impl Into<String>, impl Into<String>),
        action: (impl Into<String>, impl Into<String>),
    ) -> Self {
        Self::new(Severity::Question, rule, action)
    }

    pub(crate) fn note(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Severity::Note, (zh, en), ("", ""))
    }

    pub(crate) fn expecting<T: ToString>(mut self, expected: impl IntoIterator<Item = T>) -> Self {
        self.expected = expected.into_iter().map(|item| item.to_string()).collect();
        self
    }

    pub(crate) fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }
}

/// One cell: what is written, what was understood, and what is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellReading {
    /// Its column.
    pub column: Column,
    /// Its place in the file, for example `G7`; where the file has no such column, the row alone.
    pub place: String,
    /// What it holds, so that it can be given back.
    pub held: Held,
    /// What it shows, as text.
    pub raw: String,
    /// Its formula; none for an entered value.
    pub formula: Option<String>,
    /// What was understood.
    pub understood: Understood,
    /// The understanding in words, for example “250 万吨 = 2 500 000 吨”; empty when there is nothing to say.
    pub words: Text,
    /// How sure that is.
    pub certainty: Certainty,
    /// What is wrong, unclear or worth a look.
    pub findings: Vec<Finding>,
}

impl CellReading {
    pub(crate) fn find(&mut self, finding: Finding) {
        let certainty = match finding.severity {
            Severity::Fault => Certainty::Wrong,
            Severity::Question => Certainty::Asked,
            Severity::Warning | Severity::Note => self.certainty,
        };
        self.certainty = self.certainty.max(certainty);
        self.findings.push(finding);
    }

    /// What was understood, in words; empty when nothing was.
    #[must_use]
    pub fn meaning(&self) -> Text {
        if self.words != Text::default() {
            return self.words.clone();
        }
        let same = |text: String| Text::new(text.clone(), text);
        match &self.understood {
            Understood::Nothing => Text::default(),
            Understood::Value { value, unit, qualifier } => {
                let bound = if *qualifier == Qualifier::Equal { "" } else { qualifier.zh() };
                Text::new(format!("{bound}{value} {unit}"), format!("{bound}{value} {}", unit.en()))
            }
            Understood::Number(value) => same(value.to_string()),
            Understood::Text(text) => same(text.clone()),
            Understood::Date(day) => same(day.to_string()),
            Understood::Indicator(code) => same(code.to_string()),
            Understood::Region(code) => same(code.to_string()),
            Understood::Scope(scope) => Text::new(scope.zh(), scope.en()),
            Understood::Unit(unit) => Text::new(unit.zh(), unit.en()),
            Understood::Qualifier(qualifier) => same(qualifier.zh().to_owned()),
            Understood::Status(status) => Text::new(status.zh(), status.en()),
        }
    }

    /// True for a cell that a preview shows: an answer, or one that was converted or noticed.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        let answered = self.column.is_answer() && self.held != Held::Empty;
        answered || self.certainty >= Certainty::Converted || !self.findings.is_empty()
    }

    /// The weightiest finding; none when there is none.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// One row of the sheet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowReading {
    /// Row of the file, from 1.
    pub row: u32,
    /// The cells, in the order of [`Column::ALL`].
    pub cells: Vec<CellReading>,
    /// What would be sent; none for a row that was not filled or not understood.
    pub observation: Option<Observation>,
    /// True when the clerk entered something.
    pub filled: bool,
}

impl RowReading {
    /// The cell of a column.
    #[must_use]
    pub fn cell(&self, column: Column) -> Option<&CellReading> {
        self.cells.iter().find(|cell| cell.column == column)
    }

    pub(crate) fn cell_mut(&mut self, column: Column) -> Option<&mut CellReading> {
        self.cells.iter_mut().find(|cell| cell.column == column)
    }

    /// True when nothing in it stops the submission.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        !self.cells.iter().flat_map(|cell| &cell.findings).any(|finding| finding.severity.stops())
    }
}

/// Which file was read, and what it says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Sheet that was read.
    pub sheet: String,
    /// Row of the headings, from 1.
    pub heading_row: u32,
    /// Version of the template; none when the file has lost its hidden sheet.
    pub version: Option<u32>,
    /// The period that the rows are for.
    pub period: Period,
    /// The department that reports.
    pub department: DepartmentId,
    /// True when the template was made from the catalogue in force; none when the file does not say.
    pub same_catalogue: Option<bool>,
    /// Who reports, in words, as written above the table; empty when nothing is written there.
    pub reporting_party: String,
}

/// A column of the clerk's own, kept as it is and never sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    /// Row of the file, from 1.
    pub row: u32,
    /// Place in the file, for example `Q7`.
    pub place: String,
    /// What stands there.
    pub raw: String,
}

/// Everything that was understood of a workbook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The file.
    pub source: Source,
    /// Its rows, in the order of the sheet.
    pub rows: Vec<RowReading>,
    /// Texts outside the columns and rows of the table: notes, signatures, columns of the clerk's own. Not sent.
    pub extras: Vec<Extra>,
    /// What is to be said about the file as a whole.
    pub findings: Vec<Finding>,
}

/// How many rows and findings there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that were filled.
    pub filled: usize,
    /// Rows that are empty.
    pub empty: usize,
    /// Rows that would be sent.
    pub ready: usize,
    /// Faults.
    pub faults: usize,
    /// Questions.
    pub questions: usize,
    /// Warnings.
    pub warnings: usize,
}

impl Reading {
    /// How many rows and findings there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            if !row.filled {
                counts.empty += 1;
                continue;
            }
            counts.filled += 1;
            counts.ready += usize::from(row.observation.is_some() && row.is_clear());
        }
        for finding in self.all_findings() {
            match finding.severity {
                Severity::Fault => counts.faults += 1,
                Severity::Question => counts.questions += 1,
                Severity::Warning => counts.warnings += 1,
                Severity::Note => {}
            }
        }
        counts
    }

    /// True when something was filled and nothing stops it: only then may it be sent.
    #[must_use]
    pub fn may_be_sent(&self) -> bool {
        let counts = self.counts();
        counts.filled > 0 && counts.ready == counts.filled && counts.faults + counts.questions == 0
    }

    /// What would be sent, with the row of each in the file.
    pub fn observations(&self) -> impl Iterator<Item = (u32, &Observation)> {
        self.rows.iter().filter_map(|row| Some((row.row, row.observation.as_ref()?)))
    }

    fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        let of_cells = self.rows.iter().flat_map(|row| &row.cells).flat_map(|cell| &cell.findings);
        self.findings.iter().chain(of_cells)
    }
}
