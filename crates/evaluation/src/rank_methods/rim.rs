//! RIM: closeness to a reference ideal that may be an interval inside of the range.

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use super::spotis::{Bounds, check_bounds};
use crate::matrix::{MatrixError, check_length, check_parameter};
use crate::sense::Sense;
use crate::sum::exact_sum;

/// The parameters of [`rim`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rim {
    /// The range of each column.
    pub bounds: Vec<Bounds>,
    /// The ideal interval of each column within its range; without it the better bound.
    #[serde(default)]
    pub ideal: Option<Vec<Bounds>>,
}

/// RIM.
///
/// `y = 1` inside of the ideal `[c, d]`, `1 − (c − x)/(c − a)` below and `1 − (x − d)/(b − d)` above it, with the range
/// `[a, b]`; `I⁺ = √Σ(w·y − w)²`, `I⁻ = √Σ(w·y)²`, score `I⁻/(I⁺ + I⁻)`, higher is better.
/// Source: E. Cables, M. T. Lamata, J. L. Verdegay, Information Sciences 337–338 (2016) 1–10.
///
/// A unit's score does not depend on the other units, so a constant column is as any other. Zeros and negative cells are
/// values as any other; a cell outside of the range is refused by name. `NaN`: the matrix has none. Ties: equal scores
/// share a rank.
///
/// # Errors
/// [`MatrixError::Length`], [`MatrixError::Parameter`] for a range or ideal out of order, [`MatrixError::Domain`] for a
/// cell out of range.
pub fn rim(problem: &Problem<'_>, options: &Rim) -> Result<Ranked, MatrixError> {
    let matrix = problem.matrix();
    check_bounds("rim", matrix, &options.bounds)?;
    let ideal: Vec<Bounds> = match &options.ideal {
        Some(ideal) => {
            check_length("ideal", ideal.len(), matrix.columns())?;
            ideal.clone()
        }
        None => options
            .bounds
            .iter()
            .zip(problem.senses())
            .map(|(bounds, sense)| match sense {
                Sense::Benefit => Bounds::from((bounds.high, bounds.high)),
                Sense::Cost => Bounds::from((bounds.low, bounds.low)),
            })
            .collect(),
    };
    for (ideal, range) in ideal.iter().zip(&options.bounds) {
        let within = range.low <= ideal.low && ideal.low <= ideal.high && ideal.high <= range.high;
        check_parameter("ideal", ideal.low, "the ideal is an interval within the range", within)?;
    }
    let near = matrix.map_columns(|column, values| {
        let (range, ideal) = (options.bounds[column], ideal[column]);
        Ok(values
            .iter()
            .map(|&x| {
                if x < ideal.low {
                    1.0 - (ideal.low - x) / (ideal.low - range.low)
                } else if x > ideal.high {
                    1.0 - (x - ideal.high) / (range.high - ideal.high)
                } else {
                    1.0
                }
            })
            .collect())
    })?;
    let weights = problem.weights();
    let length = |from: f64| -> Vec<f64> {
        (0..near.rows())
            .map(|row| {
                let terms = near.row(row).enumerate().map(|(column, y)| weights[column] * (y - from));
                exact_sum(terms.map(|term| term * term)).sqrt()
            })
            .collect()
    };
    let (to_ideal, from_zero) = (length(1.0), length(0.0));
    let score = to_ideal.iter().zip(&from_zero).map(|(plus, minus)| minus / (plus + minus)).collect();
    Ranked::checked(matrix, "rim", score, Better::Higher, vec![("i_plus", to_ideal), ("i_minus", from_zero)])
}
