//! Invented tables. Units are called 模拟 with a number, so that nobody takes them for data.

use std::fmt::Write as _;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Units of the cases.
pub const UNITS: usize = 3000;
/// Indicators of the cases.
pub const INDICATORS: usize = 58;

/// Groups of indicators in the scheme.
const GROUPS: usize = 8;
/// The seed of all tables.
const SEED: u64 = 20_211_208;

/// The columns of a table: sums of a few uniform numbers, every fifth column with a long tail, values of a unit
/// correlated; a share of the cells is missing (`NaN`).
pub(crate) fn columns(units: usize, indicators: usize, missing: f64) -> Vec<Vec<f64>> {
    let mut random = ChaCha12Rng::seed_from_u64(SEED);
    let mut uniform = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    let quality: Vec<f64> = (0..units).map(|_| uniform() + uniform()).collect();
    let column = |indicator: usize| {
        let cell = |quality: &f64| {
            let bell = quality + uniform() + uniform() + uniform();
            let value = if indicator.is_multiple_of(5) { bell * bell * bell * bell } else { bell };
            if uniform() < missing { f64::NAN } else { 20.0 * value }
        };
        quality.iter().map(cell).collect()
    };
    (0..indicators).map(column).collect()
}

/// The table as a data file.
#[must_use]
pub fn csv(units: usize, indicators: usize, missing: f64) -> String {
    let columns = columns(units, indicators, missing);
    let mut text = String::from("unit");
    (0..indicators).for_each(|indicator| text.push_str(&format!(",i{indicator:02}")));
    for unit in 0..units {
        text.push_str(&format!("\n模拟{unit:04}"));
        for column in &columns {
            // Writing to a text does not fail.
            let _written = if column[unit].is_nan() { write!(text, ",") } else { write!(text, ",{}", column[unit]) };
        }
    }
    text.push('\n');
    text
}

/// A scheme for the table: so many indicators in eight groups, weighted means at both levels. `stages` come before the
/// aggregation, as lines of YAML; `uncertainty` is a mapping in one line.
#[must_use]
pub fn scheme(indicators: usize, stages: &[&str], uncertainty: &str) -> String {
    let mut text = String::from(
        "kind: index\nid: synthetic\nversion: '1'\ntitle: {zh: 模拟方案, en: synthetic scheme}\nstages:\n",
    );
    stages.iter().for_each(|stage| text.push_str(&format!("  - {{{stage}}}\n")));
    text.push_str("  - {stage: aggregate, method: arithmetic}\n");
    text.push_str(&format!("uncertainty: {{{uncertainty}}}\nindex:\n  id: index\n  children:\n"));
    for group in 0..GROUPS {
        text.push_str(&format!("    - id: g{group}\n      weight: {}\n      children:\n", group + 1));
        for indicator in (0..indicators).filter(|indicator| indicator % GROUPS == group) {
            let direction = if indicator % 3 == 2 { "lower_better" } else { "higher_better" };
            let weight = 1 + indicator % 4;
            text.push_str(&format!("        - {{id: i{indicator:02}, direction: {direction}, weight: {weight}}}\n"));
        }
    }
    text
}
