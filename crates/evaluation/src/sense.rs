//! Which way an indicator is good.

use serde::{Deserialize, Serialize};

use crate::matrix::{Matrix, MatrixError, check_length, check_parameter};

/// Whether more or less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sense {
    /// More is better (效益型).
    Benefit,
    /// Less is better (成本型).
    Cost,
}

/// The four types of indicators.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Criterion {
    /// More is better (效益型).
    Benefit,
    /// Less is better (成本型).
    Cost,
    /// Best at one value (中间型).
    Middle {
        /// The best value.
        best: f64,
    },
    /// Best anywhere within an interval (区间型).
    Interval {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
}

impl From<Sense> for Criterion {
    fn from(sense: Sense) -> Self {
        match sense {
            Sense::Benefit => Self::Benefit,
            Sense::Cost => Self::Cost,
        }
    }
}

/// Makes middle and interval indicators into benefit ones; benefit and cost columns stay as they are.
///
/// Middle: `1 − |x − best| / M`, `M = max |x − best|`. Interval: 1 inside, otherwise `1 − d/M`, where `d` is the distance
/// to the interval and `M` the largest such distance. Both are the usual forms of Chinese practice (正向化).
///
/// Constant columns: if every unit is at its best (`M = 0`) each gets 1. Zeros are values as any other. The matrix has
/// no `NaN`.
///
/// # Errors
/// [`MatrixError::Length`] if there is not one criterion for each column, [`MatrixError::Parameter`] for an interval
/// whose ends are exchanged or a bound that is not finite.
pub fn orient(matrix: &Matrix, criteria: &[Criterion]) -> Result<(Matrix, Vec<Sense>), MatrixError> {
    check_length("criteria", criteria.len(), matrix.columns())?;
    let oriented = matrix.map_columns(|column, values| match criteria[column] {
        Criterion::Benefit | Criterion::Cost => Ok(values.to_vec()),
        Criterion::Middle { best } => {
            check_parameter("best", best, "the best value is finite", true)?;
            Ok(closeness(values, |value| (value - best).abs()))
        }
        Criterion::Interval { low, high } => {
            check_parameter("low", low, "the lower end is not above the upper end", low <= high)?;
            check_parameter("high", high, "the upper end is finite", true)?;
            Ok(closeness(values, |value| (low - value).max(value - high).max(0.0)))
        }
    })?;
    let senses = criteria
        .iter()
        .map(|criterion| match criterion {
            Criterion::Cost => Sense::Cost,
            Criterion::Benefit | Criterion::Middle { .. } | Criterion::Interval { .. } => Sense::Benefit,
        })
        .collect();
    Ok((oriented, senses))
}

fn closeness(values: &[f64], distance: impl Fn(f64) -> f64) -> Vec<f64> {
    let farthest = values.iter().map(|&value| distance(value)).fold(0.0, f64::max);
    values.iter().map(|&value| if farthest > 0.0 { 1.0 - distance(value) / farthest } else { 1.0 }).collect()
}
