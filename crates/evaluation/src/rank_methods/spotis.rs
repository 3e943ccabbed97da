//! SPOTIS: distance to the ideal within bounds that do not depend on the units, so that ranks cannot reverse.

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use crate::matrix::{Matrix, MatrixError, check_length, check_parameter};
use crate::sense::Sense;

/// The lower and the upper bound of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// The least value possible.
    pub low: f64,
    /// The greatest value possible.
    pub high: f64,
}

impl From<(f64, f64)> for Bounds {
    fn from((low, high): (f64, f64)) -> Self {
        Self { low, high }
    }
}

/// The parameters of [`spotis`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spotis {
    /// The bounds of each column.
    pub bounds: Vec<Bounds>,
    /// The expected solution: the best value of each column; without it the better bound.
    #[serde(default)]
    pub expected: Option<Vec<f64>>,
}

/// SPOTIS: `Σ w·|x − s*|/|high − low|`, lower is better.
///
/// Source: J. Dezert et al., *The SPOTIS rank reversal free method*, FUSION 2020.
///
/// A unit's score does not depend on the other units. Constant columns: as any other, for the bounds are given. Zeros
/// and negative cells are values as any other. A cell or an expected value outside of the bounds is refused by name.
/// `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Length`], [`MatrixError::Parameter`] for bounds that do not rise, [`MatrixError::Domain`] for a cell
/// out of bounds.
pub fn spotis(problem: &Problem<'_>, options: &Spotis) -> Result<Ranked, MatrixError> {
    let matrix = problem.matrix();
    check_bounds("spotis", matrix, &options.bounds)?;
    let best = match &options.expected {
        None => (0..matrix.columns())
            .map(|column| match problem.senses()[column] {
                Sense::Benefit => options.bounds[column].high,
                Sense::Cost => options.bounds[column].low,
            })
            .collect(),
        Some(expected) => {
            check_length("expected", expected.len(), matrix.columns())?;
            for (value, bounds) in expected.iter().zip(&options.bounds) {
                let inside = (bounds.low..=bounds.high).contains(value);
                check_parameter("expected", *value, "the expected value lies within the bounds", inside)?;
            }
            expected.clone()
        }
    };
    let score = problem.row_sums(matrix, |column, x| {
        let bounds = options.bounds[column];
        problem.weights()[column] * ((x - best[column]) / (bounds.high - bounds.low)).abs()
    });
    Ranked::checked(matrix, "spotis", score, Better::Lower, Vec::new())
}

/// Fails unless each column has rising bounds and each cell lies within.
pub(crate) fn check_bounds(method: &'static str, matrix: &Matrix, bounds: &[Bounds]) -> Result<(), MatrixError> {
    check_length("bounds", bounds.len(), matrix.columns())?;
    for (column, Bounds { low, high }) in bounds.iter().enumerate() {
        check_parameter("low", *low, "the lower bound is below the upper one", low < high)?;
        check_parameter("high", *high, "the upper bound is finite", true)?;
        if let Some(row) = matrix.column(column).iter().position(|value| !(*low..=*high).contains(value)) {
            return Err(MatrixError::Domain {
                method,
                row: matrix.row_name(row).into_owned(),
                column: matrix.column_name(column).into_owned(),
                value: matrix.get(row, column),
                rule: "the value lies within the bounds of its column",
            });
        }
    }
    Ok(())
}
