//! AROMAN: two normalisations averaged.

use serde::{Deserialize, Serialize};

use super::normalise::{Norm, normalise};
use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_parameter};
use crate::sense::Sense;

/// The parameters of [`aroman`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Aroman {
    /// The share of min–max against vector normalisation, in [0, 1].
    pub beta: f64,
    /// The exponent of the costs; that of the benefits is one less it. In [0, 1].
    pub lambda: f64,
}

impl Default for Aroman {
    fn default() -> Self {
        Self { beta: 0.5, lambda: 0.5 }
    }
}

/// AROMAN.
///
/// `t = (β·minmax + (1 − β)·vector)/2`, neither turned for costs; `L`, `A` the weighted sums of costs and benefits; score
/// `L^λ + A^(1−λ)`, higher is better. Source: S. Bošković et al., IEEE Access 11 (2023) 39496–39507. As printed, more
/// costs raise the score: the method is offered to reproduce published tables.
///
/// Constant columns add the same to every unit. Zeros are allowed; a negative weighted sum has no real power and is
/// refused. `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Parameter`] for β or λ out of range, [`MatrixError::NoAnswer`] for a negative sum.
pub fn aroman(problem: &Problem<'_>, options: Aroman) -> Result<Ranked, MatrixError> {
    let Aroman { beta, lambda } = options;
    check_parameter("beta", beta, "0 ≤ beta ≤ 1", (0.0..=1.0).contains(&beta))?;
    check_parameter("lambda", lambda, "0 ≤ lambda ≤ 1", (0.0..=1.0).contains(&lambda))?;
    let matrix = problem.matrix();
    let raw = vec![Sense::Benefit; matrix.columns()];
    let (ranged, vector) = (normalise(matrix, Norm::MinMax, &raw)?, normalise(matrix, Norm::Vector, &raw)?);
    let table = ranged.map_columns(|column, values| {
        let other = vector.column(column);
        Ok(values.iter().zip(other).map(|(r, v)| (beta * r + (1.0 - beta) * v) / 2.0).collect())
    })?;
    let sum_of =
        |sense: Sense| {
            problem.row_sums(&table, |column, t| {
                if problem.senses()[column] == sense { problem.weights()[column] * t } else { 0.0 }
            })
        };
    let (costs, benefits) = (sum_of(Sense::Cost), sum_of(Sense::Benefit));
    let score = costs.iter().zip(&benefits).map(|(l, a)| libm::pow(*l, lambda) + libm::pow(*a, 1.0 - lambda)).collect();
    Ranked::checked(matrix, "aroman", score, Better::Higher, vec![("costs", costs), ("benefits", benefits)])
}
