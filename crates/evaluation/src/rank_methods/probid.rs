//! PROBID and sPROBID: distances to a ladder of ideals.

use super::normalise::{Norm, normalise};
use super::problem::{Better, Problem, Ranked};
use crate::matrix::{Matrix, MatrixError};
use crate::sense::Sense;
use crate::stats::{count, mean};
use crate::sum::exact_sum;

/// PROBID.
///
/// `v = w·x/√Σx²`; the k-th ideal has the k-th best `v` of every column; `S(k)` the distance to it, `S̄` that to the mean.
/// `S⁺ = Σ S(k)/k` over the better half, `S⁻ = Σ S(k)/(n − k + 1)` over the worse half (for odd n the middle in both),
/// `R = S⁺/S⁻`, score `1/(1 + R²) + S̄`, higher is better.
/// Source: Z. Wang, G. P. Rangaiah, X. Wang, Industrial & Engineering Chemistry Research 60 (2021).
///
/// Constant columns add nothing to any distance. If a unit is on every ideal of the worse half (all units the same) `R`
/// counts as 1. Zeros and negative cells are values as any other. `NaN`: the matrix has none. Ties: equal scores share a
/// rank. Distances are not kept; the time is n²·m.
///
/// # Errors
/// None beyond those of the [`Problem`].
pub fn probid(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    let n = problem.rows();
    let half = n.div_ceil(2);
    // For even n the better half ends where the worse one begins, at n/2, in both.
    let (table, ideals) = ladder(problem)?;
    let centre: Vec<f64> = table.iter_columns().map(mean).collect();
    let score = (0..n)
        .map(|row| {
            let plus = near_sum(&table, &ideals, row, 1..=half, count);
            let minus = near_sum(&table, &ideals, row, half..=n, |k| count(n - k + 1));
            let ratio = if minus > 0.0 { plus / minus } else { 1.0 };
            let to_mean = exact_sum(table.row(row).zip(&centre).map(|(v, mean)| (v - mean) * (v - mean))).sqrt();
            1.0 / (1.0 + ratio * ratio) + to_mean
        })
        .collect();
    Ranked::checked(problem.matrix(), "probid", score, Better::Higher, Vec::new())
}

/// sPROBID: `S⁻/S⁺` with only the best and the worst quarter of the ideals; higher is better.
///
/// With fewer than four units the best and the worst ideal alone are used. A unit at distance 0 from all ideals of the
/// best quarter has no finite score. Other policies as for [`probid`].
///
/// # Errors
/// [`MatrixError::NoAnswer`] for a unit that is ideal in the whole best quarter.
pub fn sprobid(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    let n = problem.rows();
    let quarter = (n / 4).max(1);
    let (table, ideals) = ladder(problem)?;
    let score = (0..n)
        .map(|row| {
            let plus = near_sum(&table, &ideals, row, 1..=quarter, count);
            near_sum(&table, &ideals, row, n + 1 - quarter..=n, |k| count(n - k + 1)) / plus
        })
        .collect();
    Ranked::checked(problem.matrix(), "sprobid", score, Better::Higher, Vec::new())
}

/// The weighted columns, and the same sorted from the best value.
fn ladder(problem: &Problem<'_>) -> Result<(Matrix, Matrix), MatrixError> {
    let raw = vec![Sense::Benefit; problem.matrix().columns()];
    let table = normalise(problem.matrix(), Norm::Vector, &raw)?
        .map_columns(|column, values| Ok(values.iter().map(|value| problem.weights()[column] * value).collect()))?;
    let ideals = table.map_columns(|column, values| {
        let mut sorted = values.to_vec();
        sorted.sort_by(|a, b| match problem.senses()[column] {
            Sense::Benefit => b.total_cmp(a),
            Sense::Cost => a.total_cmp(b),
        });
        Ok(sorted)
    })?;
    Ok((table, ideals))
}

fn near_sum(
    table: &Matrix,
    ideals: &Matrix,
    row: usize,
    places: std::ops::RangeInclusive<usize>,
    divisor: impl Fn(usize) -> f64,
) -> f64 {
    exact_sum(places.map(|k| {
        let squares = table.row(row).zip(ideals.row(k - 1)).map(|(v, ideal)| (v - ideal) * (v - ideal));
        exact_sum(squares).sqrt() / divisor(k)
    }))
}
