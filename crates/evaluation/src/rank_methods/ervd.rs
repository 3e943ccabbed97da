//! ERVD: election by relative value distances, with losses weighing more than gains.

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_length, check_parameter};
use crate::sense::Sense;
use crate::stats::range;
use crate::sum::exact_sum;

/// The parameters of [`ervd`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ervd {
    /// The reference value of each column, between loss and gain.
    pub reference: Vec<f64>,
    /// How much more a loss weighs than a gain.
    #[serde(default = "loss")]
    pub lambda: f64,
    /// How the value of a gain or loss flattens.
    #[serde(default = "flattening")]
    pub alpha: f64,
}

fn loss() -> f64 {
    2.25
}

fn flattening() -> f64 {
    0.88
}

/// ERVD.
///
/// `r = x/Σx`, reference `φ = reference/Σx`; value `(r − φ)^α` of a gain, `−λ·(φ − r)^α` of a loss (turned for costs);
/// `S⁺`, `S⁻` the weighted taxicab distances to the best and the worst value of each column; score `S⁻/(S⁺ + S⁻)`, higher
/// is better. Source: H.-J. Shyur et al., Mathematical Problems in Engineering (2015) 259712.
///
/// Constant columns add nothing; if all units are the same each scores 0.5. Zeros are allowed; negative cells and columns
/// of zeros are refused. `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Length`], [`MatrixError::Parameter`] for λ or α not above zero, [`MatrixError::Domain`] for a negative
/// cell, [`MatrixError::Column`] for a column of zeros.
pub fn ervd(problem: &Problem<'_>, options: &Ervd) -> Result<Ranked, MatrixError> {
    const NAME: &str = "ervd";
    let matrix = problem.matrix();
    check_length("reference", options.reference.len(), matrix.columns())?;
    check_parameter("lambda", options.lambda, "it is above zero", options.lambda > 0.0)?;
    check_parameter("alpha", options.alpha, "it is above zero", options.alpha > 0.0)?;
    matrix.require(NAME, "the value is not negative", |value| value >= 0.0)?;
    let valued = matrix.map_columns(|column, values| {
        let total = exact_sum(values.iter().copied());
        if total <= 0.0 {
            let column = matrix.column_name(column).into_owned();
            return Err(MatrixError::Column { method: NAME, column, rule: "some value is above zero" });
        }
        let sign = if problem.senses()[column] == Sense::Benefit { 1.0 } else { -1.0 };
        Ok(values
            .iter()
            .map(|x| {
                let gain = sign * (x / total - options.reference[column] / total);
                if gain > 0.0 {
                    libm::pow(gain, options.alpha)
                } else {
                    -options.lambda * libm::pow(-gain, options.alpha)
                }
            })
            .collect())
    })?;
    let ends: Vec<(f64, f64)> = valued.iter_columns().map(range).collect();
    let to_best = problem.row_sums(&valued, |column, v| problem.weights()[column] * (ends[column].1 - v));
    let to_worst = problem.row_sums(&valued, |column, v| problem.weights()[column] * (v - ends[column].0));
    let score = to_best
        .iter()
        .zip(&to_worst)
        .map(|(plus, minus)| if plus + minus > 0.0 { minus / (plus + minus) } else { 0.5 })
        .collect();
    Ranked::checked(matrix, NAME, score, Better::Higher, vec![("s_plus", to_best), ("s_minus", to_worst)])
}
