//! MABAC: distances from the border area.

use super::normalise::{Norm, normalise};
use super::problem::{Better, Problem, Ranked};
use crate::matrix::MatrixError;
use crate::stats::count;
use crate::sum::exact_sum;

/// MABAC.
///
/// Min–max `r`, `v = w·(r + 1)`, border `g = (Π v)^(1/n)` of each column, score `Σ(v − g)`, higher is better.
/// Source: D. Pamučar, G. Ćirović, Expert Systems with Applications 42 (2015) 3016–3028.
///
/// Constant columns have `v = g` and add nothing (up to the rounding of a root); columns of weight 0 add nothing. Zeros
/// and negative cells are values as any other. `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// None beyond those of the [`Problem`].
pub fn mabac(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    let matrix = problem.matrix();
    let distance = normalise(matrix, Norm::MinMax, problem.senses())?.map_columns(|column, values| {
        let weight = problem.weights()[column];
        // g = w·(Π(r + 1))^(1/n): the weight stands outside, so that no product vanishes.
        let border = libm::exp(exact_sum(values.iter().map(|r| libm::log1p(*r))) / count(values.len()));
        Ok(values.iter().map(|r| weight * (r + 1.0 - border)).collect())
    })?;
    let score = problem.row_sums(&distance, |_, cell| cell);
    Ranked::checked(matrix, "mabac", score, Better::Higher, Vec::new())
}
