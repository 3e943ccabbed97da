//! Benefit of the doubt: each unit is scored with the weights most favourable to it (data envelopment without inputs).

use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem as Program, Solution, Variable};
use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use crate::matrix::{Matrix, MatrixError, check_length, check_parameter};
use crate::sense::Sense;
use crate::sum::exact_sum;

/// Of what a share is bounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareOf {
    /// Of the sum of the weights: `w / Σ w`.
    #[default]
    Weights,
    /// Of the unit's own score: `w·y / Σ w·y` (pie shares). An indicator in which the unit has 0 has no share and is not
    /// bounded for it.
    Score,
}

/// Bounds on the share of one indicator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareBounds {
    /// The least share.
    #[serde(default)]
    pub least: f64,
    /// The greatest share.
    #[serde(default = "one")]
    pub most: f64,
}

fn one() -> f64 {
    1.0
}

/// The parameters of [`benefit_of_the_doubt`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BenefitOfTheDoubt {
    /// What the bounds are shares of.
    pub share_of: ShareOf,
    /// Bounds for each column, or one for all; none leaves the weights free.
    pub shares: Vec<ShareBounds>,
}

/// The score and the weights each unit would choose.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DoubtResult {
    /// The scores, in [0, 1]; 1 for the units on the frontier.
    pub ranked: Ranked,
    /// For each unit its weights, scaled so that no unit scores more than 1 with them.
    pub weights: Vec<Vec<f64>>,
}

/// Benefit of the doubt.
///
/// For each unit `max Σ w·y` so that `Σ w·y ≤ 1` for every unit and `w ≥ 0`, with bounds on the shares; higher is better.
/// Source: W. Melyn, W. Moesen 1991; L. Cherchye et al., *One market, one number?*, European Economic Review 51 (2007);
/// OECD handbook 2008, §6.2.
///
/// `y` must be benefits on comparable scales and not negative: normalise first. The weights of the problem are not used.
/// The units that restrict a solution are found by adding the one violated most and solving on, so a program has few
/// rows; the solution is then scaled so that the best unit under the weights has exactly 1, which is why efficient units
/// score 1 and not 0.9999999. Constant columns are as any other. A column of zeros gets the weight that its lower bound
/// asks for. A unit of zeros scores 0. `NaN`: the matrix has none. Ties: equal scores share a rank; the frontier shares
/// rank 1.
///
/// # Errors
/// [`MatrixError::Domain`] for a negative cell, [`MatrixError::Column`] for a cost, [`MatrixError::Parameter`] for bounds
/// out of order or that no weights meet, [`MatrixError::NoAnswer`] if a program cannot be solved.
pub fn benefit_of_the_doubt(problem: &Problem<'_>, options: &BenefitOfTheDoubt) -> Result<DoubtResult, MatrixError> {
    let matrix = problem.matrix();
    matrix.require(NAME, "the value is not negative: normalise first", |value| value >= 0.0)?;
    if let Some(column) = problem.senses().iter().position(|sense| *sense == Sense::Cost) {
        return Err(MatrixError::Column {
            method: NAME,
            column: matrix.column_name(column).into_owned(),
            rule: "more is better: normalise costs first",
        });
    }
    let shares = bounds(matrix, options)?;
    let mut score = Vec::with_capacity(matrix.rows());
    let mut weights = Vec::with_capacity(matrix.rows());
    for unit in 0..matrix.rows() {
        if matrix.row(unit).all(|value| value == 0.0) {
            score.push(0.0);
            weights.push(vec![0.0; matrix.columns()]);
            continue;
        }
        let (value, chosen) = favour(matrix, unit, options.share_of, &shares)?;
        score.push(value);
        weights.push(chosen);
    }
    Ok(DoubtResult { ranked: Ranked::checked(matrix, NAME, score, Better::Higher, Vec::new())?, weights })
}

const NAME: &str = "benefit_of_the_doubt";

/// How much a unit may score above 1 before it restricts the program.
const SLACK: f64 = 1e-10;

fn bounds(matrix: &Matrix, options: &BenefitOfTheDoubt) -> Result<Vec<ShareBounds>, MatrixError> {
    let shares = match options.shares.as_slice() {
        [] => return Ok(Vec::new()),
        [one] => vec![*one; matrix.columns()],
        many => {
            check_length("shares", many.len(), matrix.columns())?;
            many.to_vec()
        }
    };
    for ShareBounds { least, most } in &shares {
        check_parameter("least", *least, "0 ≤ least ≤ most", *least >= 0.0 && least <= most)?;
        check_parameter("most", *most, "most ≤ 1", *most <= 1.0)?;
    }
    let least = exact_sum(shares.iter().map(|share| share.least));
    let most = exact_sum(shares.iter().map(|share| share.most));
    check_parameter("least", least, "the least shares together are at most 1", least <= 1.0 + 1e-12)?;
    check_parameter("most", most, "the greatest shares together are at least 1", most >= 1.0 - 1e-12)?;
    Ok(shares)
}

/// The best score of one unit and the weights that give it.
fn favour(
    matrix: &Matrix,
    unit: usize,
    share_of: ShareOf,
    shares: &[ShareBounds],
) -> Result<(f64, Vec<f64>), MatrixError> {
    let failed = |error: microlp::Error| MatrixError::NoAnswer {
        method: NAME,
        reason: format!("the program of row {} was not solved: {error}", matrix.row_name(unit)),
    };
    let mut program = Program::new(OptimizationDirection::Maximize);
    let own: Vec<f64> = matrix.row(unit).collect();
    let variables: Vec<Variable> = own.iter().map(|&value| program.add_var(value, (0.0, f64::INFINITY))).collect();
    bound_shares(&mut program, &variables, &own, share_of, shares);
    // The unit's own row keeps its weights finite; where it has a zero, the best unit of the column does, and a column of
    // zeros is held by a bound of its own.
    for column in (0..matrix.columns()).filter(|&column| own[column] == 0.0) {
        match leader(matrix.column(column)) {
            Some(best) => restrict(&mut program, &variables, matrix, best),
            None => program.add_constraint([(variables[column], 1.0)], ComparisonOp::Le, 1.0),
        }
    }
    restrict(&mut program, &variables, matrix, unit);
    let mut solution = program.solve().map_err(failed)?.into_solution().map_err(|_| unsolved(matrix, unit))?;
    for _ in 0..=matrix.rows() {
        let chosen = values(&solution, &variables);
        let scores: Vec<f64> = (0..matrix.rows())
            .map(|row| matrix.row(row).zip(&chosen).map(|(value, weight)| value * weight).sum())
            .collect();
        let best = leader(&scores).unwrap_or(unit);
        if scores[best] <= 1.0 + SLACK {
            return Ok(scaled(matrix, unit, &chosen));
        }
        let row = expression(&variables, matrix, best);
        match solution.add_constraint(row, ComparisonOp::Le, 1.0).map_err(failed)?.into_solution() {
            Ok(next) => solution = next,
            Err(_) => return Err(unsolved(matrix, unit)),
        }
        if values(&solution, &variables) == chosen {
            // The solver holds the row within its own tolerance; what is left is taken out by scaling.
            return Ok(scaled(matrix, unit, &chosen));
        }
    }
    Err(unsolved(matrix, unit))
}

fn unsolved(matrix: &Matrix, unit: usize) -> MatrixError {
    let reason = format!("the program of row {} did not come to an end", matrix.row_name(unit));
    MatrixError::NoAnswer { method: NAME, reason }
}

fn bound_shares(program: &mut Program, variables: &[Variable], own: &[f64], share_of: ShareOf, shares: &[ShareBounds]) {
    if shares.is_empty() {
        return;
    }
    let size = |column: usize| if share_of == ShareOf::Weights { 1.0 } else { own[column] };
    // One variable for the whole, so that each bound is a row of two terms.
    let whole = program.add_var(0.0, (0.0, f64::INFINITY));
    let parts = variables.iter().enumerate().map(|(column, &variable)| (variable, size(column)));
    program.add_constraint(parts.chain([(whole, -1.0)]), ComparisonOp::Eq, 0.0);
    for ((column, share), &variable) in shares.iter().enumerate().zip(variables) {
        if size(column) == 0.0 {
            continue;
        }
        let part = (variable, size(column));
        if share.least > 0.0 {
            program.add_constraint([part, (whole, -share.least)], ComparisonOp::Ge, 0.0);
        }
        if share.most < 1.0 {
            program.add_constraint([part, (whole, -share.most)], ComparisonOp::Le, 0.0);
        }
    }
}

fn expression(variables: &[Variable], matrix: &Matrix, row: usize) -> LinearExpr {
    let mut expression = LinearExpr::empty();
    for (&variable, value) in variables.iter().zip(matrix.row(row)) {
        expression.add(variable, value);
    }
    expression
}

fn restrict(program: &mut Program, variables: &[Variable], matrix: &Matrix, row: usize) {
    program.add_constraint(expression(variables, matrix, row), ComparisonOp::Le, 1.0);
}

fn values(solution: &Solution, variables: &[Variable]) -> Vec<f64> {
    variables.iter().map(|&variable| solution.var_value(variable).max(0.0)).collect()
}

/// The row of the greatest value above zero; of equals the first.
fn leader(values: &[f64]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (row, &value) in values.iter().enumerate() {
        if value > best.map_or(0.0, |best| values[best]) {
            best = Some(row);
        }
    }
    best
}

/// The weights scaled so that the best unit has exactly 1, and the unit's score with them.
fn scaled(matrix: &Matrix, unit: usize, chosen: &[f64]) -> (f64, Vec<f64>) {
    let score = |row: usize| exact_sum(matrix.row(row).zip(chosen).map(|(value, weight)| value * weight));
    let most = (0..matrix.rows()).map(score).fold(0.0, f64::max);
    if most <= 0.0 {
        return (0.0, chosen.to_vec());
    }
    let own = score(unit) / most;
    // Within the solver's tolerance of the frontier is on the frontier.
    let own = if own >= 1.0 - 1e-9 { 1.0 } else { own };
    (own, chosen.iter().map(|weight| weight / most).collect())
}
