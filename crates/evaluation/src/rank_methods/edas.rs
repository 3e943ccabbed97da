//! EDAS: distances above and below the average.

use super::problem::{Better, Problem, Ranked};
use crate::matrix::MatrixError;
use crate::sense::Sense;
use crate::stats::mean;

/// EDAS.
///
/// `PDA = max(0, ±(x − x̄))/x̄` and `NDA = max(0, ∓(x − x̄))/x̄` with the upper sign for benefits; `SP`, `SN` their weighted
/// sums; score `(SP/max SP + 1 − SN/max SN)/2`, higher is better.
/// Source: M. Keshavarz Ghorabaee et al., Informatica 26 (2015) 435–451.
///
/// Constant columns add nothing. If no unit is above the average `SP/max SP` is 0, if none is below, `SN/max SN` is 0.
/// Zeros and negative cells are allowed as long as the average of the column is above zero; a column of zeros adds
/// nothing. `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Column`] for a column whose average is not above zero.
pub fn edas(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    let matrix = problem.matrix();
    let lead = matrix.map_columns(|column, values| {
        let average = mean(values);
        if values.iter().all(|value| *value == 0.0) {
            return Ok(vec![0.0; values.len()]);
        }
        if average <= 0.0 {
            return Err(MatrixError::Column {
                method: "edas",
                column: matrix.column_name(column).into_owned(),
                rule: "the average is above zero",
            });
        }
        let sign = if problem.senses()[column] == Sense::Benefit { 1.0 } else { -1.0 };
        Ok(values.iter().map(|x| sign * (x - average) / average).collect())
    })?;
    let above = problem.row_sums(&lead, |column, cell| problem.weights()[column] * cell.max(0.0));
    let below = problem.row_sums(&lead, |column, cell| problem.weights()[column] * (-cell).max(0.0));
    let part = |values: &[f64]| -> Vec<f64> {
        let most = values.iter().copied().fold(0.0, f64::max);
        values.iter().map(|value| if most > 0.0 { value / most } else { 0.0 }).collect()
    };
    let score = part(&above).iter().zip(part(&below)).map(|(sp, sn)| f64::midpoint(*sp, 1.0 - sn)).collect();
    Ranked::checked(matrix, "edas", score, Better::Higher, vec![("sp", above), ("sn", below)])
}
