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
    /// The share of the distance to the expected solution against that to the ideal one (the better bounds), in [0, 1]:
    /// balanced SPOTIS where it is below 1.
    #[serde(default = "one")]
    pub alpha: f64,
}

fn one() -> f64 {
    1.0
}

/// SPOTIS: `Σ w·|x − s*|/|high − low|`, lower is better; with `alpha` the balanced form `α·D(expected) + (1 − α)·D(ideal)`.
///
/// Source: J. Dezert et al., *The SPOTIS rank reversal free method*, FUSION 2020; A. Shekhovtsov et al., ICAART 2025.
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
    let alpha = options.alpha;
    check_parameter("alpha", alpha, "0 ≤ alpha ≤ 1", (0.0..=1.0).contains(&alpha))?;
    let ideal: Vec<f64> = options
        .bounds
        .iter()
        .zip(problem.senses())
        .map(|(bounds, sense)| if *sense == Sense::Benefit { bounds.high } else { bounds.low })
        .collect();
    let expected = options.expected.as_ref().unwrap_or(&ideal);
    check_length("expected", expected.len(), matrix.columns())?;
    for (value, bounds) in expected.iter().zip(&options.bounds) {
        let inside = (bounds.low..=bounds.high).contains(value);
        check_parameter("expected", *value, "the expected value lies within the bounds", inside)?;
    }
    let distance = |to: &[f64]| {
        problem.row_sums(matrix, |column, x| {
            let bounds = options.bounds[column];
            problem.weights()[column] * ((x - to[column]) / (bounds.high - bounds.low)).abs()
        })
    };
    let (to_expected, to_ideal) = (distance(expected), distance(&ideal));
    let score = to_expected.iter().zip(&to_ideal).map(|(own, ideal)| alpha * own + (1.0 - alpha) * ideal).collect();
    let parts = vec![("to_expected", to_expected), ("to_ideal", to_ideal)];
    Ranked::checked(matrix, "spotis", score, Better::Lower, parts)
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
