//! Whole weights, so that sums of weights can be compared without rounding.

use crate::matrix::MatrixError;
use crate::sum::exact_sum;

/// The parts into which the sum of the weights is divided.
const PARTS: f64 = 1e12;

/// Weights scaled to the sum 1 and rounded to whole parts of 10⁻¹².
///
/// Two halves of the weight are then equal if they are equal in decimal notation, whatever the order in which they were
/// added. A third is no whole number of parts, so comparisons leave one part a column as a margin.
pub(crate) fn whole_weights(weights: &[f64]) -> Result<Vec<i64>, MatrixError> {
    let total = exact_sum(weights.iter().copied());
    let bad = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0);
    if bad.is_some() || total <= 0.0 || !total.is_finite() {
        return Err(MatrixError::Weight {
            column: "of the votes".to_owned(),
            value: bad.copied().unwrap_or(0.0),
            rule: "weights are finite, not negative, and not all zero",
        });
    }
    Ok(weights.iter().map(|weight| whole(weight / total)).collect())
}

#[allow(clippy::cast_possible_truncation, reason = "the share lies in [0, 1], so the number of parts fits")]
fn whole(share: f64) -> i64 {
    (share * PARTS).round() as i64
}

/// A number of parts as a share of the whole weight.
#[allow(clippy::cast_precision_loss, reason = "the number of parts is below 2^53")]
pub(crate) fn share(parts: i64) -> f64 {
    parts as f64 / PARTS
}
