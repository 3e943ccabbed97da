//! TOPSIS: near to the best, far from the worst.

use serde::{Deserialize, Serialize};

use super::normalise::{Norm, normalise};
use super::problem::{Better, Problem, Ranked};
use crate::matrix::MatrixError;
use crate::stats::range;
use crate::sum::exact_sum;

/// The parameters of [`topsis`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Topsis {
    /// How the columns are brought to one scale; `vector` in the original.
    pub normalise: Norm,
}

impl Default for Topsis {
    fn default() -> Self {
        Self { normalise: Norm::Vector }
    }
}

/// TOPSIS.
///
/// `v = w·r`; `D⁺ = √Σ(v − max v)²`, `D⁻ = √Σ(v − min v)²` over the columns, score `D⁻/(D⁺ + D⁻)` in [0, 1], higher is
/// better. A cost column is turned by its normalisation, so that the greatest `v` is best in every column.
/// Source: C. L. Hwang, K. Yoon, *Multiple Attribute Decision Making*, 1981.
///
/// Constant columns add nothing to either distance. If all units are the same (`D⁺ = D⁻ = 0`) each scores 0.5. Zeros and
/// negative cells: as the normalisation says. `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// As [`normalise`].
pub fn topsis(problem: &Problem<'_>, options: Topsis) -> Result<Ranked, MatrixError> {
    let matrix = problem.matrix();
    let weighted = normalise(matrix, options.normalise, problem.senses())?
        .map_columns(|column, values| Ok(values.iter().map(|value| value * problem.weights()[column]).collect()))?;
    let ends: Vec<(f64, f64)> = weighted.iter_columns().map(range).collect();
    let distance = |to: &dyn Fn(usize) -> f64| -> Vec<f64> {
        (0..weighted.rows())
            .map(|row| {
                exact_sum(weighted.row(row).enumerate().map(|(column, v)| (v - to(column)) * (v - to(column)))).sqrt()
            })
            .collect()
    };
    let to_best = distance(&|column| ends[column].1);
    let to_worst = distance(&|column| ends[column].0);
    let score = to_best
        .iter()
        .zip(&to_worst)
        .map(|(plus, minus)| if plus + minus > 0.0 { minus / (plus + minus) } else { 0.5 })
        .collect();
    let parts = vec![("distance_to_best", to_best), ("distance_to_worst", to_worst)];
    Ranked::checked(matrix, "topsis", score, Better::Higher, parts)
}
