//! The result of a composite index and its JSON form. A number that does not exist is `null`.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::data::Data;
use super::gaps::Gap;
use super::interval::Interval;
use super::named::Named;
use super::stage::treat::Change;
use crate::flag::Flag;
use crate::outside::Adjustment;
use crate::text::Text;

/// A finished evaluation: a function of scheme, data, seed and engine version, all named in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexEvaluation {
    /// Id of the scheme.
    pub scheme: String,
    /// Version of the scheme.
    pub scheme_version: String,
    /// [`IndexScheme::digest`](super::IndexScheme::digest).
    pub scheme_digest: String,
    /// [`Data::digest`].
    pub data_digest: String,
    /// [`ENGINE_VERSION`](crate::ENGINE_VERSION).
    pub engine_version: String,
    /// The seed of the replicates.
    pub seed: u64,
    /// The number of replicates behind the rank bands.
    pub replicates: u32,
    /// What the replicates varied; none without replicates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<Varied>,
    /// By period and unit.
    pub units: Vec<IndexUnit>,
    /// Weights of the children of each node, scaled to the sum 1.
    pub weights: BTreeMap<String, BTreeMap<String, f64>>,
    /// The nominal weight of each indicator in the index.
    pub effective_weights: BTreeMap<String, f64>,
    /// What the screening found, unit by unit.
    pub screening: Vec<Screened>,
    /// Every cell that was imputed.
    pub imputed: Vec<ImputedCell>,
    /// Every column that was treated, with each changed point.
    pub treatment: Vec<ColumnTreatment>,
    /// Every cell whose formula could not be computed although its parts are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undefined: Vec<UndefinedCell>,
    /// Why there are no intervals, although they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_refused: Option<Text>,
    /// Columns of the data that the scheme does not use.
    pub ignored_columns: Vec<String>,
    /// The table after each stage, on request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<BTreeMap<String, StageTable>>,
}

/// The result of one unit in one period.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexUnit {
    /// The unit.
    pub unit: String,
    /// Its printed name.
    pub name: String,
    /// The period; none where the data have none.
    pub period: Option<String>,
    /// The printed score.
    #[serde(serialize_with = "number")]
    pub score: f64,
    /// The score before rounding.
    #[serde(serialize_with = "number")]
    pub exact_score: f64,
    /// The rank within its period; none for a unit that is not ranked. It has a fraction only under `ties: average`.
    #[serde(serialize_with = "rank")]
    pub rank: Option<f64>,
    /// The grade of the printed score.
    pub grade: Option<String>,
    /// The grade in English.
    pub grade_en: Option<String>,
    /// Whether it takes part in the ranking.
    pub ranked: bool,
    /// How much of the scheme was reported for it.
    pub coverage: IndexCoverage,
    /// The same for the indicators of each department; empty where neither scheme nor data name any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub coverage_by_department: BTreeMap<String, IndexCoverage>,
    /// What is missing, why, and what the scheme says of it.
    pub missing: Vec<Gap>,
    /// Between what its score, rank and grade lie, whatever the missing values are; on request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// The 5 % quantile of its rank over the replicates.
    pub rank_p05: Option<f64>,
    /// The median of its rank over the replicates.
    pub rank_p50: Option<f64>,
    /// The 95 % quantile of its rank over the replicates.
    pub rank_p95: Option<f64>,
    /// The mean of its rank over the replicates.
    pub rank_mean: Option<f64>,
    /// The share of replicates in which it is first.
    pub first_share: Option<f64>,
    /// Its tier within its period, from 1: no unit of a tier can be told apart from the first of the tier, which is above it in
    /// less than 95 % of the replicates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<u32>,
    /// The share of replicates in which it had each rank, as far as it had it; for at most 200 units in a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank_acceptability: Option<BTreeMap<u32, f64>>,
    /// The share of replicates in which it was above each other unit, a tie counting half; for at most 200 units in a period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<Named>,
    /// The score of every node, indicators included (there the normalised value).
    pub nodes: Named,
    /// The rank of every node within the period.
    pub node_ranks: Named,
    /// What each indicator adds to the exact score; they sum to it.
    pub contributions: Named,
    /// What a reader must know.
    pub flags: Vec<Flag>,
    /// Bonus items, deductions and vetoes with the final score that rank and grade are read from, where the scheme has such
    /// rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjustment: Option<Adjustment>,
}

/// What the replicates of a Monte-Carlo run varied.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Varied {
    /// The generator of random numbers; replicate r draws from its stream r, keyed with the seed.
    pub generator: &'static str,
    /// The largest share that a weight is moved by, before siblings are scaled again.
    pub weight_noise: f64,
    /// How many methods a replicate chose from, the scheme's own included, for each stage with alternatives.
    pub alternatives: BTreeMap<&'static str, usize>,
    /// Whether the values themselves had errors drawn.
    pub data_error: bool,
}

/// How much of a scheme was reported for a unit; imputed values do not count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IndexCoverage {
    /// Indicators with a reported value, zero included.
    pub reported: u32,
    /// Indicators of the scheme.
    pub total: u32,
    /// Indicators approved as not applicable.
    pub not_applicable: u32,
    /// `reported ÷ (total − not_applicable)`
    pub share: f64,
    /// Nominal weight of the reported indicators ÷ nominal weight of those that apply; this is compared with the minimum.
    pub weight_share: f64,
}

/// What a screening found of a unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Screened {
    /// The unit.
    pub unit: String,
    /// The period.
    pub period: Option<String>,
    /// The share that was looked at.
    pub share: f64,
    /// Whether it stayed in.
    pub included: bool,
}

/// A cell that was imputed, inside the engine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    pub(super) row: usize,
    pub(super) leaf: usize,
    pub(super) value: f64,
}

/// A cell that was imputed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ImputedCell {
    /// The unit.
    pub unit: String,
    /// The period.
    pub period: Option<String>,
    /// The indicator.
    pub indicator: String,
    /// What was put in its place.
    pub value: f64,
}

/// A cell whose formula has no value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct UndefinedCell {
    /// The unit.
    pub unit: String,
    /// The period.
    pub period: Option<String>,
    /// The indicator.
    pub indicator: String,
    /// Why.
    pub flag: Flag,
}

/// What the treatment of outliers did to a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ColumnTreatment {
    /// The indicator.
    pub indicator: String,
    /// Whether it passes afterwards; none where it is too short or constant to tell.
    pub passes: Option<bool>,
    /// The changed points.
    pub points: Vec<TreatedPoint>,
}

/// A point that was changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TreatedPoint {
    /// The unit.
    pub unit: String,
    /// The period.
    pub period: Option<String>,
    /// What was done.
    pub change: Change,
    /// The value before.
    pub before: f64,
    /// The value after.
    pub after: f64,
}

/// The table after a stage: a row per unit and period.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StageTable {
    /// The units, by row.
    pub units: Vec<String>,
    /// The periods, by row.
    pub periods: Vec<Option<String>>,
    /// The indicators or nodes, by column.
    pub columns: Vec<String>,
    /// The values, row by row.
    #[serde(serialize_with = "rows")]
    pub values: Vec<Vec<f64>>,
}

impl StageTable {
    pub(super) fn of<C: AsRef<[f64]>>(data: &Data, rows: &[usize], ids: Vec<String>, columns: &[C]) -> Self {
        Self {
            units: rows.iter().map(|&row| data.rows[row].unit.clone()).collect(),
            periods: rows.iter().map(|&row| data.rows[row].period.clone()).collect(),
            columns: ids,
            values: (0..rows.len()).map(|at| columns.iter().map(|column| column.as_ref()[at]).collect()).collect(),
        }
    }

    /// The table as CSV: `unit,period`, then the columns; a missing value is empty.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let head = ["unit", "period"].into_iter().map(str::to_owned).chain(self.columns.iter().cloned());
        let number = |value: &f64| if value.is_nan() { String::new() } else { value.to_string() };
        let rows = self.units.iter().zip(&self.periods).zip(&self.values).map(|((unit, period), values)| {
            let names = [unit.clone(), period.clone().unwrap_or_default()].into_iter();
            names.chain(values.iter().map(number)).collect::<Vec<_>>()
        });
        // Writing to memory does not fail, and what was written is the UTF-8 it was given.
        let done =
            writer.write_record(head).and_then(|()| rows.into_iter().try_for_each(|row| writer.write_record(row)));
        match (done, writer.into_inner()) {
            (Ok(()), Ok(bytes)) => String::from_utf8(bytes).unwrap_or_default(),
            (Err(_), _) | (_, Err(_)) => String::new(),
        }
    }

    /// The value of a unit (in the first of its periods) and a column; none if either is not there or the value is missing.
    #[must_use]
    pub fn value(&self, unit: &str, column: &str) -> Option<f64> {
        let row = self.units.iter().position(|name| name == unit)?;
        let column = self.columns.iter().position(|name| name == column)?;
        Some(self.values[row][column]).filter(|value| !value.is_nan())
    }
}

fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    there(*value).serialize(serializer)
}

fn rows<S: Serializer>(rows: &[Vec<f64>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rows.iter().map(|row| row.iter().map(|value| there(*value)).collect::<Vec<_>>()))
}

/// A whole rank is written as an integer.
fn rank<S: Serializer>(rank: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match rank {
        Some(rank) if rank.fract() == 0.0 => serializer.serialize_u64(*rank as u64),
        Some(rank) => serializer.serialize_f64(*rank),
        None => serializer.serialize_none(),
    }
}

fn there(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}
