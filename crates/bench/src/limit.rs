//! The limit program: what the machine needs for the bare arithmetic, with nothing drawn, checked, kept or explained.
//!
//! Products are those of `ndarray` (`matrixmultiply`, whose kernels use what the processor has, fused operations
//! included, and so give other last digits on other machines: the engine may not). Ranking is a radix sort of two passes
//! over 22 bits of the score, with an insertion at the end that makes it exact.

use std::hint::black_box;
use std::time::Duration;

use ndarray::{Array2, Axis, Slice};

use crate::clock::Stopwatch;
use crate::synthetic::columns;

/// Bits of a pass.
const BITS: u32 = 11;
const SLOTS: usize = 1 << BITS;

/// Scores by a product and exact ranks, for so many sets of weights; returns the time.
pub(crate) fn replicates(units: usize, indicators: usize, sets: usize) -> Duration {
    let table = table(units, indicators);
    let weights =
        Array2::from_shape_fn((indicators, sets), |(row, set)| 1.0 + ((row * 31 + set * 17) % 97) as f64 / 97.0);
    let mut ranking = Radix::default();
    let mut ranks = vec![0_u32; units];
    let start = Stopwatch::start();
    for first in (0..sets).step_by(64) {
        let block = weights.slice_axis(Axis(1), Slice::from(first..usize::min(first + 64, sets)));
        // Sets in rows, so that the scores of one stand side by side.
        let scores = block.t().dot(&table);
        for scores in scores.rows() {
            if let Some(scores) = scores.as_slice() {
                ranking.ranks(scores, &mut ranks);
                black_box(&ranks);
            }
        }
    }
    start.elapsed()
}

/// One table scaled, summed and ranked; the mean time over some runs.
pub(crate) fn build(units: usize, indicators: usize, runs: u32) -> Duration {
    let columns = columns(units, indicators, 0.0);
    let mut ranks = vec![0_u32; units];
    let start = Stopwatch::start();
    let mut ranking = Radix::default();
    let mut scores = vec![0.0; units];
    for _ in 0..runs {
        scores.fill(0.0);
        for column in &columns {
            let (low, high) = column.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
            scores.iter_mut().zip(column).for_each(|(score, x)| *score += (x - low) / (high - low));
        }
        ranking.ranks(&scores, &mut ranks);
        black_box(&ranks);
    }
    start.elapsed() / runs
}

/// Every pair of units compared in every indicator, one byte a comparison.
pub(crate) fn pairs(units: usize, indicators: usize) -> Duration {
    let columns = columns(units, indicators, 0.0);
    let order = |column: &Vec<f64>| {
        let mut sorted: Vec<usize> = (0..units).collect();
        sorted.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
        let mut places = vec![0_i16; units];
        (0_i16..).zip(sorted).for_each(|(place, unit)| places[unit] = place);
        places
    };
    let start = Stopwatch::start();
    let places: Vec<Vec<i16>> = columns.iter().map(order).collect();
    let mut wins = vec![0_u32; units];
    let mut better = vec![0_i16; units];
    for unit in 0..units {
        better.fill(0);
        for column in &places {
            let own = column[unit];
            better.iter_mut().zip(column).for_each(|(better, other)| *better += i16::from(own > *other));
        }
        let half = (indicators / 2) as i16;
        wins[unit] = better.iter().map(|better| u32::from(*better > half)).sum();
    }
    black_box(&wins);
    start.elapsed()
}

fn table(units: usize, indicators: usize) -> Array2<f64> {
    let columns = columns(units, indicators, 0.0);
    Array2::from_shape_fn((indicators, units), |(column, row)| columns[column][row])
}

/// A radix sort in memory that is used again.
#[derive(Default)]
struct Radix {
    keys: Vec<(u32, u32)>,
    other: Vec<(u32, u32)>,
}

impl Radix {
    fn ranks(&mut self, scores: &[f64], ranks: &mut [u32]) {
        let (low, high) = scores.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
        let scale = f64::from((1 << (2 * BITS)) - 1) / (high - low);
        self.keys.clear();
        self.keys.extend((0_u32..).zip(scores).map(|(unit, score)| (((high - score) * scale) as u32, unit)));
        self.other.resize(scores.len(), (0, 0));
        pass(&self.keys, &mut self.other, 0);
        pass(&self.other, &mut self.keys, BITS);
        let score = |key: &(u32, u32)| scores[key.1 as usize];
        for at in 1..self.keys.len() {
            let moved = self.keys[at];
            let mut hole = at;
            while hole > 0 && score(&self.keys[hole - 1]) < score(&moved) {
                self.keys[hole] = self.keys[hole - 1];
                hole -= 1;
            }
            self.keys[hole] = moved;
        }
        let (mut rank, mut before) = (0, f64::NAN);
        for (place, key) in (0_u32..).zip(&self.keys) {
            let own = score(key);
            if own != before {
                (rank, before) = (place, own);
            }
            ranks[key.1 as usize] = rank;
        }
    }
}

fn pass(from: &[(u32, u32)], into: &mut [(u32, u32)], shift: u32) {
    let mut starts = [0_u32; SLOTS + 1];
    let slot = |key: &(u32, u32)| (key.0 >> shift) as usize & (SLOTS - 1);
    from.iter().for_each(|key| starts[slot(key) + 1] += 1);
    (0..SLOTS).for_each(|at| starts[at + 1] += starts[at]);
    for key in from {
        let start = &mut starts[slot(key)];
        into[*start as usize] = *key;
        *start += 1;
    }
}
