//! What stands outside the weighted score: bonus items (加分项), deductions (扣分项) and vetoes (一票否决).
//!
//! They have no weight and no place in the tree. Their values come from the data under their own ids, like those of
//! indicators, and what they do is shown beside the weighted score: [`crate::outside`].

use rust_decimal::Decimal;
use serde::Serialize;

use crate::text::Text;

/// The rules of a scheme for what stands outside the weighted score.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Outside {
    /// Items that add points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bonus: Option<Extra>,
    /// Items that take points away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deductions: Option<Extra>,
    /// Items of which one is enough to hold score or grade down.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub veto: Vec<VetoRule>,
}

/// Items that add or take points, and what they may come to together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Extra {
    /// The most points of all items together. Bonus items always have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Decimal>,
    /// The score with the bonus is held at this, where the scheme says so (`total_at_most`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_at_most: Option<Decimal>,
    /// In the order of the file.
    pub items: Vec<ExtraItem>,
}

/// An item that adds or takes `per_unit × value` points, at most `max`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExtraItem {
    /// The code of its value in the data; unique in the scheme.
    pub id: String,
    /// Printed title.
    pub title: Text,
    /// The unit of its value, e.g. 项.
    pub unit: String,
    /// Points per one unit.
    pub per_unit: Decimal,
    /// The most points of this item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Decimal>,
    /// Whether it only counts once its evidence is accepted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub evidence: bool,
}

/// A veto: in force where its value reaches `at_least`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VetoRule {
    /// The code of its value in the data; unique in the scheme.
    pub id: String,
    /// Printed title.
    pub title: Text,
    /// The value from which it is in force; 1 by default (it happened once).
    pub at_least: Decimal,
    /// The score is held at this, if it is not lower already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_at_most: Option<Decimal>,
    /// The best grade that is left: its place in the list of grades.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade_at_most: Option<usize>,
}

impl Outside {
    /// Whether the scheme has no such rules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bonus.is_none() && self.deductions.is_none() && self.veto.is_empty()
    }

    /// The ids of all items, in the order bonus, deductions, veto.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let extras = self.bonus.iter().chain(&self.deductions).flat_map(|extra| &extra.items);
        extras.map(|item| item.id.as_str()).chain(self.veto.iter().map(|rule| rule.id.as_str()))
    }
}
