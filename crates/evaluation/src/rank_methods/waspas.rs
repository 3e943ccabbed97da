//! WASPAS, and the weighted sum and weighted product it is made of.

use serde::{Deserialize, Serialize};

use super::normalise::{Norm, normalise};
use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_parameter};
use crate::sum::exact_sum;

/// The parameters of [`waspas`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Waspas {
    /// The share of the weighted sum against the weighted product, in [0, 1].
    pub lambda: f64,
    /// How the columns are brought to one scale; `linear` in the original.
    pub normalise: Norm,
}

impl Default for Waspas {
    fn default() -> Self {
        Self { lambda: 0.5, normalise: Norm::Linear }
    }
}

/// The parameters of [`weighted_sum`] and [`weighted_product`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weighted {
    /// How the columns are brought to one scale.
    pub normalise: Norm,
}

impl Default for Weighted {
    fn default() -> Self {
        Self { normalise: Norm::Sum }
    }
}

/// WASPAS: `λ·Σ w·r + (1 − λ)·Π r^w`, higher is better.
///
/// Source: E. K. Zavadskas et al., Elektronika ir Elektrotechnika 122 (2012) 3–6.
///
/// Constant columns: as the normalisation says, the same for every unit. Zeros: a unit with `r = 0` in a column of weight
/// above 0 has the product 0 (a weight of 0 takes the column out: `0⁰ = 1`). `NaN`: the matrix has none. Ties: equal
/// scores share a rank.
///
/// # Errors
/// [`MatrixError::Parameter`] if λ is outside of [0, 1]; as [`normalise`]; [`MatrixError::Domain`] if a normalised value
/// is negative, for it has no real power.
pub fn waspas(problem: &Problem<'_>, options: Waspas) -> Result<Ranked, MatrixError> {
    let lambda = options.lambda;
    check_parameter("lambda", lambda, "0 ≤ lambda ≤ 1", (0.0..=1.0).contains(&lambda))?;
    let sum = weighted_sum(problem, Weighted { normalise: options.normalise })?.score;
    let product = weighted_product(problem, Weighted { normalise: options.normalise })?.score;
    let score = sum.iter().zip(&product).map(|(s, p)| lambda * s + (1.0 - lambda) * p).collect();
    Ranked::checked(problem.matrix(), "waspas", score, Better::Higher, vec![("sum", sum), ("product", product)])
}

/// The weighted sum `Σ w·r`, higher is better. Policies as for [`waspas`].
///
/// # Errors
/// As [`normalise`].
pub fn weighted_sum(problem: &Problem<'_>, options: Weighted) -> Result<Ranked, MatrixError> {
    let table = normalise(problem.matrix(), options.normalise, problem.senses())?;
    let score = problem.row_sums(&table, |column, cell| problem.weights()[column] * cell);
    Ranked::checked(problem.matrix(), "weighted_sum", score, Better::Higher, Vec::new())
}

/// The weighted product `Π r^w`, higher is better. Policies as for [`waspas`].
///
/// # Errors
/// As [`normalise`]; [`MatrixError::Domain`] if a normalised value is negative.
pub fn weighted_product(problem: &Problem<'_>, options: Weighted) -> Result<Ranked, MatrixError> {
    let table = normalise(problem.matrix(), options.normalise, problem.senses())?;
    table.require("weighted_product", "the normalised value is not negative", |value| value >= 0.0)?;
    let weights = problem.weights();
    let score = (0..table.rows())
        .map(|row| {
            let in_play = || table.row(row).enumerate().filter(|&(column, _)| weights[column] > 0.0);
            if in_play().any(|(_, cell)| cell == 0.0) {
                return 0.0;
            }
            libm::exp(exact_sum(in_play().map(|(column, cell)| weights[column] * libm::log(cell))))
        })
        .collect();
    Ranked::checked(problem.matrix(), "weighted_product", score, Better::Higher, Vec::new())
}
