//! The model of a composite index: a tree of nodes, the stages its data pass, and how the result is read.

use std::collections::BTreeMap;

use serde::Serialize;

use super::aggregate::Aggregate;
use super::load;
use super::number::Number;
use super::stage::{Normalise, Stage};
use super::varied::Uncertainty;
use super::weighting::Weighting;
use crate::formula::Formula;
use crate::policy::Policies;
use crate::scheme::{GradeBand, Outside, SchemeErrors};
use crate::text::Text;

/// A checked scheme of a composite index. It is only made by [`IndexScheme::from_yaml`], so what the engine relies on
/// holds: ids are unique, every weight set names nodes that exist, parameters are in their range.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexScheme {
    pub(super) body: Body,
    pub(super) digest: String,
}

/// What the digest covers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Body {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) title: Text,
    pub(super) data: DataRules,
    /// Left out when empty, so that a scheme without keeps its digest.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) inputs: BTreeMap<String, String>,
    /// Left out when empty, for the same reason.
    #[serde(skip_serializing_if = "Outside::is_empty")]
    pub(super) outside: Outside,
    pub(super) weight_sets: BTreeMap<String, BTreeMap<String, Number>>,
    pub(super) root: Node,
    pub(super) stages: Vec<Stage>,
    pub(super) result: ResultRules,
    pub(super) uncertainty: Uncertainty,
    #[serde(skip_serializing_if = "Policies::is_default")]
    pub(super) missing: Policies,
}

impl IndexScheme {
    /// Reads a scheme, or names everything that is wrong with it.
    pub fn from_yaml(text: &str) -> Result<Self, SchemeErrors> {
        load::scheme(text)
    }

    /// Identifier, e.g. `hdi-2023`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.body.id
    }

    /// Version, as its author names it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.body.version
    }

    /// Printed title.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.body.title
    }

    /// How its data are read.
    #[must_use]
    pub fn data(&self) -> &DataRules {
        &self.body.data
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

    /// Named sets of weights, by node id.
    #[must_use]
    pub fn weight_sets(&self) -> &BTreeMap<String, BTreeMap<String, Number>> {
        &self.body.weight_sets
    }

    /// The index itself: the top of the tree.
    #[must_use]
    pub fn root(&self) -> &Node {
        &self.body.root
    }

    /// The stages in the order in which the data pass them.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.body.stages
    }

    /// How scores, ranks and grades are read.
    #[must_use]
    pub fn result(&self) -> &ResultRules {
        &self.body.result
    }

    /// What a Monte-Carlo run varies.
    #[must_use]
    pub fn uncertainty(&self) -> &Uncertainty {
        &self.body.uncertainty
    }

    /// What a missing value means; without a word of the scheme the imputation stages may fill it.
    #[must_use]
    pub fn missing(&self) -> &Policies {
        &self.body.missing
    }

    /// SHA-256 (hexadecimal) of the canonical JSON of what the scheme says. Comments, the order of keys and the writing
    /// of a number do not count.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Every indicator, in the order of the file.
    #[must_use]
    pub fn indicators(&self) -> Vec<&Node> {
        let mut leaves = Vec::new();
        self.body.root.leaves(&mut leaves);
        leaves
    }
}

/// How the columns of a data file are named.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DataRules {
    /// Columns that hold the period; the first one present is used. Without one there is a single period.
    pub period: Vec<String>,
    /// Columns that hold a group of the unit.
    pub groups: Vec<String>,
    /// Columns that indicators are divided by.
    pub denominators: Vec<String>,
    /// A column with the printed name of the unit.
    pub name: Option<String>,
}

/// A node of the tree: the index, a group at any depth, or an indicator.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Node {
    /// Unique in the scheme.
    pub id: String,
    /// Printed title.
    pub title: Text,
    /// Its weight among its siblings, not scaled.
    pub weight: Number,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It combines its children.
    Group(Group),
    /// It is measured.
    Indicator(Box<Indicator>),
}

/// How a node combines its children.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Group {
    /// The method; none takes the one of the aggregation stage.
    pub aggregate: Option<Aggregate>,
    /// Where the weights of the children come from; none takes what the aggregation stage says.
    pub weights: Option<Weighting>,
    /// In the order of the file.
    pub children: Vec<Node>,
}

/// How an indicator is measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Indicator {
    /// The unit of measure; empty where none is stated.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// Names of the column in a data file, besides the id.
    pub columns: Vec<String>,
    /// What its value is computed from, where it has no column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<Formula>,
    /// The column it is divided by.
    pub denominator: Option<Denominator>,
    /// The value to reach.
    pub target: Option<Number>,
    /// The value of the base period, where it is the same for all units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Number>,
    /// Scores of bands of its values, rising.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<Band>,
    /// Fixed ends of its scale.
    pub goalposts: Option<Goalposts>,
    /// Its own normalisation; none takes the one of the stage.
    pub normalise: Option<Normalise>,
    /// Whether the treatment of outliers may change it.
    pub treat: bool,
    /// Whether a data file may have no column for it at all.
    pub optional: bool,
    /// The values it can have at all: least and greatest, after the division by its denominator. Missing values are taken
    /// to lie there. None takes the goalposts, where there are some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admissible: Option<(Number, Number)>,
    /// The department that its values come from, unless the data name another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
}

impl Indicator {
    /// The least and the greatest value it can have: as stated, or its goalposts.
    #[must_use]
    pub fn bounds(&self) -> Option<(f64, f64)> {
        let posts = self.goalposts.map(|posts| (posts.min, posts.max));
        self.admissible.or(posts).map(|(low, high)| (low.get(), high.get()))
    }
}

/// A denominator and the factor of its unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Denominator {
    /// The column.
    pub column: String,
    /// The indicator is divided by column ÷ factor.
    pub factor: Number,
}

/// A band of values and its score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Band {
    /// Where it starts, in the unit of the indicator.
    pub from: Number,
    /// Its score.
    pub score: Number,
}

/// Fixed ends of a scale, in the unit of the indicator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Goalposts {
    /// The worst for an indicator of which more is better.
    pub min: Number,
    /// The best for an indicator of which more is better.
    pub max: Number,
    /// Whether the way between them is measured in logarithms.
    pub log: bool,
    /// Whether values beyond the lower end count as the end.
    pub floor: bool,
    /// Whether values beyond the upper end count as the end.
    pub cap: bool,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better (效益型).
    HigherBetter,
    /// Less is better (成本型).
    LowerBetter,
    /// A range is best (区间型): `1 − max(a − x, x − b) ÷ M` outside it, where M is the largest distance in the data.
    Range {
        /// Lower end of the best range.
        from: Number,
        /// Upper end of the best range; equal to the lower one for 中间型.
        to: Number,
    },
}

/// How scores, ranks and grades are read.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ResultRules {
    /// Decimals of the printed score; none prints the score as computed.
    pub decimals: Option<u32>,
    /// How a half is rounded.
    #[serde(skip_serializing_if = "Rounding::is_usual")]
    pub rounding: Rounding,
    /// Whether ranks are read from the printed score or from the computed one.
    pub rank_by: RankBy,
    /// Which rank units of equal score share.
    pub ties: Ties,
    /// Lowest share (0..=1) of the weight with a reported value for a unit to be ranked.
    pub min_coverage: Number,
    /// Grades, best first; may be empty.
    pub grades: Vec<GradeBand>,
}

/// How a half is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Away from zero (四舍五入).
    #[default]
    HalfUp,
    /// To the even digit (四舍六入五成双, GB/T 8170).
    HalfEven,
}

impl Rounding {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over by reference")]
    fn is_usual(&self) -> bool {
        *self == Self::HalfUp
    }
}

/// What ranks are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RankBy {
    /// The printed score: whoever sees equal numbers must not find different ranks.
    Printed,
    /// The computed score. Scores that agree to twelve significant digits are equal: beyond that the order of two units
    /// would be the order of rounding errors.
    Computed,
}

/// Which rank equal values share; the words of R's `rank`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// 1, 1, 3: the smallest.
    Min,
    /// 2, 2, 3: the largest.
    Max,
    /// 1.5, 1.5, 3: the mean.
    Average,
    /// 1, 1, 2: without gaps.
    Dense,
}

impl Node {
    /// The indicator, if it is one.
    #[must_use]
    pub fn indicator(&self) -> Option<&Indicator> {
        match &self.kind {
            Kind::Indicator(indicator) => Some(indicator),
            Kind::Group(_) => None,
        }
    }

    /// The children; none for an indicator.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        match &self.kind {
            Kind::Group(group) => &group.children,
            Kind::Indicator(_) => &[],
        }
    }

    pub(super) fn leaves_mut<'n>(&'n mut self, into: &mut Vec<&'n mut Self>) {
        if matches!(self.kind, Kind::Indicator(_)) {
            into.push(self);
        } else if let Kind::Group(group) = &mut self.kind {
            group.children.iter_mut().for_each(|child| child.leaves_mut(into));
        }
    }

    fn leaves<'n>(&'n self, into: &mut Vec<&'n Self>) {
        match &self.kind {
            Kind::Indicator(_) => into.push(self),
            Kind::Group(group) => group.children.iter().for_each(|child| child.leaves(into)),
        }
    }
}
