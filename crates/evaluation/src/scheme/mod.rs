//! The scheme: what is scored, how, and with how many marks.
//!
//! A scheme is a tree of groups of any depth with indicators at its leaves. Weights are marks: the first-level groups
//! sum to 100, the groups inside a group sum to that group, and the mandatory indicators of a group share its marks
//! equally unless each one states its own.

pub(crate) mod fields;
mod load;
mod outside;

pub use outside::{Extra, ExtraItem, Outside, VetoRule};

pub(crate) use load::{
    Draft, Formulas, Ids, Policy, checked, grades, inputs as read_inputs, kind, outside as read_outside, root,
};

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::exact::Exact;
use crate::formula::Formula;
use crate::policy::Policies;
use crate::text::Text;

/// A checked scheme. It is only made by [`Scheme::from_yaml`], so what the engine relies on holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    body: Body,
    digest: String,
}

/// What the digest covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Body {
    id: String,
    version: String,
    title: Text,
    min_coverage: Decimal,
    over_fulfilment_flag: Decimal,
    grades: Vec<GradeBand>,
    groups: Vec<Group>,
    /// Left out when empty, so that a scheme that demands nothing keeps its digest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    endorsements: Vec<Endorser>,
    /// Left out when it is the usual one, for the same reason.
    #[serde(skip_serializing_if = "Printing::is_usual")]
    result: Printing,
    /// Left out when there is none, for the same reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<Framework>,
    /// Left out when empty, for the same reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    inputs: BTreeMap<String, String>,
    /// Left out when empty, for the same reason.
    #[serde(skip_serializing_if = "Outside::is_empty")]
    outside: Outside,
    /// Left out when it states nothing, for the same reason.
    #[serde(skip_serializing_if = "Policies::is_default")]
    missing: Policies,
}

/// A part in a submission beside the submitter's (Statistics Law, Art. 24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endorser {
    /// 审核人: checked it.
    Reviewer,
    /// 签署人: answers for it.
    Signatory,
}

/// How scores are printed and ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Printing {
    /// Decimals of the printed score, rounded half-up once; 2 by default. Ranks and grades are read from it.
    pub decimals: u32,
    /// Which rank equal scores share.
    pub ties: SharedRank,
}

/// Which rank equal scores share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedRank {
    /// 1, 1, 3: the smallest.
    Min,
    /// 2, 2, 3: the largest.
    Max,
    /// 1, 1, 2: without gaps.
    Dense,
}

impl Default for Printing {
    fn default() -> Self {
        Self { decimals: 2, ties: SharedRank::Min }
    }
}

impl Printing {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// A published framework that the first-level groups of a scheme keep; the loader checks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Framework {
    /// 决策, 过程, 产出, 效益 (`decision`, `process`, `output`, `benefit`): output and benefit weigh at least 60 together
    /// (财预〔2020〕10号).
    ProjectPerformance,
    /// 预算执行率, 产出, 效益, 满意度 (`budget`, `output`, `benefit`, `satisfaction`), by default 10, 50, 30, 10.
    SelfEvaluation,
}

impl Scheme {
    /// Reads a scheme, or names everything that is wrong with it.
    pub fn from_yaml(text: &str) -> Result<Self, SchemeErrors> {
        load::scheme(text)
    }

    /// Identifier, e.g. `zwc-2021`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.body.id
    }

    /// Version of the scheme, as its author names it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.body.version
    }

    /// Printed title.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.body.title
    }

    /// The share (0..=1) of the applicable mandatory indicators that must be reported for a unit to be ranked.
    #[must_use]
    pub fn min_coverage(&self) -> Decimal {
        self.body.min_coverage
    }

    /// The ratio of value and target above which the target is flagged as perhaps too low.
    #[must_use]
    pub fn over_fulfilment_flag(&self) -> Decimal {
        self.body.over_fulfilment_flag
    }

    /// Grades, best first; the last one starts at 0.
    #[must_use]
    pub fn grades(&self) -> &[GradeBand] {
        &self.body.grades
    }

    /// Whose approval a submission needs before its figures count as reported. Nobody's in the schemes of the release.
    #[must_use]
    pub fn endorsements(&self) -> &[Endorser] {
        &self.body.endorsements
    }

    /// How scores are printed and ranked.
    #[must_use]
    pub fn result(&self) -> Printing {
        self.body.result
    }

    /// The published framework that the groups keep, if the scheme says so.
    #[must_use]
    pub fn framework(&self) -> Option<Framework> {
        self.body.framework
    }

    /// The raw columns that formulas are made of, each with its unit.
    #[must_use]
    pub fn inputs(&self) -> &BTreeMap<String, String> {
        &self.body.inputs
    }

    /// What stands outside the weighted score: bonus items, deductions, vetoes.
    #[must_use]
    pub fn outside(&self) -> &Outside {
        &self.body.outside
    }

    /// What a missing value means; without a word of the scheme a mandatory item that is missing earns nothing.
    #[must_use]
    pub fn missing(&self) -> &Policies {
        &self.body.missing
    }

    /// The first-level groups.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.body.groups
    }

    /// SHA-256 (hexadecimal) of the canonical JSON of what the scheme says. Comments, the order of keys and the writing
    /// of a number (`20` or `20.0`) do not count.
    #[must_use]
    pub fn digest(&self) -> String {
        self.digest.clone()
    }

    /// Every indicator, in the order of the file.
    pub fn indicators(&self) -> impl Iterator<Item = &IndicatorRule> {
        let mut all = Vec::new();
        for group in &self.body.groups {
            group.collect(&mut all);
        }
        all.into_iter()
    }

    /// The rule of one indicator.
    #[must_use]
    pub fn indicator(&self, id: &str) -> Option<&IndicatorRule> {
        self.indicators().find(|rule| rule.id == id)
    }
}

/// A node of the tree: it holds groups or indicators, never both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Group {
    /// Unique in the scheme.
    pub id: String,
    /// Printed title.
    pub title: Text,
    /// Marks out of the 100 of the whole scheme.
    pub weight: Decimal,
    /// The groups inside.
    pub groups: Vec<Group>,
    /// The indicators inside.
    pub indicators: Vec<IndicatorRule>,
}

impl Group {
    fn collect<'a>(&'a self, all: &mut Vec<&'a IndicatorRule>) {
        all.extend(&self.indicators);
        for group in &self.groups {
            group.collect(all);
        }
    }

    fn collect_mut<'a>(&'a mut self, all: &mut Vec<&'a mut IndicatorRule>) {
        all.extend(&mut self.indicators);
        for group in &mut self.groups {
            group.collect_mut(all);
        }
    }
}

/// How one indicator is scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IndicatorRule {
    /// The code of the indicator; unique in the scheme.
    pub id: String,
    /// Printed title.
    pub title: Text,
    /// Ids of the groups that hold it, outermost first.
    pub path: Vec<String>,
    /// The unit its values and targets are in.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// A mandatory indicator that is missing earns nothing; an optional one that is missing was not chosen and leaves the
    /// denominator.
    pub mandatory: bool,
    /// Its marks out of the 100 of the scheme: exact, since 20 marks for seven indicators are 20/7 each.
    pub marks: Exact,
    /// The scoring method.
    pub method: Method,
    /// A rate of change: it may be negative or above 100 % without being suspicious.
    pub rate_of_change: bool,
    /// The target for units that have none of their own.
    pub fallback_target: Option<FallbackTarget>,
    /// What its value is computed from, where it is not reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<Formula>,
    /// The least and the greatest value it can have at all; a missing value is taken to lie there. None admits any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admissible: Option<(Decimal, Decimal)>,
    /// The department that its values come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
}

/// A reference value that a named source confirms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FallbackTarget {
    /// In the unit of the indicator.
    pub value: Decimal,
    /// Where it stands.
    pub source: String,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    HigherBetter,
    /// Less is better.
    LowerBetter,
    /// No number: judged by evidence.
    Qualitative,
}

/// A scoring method with its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "id")]
pub enum Method {
    /// S1 (higher better) and S2 (lower better): the ratio of value and target.
    #[serde(rename = "S1/S2")]
    Ratio,
    /// S3: the way gone from the base period to the target.
    #[serde(rename = "S3")]
    Attainment,
    /// S4: bands with a pass line.
    #[serde(rename = "S4")]
    Bands {
        /// Worth 60 % of the marks; in the unit of the indicator.
        pass_line: Decimal,
    },
    /// S5: marks off per unit of shortfall.
    #[serde(rename = "S5")]
    Deduction {
        /// Marks per one unit of the indicator.
        per_unit: Decimal,
    },
    /// S6: three qualitative bands.
    #[serde(rename = "S6")]
    QualitativeBands,
    /// S7: yes or no, by accepted evidence.
    #[serde(rename = "S7")]
    Evidence,
    /// S8: a rate worked out from the amount and its base period, then scored.
    #[serde(rename = "S8")]
    DerivedRate {
        /// Decline or growth.
        rate: RateKind,
        /// How the rate is scored.
        then: RateScore,
    },
}

impl Method {
    /// The id printed with each score, `S1`…`S8`.
    #[must_use]
    pub fn id(&self, direction: Direction) -> &'static str {
        match self {
            Self::Ratio => match direction {
                Direction::HigherBetter | Direction::Qualitative => "S1",
                Direction::LowerBetter => "S2",
            },
            Self::Attainment => "S3",
            Self::Bands { .. } => "S4",
            Self::Deduction { .. } => "S5",
            Self::QualitativeBands => "S6",
            Self::Evidence => "S7",
            Self::DerivedRate { .. } => "S8",
        }
    }

    /// Whether the item is judged against a target.
    #[must_use]
    pub fn needs_target(&self) -> bool {
        match self {
            Self::Ratio | Self::Attainment | Self::Bands { .. } | Self::Deduction { .. } | Self::DerivedRate { .. } => {
                true
            }
            Self::QualitativeBands | Self::Evidence => false,
        }
    }
}

/// Which rate S8 works out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RateKind {
    /// `(b−a)/b`
    Decline,
    /// `(a−b)/b`
    Growth,
}

/// How S8 scores its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RateScore {
    /// S1
    #[serde(rename = "S1")]
    Ratio,
    /// S3, with a rate of zero in the base period.
    #[serde(rename = "S3")]
    Attainment,
}

/// A grade and where it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GradeBand {
    /// Printed name, e.g. 优.
    pub title: Text,
    /// The lowest printed score that has this grade.
    pub from: Decimal,
}

/// One thing that is wrong with a scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeFault {
    /// Where, e.g. `groups[0].indicators[2].method`.
    pub path: String,
    /// The line of the file, from 1.
    pub line: Option<usize>,
    /// What stands there.
    pub value: String,
    /// The rule it breaks and what is allowed.
    pub rule: Text,
}

impl std::fmt::Display for SchemeFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.line {
            write!(f, "第{line}行 ")?;
        }
        write!(f, "{}", self.path)?;
        if !self.value.is_empty() {
            write!(f, " = {}", self.value)?;
        }
        write!(f, "：{}", self.rule)
    }
}

/// Everything that is wrong with a scheme, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct SchemeErrors(pub Vec<SchemeFault>);
