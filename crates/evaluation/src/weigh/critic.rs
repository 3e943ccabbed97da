//! Weights by contrast and conflict (CRITIC), and by distance to an even column (angle).

use crate::matrix::{Matrix, MatrixError};
use crate::rank_methods::normalise::{Norm, normalise};
use crate::sense::Sense;
use crate::stats::{count, deviation, is_constant, pearson, shares};
use crate::sum::exact_sum;

/// CRITIC.
///
/// On min–max columns: `C = σ·Σ(1 − ρ)` over all columns with Pearson's ρ, `w = C/ΣC`; σ with divisor n − 1. The columns
/// are turned by their sense, so that a cost and a benefit that go together are in conflict.
/// Source: D. Diakoulaki, G. Mavrotas, L. Papayannakis, Computers & Operations Research 22 (1995) 763–770.
///
/// Constant columns have no contrast: weight 0, and no part in the conflict of the others (peers return `NaN` for all).
/// If no column has any (one column alone, or all the same) weights are equal. Zeros and negative cells are values as any
/// other. `NaN`: the matrix has none.
///
/// # Errors
/// [`MatrixError::TooSmall`] for fewer than two units.
pub fn critic(matrix: &Matrix, senses: &[Sense]) -> Result<Vec<f64>, MatrixError> {
    matrix.at_least(2, 1)?;
    let table = normalise(matrix, Norm::MinMax, senses)?;
    let columns: Vec<&[f64]> = table.iter_columns().collect();
    let information: Vec<f64> = (0..columns.len())
        .map(|own| {
            if is_constant(columns[own]) {
                return 0.0;
            }
            let conflict = exact_sum(
                (0..columns.len())
                    .filter(|&other| other != own && !is_constant(columns[other]))
                    .map(|other| 1.0 - pearson(columns[own], columns[other])),
            );
            deviation(columns[own]) * conflict
        })
        .collect();
    Ok(shares(&information))
}

/// Angle weights: `u = arccos(Σp/(√Σp²·√n))` of the columns scaled to the sum 1, the angle to an even column;
/// `w = u/Σu`.
///
/// Source: D. Shuai et al., IEEE ISRA 2012.
///
/// Constant columns get 0; if all are constant, weights are equal. Zeros are allowed; negative cells and columns of zeros
/// are refused. `NaN`: the matrix has none.
///
/// # Errors
/// [`MatrixError::TooSmall`] for fewer than two units, [`MatrixError::Domain`] for a negative cell.
pub fn angle(matrix: &Matrix) -> Result<Vec<f64>, MatrixError> {
    matrix.at_least(2, 1)?;
    matrix.require("angle", "the value is not negative", |value| value >= 0.0)?;
    let n = count(matrix.rows());
    let angles: Vec<f64> = matrix
        .iter_columns()
        .map(|values| {
            if is_constant(values) {
                return 0.0;
            }
            let total = exact_sum(values.iter().copied());
            let length = exact_sum(values.iter().map(|value| value * value)).sqrt();
            libm::acos((total / (length * n.sqrt())).min(1.0))
        })
        .collect();
    Ok(shares(&angles))
}
