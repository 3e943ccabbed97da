//! Weights from pairwise judgements: the analytic hierarchy process (层次分析法), of one or several judges.

use serde::Serialize;

use crate::linalg::{null_vectors, perron_root};
use crate::matrix::{MatrixError, check_length};
use crate::stats::{count, shares};
use crate::sum::exact_sum;

/// Weights, and how far the judgements agree with themselves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AhpResult {
    /// The weights, of the sum 1.
    pub weights: Vec<f64>,
    /// The principal eigenvalue; the number of columns if the judgements are consistent.
    pub lambda_max: f64,
    /// `(λ − n)/(n − 1)`.
    pub consistency_index: f64,
    /// The index in parts of that of random judgements; up to 0.1 is accepted by custom. 0 for one or two columns.
    pub consistency_ratio: f64,
}

/// Saaty's mean consistency index of random judgements, for 1 to 15 columns.
const RANDOM_INDEX: [f64; 15] =
    [0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59];

/// The analytic hierarchy process: the principal eigenvector of the table of judgements, scaled to the sum 1.
///
/// `judgements[i][j]` says how many times as important `i` is as `j`. `CR = ((λ − n)/(n − 1))/RI(n)`.
/// Source: T. L. Saaty, *The Analytic Hierarchy Process*, 1980.
///
/// The table need not be exactly reciprocal: printed tables are rounded (0.33 for 1/3); a product `a_ij·a_ji` further from
/// 1 than 5 % is refused. Zeros, negative numbers and `NaN` are refused. Equal columns get equal weights.
///
/// # Errors
/// [`MatrixError::Length`] for a table that is not square, [`MatrixError::Parameter`] for a judgement out of range,
/// [`MatrixError::TooLarge`] above 15 columns, for which no random index is known.
pub fn ahp(judgements: &[Vec<f64>]) -> Result<AhpResult, MatrixError> {
    const NAME: &str = "ahp";
    check(judgements)?;
    let n = judgements.len();
    let lambda_max = perron_root(NAME, judgements)?;
    let shifted: Vec<Vec<f64>> = judgements
        .iter()
        .enumerate()
        .map(|(i, row)| {
            row.iter().enumerate().map(|(j, cell)| if i == j { cell - lambda_max } else { *cell }).collect()
        })
        .collect();
    let vector = null_vectors(NAME, &shifted)?.into_iter().next().map(|(_, vector)| vector).unwrap_or_default();
    let weights = shares(&vector.iter().map(|value| value.abs()).collect::<Vec<_>>());
    let consistency_index = if n > 1 { (lambda_max - count(n)) / (count(n) - 1.0) } else { 0.0 };
    let random = RANDOM_INDEX[n - 1];
    let consistency_ratio = if random > 0.0 { consistency_index / random } else { 0.0 };
    Ok(AhpResult { weights, lambda_max, consistency_index, consistency_ratio })
}

/// The judgements of a group: the geometric mean of each judgement, then as [`ahp`].
///
/// The geometric mean keeps the table reciprocal (J. Aczél, T. L. Saaty, J. Mathematical Psychology 27 (1983) 93–102).
/// `voices` weighs the judges; without it all count the same.
///
/// # Errors
/// As [`ahp`]; [`MatrixError::TooSmall`] without judges, [`MatrixError::Length`] if tables or voices do not fit,
/// [`MatrixError::Parameter`] for a negative voice.
pub fn ahp_group(tables: &[Vec<Vec<f64>>], voices: Option<&[f64]>) -> Result<AhpResult, MatrixError> {
    let Some(first) = tables.first() else {
        return Err(MatrixError::TooSmall { rows: 0, columns: 0, least_rows: 1, least_columns: 1 });
    };
    for table in tables {
        check(table)?;
        check_length("judgements of a judge", table.len(), first.len())?;
    }
    let voices = match voices {
        None => shares(&vec![1.0; tables.len()]),
        Some(voices) => {
            check_length("voices", voices.len(), tables.len())?;
            if let Some(bad) = voices.iter().find(|voice| !voice.is_finite() || **voice < 0.0) {
                let rule = "a voice is finite and not negative";
                return Err(MatrixError::Parameter { name: "voices", value: bad.to_string(), rule });
            }
            shares(voices)
        }
    };
    let n = first.len();
    let joint: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            (0..n)
                .map(|j| {
                    libm::exp(exact_sum(
                        tables.iter().zip(&voices).map(|(table, voice)| voice * libm::log(table[i][j])),
                    ))
                })
                .collect()
        })
        .collect();
    ahp(&joint)
}

fn check(judgements: &[Vec<f64>]) -> Result<(), MatrixError> {
    let n = judgements.len();
    if n == 0 {
        return Err(MatrixError::TooSmall { rows: 0, columns: 0, least_rows: 1, least_columns: 1 });
    }
    if n > RANDOM_INDEX.len() {
        return Err(MatrixError::TooLarge { what: "columns judged in pairs", given: n, most: RANDOM_INDEX.len() });
    }
    for row in judgements {
        check_length("judgements of a row", row.len(), n)?;
    }
    for (i, row) in judgements.iter().enumerate() {
        for (j, &cell) in row.iter().enumerate() {
            let mirror = judgements[j][i];
            let positive = cell.is_finite() && cell > 0.0;
            if !positive || !(0.95..=1.05).contains(&(cell * mirror)) {
                return Err(MatrixError::Parameter {
                    name: "judgements",
                    value: format!("{cell} at ({}, {}) and {mirror} at ({}, {})", i + 1, j + 1, j + 1, i + 1),
                    rule: "judgements are above zero, and one is the reciprocal of the other",
                });
            }
        }
    }
    Ok(())
}
