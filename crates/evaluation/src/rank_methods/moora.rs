//! MOORA and RAM: benefits against costs, as a difference and as a root.

use super::problem::{Better, Problem, Ranked};
use crate::matrix::{Matrix, MatrixError};
use crate::rank_methods::normalise::{Norm, normalise};
use crate::sense::Sense;

/// MOORA, ratio system: `Σ w·r` of the benefits less that of the costs, with `r = x/√Σx²`; higher is better.
///
/// Source: W. K. M. Brauers, E. K. Zavadskas, Control and Cybernetics 35 (2006) 445–469.
///
/// Without costs the second sum is 0 (pymcdm refuses the table). Constant columns add the same to every unit, columns of
/// zeros nothing. Zeros and negative cells are values as any other. `NaN`: the matrix has none. Ties: equal scores share a
/// rank.
///
/// # Errors
/// None beyond those of the [`Problem`].
pub fn moora(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    let table = as_benefits(problem, Norm::Vector)?;
    let score = problem.row_sums(&table, |column, r| match problem.senses()[column] {
        Sense::Benefit => problem.weights()[column] * r,
        Sense::Cost => -problem.weights()[column] * r,
    });
    Ranked::checked(problem.matrix(), "moora", score, Better::Higher, Vec::new())
}

/// RAM: `(2 + S⁺)^(1/(2 + S⁻))` with the weighted sums of the benefits and of the costs, `r = x/Σx`; higher is better.
///
/// Source: A. Sotoudeh-Anvari, Decision Science Letters 12 (2023) 451–462.
///
/// Constant columns add the same to every unit, columns of zeros nothing. Zeros are allowed, negative cells are refused.
/// `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Domain`] for a negative cell.
pub fn ram(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    let table = as_benefits(problem, Norm::Sum)?;
    let sum_of =
        |sense: Sense| {
            problem.row_sums(&table, |column, r| {
                if problem.senses()[column] == sense { problem.weights()[column] * r } else { 0.0 }
            })
        };
    let (gain, cost) = (sum_of(Sense::Benefit), sum_of(Sense::Cost));
    let score = gain.iter().zip(&cost).map(|(plus, minus)| libm::pow(2.0 + plus, 1.0 / (2.0 + minus))).collect();
    Ranked::checked(problem.matrix(), "ram", score, Better::Higher, vec![("s_plus", gain), ("s_minus", cost)])
}

fn as_benefits(problem: &Problem<'_>, norm: Norm) -> Result<Matrix, MatrixError> {
    normalise(problem.matrix(), norm, &vec![Sense::Benefit; problem.matrix().columns()])
}
