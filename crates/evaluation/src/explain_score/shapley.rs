//! The fair share of each group in a score that is not a sum.

use crate::exact::Exact;
use crate::matrix::MatrixError;
use crate::stats::count;
use crate::sum::exact_sum;

/// The most groups for which all subsets are scored.
pub const MOST_GROUPS: usize = 16;

/// Shapley's decomposition, exact.
///
/// `value(set)` is the score if the groups whose bit is set have the unit's own values and the others those of the
/// reference (the mean unit, or the last edition). Group `g` gets `Σ_S |S|!·(n − 1 − |S|)!/n! · (v(S ∪ g) − v(S))` over
/// the sets `S` without it; the shares add up to `v(all) − v(none)`. Each set is scored once, `2ⁿ` calls in rising order.
/// For a weighted sum the share is the weight times the difference to the reference.
/// Source: L. S. Shapley, *A value for n-person games*, 1953.
///
/// A group that never changes the score gets 0; two groups that change it alike get the same.
///
/// # Errors
/// [`MatrixError::TooLarge`] above 16 groups; whatever `value` refuses; [`MatrixError::NoAnswer`] if a score is `NaN` or
/// infinite.
pub fn shapley(groups: usize, mut value: impl FnMut(u32) -> Result<f64, MatrixError>) -> Result<Vec<f64>, MatrixError> {
    if groups > MOST_GROUPS {
        return Err(MatrixError::TooLarge {
            what: "groups in an exact decomposition",
            given: groups,
            most: MOST_GROUPS,
        });
    }
    let mut scores = Vec::with_capacity(1 << groups);
    for set in 0..1_u32 << groups {
        let score = value(set)?;
        if !score.is_finite() {
            let reason = format!("the score of the set of groups {set:#b} is {score}");
            return Err(MatrixError::NoAnswer { method: "shapley", reason });
        }
        scores.push(score);
    }
    // |S|!·(n − 1 − |S|)!/n! = 1/(n·C(n − 1, |S|)).
    let orders: Vec<f64> = (0..groups).map(|size| 1.0 / (count(groups) * choose(groups - 1, size))).collect();
    Ok((0..groups)
        .map(|group| {
            let bit = 1_usize << group;
            let without = (0..scores.len()).filter(|set| set & bit == 0);
            exact_sum(without.map(|set| {
                let size = usize::try_from(set.count_ones()).unwrap_or(0);
                orders[size] * (scores[set | bit] - scores[set])
            }))
        })
        .collect())
}

/// The share of one cause in exact fractions: `values[set]` is the result if the causes whose bit is set have acted.
/// `Σ |S|!·(n − 1 − |S|)! ÷ n! · (v(S ∪ g) − v(S))`; the shares add up exactly to `v(all) − v(none)`. For a few causes: the
/// factorials are those of `i64`.
pub(crate) fn exact_share(values: &[Exact], cause: usize, causes: usize) -> Exact {
    let factorial =
        |n: usize| (1..=n).fold(1_i64, |all, factor| all.saturating_mul(i64::try_from(factor).unwrap_or(1)));
    let terms = (0..values.len()).filter(|set| set >> cause & 1 == 0).map(|set| {
        let size = usize::try_from(set.count_ones()).unwrap_or(0);
        let ways = Exact::integer(factorial(size).saturating_mul(factorial(causes - 1 - size)));
        &ways * &(&values[set | 1 << cause] - &values[set])
    });
    let sum: Exact = terms.collect::<Vec<_>>().iter().sum();
    sum.checked_div(&Exact::integer(factorial(causes))).unwrap_or_else(Exact::zero)
}

/// The number of ways to choose; exact for the sizes used here.
fn choose(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |ways, step| ways * count(n - step) / count(step + 1))
}

#[cfg(test)]
mod tests {
    use super::shapley;

    #[test]
    fn a_sum_is_taken_apart_into_its_terms() {
        let terms = [1.5, -2.0, 0.25, 4.0];
        let value = |set: u32| Ok((0..4).filter(|group| set >> group & 1 == 1).map(|group| terms[group]).sum());
        let shares = shapley(4, value).unwrap();
        for (share, term) in shares.iter().zip(terms) {
            assert!((share - term).abs() < 1e-15, "{shares:?}");
        }
    }

    #[test]
    fn a_product_is_shared_and_nothing_is_lost() {
        // Gloves: a left one (group 0) is worth 1 with any right one (groups 1, 2): shares 4/6, 1/6, 1/6.
        let value = |set: u32| Ok(if set & 1 == 1 && set & 0b110 != 0 { 1.0 } else { 0.0 });
        let shares = shapley(3, value).unwrap();
        for (share, wanted) in shares.iter().zip([4.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0]) {
            assert!((share - wanted).abs() < 1e-15, "{shares:?}");
        }
        let geometric = |set: u32| {
            let factor = |group: u32, own: f64| if set >> group & 1 == 1 { own } else { 1.0 };
            Ok(factor(0, 2.0) * factor(1, 3.0) * factor(2, 0.5) * factor(3, 1.0))
        };
        let shares = shapley(4, geometric).unwrap();
        assert!((shares.iter().sum::<f64>() - 2.0).abs() < 1e-15);
        assert_eq!(shares[3], 0.0);
    }

    #[test]
    fn too_many_groups_and_no_numbers_are_refused() {
        assert!(shapley(17, |_| Ok(0.0)).is_err());
        assert!(shapley(2, |set| Ok(if set == 3 { f64::NAN } else { 0.0 })).is_err());
        assert_eq!(shapley(0, |_| Ok(5.0)).unwrap(), Vec::<f64>::new());
    }
}
