//! RAFSI: ranking by mapping to fixed intervals, so that ranks cannot reverse.

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use super::spotis::{Bounds, check_bounds};
use crate::matrix::{MatrixError, check_parameter};
use crate::sense::Sense;

/// The parameters of [`rafsi`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rafsi {
    /// The range of each column, from the ideal to the anti-ideal value in rising order.
    pub bounds: Vec<Bounds>,
    /// The value given to the lower bound.
    #[serde(default = "one")]
    pub n1: f64,
    /// How many times better the ideal is.
    #[serde(default = "six")]
    pub n2k: f64,
}

fn one() -> f64 {
    1.0
}

fn six() -> f64 {
    6.0
}

/// RAFSI.
///
/// `s` maps `[low, high]` to `[n₁, n₂ₖ]`; `A = (n₁ + n₂ₖ)/2`, `H = 2/(1/n₁ + 1/n₂ₖ)`; `s/2A` for benefits, `H/2s` for
/// costs; score their weighted sum, higher is better. Source: M. Žižović et al., Mathematics 8 (2020) 1015.
///
/// A unit's score does not depend on the other units. Constant columns, zeros and negative cells are values as any other;
/// a cell out of bounds is refused by name. `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Length`], [`MatrixError::Domain`] for a cell out of bounds, [`MatrixError::Parameter`] unless
/// `0 < n₁ < n₂ₖ`.
pub fn rafsi(problem: &Problem<'_>, options: &Rafsi) -> Result<Ranked, MatrixError> {
    let (low, high) = (options.n1, options.n2k);
    check_parameter("n1", low, "0 < n1 < n2k", low > 0.0 && low < high)?;
    check_parameter("n2k", high, "it is finite", true)?;
    let matrix = problem.matrix();
    check_bounds("rafsi", matrix, &options.bounds)?;
    let (arithmetic, harmonic) = (f64::midpoint(low, high), 2.0 / (1.0 / low + 1.0 / high));
    let score = problem.row_sums(matrix, |column, x| {
        let bounds = options.bounds[column];
        let mapped = low + (high - low) * (x - bounds.low) / (bounds.high - bounds.low);
        problem.weights()[column]
            * match problem.senses()[column] {
                Sense::Benefit => mapped / (2.0 * arithmetic),
                Sense::Cost => harmonic / (2.0 * mapped),
            }
    });
    Ranked::checked(matrix, "rafsi", score, Better::Higher, Vec::new())
}
