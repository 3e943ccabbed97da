//! Qualitative facts: evidence for a qualitative indicator, or context.

use serde::{Deserialize, Serialize};

use crate::{
    labelled::labelled,
    name::{IndicatorCode, RegionCode},
    period::Period,
    provenance::{Citation, Evidence},
};

labelled! {
    /// Kind of a qualitative fact.
    StatementKind {
        /// A policy document was issued.
        Policy = "policy", "政策文件", "policy document";
        /// A working mechanism exists.
        Mechanism = "mechanism", "机制", "mechanism";
        /// Progress without a number.
        Progress = "progress", "进展", "progress";
        /// A problem is named.
        Problem = "problem", "问题", "problem";
        /// A platform, base or park is built or planned.
        Platform = "platform", "平台培育", "platform";
        /// A title was given.
        Designation = "designation", "称号", "designation";
    }
}

/// A qualitative fact (定性事实).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Kind.
    pub kind: StatementKind,
    /// Region it is about.
    pub region: RegionCode,
    /// Time it is about.
    pub period: Period,
    /// True when the source does not state the period and the reporter assumed it.
    pub period_assumed: bool,
    /// What it is about, for example a document's title.
    pub subject: String,
    /// What is stated, in words.
    pub text: String,
    /// Indicator that it is evidence for.
    pub indicator: Option<IndicatorCode>,
    /// Supporting documents.
    pub evidence: Vec<Evidence>,
    /// The sentence it was taken from.
    pub citation: Option<Citation>,
    /// Who sent it.
    pub reporting_party: String,
    /// 数源部门.
    pub source_department: String,
    /// Remark; empty when there is none.
    pub note: String,
}
