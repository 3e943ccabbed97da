//! Kemeny's rule (Condorcet–Kemeny–Young–Levenglick): the order that agrees most with all pairs.

use serde::Serialize;

use super::copeland::doubled_outranking;
use super::problem::{Better, Part, Problem, Ranked};
use super::votes::share;
use crate::matrix::MatrixError;
use crate::stats::count;

/// The most units for which all orders are searched.
const MOST_UNITS: usize = 16;

/// How many optimal orders are listed at most.
const MOST_ORDERS: usize = 100;

/// The optimal orders.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kemeny {
    /// The agreement of an optimal order: the sum of the outranking of all its pairs.
    pub agreement: f64,
    /// How many orders are optimal.
    pub optimal: u64,
    /// The optimal orders from first to last, by the rows they name; at most 100.
    pub orders: Vec<Vec<usize>>,
    /// The mean place of each unit over the listed optimal orders, lower is better.
    pub ranked: Ranked,
}

/// Kemeny's rule, exact.
///
/// Of all orders the ones with the greatest `Σ e(a, b)` over the pairs with `a` before `b`, where `e` is the outranking
/// of [`outranking_table`](super::copeland::outranking_table). Found by dynamic programming over sets of units, `2ⁿ·n²`
/// steps; all ties are counted. Source: H. P. Young, A. Levenglick, SIAM J. Appl. Math. 35 (1978) 285–300; OECD handbook
/// 2008, §6.3.
///
/// Agreements are compared in whole parts of 10⁻¹² of the weight, without rounding. Constant columns agree as much with
/// every order. Zeros and negative cells are values as any other. `NaN`: the matrix has none. Ties: see `orders`.
///
/// # Errors
/// [`MatrixError::TooLarge`] above 16 units; [`MatrixError::Weight`].
pub fn kemeny(problem: &Problem<'_>) -> Result<Kemeny, MatrixError> {
    if problem.rows() > MOST_UNITS {
        return Err(MatrixError::TooLarge { what: "units in Kemeny's rule", given: problem.rows(), most: MOST_UNITS });
    }
    let table = doubled_outranking(problem)?;
    Ok(optimal_orders(&table))
}

fn optimal_orders(table: &[Vec<i64>]) -> Kemeny {
    let n = table.len();
    let sets = 1_usize << n;
    // best[set]: the greatest agreement with which the units of `set` can come first; ways[set]: in how many orders.
    let mut best = vec![i64::MIN; sets];
    let mut ways = vec![0_u64; sets];
    (best[0], ways[0]) = (0, 1);
    let against_rest = |unit: usize, placed: usize| -> i64 {
        (0..n).filter(|&other| other != unit && placed >> other & 1 == 0).map(|other| table[unit][other]).sum()
    };
    for set in 0..sets {
        for unit in (0..n).filter(|unit| set >> unit & 1 == 0) {
            let with = set | 1 << unit;
            let agreement = best[set] + against_rest(unit, set);
            if agreement > best[with] {
                (best[with], ways[with]) = (agreement, ways[set]);
            } else if agreement == best[with] {
                ways[with] += ways[set];
            }
        }
    }
    // Backwards from the full set, so that only optimal prefixes are followed.
    let mut orders = Vec::new();
    let mut open = vec![(sets - 1, Vec::new())];
    while let Some((set, tail)) = open.pop() {
        if set == 0 {
            orders.push(tail.into_iter().rev().collect::<Vec<usize>>());
            if orders.len() == MOST_ORDERS {
                break;
            }
            continue;
        }
        for unit in (0..n).rev().filter(|unit| set >> unit & 1 == 1) {
            let before = set & !(1 << unit);
            if best[before] + against_rest(unit, before) == best[set] {
                let mut longer = tail.clone();
                longer.push(unit);
                open.push((before, longer));
            }
        }
    }
    orders.sort();
    let mut places = vec![0_usize; n];
    for order in &orders {
        for (place, &unit) in order.iter().enumerate() {
            places[unit] += place + 1;
        }
    }
    let score = places.iter().map(|&sum| count(sum) / count(orders.len().max(1))).collect();
    let ranked = Ranked { score, better: Better::Lower, parts: Vec::<Part>::new() };
    Kemeny { agreement: share(best[sets - 1]) / 2.0, optimal: ways[sets - 1], orders, ranked }
}
