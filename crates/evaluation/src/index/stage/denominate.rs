//! Division by a denominator.

/// `x ÷ (d ÷ f)`, where f is the factor of the denominator's unit (people ÷ 1000: per thousand people).
///
/// | case | result |
/// |---|---|
/// | value or denominator missing | missing |
/// | denominator zero | missing: a rate over nothing is not a number, and not zero |
/// | denominator negative | computed; the reader of the data refuses it where it knows the column |
///
/// Source: COINr 1.1.14 `Denominate`, which divides by `d ÷ ScaleFactor` and lets a zero denominator give infinity.
pub(in super::super) fn denominate(values: &mut [f64], denominator: &[f64], factor: f64) {
    for (value, below) in values.iter_mut().zip(denominator) {
        let rate = *value / (below / factor);
        *value = if rate.is_finite() { rate } else { f64::NAN };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_denominator_leaves_a_missing_value() {
        let mut values = [10.0, 0.0, 5.0, f64::NAN];
        denominate(&mut values, &[4.0, 2.0, 0.0, 1.0], 2.0);
        assert_eq!(&values[..2], &[5.0, 0.0]);
        assert!(values[2].is_nan() && values[3].is_nan());
    }
}
