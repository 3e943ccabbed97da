//! LMAW: additive weighting of logarithms.

use super::problem::{Better, Problem, Ranked};
use crate::matrix::MatrixError;
use crate::sense::Sense;
use crate::sum::exact_sum;

/// LMAW.
///
/// `ϑ = (x + max)/max` for benefits, `(x + min)/x` for costs; `φ = ln ϑ / ln Π ϑ`; score
/// `Σ 2φ^w/((2 − φ)^w + φ^w)`, higher is better. Source: D. Pamučar et al., Facta Universitatis 19 (2021) 361–380.
///
/// Constant columns give every unit `φ = 1/n`. Zeros: allowed for benefits (`φ = 0`), refused by name for costs, as are
/// negative cells; a benefit column of zeros has no logarithm and is refused. `NaN`: the matrix has none. Ties: equal
/// scores share a rank.
///
/// # Errors
/// [`MatrixError::Domain`] for a cell out of range, [`MatrixError::Column`] for a benefit column of zeros.
pub fn lmaw(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    const NAME: &str = "lmaw";
    let matrix = problem.matrix();
    problem.require_ratios(NAME)?;
    let shares = matrix.map_columns(|column, values| {
        let (best, _) = problem.best_and_worst(column);
        let logs: Vec<f64> = values
            .iter()
            .map(|x| libm::log1p(if problem.senses()[column] == Sense::Benefit { x / best } else { best / x }))
            .collect();
        let total = exact_sum(logs.iter().copied());
        if total.is_nan() || total <= 0.0 {
            let column = matrix.column_name(column).into_owned();
            return Err(MatrixError::Column { method: NAME, column, rule: "some benefit is above zero" });
        }
        Ok(logs.iter().map(|log| log / total).collect())
    })?;
    let score = problem.row_sums(&shares, |column, phi| {
        let weight = problem.weights()[column];
        let power = libm::pow(phi, weight);
        2.0 * power / (libm::pow(2.0 - phi, weight) + power)
    });
    Ranked::checked(matrix, NAME, score, Better::Higher, Vec::new())
}
