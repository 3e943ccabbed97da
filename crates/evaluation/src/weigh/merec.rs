//! Weights by what is lost without a column (MEREC), and by the logarithm of contrast (LOPCOW).

use serde::{Deserialize, Serialize};

use crate::matrix::{Matrix, MatrixError, check_length, check_parameter};
use crate::rank_methods::normalise::{Norm, normalise};
use crate::sense::Sense;
use crate::stats::{count, deviation, is_constant, range, shares};
use crate::sum::exact_sum;

/// The parameters of [`merec`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Merec {
    /// Added to each cell, in parts of its column's range, so that columns with a zero can be used (0.01 is usual).
    pub shift: f64,
}

/// MEREC.
///
/// `r = min/x` for benefits, `x/max` for costs; `S = ln(1 + Σ|ln r|/m)` over the columns, `S'` the same without a column
/// (divisor still m); `E = Σ|S' − S|` over the units, `w = E/ΣE`.
/// Source: M. Keshavarz-Ghorabaee et al., Symmetry 13 (2021) 525.
///
/// Constant columns have `r = 1` and lose nothing: weight 0; if all are constant, weights are equal. Zeros: `ln r` is not
/// finite, so a zero is refused by name unless `shift` moves the column. Negative cells are refused. `NaN`: the matrix has
/// none.
///
/// # Errors
/// [`MatrixError::Domain`] for a cell that is not above zero after the shift, [`MatrixError::Parameter`] for a negative
/// shift.
pub fn merec(matrix: &Matrix, senses: &[Sense], options: Merec) -> Result<Vec<f64>, MatrixError> {
    matrix.at_least(1, 1)?;
    check_length("senses", senses.len(), matrix.columns())?;
    check_parameter("shift", options.shift, "it is not negative", options.shift >= 0.0)?;
    matrix.require("merec", "the value is not negative", |value| value >= 0.0)?;
    let table = matrix.map_columns(|_, values| {
        let (low, high) = range(values);
        Ok(values.iter().map(|value| value + options.shift * (high - low)).collect())
    })?;
    let constant: Vec<bool> = table.iter_columns().map(is_constant).collect();
    let logs = table.map_columns(|column, values| {
        if constant[column] {
            return Ok(vec![0.0; values.len()]);
        }
        if let Some(row) = values.iter().position(|value| *value <= 0.0) {
            return Err(MatrixError::Domain {
                method: "merec",
                row: table.row_name(row).into_owned(),
                column: table.column_name(column).into_owned(),
                value: values[row],
                rule: "the value is above zero; use shift",
            });
        }
        let (low, high) = range(values);
        Ok(values
            .iter()
            .map(|value| match senses[column] {
                Sense::Benefit => libm::log(low / value).abs(),
                Sense::Cost => libm::log(value / high).abs(),
            })
            .collect())
    })?;
    let m = count(matrix.columns());
    let performance = |row: usize, without: Option<usize>| {
        let kept = logs.row(row).enumerate().filter(|&(column, _)| Some(column) != without);
        libm::log1p(exact_sum(kept.map(|(_, log)| log)) / m)
    };
    let whole: Vec<f64> = (0..matrix.rows()).map(|row| performance(row, None)).collect();
    let lost: Vec<f64> = (0..matrix.columns())
        .map(|column| {
            exact_sum(whole.iter().enumerate().map(|(row, whole)| (performance(row, Some(column)) - whole).abs()))
        })
        .collect();
    Ok(shares(&lost))
}

/// LOPCOW: `PV = |ln(√(Σr²/n)/σ)·100|` of the min–max columns, `w = PV/ΣPV`; σ with divisor n − 1.
///
/// Source: F. Ecer, D. Pamucar, Applied Soft Computing 119 (2022) 108690.
///
/// Constant columns get 0; if all are constant, weights are equal. Zeros and negative cells are values as any other.
/// `NaN`: the matrix has none.
///
/// # Errors
/// [`MatrixError::TooSmall`] for fewer than two units.
pub fn lopcow(matrix: &Matrix, senses: &[Sense]) -> Result<Vec<f64>, MatrixError> {
    matrix.at_least(2, 1)?;
    let table = normalise(matrix, Norm::MinMax, senses)?;
    let n = count(table.rows());
    let values: Vec<f64> = table
        .iter_columns()
        .map(|values| {
            let spread = deviation(values);
            if spread <= 0.0 {
                return 0.0;
            }
            let root = (exact_sum(values.iter().map(|value| value * value)) / n).sqrt();
            (libm::log(root / spread) * 100.0).abs()
        })
        .collect();
    Ok(shares(&values))
}
