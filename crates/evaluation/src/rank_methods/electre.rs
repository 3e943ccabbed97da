//! ELECTRE I, II and III: outranking with a veto.

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use super::relation::Digraph;
use crate::matrix::{MatrixError, check_length, check_parameter};
use crate::sense::Sense;
use crate::stats::{count, range};
use crate::sum::exact_sum;

/// The parameters of [`electre_i`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ElectreI {
    /// The least concordance of an outranking, in [0, 1].
    pub concordance: f64,
    /// The greatest discordance of an outranking, in [0, 1].
    pub discordance: f64,
}

impl Default for ElectreI {
    fn default() -> Self {
        Self { concordance: 0.65, discordance: 0.35 }
    }
}

/// The parameters of [`electre_ii`]: the levels of the strong and of the weak outranking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ElectreII {
    /// The strong relation.
    pub strong: ElectreI,
    /// The weak relation, which asks no more than the strong one.
    pub weak: ElectreI,
}

impl Default for ElectreII {
    fn default() -> Self {
        Self {
            strong: ElectreI { concordance: 0.65, discordance: 0.35 },
            weak: ElectreI { concordance: 0.5, discordance: 0.5 },
        }
    }
}

/// The outranking of ELECTRE I.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outranking {
    /// For each unit those that it outranks.
    pub outranks: Vec<Vec<usize>>,
    /// The kernel: units that no unit of the kernel outranks, and that together outrank all others.
    pub kernel: Vec<usize>,
    /// Units of which the kernel cannot be told because they outrank each other in a circle.
    pub undecided: Vec<usize>,
    /// How many a unit outranks less how many outrank it.
    pub ranked: Ranked,
}

/// ELECTRE I.
///
/// `c(a, b)` is the share of the weight of the columns in which `a` is at least as good as `b`; `d(a, b)` the greatest
/// lead of `b` in a column in parts of the column's range; `a` outranks `b` if `c ≥ ĉ` and `d ≤ d̂`. Score: the number
/// outranked less the number outranking, higher is better.
/// Source: B. Roy, RIRO 8 (1968) 57–75.
///
/// Constant columns are in favour of both and never discordant. Zeros and negative cells are values as any other. `NaN`:
/// the matrix has none. Ties: equal units outrank each other. Pairs are not stored, only the outrankings.
///
/// # Errors
/// [`MatrixError::Parameter`] for a level outside of [0, 1].
pub fn electre_i(problem: &Problem<'_>, options: ElectreI) -> Result<Outranking, MatrixError> {
    let graph = outranking(problem, options)?;
    let (kernel, undecided) = graph.kernel();
    let score = graph.net_degrees();
    let ranked = Ranked::checked(problem.matrix(), "electre_i", score, Better::Higher, Vec::new())?;
    Ok(Outranking { outranks: graph.successors(), kernel, undecided, ranked })
}

/// ELECTRE II.
///
/// Two outrankings as in [`electre_i`], a strong and a weak one, and for both `a` must also have at least as much weight
/// in front of `b` as behind it. Descending: the units that nobody left outranks strongly, and of those connected by weak
/// outrankings the ones nobody outranks weakly, come first, are taken out, and so on. Ascending: the same on the reversed
/// relations, counted from the end. Score: the mean of both ranks, lower is better; parts `descending`, `ascending`.
/// Source: B. Roy, P. Bertier 1971; J. Figueira, V. Mousseau, B. Roy, *ELECTRE methods*, 2005.
///
/// Units that outrank each other in a circle share a rank. Other policies as for [`electre_i`].
///
/// # Errors
/// [`MatrixError::Parameter`] for a level outside of [0, 1] or a weak relation that asks more than the strong one.
pub fn electre_ii(problem: &Problem<'_>, options: ElectreII) -> Result<Ranked, MatrixError> {
    let ElectreII { strong, weak } = options;
    let nested = weak.concordance <= strong.concordance && weak.discordance >= strong.discordance;
    check_parameter("weak", weak.concordance, "the weak relation asks no more than the strong one", nested)?;
    let mut strong = outranking(problem, strong)?;
    let mut weak = outranking(problem, weak)?;
    let ahead =
        |a: usize, b: usize| weight_where(problem, |x, y| x > y, a, b) >= weight_where(problem, |x, y| x < y, a, b);
    strong.retain(ahead);
    weak.retain(ahead);
    let descending = eliminate(&strong, &weak);
    let from_end = eliminate(&strong.reversed(), &weak.reversed());
    let last = from_end.iter().copied().fold(0.0, f64::max);
    let ascending: Vec<f64> = from_end.iter().map(|place| last + 1.0 - place).collect();
    let score = descending.iter().zip(&ascending).map(|(down, up)| f64::midpoint(*down, *up)).collect();
    let parts = vec![("descending", descending), ("ascending", ascending)];
    Ranked::checked(problem.matrix(), "electre_ii", score, Better::Lower, parts)
}

/// The weight of the columns in which the oriented cells of two units stand so.
fn weight_where(problem: &Problem<'_>, holds: impl Fn(f64, f64) -> bool, a: usize, b: usize) -> f64 {
    exact_sum(problem.weights().iter().enumerate().filter_map(|(column, &weight)| {
        let (x, y) = oriented(problem, column, a, b);
        holds(x, y).then_some(weight)
    }))
}

fn oriented(problem: &Problem<'_>, column: usize, a: usize, b: usize) -> (f64, f64) {
    let (x, y) = (problem.matrix().get(a, column), problem.matrix().get(b, column));
    match problem.senses()[column] {
        Sense::Benefit => (x, y),
        Sense::Cost => (-x, -y),
    }
}

fn outranking(problem: &Problem<'_>, options: ElectreI) -> Result<Digraph, MatrixError> {
    let ElectreI { concordance, discordance } = options;
    check_parameter("concordance", concordance, "0 ≤ concordance ≤ 1", (0.0..=1.0).contains(&concordance))?;
    check_parameter("discordance", discordance, "0 ≤ discordance ≤ 1", (0.0..=1.0).contains(&discordance))?;
    let matrix = problem.matrix();
    let total = exact_sum(problem.weights().iter().copied());
    let widths: Vec<f64> = matrix.iter_columns().map(|values| range(values).1 - range(values).0).collect();
    Ok(Digraph::from_pairs(matrix.rows(), |a, b| {
        let against = (0..matrix.columns()).filter(|&column| widths[column] > 0.0).any(|column| {
            let (x, y) = oriented(problem, column, a, b);
            (y - x) / widths[column] > discordance
        });
        !against && weight_where(problem, |x, y| x >= y, a, b) / total >= concordance
    }))
}

/// Ranks from 1 by taking out the best of what is left.
fn eliminate(strong: &Digraph, weak: &Digraph) -> Vec<f64> {
    let mut place = vec![0.0; strong.len()];
    let mut left: Vec<usize> = (0..strong.len()).collect();
    let mut next = 1.0;
    while !left.is_empty() {
        let free: Vec<usize> = left
            .iter()
            .copied()
            .filter(|&b| !left.iter().any(|&a| a != b && strong.has(a, b) && !strong.has(b, a)))
            .collect();
        // Everything left is in a circle: it shares the rank.
        let free = if free.is_empty() { left.clone() } else { free };
        let best: Vec<usize> = free
            .iter()
            .copied()
            .filter(|&b| !free.iter().any(|&a| a != b && weak.has(a, b) && !weak.has(b, a)))
            .collect();
        let best = if best.is_empty() { free } else { best };
        for &unit in &best {
            place[unit] = next;
        }
        left.retain(|unit| !best.contains(unit));
        next += 1.0;
    }
    place
}

/// The thresholds of one column in ELECTRE III, in units of the column.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// The lead up to which two units are indifferent.
    pub indifference: f64,
    /// The lead from which one is strictly preferred.
    pub preference: f64,
    /// The lead from which the other columns are overruled; none if left out.
    #[serde(default)]
    pub veto: Option<f64>,
}

/// The parameters of [`electre_iii`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElectreIII {
    /// The thresholds of each column, or one for all.
    pub thresholds: Vec<Thresholds>,
    /// The discrimination at the credibility 0: `s(λ) = alpha + beta·λ`.
    #[serde(default = "default_alpha")]
    pub alpha: f64,
    /// Its slope.
    #[serde(default = "default_beta")]
    pub beta: f64,
}

fn default_alpha() -> f64 {
    0.3
}

fn default_beta() -> f64 {
    -0.15
}

/// The most units whose credibilities are kept (n² numbers, 72 MB).
const MOST_UNITS: usize = 3000;

/// ELECTRE III.
///
/// Concordance of a column: 1 while the lead of `b` is at most `q`, 0 from `p`, straight between; `c` its weighted mean.
/// Discordance: 0 up to `p`, 1 from `v`. Credibility `σ = c · Π (1 − d)/(1 − c)` over the columns with `d > c`. Two
/// distillations with `s(λ) = α + β·λ` take out the units of greatest (descending) or least (ascending) qualification,
/// level by level. Score: the mean of both ranks, lower is better; parts `descending`, `ascending`.
/// Source: B. Roy, Cahiers du CERO 20 (1978) 3–24; J. Figueira, V. Mousseau, B. Roy 2005.
///
/// Constant columns agree with every pair. Zeros and negative cells are values as any other. `NaN`: the matrix has none.
/// Ties: units of the same qualification at the last level share a rank.
///
/// # Errors
/// [`MatrixError::TooLarge`] above 3000 units, [`MatrixError::Length`], [`MatrixError::Parameter`] unless
/// `0 ≤ q ≤ p ≤ v`.
pub fn electre_iii(problem: &Problem<'_>, options: &ElectreIII) -> Result<Ranked, MatrixError> {
    let n = problem.rows();
    if n > MOST_UNITS {
        return Err(MatrixError::TooLarge { what: "units in ELECTRE III", given: n, most: MOST_UNITS });
    }
    let credibility = credibility(problem, options)?;
    let descending = distil(&credibility, n, options, true);
    let from_end = distil(&credibility, n, options, false);
    let last = from_end.iter().copied().fold(0.0, f64::max);
    let ascending: Vec<f64> = from_end.iter().map(|place| last + 1.0 - place).collect();
    let score = descending.iter().zip(&ascending).map(|(down, up)| f64::midpoint(*down, *up)).collect();
    let parts = vec![("descending", descending), ("ascending", ascending)];
    Ranked::checked(problem.matrix(), "electre_iii", score, Better::Lower, parts)
}

/// The credibility that `a` is at least as good as `b`, at `a·n + b`; 1 for a unit with itself.
///
/// # Errors
/// As [`electre_iii`].
pub fn credibility(problem: &Problem<'_>, options: &ElectreIII) -> Result<Vec<f64>, MatrixError> {
    let matrix = problem.matrix();
    if options.thresholds.len() != 1 {
        check_length("thresholds", options.thresholds.len(), matrix.columns())?;
    }
    for Thresholds { indifference, preference, veto } in &options.thresholds {
        check_parameter("indifference", *indifference, "it is not negative", *indifference >= 0.0)?;
        check_parameter("preference", *preference, "it is not below indifference", preference >= indifference)?;
        if let Some(veto) = veto {
            check_parameter("veto", *veto, "it is not below preference", veto >= preference)?;
        }
    }
    let total = exact_sum(problem.weights().iter().copied());
    let of = |column: usize| options.thresholds[if options.thresholds.len() == 1 { 0 } else { column }];
    let n = matrix.rows();
    let mut table = vec![1.0; n * n];
    for a in 0..n {
        for b in (0..n).filter(|&b| b != a) {
            let lead = |column: usize| {
                let (x, y) = oriented(problem, column, a, b);
                y - x
            };
            let agree = exact_sum((0..matrix.columns()).map(|column| {
                let Thresholds { indifference: q, preference: p, .. } = of(column);
                problem.weights()[column] * falling(lead(column), q, p)
            })) / total;
            let mut sigma = agree;
            for column in 0..matrix.columns() {
                let Thresholds { preference, veto, .. } = of(column);
                let against = veto.map_or(0.0, |veto| 1.0 - falling(lead(column), preference, veto));
                if against > agree {
                    sigma *= (1.0 - against) / (1.0 - agree);
                }
            }
            table[a * n + b] = sigma;
        }
    }
    Ok(table)
}

/// 1 up to `from`, 0 beyond `to`, straight between.
fn falling(lead: f64, from: f64, to: f64) -> f64 {
    if lead <= from {
        1.0
    } else if lead >= to {
        0.0
    } else {
        (to - lead) / (to - from)
    }
}

/// Ranks from 1 by distillation of the best (`down`) or of the worst.
fn distil(credibility: &[f64], n: usize, options: &ElectreIII, down: bool) -> Vec<f64> {
    let discrimination = |level: f64| options.alpha + options.beta * level;
    let sigma = |a: usize, b: usize| credibility[a * n + b];
    let mut place = vec![0.0; n];
    let mut left: Vec<usize> = (0..n).collect();
    let mut next = 1.0;
    while !left.is_empty() {
        let mut group = left.clone();
        let mut level = greatest(&group, &sigma, f64::INFINITY);
        while group.len() > 1 && level > 0.0 {
            let below = greatest(&group, &sigma, level - discrimination(level));
            let leads =
                |a: usize, b: usize| sigma(a, b) > below && sigma(a, b) > sigma(b, a) + discrimination(sigma(a, b));
            let qualification: Vec<f64> = group
                .iter()
                .map(|&a| {
                    let others = || group.iter().filter(|&&b| b != a);
                    count(others().filter(|&&b| leads(a, b)).count())
                        - count(others().filter(|&&b| leads(b, a)).count())
                })
                .collect();
            let (low, high) = range(&qualification);
            let wanted = if down { high } else { low };
            group = group.iter().zip(&qualification).filter(|(_, q)| **q == wanted).map(|(&unit, _)| unit).collect();
            level = below;
        }
        for &unit in &group {
            place[unit] = next;
        }
        left.retain(|unit| !group.contains(unit));
        next += 1.0;
    }
    place
}

/// The greatest credibility within the group that is below `limit`; 0 if there is none.
fn greatest(group: &[usize], sigma: &impl Fn(usize, usize) -> f64, limit: f64) -> f64 {
    let mut most = 0.0_f64;
    for &a in group {
        for &b in group {
            if a != b && sigma(a, b) < limit {
                most = most.max(sigma(a, b));
            }
        }
    }
    most
}
