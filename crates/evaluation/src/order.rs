//! Exact ranks of many lists of scores, one after the other, in memory that is used again.

/// Buckets per score; more make the exact step shorter and the counting longer.
const BUCKETS_PER_SCORE: usize = 2;

/// A bucket of more scores is sorted; smaller ones are put in order by insertion.
const CROWDED: u32 = 24;

/// Ranks lists of scores.
///
/// The scores are spread over equal intervals of their range by counting, which is a rough order, and then put into their
/// exact order by insertion. Scores that crowd in one interval are sorted by comparison, so the worst case is that of a
/// sort. The result is the exact order of the numbers, whatever they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranker {
    starts: Vec<u32>,
    keys: Vec<u32>,
    sorted: Vec<(f64, u32)>,
}

impl Ranker {
    /// Tells each unit with its rank, from 0 for the largest score; equal scores share the smallest of their ranks
    /// (0, 1, 1, 3).
    ///
    /// `NaN` is a unit without a score: it stands below every number, with all others of its kind. 0 and −0 are one score.
    pub(crate) fn ranks(&mut self, scores: &[f64], mut told: impl FnMut(usize, u32)) {
        self.sort(scores);
        let (mut rank, mut before) = (0, f64::NAN);
        for (place, &(score, unit)) in (0_u32..).zip(&self.sorted) {
            if score != before {
                (rank, before) = (place, score);
            }
            told(unit as usize, rank);
        }
    }

    /// The scores from the largest to the smallest, each with its place in the list; `NaN` as the lowest of all. Equal
    /// scores stand in the order of the list.
    pub(crate) fn sort(&mut self, scores: &[f64]) -> &[(f64, u32)] {
        let buckets = self.spread(scores);
        let crowded = self.place(scores, buckets);
        if crowded {
            let mut start = 0;
            for &end in &self.starts[..buckets] {
                if end - start > CROWDED {
                    let bucket = &mut self.sorted[start as usize..end as usize];
                    bucket.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                }
                start = end;
            }
        }
        self.insert();
        &self.sorted
    }

    /// Counts the scores of each bucket, the largest scores in the first one.
    fn spread(&mut self, scores: &[f64]) -> usize {
        let buckets = (scores.len() * BUCKETS_PER_SCORE).next_power_of_two().max(2);
        let finite = scores.iter().copied().filter(|score| score.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), score| {
            (if score < low { score } else { low }, if score > high { score } else { high })
        });
        let last = (buckets - 1) as u32;
        // The last bucket is left for what has no finite score.
        let scale = f64::from(last - 1) / (high - low);
        let scale = if scale.is_finite() { scale } else { 0.0 };
        self.starts.clear();
        self.starts.resize(buckets + 1, 0);
        self.keys.clear();
        for &score in scores {
            // A conversion from a float saturates: below 0 and `NaN` give 0.
            let key = if score.is_nan() { last } else { u32::min(((high - score) * scale) as u32, last) };
            self.keys.push(key);
            self.starts[key as usize + 1] += 1;
        }
        buckets
    }

    /// Puts the scores into their buckets; tells whether one is crowded. Afterwards `starts` holds the ends.
    fn place(&mut self, scores: &[f64], buckets: usize) -> bool {
        let (mut sum, mut most) = (0, 0);
        for start in &mut self.starts[..=buckets] {
            most = u32::max(most, *start);
            sum += *start;
            *start = sum;
        }
        self.sorted.clear();
        self.sorted.resize(scores.len(), (0.0, 0));
        for ((unit, &score), &key) in (0_u32..).zip(scores).zip(&self.keys) {
            let place = &mut self.starts[key as usize];
            let score = if score.is_nan() { f64::NEG_INFINITY } else { score };
            self.sorted[*place as usize] = (score, unit);
            *place += 1;
        }
        most > CROWDED
    }

    /// The exact order, from one that is nearly so.
    fn insert(&mut self) {
        for at in 1..self.sorted.len() {
            let moved = self.sorted[at];
            let mut hole = at;
            while hole > 0 && self.sorted[hole - 1].0 < moved.0 {
                self.sorted[hole] = self.sorted[hole - 1];
                hole -= 1;
            }
            self.sorted[hole] = moved;
        }
    }
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
                0..200,
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
