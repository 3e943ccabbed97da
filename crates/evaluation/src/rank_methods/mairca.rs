//! MAIRCA: the gap between theoretical and real ratings.

use super::normalise::{Norm, normalise};
use super::problem::{Better, Problem, Ranked};
use crate::matrix::MatrixError;
use crate::stats::count;

/// MAIRCA: `Σ (w/n)·(1 − r)` on min–max columns, lower is better.
///
/// Source: L. Gigović et al., Sustainability 8 (2016) 372.
///
/// Constant columns have `r = 1` and no gap. Zeros and negative cells are values as any other. `NaN`: the matrix has none.
/// Ties: equal scores share a rank.
///
/// # Errors
/// None beyond those of the [`Problem`].
pub fn mairca(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    let table = normalise(problem.matrix(), Norm::MinMax, problem.senses())?;
    let n = count(problem.rows());
    let score = problem.row_sums(&table, |column, r| problem.weights()[column] / n * (1.0 - r));
    Ranked::checked(problem.matrix(), "mairca", score, Better::Lower, Vec::new())
}
