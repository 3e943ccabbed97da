//! What is kept of the ranks of many replicates.

use std::collections::BTreeMap;

use crate::order::Ranker;

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

/// Units up to which acceptability and pairs are told: beyond, the tables are larger than anybody reads.
const MOST_TOLD: usize = 200;

/// Ranks that are kept for comparing pairs: those of all replicates as far as there is room, then of the first ones.
const KEPT: usize = 1_000_000;

/// In which share of the replicates a unit must be above another one to be told apart from it.
const APART: f64 = 0.95;

/// The ranks of a group of units over the replicates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spread {
    /// One for each unit.
    pub(crate) bands: Vec<Band>,
    /// For each unit the share of the replicates in which it had each rank, as far as it had it; none for a large group.
    pub(crate) acceptability: Option<Vec<BTreeMap<u32, f64>>>,
    /// For each unit the share of the replicates in which it was above each other one; none for a large group.
    pub(crate) above: Option<Vec<Vec<f64>>>,
    /// The tier of each unit, from 1.
    pub(crate) tiers: Option<Vec<u32>>,
}

/// Counts of ranks, replicate after replicate. Counts are whole numbers, so their sum has no order.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    units: usize,
    counts: Vec<Histogram>,
    /// Replicates below this number have their ranks kept.
    kept_below: usize,
    /// The ranks of the kept replicates, one replicate after the other.
    kept: Vec<u16>,
    /// The ranks of the replicates of a block, not counted yet, replicate after replicate.
    block: Vec<u32>,
    waiting: usize,
    ranker: Ranker,
}

/// Replicates that are counted together, so that the counts of a unit are in the cache for all of them.
const BLOCK: usize = 128;

/// Units whose ranks are read together: those of a replicate stand side by side.
const SIDE: usize = 16;

impl Tally {
    /// For so many replicates of so many units.
    pub(super) fn of(units: usize, replicates: u32) -> Self {
        // A rank of a larger group does not fit in what is kept.
        let kept_below = if units <= usize::from(u16::MAX) { KEPT / units.max(1) } else { 0 };
        Self {
            units,
            counts: vec![Histogram::default(); units],
            kept_below,
            kept: Vec::with_capacity(usize::min(kept_below, replicates as usize) * units),
            block: vec![0; usize::min(BLOCK, replicates as usize) * units],
            waiting: 0,
            ranker: Ranker::default(),
        }
    }

    /// Adds the scores of a replicate; the largest is the best, and who has none is last.
    pub(super) fn add(&mut self, replicate: u32, scores: &[f64]) {
        let ranks = &mut self.block[self.waiting * self.units..][..self.units];
        self.ranker.ranks(scores, |unit, rank| ranks[unit] = rank);
        if (replicate as usize) < self.kept_below {
            self.kept.extend(ranks.iter().map(|rank| *rank as u16));
        }
        self.waiting += 1;
        if self.waiting * self.units == self.block.len() {
            self.count();
        }
    }

    fn count(&mut self) {
        let block = &self.block[..self.waiting * self.units];
        for (counts, first) in self.counts.chunks_mut(SIDE).zip((0..).step_by(SIDE)) {
            for ranks in block.chunks_exact(self.units.max(1)) {
                counts.iter_mut().zip(&ranks[first..]).for_each(|(counts, rank)| counts.add(*rank));
            }
        }
        self.waiting = 0;
    }

    /// Takes in the counts of another thread.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.count();
        other.count();
        self.counts.iter_mut().zip(other.counts).for_each(|(own, other)| own.merge(&other));
        self.kept.append(&mut other.kept);
    }

    /// What there is to tell. `nominal` are the scores that the scheme itself gives, by which the units stand in the list.
    pub(super) fn spread(mut self, replicates: u32, nominal: &[f64]) -> Spread {
        if self.units == 0 {
            return Spread::default();
        }
        self.count();
        let told = self.units <= MOST_TOLD;
        let share = |count: u32| f64::from(count) / f64::from(replicates);
        let shares = |counts: &Histogram| counts.iter().map(|(rank, count)| (rank + 1, share(count))).collect();
        let pairs = Pairs { units: self.units, ranks: &self.kept };
        let all = || 0..self.units;
        Spread {
            bands: self.counts.iter().map(|counts| band(counts, replicates)).collect(),
            acceptability: told.then(|| self.counts.iter().map(shares).collect()),
            above: (told && !self.kept.is_empty())
                .then(|| all().map(|unit| all().map(|other| pairs.above(unit, other)).collect()).collect()),
            tiers: (!self.kept.is_empty()).then(|| {
                let order: Vec<usize> = self.ranker.sort(nominal).iter().map(|(_, unit)| *unit as usize).collect();
                pairs.tiers(&order)
            }),
        }
    }
}

/// How often a unit had each rank: a window from the smallest rank it had to the largest, for most ranks are never had, and
/// small counts, for most of those it had it had seldom. With a whole word for each pair of unit and rank the counts would
/// take many times the room of the data.
#[derive(Clone, Debug, Default)]
struct Histogram {
    low: u32,
    counts: Vec<u8>,
    /// How often a count ran over, by rank.
    over: BTreeMap<u32, u32>,
}

impl Histogram {
    /// A window grows by so many ranks more than it must, so that it seldom grows.
    const MARGIN: u32 = 16;

    #[inline]
    fn add(&mut self, rank: u32) {
        let at = rank.wrapping_sub(self.low) as usize;
        match self.counts.get_mut(at) {
            Some(count) if *count < u8::MAX => *count += 1,
            Some(_) | None => self.add_beyond(rank),
        }
    }

    #[cold]
    fn add_beyond(&mut self, rank: u32) {
        if self.counts.is_empty() {
            self.low = rank;
        }
        if rank < self.low {
            let low = rank.saturating_sub(Self::MARGIN);
            let more = (self.low - low) as usize;
            let mut wider = Vec::with_capacity(self.counts.len() + more);
            wider.resize(more, 0);
            wider.extend_from_slice(&self.counts);
            self.counts = wider;
            self.low = low;
        }
        let at = (rank - self.low) as usize;
        if at >= self.counts.len() {
            let length = at + 1 + Self::MARGIN as usize;
            self.counts.reserve_exact(length - self.counts.len());
            self.counts.resize(length, 0);
        }
        if self.counts[at] == u8::MAX {
            self.counts[at] = 0;
            *self.over.entry(rank).or_default() += 1;
        } else {
            self.counts[at] += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        for (rank, count) in other.iter() {
            // Each rank once, so that the window grows as it must; what is left is added at one go.
            self.add(rank);
            let at = (rank - self.low) as usize;
            let sum = u32::from(self.counts[at]) + count - 1;
            let turns = sum >> 8;
            self.counts[at] = (sum & u32::from(u8::MAX)) as u8;
            if turns > 0 {
                *self.over.entry(rank).or_default() += turns;
            }
        }
    }

    /// Every rank it had, from the smallest, and how often.
    fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        (self.low..).zip(&self.counts).filter_map(|(rank, count)| {
            let turns = self.over.get(&rank).copied().unwrap_or(0);
            let count = u32::from(*count) + (turns << 8);
            (count > 0).then_some((rank, count))
        })
    }
}

/// Quantiles of type 7 from counted ranks.
fn band(counts: &Histogram, replicates: u32) -> Band {
    let n = f64::from(replicates);
    let counted: Vec<(u32, u32)> = counts.iter().collect();
    // The rank at a place of the sorted list of ranks.
    let at = |place: u32| {
        let mut before = 0_u32;
        let found = counted.iter().find(|(_, count)| {
            before += count;
            before > place
        });
        found.map_or(f64::NAN, |(rank, _)| f64::from(rank + 1))
    };
    let quantile = |p: f64| {
        let h = (n - 1.0) * p;
        let low = h.floor();
        let (below, above) = (at(low as u32), at(f64::min(low + 1.0, n - 1.0) as u32));
        below + (h - low) * (above - below)
    };
    let sum: f64 = counted.iter().map(|(rank, count)| f64::from(rank + 1) * f64::from(*count)).sum();
    let first = counted.first().filter(|(rank, _)| *rank == 0).map_or(0, |(_, count)| *count);
    Band { p05: quantile(0.05), p50: quantile(0.5), p95: quantile(0.95), mean: sum / n, first: f64::from(first) / n }
}

/// The kept ranks, for comparing two units.
struct Pairs<'r> {
    units: usize,
    ranks: &'r [u16],
}

impl Pairs<'_> {
    /// The share of the kept replicates in which a unit is above another one; a tie counts half.
    fn above(&self, unit: usize, other: usize) -> f64 {
        let replicates = self.ranks.chunks_exact(self.units);
        let all = replicates.len() as f64;
        let doubled: u32 = replicates
            .map(|ranks| match ranks[unit].cmp(&ranks[other]) {
                std::cmp::Ordering::Less => 2,
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Greater => 0,
            })
            .sum();
        f64::from(doubled) / 2.0 / all
    }

    /// Tiers along the list: the first unit heads a tier, and a unit that the head is above of in at least 95 % of the
    /// replicates heads the next one. So nobody in a tier can be told apart from its head.
    fn tiers(&self, order: &[usize]) -> Vec<u32> {
        let mut tiers = vec![1; self.units];
        let (mut head, mut tier) = (order.first().copied().unwrap_or(0), 1);
        for &unit in order.iter().skip(1) {
            if self.above(head, unit) >= APART {
                (head, tier) = (unit, tier + 1);
            }
            tiers[unit] = tier;
        }
        tiers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(ranks: &[u32]) -> Histogram {
        let mut counts = Histogram::default();
        ranks.iter().for_each(|rank| counts.add(*rank));
        counts
    }

    #[test]
    fn quantiles_of_counted_ranks_are_those_of_the_list() {
        // The ranks 1, 1, 2, 4: the median is 1.5, the 95 % quantile 2 + 0.85 · 2.
        let band = band(&counted(&[1, 0, 3, 0]), 4);
        assert_eq!((band.p50, band.mean, band.first), (1.5, 2.0, 0.5));
        assert!((band.p95 - 3.7).abs() < 1e-12);
    }

    #[test]
    fn a_count_may_run_over_and_a_window_may_grow_on_both_sides() {
        let mut many = counted(&vec![40; 70_000]);
        many.add(2);
        many.add(90);
        let more = counted(&vec![40; 70_000]);
        many.merge(&more);
        assert_eq!(many.iter().collect::<Vec<_>>(), [(2, 1), (40, 140_000), (90, 1)]);
    }

    #[test]
    fn a_tier_ends_where_its_head_is_above_nearly_always() {
        let mut tally = Tally::of(3, 100);
        // The first two change places every second time; the third is always last.
        (0..100).for_each(|replicate| {
            tally.add(replicate, if replicate % 2 == 0 { &[3.0, 2.0, 1.0] } else { &[2.0, 3.0, 1.0] })
        });
        let spread = tally.spread(100, &[3.0, 2.0, 1.0]);
        assert_eq!(spread.tiers, Some(vec![1, 1, 2]));
        let above = spread.above.unwrap();
        assert_eq!((above[0][1], above[1][0], above[0][2], above[2][0]), (0.5, 0.5, 1.0, 0.0));
        let shares = &spread.acceptability.unwrap()[0];
        assert_eq!(shares.iter().map(|(rank, share)| (*rank, *share)).collect::<Vec<_>>(), [(1, 0.5), (2, 0.5)]);
    }
}
