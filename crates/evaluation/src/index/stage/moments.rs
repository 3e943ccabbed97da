//! Statistics of one column over the values that are there. Sums are exact, so that no statistic depends on the order of
//! the units.

use crate::stats::{self, LANES};
use crate::sum::{ExactSum, exact_sum};

/// Values that are not missing.
pub(in super::super) fn present(column: &[f64]) -> impl Iterator<Item = f64> + '_ {
    column.iter().copied().filter(|value| !value.is_nan())
}

/// Smallest and largest value; none of an empty column.
pub(in super::super) fn range(column: &[f64]) -> Option<(f64, f64)> {
    let (low, high) = stats::range(column);
    (low <= high).then_some((low, high))
}

/// Arithmetic mean; none of an empty column.
pub(in super::super) fn mean(column: &[f64]) -> Option<f64> {
    let count = present(column).count();
    (count > 0).then(|| exact_sum(present(column)) / count as f64)
}

/// Median: the middle value, or the mean of the two middle values; none of an empty column.
pub(in super::super) fn median(column: &[f64]) -> Option<f64> {
    let mut values: Vec<f64> = present(column).collect();
    let (count, half) = (values.len(), values.len() / 2);
    if count == 0 {
        return None;
    }
    let (below, middle, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if count % 2 == 1 {
        return Some(*middle);
    }
    let before = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some((before + *middle) / 2.0)
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

/// The shape of a sample; its parts do not exist for a constant column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Shape {
    /// Skewness, `G₁ = g₁ √(n(n−1)) ÷ (n−2)`, the type 2 of Joanes and Gill (1998); none for fewer than three values.
    pub(in super::super) skewness: Option<f64>,
    /// Excess kurtosis, `G₂ = ((n+1)g₂ + 6)(n−1) ÷ ((n−2)(n−3))`, likewise; none for fewer than four values.
    pub(in super::super) kurtosis: Option<f64>,
}

/// Skewness and kurtosis, which are made of the same sums.
pub(in super::super) fn shape(column: &[f64]) -> Shape {
    powers(column).map_or(Shape::NONE, |(n, powers)| Shape::of(n, powers))
}

impl Shape {
    const NONE: Self = Self { skewness: None, kurtosis: None };

    /// From the number of values and the sums of the second, third and fourth powers of their deviations.
    fn of(n: f64, [second, third, fourth]: [f64; 3]) -> Self {
        if second <= 0.0 || second.is_nan() {
            return Self::NONE;
        }
        let skew = n.sqrt() * third / (second * second.sqrt());
        let ratio = n * fourth / (second * second);
        Self {
            skewness: (n > 2.0).then(|| skew * (n * (n - 1.0)).sqrt() / (n - 2.0)),
            kurtosis: (n > 3.0).then(|| ((n + 1.0) * (ratio - 3.0) + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0))),
        }
    }
}

/// The shape in plain sums of the distances from one of the values: enough to see on which side of a threshold a column
/// lies, unless it is close to it.
pub(in super::super) fn rough_shape(column: &[f64]) -> Shape {
    let (mut count, mut sum) = ([0.0; LANES], [0.0; LANES]);
    let (chunks, rest) = column.as_chunks::<LANES>();
    let last = padded(rest);
    let start = present(column).next().unwrap_or(0.0);
    let split = |value: f64| if value.is_nan() { (0.0, 0.0) } else { (value - start, 1.0) };
    for chunk in chunks.iter().chain([&last]) {
        for lane in 0..LANES {
            let (value, there) = split(chunk[lane]);
            sum[lane] += value;
            count[lane] += there;
        }
    }
    let n: f64 = count.iter().sum();
    let mean = sum.iter().sum::<f64>() / n;
    let [mut second, mut third, mut fourth] = [[0.0; LANES]; 3];
    for chunk in chunks.iter().chain([&last]) {
        for lane in 0..LANES {
            let (value, there) = split(chunk[lane]);
            let d = (value - mean) * there;
            let square = d * d;
            second[lane] += square;
            third[lane] += square * d;
            fourth[lane] += square * square;
        }
    }
    let total = |lanes: [f64; LANES]| lanes.iter().sum::<f64>();
    Shape::of(n, [total(second), total(third), total(fourth)])
}

fn padded(rest: &[f64]) -> [f64; LANES] {
    std::array::from_fn(|lane| rest.get(lane).copied().unwrap_or(f64::NAN))
}

/// The number of values and the sums of the second, third and fourth powers of their deviations.
fn powers(column: &[f64]) -> Option<(f64, [f64; 3])> {
    let mean = mean(column)?;
    let [mut second, mut third, mut fourth] = [(); 3].map(|()| ExactSum::default());
    let mut count = 0_u32;
    for value in present(column) {
        let d = value - mean;
        let square = d * d;
        second.add(square);
        third.add(square * d);
        fourth.add(square * square);
        count += 1;
    }
    Some((f64::from(count), [second.value(), third.value(), fourth.value()]))
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
        assert_eq!(shape(&[2.0; 5]), Shape::NONE);
        assert_eq!(shape(&[1.0, 2.0]), Shape::NONE);
        assert!(shape(&[1.0, 2.0, 4.0]).skewness.is_some_and(|skew| skew > 0.0));
    }

    #[test]
    fn the_rough_shape_is_the_shape_to_many_digits() {
        let column: Vec<f64> =
            (0..99).map(|at| if at % 7 == 3 { f64::NAN } else { f64::from(at * at) + 1e4 }).collect();
        let (rough, exact) = (rough_shape(&column), shape(&column));
        assert!((rough.skewness.unwrap() - exact.skewness.unwrap()).abs() < 1e-9);
        assert!((rough.kurtosis.unwrap() - exact.kurtosis.unwrap()).abs() < 1e-9);
        assert_eq!(range(&column), Some((1e4, 1e4 + 98.0 * 98.0)));
    }
}
