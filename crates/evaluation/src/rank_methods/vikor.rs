//! VIKOR: a compromise between the sum of the regrets and the greatest regret.

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_parameter};
use crate::stats::{count, range};
use crate::sum::exact_sum;

/// The parameters of [`vikor`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vikor {
    /// The share of the sum of regrets against the greatest regret, in [0, 1].
    pub v: f64,
}

impl Default for Vikor {
    fn default() -> Self {
        Self { v: 0.5 }
    }
}

/// VIKOR.
///
/// Regret `w·(f* − x)/(f* − f⁻)` for each column, `S` their sum, `R` their greatest,
/// `Q = v·(S − S*)/(S⁻ − S*) + (1 − v)·(R − R*)/(R⁻ − R*)`, where * is the least and ⁻ the greatest over the units. The
/// score is `Q`, lower is better; `S` and `R` are among the parts.
/// Source: S. Opricovic, G.-H. Tzeng, European Journal of Operational Research 156 (2004) 445–455.
///
/// Constant columns and columns of weight 0 have no regret (peers return `NaN` for all units here). If `S` or `R` is the
/// same for all units its term is 0. Zeros and negative cells are values as any other. `NaN`: the matrix has none.
/// Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Parameter`] if `v` is outside of [0, 1].
pub fn vikor(problem: &Problem<'_>, options: Vikor) -> Result<Ranked, MatrixError> {
    let v = options.v;
    check_parameter("v", v, "0 ≤ v ≤ 1", (0.0..=1.0).contains(&v))?;
    let matrix = problem.matrix();
    let regret = matrix.map_columns(|column, values| {
        let (best, worst) = problem.best_and_worst(column);
        let weight = problem.weights()[column];
        Ok(values.iter().map(|x| if best == worst { 0.0 } else { weight * ((best - x) / (best - worst)) }).collect())
    })?;
    let group = problem.row_sums(&regret, |_, cell| cell);
    let single: Vec<f64> = (0..matrix.rows()).map(|row| regret.row(row).fold(0.0, f64::max)).collect();
    let scaled = |values: &[f64]| -> Vec<f64> {
        let (low, high) = range(values);
        values.iter().map(|value| if high > low { (value - low) / (high - low) } else { 0.0 }).collect()
    };
    let score = scaled(&group).iter().zip(scaled(&single)).map(|(s, r)| exact_sum([v * s, (1.0 - v) * r])).collect();
    Ranked::checked(matrix, "vikor", score, Better::Lower, vec![("s", group), ("r", single)])
}

/// The compromise set of a VIKOR result: the first unit alone if it leads clearly and is stable, otherwise those that
/// cannot be told from it.
///
/// The first by `Q` stands alone if `Q(2nd) − Q(1st) ≥ 1/(n − 1)` and it is also best by `S` or by `R`. If it only fails
/// to be stable, the first two are the set; if it does not lead clearly, all with `Q − Q(1st) < 1/(n − 1)`. Units are
/// given in order of `Q`, equal ones by their row.
#[must_use]
pub fn compromise(result: &Ranked) -> Vec<usize> {
    let mut order: Vec<usize> = (0..result.score.len()).collect();
    order.sort_by(|&a, &b| result.score[a].total_cmp(&result.score[b]));
    let (Some(&first), Some(&second)) = (order.first(), order.get(1)) else { return order };
    let step = 1.0 / (count(order.len()) - 1.0);
    let lead = |unit: usize| result.score[unit] - result.score[first];
    let best_by =
        |name: &str| result.part(name).is_some_and(|values| values.iter().all(|value| values[first] <= *value));
    if lead(second) < step {
        order.into_iter().take_while(|&unit| unit == first || lead(unit) < step).collect()
    } else if best_by("s") || best_by("r") {
        vec![first]
    } else {
        vec![first, second]
    }
}
