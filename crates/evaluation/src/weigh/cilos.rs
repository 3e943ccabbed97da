//! Weights by the impact of a loss (CILOS), and together with entropy (IDOCRIW).

use super::entropy::{Entropy, entropy};
use crate::linalg::null_vectors;
use crate::matrix::{Matrix, MatrixError, check_length};
use crate::sense::Sense;
use crate::stats::{count, is_constant, range, shares};
use crate::sum::exact_sum;

/// CILOS.
///
/// Costs become `min/x`; columns are scaled to the sum 1; `A` has for each column the row of the unit best in it;
/// `P = (a_jj − a_ij)/a_jj`, `F = P − diag(column sums of P)`; `q` solves `F·q = 0` with the sum 1.
/// Source: E. K. Zavadskas, V. Podvezko, Int. J. Information Technology & Decision Making 15 (2016) 267–283.
///
/// If several units are best in a column, `A` has the mean of their rows, so that the order of the units does not matter.
/// Constant columns lose nothing and would take all the weight: they get 0 and are left out. If no column loses anything
/// (one unit is best in all) weights are equal among those left. Zeros: allowed for benefits, refused for costs; negative
/// cells are refused. `NaN`: the matrix has none.
///
/// # Errors
/// [`MatrixError::Domain`] for a cell out of range, [`MatrixError::NoAnswer`] if the system has more than one solution.
pub fn cilos(matrix: &Matrix, senses: &[Sense]) -> Result<Vec<f64>, MatrixError> {
    const NAME: &str = "cilos";
    matrix.at_least(1, 1)?;
    check_length("senses", senses.len(), matrix.columns())?;
    matrix.require(NAME, "the value is not negative", |value| value >= 0.0)?;
    let used: Vec<usize> = (0..matrix.columns()).filter(|&column| !is_constant(matrix.column(column))).collect();
    if used.is_empty() {
        return Ok(shares(&vec![0.0; matrix.columns()]));
    }
    let part = matrix.select_columns(&used)?;
    let benefits = part.map_columns(|column, values| {
        if senses[used[column]] == Sense::Benefit {
            return Ok(values.to_vec());
        }
        let low = range(values).0;
        match values.iter().position(|value| *value <= 0.0) {
            None => Ok(values.iter().map(|value| low / value).collect()),
            Some(row) => Err(MatrixError::Domain {
                method: NAME,
                row: part.row_name(row).into_owned(),
                column: part.column_name(column).into_owned(),
                value: values[row],
                rule: "a cost is above zero",
            }),
        }
    })?;
    let table = benefits.map_columns(|_, values| {
        let total = exact_sum(values.iter().copied());
        Ok(values.iter().map(|value| value / total).collect())
    })?;
    let m = used.len();
    let best: Vec<Vec<f64>> = (0..m).map(|column| row_of_best(&table, column)).collect();
    let mut loss = vec![vec![0.0; m]; m];
    for (i, row) in loss.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            *cell = (best[j][j] - best[i][j]) / best[j][j];
        }
    }
    let mut weights = vec![0.0; matrix.columns()];
    for (&column, weight) in used.iter().zip(equilibrium(NAME, loss)?) {
        weights[column] = weight;
    }
    Ok(weights)
}

fn row_of_best(table: &Matrix, column: usize) -> Vec<f64> {
    let values = table.column(column);
    let most = range(values).1;
    let leaders: Vec<usize> = (0..values.len()).filter(|&row| values[row] == most).collect();
    (0..table.columns())
        .map(|other| exact_sum(leaders.iter().map(|&row| table.get(row, other))) / count(leaders.len()))
        .collect()
}

fn equilibrium(method: &'static str, mut loss: Vec<Vec<f64>>) -> Result<Vec<f64>, MatrixError> {
    let m = loss.len();
    if loss.iter().flatten().all(|value| *value == 0.0) {
        return Ok(shares(&vec![0.0; m]));
    }
    for column in 0..m {
        let sum = exact_sum(loss.iter().map(|row| row[column]));
        loss[column][column] -= sum;
    }
    let vectors = null_vectors(method, &loss)?;
    if vectors.get(1).is_some_and(|(value, _)| *value < 1e-12) {
        let reason = "several sets of weights balance the losses: some indicators lose nothing".to_owned();
        return Err(MatrixError::NoAnswer { method, reason });
    }
    let solution = vectors.into_iter().next().map(|(_, vector)| vector).unwrap_or_default();
    Ok(shares(&solution.iter().map(|value| value.max(0.0)).collect::<Vec<_>>()))
}

/// IDOCRIW: the product of the entropy weights of the raw cells and the CILOS weights, scaled to the sum 1.
///
/// Source and policies as for [`cilos`] and [`entropy`](super::entropy::entropy); if the product is 0 throughout, weights
/// are equal.
///
/// # Errors
/// As [`cilos`] and [`entropy`](super::entropy::entropy).
pub fn idocriw(matrix: &Matrix, senses: &[Sense]) -> Result<Vec<f64>, MatrixError> {
    let information = entropy(matrix, senses, Entropy::default())?;
    let impact = cilos(matrix, senses)?;
    Ok(shares(&information.iter().zip(&impact).map(|(w, q)| w * q).collect::<Vec<_>>()))
}
