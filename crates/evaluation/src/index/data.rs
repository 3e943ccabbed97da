//! The data of a composite index.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde_json::json;

use crate::digest;
use crate::files::period_order;
use crate::flag::FlagCode;
use crate::input::MissingState;

/// The data of every unit in every period, as reported.
///
/// Rows are sorted by period and unit, so that no result depends on the order of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    pub(super) rows: Vec<Row>,
    /// By the order of the indicators of the scheme; `NaN` is missing.
    pub(super) indicators: Vec<Vec<f64>>,
    /// By the name of the column.
    pub(super) denominators: BTreeMap<String, Vec<f64>>,
    /// Columns that formulas are made of, and those of bonus items, deductions and vetoes: by name.
    pub(super) raw: BTreeMap<String, Vec<f64>>,
    /// Why cells of those are missing, where a reason is given.
    pub(super) raw_absent: BTreeMap<(usize, String), Absence>,
    /// Formulas that could not be computed although their parts are there: by row and indicator.
    pub(super) undefined: BTreeMap<(usize, usize), FlagCode>,
    /// Why cells are missing, where a reason is given: by row and indicator.
    pub(super) absent: BTreeMap<(usize, usize), Absence>,
    /// The departments that cells come from, where the data name them: by row and indicator.
    pub(super) departments: BTreeMap<(usize, usize), String>,
    /// Columns of the file that the scheme does not use.
    pub(super) ignored: Vec<String>,
    /// The digest, once it was asked for.
    pub(super) digest: Kept<String>,
    /// The units of all rows, once they were asked for.
    pub(super) names: Kept<Arc<[String]>>,
}

/// What is worked out of data when it is first asked for. It says nothing new: data are equal with and without.
#[derive(Clone, Debug)]
pub(super) struct Kept<T>(OnceLock<T>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> PartialEq for Kept<T> {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

/// A unit in a period.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The unit.
    pub unit: String,
    /// Its printed name.
    pub name: String,
    /// The period; none where the file has no column for it.
    pub period: Option<String>,
    /// The groups it belongs to, by column.
    pub groups: BTreeMap<String, String>,
}

/// Why a cell is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// There should be a value.
    Missing(MissingState),
    /// There cannot be one: approved.
    NotApplicable,
}

impl Data {
    /// The units and periods, in order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Columns of the file that the scheme does not use.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Sorts the rows by period and unit. Periods that are numbers are sorted as numbers.
    pub(super) fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by(|&a, &b| {
            let (a, b) = (&self.rows[a], &self.rows[b]);
            period_order(a.period.as_deref(), b.period.as_deref()).then_with(|| a.unit.cmp(&b.unit))
        });
        let pick = |column: &Vec<f64>| -> Vec<f64> { order.iter().map(|&row| column[row]).collect() };
        self.indicators = self.indicators.iter().map(pick).collect();
        self.denominators = self.denominators.iter().map(|(name, column)| (name.clone(), pick(column))).collect();
        self.raw = self.raw.iter().map(|(name, column)| (name.clone(), pick(column))).collect();
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
        self.absent = self.absent.iter().map(|(&(row, at), absence)| ((place[row], at), *absence)).collect();
        let raw_absent = std::mem::take(&mut self.raw_absent);
        self.raw_absent = raw_absent.into_iter().map(|((row, name), why)| ((place[row], name), why)).collect();
        let departments = std::mem::take(&mut self.departments).into_iter();
        self.departments = departments.map(|((row, at), name)| ((place[row], at), name)).collect();
        self.rows = order.iter().map(|&row| self.rows[row].clone()).collect();
        (self.digest, self.names) = (Kept::default(), Kept::default());
    }

    /// SHA-256 (hexadecimal) of the canonical JSON of the data that the scheme uses.
    ///
    /// It is made once: data do not change after they were read. Copies that the engine changes to ask what would be keep the
    /// digest of what they were made of; no result shows it.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.digest.0.get_or_init(|| self.made_digest())
    }

    fn made_digest(&self) -> String {
        let number = |value: f64| if value.is_nan() { json!(null) } else { json!(value.to_string()) };
        let facts = |at: usize| {
            let row = &self.rows[at];
            let values: Vec<_> = self.indicators.iter().map(|column| number(column[at])).collect();
            let below: BTreeMap<_, _> =
                self.denominators.iter().map(|(name, column)| (name, number(column[at]))).collect();
            let absent: BTreeMap<_, _> = self
                .absent
                .range((at, 0)..(at + 1, 0))
                .map(|((_, indicator), absence)| (indicator.to_string(), absence.as_str()))
                .collect();
            let mut facts = json!({
                "unit": row.unit, "period": row.period, "groups": row.groups, "values": values,
                "denominators": below, "absent": absent,
            });
            // Data without such columns keep their digest.
            if let Some(facts) = facts.as_object_mut().filter(|_| !self.raw.is_empty()) {
                let raw: BTreeMap<_, _> = self.raw.iter().map(|(name, column)| (name, number(column[at]))).collect();
                let why = self.raw_absent.range((at, String::new())..(at + 1, String::new()));
                let why: BTreeMap<_, _> = why.map(|((_, name), absence)| (name, absence.as_str())).collect();
                facts.insert("raw".to_owned(), json!({ "values": raw, "absent": why }));
            }
            let named = self.departments.range((at, 0)..(at + 1, 0));
            let departments: BTreeMap<_, _> =
                named.map(|((_, indicator), name)| (indicator.to_string(), name)).collect();
            // So do data that name no department.
            if let Some(facts) = facts.as_object_mut().filter(|_| !departments.is_empty()) {
                facts.insert("departments".to_owned(), json!(departments));
            }
            facts
        };
        digest::sha256_of_items((0..self.rows.len()).map(facts))
    }

    /// The units of some rows, in order.
    pub(super) fn names(&self, rows: &[usize]) -> Arc<[String]> {
        let all = || self.rows.iter().map(|row| row.unit.clone()).collect();
        if rows.len() == self.rows.len() {
            return Arc::clone(self.names.0.get_or_init(all));
        }
        rows.iter().map(|&row| self.rows[row].unit.clone()).collect()
    }

    /// The periods in order, with the rows of each.
    pub(super) fn periods(&self) -> Vec<Vec<usize>> {
        let mut periods: Vec<Vec<usize>> = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            match periods.last_mut() {
                Some(rows) if rows.last().is_some_and(|&last| self.rows[last].period == row.period) => rows.push(at),
                _ => periods.push(vec![at]),
            }
        }
        periods
    }

    /// The rows of each unit in the order of time, each with the number of its period.
    pub(super) fn units(&self) -> Vec<Vec<(usize, usize)>> {
        let mut units: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
        for (period, rows) in self.periods().into_iter().enumerate() {
            for row in rows {
                units.entry(&self.rows[row].unit).or_default().push((row, period));
            }
        }
        units.into_values().collect()
    }

    /// Pairs of unit and period that stand more than once.
    pub(super) fn duplicates(&self) -> BTreeSet<(String, Option<String>)> {
        let mut seen = BTreeSet::new();
        let key = |row: &Row| (row.unit.clone(), row.period.clone());
        self.rows.iter().map(key).filter(|key| !seen.insert(key.clone())).collect()
    }
}

impl Data {
    /// Why a cell has no value: what the data say, or nothing known. It says nothing of cells that have one.
    pub(super) fn absence(&self, row: usize, leaf: usize) -> Absence {
        self.absent.get(&(row, leaf)).copied().unwrap_or(Absence::Missing(MissingState::Unknown))
    }
}

impl Absence {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Missing(state) => state.as_str(),
        }
    }
}
