//! Weights by the spread of the columns: standard deviation, variance, Gini coefficient, and none at all.

use serde::{Deserialize, Serialize};

use crate::matrix::{Matrix, MatrixError};
use crate::rank_methods::normalise::{Norm, normalise};
use crate::sense::Sense;
use crate::stats::{count, deviation, mean, shares, variance};
use crate::sum::exact_sum;

/// The parameters of the weights that depend on the unit of measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spread {
    /// How the columns are brought to one scale first; without it they are taken as they are.
    pub normalise: Option<Norm>,
}

/// The same weight for every column: `1/m`.
///
/// # Errors
/// [`MatrixError::TooSmall`] without columns.
pub fn equal(matrix: &Matrix) -> Result<Vec<f64>, MatrixError> {
    matrix.at_least(0, 1)?;
    Ok(vec![1.0 / count(matrix.columns()); matrix.columns()])
}

/// Weights by standard deviation: `w = σ/Σσ`, divisor n − 1.
///
/// Source: D. Diakoulaki et al., Computers & Operations Research 22 (1995) 763–770. The columns must be on one scale:
/// give normalised ones or set `normalise`. Constant columns get 0; if all are constant, weights are equal. Zeros and
/// negative cells are values as any other. `NaN`: the matrix has none.
///
/// # Errors
/// [`MatrixError::TooSmall`] for fewer than two units; as [`normalise`].
pub fn standard_deviation(matrix: &Matrix, senses: &[Sense], options: Spread) -> Result<Vec<f64>, MatrixError> {
    by(matrix, senses, options.normalise, deviation)
}

/// Weights by variance: `w = σ²/Σσ²` of the min–max columns (or of another scale), divisor n − 1.
///
/// Policies as for [`standard_deviation`].
///
/// # Errors
/// As [`standard_deviation`].
pub fn statistical_variance(matrix: &Matrix, senses: &[Sense], options: Spread) -> Result<Vec<f64>, MatrixError> {
    by(matrix, senses, Some(options.normalise.unwrap_or(Norm::MinMax)), variance)
}

fn by(
    matrix: &Matrix,
    senses: &[Sense],
    norm: Option<Norm>,
    spread: impl Fn(&[f64]) -> f64,
) -> Result<Vec<f64>, MatrixError> {
    matrix.at_least(2, 1)?;
    let scaled = match norm {
        Some(norm) => normalise(matrix, norm, senses)?,
        None => matrix.clone(),
    };
    Ok(shares(&scaled.iter_columns().map(spread).collect::<Vec<_>>()))
}

/// Weights by the Gini coefficient: `G = ΣΣ|xᵢ − xₖ|/(2n²x̄)`, `w = G/ΣG`.
///
/// Source: C. Gini 1912; G. Li, G. Chi 2009. Does not depend on the unit of measurement. Computed from the sorted column.
/// Constant columns get 0; if all are constant, weights are equal. Zeros are values as any other; the mean of a column
/// that is not constant must be above zero. `NaN`: the matrix has none.
///
/// # Errors
/// [`MatrixError::TooSmall`] for fewer than two units, [`MatrixError::Column`] for a mean not above zero.
pub fn gini(matrix: &Matrix) -> Result<Vec<f64>, MatrixError> {
    matrix.at_least(2, 1)?;
    let n = count(matrix.rows());
    let mut coefficients = Vec::with_capacity(matrix.columns());
    for (column, values) in matrix.iter_columns().enumerate() {
        if crate::stats::is_constant(values) {
            coefficients.push(0.0);
            continue;
        }
        let average = mean(values);
        if average <= 0.0 {
            return Err(MatrixError::Column {
                method: "gini",
                column: matrix.column_name(column).into_owned(),
                rule: "the mean is above zero",
            });
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let differences = exact_sum(sorted.iter().enumerate().map(|(at, value)| (2.0 * count(at) + 1.0 - n) * value));
        coefficients.push(differences / (n * n * average));
    }
    Ok(shares(&coefficients))
}
