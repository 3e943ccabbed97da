//! Weights optimised so that each column has the importance wanted of it.

use serde::{Deserialize, Serialize};

use crate::matrix::{Matrix, MatrixError, check_length, check_parameter};
use crate::stats::{deviation, is_constant, pearson, shares};
use crate::sum::exact_sum;

/// The parameters of [`target_importance`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Importance {
    /// The importance wanted of each column, in any scale; equal if empty.
    pub target: Vec<f64>,
    /// The greatest difference of a share of importance that is accepted.
    pub tolerance: f64,
    /// The most steps.
    pub most_steps: usize,
}

impl Default for Importance {
    fn default() -> Self {
        Self { target: Vec::new(), tolerance: 1e-6, most_steps: 10_000 }
    }
}

/// The weights found and how near they come.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImportanceResult {
    /// The weights, of the sum 1.
    pub weights: Vec<f64>,
    /// The correlation of each column with the weighted sum.
    pub correlations: Vec<f64>,
    /// The share of importance each column has: its correlation in parts of the sum of correlations.
    pub importance: Vec<f64>,
    /// Whether every share is within the tolerance of its target.
    pub reached: bool,
}

/// Weights under which the columns correlate with the weighted sum in given proportions.
///
/// Importance of a column: its Pearson correlation with `Σ w·x`, as a share of their sum; negative correlations count as
/// 0. From equal weights, every weight is moved by the root of the ratio of wanted to present importance and all are
/// scaled to the sum 1, until each share is within the tolerance; the best weights seen are returned, with `reached`
/// saying whether that was enough. The problem is that of COINr's `get_opt_weights` (there by Nelder–Mead).
/// Source: W. Becker et al., Ecological Indicators 80 (2017) 12–22.
///
/// Give normalised columns in which more is better. Constant columns correlate with nothing: weight 0, and the rest of
/// the targets is scaled. If all are constant, weights are equal. `NaN`: the matrix has none.
///
/// # Errors
/// [`MatrixError::TooSmall`] for fewer than two units, [`MatrixError::Length`] for targets that do not fit,
/// [`MatrixError::Parameter`] for a target or a tolerance out of range.
pub fn target_importance(matrix: &Matrix, options: &Importance) -> Result<ImportanceResult, MatrixError> {
    matrix.at_least(2, 1)?;
    check_parameter("tolerance", options.tolerance, "it is above zero", options.tolerance > 0.0)?;
    let mut target = if options.target.is_empty() { vec![1.0; matrix.columns()] } else { options.target.clone() };
    check_length("target", target.len(), matrix.columns())?;
    for value in &target {
        check_parameter("target", *value, "it is not negative", *value >= 0.0)?;
    }
    for (column, wanted) in target.iter_mut().enumerate() {
        if is_constant(matrix.column(column)) {
            *wanted = 0.0;
        }
    }
    let target = shares(&target);
    let free = |column: usize| target[column] > 0.0 && deviation(matrix.column(column)) > 0.0;
    let start: Vec<f64> = (0..matrix.columns()).map(|column| if free(column) { 1.0 } else { 0.0 }).collect();
    let mut weights = shares(&start);
    let mut best: Option<(f64, ImportanceResult)> = None;
    for _ in 0..=options.most_steps {
        let correlations = correlations(matrix, &weights);
        let importance = shares(&correlations.iter().map(|value| value.max(0.0)).collect::<Vec<_>>());
        let miss = (0..target.len())
            .filter(|&column| free(column))
            .map(|column| (importance[column] - target[column]).abs())
            .fold(0.0, f64::max);
        let reached = miss <= options.tolerance;
        if best.as_ref().is_none_or(|(least, _)| miss < *least) {
            let result =
                ImportanceResult { weights: weights.clone(), correlations, importance: importance.clone(), reached };
            best = Some((miss, result));
        }
        if reached {
            break;
        }
        let moved: Vec<f64> = (0..target.len())
            .map(|column| {
                if free(column) {
                    weights[column] * (target[column] / importance[column].max(1e-6)).sqrt()
                } else {
                    0.0
                }
            })
            .collect();
        weights = shares(&moved);
    }
    best.map(|(_, result)| result)
        .ok_or_else(|| MatrixError::NoAnswer { method: "target_importance", reason: "no step was allowed".to_owned() })
}

/// The correlation of each column with the weighted sum.
#[must_use]
pub fn correlations(matrix: &Matrix, weights: &[f64]) -> Vec<f64> {
    let whole: Vec<f64> = (0..matrix.rows())
        .map(|row| exact_sum(matrix.row(row).zip(weights).map(|(value, weight)| value * weight)))
        .collect();
    matrix.iter_columns().map(|values| pearson(values, &whole)).collect()
}
