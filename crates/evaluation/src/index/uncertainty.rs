//! Rank bands over perturbed weights.
//!
//! Replicate r has a random stream of its own: stream r of ChaCha with 12 rounds (`rand_chacha::ChaCha12Rng`), keyed with
//! the seed. It draws, node by node in the order of the tree (children before their parent, siblings in the order of the
//! scheme), one u for each child of a node with more than one child: `u = 2k·2⁻⁵³ − 1`, k the upper 53 bits of the next
//! 64-bit word. Each weight is multiplied by `1 + noise · u` and siblings are scaled to the sum 1 again. So the replicates
//! are the same on any number of threads, and counting ranks is a sum of integers, which has no order.

use std::thread;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::data::Data;
use super::imputations::Imputations;
use super::rank::comparable;
use super::run::{Computed, IndexError};
use super::scheme::IndexScheme;
use super::weighting::scaled;
use crate::pace::Step;
use crate::text::Text;

/// The ranks of one unit over the replicates; tied units share the smallest rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Band {
    pub(crate) p05: f64,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) mean: f64,
    /// The share of replicates in which it is first.
    pub(crate) first: f64,
}

/// How often each unit had each rank: unit × rank.
type Counts = Vec<u32>;

/// How replicates are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    pub(super) replicates: u32,
    pub(super) seed: u64,
    pub(super) threads: usize,
}

/// The bands of units that are ranked among each other, group by group (a group is the ranked units of a period, by their
/// places in the columns); empty without replicates. `adjusted` gives the final score of a place for a weighted one.
pub(super) fn bands(
    scheme: &IndexScheme,
    data: &Data,
    computed: &Computed,
    groups: &[Vec<usize>],
    draws: Draws,
    adjusted: &(dyn Fn(usize, f64) -> f64 + Sync),
) -> Result<Vec<Vec<Band>>, IndexError> {
    let Draws { replicates, seed, threads } = draws;
    if replicates == 0 {
        return Ok(vec![Vec::new(); groups.len()]);
    }
    let noise = scheme.uncertainty().weight_noise.get();
    let imputations = Imputations::of(scheme, data, computed, seed)?;
    // Ranks are counted from the largest score.
    let sign = if computed.lower_is_better() { -1.0 } else { 1.0 };
    let scores = |replicate: u32| {
        if !computed.pace.goes_on(Step::Replicate { number: replicate, of: replicates }) {
            return None;
        }
        let mut random = Stream::of(seed, replicate);
        let (leaves, weights) = imputations.table(replicate, computed);
        let weights = weights.iter().map(|siblings| random.perturbed(siblings, noise)).collect();
        let index = computed.tree.compute(leaves, &weights).ok()?.pop()?;
        Some(index.into_iter().enumerate().map(|(place, score)| sign * adjusted(place, score)).collect())
    };
    // The weights of a replicate are positive where the stated ones are, so what could be computed once can again.
    count(groups, replicates, threads, &scores)
        .ok_or_else(|| IndexError(Text::new("重复抽样未能完成", "a replicate could not be computed")))
}

/// Counts the ranks within each group over the replicates, on so many threads. `scores` gives the scores of one replicate
/// for all that the groups name by their places; the largest is the best.
pub(crate) fn count(
    groups: &[Vec<usize>],
    replicates: u32,
    threads: usize,
    scores: &(dyn Fn(u32) -> Option<Vec<f64>> + Sync),
) -> Option<Vec<Vec<Band>>> {
    let workers = u32::try_from(threads.max(1)).unwrap_or(1).min(replicates);
    let parts: Vec<Option<Vec<Counts>>> = thread::scope(|scope| {
        let work = |first: u32| {
            let own = (first..replicates).step_by(workers as usize);
            scope.spawn(move || ranks(groups, own.map(scores)))
        };
        let workers: Vec<_> = (0..workers).map(work).collect();
        workers.into_iter().map(|worker| worker.join().ok().flatten()).collect()
    });
    let mut sums = empty(groups);
    for part in parts {
        for (sums, part) in sums.iter_mut().zip(part?) {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
    }
    let of_group = |(counts, group): (Counts, &Vec<usize>)| -> Vec<Band> {
        counts.chunks(group.len().max(1)).map(|counts| band(counts, replicates)).collect()
    };
    Some(sums.into_iter().zip(groups).map(of_group).collect())
}

fn empty(groups: &[Vec<usize>]) -> Vec<Counts> {
    groups.iter().map(|group| vec![0; group.len() * group.len()]).collect()
}

fn ranks(groups: &[Vec<usize>], replicates: impl Iterator<Item = Option<Vec<f64>>>) -> Option<Vec<Counts>> {
    let mut counts = empty(groups);
    for scores in replicates {
        let scores: Vec<f64> = scores?.into_iter().map(comparable_bits).collect();
        for (group, counts) in groups.iter().zip(&mut counts) {
            let mut order: Vec<usize> = (0..group.len()).collect();
            let score = |unit: usize| scores[group[unit]];
            order.sort_unstable_by(|&a, &b| score(b).total_cmp(&score(a)));
            let mut rank = 0;
            for (place, &unit) in order.iter().enumerate() {
                if place == 0 || score(unit) != score(order[place - 1]) {
                    rank = place;
                }
                counts[unit * group.len() + rank] += 1;
            }
        }
    }
    Some(counts)
}

/// Cuts the last bits of a score, so that what differs by rounding only is a tie. Cheaper than [`comparable`] by far.
pub(super) fn comparable_bits(score: f64) -> f64 {
    const LAST: u64 = (1 << 12) - 1;
    let bits = score.to_bits().wrapping_add(1 << 11) & !LAST;
    let cut = f64::from_bits(bits);
    if cut.is_finite() { cut } else { comparable(score) }
}

/// The random stream of one replicate.
pub(crate) struct Stream(ChaCha12Rng);

impl Stream {
    pub(crate) fn of(seed: u64, replicate: u32) -> Self {
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        random.set_stream(u64::from(replicate));
        Self(random)
    }

    /// The stream of a completed table of multiple imputation: it stands behind those of the replicates, at 2³² + its number.
    pub(super) fn of_imputation(seed: u64, table: u32) -> Self {
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        random.set_stream((1 << 32) + u64::from(table));
        Self(random)
    }

    /// One of the values, each as likely as the other; `NaN` of none, for which nothing is drawn.
    pub(super) fn pick(&mut self, values: &[f64]) -> f64 {
        if values.is_empty() {
            return f64::NAN;
        }
        let share = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        values.get((share * values.len() as f64) as usize).copied().unwrap_or(f64::NAN)
    }

    /// Uniform in −1 .. 1.
    fn draw(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (2.0 / (1_u64 << 53) as f64) - 1.0
    }

    /// Weights of siblings, each moved by at most the share of `noise`, scaled to the sum 1. An only child draws nothing.
    pub(crate) fn perturbed(&mut self, siblings: &[f64], noise: f64) -> Vec<f64> {
        match siblings.len() {
            0 | 1 => siblings.to_vec(),
            _ => scaled(&siblings.iter().map(|weight| weight * (1.0 + noise * self.draw())).collect::<Vec<_>>()),
        }
    }
}

/// Quantiles of type 7 from counted ranks.
fn band(counts: &[u32], replicates: u32) -> Band {
    let n = f64::from(replicates);
    // The rank at a place of the sorted list of ranks.
    let at = |place: u32| {
        let mut before = 0_u32;
        let found = counts.iter().position(|count| {
            before += count;
            before > place
        });
        found.map_or(f64::NAN, |rank| (rank + 1) as f64)
    };
    let quantile = |p: f64| {
        let h = (n - 1.0) * p;
        let low = h.floor();
        let (below, above) = (at(low as u32), at(f64::min(low + 1.0, n - 1.0) as u32));
        below + (h - low) * (above - below)
    };
    let sum: f64 = counts.iter().enumerate().map(|(rank, count)| (rank + 1) as f64 * f64::from(*count)).sum();
    Band {
        p05: quantile(0.05),
        p50: quantile(0.5),
        p95: quantile(0.95),
        mean: sum / n,
        first: f64::from(counts.first().copied().unwrap_or(0)) / n,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_counted_ranks_are_those_of_the_list() {
        // The ranks 1, 1, 2, 4: the median is 1.5, the 95 % quantile 2 + 0.85 · 2.
        let band = band(&[2, 1, 0, 1], 4);
        assert_eq!((band.p50, band.mean, band.first), (1.5, 2.0, 0.5));
        assert!((band.p95 - 3.7).abs() < 1e-12);
    }

    #[test]
    fn a_replicate_has_its_own_stream_and_keeps_the_sum() {
        let weights = [0.5, 0.3, 0.2];
        let one = Stream::of(7, 0).perturbed(&weights, 0.25);
        assert_ne!(one, Stream::of(7, 1).perturbed(&weights, 0.25));
        assert_eq!(one, Stream::of(7, 0).perturbed(&weights, 0.25));
        assert!((one.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert_eq!(Stream::of(7, 3).perturbed(&weights, 0.0)[0], 0.5);
    }
}
