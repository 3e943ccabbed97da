//! Copeland, Condorcet and Borda: votes of the indicators on the units.

use super::duels::duels;
use super::problem::{Better, Problem, Ranked};
use super::votes::{share, whole_weights};
use crate::matrix::{MatrixError, check_length};
use crate::sense::Sense;
use crate::stats::count;
use crate::sum::exact_sum;

/// Copeland's rule on columns that may have missing cells.
///
/// For each pair, the weight of the columns in which `a` is better against the weight of those in which `b` is; the
/// heavier side wins, and the score is the number of wins less the number of defeats, higher is better. Parts: `wins`,
/// `defeats`. This is the outranking of the OECD handbook (2008, §6.3) with ½ for a tie, compared with ½.
///
/// `NaN` is a missing cell, and a column counts for a pair only if both units have it; with nothing in common a pair has
/// no winner. The comparison is made once for both sides, so the order of the rows does not matter (COINr's does).
/// Constant columns and ties within a column favour nobody. Zeros and negative cells are values as any other. Weights are
/// compared in whole parts of 10⁻¹² of their sum, with a margin of one part a column; within it the pair is tied. Memory:
/// less than that of the table.
///
/// # Errors
/// [`MatrixError::Length`] if the columns have no weight or sense or are of different length, [`MatrixError::Weight`].
pub fn copeland_with_missing(columns: &[&[f64]], weights: &[f64], senses: &[Sense]) -> Result<Ranked, MatrixError> {
    check_length("weights", weights.len(), columns.len())?;
    check_length("senses", senses.len(), columns.len())?;
    let votes = whole_weights(weights)?;
    let n = columns.first().map_or(0, |column| column.len());
    for column in columns {
        check_length("cells of a column", column.len(), n)?;
    }
    let (wins, defeats) = duels(columns, &votes, senses);
    let (wins, defeats): (Vec<f64>, Vec<f64>) =
        (wins.into_iter().map(count).collect(), defeats.into_iter().map(count).collect());
    let score = wins.iter().zip(&defeats).map(|(wins, defeats)| wins - defeats).collect();
    let parts = [("wins", wins), ("defeats", defeats)].map(|(name, values)| super::problem::Part { name, values });
    Ok(Ranked { score, better: Better::Higher, parts: parts.into() })
}

/// Copeland's rule on a complete table; see [`copeland_with_missing`].
///
/// # Errors
/// As [`copeland_with_missing`].
pub fn copeland(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    let columns: Vec<&[f64]> = problem.matrix().iter_columns().collect();
    copeland_with_missing(&columns, problem.weights(), problem.senses())
}

/// The unit that beats every other one pair by pair, if there is one.
///
/// # Errors
/// As [`copeland_with_missing`].
pub fn condorcet_winner(problem: &Problem<'_>) -> Result<Option<usize>, MatrixError> {
    let result = copeland(problem)?;
    let all = count(problem.rows()) - 1.0;
    Ok(result.part("wins").and_then(|wins| wins.iter().position(|&won| won == all)))
}

/// Borda's rule: for each column as many points as units are beaten, ½ for a tie; the weighted sum, higher is better.
///
/// Weights are used as given: with weight 1 for each column the score is the classical count.
/// Source: J.-C. de Borda 1784; OECD handbook 2008, §6.3.
///
/// Constant columns give every unit `(n − 1)/2`. Zeros and negative cells are values as any other. `NaN`: the matrix has
/// none. Ties: equal scores share a rank.
///
/// # Errors
/// None beyond those of the [`Problem`].
pub fn borda(problem: &Problem<'_>) -> Result<Ranked, MatrixError> {
    let matrix = problem.matrix();
    let points = matrix.map_columns(|column, values| {
        let sign = if problem.senses()[column] == Sense::Benefit { 1.0 } else { -1.0 };
        let mut sorted: Vec<f64> = values.iter().map(|value| sign * value).collect();
        sorted.sort_by(f64::total_cmp);
        Ok(values
            .iter()
            .map(|value| {
                let own = sign * value;
                let beaten = sorted.partition_point(|other| *other < own);
                let tied = sorted.partition_point(|other| *other <= own) - beaten - 1;
                count(beaten) + count(tied) / 2.0
            })
            .collect())
    })?;
    let score =
        (0..matrix.rows()).map(|row| exact_sum(points.row(row).zip(problem.weights()).map(|(p, w)| p * w))).collect();
    Ranked::checked(matrix, "borda", score, Better::Higher, Vec::new())
}

/// The outranking table of the OECD handbook: at `[a][b]` the weight of the columns in which `a` is better than `b`, and
/// half of that of the ties; `[a][b] + [b][a] = 1`.
///
/// # Errors
/// As [`copeland_with_missing`].
pub fn outranking_table(problem: &Problem<'_>) -> Result<Vec<Vec<f64>>, MatrixError> {
    let table = doubled_outranking(problem)?;
    Ok(table.iter().map(|row| row.iter().map(|&parts| share(parts) / 2.0).collect()).collect())
}

/// Twice the outranking in whole parts, so that halves of ties stay whole.
pub(crate) fn doubled_outranking(problem: &Problem<'_>) -> Result<Vec<Vec<i64>>, MatrixError> {
    let votes = whole_weights(problem.weights())?;
    let matrix = problem.matrix();
    let n = matrix.rows();
    let mut table = vec![vec![0; n]; n];
    for (a, row) in table.iter_mut().enumerate() {
        for (b, cell) in row.iter_mut().enumerate().filter(|&(b, _)| b != a) {
            for (column, &vote) in votes.iter().enumerate() {
                let (mut x, mut y) = (matrix.get(a, column), matrix.get(b, column));
                if problem.senses()[column] == Sense::Cost {
                    std::mem::swap(&mut x, &mut y);
                }
                *cell += if x > y {
                    2 * vote
                } else if x < y {
                    0
                } else {
                    vote
                };
            }
        }
    }
    Ok(table)
}
