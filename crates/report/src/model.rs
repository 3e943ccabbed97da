//! The consolidated report as plain data: field for field the message `wufei.evaluation.v1.Report`, with parsed types.
//!
//! An empty string means “not stated”; an absent optional field of the message is `None` here. Dates are days, times are
//! UTC. Values are exact decimals in the unit that stands beside them; money is in yuan.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Citation, Colour, Correction, Qualifier, Text};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The consolidated report of the joint performance evaluation (联合绩效评价报告).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Resource name, `departments/aggregator/reports/{id}`.
    pub name: String,
    /// Title.
    pub title: Text,
    /// Edition, from 1.
    pub edition: u32,
    /// When it was made.
    pub create_time: DateTime<Utc>,
    /// True when the data are synthetic (模拟数据).
    pub synthetic: bool,
    /// The run that it rests on.
    pub run: EvaluationRun,
    /// Title of the scheme.
    pub scheme_title: Text,
    /// Who delivered what.
    pub reporting: Vec<ReportingState>,
    /// Money per stage and source, never mixed.
    pub funding: Vec<FundingEntry>,
    /// Commitments.
    pub commitments: Vec<CommitmentEntry>,
    /// The 60 % target; none when no node states it.
    pub share_target: Option<ShareTargetEntry>,
    /// Figures and facts as reported.
    pub facts: Vec<FactEntry>,
    /// Corrections known.
    pub corrections: Vec<FactEntry>,
    /// Figures on record that are not among the facts: those of counties and of other periods.
    #[serde(default)]
    pub unlisted_figures: u32,
    /// Id of the data snapshot: digest over the checkpoints.
    pub snapshot_id: String,
    /// SHA-256 over the figures of this report, lower-case hex; see [`crate::digest`]. Empty until it is computed.
    pub content_digest: String,
    /// The day that the report counts as today.
    pub as_of_date: NaiveDate,
    /// The indicator system that it rests on, with its verification status.
    pub catalog_note: Text,
    /// Composite indices that stand beside the official evaluation.
    pub indices: Vec<IndexTable>,
    /// The joint evaluation, its parts side by side.
    pub joint: Option<JointTable>,
    /// What people wrote; the program words no assessment.
    #[serde(default)]
    pub written: Vec<Written>,
}

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

/// A text that people wrote for a chapter. It holds no figure of its own: the digest does not cover it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The chapter.
    pub chapter: WrittenChapter,
    /// Each line is a paragraph.
    pub text: String,
    /// Resource name, `departments/aggregator/reportTexts/{id}`.
    #[serde(default)]
    pub name: String,
    /// Revision that is printed, from 1; 0 when it is not known.
    #[serde(default)]
    pub revision: u32,
    /// Principal that wrote this revision (SPIFFE id).
    #[serde(default)]
    pub author: String,
    /// When it was written.
    #[serde(default)]
    pub time: Option<DateTime<Utc>>,
}

/// A chapter, or part of one, that is left to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrittenChapter {
    /// 评价结论.
    Conclusion,
    /// 主要经验及做法.
    Experience,
    /// 存在问题及原因分析.
    Problems,
    /// 有关建议.
    Recommendations,
    /// 其他需说明的问题.
    Other,
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

/// What one department has delivered, and what is to be reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportingState {
    /// Node, for example `departments/city-140100`; empty for a department without a node.
    pub node: String,
    /// Who it is, in words.
    pub party: Text,
    /// True when the aggregator reached the node when the report was made.
    pub reachable: bool,
    /// Last time the aggregator heard from the node.
    pub last_contact_time: Option<DateTime<Utc>>,
    /// Submissions in its log.
    pub submissions: u64,
    /// Figures, facts and amounts recorded.
    pub records: u64,
    /// 待报送: what is still to be reported.
    pub gaps: Vec<Text>,
}

/// An amount of money as it was entered and in yuan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// As entered, in `unit`.
    pub amount: Decimal,
    /// 元, 万元 or 亿元.
    pub unit: String,
    /// ISO 4217; `CNY`.
    pub currency_code: String,
    /// The exact amount in yuan.
    pub yuan: Decimal,
}

impl Amount {
    /// An amount entered in yuan.
    #[must_use]
    pub fn from_yuan(yuan: Decimal) -> Self {
        Self { amount: yuan, unit: "元".into(), currency_code: "CNY".into(), yuan }
    }
}

/// An amount in the report: one stage and one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundingEntry {
    /// Id of the figure inside the report, for example `funding/awarded/provincial-science`.
    pub cell: String,
    /// Stage in words.
    pub stage: Text,
    /// Source in words.
    pub source: Text,
    /// Exact amount.
    pub amount: Amount,
    /// Projects that it is for.
    pub project_count: u32,
    /// How many of them are named.
    pub named_project_count: u32,
    /// What it is for, in words.
    pub subject: String,
    /// Named projects.
    pub named_projects: Vec<String>,
    /// Where each line comes from.
    pub provenance: Vec<Provenance>,
}

/// A commitment in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitmentEntry {
    /// Id of the figure inside the report, for example `commitment/c4-4`.
    pub cell: String,
    /// Number in the source, for example `C4-4`.
    pub sequence: String,
    /// What is promised.
    pub text: String,
    /// Who is responsible.
    pub responsible: Vec<String>,
    /// Where the responsibility is stated.
    pub responsible_basis: String,
    /// Target in words; 无量化目标 when there is none.
    pub target: Text,
    /// Deadline; none when there is none.
    pub deadline: Option<NaiveDate>,
    /// Light, computed from stored facts and the date.
    pub light: Colour,
    /// Why.
    pub light_reason: Text,
    /// Newest progress in words; empty when nothing was reported.
    pub progress: String,
    /// Where it comes from.
    pub provenance: Option<Provenance>,
}

/// The state of the target “60 % of the cities by 2027”.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareTargetEntry {
    /// Id of the figure inside the report, `share-target`.
    pub cell: String,
    /// Target in percent.
    pub target_percent: Decimal,
    /// Cities that count.
    pub counted: Vec<Text>,
    /// Cities in preparation.
    pub preparing: Vec<Text>,
    /// All cities.
    pub total: u32,
    /// Cities needed.
    pub needed: u32,
    /// More cities needed.
    pub gap: u32,
    /// Share in percent, one decimal.
    pub share_percent: Decimal,
    /// Counting rule with its version.
    pub counting_rule: Text,
    /// Deadline.
    pub deadline: Option<NaiveDate>,
    /// Where it comes from.
    pub provenance: Vec<Provenance>,
}

/// A figure or fact that a department reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactEntry {
    /// Id of the figure inside the report, for example `fact/f017`.
    pub cell: String,
    /// Who reported it.
    pub party: Text,
    /// What it is.
    pub subject: String,
    /// Value as text with qualifier and unit; empty for a qualitative fact.
    pub value: String,
    /// Place.
    pub region: Text,
    /// Coverage, in words.
    pub scope: Text,
    /// Time.
    pub period: String,
    /// True when the time is assumed.
    pub period_assumed: bool,
    /// Indicator it belongs to; empty when there is none.
    pub indicator: String,
    /// Flags and remarks.
    pub flags: Vec<Text>,
    /// Where it comes from.
    pub provenance: Option<Provenance>,
}

/// Leads from a figure to the signed submission it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Node that recorded it, for example `departments/city-140100`.
    pub node: String,
    /// Index of the submission in the node's log, from 0.
    pub log_index: u64,
    /// Position of the item inside the submission, from 0.
    pub position: u32,
    /// RFC 6962 leaf hash of the submission, lower-case hex.
    pub leaf_hash: String,
    /// Principal that submitted it (SPIFFE id).
    pub principal: String,
    /// When the node received it.
    pub receive_time: Option<DateTime<Utc>>,
    /// The words it rests on.
    pub citation: Option<Citation>,
    /// Resource name with its revision, for example `departments/ecology/statements/f036@2`.
    pub revision_name: String,
}

/// What the node added to a stored resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Revision number, from 1.
    pub revision: u32,
    /// Opaque tag of this revision.
    pub etag: String,
    /// When this revision was first known.
    pub create_time: Option<DateTime<Utc>>,
    /// When a later revision replaced it.
    pub supersede_time: Option<DateTime<Utc>>,
    /// Why this revision replaced the one before.
    pub correction: Option<Correction>,
    /// Where it came from.
    pub provenance: Option<Provenance>,
}
