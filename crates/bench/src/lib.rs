//! How fast the evaluation engine is, beside what the machine can do at all.
//!
//! A crate of its own, because the engine has no clock, and because measuring it must not need the whole program:
//! `cargo run --release -p bench --example evaluation` builds the engine and this, `wufei bench evaluation` prints the same
//! figures. It names no library that the engine does not bring along already (`ndarray` comes with the LP solver).
//!
//! | module | subject |
//! |---|---|
//! | `synthetic` | tables of invented numbers, from a seed (模拟数据) |
//! | `limit` | the limit program: a plain product of matrices and a radix ranking, and nothing else |
//! | `cases` | what is measured |
//! | `clock` | the time that the processor spends on a thread |
//! | `memory` | what the process needs, where the system tells it (Linux) |

mod cases;
mod clock;
mod limit;
mod memory;
mod synthetic;

pub use cases::{Fault, cases, evaluation};
pub use synthetic::{INDICATORS, UNITS, csv, scheme};

/// A measured figure.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Figure {
    /// What was measured, in Chinese and English.
    pub what: (&'static str, &'static str),
    /// The size of the case.
    pub size: String,
    /// The unit of the three numbers.
    pub unit: &'static str,
    /// What was found.
    pub found: f64,
    /// What it is held against.
    pub target: Target,
    /// What the limit program needs for the same, where there is one.
    pub limit: Option<f64>,
    /// How many times slower this machine is, for a target that is a time; see [`Figure::most`].
    pub pace: f64,
}

/// What a figure is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// It must not be above.
    AtMost(f64),
    /// It must not be below.
    AtLeast(f64),
    /// It is printed for comparison.
    None,
}

impl Figure {
    /// Whether the target is met.
    #[must_use]
    pub fn met(&self) -> bool {
        match self.target {
            Target::AtMost(most) => self.found <= most * self.pace,
            Target::AtLeast(least) => self.found >= least,
            Target::None => true,
        }
    }

    /// The most that it may be here. Times are set for the machine on which the limit program draws 10 000 sets of weights in 0.19 s;
    /// a machine on which it takes longer, measured in the same run, is given that much longer.
    #[must_use]
    pub fn most(&self) -> Option<f64> {
        match self.target {
            Target::AtMost(most) => Some(most * self.pace),
            Target::AtLeast(_) | Target::None => None,
        }
    }

    /// How many times the limit program's figure it is.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        self.limit.map(|limit| self.found / limit)
    }
}
