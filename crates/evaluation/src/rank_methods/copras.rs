//! COPRAS: significance from the sums of benefits and of costs.

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use crate::matrix::MatrixError;
use crate::sense::Sense;
use crate::sum::exact_sum;

/// What the sum of costs does to the significance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostTerm {
    /// `Σ S⁻ / (S⁻ᵢ · Σ 1/S⁻)`: fewer costs, more significance. This is the definition.
    #[default]
    Inverse,
    /// `S⁻ᵢ`: costs are added as if they were benefits. Only to reproduce tables printed so (pymcdm 1.4).
    Added,
}

/// The parameters of [`copras`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Copras {
    /// What the sum of costs does.
    pub cost_term: CostTerm,
}

/// COPRAS.
///
/// `r = x/Σx` in each column, `S⁺`, `S⁻` the weighted sums of the benefit and of the cost columns,
/// `Q = S⁺ + ΣS⁻/(S⁻ᵢ·Σ(1/S⁻))`, score `Q/max Q` in (0, 1], higher is better.
/// Source: E. K. Zavadskas, A. Kaklauskas, V. Sarka, Technological and Economic Development of Economy 1 (1994) 131–139;
/// Zavadskas et al., Baltic Journal of Road and Bridge Engineering 2 (2007) 195–203.
///
/// Without a cost column the second term is 0. A column of zeros adds nothing. Constant columns add the same to every
/// unit. A unit whose costs are all zero has no finite significance and is refused by name. Negative cells are refused.
/// `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Domain`] for a negative cell, [`MatrixError::NoAnswer`] for a unit without costs, or if every
/// significance is 0.
pub fn copras(problem: &Problem<'_>, options: Copras) -> Result<Ranked, MatrixError> {
    const NAME: &str = "copras";
    let matrix = problem.matrix();
    matrix.require(NAME, "the value is not negative", |value| value >= 0.0)?;
    let parts = matrix.map_columns(|column, values| {
        let total = exact_sum(values.iter().copied());
        let weight = problem.weights()[column];
        Ok(values.iter().map(|x| if total > 0.0 { weight * (x / total) } else { 0.0 }).collect())
    })?;
    let sum_of = |sense: Sense| {
        problem.row_sums(&parts, |column, cell| if problem.senses()[column] == sense { cell } else { 0.0 })
    };
    let (gain, cost) = (sum_of(Sense::Benefit), sum_of(Sense::Cost));
    let any_cost = cost.iter().any(|value| *value > 0.0);
    let significance: Vec<f64> = match options.cost_term {
        CostTerm::Added => gain.iter().zip(&cost).map(|(s, c)| s + c).collect(),
        CostTerm::Inverse if !any_cost => gain.clone(),
        CostTerm::Inverse => {
            if let Some(row) = cost.iter().position(|value| *value <= 0.0) {
                let reason = format!("row {} has no costs, its significance is infinite", matrix.row_name(row));
                return Err(MatrixError::NoAnswer { method: NAME, reason });
            }
            let (total, inverse) = (exact_sum(cost.iter().copied()), exact_sum(cost.iter().map(|value| 1.0 / value)));
            gain.iter().zip(&cost).map(|(s, c)| s + total / (c * inverse)).collect()
        }
    };
    let most = significance.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return Err(MatrixError::NoAnswer { method: NAME, reason: "no unit has any significance".to_owned() });
    }
    let score = significance.iter().map(|value| value / most).collect();
    let parts = vec![("s_plus", gain), ("s_minus", cost), ("q", significance)];
    Ranked::checked(matrix, NAME, score, Better::Higher, parts)
}
