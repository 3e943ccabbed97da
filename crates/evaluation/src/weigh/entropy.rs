//! Weights by entropy (熵权法).

use serde::{Deserialize, Serialize};

use crate::matrix::{Matrix, MatrixError, check_length, check_parameter};
use crate::rank_methods::normalise::{Norm, normalise};
use crate::sense::Sense;
use crate::stats::{count, is_constant, shares};
use crate::sum::exact_sum;

/// The parameters of [`entropy`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Entropy {
    /// If given, columns are first brought to [0, 1] by min–max with their sense, and this is added to each cell: the
    /// usual form of Chinese practice (0.0001 or 0.01), needed for negative cells. Without it the cells are used raw.
    pub min_max_shift: Option<f64>,
}

/// Weights by entropy.
///
/// `p = x/Σx` in each column, `E = −Σ p·ln p / ln n`, `w = (1 − E)/Σ(1 − E)`.
/// Source: C. E. Shannon 1948; C. L. Hwang, K. Yoon 1981, §3.4.
///
/// Zeros: allowed, `0·ln 0 = 0`, the limit (in data on waste a zero is a result; peers refuse it or set `E` to 0).
/// Constant columns and columns of zeros carry no information: weight 0; if every column is so, weights are equal.
/// Negative cells are refused by name; use `min_max_shift`. `NaN`: the matrix has none. Ties: equal columns get equal
/// weights.
///
/// # Errors
/// [`MatrixError::TooSmall`] for fewer than two units, [`MatrixError::Domain`] for a negative cell,
/// [`MatrixError::Parameter`] for a shift that is negative.
pub fn entropy(matrix: &Matrix, senses: &[Sense], options: Entropy) -> Result<Vec<f64>, MatrixError> {
    matrix.at_least(2, 1)?;
    check_length("senses", senses.len(), matrix.columns())?;
    let moved;
    let table = match options.min_max_shift {
        None => matrix,
        Some(shift) => {
            check_parameter("min_max_shift", shift, "it is not negative", shift >= 0.0)?;
            moved = normalise(matrix, Norm::MinMax, senses)?
                .map_columns(|_, values| Ok(values.iter().map(|value| value + shift).collect()))?;
            &moved
        }
    };
    table.require("entropy", "the value is not negative; use min_max_shift", |value| value >= 0.0)?;
    let scale = libm::log(count(table.rows()));
    let divergence: Vec<f64> = table
        .iter_columns()
        .map(|values| {
            if is_constant(values) {
                return 0.0;
            }
            let total = exact_sum(values.iter().copied());
            let disorder = exact_sum(values.iter().map(|value| {
                let p = value / total;
                if p > 0.0 { -p * libm::log(p) } else { 0.0 }
            }));
            (1.0 - disorder / scale).max(0.0)
        })
        .collect();
    Ok(shares(&divergence))
}
