//! Aggregation: many columns to one.
//!
//! Every mean below is homogeneous of degree one: with all values doubled, the score doubles. By Euler's theorem the
//! score is then the sum of value × derivative over the children, which is what [`derivatives`] is for: contributions
//! that sum to the score whatever the method, without a baseline to be chosen.

use serde::Serialize;

use super::number::Number;
use crate::matrix::{Matrix, MatrixError};
use crate::rank_methods::{Better, RankMethod};
use crate::sense::{Criterion, Sense};

/// A method of aggregation. w are the weights of the children that have a value, scaled to the sum 1; x their values, on
/// a scale on which more is better. A node none of whose children has a value has none.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Aggregate {
    /// `Σ w x`. COINr `a_amean`.
    Arithmetic,
    /// `Π x^w`. COINr `a_gmean`, but a zero gives zero (the limit) instead of an error. A negative value is refused.
    Geometric,
    /// `1 ÷ Σ (w ÷ x)`. COINr `a_hmean`, but a zero gives zero (the limit). A negative value is refused.
    Harmonic,
    /// `(Σ w x^p)^(1÷p)`, p ≠ 0. COINr `a_genmean`, but missing values are re-weighted. A negative value is refused; a
    /// zero gives zero for p < 0 (the limit).
    Generalised {
        /// p
        power: Number,
    },
    /// The middle value, or the mean of the two middle values. Weights are not used.
    Median,
    /// The smallest value: no compensation at all. Weights are not used.
    Min,
    /// The largest value. Weights are not used.
    Max,
    /// Mazziotta–Pareto: `M − S² ÷ M` (or `+`), with M = Σ w x and S² = Σ w (x − M)²; De Muro, Mazziotta and Pareto (2011),
    /// there with equal weights. M = 0 has no score. A sum that cancels to its twelfth digit is 0.
    MazziottaPareto {
        /// Whether imbalance lowers (`−`, where more is better) or raises the score.
        penalty: Penalty,
    },
    /// Ordered weighted average (Yager 1988): the weights belong to the places of the values from the largest to the
    /// smallest, not to the children. With α the weight of place i of n is `(i÷n)^α − ((i−1)÷n)^α`: α = 1 is the mean,
    /// above 1 the small values count more.
    Owa {
        /// α; above 0.
        alpha: Number,
    },
    /// A method that looks at the whole table: TOPSIS, VIKOR, PROMETHEE and the others of [`crate::rank_methods`].
    ///
    /// A unit with a missing child has no score here, and is not part of the table the others are compared in: a distance
    /// over fewer columns would not be comparable. (`copeland` compares every pair by what both have.) Impute before, if
    /// that is wanted. There is no additive decomposition: contributions are missing.
    Ranking {
        /// The method and its parameters.
        by: RankMethod,
    },
}

impl Aggregate {
    /// Whether the smallest score is the best.
    pub(super) fn lower_is_better(&self) -> bool {
        match self {
            Self::Ranking { by } => by.better() == Better::Lower,
            Self::Arithmetic
            | Self::Geometric
            | Self::Harmonic
            | Self::Generalised { .. }
            | Self::Median
            | Self::Min
            | Self::Max
            | Self::MazziottaPareto { .. }
            | Self::Owa { .. } => false,
        }
    }
}

/// What imbalance does in [`Aggregate::MazziottaPareto`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Penalty {
    /// It lowers the score.
    Lowers,
    /// It raises the score.
    Raises,
}

/// What is left of numbers of size 1 that cancel, at most.
const ROUNDING: f64 = 1e-12;

/// A value that a method is not defined for: the number of the child, and the value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Undefined {
    pub(super) child: usize,
    pub(super) value: f64,
}

/// Combines the columns of the children, row by row. A row has a score only if children of at least `min_share` of the
/// weight have a value.
pub(super) fn combine(
    method: &Aggregate,
    children: &[&[f64]],
    weights: &[f64],
    min_share: f64,
) -> Result<Vec<f64>, (usize, Undefined)> {
    let rows = children.first().map_or(0, |column| column.len());
    let complete = children.iter().all(|column| column.iter().all(|value| !value.is_nan()));
    if complete && *method == Aggregate::Arithmetic {
        let mut scores = vec![0.0; rows];
        for (column, weight) in children.iter().zip(weights) {
            scores.iter_mut().zip(*column).for_each(|(score, value)| *score += weight * value);
        }
        return Ok(scores);
    }
    let mut row = Row::default();
    (0..rows)
        .map(|at| {
            row.fill(children, weights, at);
            if row.values.is_empty() || row.share < min_share {
                return Ok(f64::NAN);
            }
            score(method, &row.values, &row.weights)
                .map_err(|wrong| (at, Undefined { child: row.children[wrong.child], ..wrong }))
        })
        .collect()
}

/// Scores the rows by a method that looks at the whole table. Children of weight zero are left out of it.
pub(super) fn rank(
    method: &RankMethod,
    names: (&[String], &[String]),
    children: &[&[f64]],
    weights: &[f64],
    criteria: &[Criterion],
) -> Result<Vec<f64>, MatrixError> {
    let (units, ids) = names;
    let counted: Vec<usize> = (0..children.len()).filter(|&child| weights[child] > 0.0).collect();
    let weights: Vec<f64> = counted.iter().map(|&child| weights[child]).collect();
    let criteria: Vec<Criterion> = counted.iter().map(|&child| criteria[child]).collect();
    let columns: Vec<&[f64]> = counted.iter().map(|&child| children[child]).collect();
    let mut scores = vec![f64::NAN; units.len()];
    let sense = |criterion: &Criterion| match criterion {
        Criterion::Benefit => Some(Sense::Benefit),
        Criterion::Cost => Some(Sense::Cost),
        Criterion::Middle { .. } | Criterion::Interval { .. } => None,
    };
    let senses: Option<Vec<Sense>> = criteria.iter().map(sense).collect();
    if let (RankMethod::Copeland, Some(senses)) = (method, senses) {
        return Ok(crate::rank_methods::copeland_with_missing(&columns, &weights, &senses)?.score);
    }
    let (rows, matrix) =
        complete(units, &counted.iter().map(|&child| ids[child].clone()).collect::<Vec<_>>(), &columns)?;
    if rows.is_empty() {
        return Ok(scores);
    }
    let ranked = method.rank(&matrix, &weights, &criteria)?;
    debug_assert_eq!(ranked.better == Better::Lower, Aggregate::Ranking { by: method.clone() }.lower_is_better());
    rows.into_iter().zip(ranked.score).for_each(|(row, score)| scores[row] = score);
    Ok(scores)
}

/// The rows without a missing value, and the table of them.
pub(super) fn complete(
    units: &[String],
    ids: &[String],
    columns: &[&[f64]],
) -> Result<(Vec<usize>, Matrix), MatrixError> {
    let rows: Vec<usize> = (0..units.len()).filter(|&row| columns.iter().all(|column| !column[row].is_nan())).collect();
    let names: Vec<String> = rows.iter().map(|&row| units[row].clone()).collect();
    let cells = columns.iter().flat_map(|column| rows.iter().map(|&row| column[row])).collect();
    Ok((rows, Matrix::from_columns(names, ids.to_vec(), cells)?))
}

/// The children of one row that have a value.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) children: Vec<usize>,
    pub(super) values: Vec<f64>,
    /// Scaled to the sum 1.
    pub(super) weights: Vec<f64>,
    /// The share of all weight that they have.
    pub(super) share: f64,
}

impl Row {
    pub(super) fn fill(&mut self, children: &[&[f64]], weights: &[f64], row: usize) {
        self.children.clear();
        self.values.clear();
        self.weights.clear();
        for (child, column) in children.iter().enumerate().filter(|(_, column)| !column[row].is_nan()) {
            self.children.push(child);
            self.values.push(column[row]);
            self.weights.push(weights[child]);
        }
        let there: f64 = self.weights.iter().sum();
        self.share = if self.children.len() == children.len() { 1.0 } else { there / weights.iter().sum::<f64>() };
        // Children of weight zero alone have nothing to say.
        if there > 0.0 {
            self.weights.iter_mut().for_each(|weight| *weight /= there);
        } else {
            self.values.clear();
        }
    }
}

/// The score of one row, all of whose values are there.
pub(super) fn score(method: &Aggregate, values: &[f64], weights: &[f64]) -> Result<f64, Undefined> {
    let weighted = |f: &dyn Fn(f64) -> f64| values.iter().zip(weights).map(|(x, w)| w * f(*x)).sum::<f64>();
    let zero = values.iter().zip(weights).any(|(x, w)| *x == 0.0 && *w > 0.0);
    Ok(match method {
        Aggregate::Arithmetic => weighted(&|x| x),
        Aggregate::Geometric => {
            positive(values)?;
            // A child of weight zero has no say, not even with a zero.
            let terms = values.iter().zip(weights).filter(|(_, w)| **w > 0.0);
            if zero { 0.0 } else { libm::exp(terms.map(|(x, w)| w * libm::log(*x)).sum()) }
        }
        Aggregate::Harmonic => {
            positive(values)?;
            let terms = values.iter().zip(weights).filter(|(_, w)| **w > 0.0);
            if zero { 0.0 } else { 1.0 / terms.map(|(x, w)| w / x).sum::<f64>() }
        }
        Aggregate::Generalised { power } => {
            positive(values)?;
            let p = power.get();
            if zero && p < 0.0 {
                0.0
            } else {
                let terms = values.iter().zip(weights).filter(|(_, w)| **w > 0.0);
                libm::pow(terms.map(|(x, w)| w * libm::pow(*x, p)).sum(), 1.0 / p)
            }
        }
        Aggregate::Median => {
            let middle = sorted(values);
            middle_places(values.len()).iter().map(|(place, share)| values[middle[*place]] * share).sum()
        }
        Aggregate::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        Aggregate::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Aggregate::MazziottaPareto { penalty } => {
            let mean = weighted(&|x| x);
            let variance = weighted(&|x| (x - mean) * (x - mean));
            let score = mean + sign(*penalty) * variance / mean;
            // What twelve digits of cancellation leave is rounding.
            if mean.abs() <= ROUNDING * weighted(&f64::abs) {
                f64::NAN
            } else if score.abs() <= ROUNDING * mean.abs() {
                0.0
            } else {
                score
            }
        }
        Aggregate::Owa { alpha } => {
            let order = sorted(values);
            let places = owa(values.len(), alpha.get());
            order.iter().rev().zip(places).map(|(at, weight)| values[*at] * weight).sum()
        }
        // The table as a whole is ranked by `rank`; a row alone has no score.
        Aggregate::Ranking { .. } => f64::NAN,
    })
}

/// The derivatives of the score by the values of one row; value × derivative sums to the score. Where the score has no
/// derivative (ties of a minimum, zeros of a geometric mean) the values concerned share it in a fixed way: the first of
/// tied values takes all, and a score of zero has contributions of zero.
pub(super) fn derivatives(method: &Aggregate, values: &[f64], weights: &[f64], score: f64) -> Vec<f64> {
    let each = |f: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
        let derivative = |(x, w): (&f64, &f64)| Some(f(*x, *w)).filter(|d| d.is_finite()).unwrap_or(0.0);
        values.iter().zip(weights).map(derivative).collect()
    };
    let at_places = |places: &[(usize, f64)]| {
        let mut found = vec![0.0; values.len()];
        places.iter().for_each(|(at, share)| found[*at] += share);
        found
    };
    if values.is_empty() {
        return Vec::new();
    }
    match method {
        Aggregate::Arithmetic => weights.to_vec(),
        Aggregate::Geometric => each(&|x, w| score * w / x),
        Aggregate::Harmonic => each(&|x, w| score * score * w / (x * x)),
        Aggregate::Generalised { power } => {
            let p = power.get();
            each(&|x, w| w * libm::pow(x / score, p - 1.0))
        }
        Aggregate::Median => {
            let order = sorted(values);
            let places = middle_places(values.len());
            at_places(&places.iter().map(|(place, share)| (order[*place], *share)).collect::<Vec<_>>())
        }
        Aggregate::Min => at_places(&sorted(values).first().map(|at| (*at, 1.0)).into_iter().collect::<Vec<_>>()),
        Aggregate::Max => at_places(&sorted(values).last().map(|at| (*at, 1.0)).into_iter().collect::<Vec<_>>()),
        Aggregate::MazziottaPareto { penalty } => {
            let mean: f64 = values.iter().zip(weights).map(|(x, w)| w * x).sum();
            let variance: f64 = values.iter().zip(weights).map(|(x, w)| w * (x - mean) * (x - mean)).sum();
            each(&|x, w| w + sign(*penalty) * (2.0 * w * (x - mean) / mean - variance * w / (mean * mean)))
        }
        Aggregate::Owa { alpha } => {
            let order = sorted(values);
            let places = owa(values.len(), alpha.get());
            at_places(&order.iter().rev().copied().zip(places).collect::<Vec<_>>())
        }
        Aggregate::Ranking { .. } => vec![f64::NAN; values.len()],
    }
}

fn positive(values: &[f64]) -> Result<(), Undefined> {
    match values.iter().position(|value| *value < 0.0) {
        None => Ok(()),
        Some(child) => Err(Undefined { child, value: values[child] }),
    }
}

fn sign(penalty: Penalty) -> f64 {
    match penalty {
        Penalty::Lowers => -1.0,
        Penalty::Raises => 1.0,
    }
}

/// Places of the values from the smallest to the largest; equal values in their order.
fn sorted(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    order
}

fn middle_places(count: usize) -> Vec<(usize, f64)> {
    let half = count / 2;
    match count {
        // A row without values has no middle.
        0 => Vec::new(),
        _ if count % 2 == 1 => vec![(half, 1.0)],
        _ => vec![(half - 1, 0.5), (half, 0.5)],
    }
}

fn owa(count: usize, alpha: f64) -> Vec<f64> {
    let quantifier = |place: usize| libm::pow(place as f64 / count as f64, alpha);
    (1..=count).map(|place| quantifier(place) - quantifier(place - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Aggregate; 10] = [
        Aggregate::Arithmetic,
        Aggregate::Geometric,
        Aggregate::Harmonic,
        Aggregate::Generalised { power: Number::of(2.0) },
        Aggregate::Generalised { power: Number::of(-1.5) },
        Aggregate::Median,
        Aggregate::Min,
        Aggregate::MazziottaPareto { penalty: Penalty::Lowers },
        Aggregate::Owa { alpha: Number::of(2.0) },
        Aggregate::Max,
    ];

    #[test]
    fn contributions_sum_to_the_score_for_every_method() {
        let (values, weights) = ([30.0, 80.0, 55.0, 60.0], [0.1, 0.4, 0.3, 0.2]);
        for method in &ALL {
            let score = score(method, &values, &weights).unwrap();
            let parts = derivatives(method, &values, &weights, score);
            let sum: f64 = parts.iter().zip(values).map(|(d, x)| d * x).sum();
            assert!((sum - score).abs() < 1e-9, "{method:?}: {sum} is not {score}");
        }
    }

    #[test]
    fn the_means_are_what_they_are_called() {
        let one = |method: &Aggregate| score(method, &[1.0, 4.0], &[0.5, 0.5]).unwrap();
        assert_eq!(one(&Aggregate::Arithmetic), 2.5);
        assert!((one(&Aggregate::Geometric) - 2.0).abs() < 1e-15);
        assert_eq!(one(&Aggregate::Harmonic), 1.6);
        // M = 2.5, S² = 2.25: 2.5 − 0.9.
        assert_eq!(one(&Aggregate::MazziottaPareto { penalty: Penalty::Lowers }), 1.6);
        // α = 2: the larger value has 1/4, the smaller 3/4.
        assert_eq!(one(&Aggregate::Owa { alpha: Number::of(2.0) }), 1.75);
    }

    #[test]
    fn what_cancels_in_a_penalty_is_zero_and_a_mean_of_zero_has_no_score() {
        let method = Aggregate::MazziottaPareto { penalty: Penalty::Lowers };
        let one = |values: &[f64], weights: &[f64]| score(&method, values, weights).unwrap();
        // M = S: half of the weight has the value, the other half has zero.
        assert_eq!(one(&[0.1, 0.0, 0.1], &[1.0 / 6.0, 0.5, 1.0 / 3.0]), 0.0);
        // 0.4 · 0.3 − 0.6 · 0.2, which is not 0 in binary fractions.
        assert!(one(&[0.3, -0.2], &[0.4, 0.6]).is_nan());
    }

    #[test]
    fn a_missing_child_gives_its_weight_to_the_others_in_every_method() {
        for method in &ALL {
            let some = combine(method, &[&[f64::NAN], &[50.0], &[50.0]], &[0.5, 0.25, 0.25], 0.0).unwrap();
            assert!((some[0] - 50.0).abs() < 1e-9, "{method:?}: {}", some[0]);
            let few = combine(method, &[&[f64::NAN], &[50.0]], &[0.5, 0.5], 0.6).unwrap();
            assert!(few[0].is_nan());
        }
    }

    #[test]
    fn a_row_without_values_has_no_derivatives() {
        for method in &ALL {
            assert_eq!(derivatives(method, &[], &[], f64::NAN), [0.0; 0]);
        }
    }

    #[test]
    fn a_zero_is_the_limit_and_a_negative_value_is_refused() {
        assert_eq!(score(&Aggregate::Geometric, &[0.0, 9.0], &[0.5, 0.5]), Ok(0.0));
        assert_eq!(score(&Aggregate::Harmonic, &[0.0, 9.0], &[0.5, 0.5]), Ok(0.0));
        let refused = combine(&Aggregate::Geometric, &[&[f64::NAN], &[-1.0]], &[0.5, 0.5], 0.0);
        assert_eq!(refused, Err((0, Undefined { child: 1, value: -1.0 })));
    }
}
