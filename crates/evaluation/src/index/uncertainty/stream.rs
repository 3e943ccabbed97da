//! The random numbers of a replicate.
//!
//! Replicate r has a stream of its own: stream r of ChaCha with 12 rounds (`rand_chacha::ChaCha12Rng`), keyed with the
//! seed. So a replicate is the same whatever was computed before it and on whichever thread.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::super::scheme::Node;
use super::super::weighting::scaled;

/// The generator as a result names it.
pub(crate) const GENERATOR: &str = "ChaCha12";

/// The random stream of one replicate.
#[derive(Clone)]
pub(crate) struct Stream(ChaCha12Rng);

impl Stream {
    pub(crate) fn of(seed: u64, replicate: u32) -> Self {
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        random.set_stream(u64::from(replicate));
        Self(random)
    }

    /// The stream of a completed table of multiple imputation: it stands behind those of the replicates, at 2³² + its number.
    pub(in super::super) fn of_imputation(seed: u64, table: u32) -> Self {
        let mut random = ChaCha12Rng::seed_from_u64(seed);
        random.set_stream((1 << 32) + u64::from(table));
        Self(random)
    }

    /// One of the values, each as likely as the other; `NaN` of none, for which nothing is drawn.
    pub(in super::super) fn pick(&mut self, values: &[f64]) -> f64 {
        if values.is_empty() {
            return f64::NAN;
        }
        let share = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        values.get((share * values.len() as f64) as usize).copied().unwrap_or(f64::NAN)
    }

    /// Uniform in −1 .. 1: `2k·2⁻⁵³ − 1`, k the upper 53 bits of the next 64-bit word.
    fn draw(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (2.0 / (1_u64 << 53) as f64) - 1.0
    }

    /// One of so many, each as likely as the other. Of one or none nothing is drawn.
    pub(super) fn choice(&mut self, of: usize) -> usize {
        if of < 2 {
            return 0;
        }
        let share = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        usize::min((share * of as f64) as usize, of - 1)
    }

    /// Fills the list with words of 32 bits; `bytes` is memory that is used again.
    pub(super) fn words(&mut self, words: &mut [u32], bytes: &mut Vec<u8>) {
        bytes.resize(4 * words.len(), 0);
        self.0.fill_bytes(bytes);
        for (word, four) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*four);
        }
    }

    fn skip(&mut self) {
        let _passed = self.0.next_u64();
    }

    /// Passes over the words that the weights of a tree take.
    pub(super) fn pass(&mut self, root: &Node) {
        let children = root.children();
        if children.len() > 1 {
            children.iter().for_each(|_| self.skip());
        }
        children.iter().for_each(|child| self.pass(child));
    }

    /// Weights of siblings, each moved by at most the share of `noise`, scaled to the sum 1. An only child draws nothing.
    pub(crate) fn perturbed(&mut self, siblings: &[f64], noise: f64) -> Vec<f64> {
        match siblings.len() {
            0 | 1 => siblings.to_vec(),
            _ => scaled(&siblings.iter().map(|weight| weight * (1.0 + noise * self.draw())).collect::<Vec<_>>()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replicate_has_its_own_stream_and_keeps_the_sum() {
        let weights = [0.5, 0.3, 0.2];
        let first = Stream::of(1, 0).perturbed(&weights, 0.25);
        assert_eq!(first, Stream::of(1, 0).perturbed(&weights, 0.25));
        assert_ne!(first, Stream::of(1, 1).perturbed(&weights, 0.25));
        assert!((first.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert_eq!(Stream::of(1, 0).perturbed(&weights, 0.0), weights);
    }

    #[test]
    fn a_choice_takes_every_one_as_often() {
        let mut counts = [0; 3];
        (0..3000).for_each(|replicate| counts[Stream::of(7, replicate).choice(3)] += 1);
        assert!(counts.iter().all(|count| (900..1100).contains(count)), "{counts:?}");
    }
}
