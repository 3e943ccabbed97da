//! Composite indices: a hierarchy of indicators, and stages from the reported value to the rank.
//!
//! An [`IndexScheme`] is data: a tree of any depth with another aggregation per node, weights and sets of weights, and the
//! stages in the order in which the data pass them. An [`IndexEvaluation`] is a function of scheme, [`Data`] and
//! [`Options`] and of nothing else. Numbers are `f64`: means of logarithms have no exact fraction. The operations are
//! those of IEEE 754 and of the `libm` crate, sums have a fixed or no order, and no result depends on the number of
//! threads, so that the same input gives the same bytes on any machine.
//!
//! | module | subject |
//! |---|---|
//! | `scheme`, `load` | the model and its reading from YAML |
//! | `data`, `read` | the data and their reading from CSV |
//! | `derive`, `adjust` | formulas; bonus items, deductions and vetoes |
//! | `stage` | denominate, screen, impute, treat, normalise |
//! | `aggregate`, `weighting`, `tree` | the hierarchy |
//! | `run`, `filling`, `assess`, `units` | one run, and its reading as scores, ranks, grades and coverage |
//! | `gaps`, `interval` | what is missing, and between what the result lies whatever it is |
//! | `imputations` | the completed tables of multiple imputation |
//! | `uncertainty` | Monte-Carlo replicates over weights, methods and data: rank bands, pairs, tiers |
//! | [`analysis`] | what stands behind a result: sensitivity, explanation, comparison |

mod adjust;
mod aggregate;
pub mod analysis;
mod assess;
mod data;
mod derive;
mod filling;
mod gaps;
mod given;
mod imputations;
mod interval;
mod load;
mod named;
mod number;
mod rank;
mod read;
mod reading;
mod result;
mod run;
mod scheme;
mod stage;
mod tables;
mod tree;
pub(crate) mod uncertainty;
mod units;
mod varied;
mod weighting;

pub use aggregate::{Aggregate, Penalty};
pub use assess::{Options, evaluate, evaluate_paced};
pub use data::{Absence, Data, Row};
pub use gaps::Gap;
pub use given::GivenRow;
pub use interval::Interval;
pub(crate) use load::KIND;
pub use named::Named;
pub use number::Number;
pub(crate) use number::plain;
pub use read::read_csv;
pub use result::{
    ColumnTreatment, ImputedCell, IndexCoverage, IndexEvaluation, IndexUnit, Screened, StageTable, TreatedPoint,
    UndefinedCell, Varied,
};
pub use run::IndexError;
pub use scheme::{
    Band, DataRules, Denominator, Direction, Goalposts, Group, IndexScheme, Indicator, Kind, Node, RankBy, ResultRules,
    Rounding, Ties,
};
pub use stage::treat::Change;
pub use stage::{AggregateStage, Centre, Imputation, Impute, Normalise, Screen, ScreenBy, Stage, Transform, Treat};
pub use varied::{DataError, Distribution, ErrorSize, Uncertainty};
pub use weighting::Weighting;
