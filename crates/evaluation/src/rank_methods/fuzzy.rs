//! Fuzzy comprehensive evaluation (模糊综合评价).

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_length, check_parameter};
use crate::sum::exact_sum;

/// How the weights and the memberships of the indicators are composed into the membership of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Composition {
    /// `M(·, +)`: the weighted sum.
    #[default]
    WeightedSum,
    /// `M(∧, ∨)`: the greatest of the lesser of weight and membership.
    MinMax,
    /// `M(·, ∨)`: the greatest product.
    ProductMax,
    /// `M(∧, ⊕)`: the sum of the lesser ones, at most 1.
    MinSum,
}

/// The parameters of [`fuzzy_comprehensive`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fuzzy {
    /// What each grade is worth in the score, in the order of the anchors.
    pub grades: Vec<f64>,
    /// For each column the value typical of each grade; rising or falling strictly.
    pub anchors: Vec<Vec<f64>>,
    /// How the indicators are composed.
    #[serde(default)]
    pub composition: Composition,
}

/// The membership of each unit in each grade, and the scores made of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FuzzyResult {
    /// For each unit its membership in each grade, of the sum 1.
    pub membership: Vec<Vec<f64>>,
    /// For each unit the grade of greatest membership; of equals the first.
    pub grade: Vec<usize>,
    /// The score: the mean of the grades' worth by membership.
    pub ranked: Ranked,
}

/// Fuzzy comprehensive evaluation.
///
/// The membership of a value in a grade is 1 at the grade's anchor and falls in a straight line to 0 at the neighbouring
/// anchors; beyond the outer anchors it stays 1. `B = W ∘ R` by the composition, scaled to the sum 1; score
/// `Σ B·grade`, higher is better if the greater worth is the better grade. The senses of the columns are not used: the
/// anchors say which way is good.
/// Source: L. A. Zadeh 1965; P. Z. Wang, *Fuzzy sets and its applications*, 1983.
///
/// Constant columns, zeros and negative cells are values as any other. If a composition leaves no membership at all (all
/// weights 0) there is no answer. `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Length`] or [`MatrixError::Parameter`] for grades and anchors that do not fit or are not monotone.
pub fn fuzzy_comprehensive(problem: &Problem<'_>, options: &Fuzzy) -> Result<FuzzyResult, MatrixError> {
    const NAME: &str = "fuzzy_comprehensive";
    let matrix = problem.matrix();
    let grades = options.grades.len();
    check_parameter("grades", crate::stats::count(grades), "there are at least two grades", grades >= 2)?;
    for worth in &options.grades {
        check_parameter("grades", *worth, "the worth of a grade is finite", true)?;
    }
    check_length("anchors", options.anchors.len(), matrix.columns())?;
    for anchors in &options.anchors {
        check_length("anchors of a column", anchors.len(), grades)?;
        let rising = anchors.windows(2).all(|pair| pair[0] < pair[1]);
        let falling = anchors.windows(2).all(|pair| pair[0] > pair[1]);
        check_parameter("anchors", anchors[0], "the anchors rise or fall strictly", rising || falling)?;
    }
    let weights = problem.weights();
    let mut membership = Vec::with_capacity(matrix.rows());
    for row in 0..matrix.rows() {
        let table: Vec<Vec<f64>> =
            matrix.row(row).enumerate().map(|(column, x)| memberships(x, &options.anchors[column])).collect();
        let composed: Vec<f64> = (0..grades)
            .map(|grade| {
                let pairs = || table.iter().zip(weights).map(|(members, weight)| (members[grade], *weight));
                match options.composition {
                    Composition::WeightedSum => exact_sum(pairs().map(|(r, w)| r * w)),
                    Composition::MinMax => pairs().map(|(r, w)| r.min(w)).fold(0.0, f64::max),
                    Composition::ProductMax => pairs().map(|(r, w)| r * w).fold(0.0, f64::max),
                    Composition::MinSum => exact_sum(pairs().map(|(r, w)| r.min(w))).min(1.0),
                }
            })
            .collect();
        membership.push(crate::stats::shares(&composed));
    }
    let score =
        membership.iter().map(|b| exact_sum(b.iter().zip(&options.grades).map(|(b, worth)| b * worth))).collect();
    let grade = membership
        .iter()
        .map(|b| (1..b.len()).fold(0, |best, grade| if b[grade] > b[best] { grade } else { best }))
        .collect();
    Ok(FuzzyResult { membership, grade, ranked: Ranked::checked(matrix, NAME, score, Better::Higher, Vec::new())? })
}

fn memberships(value: f64, anchors: &[f64]) -> Vec<f64> {
    let last = anchors.len() - 1;
    let rising = anchors[0] < anchors[last];
    let before = |a: f64, b: f64| if rising { a <= b } else { a >= b };
    let mut members = vec![0.0; anchors.len()];
    if before(value, anchors[0]) {
        members[0] = 1.0;
    } else if before(anchors[last], value) {
        members[last] = 1.0;
    } else if let Some(at) = (0..last).find(|&at| before(value, anchors[at + 1])) {
        let share = (value - anchors[at]) / (anchors[at + 1] - anchors[at]);
        members[at] = 1.0 - share;
        members[at + 1] = share;
    }
    members
}
