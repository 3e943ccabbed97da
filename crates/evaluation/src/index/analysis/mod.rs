//! What stands behind a result: how much it depends on each choice and value, and where it comes from.
//!
//! Everything here is worked out by evaluating again with something changed, so it holds for every method of the engine;
//! where a shorter way gives the same numbers exactly, the docstring says so.
//!
//! | module | subject |
//! |---|---|
//! | `leave_out` | the index without one indicator or group |
//! | `audit` | what weights are worth in fact against what they say |
//! | `shares` | Sobol indices of groups of weights and of the choice of scheme |
//! | `reach` | how far a weight or a value may move before a rank or a grade changes |
//! | `origin` | a score against a reference, gains per indicator, strengths and weaknesses |
//! | `lift` | the smallest set of changes that lifts a unit to a grade |
//! | `editions` | where the change of a rank between two editions comes from |

mod audit;
mod columns;
mod editions;
mod leave_out;
mod lift;
mod origin;
mod reach;
mod shares;
mod what_if;

pub use audit::{GroupAudit, Importance, audit};
pub use editions::{Edition, RankChange, compare};
pub use leave_out::{LeftOut, leave_one_out};
pub use lift::{Lift, LiftStep, lift};
pub use origin::{Difference, Explanation, Gain, Peer, explain};
pub use reach::{Limit, ValueReach, WeightReach, weight_reach};
pub use shares::{Alternative, Shares, UnitShares, shares};

use super::assess::{Options, evaluate};
use super::data::Data;
use super::result::IndexEvaluation;
use super::run::{self, Computed, IndexError};
use super::scheme::IndexScheme;
use crate::pace::Pace;
use crate::text::Text;

/// The result alone, without replicates.
fn plain(scheme: &IndexScheme, data: &Data) -> Result<IndexEvaluation, IndexError> {
    evaluate(scheme, data, Options { replicates: Some(0), ..Options::default() })
}

/// The run itself, for what is read from its columns.
fn computed(scheme: &IndexScheme, data: &Data) -> Result<Computed, IndexError> {
    run::run(scheme, data, false, &Pace::free())
}

fn refuse(zh: impl Into<String>, en: impl Into<String>) -> IndexError {
    IndexError(Text::new(zh, en))
}
