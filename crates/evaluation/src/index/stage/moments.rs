//! Statistics of one column over the values that are there. Sums are exact, so that no statistic depends on the order of
//! the units.

use crate::sum::exact_sum;

/// Values that are not missing.
pub(in super::super) fn present(column: &[f64]) -> impl Iterator<Item = f64> + '_ {
    column.iter().copied().filter(|value| !value.is_nan())
}

/// Smallest and largest value; none of an empty column.
pub(in super::super) fn range(column: &[f64]) -> Option<(f64, f64)> {
    present(column).fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
    })
}

/// Arithmetic mean; none of an empty column.
pub(in super::super) fn mean(column: &[f64]) -> Option<f64> {
    let count = present(column).count();
    (count > 0).then(|| exact_sum(present(column)) / count as f64)
}

/// Median: the middle value, or the mean of the two middle values; none of an empty column.
pub(in super::super) fn median(column: &[f64]) -> Option<f64> {
    let mut values: Vec<f64> = present(column).collect();
    values.sort_unstable_by(f64::total_cmp);
    let (count, half) = (values.len(), values.len() / 2);
    match count {
        0 => None,
        _ if count % 2 == 1 => Some(values[half]),
        _ => Some((values[half - 1] + values[half]) / 2.0),
    }
}

/// Standard deviation of a sample (n − 1); none for fewer than two values.
pub(in super::super) fn deviation(column: &[f64]) -> Option<f64> {
    let count = present(column).count();
    let mean = mean(column)?;
    (count > 1).then(|| {
        let squares = exact_sum(present(column).map(|value| (value - mean) * (value - mean)));
        (squares / (count - 1) as f64).sqrt()
    })
}

/// Skewness of a sample, `G₁ = g₁ √(n(n−1)) ÷ (n−2)`, the type 2 of Joanes and Gill (1998).
///
/// None for fewer than three values or a constant column.
pub(in super::super) fn skewness(column: &[f64]) -> Option<f64> {
    let (n, [second, third, _]) = powers(column)?;
    (n > 2.0 && second > 0.0).then(|| {
        let skew = n.sqrt() * third / (second * second.sqrt());
        skew * (n * (n - 1.0)).sqrt() / (n - 2.0)
    })
}

/// Excess kurtosis of a sample, `G₂ = ((n+1)g₂ + 6)(n−1) ÷ ((n−2)(n−3))`, the type 2 of Joanes and Gill (1998).
///
/// None for fewer than four values or a constant column.
pub(in super::super) fn kurtosis(column: &[f64]) -> Option<f64> {
    let (n, [second, _, fourth]) = powers(column)?;
    (n > 3.0 && second > 0.0).then(|| {
        let ratio = n * fourth / (second * second);
        ((n + 1.0) * (ratio - 3.0) + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0))
    })
}

/// The number of values and the sums of the second, third and fourth powers of their deviations.
fn powers(column: &[f64]) -> Option<(f64, [f64; 3])> {
    let mean = mean(column)?;
    let deviations: Vec<f64> = present(column).map(|value| value - mean).collect();
    let power = |of: fn(f64) -> f64| exact_sum(deviations.iter().map(|deviation| of(*deviation)));
    Some((deviations.len() as f64, [power(|d| d * d), power(|d| d * d * d), power(|d| (d * d) * (d * d))]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_pass_over_missing_values() {
        let column = [3.0, f64::NAN, 1.0, 2.0, 10.0];
        assert_eq!(mean(&column), Some(4.0));
        assert_eq!(median(&column), Some(2.5));
        assert_eq!(range(&column), Some((1.0, 10.0)));
        assert_eq!(mean(&[f64::NAN]), None);
    }

    #[test]
    fn a_constant_column_has_no_shape() {
        assert_eq!(skewness(&[2.0; 5]), None);
        assert_eq!(kurtosis(&[2.0; 5]), None);
        assert_eq!(skewness(&[1.0, 2.0]), None);
    }
}
