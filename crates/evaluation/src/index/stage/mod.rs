//! The stages that data pass, one file each.
//!
//! A stage works on the columns of the indicators. A missing value is `NaN` inside the engine and nowhere else; no stage
//! turns a missing value into a number except [`impute`], which logs every cell it fills.

pub(super) mod denominate;
pub(super) mod impute;
pub(super) mod moments;
pub(super) mod nearest;
pub(super) mod normalise;
pub(super) mod screen;
pub(super) mod treat;

use serde::Serialize;

use super::aggregate::Aggregate;
use super::number::Number;
use super::weighting::Weighting;

pub use impute::{Centre, Imputation, Impute};
pub use normalise::Normalise;
pub use treat::{Transform, Treat};

/// A stage with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// Divides indicators by their denominators.
    Denominate,
    /// Leaves out units with too little data.
    Screen(Screen),
    /// Fills missing values.
    Impute(Imputation),
    /// Treats outliers.
    Treat(Treat),
    /// Brings indicators to one scale, on which more is better.
    Normalise {
        /// The method of every indicator without one of its own.
        by: Normalise,
    },
    /// Combines indicators to the index.
    Aggregate(AggregateStage),
}

/// The rule of a screening.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Screen {
    /// What is counted.
    pub by: ScreenBy,
    /// The lowest share (0..=1) that stays in.
    pub min_share: Number,
    /// Units that stay in whatever their data.
    pub include: Vec<String>,
    /// Units that are left out whatever their data.
    pub exclude: Vec<String>,
}

/// What a screening counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScreenBy {
    /// Indicators with a value ÷ indicators.
    Count,
    /// Effective weight with a value ÷ 1.
    Weight,
    /// Indicators with a value that is not zero ÷ indicators with a value.
    NonZero,
}

/// What holds for every group that does not state its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AggregateStage {
    /// The method.
    pub by: Aggregate,
    /// Where weights come from.
    pub weights: Weighting,
    /// A group has a score only where at least this share (0..=1) of its children, by weight, has one.
    pub min_share: Number,
}
