//! The consolidated report as plain data: field for field the message `wufei.evaluation.v1.Report`, with parsed types.
//!
//! An empty string means “not stated”; an absent optional field of the message is `None` here. Dates are days, times are
//! UTC. Values are exact decimals in the unit that stands beside them; money is in yuan.

mod entries;
mod joint;
mod run;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Citation, Correction, Text};
use serde::{Deserialize, Serialize};

pub use entries::{Amount, CommitmentEntry, FactEntry, FundingEntry, ReportingState, ShareTargetEntry};
pub use joint::{IndexRow, IndexTable, JointCell, JointPart, JointRow, JointTable};
pub use run::{Coverage, EvaluationRun, ItemScore, ItemState, NodeCheckpoint, NodeScore, RunState, UnitResult};

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
