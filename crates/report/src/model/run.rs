//! A run: what it rests on, and what it says of each unit.

use chrono::NaiveDate;
use domain::{Qualifier, Text};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Provenance, Record};

/// A run with its inputs and results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationRun {
    /// Resource name, `departments/aggregator/evaluationRuns/{id}`.
    pub name: String,
    /// State.
    pub state: RunState,
    /// Scheme, `schemes/{id}`.
    pub scheme: String,
    /// SHA-256 of the scheme, lower-case hex.
    pub scheme_digest: String,
    /// SHA-256 of the data, lower-case hex.
    pub data_digest: String,
    /// Version of the engine.
    pub engine_version: String,
    /// Checkpoints of the nodes that were used.
    pub checkpoints: Vec<NodeCheckpoint>,
    /// Results in the order of the region codes.
    pub units: Vec<UnitResult>,
    /// SHA-256 of the results, lower-case hex.
    pub result_digest: String,
    /// Period evaluated, for example `2024`.
    pub period: String,
    /// The day that the run counts as today.
    pub as_of_date: NaiveDate,
    /// Why it failed; empty when it did not.
    pub failure: String,
    /// When it was recorded, and where in the aggregator's own log.
    pub record: Option<Record>,
}

/// State of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Waiting or computing.
    Running,
    /// Finished.
    Succeeded,
    /// Failed; see [`EvaluationRun::failure`].
    Failed,
    /// Cancelled.
    Cancelled,
}

/// The state of one node's log that a run used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeCheckpoint {
    /// Node, for example `departments/ecology`.
    pub node: String,
    /// Tree size.
    pub size: u64,
    /// Root hash (RFC 6962), lower-case hex.
    pub root_hash: String,
}

/// The result of one city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitResult {
    /// Region code.
    pub unit: String,
    /// Name.
    pub display_name: Text,
    /// Score of 100, two decimals, half up.
    pub score: Decimal,
    /// Rank from 1; none when the unit is not ranked (不参与排名).
    pub rank: Option<u32>,
    /// Grade 优 良 中 差; none when the unit is not ranked.
    pub grade: Option<Text>,
    /// True when the coverage reaches the scheme's minimum.
    pub ranked: bool,
    /// Coverage.
    pub coverage: Coverage,
    /// Scores of the groups.
    pub nodes: Vec<NodeScore>,
    /// Scores of the indicators.
    pub items: Vec<ItemScore>,
}

/// How much of what is obligatory was reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Obligatory indicators reported.
    pub reported: u32,
    /// Obligatory indicators.
    pub mandatory: u32,
    /// Reported ones by weight, 0 to 1.
    pub weight_share: Decimal,
    /// Reported ones that could be scored.
    pub scored: u32,
}

/// The score of a node of the scheme's hierarchy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeScore {
    /// Node id, for example `A`.
    pub node: String,
    /// Title.
    pub title: Text,
    /// Marks, two decimals.
    pub score: Decimal,
    /// Full marks.
    pub weight: Decimal,
}

/// How an indicator entered a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Scored.
    Scored,
    /// 缺报: no figure. Never the same as zero.
    Missing,
    /// 不适用, approved.
    NotApplicable,
    /// 无目标值: reported, but there is nothing to measure it by.
    NoTarget,
    /// 佐证待审核: evidence is named, not yet accepted.
    EvidencePending,
    /// Reported in a form that the method cannot use.
    NotScorable,
}

impl ItemState {
    /// The state in words.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::Scored => Text::new("已计分", "scored"),
            Self::Missing => Text::new("缺报", "missing"),
            Self::NotApplicable => Text::new("不适用", "not applicable"),
            Self::NoTarget => Text::new("无目标值", "no target"),
            Self::EvidencePending => Text::new("佐证待审核", "evidence pending"),
            Self::NotScorable => Text::new("不可计分", "not scorable"),
        }
    }
}

/// The score of one indicator of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemScore {
    /// Indicator code.
    pub indicator: String,
    /// Indicator name.
    pub display_name: Text,
    /// Group of the scheme.
    pub group: String,
    /// Method id, `S1` … `S8`.
    pub method: String,
    /// How it entered.
    pub state: ItemState,
    /// Value used, in `unit`.
    pub value: Option<Decimal>,
    /// How the value bounds the real one.
    pub qualifier: Option<Qualifier>,
    /// Target used, in `unit`.
    pub target: Option<Decimal>,
    /// Base value used, in `unit`.
    pub baseline: Option<Decimal>,
    /// Full marks.
    pub weight: Decimal,
    /// Marks, exact.
    pub score: Decimal,
    /// Marks of this method before the cap.
    pub raw_score: Decimal,
    /// Flags, for example 按下限计.
    pub flags: Vec<Text>,
    /// Where the value comes from; none when it is missing.
    pub provenance: Option<Provenance>,
    /// Unit of the value.
    pub unit: String,
    /// Where the target comes from, in words; empty when there is none.
    pub target_source: Text,
}
