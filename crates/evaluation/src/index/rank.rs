//! Ranks.

use super::scheme::{Rounding, Ties};
use crate::order::Ranker;

/// What counts as one and the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    /// The same number: for what was given.
    Number,
    /// The same twelve significant digits: for what was computed, where the rest is rounding.
    Digits,
}

impl Same {
    fn holds(self, a: f64, b: f64) -> bool {
        // Numbers with the same twelve digits are within 10⁻¹¹ of each other; writing them out is only worth it there.
        a == b
            || (self == Self::Digits
                && (a - b).abs() <= 1e-10 * f64::max(a.abs(), b.abs())
                && comparable(a) == comparable(b))
    }
}

/// Ranks from the smallest value, 1 … n; a missing value has a missing rank.
pub(super) fn ascending(values: &[f64], ties: Ties) -> Vec<f64> {
    let turned: Vec<f64> = values.iter().map(|value| -value).collect();
    ranks(&mut Ranker::default(), &turned, Same::Number, ties)
}

/// Ranks from the largest value, likewise.
pub(super) fn descending(values: &[f64], ties: Ties) -> Vec<f64> {
    ranks(&mut Ranker::default(), values, Same::Number, ties)
}

/// Ranks from the largest value: the best is 1. A missing value has a missing rank.
pub(super) fn ranks(ranker: &mut Ranker, values: &[f64], same: Same, ties: Ties) -> Vec<f64> {
    let sorted = ranker.sort(values);
    let order: Vec<(f64, u32)> = sorted.iter().copied().filter(|(_, at)| !values[*at as usize].is_nan()).collect();
    let mut ranks = vec![f64::NAN; values.len()];
    let (mut start, mut dense) = (0, 0.0);
    while start < order.len() {
        // -0 and 0 are one value.
        let alike = order[start..].iter().take_while(|(value, _)| same.holds(order[start].0, *value)).count();
        let (first, last) = ((start + 1) as f64, (start + alike) as f64);
        dense += 1.0;
        let rank = match ties {
            Ties::Min => first,
            Ties::Max => last,
            Ties::Average => (first + last) / 2.0,
            Ties::Dense => dense,
        };
        order[start..start + alike].iter().for_each(|(_, at)| ranks[*at as usize] = rank);
        start += alike;
    }
    ranks
}

/// The value at twelve significant digits, for comparing computed scores: what agrees to there differs by rounding only.
pub(super) fn comparable(value: f64) -> f64 {
    if !value.is_finite() || value == 0.0 {
        return value;
    }
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// Cuts the last bits of a score, so that what differs by rounding only is a tie. Cheaper than [`comparable`] by far.
pub(super) fn comparable_bits(score: f64) -> f64 {
    const LAST: u64 = (1 << 12) - 1;
    let bits = score.to_bits().wrapping_add(1 << 11) & !LAST;
    let cut = f64::from_bits(bits);
    if cut.is_finite() { cut } else { comparable(score) }
}

/// Rounds to so many decimals, on the shortest decimal text of the value: 0.285 is rounded as it
/// reads, not as its binary neighbour lies.
pub(super) fn rounded(value: f64, decimals: u32, rounding: Rounding) -> f64 {
    use rust_decimal::{Decimal, RoundingStrategy};
    let Ok(exact) = Decimal::from_str_exact(&comparable(value).to_string()) else { return value };
    let strategy = match rounding {
        Rounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
        Rounding::HalfEven => RoundingStrategy::MidpointNearestEven,
    };
    let rounded = exact.round_dp_with_strategy(decimals, strategy);
    rounded.to_string().parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_rank_by_the_rule() {
        let values = [5.0, 1.0, 5.0, f64::NAN, 9.0];
        let ranks =
            |ties| -> Vec<f64> { descending(&values, ties).into_iter().filter(|rank| !rank.is_nan()).collect() };
        assert_eq!(ranks(Ties::Min), [2.0, 4.0, 2.0, 1.0]);
        assert_eq!(ranks(Ties::Max), [3.0, 4.0, 3.0, 1.0]);
        assert_eq!(ranks(Ties::Average), [2.5, 4.0, 2.5, 1.0]);
        assert_eq!(ranks(Ties::Dense), [2.0, 3.0, 2.0, 1.0]);
    }

    #[test]
    fn what_was_computed_is_tied_at_twelve_digits_and_what_was_given_is_not() {
        let values = [0.3, 0.1 + 0.2, 0.300_000_000_01];
        let ranks = |same| ranks(&mut Ranker::default(), &values, same, Ties::Min);
        assert_eq!(ranks(Same::Digits), [2.0, 2.0, 1.0]);
        assert_eq!(ranks(Same::Number), [3.0, 2.0, 1.0]);
        assert_eq!(ascending(&[2.0, f64::NAN, 1.0], Ties::Min)[2], 1.0);
    }

    #[test]
    fn a_score_is_rounded_as_it_reads() {
        let up = |value, decimals| rounded(value, decimals, Rounding::HalfUp);
        assert_eq!(up(89.995, 2), 90.0);
        assert_eq!(up(89.994, 2), 89.99);
        assert_eq!(up(0.1 + 0.2, 1), 0.3);
        assert_eq!(up(-0.285, 2), -0.29);
        let even = |value| rounded(value, 2, Rounding::HalfEven);
        assert_eq!((even(0.285), even(0.275), even(0.2851)), (0.28, 0.28, 0.29));
    }
}
