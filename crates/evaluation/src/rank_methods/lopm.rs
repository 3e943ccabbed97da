//! LoPM: merit against limits on properties.

use serde::{Deserialize, Serialize};

use super::problem::{Better, Problem, Ranked};
use crate::matrix::{MatrixError, check_length, check_parameter};

/// A limit on a property.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", deny_unknown_fields)]
pub enum Limit {
    /// The property is to be at least this.
    Lower {
        /// The limit.
        value: f64,
    },
    /// The property is to be at most this.
    Upper {
        /// The limit.
        value: f64,
    },
    /// The property is to be this.
    Target {
        /// The value wanted.
        value: f64,
    },
}

/// The parameters of [`lopm`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lopm {
    /// The limit of each column.
    pub limits: Vec<Limit>,
}

/// Limits on properties: `Σ w·(limit/x)` over the lower, `Σ w·(x/limit)` over the upper limits, `Σ w·|x/target − 1|`;
/// lower is better. The senses of the columns are not used.
///
/// Source: M. M. Farag, *Materials and Process Selection for Engineering Design*, 2020.
///
/// A unit's score does not depend on the other units, so a constant column is as any other. Cells under a lower limit must
/// be above zero; others are refused by name. `NaN`: the matrix has none. Ties: equal scores share a rank.
///
/// # Errors
/// [`MatrixError::Length`], [`MatrixError::Parameter`] for a limit that is not above zero, [`MatrixError::Domain`].
pub fn lopm(problem: &Problem<'_>, options: &Lopm) -> Result<Ranked, MatrixError> {
    const NAME: &str = "lopm";
    let matrix = problem.matrix();
    check_length("limits", options.limits.len(), matrix.columns())?;
    for (column, limit) in options.limits.iter().enumerate() {
        let (Limit::Lower { value } | Limit::Upper { value } | Limit::Target { value }) = *limit;
        check_parameter("limit", value, "it is above zero", value > 0.0)?;
        let bad = matrix.column(column).iter().position(|x| *x <= 0.0);
        if let (Limit::Lower { .. }, Some(row)) = (limit, bad) {
            return Err(MatrixError::Domain {
                method: NAME,
                row: matrix.row_name(row).into_owned(),
                column: matrix.column_name(column).into_owned(),
                value: matrix.get(row, column),
                rule: "a value with a lower limit is above zero",
            });
        }
    }
    let score = problem.row_sums(matrix, |column, x| {
        problem.weights()[column]
            * match options.limits[column] {
                Limit::Lower { value } => value / x,
                Limit::Upper { value } => x / value,
                Limit::Target { value } => (x / value - 1.0).abs(),
            }
    });
    Ranked::checked(matrix, NAME, score, Better::Lower, Vec::new())
}
