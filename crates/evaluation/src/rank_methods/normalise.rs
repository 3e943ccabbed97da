//! The normalisations of the multi-criteria family.

use serde::{Deserialize, Serialize};

use crate::matrix::{Matrix, MatrixError, check_length};
use crate::sense::Sense;
use crate::stats::{count, range};
use crate::sum::exact_sum;

/// How a column is brought to a common scale. In the formulas the sums and extremes run over the units of the column.
///
/// | name | benefit | cost |
/// |---|---|---|
/// | `min_max` | `(x − min)/(max − min)` | `(max − x)/(max − min)` |
/// | `max` | `x/max` | `1 − x/max` |
/// | `sum` | `x/Σx` | `(1/x)/Σ(1/x)` |
/// | `vector` | `x/√Σx²` | `1 − x/√Σx²` |
/// | `linear` | `x/max` | `min/x` |
/// | `logarithmic` | `ln x/Σ ln x` | `(1 − ln x/Σ ln x)/(n − 1)` |
/// | `nonlinear` | `(x/max)²` | `(min/x)³` |
/// | `enhanced_accuracy` | `1 − (max − x)/Σ(max − x)` | `1 − (x − min)/Σ(x − min)` |
/// | `zavadskas_turskis` | `1 − |max − x|/|max|` | `1 − |min − x|/|min|` |
///
/// Source: A. Jahan, K. L. Edwards, *A state-of-the-art survey on the influence of normalization techniques in ranking*,
/// Materials & Design 65 (2015) 335–342.
///
/// Constant columns: every unit is both best and worst; `min_max` and `enhanced_accuracy` give each 1. Columns of zeros
/// carry nothing: `max`, `sum`, `vector` and `linear` give each benefit unit 0 (a cost unit 1 where the formula
/// subtracts from 1) instead of dividing by zero. Where a formula divides by a cell or takes its logarithm the cell must
/// be above zero, and is refused by name otherwise; `sum`, `linear`, `max` and `nonlinear` refuse negative cells.
/// `min_max`, `vector` and `enhanced_accuracy` take any sign. The matrix has no `NaN`. Equal cells get equal results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// Distance from the worst in parts of the range.
    MinMax,
    /// Part of the greatest.
    Max,
    /// Part of the sum.
    Sum,
    /// Part of the Euclidean length.
    Vector,
    /// Part of the best.
    Linear,
    /// Part of the sum of logarithms.
    Logarithmic,
    /// Squares and cubes of the part of the best.
    Nonlinear,
    /// One less the part of the distances to the best.
    EnhancedAccuracy,
    /// One less the relative distance to the best.
    ZavadskasTurskis,
}

/// Normalises every column by one rule; see [`Norm`] for the formulas and policies.
///
/// # Errors
/// [`MatrixError::Length`] if there is not one sense for each column; [`MatrixError::Domain`] or
/// [`MatrixError::Column`] where the rule is not defined.
pub fn normalise(matrix: &Matrix, norm: Norm, senses: &[Sense]) -> Result<Matrix, MatrixError> {
    check_length("senses", senses.len(), matrix.columns())?;
    matrix.map_columns(|column, values| {
        check(matrix, norm, senses[column], column)?;
        normalise_column(values, norm, senses[column]).ok_or_else(|| MatrixError::Column {
            method: norm.name(),
            column: matrix.column_name(column).into_owned(),
            rule: "the sum of logarithms, or the best value, is not zero",
        })
    })
}

impl Norm {
    /// The name in schemes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MinMax => "min_max",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Vector => "vector",
            Self::Linear => "linear",
            Self::Logarithmic => "logarithmic",
            Self::Nonlinear => "nonlinear",
            Self::EnhancedAccuracy => "enhanced_accuracy",
            Self::ZavadskasTurskis => "zavadskas_turskis",
        }
    }
}

fn check(matrix: &Matrix, norm: Norm, sense: Sense, column: usize) -> Result<(), MatrixError> {
    let (positive, not_negative) = ("the value is above zero", "the value is not negative");
    let rule = match (norm, sense) {
        (Norm::Logarithmic, _) | (Norm::Sum | Norm::Linear | Norm::Nonlinear, Sense::Cost) => positive,
        (Norm::Sum | Norm::Linear | Norm::Nonlinear, Sense::Benefit) | (Norm::Max, _) => not_negative,
        (Norm::MinMax | Norm::Vector | Norm::EnhancedAccuracy | Norm::ZavadskasTurskis, _) => return Ok(()),
    };
    let bad = |value: f64| if rule == positive { value <= 0.0 } else { value < 0.0 };
    match matrix.column(column).iter().position(|&value| bad(value)) {
        None => Ok(()),
        Some(row) => Err(MatrixError::Domain {
            method: norm.name(),
            row: matrix.row_name(row).into_owned(),
            column: matrix.column_name(column).into_owned(),
            value: matrix.get(row, column),
            rule,
        }),
    }
}

fn normalise_column(values: &[f64], norm: Norm, sense: Sense) -> Option<Vec<f64>> {
    let (low, high) = range(values);
    let cost = sense == Sense::Cost;
    let per = |divisor: f64, otherwise: f64, f: &dyn Fn(f64) -> f64| -> Vec<f64> {
        if divisor == 0.0 { vec![otherwise; values.len()] } else { values.iter().map(|&value| f(value)).collect() }
    };
    let done = match norm {
        Norm::MinMax => {
            let width = high - low;
            per(width, 1.0, &|x| if cost { (high - x) / width } else { (x - low) / width })
        }
        Norm::Max => {
            if cost {
                per(high, 1.0, &|x| 1.0 - x / high)
            } else {
                per(high, 0.0, &|x| x / high)
            }
        }
        Norm::Sum => {
            if cost {
                let total = exact_sum(values.iter().map(|x| 1.0 / x));
                per(total, 0.0, &|x| (1.0 / x) / total)
            } else {
                let total = exact_sum(values.iter().copied());
                per(total, 0.0, &|x| x / total)
            }
        }
        Norm::Vector => {
            let length = length(values);
            if cost { per(length, 1.0, &|x| 1.0 - x / length) } else { per(length, 0.0, &|x| x / length) }
        }
        Norm::Linear => {
            if cost {
                per(1.0, 0.0, &|x| low / x)
            } else {
                per(high, 0.0, &|x| x / high)
            }
        }
        Norm::Logarithmic => {
            let total = exact_sum(values.iter().map(|&x| libm::log(x)));
            if total == 0.0 || (cost && values.len() < 2) {
                return None;
            }
            let others = count(values.len()) - 1.0;
            per(total, 0.0, &|x| if cost { (1.0 - libm::log(x) / total) / others } else { libm::log(x) / total })
        }
        Norm::Nonlinear => {
            if cost {
                per(1.0, 0.0, &|x| (low / x) * (low / x) * (low / x))
            } else {
                per(high, 0.0, &|x| (x / high) * (x / high))
            }
        }
        Norm::EnhancedAccuracy => {
            let distance = |x: f64| if cost { x - low } else { high - x };
            let total = exact_sum(values.iter().map(|&x| distance(x)));
            per(total, 1.0, &|x| 1.0 - distance(x) / total)
        }
        Norm::ZavadskasTurskis => {
            let best = if cost { low } else { high };
            if best == 0.0 {
                return None;
            }
            per(best, 0.0, &|x| 1.0 - ((best - x) / best).abs())
        }
    };
    Some(done)
}

/// The Euclidean length, scaled by the greatest size so that the squares neither overflow nor vanish.
fn length(values: &[f64]) -> f64 {
    let size = values.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
    if size > 1e100 || (size > 0.0 && size < 1e-100) {
        return size * exact_sum(values.iter().map(|value| (value / size) * (value / size))).sqrt();
    }
    exact_sum(values.iter().map(|value| value * value)).sqrt()
}
