//! The funding ledger: projects, groups of projects, amounts by stage and source.
//!
//! A total is always of one stage and one source. There is deliberately no sum over stages: money applied for, awarded and
//! arrived are three statements about the same money, and adding them counts it twice.

mod rules;
mod summary;

pub use rules::{FundingLedger, check_funding_line, check_funding_lines, check_project, check_project_group};
pub use summary::{FundingTotal, summarize};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    labelled::labelled,
    money::Money,
    name::{RegionCode, ResourceName},
    period::Period,
    provenance::{Citation, Evidence},
    unit::Quantity,
};

labelled! {
    /// Where an amount stands, in the order that money passes.
    FundingStage {
        /// Asked for.
        Applied = "applied", "拟申请", "applied for";
        /// Recommended to a higher level.
        Recommended = "recommended", "推荐", "recommended";
        /// Approved.
        Awarded = "awarded", "批复", "awarded";
        /// Allocated by a budget document.
        Allocated = "allocated", "下达", "allocated";
        /// Arrived at the unit that spends it.
        Arrived = "arrived", "到位", "arrived";
        /// Spent.
        Spent = "spent", "支出", "spent";
        /// Taken back. The amount is positive; the stage says the direction.
        Recovered = "recovered", "收回", "recovered";
    }
}

labelled! {
    /// Where the money comes from.
    FundSource {
        /// Investment inside the central budget.
        CentralBudgetInvestment = "central-budget-investment", "中央预算内投资", "central budget investment";
        /// Ultra-long special treasury bonds.
        UltraLongTreasuryBond = "ultra-long-treasury-bond", "超长期特别国债", "ultra-long special treasury bond";
        /// Local special bonds.
        SpecialBond = "special-bond", "专项债", "special bond";
        /// Central environmental funds.
        CentralEnvironment = "central-environment", "中央环保资金", "central environmental funds";
        /// Provincial science and technology programme.
        ProvincialScience = "provincial-science", "省级科技专项", "provincial science programme";
        /// City and county budgets.
        Municipal = "municipal", "市县财政", "city and county budgets";
        /// Bank loans.
        Bank = "bank", "银行贷款", "bank loan";
        /// The owner's own money.
        SelfRaised = "self-raised", "自筹", "self-raised";
    }
}

/// What an amount is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum FundingSubject {
    /// One project.
    Project(ResourceName),
    /// A group of projects without a split; never divided evenly.
    Group(ResourceName),
}

impl FundingSubject {
    /// Name of the project or group.
    #[must_use]
    pub fn name(&self) -> &ResourceName {
        match self {
            Self::Project(name) | Self::Group(name) => name,
        }
    }
}

/// The document that an amount's stage rests on: an approval, a budget notice, a receipt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BasisDocument {
    /// Title.
    pub title: String,
    /// 文号; none when unknown.
    pub document_number: Option<String>,
    /// Date of issue; none when unknown.
    pub issued: Option<NaiveDate>,
}

impl BasisDocument {
    /// True when it names a document: a title or a number.
    #[must_use]
    pub fn is_identified(&self) -> bool {
        let numbered = self.document_number.as_ref().is_some_and(|number| !number.trim().is_empty());
        numbered || !self.title.trim().is_empty()
    }
}

/// One amount at one stage from one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundingLine {
    /// Name, `departments/{department}/fundingLines/{id}`.
    pub name: ResourceName,
    /// What it is for.
    pub subject: FundingSubject,
    /// Stage.
    pub stage: FundingStage,
    /// Source.
    pub source: FundSource,
    /// Programme inside the source, for example “大规模设备更新”; empty when not stated.
    pub source_detail: String,
    /// The amount in yuan.
    pub amount: Money,
    /// The amount as it was entered.
    pub entered: Quantity,
    /// Budget year; none when the source does not say. Another thing than the year of payment or of the statistics.
    pub budget_year: Option<i32>,
    /// Period the statement is about.
    pub period: Period,
    /// True when the source does not state the period and the reporter assumed it.
    pub period_assumed: bool,
    /// The document that the stage rests on.
    pub basis: Option<BasisDocument>,
    /// The group's line that this line is a part of.
    pub split_of: Option<ResourceName>,
    /// The earlier-stage line that this money moved from.
    pub moved_from: Option<ResourceName>,
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

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundingProject {
    /// Name, `departments/{department}/fundingProjects/{id}`.
    pub name: ResourceName,
    /// Title.
    pub title: String,
    /// Where it is.
    pub region: RegionCode,
    /// 投资项目统一代码 (five groups of digits, for example `2404-140109-04-01-123456`); none when unknown.
    pub code: Option<String>,
    /// Who carries it out; empty when unknown.
    pub owner_organisation: String,
    /// Design capacity: what it could do in a year, never what it did.
    pub design_capacity: Option<Quantity>,
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

/// Projects that share an amount without a split (“16个项目 … 2470万元”).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectGroup {
    /// Name, `departments/{department}/fundingGroups/{id}`.
    pub name: ResourceName,
    /// Title.
    pub title: String,
    /// Where they are.
    pub region: RegionCode,
    /// How many projects the source says there are.
    pub project_count: u32,
    /// Those of them that it names.
    pub named_projects: Vec<ResourceName>,
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
