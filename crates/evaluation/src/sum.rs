//! Sums that do not depend on the order of their terms.

/// The sum of finite numbers, exact and rounded once to the nearest `f64` (ties to even).
///
/// A plain loop gives another last bit for another order of the units; a published rank must not change because a file
/// was sorted. The partial sums are kept as numbers that do not overlap (J. R. Shewchuk, *Adaptive Precision
/// Floating-Point Arithmetic*, 1997; the method of Python's `math.fsum`). The sum of nothing is 0. A sum beyond the
/// range of `f64` is `NaN` or infinite and is refused where a [`Matrix`](crate::matrix::Matrix) is made of it.
#[must_use]
pub fn exact_sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let mut partials: Vec<f64> = Vec::with_capacity(8);
    for mut term in terms {
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
    round(&partials)
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
    use super::exact_sum;

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
