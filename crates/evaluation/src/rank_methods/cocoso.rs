//! CoCoSo: a compromise of sums and powers.

use serde::{Deserialize, Serialize};

use super::normalise::{Norm, normalise};
use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_parameter};
use crate::stats::range;
use crate::sum::exact_sum;

/// The parameters of [`cocoso`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cocoso {
    /// The share of the sums against the powers, in [0, 1].
    pub lambda: f64,
}

impl Default for Cocoso {
    fn default() -> Self {
        Self { lambda: 0.5 }
    }
}

/// CoCoSo.
///
/// On min–max columns `S = Σ w·r`, `P = Σ r^w`; `kₐ = (P + S)/Σ(P + S)`, `k_b = S/min S + P/min P`,
/// `k_c = (λS + (1 − λ)P)/(λ max S + (1 − λ) max P)`; score `(kₐ·k_b·k_c)^⅓ + (kₐ + k_b + k_c)/3`, higher is better.
/// Source: M. Yazdani et al., Management Decision 57 (2019) 2501–2519.
///
/// Constant columns give every unit `r = 1`. A column of weight 0 adds nothing to `S` and 1 to `P`. Zeros and negative
/// cells are values as any other, but if a unit is worst in all columns (`S = 0`) there is no answer. `NaN`: the matrix
/// has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Parameter`] if λ is outside of [0, 1], [`MatrixError::NoAnswer`] for a unit worst in all.
pub fn cocoso(problem: &Problem<'_>, options: Cocoso) -> Result<Ranked, MatrixError> {
    const NAME: &str = "cocoso";
    let lambda = options.lambda;
    check_parameter("lambda", lambda, "0 ≤ lambda ≤ 1", (0.0..=1.0).contains(&lambda))?;
    let matrix = problem.matrix();
    let table = normalise(matrix, Norm::MinMax, problem.senses())?;
    let sums = problem.row_sums(&table, |column, r| problem.weights()[column] * r);
    let powers = problem.row_sums(&table, |column, r| libm::pow(r, problem.weights()[column]));
    let ((least_sum, most_sum), (least_power, most_power)) = (range(&sums), range(&powers));
    if let Some(row) = sums.iter().zip(&powers).position(|(s, p)| *s <= 0.0 || *p <= 0.0) {
        let reason = format!("row {} is worst in every column", matrix.row_name(row));
        return Err(MatrixError::NoAnswer { method: NAME, reason });
    }
    let whole = exact_sum(sums.iter().chain(&powers).copied());
    let score = sums
        .iter()
        .zip(&powers)
        .map(|(&s, &p)| {
            let a = (p + s) / whole;
            let b = s / least_sum + p / least_power;
            let c = (lambda * s + (1.0 - lambda) * p) / (lambda * most_sum + (1.0 - lambda) * most_power);
            libm::cbrt(a * b * c) + (a + b + c) / 3.0
        })
        .collect();
    Ranked::checked(matrix, NAME, score, Better::Higher, vec![("s", sums), ("p", powers)])
}
