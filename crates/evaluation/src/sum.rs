//! Sums that do not depend on the order of their terms.

/// The sum of finite numbers, exact and rounded once to the nearest `f64` (ties to even).
///
/// A plain loop gives another last bit for another order of the units; a published rank must not change because a file
/// was sorted. The partial sums are kept as numbers that do not overlap (J. R. Shewchuk, *Adaptive Precision
/// Floating-Point Arithmetic*, 1997; the method of Python's `math.fsum`). The sum of nothing is 0. A sum beyond the
/// range of `f64` is `NaN` or infinite and is refused where a [`Matrix`](crate::matrix::Matrix) is made of it.
#[must_use]
pub fn exact_sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = ExactSum::default();
    terms.into_iter().for_each(|term| sum.add(term));
    sum.value()
}

/// A sum on its way: what was added, without any rounding.
///
/// Three numbers, each with what did not fit in the one before it, hold the sum of numbers whose sizes are not further
/// apart than about 10³⁰; what does not fit in them either is kept by itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExactSum {
    high: f64,
    middle: f64,
    low: f64,
    rest: Vec<f64>,
}

impl ExactSum {
    /// Adds a term.
    #[inline]
    pub(crate) fn add(&mut self, term: f64) {
        let (high, below) = two_sum(self.high, term);
        let (middle, below) = two_sum(self.middle, below);
        let (low, below) = two_sum(self.low, below);
        (self.high, self.middle, self.low) = (high, middle, low);
        if below != 0.0 {
            self.rest.push(below);
        }
    }

    /// The sum, rounded once.
    pub(crate) fn value(&self) -> f64 {
        let mut partials = Vec::with_capacity(8);
        let kept = [self.low, self.middle, self.high];
        self.rest.iter().chain(&kept).for_each(|term| grow(&mut partials, *term));
        round(&partials)
    }
}

/// The rounded sum of two numbers, and what the rounding took away (D. E. Knuth, *The Art of Computer Programming* 2,
/// §4.2.2).
#[inline]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// Adds a term to partial sums that do not overlap.
fn grow(partials: &mut Vec<f64>, mut term: f64) {
    let mut kept = 0;
    for at in 0..partials.len() {
        let mut partial = partials[at];
        if term.abs() < partial.abs() {
            std::mem::swap(&mut term, &mut partial);
        }
        let high = term + partial;
        let low = partial - (high - term);
        if low != 0.0 {
            partials[kept] = low;
            kept += 1;
        }
        term = high;
    }
    partials.truncate(kept);
    partials.push(term);
}

/// Rounds partial sums of rising size, none of which overlap, to one number.
fn round(partials: &[f64]) -> f64 {
    let mut rest = partials.iter().rev().copied();
    let Some(mut high) = rest.next() else { return 0.0 };
    let mut low = 0.0;
    for partial in rest.by_ref() {
        let whole = high;
        high = whole + partial;
        low = partial - (high - whole);
        if low != 0.0 {
            break;
        }
    }
    // Half-way cases: what is left below decides, as if the sum had been rounded once.
    if let Some(next) = rest.next()
        && ((low < 0.0 && next < 0.0) || (low > 0.0 && next > 0.0))
    {
        let doubled = low * 2.0;
        let moved = high + doubled;
        if doubled == moved - high {
            high = moved;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{exact_sum, grow, round};

    proptest! {
        #[test]
        fn three_numbers_and_a_rest_give_the_sum_of_all_partial_sums(
            terms in proptest::collection::vec(
                (-1.0f64..1.0, -120i32..120).prop_map(|(head, size)| head * 10_f64.powi(size)), 0..60,
            )
        ) {
            let mut partials = Vec::new();
            terms.iter().for_each(|term| grow(&mut partials, *term));
            prop_assert_eq!(exact_sum(terms).to_bits(), round(&partials).to_bits());
        }
    }

    #[test]
    fn the_order_of_the_terms_does_not_matter() {
        let mut terms = vec![1e16, 1.0, -1e16, 1e-9, 3.0, 0.1, 0.2, 0.3];
        let sum = exact_sum(terms.iter().copied());
        terms.reverse();
        assert_eq!(sum.to_bits(), exact_sum(terms).to_bits());
        assert_eq!(exact_sum([0.1; 10]), 1.0);
        assert_eq!(exact_sum([1e100, 1.0, -1e100]), 1.0);
        assert_eq!(exact_sum([1e-16, 1.0, 1e16]), 10_000_000_000_000_002.0);
        assert_eq!(exact_sum([]), 0.0);
    }
}
