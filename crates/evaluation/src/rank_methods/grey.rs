//! Grey relational analysis (灰色关联分析).

use serde::{Deserialize, Serialize};

use super::normalise::{Norm, normalise};
use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_parameter};
use crate::stats::range;

/// The parameters of [`grey_relational`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grey {
    /// The distinguishing coefficient ρ, in (0, 1].
    pub rho: f64,
    /// How the columns are brought to one scale; `min_max` in the original.
    pub normalise: Norm,
}

impl Default for Grey {
    fn default() -> Self {
        Self { rho: 0.5, normalise: Norm::MinMax }
    }
}

/// Grey relational analysis.
///
/// `Δ = |best r − r|` after normalisation, `ξ = (Δmin + ρ·Δmax)/(Δ + ρ·Δmax)` with the extremes over the whole table,
/// score `Σ w·ξ`, higher is better.
/// Source: J. L. Deng, *Introduction to grey system theory*, Journal of Grey System 1 (1989) 1–24.
///
/// Constant columns have `Δ = 0` and `ξ = 1` for every unit; if all columns are constant every `ξ` is 1. Zeros and
/// negative cells: as the normalisation says. `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Parameter`] if ρ is outside of (0, 1]; as [`normalise`].
pub fn grey_relational(problem: &Problem<'_>, options: Grey) -> Result<Ranked, MatrixError> {
    let rho = options.rho;
    check_parameter("rho", rho, "0 < rho ≤ 1", rho > 0.0 && rho <= 1.0)?;
    let matrix = problem.matrix();
    let gaps = normalise(matrix, options.normalise, problem.senses())?.map_columns(|_, values| {
        let best = range(values).1;
        Ok(values.iter().map(|value| (best - value).abs()).collect())
    })?;
    let (least, most) = range(gaps.cells());
    let score = problem.row_sums(&gaps, |column, gap| {
        let coefficient = if most > 0.0 { (least + rho * most) / (gap + rho * most) } else { 1.0 };
        problem.weights()[column] * coefficient
    });
    Ranked::checked(matrix, "grey_relational", score, Better::Higher, Vec::new())
}
