//! Exact ranks of many lists of scores, one after the other, in memory that is used again.

use crate::stats::range;

/// Shorter lists are sorted by comparison.
const FEW: usize = 200;

/// Bits of a key that one pass sorts by.
const BITS: u32 = 11;
const SLOTS: usize = 1 << BITS;

/// Steps for each score that are made by insertion, before it is left to a sort.
const STEPS: usize = 4;

/// The place of what has no score, or the lowest of all.
const LOWEST: u32 = u32::MAX;

/// Ranks lists of scores.
///
/// A score has a place in the range of the list, in 32 bits, the largest first; a key is this place with the number of the
/// unit below it. Two passes of a radix sort order the keys by 22 bits and insertion by the rest; where scores crowd, a
/// sort by comparison does it, so that is the worst case. Scores that share a place are put in order as they are, so the
/// result is the exact order of the numbers, whatever they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranker {
    keys: Vec<u64>,
    other: Vec<u64>,
    sorted: Vec<(f64, u32)>,
}

impl Ranker {
    /// Tells each unit with its rank, from 0 for the largest score; equal scores share the smallest of their ranks
    /// (0, 1, 1, 3).
    ///
    /// `NaN` is a unit without a score: it stands below every number, with all others of its kind. 0 and −0 are one score.
    pub(crate) fn ranks(&mut self, scores: &[f64], mut told: impl FnMut(usize, u32)) {
        let mut rank = 0;
        let mut before = None;
        for (place, &key) in (0_u32..).zip(self.order(scores)) {
            let alike =
                |other: u64| place_of(other) == place_of(key) && score_of(scores, other) == score_of(scores, key);
            if !before.is_some_and(alike) {
                rank = place;
            }
            before = Some(key);
            told(unit_of(key), rank);
        }
    }

    /// The scores from the largest to the smallest, each with its place in the list; `NaN` as the lowest of all. Equal
    /// scores stand in the order of the list.
    pub(crate) fn sort(&mut self, scores: &[f64]) -> &[(f64, u32)] {
        self.order(scores);
        let Self { keys, sorted, .. } = self;
        sorted.clear();
        sorted.extend(keys.iter().map(|&key| (score_of(scores, key), key as u32)));
        sorted
    }

    /// The keys in the order of the scores.
    fn order(&mut self, scores: &[f64]) -> &[u64] {
        let (low, high) = finite_range(scores);
        let scale = f64::from(LOWEST - 1) / (high - low);
        let scale = if scale.is_finite() { scale } else { 0.0 };
        self.keys.clear();
        self.keys.extend((0_u32..).zip(scores).map(|(unit, &score)| {
            // A conversion from a float saturates: below 0 and `NaN` give 0, which is where +∞ belongs.
            let place = if score > f64::NEG_INFINITY { ((high - score) * scale) as u32 } else { LOWEST };
            u64::from(place) << 32 | u64::from(unit)
        }));
        if scores.len() <= FEW {
            self.keys.sort_unstable();
        } else {
            self.other.resize(scores.len(), 0);
            pass(&self.keys, &mut self.other, u64::BITS - 2 * BITS);
            pass(&self.other, &mut self.keys, u64::BITS - BITS);
            if !insert(&mut self.keys) {
                self.keys.sort_unstable();
            }
        }
        let shared = |a: &u64, b: &u64| place_of(*a) == place_of(*b);
        if self.keys.windows(2).any(|pair| shared(&pair[0], &pair[1])) {
            for alike in self.keys.chunk_by_mut(shared).filter(|alike| alike.len() > 1) {
                alike.sort_unstable_by(|&a, &b| {
                    score_of(scores, b).total_cmp(&score_of(scores, a)).then(unit_of(a).cmp(&unit_of(b)))
                });
            }
        }
        &self.keys
    }
}

/// Sorts by some bits; what shares them stays in its order.
fn pass(from: &[u64], into: &mut [u64], shift: u32) {
    let slot = |key: u64| (key >> shift) as usize & (SLOTS - 1);
    let mut starts = [0_u32; SLOTS];
    from.iter().for_each(|&key| starts[slot(key)] += 1);
    let mut sum = 0;
    for start in &mut starts {
        (*start, sum) = (sum, sum + *start);
    }
    for &key in from {
        let start = &mut starts[slot(key)];
        into[*start as usize] = key;
        *start += 1;
    }
}

/// Sorts what is nearly so; tells if it was given up because it is not.
fn insert(keys: &mut [u64]) -> bool {
    let mut left = STEPS * keys.len();
    for at in 1..keys.len() {
        let moved = keys[at];
        let mut hole = at;
        while hole > 0 && keys[hole - 1] > moved {
            keys[hole] = keys[hole - 1];
            hole -= 1;
        }
        keys[hole] = moved;
        match left.checked_sub(at - hole) {
            Some(rest) => left = rest,
            None => return false,
        }
    }
    true
}

/// The smallest and the largest of the finite scores; ∞ and −∞ where there is none.
fn finite_range(scores: &[f64]) -> (f64, f64) {
    let (low, high) = range(scores);
    if low.is_finite() && high.is_finite() {
        return (low, high);
    }
    range(&scores.iter().copied().filter(|score| score.is_finite()).collect::<Vec<_>>())
}

/// The 32 bits of the score in a key.
fn place_of(key: u64) -> u32 {
    (key >> 32) as u32
}

fn unit_of(key: u64) -> usize {
    key as u32 as usize
}

/// The score that a key was made of; who has none has the lowest. 0 and −0 are one.
fn score_of(scores: &[f64], key: u64) -> f64 {
    let score = scores[unit_of(key)];
    if score.is_nan() { f64::NEG_INFINITY } else { score + 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranks(scores: &[f64]) -> Vec<u32> {
        let mut ranks = vec![0; scores.len()];
        Ranker::default().ranks(scores, |unit, rank| ranks[unit] = rank);
        ranks
    }

    #[test]
    fn who_has_no_score_is_last_and_equal_scores_share_a_rank() {
        assert_eq!(ranks(&[1.0, f64::NAN, 3.0, 1.0, -0.0, 0.0, f64::NAN]), [1, 5, 0, 1, 3, 3, 5]);
        assert_eq!(ranks(&[f64::INFINITY, 2.0, f64::NEG_INFINITY]), [0, 1, 2]);
        assert_eq!(ranks(&[]), [0_u32; 0]);
    }

    proptest! {
        #[test]
        fn a_rank_is_the_number_of_larger_scores(
            scores in proptest::collection::vec(
                prop_oneof![8 => -1e3..1e3, 2 => (-3i8..3).prop_map(f64::from), 1 => Just(1e300), 1 => Just(-1e-300)],
                0..500,
            )
        ) {
            let expected: Vec<u32> = scores
                .iter()
                .map(|own| u32::try_from(scores.iter().filter(|other| *other > own).count()).unwrap())
                .collect();
            prop_assert_eq!(ranks(&scores), expected);
        }
    }
}
