//! CODAS: Euclidean distance from the worst, and where that is not clear, taxicab distance.

use serde::{Deserialize, Serialize};

use super::normalise::{Norm, normalise};
use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_parameter};
use crate::stats::range;
use crate::sum::exact_sum;

/// The parameters of [`codas`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Codas {
    /// The difference of Euclidean distances from which taxicab distances count as well.
    pub tau: f64,
}

impl Default for Codas {
    fn default() -> Self {
        Self { tau: 0.02 }
    }
}

/// CODAS.
///
/// On linearly normalised, weighted columns: `E`, `T` the Euclidean and the taxicab distance from the least values;
/// `h(i, k) = (E_i − E_k) + ψ·(T_i − T_k)` with `ψ = 1` if `|E_i − E_k| ≥ τ`, else 0; score `Σ_k h(i, k)`, higher is
/// better. Source: M. Keshavarz Ghorabaee et al., Economic Computation 50 (2016) 25–44 (`ψ` as printed).
///
/// Constant columns add nothing. Zeros: allowed for benefits, refused by name for costs, as are negative cells. `NaN`: the
/// matrix has none. Ties: equal scores share a rank. No table of pairs is kept.
///
/// # Errors
/// As [`normalise`]; [`MatrixError::Parameter`] for a negative τ.
pub fn codas(problem: &Problem<'_>, options: Codas) -> Result<Ranked, MatrixError> {
    check_parameter("tau", options.tau, "it is not negative", options.tau >= 0.0)?;
    let matrix = problem.matrix();
    let above = normalise(matrix, Norm::Linear, problem.senses())?.map_columns(|column, values| {
        let least = range(values).0;
        Ok(values.iter().map(|value| problem.weights()[column] * (value - least)).collect())
    })?;
    let euclid: Vec<f64> = problem.row_sums(&above, |_, v| v * v).into_iter().map(f64::sqrt).collect();
    let taxicab = problem.row_sums(&above, |_, v| v);
    let score = euclid
        .iter()
        .zip(&taxicab)
        .map(|(e, t)| {
            exact_sum(euclid.iter().zip(&taxicab).map(|(other_e, other_t)| {
                let lead = e - other_e;
                lead + if lead.abs() >= options.tau { t - other_t } else { 0.0 }
            }))
        })
        .collect();
    Ranked::checked(matrix, "codas", score, Better::Higher, vec![("e", euclid), ("t", taxicab)])
}
