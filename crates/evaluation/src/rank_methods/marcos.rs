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
    matrix.require(NAME, "the value is not negative", |value| value >= 0.0)?;
    let relative = |column: usize, value: f64| {
        let (best, _) = problem.best_and_worst(column);
        match problem.senses()[column] {
            Sense::Benefit if best == 0.0 => 0.0,
            Sense::Benefit => value / best,
            Sense::Cost => best / value,
        }
    };
    let ratios = matrix.map_columns(|column, values| {
        let zero_cost = values.iter().position(|value| *value == 0.0 && problem.senses()[column] == Sense::Cost);
        if let Some(row) = zero_cost {
            return Err(MatrixError::Domain {
                method: NAME,
                row: matrix.row_name(row).into_owned(),
                column: matrix.column_name(column).into_owned(),
                value: 0.0,
                rule: "a cost is above zero",
            });
        }
        let (best, _) = problem.best_and_worst(column);
        Ok(values
            .iter()
            .map(|value| match problem.senses()[column] {
                Sense::Benefit if best == 0.0 => 0.0,
                Sense::Benefit => value / best,
                Sense::Cost => best / value,
            })
            .collect())
    })?;
    let weights = problem.weights();
    let columns = 0..matrix.columns();
    let ideal =
        exact_sum(columns.clone().map(|column| weights[column] * relative(column, problem.best_and_worst(column).0)));
    let anti = exact_sum(columns.map(|column| weights[column] * relative(column, problem.best_and_worst(column).1)));
    if anti <= 0.0 {
        let reason = "the anti-ideal has the utility 0: every weighted benefit has a zero".to_owned();
        return Err(MatrixError::NoAnswer { method: NAME, reason });
    }
    let sums = problem.row_sums(&ratios, |column, cell| weights[column] * cell);
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
