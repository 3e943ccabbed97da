//! Indices and the joint evaluation beside a run.

use domain::Text;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A joint evaluation: what is printed of its run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JointTable {
    /// Resource name of the run.
    pub run: String,
    /// Scheme, `schemes/{id}`.
    pub scheme: String,
    /// SHA-256 of the results, lower-case hex.
    pub result_digest: String,
    /// Period.
    pub period: String,
    /// The parts, in the order of the scheme.
    pub parts: Vec<JointPart>,
    /// Rows in the order of the region codes.
    pub rows: Vec<JointRow>,
}

impl JointTable {
    /// Whether the scheme states weights, so that parts are combined.
    #[must_use]
    pub fn combines(&self) -> bool {
        self.parts.iter().any(|part| part.weight.is_some())
    }
}

/// A part of a joint evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JointPart {
    /// Its id.
    pub id: String,
    /// Title.
    pub title: Text,
    /// What its formula rests on.
    pub basis: Text,
    /// Weight out of 100; none where it is shown beside.
    pub weight: Option<Decimal>,
}

/// One city in a joint evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JointRow {
    /// Region code.
    pub unit: String,
    /// Name.
    pub display_name: Text,
    /// One for each part.
    pub cells: Vec<JointCell>,
    /// Combined score; none where there is none.
    pub score: Option<Decimal>,
    /// Rank by the combined score.
    pub rank: Option<u32>,
    /// Grade of the combined score.
    pub grade: Option<Text>,
    /// What a reader must know.
    pub flags: Vec<Text>,
}

/// One part of one city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JointCell {
    /// Score; none where there is none, and `state` says why.
    pub score: Option<Decimal>,
    /// Rank by this part.
    pub rank: Option<u32>,
    /// What became of it, in words.
    pub state: Text,
}

/// A composite index beside the official evaluation: what is printed of its run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexTable {
    /// Resource name of the run.
    pub run: String,
    /// Scheme, `schemes/{id}`.
    pub scheme: String,
    /// SHA-256 of the results, lower-case hex.
    pub result_digest: String,
    /// Period.
    pub period: String,
    /// Replicates behind the rank bands; 0 when there are none.
    pub replicates: u32,
    /// Rows in the order of the region codes.
    pub rows: Vec<IndexRow>,
}

/// One city in a composite index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexRow {
    /// Region code.
    pub unit: String,
    /// Name.
    pub display_name: Text,
    /// Score as printed; none when nothing could be computed.
    pub score: Option<Decimal>,
    /// Rank; none when it is not ranked.
    pub rank: Option<u32>,
    /// Grade.
    pub grade: Option<Text>,
    /// Indicators reported.
    pub reported: u32,
    /// Indicators that apply.
    pub applicable: u32,
    /// The 5 % and 95 % quantiles of its rank; none without replicates.
    pub band: Option<(Decimal, Decimal)>,
}
