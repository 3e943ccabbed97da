//! What a scheme lets a Monte-Carlo run vary.

use std::collections::BTreeMap;

use serde::Serialize;

use super::aggregate::Aggregate;
use super::number::Number;
use super::stage::{Imputation, Normalise, Treat};
use super::weighting::Weighting;

/// What a Monte-Carlo run varies.
///
/// The alternatives stand beside the scheme's own method, which is always one of those that are drawn, each as likely as
/// the others. What an indicator or a group states for itself is not varied. Lists that are empty are left out of the
/// digest.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Uncertainty {
    /// Replicates when the caller names no number; 0 computes no bands.
    pub replicates: u32,
    /// The seed when the caller names none.
    pub seed: u64,
    /// Each weight is multiplied by `1 + u`, u uniform within ± this share, then scaled to 1 again.
    pub weight_noise: Number,
    /// Other methods for the imputation stages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub impute: Vec<Imputation>,
    /// Other rules for the treatment stage; none leaves the stage out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub treat: Vec<Option<Treat>>,
    /// Other methods for the normalisation stage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub normalise: Vec<Normalise>,
    /// Other methods for the aggregation stage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aggregate: Vec<Aggregate>,
    /// Other sources of weights for the aggregation stage.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<Weighting>,
    /// How far the values themselves may be wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_error: Option<DataError>,
}

/// How far values may be wrong: x becomes `x + z·(absolute + relative·|x|)`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DataError {
    /// What z is drawn from.
    pub distribution: Distribution,
    /// Whether z is drawn once for all values of an indicator (an error of the method of measurement), and not for each
    /// cell.
    pub per_indicator: bool,
    /// The sizes for every indicator that is not listed.
    pub size: ErrorSize,
    /// The sizes for single indicators, by id.
    pub indicators: BTreeMap<String, ErrorSize>,
}

/// The size of an error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ErrorSize {
    /// In the unit of the indicator.
    pub absolute: Number,
    /// As a share of the value.
    pub relative: Number,
}

/// The distribution of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// z is normal: the sizes are standard deviations.
    Normal,
    /// z is uniform in −1 .. 1: the sizes are the farthest.
    Uniform,
}

impl Default for Uncertainty {
    fn default() -> Self {
        Self {
            replicates: 0,
            seed: 1,
            weight_noise: Number::of(0.25),
            impute: Vec::new(),
            treat: Vec::new(),
            normalise: Vec::new(),
            aggregate: Vec::new(),
            weights: Vec::new(),
            data_error: None,
        }
    }
}
