//! ARAS: utility relative to an optimal unit.

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_length, check_parameter};
use crate::sense::Sense;
use crate::sum::exact_sum;

/// The parameters of [`aras`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Aras {
    /// The optimal value of each column; without it the best one present.
    pub optimal: Option<Vec<f64>>,
}

/// ARAS.
///
/// With the optimal unit as a further row, `r = x/Σx` for benefits and `(1/x)/Σ(1/x)` for costs; `S = Σ w·r`; score
/// `S/S₀`, higher is better.
/// Source: E. K. Zavadskas, Z. Turskis, Technological and Economic Development of Economy 16 (2010) 159–172.
///
/// Constant columns add the same to every unit. A benefit column of zeros adds nothing; a cost of zero and negative cells
/// are refused by name. `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Domain`], [`MatrixError::Length`], [`MatrixError::Parameter`] for an optimal value out of range,
/// [`MatrixError::NoAnswer`] if the optimal unit has no utility.
pub fn aras(problem: &Problem<'_>, options: &Aras) -> Result<Ranked, MatrixError> {
    const NAME: &str = "aras";
    let matrix = problem.matrix();
    problem.require_ratios(NAME)?;
    let optimal: Vec<f64> = match &options.optimal {
        None => (0..matrix.columns()).map(|column| problem.best_and_worst(column).0).collect(),
        Some(optimal) => {
            check_length("optimal", optimal.len(), matrix.columns())?;
            for (value, sense) in optimal.iter().zip(problem.senses()) {
                let holds = if *sense == Sense::Cost { *value > 0.0 } else { *value >= 0.0 };
                check_parameter("optimal", *value, "it is not negative, and for a cost above zero", holds)?;
            }
            optimal.clone()
        }
    };
    let part = |column: usize, value: f64| {
        let turned = |x: f64| if problem.senses()[column] == Sense::Cost { 1.0 / x } else { x };
        let total = exact_sum(matrix.column(column).iter().chain([&optimal[column]]).map(|&x| turned(x)));
        if total > 0.0 { problem.weights()[column] * (turned(value) / total) } else { 0.0 }
    };
    let shares = matrix.map_columns(|column, values| Ok(values.iter().map(|&value| part(column, value)).collect()))?;
    let best = exact_sum(optimal.iter().enumerate().map(|(column, &value)| part(column, value)));
    if best <= 0.0 {
        return Err(MatrixError::NoAnswer { method: NAME, reason: "the optimal unit has no utility".to_owned() });
    }
    let sums = problem.row_sums(&shares, |_, cell| cell);
    let score = sums.iter().map(|s| s / best).collect();
    Ranked::checked(matrix, NAME, score, Better::Higher, vec![("s", sums)])
}
