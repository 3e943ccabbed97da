//! The result of a joint evaluation and its JSON form. A score that does not exist is `null`, never 0.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::exact::Exact;
use crate::flag::Flag;
use crate::input::MissingState;
use crate::result::places::{optional_two_places, two_places};
use crate::text::Text;

/// A finished joint evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JointEvaluation {
    /// Id of the scheme.
    pub scheme: String,
    /// Version of the scheme.
    pub scheme_version: String,
    /// [`JointScheme::digest`](super::JointScheme::digest).
    pub scheme_digest: String,
    /// Of the data of one period its digest, of several the digest of theirs.
    pub data_digest: String,
    /// [`ENGINE_VERSION`](crate::ENGINE_VERSION).
    pub engine_version: String,
    /// Whether the scheme combines its parts.
    pub combined: bool,
    /// By period and unit.
    pub units: Vec<JointUnit>,
}

/// The parts of one unit, and what they come to where the scheme says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JointUnit {
    /// Its id.
    pub unit: String,
    /// Its printed name.
    pub name: String,
    /// The period; none where the data name none.
    pub period: Option<String>,
    /// The combined score, rounded half-up to two decimals; none where the scheme does not combine, or too much is missing.
    #[serde(with = "optional_two_places")]
    pub score: Option<Decimal>,
    /// The combined score before rounding.
    pub exact_score: Option<Exact>,
    /// Rank by the combined score within the period (1, 1, 3).
    pub rank: Option<u32>,
    /// Grade of the combined score.
    pub grade: Option<Text>,
    /// How many parts are there.
    pub coverage: JointCoverage,
    /// By the id of the part.
    pub parts: BTreeMap<String, PartScore>,
    /// What each part adds to the combined score; they sum to it.
    pub contributions: BTreeMap<String, Exact>,
    /// What a reader must know.
    pub flags: Vec<Flag>,
}

/// How much of a joint evaluation is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JointCoverage {
    /// Parts with a score.
    pub scored: u32,
    /// Parts of the scheme.
    pub total: u32,
    /// Parts that do not apply.
    pub not_applicable: u32,
    /// Weight of the scored parts ÷ weight of those that apply; none without weights.
    pub weight_share: Option<Exact>,
}

/// One part of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PartScore {
    /// Printed title.
    pub title: Text,
    /// What its formula rests on.
    pub basis: Text,
    /// 0–100, rounded half-up to two decimals; none where it is missing or does not apply.
    #[serde(with = "optional_two_places")]
    pub score: Option<Decimal>,
    /// The score before rounding.
    pub exact: Option<Exact>,
    /// Rank by this part within the period.
    pub rank: Option<u32>,
    /// Its weight out of 100 in the combined score; none where it is shown beside.
    pub weight: Option<Decimal>,
    /// What became of it.
    pub state: PartState,
    /// Why it is missing, if it is.
    pub missing: Option<MissingState>,
    /// The shares it is made of, in %, two decimals: timeliness, completeness, corrections.
    pub shares: BTreeMap<String, Share>,
    /// The data it was made of.
    pub facts: BTreeMap<String, Option<Decimal>>,
    /// What a reader must know of it.
    pub flags: Vec<Flag>,
}

/// A share in %, printed with two decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Share(#[serde(with = "two_places")] pub Decimal);

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// It has a score.
    Scored,
    /// Its data are missing: it is not a zero.
    Missing,
    /// Nothing was due, or it was approved as not applicable.
    NotApplicable,
    /// Its data contradict each other or leave their range: there is no score.
    Refused,
}
