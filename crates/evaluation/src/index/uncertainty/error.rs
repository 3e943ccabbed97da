//! Errors of the data themselves.

use super::super::scheme::IndexScheme;
use super::super::varied::{DataError, Distribution, ErrorSize};
use super::stream::Stream;

/// Steps of the normal distribution, each as likely as the other.
const STEPS: usize = 1 << STEP_BITS;
const STEP_BITS: u32 = 12;
/// Where the outermost steps end; the inner end is at ±3.49.
const END: f64 = 4.0;

/// The errors that a scheme states, ready to be drawn.
///
/// A value x becomes `x + z·(absolute + relative·|x|)`. z is uniform in −1 .. 1, or normal with mean 0 and standard deviation
/// 1, for each cell or once for an indicator; a missing value stays missing. Each cell has a 32-bit word of the stream
/// at its own place, indicator by indicator and row by row, whether it has a value or not, so that its error does not
/// depend on other cells.
///
/// The normal distribution is given by its quantiles at 4096 equal steps, between which z is even: a table lookup and one
/// product, the same on every machine, where the usual methods draw a varying number of words and call logarithms. Its
/// standard deviation is 1 within 10⁻³; it ends at ±4.
#[derive(Clone, Debug)]
pub(super) struct Errors {
    sizes: Vec<ErrorSize>,
    quantiles: Option<Box<[f64; STEPS + 1]>>,
    per_indicator: bool,
}

/// Memory that is used again for the next replicate.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    words: Vec<u32>,
    bytes: Vec<u8>,
}

impl Errors {
    pub(super) fn of(scheme: &IndexScheme) -> Option<Self> {
        let DataError { distribution, per_indicator, size, indicators } = scheme.uncertainty().data_error.as_ref()?;
        let sizes = scheme.indicators().iter().map(|leaf| indicators.get(&leaf.id).copied().unwrap_or(*size)).collect();
        let quantiles = (*distribution == Distribution::Normal).then(quantiles);
        Some(Self { sizes, quantiles, per_indicator: *per_indicator })
    }

    /// The columns with an error drawn for each of their values.
    pub(super) fn applied(&self, columns: &[Vec<f64>], stream: &mut Stream, memory: &mut Words) -> Vec<Vec<f64>> {
        let Words { words, bytes } = memory;
        let one = |(column, size): (&Vec<f64>, &ErrorSize)| {
            words.resize(if self.per_indicator { 1 } else { column.len() }, 0);
            stream.words(words, bytes);
            let (absolute, relative) = (size.absolute.get(), size.relative.get());
            let moved = |x: f64, z: f64| x + z * (absolute + relative * x.abs());
            match (self.per_indicator, &self.quantiles) {
                (true, quantiles) => {
                    let z =
                        words.first().map_or(0.0, |word| quantiles.as_ref().map_or(even(*word), |q| normal(q, *word)));
                    column.iter().map(|x| moved(*x, z)).collect()
                }
                (false, None) => column.iter().zip(&*words).map(|(x, word)| moved(*x, even(*word))).collect(),
                (false, Some(q)) => column.iter().zip(&*words).map(|(x, word)| moved(*x, normal(q, *word))).collect(),
            }
        };
        columns.iter().zip(&self.sizes).map(one).collect()
    }
}

/// Uniform in −1 .. 1.
fn even(word: u32) -> f64 {
    f64::from(word) * (2.0 / 4_294_967_296.0) - 1.0
}

/// The upper bits choose a step, the lower ones the place in it.
fn normal(quantiles: &[f64; STEPS + 1], word: u32) -> f64 {
    const PLACES: u32 = 32 - STEP_BITS;
    let step = (word >> PLACES) as usize;
    let place = f64::from(word & ((1 << PLACES) - 1)) * (1.0 / (1_u32 << PLACES) as f64);
    let low = quantiles[step];
    low + place * (quantiles[step + 1] - low)
}

/// The ends of the steps.
fn quantiles() -> Box<[f64; STEPS + 1]> {
    let above = |p: f64| {
        // Φ(z) = p, by halving: erfc falls from 2 to 0.
        let (mut low, mut high) = (0.0, END);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if libm::erfc(-middle / std::f64::consts::SQRT_2) / 2.0 < p {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    };
    let half: Vec<f64> = (1..STEPS / 2).map(|step| above(0.5 + step as f64 / STEPS as f64)).collect();
    let mut all = Box::new([0.0; STEPS + 1]);
    (all[0], all[STEPS]) = (-END, END);
    for (at, z) in half.into_iter().enumerate() {
        (all[STEPS / 2 - 1 - at], all[STEPS / 2 + 1 + at]) = (-z, z);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_those_of_the_normal_distribution() {
        let q = quantiles();
        assert_eq!(q.len(), STEPS + 1);
        // Φ⁻¹(0.975) and Φ⁻¹(0.75), to the digits that tables give.
        assert!((q[STEPS / 4 * 3] - 0.674_489_750).abs() < 1e-9);
        assert!((normal(&q, (0.975 * 4_294_967_296.0) as u32) - 1.959_964).abs() < 1e-4);
        let draws = (0..1_u32 << 20).map(|k| normal(&q, k << 12));
        let (sum, squares) = draws.fold((0.0, 0.0), |(sum, squares), z| (sum + z, squares + z * z));
        let n = f64::from(1 << 20);
        assert!((sum / n).abs() < 1e-3 && (squares / n - 1.0).abs() < 2e-3, "{} {}", sum / n, squares / n);
    }
}
