//! OCRA: operational competitiveness from benefits and costs.

use super::problem::{Better, Problem, Ranked};
use crate::matrix::MatrixError;
use crate::sense::Sense;
use crate::stats::range;

/// OCRA.
///
/// `I = Σ w·(max − x)/min` over the costs, `O = Σ w·(x − min)/min` over the benefits, each less its least value over the
/// units; score their sum less its least value, higher is better.
/// Source: C. Parkan, M. L. Wu, Computers & Operations Research 26 (1999) 1053–1068.
///
/// Constant columns add nothing. Cells must be above zero, for the least one divides; others are refused by name. `NaN`:
/// the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Domain`] for a cell that is not above zero.
pub fn ocra(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    let matrix = problem.matrix();
    matrix.require("ocra", "the value is above zero", |value| value > 0.0)?;
    let rated = matrix.map_columns(|column, values| {
        let (low, high) = range(values);
        Ok(values
            .iter()
            .map(|x| match problem.senses()[column] {
                Sense::Cost => (high - x) / low,
                Sense::Benefit => (x - low) / low,
            })
            .collect())
    })?;
    let from_least = |values: Vec<f64>| -> Vec<f64> {
        let least = range(&values).0;
        values.iter().map(|value| value - least).collect()
    };
    let sum_of = |sense: Sense| {
        from_least(problem.row_sums(&rated, |column, cell| {
            if problem.senses()[column] == sense { problem.weights()[column] * cell } else { 0.0 }
        }))
    };
    let (inputs, outputs) = (sum_of(Sense::Cost), sum_of(Sense::Benefit));
    let score = from_least(inputs.iter().zip(&outputs).map(|(i, o)| i + o).collect());
    Ranked::checked(matrix, "ocra", score, Better::Higher, vec![("inputs", inputs), ("outputs", outputs)])
}
