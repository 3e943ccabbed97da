//! Imputation of missing values.
//!
//! Every method fills only cells that are missing; what was reported is never changed. A cell that is approved as not
//! applicable is not filled: there is nothing to estimate. A cell for which the method has no basis (an empty column,
//! a group without values) stays missing.

use serde::Serialize;

use super::super::number::Number;
use super::moments::{mean, median};

/// A method of imputation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Impute {
    /// Leaves missing values missing.
    None,
    /// The mean of the column. COINr `i_mean`.
    Mean,
    /// The median of the column. COINr `i_median`.
    Median,
    /// The mean of the unit's group in the column; a unit without a group is not filled. COINr `i_mean_grp`.
    GroupMean {
        /// The column with the groups.
        group: String,
    },
    /// The median of the unit's group in the column. COINr `i_median_grp`.
    GroupMedian {
        /// The column with the groups.
        group: String,
    },
    /// The mean of the unit's other indicators under the same parent: each is scaled to 0–1 in its direction first, and
    /// the mean is scaled back. COINr `Impute(impute_by = "row", group_level = 2, normalise_first = TRUE)`.
    RowMean,
    /// The median of the unit's other indicators under the same parent, likewise.
    RowMedian,
    /// The last earlier value of the unit, at most this many periods old. COINr `impute_panel(imp_type = "latest")`.
    Last {
        /// The largest age in periods; none is without limit.
        max_age: Option<u32>,
    },
    /// Between the nearest earlier and later value of the unit, in equal steps from period to period; none outside them.
    Linear,
    /// A fixed value.
    Constant {
        /// The value, in the unit of the indicator.
        value: Number,
    },
    /// The mean or median of the k rows of the same period that are most like the row; see [`Nearest`] for the distance,
    /// ties and too little in common.
    ///
    /// [`Nearest`]: super::nearest::Nearest
    Nearest {
        /// k; 1 or more.
        k: u32,
        /// What is taken of the donors' values.
        by: Centre,
        /// The smallest share (0..=1) of the indicators that a donor and the row both have.
        min_common: Number,
    },
}

/// A middle of several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Centre {
    /// The arithmetic mean.
    Mean,
    /// The median.
    Median,
}

/// An imputation stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Imputation {
    /// The method that fills the table of the result.
    #[serde(flatten)]
    pub by: Impute,
    /// Multiple imputation: so many completed tables stand behind the rank bands, replicate r having the table of number
    /// `r mod draws`. In each, a cell takes the value of a donor drawn at random (hot deck) in place of the mean or
    /// median of the donors. 0: the bands do not know that a value was estimated.
    #[serde(skip_serializing_if = "is_zero")]
    pub draws: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(draws: &u32) -> bool {
    *draws == 0
}

impl Impute {
    /// The column of groups it needs.
    pub(in super::super) fn group(&self) -> Option<&str> {
        match self {
            Self::GroupMean { group } | Self::GroupMedian { group } => Some(group),
            Self::None
            | Self::Mean
            | Self::Median
            | Self::RowMean
            | Self::RowMedian
            | Self::Last { .. }
            | Self::Linear
            | Self::Constant { .. }
            | Self::Nearest { .. } => None,
        }
    }

    /// Whether it looks at other periods of the unit.
    pub(in super::super) fn looks_back(&self) -> bool {
        matches!(self, Self::Last { .. } | Self::Linear)
    }

    /// Whether its estimates are a middle of donors, one of which can be drawn instead.
    pub(in super::super) fn has_donors(&self) -> bool {
        match self {
            Self::Mean | Self::Median | Self::GroupMean { .. } | Self::GroupMedian { .. } | Self::Nearest { .. } => {
                true
            }
            Self::None | Self::RowMean | Self::RowMedian | Self::Last { .. } | Self::Linear | Self::Constant { .. } => {
                false
            }
        }
    }
}

/// Where the rows of a panel belong.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Rows<'a> {
    /// The group of each row, for the methods by group.
    pub(in super::super) groups: Option<Vec<Option<&'a str>>>,
    /// The rows of each unit in the order of their periods, each with the number of its period.
    pub(in super::super) units: Vec<Vec<(usize, usize)>>,
}

/// The rows whose values are a basis for a missing cell of a column method with donors: all that have a value, or those of
/// the row's group.
pub(in super::super) fn donors(column: &[f64], rows: &Rows<'_>, row: usize) -> Vec<usize> {
    let there = |other: &usize| !column[*other].is_nan();
    match &rows.groups {
        None => (0..column.len()).filter(there).collect(),
        Some(groups) => match groups[row] {
            None => Vec::new(),
            Some(group) => (0..column.len()).filter(|&other| groups[other] == Some(group)).filter(there).collect(),
        },
    }
}

/// What a column method puts in the place of each missing value; `NaN` where it has no basis.
pub(in super::super) fn estimates(method: &Impute, column: &[f64], rows: &Rows<'_>) -> Vec<f64> {
    let none = f64::NAN;
    match method {
        Impute::None | Impute::RowMean | Impute::RowMedian | Impute::Nearest { .. } => vec![none; column.len()],
        Impute::Mean => vec![mean(column).unwrap_or(none); column.len()],
        Impute::Median => vec![median(column).unwrap_or(none); column.len()],
        Impute::GroupMean { .. } => by_group(column, rows, mean),
        Impute::GroupMedian { .. } => by_group(column, rows, median),
        Impute::Last { max_age } => in_time(column, rows, |series, at| last(series, at, *max_age)),
        Impute::Linear => in_time(column, rows, linear),
        Impute::Constant { value } => vec![value.get(); column.len()],
    }
}

fn by_group(column: &[f64], rows: &Rows<'_>, statistic: fn(&[f64]) -> Option<f64>) -> Vec<f64> {
    let Some(groups) = &rows.groups else { return vec![f64::NAN; column.len()] };
    let mut values: std::collections::BTreeMap<&str, Vec<f64>> = std::collections::BTreeMap::new();
    for (value, group) in column.iter().zip(groups) {
        if let Some(group) = group {
            values.entry(group).or_default().push(*value);
        }
    }
    let found: std::collections::BTreeMap<&str, f64> = values
        .into_iter()
        .filter_map(|(group, values)| statistic(&values).map(|statistic| (group, statistic)))
        .collect();
    groups.iter().map(|group| group.and_then(|group| found.get(group)).copied().unwrap_or(f64::NAN)).collect()
}

/// One unit over the periods: period number and value, in the order of time.
type Series = [(usize, f64)];

fn in_time(column: &[f64], rows: &Rows<'_>, estimate: impl Fn(&Series, usize) -> Option<f64>) -> Vec<f64> {
    let mut estimates = vec![f64::NAN; column.len()];
    for unit in &rows.units {
        let series: Vec<(usize, f64)> = unit.iter().map(|&(row, period)| (period, column[row])).collect();
        for (at, &(row, _)) in unit.iter().enumerate() {
            estimates[row] = estimate(&series, at).unwrap_or(f64::NAN);
        }
    }
    estimates
}

fn last(series: &Series, at: usize, max_age: Option<u32>) -> Option<f64> {
    let (now, _) = *series.get(at)?;
    let (period, value) = series[..at].iter().rev().find(|(_, value)| !value.is_nan())?;
    let young = max_age.is_none_or(|limit| now - period <= usize::try_from(limit).unwrap_or(usize::MAX));
    young.then_some(*value)
}

fn linear(series: &Series, at: usize) -> Option<f64> {
    let (now, _) = *series.get(at)?;
    let (before, low) = *series[..at].iter().rev().find(|(_, value)| !value.is_nan())?;
    let (after, high) = *series[at..].iter().find(|(_, value)| !value.is_nan())?;
    let share = (now - before) as f64 / (after - before) as f64;
    Some(low + share * (high - low))
}

/// The row methods on the indicators of one parent. `signs` is −1 for an indicator of which less is better.
///
/// Each column is scaled to 0–1 in its direction, a missing cell takes the statistic of the row's scaled values, and that
/// is scaled back. A constant column gives its value; a row without any value stays missing.
pub(in super::super) fn row_estimates(columns: &[&[f64]], signs: &[f64], use_median: bool) -> Vec<Vec<f64>> {
    let ranges: Vec<Option<(f64, f64)>> = columns.iter().map(|column| super::moments::range(column)).collect();
    let rows = columns.first().map_or(0, |column| column.len());
    let mut estimates = vec![vec![f64::NAN; rows]; columns.len()];
    for row in 0..rows {
        let scaled: Vec<f64> = (0..columns.len())
            .filter_map(|column| {
                let (low, high) = ranges[column]?;
                let share = (columns[column][row] - low) / (high - low);
                let share = if signs[column] < 0.0 { 1.0 - share } else { share };
                share.is_finite().then_some(share)
            })
            .collect();
        let Some(share) = (if use_median { median(&scaled) } else { mean(&scaled) }) else { continue };
        for (column, estimates) in estimates.iter_mut().enumerate() {
            let Some((low, high)) = ranges[column] else { continue };
            let share = if signs[column] < 0.0 { 1.0 - share } else { share };
            estimates[row] = low + share * (high - low);
        }
    }
    estimates
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f64 = f64::NAN;

    #[test]
    fn a_group_without_values_stays_missing() {
        let rows = Rows { groups: Some(vec![Some("a"), Some("a"), Some("b"), None]), units: Vec::new() };
        let found = estimates(&Impute::GroupMean { group: "g".into() }, &[2.0, NONE, NONE, 7.0], &rows);
        assert_eq!(found[1], 2.0);
        assert!(found[2].is_nan() && found[3].is_nan());
    }

    #[test]
    fn a_panel_is_filled_from_the_past_or_between_two_years() {
        let rows = Rows { groups: None, units: vec![vec![(0, 0), (1, 1), (2, 2), (3, 4)]] };
        let column = [1.0, NONE, NONE, 9.0];
        let found = estimates(&Impute::Last { max_age: Some(1) }, &column, &rows);
        assert_eq!(found[1], 1.0);
        assert!(found[0].is_nan() && found[2].is_nan());
        assert_eq!(&estimates(&Impute::Linear, &column, &rows)[1..3], &[3.0, 5.0]);
    }

    #[test]
    fn a_row_is_filled_on_a_common_scale_and_scaled_back() {
        let found = row_estimates(&[&[0.0, 10.0, 5.0], &[100.0, 0.0, NONE]], &[1.0, -1.0], false);
        assert_eq!(found[1][2], 50.0);
    }
}
