//! What the report lists beside the run: who reported, money, commitments, the share target, facts.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Colour, Text};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Provenance;

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
    /// in words.
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
