//! Weights from comparisons with the best and the worst indicator (BWM).

use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};
use serde::{Deserialize, Serialize};

use crate::matrix::{MatrixError, check_length};
use crate::stats::shares;

/// The comparisons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BestWorst {
    /// The number of the best column, from 0.
    pub best: usize,
    /// The number of the worst column, from 0.
    pub worst: usize,
    /// How many times as important the best is as each column, 1 to 9.
    pub best_to_others: Vec<f64>,
    /// How many times as important each column is as the worst, 1 to 9.
    pub others_to_worst: Vec<f64>,
}

/// The weights and how far the comparisons agree with themselves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BwmResult {
    /// The weights, of the sum 1.
    pub weights: Vec<f64>,
    /// The greatest deviation ξ left; 0 if the comparisons are consistent.
    pub deviation: f64,
}

/// The linear best–worst method: `min ξ` so that `|w_B − a_Bj·w_j| ≤ ξ`, `|w_j − a_jW·w_W| ≤ ξ`, `Σw = 1`, `w ≥ 0`.
///
/// Source: J. Rezaei, Omega 53 (2015) 49–57 and 64 (2016) 126–130. Solved to about 10⁻⁹. There is no data table, so no
/// policy for its cells; comparisons that are `NaN` or below 1 are refused.
///
/// # Errors
/// [`MatrixError::Length`] if the lists differ in length, [`MatrixError::Parameter`] for a comparison out of range or a
/// best or worst that is not in the list, [`MatrixError::NoAnswer`] if the program is not solved.
pub fn best_worst(options: &BestWorst) -> Result<BwmResult, MatrixError> {
    let n = options.best_to_others.len();
    check_length("others_to_worst", options.others_to_worst.len(), n)?;
    let parameter = |name: &'static str, value: f64, rule: &'static str| MatrixError::Parameter {
        name,
        value: value.to_string(),
        rule,
    };
    for index in [options.best, options.worst] {
        if index >= n {
            return Err(parameter(
                "best, worst",
                crate::stats::count(index),
                "the number is below that of the columns",
            ));
        }
    }
    let all = options.best_to_others.iter().chain(&options.others_to_worst);
    if let Some(bad) = all.clone().find(|value| !value.is_finite() || **value < 1.0) {
        return Err(parameter("comparison", *bad, "the best is at least as important as any, the worst at most"));
    }
    for own in [options.best_to_others[options.best], options.others_to_worst[options.worst]] {
        if (own - 1.0).abs() > 0.0 {
            return Err(parameter("comparison", own, "a column compared with itself is 1"));
        }
    }
    let failed = |reason: String| MatrixError::NoAnswer { method: "best_worst", reason };
    let mut program = Problem::new(OptimizationDirection::Minimize);
    let weights: Vec<Variable> = (0..n).map(|_| program.add_var(0.0, (0.0, 1.0))).collect();
    let xi = program.add_var(1.0, (0.0, f64::INFINITY));
    program.add_constraint(weights.iter().map(|&weight| (weight, 1.0)), ComparisonOp::Eq, 1.0);
    let mut near = |left: usize, right: usize, times: f64| {
        if left == right {
            return;
        }
        for sign in [1.0, -1.0] {
            let terms = [(weights[left], sign), (weights[right], -sign * times), (xi, -1.0)];
            program.add_constraint(terms, ComparisonOp::Le, 0.0);
        }
    };
    for column in 0..n {
        near(options.best, column, options.best_to_others[column]);
        near(column, options.worst, options.others_to_worst[column]);
    }
    let solution = program
        .solve()
        .map_err(|error| failed(error.to_string()))?
        .into_solution()
        .map_err(|_| failed("the program did not come to an end".to_owned()))?;
    let found: Vec<f64> = weights.iter().map(|&weight| solution.var_value(weight).max(0.0)).collect();
    Ok(BwmResult { weights: shares(&found), deviation: solution.var_value(xi).max(0.0) })
}
