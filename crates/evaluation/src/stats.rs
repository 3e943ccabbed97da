//! Means, spreads and correlations of columns, by sums that have no order.

use crate::sum::exact_sum;

/// The arithmetic mean; 0 of nothing.
pub(crate) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { exact_sum(values.iter().copied()) / count(values.len()) }
}

/// The sum of squared deviations from the mean.
pub(crate) fn squares(values: &[f64]) -> f64 {
    if is_constant(values) {
        return 0.0;
    }
    let centre = mean(values);
    exact_sum(values.iter().map(|value| (value - centre) * (value - centre)))
}

/// The variance with divisor n − 1; 0 for fewer than two values and for a constant column.
pub(crate) fn variance(values: &[f64]) -> f64 {
    if values.len() < 2 { 0.0 } else { squares(values) / count(values.len() - 1) }
}

/// The standard deviation with divisor n − 1.
pub(crate) fn deviation(values: &[f64]) -> f64 {
    variance(values).sqrt()
}

/// Pearson's correlation; 0 if one of the two is constant, for then nothing goes with anything.
pub(crate) fn pearson(left: &[f64], right: &[f64]) -> f64 {
    let (spread_left, spread_right) = (squares(left), squares(right));
    if spread_left <= 0.0 || spread_right <= 0.0 {
        return 0.0;
    }
    let (mean_left, mean_right) = (mean(left), mean(right));
    let product = exact_sum(left.iter().zip(right).map(|(a, b)| (a - mean_left) * (b - mean_right)));
    (product / (spread_left.sqrt() * spread_right.sqrt())).clamp(-1.0, 1.0)
}

/// Numbers that are worked on side by side, so that one operation does not wait for the other.
pub(crate) const LANES: usize = 4;

/// The least and the greatest value; infinities of nothing. A missing value is neither.
pub(crate) fn range(values: &[f64]) -> (f64, f64) {
    // A comparison with a missing value is false.
    let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            low[lane] = if chunk[lane] < low[lane] { chunk[lane] } else { low[lane] };
            high[lane] = if chunk[lane] > high[lane] { chunk[lane] } else { high[lane] };
        }
    }
    let low = low.iter().chain(rest).copied().fold(f64::INFINITY, f64::min);
    let high = high.iter().chain(rest).copied().fold(f64::NEG_INFINITY, f64::max);
    (low, high)
}

/// Whether all values are the same number.
pub(crate) fn is_constant(values: &[f64]) -> bool {
    let (low, high) = range(values);
    low >= high
}

/// A count as a number; exact below 2⁵³.
#[allow(clippy::cast_precision_loss, reason = "counts of units and indicators are far below 2^53")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

/// Shares of the total; equal shares if there is nothing to share.
pub(crate) fn shares(parts: &[f64]) -> Vec<f64> {
    let total = exact_sum(parts.iter().copied());
    if total > 0.0 && total.is_finite() {
        parts.iter().map(|part| part / total).collect()
    } else {
        vec![1.0 / count(parts.len().max(1)); parts.len()]
    }
}
