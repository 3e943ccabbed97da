//! Weights from points given by judges: budget allocation, and ranking comparison (RANCOM).

use crate::matrix::{MatrixError, check_length};
use crate::stats::{count, shares};
use crate::sum::exact_sum;

/// Budget allocation: each judge spreads points over the columns; every judge's points are scaled to the sum 1 and the
/// mean is taken.
///
/// Source: OECD handbook 2008, §6.2. Zeros are allowed. Judges count the same, however many points they gave. Negative
/// points, `NaN` and a judge without points are refused.
///
/// # Errors
/// [`MatrixError::TooSmall`] without judges, [`MatrixError::Length`] if a judge did not see every column,
/// [`MatrixError::Parameter`] for points out of range.
pub fn budget_allocation(points: &[Vec<f64>]) -> Result<Vec<f64>, MatrixError> {
    let Some(first) = points.first().filter(|first| !first.is_empty()) else {
        return Err(MatrixError::TooSmall { rows: points.len(), columns: 0, least_rows: 1, least_columns: 1 });
    };
    let mut scaled = Vec::with_capacity(points.len());
    for judge in points {
        check_length("points of a judge", judge.len(), first.len())?;
        let bad = judge.iter().find(|value| !value.is_finite() || **value < 0.0);
        if let Some(value) = bad {
            let rule = "points are finite and not negative";
            return Err(MatrixError::Parameter { name: "points", value: value.to_string(), rule });
        }
        if exact_sum(judge.iter().copied()) <= 0.0 {
            let rule = "each judge gives some points";
            return Err(MatrixError::Parameter { name: "points", value: "0".to_owned(), rule });
        }
        scaled.push(shares(judge));
    }
    let mean = |column: usize| exact_sum(scaled.iter().map(|judge| judge[column])) / count(scaled.len());
    Ok(shares(&(0..first.len()).map(mean).collect::<Vec<_>>()))
}

/// RANCOM: `table[i][j]` is 1 if column `i` is more important than `j`, ½ if the same, 0 if less; `w` is the share of the
/// row in the sum.
///
/// Source: J. Więckowski et al., Expert Systems with Applications 213 (2023) 119103.
///
/// # Errors
/// [`MatrixError::TooSmall`], [`MatrixError::Length`] for a table that is not square, [`MatrixError::Parameter`] unless
/// `a_ij + a_ji = 1` with 0, ½ or 1.
pub fn rancom(table: &[Vec<f64>]) -> Result<Vec<f64>, MatrixError> {
    if table.is_empty() {
        return Err(MatrixError::TooSmall { rows: 0, columns: 0, least_rows: 1, least_columns: 1 });
    }
    for (i, row) in table.iter().enumerate() {
        check_length("comparisons of a row", row.len(), table.len())?;
        for (j, &cell) in row.iter().enumerate() {
            let mirror = table.get(j).and_then(|row| row.get(i)).copied().unwrap_or(f64::NAN);
            if ![0.0, 0.5, 1.0].contains(&cell) || cell + mirror != 1.0 {
                let rule = "comparisons are 0, 0.5 or 1, and both sides add up to 1";
                return Err(MatrixError::Parameter { name: "comparison", value: cell.to_string(), rule });
            }
        }
    }
    Ok(shares(&table.iter().map(|row| exact_sum(row.iter().copied())).collect::<Vec<_>>()))
}
