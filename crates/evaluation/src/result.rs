//! The result of an evaluation and its JSON form.
//!
//! In JSON, what is printed for readers (scores, shares) is a number, what must stay exact is a string, and a rank that
//! does not exist is `null`. `nodes` is a plain map from group to points; what belongs to a group besides stands in
//! `node_details`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::exact::Exact;
use crate::flag::Flag;
use crate::input::{MissingState, Qualifier};
use crate::outside::Adjustment;
use crate::text::Text;

/// A finished evaluation: a function of scheme, data and engine version, all three named in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Id of the scheme.
    pub scheme: String,
    /// Version of the scheme.
    pub scheme_version: String,
    /// [`Scheme::digest`](crate::Scheme::digest).
    pub scheme_digest: String,
    /// [`Input::digest`](crate::Input::digest).
    pub data_digest: String,
    /// [`ENGINE_VERSION`](crate::ENGINE_VERSION).
    pub engine_version: String,
    /// Sorted by id.
    pub units: Vec<UnitResult>,
    /// Indicators that have data but are not part of the scheme, so that nobody takes them for scored.
    pub not_in_scheme: Vec<String>,
}

impl Evaluation {
    /// The result of one unit.
    #[must_use]
    pub fn unit(&self, id: &str) -> Option<&UnitResult> {
        self.units.iter().find(|unit| unit.unit == id)
    }
}

/// The result of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "UnitJson", try_from = "UnitJson")]
pub struct UnitResult {
    /// Its id.
    pub unit: String,
    /// Its printed name.
    pub name: String,
    /// The printed weighted score, 0–100, rounded half-up once, to two decimals unless the scheme says otherwise.
    pub score: Decimal,
    /// The score before rounding.
    pub exact_score: Exact,
    /// Rank among the ranked units by [`UnitResult::final_score`]; equal printed scores share it (1, 1, 3).
    pub rank: Option<u32>,
    /// Grade of the printed final score; none for a unit that is not ranked.
    pub grade: Option<Grade>,
    /// Whether it takes part in the ranking.
    pub ranked: bool,
    /// How much of the scheme its data covers; printed beside the score.
    pub coverage: Coverage,
    /// By group id, groups of every level. The points of the first-level groups sum to the score.
    pub nodes: BTreeMap<String, NodeScore>,
    /// In the order of the scheme.
    pub items: Vec<ItemScore>,
    /// Indicators that were reported but could not be scored (no target, evidence pending, refused).
    pub not_scorable: Vec<String>,
    /// What a reader must know of the unit.
    pub flags: Vec<Flag>,
    /// Bonus items, deductions and vetoes with the final score, where the scheme has such rules.
    pub adjustment: Option<Adjustment>,
}

impl UnitResult {
    /// The printed score that rank and grade are read from: the weighted one, or the final one where the scheme has bonus
    /// items, deductions or vetoes.
    #[must_use]
    pub fn final_score(&self) -> Decimal {
        self.adjustment.as_ref().map_or(self.score, |adjustment| adjustment.final_score)
    }

    /// One item of the unit.
    #[must_use]
    pub fn item(&self, indicator: &str) -> Option<&ItemScore> {
        self.items.iter().find(|item| item.indicator == indicator)
    }
}

/// A grade, e.g. 优.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grade {
    /// Printed name.
    pub title: Text,
}

impl std::fmt::Display for Grade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title.zh)
    }
}

/// How much of the mandatory part of a scheme was reported (“n of 25”).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Mandatory indicators with a reported value, zero included.
    pub reported: u32,
    /// Mandatory indicators of the scheme.
    pub mandatory_total: u32,
    /// Mandatory indicators approved as not applicable.
    pub not_applicable: u32,
    /// `reported ÷ (mandatory_total − not_applicable)`, four decimals; this is compared (unrounded) with the minimum.
    #[serde(with = "four_places")]
    pub share: Decimal,
    /// Marks of the reported mandatory indicators ÷ marks of all mandatory ones, four decimals.
    #[serde(with = "four_places")]
    pub weight_share: Decimal,
}

/// The score of one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeScore {
    /// Printed title.
    pub title: Text,
    /// Ids of the groups around it, outermost first.
    pub path: Vec<String>,
    /// Its marks in the scheme.
    pub weight: Decimal,
    /// What it adds to the score of the unit, two decimals.
    #[serde(with = "two_places")]
    pub score: Decimal,
    /// The same before rounding; the first-level groups sum to the exact score.
    pub exact: Exact,
    /// Marks earned ÷ marks applicable, in %, two decimals; none where nothing applies. Compares groups of different
    /// weight.
    pub rate: Option<Decimal>,
    /// Mandatory indicators with a value.
    pub reported: u32,
    /// Mandatory indicators.
    pub mandatory_total: u32,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// It has a score.
    Scored,
    /// No value. A mandatory item earns nothing, an optional one was not chosen.
    Missing,
    /// Approved as not applicable: its marks left the denominator.
    NotApplicable,
    /// Reported, nothing to score it against: it earns nothing.
    NoTarget,
    /// Reported, evidence not accepted: it earns nothing yet.
    EvidencePending,
    /// Reported, but its facts do not allow a score: it earns nothing, and a flag says why.
    Refused,
}

/// Where the target of an item came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetSource {
    /// The unit's own.
    Own,
    /// The reference value of the scheme.
    Scheme {
        /// As the scheme states it.
        source: String,
    },
}

/// The numbers a score was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// As reported.
    pub value: Option<Decimal>,
    /// How to read it.
    pub qualifier: Qualifier,
    /// The target used.
    pub target: Option<Decimal>,
    /// Where it came from.
    pub target_source: Option<TargetSource>,
    /// The value of the base period.
    pub baseline: Option<Decimal>,
    /// The rate that S8 worked out, in %, at most twelve decimals.
    pub derived: Option<Decimal>,
    /// What the value was computed from, where it has a formula. Left out otherwise, so that a stored result keeps its
    /// bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Computation>,
}

/// A formula with the values of its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Computation {
    /// As the scheme states it.
    pub formula: String,
    /// The values of its parts in their own units, at most twelve decimals; none where a part has no value.
    pub parts: BTreeMap<String, Option<Decimal>>,
}

/// The score of one indicator of one unit, with everything needed to work it out again by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemScore {
    /// Its code.
    pub indicator: String,
    /// Printed title.
    pub title: Text,
    /// The unit its numbers are in.
    pub unit_of_measure: String,
    /// Ids of its groups, outermost first.
    pub group: Vec<String>,
    /// `S1`…`S8`.
    pub method: String,
    /// Whether it is mandatory.
    pub mandatory: bool,
    /// Its marks, at most twelve decimals.
    pub weight: Decimal,
    /// Whether its marks are in the denominator.
    pub in_denominator: bool,
    /// What it was scored from.
    pub inputs: Inputs,
    /// What the formula gave, before it was held between 0 and the marks; at most twelve decimals.
    pub raw_score: Decimal,
    /// The marks it earned, at most twelve decimals.
    pub capped_score: Decimal,
    /// Marks earned ÷ marks, 0..=1, at most twelve decimals.
    pub share: Decimal,
    /// What it adds to the score of the unit, exactly: the items sum to the exact score.
    pub points: Exact,
    /// What became of it.
    pub state: ItemState,
    /// Why it is missing, if it is.
    pub missing: Option<MissingState>,
    /// Why it does not apply, if it does not.
    pub not_applicable_reason: Option<String>,
    /// What a reader must know of it.
    pub flags: Vec<Flag>,
    /// The provenance key of the cell.
    pub source: Option<String>,
    /// The caller's marks on the cell.
    pub marks: Vec<String>,
}

/// JSON of [`UnitResult`].
#[derive(Clone, Serialize, Deserialize)]
struct UnitJson {
    unit: String,
    name: String,
    #[serde(with = "two_places")]
    score: Decimal,
    exact_score: Exact,
    rank: Option<u32>,
    grade: Option<String>,
    grade_en: Option<String>,
    ranked: bool,
    coverage: Coverage,
    /// For readers of the JSON; it is made from `node_details`.
    #[serde(skip_deserializing)]
    nodes: BTreeMap<String, NodeNumber>,
    node_details: BTreeMap<String, NodeScore>,
    items: Vec<ItemScore>,
    not_scorable: Vec<String>,
    flags: Vec<Flag>,
    /// Left out when there is none, so that a stored result keeps its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    adjustment: Option<Adjustment>,
}

#[derive(Clone, Serialize)]
struct NodeNumber(#[serde(serialize_with = "two_places::serialize")] Decimal);

impl From<UnitResult> for UnitJson {
    fn from(unit: UnitResult) -> Self {
        let UnitResult {
            unit,
            name,
            score,
            exact_score,
            rank,
            grade,
            ranked,
            coverage,
            nodes,
            items,
            not_scorable,
            flags,
            adjustment,
        } = unit;
        let (grade, grade_en) = grade.map(|grade| (grade.title.zh, grade.title.en)).unzip();
        Self {
            unit,
            name,
            score,
            exact_score,
            rank,
            grade,
            grade_en,
            ranked,
            coverage,
            nodes: nodes.iter().map(|(id, node)| (id.clone(), NodeNumber(node.score))).collect(),
            node_details: nodes,
            items,
            not_scorable,
            flags,
            adjustment,
        }
    }
}

impl TryFrom<UnitJson> for UnitResult {
    type Error = &'static str;

    fn try_from(json: UnitJson) -> Result<Self, Self::Error> {
        let grade = match (json.grade, json.grade_en) {
            (Some(zh), Some(en)) => Some(Grade { title: Text { zh, en } }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err("grade and grade_en go together"),
        };
        Ok(Self {
            unit: json.unit,
            name: json.name,
            score: json.score,
            exact_score: json.exact_score,
            rank: json.rank,
            grade,
            ranked: json.ranked,
            coverage: json.coverage,
            nodes: json.node_details,
            items: json.items,
            not_scorable: json.not_scorable,
            flags: json.flags,
            adjustment: json.adjustment,
        })
    }
}

pub(crate) mod places {
    //! Decimals as JSON numbers.

    pub(crate) use super::two_places;

    /// Two decimals, or `null`.
    pub(crate) mod optional_two_places {
        use rust_decimal::Decimal;
        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        #[derive(Serialize, Deserialize)]
        struct Two(#[serde(with = "super::two_places")] Decimal);

        pub(crate) fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
            value.map(Two).serialize(serializer)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
            Ok(Option::<Two>::deserialize(deserializer)?.map(|two| two.0))
        }
    }
}

macro_rules! places {
    ($name:ident, $places:literal) => {
        /// A decimal of few places as a JSON number; the shortest text of the float is the decimal again.
        pub(crate) mod $name {
            use rust_decimal::Decimal;
            use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

            pub(crate) fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
                value.to_string().parse::<f64>().map_err(ser::Error::custom)?.serialize(serializer)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
                let number = f64::deserialize(deserializer)?;
                let mut value = Decimal::from_str_exact(&number.to_string()).map_err(de::Error::custom)?;
                value.rescale(value.scale().max($places));
                Ok(value)
            }
        }
    };
}

places!(two_places, 2);
places!(four_places, 4);
