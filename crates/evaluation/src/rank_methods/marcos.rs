//! MARCOS: utility between the anti-ideal and the ideal.

use super::problem::{Better, Problem, Ranked};
use crate::matrix::MatrixError;
use crate::sense::Sense;
use crate::sum::exact_sum;

/// MARCOS.
///
/// With the ideal `x*` and the anti-ideal `x⁰` of each column: `r = x/x*` for benefits, `x*/x` for costs; `S = Σ w·r`;
/// `K⁻ = S/S⁰`, `K⁺ = S/S*`; `f(K⁻) = K⁺/(K⁺ + K⁻)`, `f(K⁺) = K⁻/(K⁺ + K⁻)`; score
/// `(K⁺ + K⁻)/(1 + (1 − f(K⁺))/f(K⁺) + (1 − f(K⁻))/f(K⁻))`, higher is better.
/// Source: Ž. Stević et al., Computers & Industrial Engineering 140 (2020) 106231.
///
/// Constant columns give each unit `r = 1`. Zeros: allowed for benefits; a benefit column of zeros adds nothing; a cost
/// of zero is refused by name, as are negative cells. If the anti-ideal has no utility at all (each benefit has a zero)
/// there is no answer. `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Domain`] for a cell out of range, [`MatrixError::NoAnswer`] for an anti-ideal of utility 0.
pub fn marcos(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    const NAME: &str = "marcos";
    let matrix = problem.matrix();
    problem.require_ratios(NAME)?;
    let ends: Vec<(f64, f64)> = (0..matrix.columns()).map(|column| problem.best_and_worst(column)).collect();
    let relative = |column: usize, value: f64| match problem.senses()[column] {
        Sense::Benefit if ends[column].0 == 0.0 => 0.0,
        Sense::Benefit => value / ends[column].0,
        Sense::Cost => ends[column].0 / value,
    };
    let weights = problem.weights();
    let utility = |end: &dyn Fn(&(f64, f64)) -> f64| {
        exact_sum(ends.iter().enumerate().map(|(column, pair)| weights[column] * relative(column, end(pair))))
    };
    let (ideal, anti) = (utility(&|pair| pair.0), utility(&|pair| pair.1));
    if anti <= 0.0 {
        let reason = "the anti-ideal has the utility 0: every weighted benefit has a zero".to_owned();
        return Err(MatrixError::NoAnswer { method: NAME, reason });
    }
    let sums = problem.row_sums(matrix, |column, cell| weights[column] * relative(column, cell));
    let minus: Vec<f64> = sums.iter().map(|s| s / anti).collect();
    let plus: Vec<f64> = sums.iter().map(|s| s / ideal).collect();
    let score = plus
        .iter()
        .zip(&minus)
        .map(|(&plus, &minus)| {
            let both = plus + minus;
            if both <= 0.0 {
                return 0.0;
            }
            let (of_plus, of_minus) = (minus / both, plus / both);
            both / (1.0 + (1.0 - of_plus) / of_plus + (1.0 - of_minus) / of_minus)
        })
        .collect();
    Ranked::checked(matrix, NAME, score, Better::Higher, vec![("k_minus", minus), ("k_plus", plus)])
}
