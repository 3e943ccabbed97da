//! What moved between two evaluations.
//!
//! `Δtotal = Σ Δitem`, exactly: an item's points already hold its marks, its share and the denominator, so the identity
//! holds even where marks, indicators or applicability differ between the two.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::exact::Exact;
use crate::result::{Evaluation, ItemState, UnitResult};
use crate::text::Text;

/// How many gains and losses are singled out.
const NAMED: usize = 3;

/// The change of every unit that stands in both evaluations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Whether both were made with the same scheme. If not, a difference may come from the scheme alone, and ranks must
    /// not be compared.
    pub same_scheme: bool,
    /// Sorted by id.
    pub units: Vec<UnitChange>,
    /// Units of the later evaluation only.
    pub appeared: Vec<String>,
    /// Units of the earlier evaluation only.
    pub disappeared: Vec<String>,
}

/// The change of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitChange {
    /// Its id.
    pub unit: String,
    /// Its name in the later evaluation.
    pub name: String,
    /// Printed score before.
    pub before: Decimal,
    /// Printed score after.
    pub after: Decimal,
    /// Difference of the printed scores: what a reader works out from the two.
    pub printed_delta: Decimal,
    /// Difference of the exact scores; the items sum to it.
    pub delta: Exact,
    /// Printed final score before, where bonus items, deductions or vetoes stand beside the weighted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_before: Option<Decimal>,
    /// Printed final score after, where bonus items, deductions or vetoes stand beside the weighted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_after: Option<Decimal>,
    /// Rank before.
    pub rank_before: Option<u32>,
    /// Rank after.
    pub rank_after: Option<u32>,
    /// The three largest gains, largest first.
    pub gains: Vec<ItemChange>,
    /// The three largest losses, largest first.
    pub losses: Vec<ItemChange>,
    /// Every item that moved or changed its state, by indicator.
    pub items: Vec<ItemChange>,
}

/// The change of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemChange {
    /// Its code.
    pub indicator: String,
    /// Its title.
    pub title: Text,
    /// State before; none if it was not in the scheme.
    pub state_before: Option<ItemState>,
    /// State after; none if it is no longer in the scheme.
    pub state_after: Option<ItemState>,
    /// Value before.
    pub value_before: Option<Decimal>,
    /// Value after.
    pub value_after: Option<Decimal>,
    /// What it adds to the change of the score.
    pub delta: Exact,
}

/// Compares two evaluations.
#[must_use]
pub fn changes(before: &Evaluation, after: &Evaluation) -> Changes {
    let old: BTreeMap<&str, &UnitResult> = before.units.iter().map(|unit| (unit.unit.as_str(), unit)).collect();
    let new: BTreeMap<&str, &UnitResult> = after.units.iter().map(|unit| (unit.unit.as_str(), unit)).collect();
    let only = |a: &BTreeMap<&str, &UnitResult>, b: &BTreeMap<&str, &UnitResult>| {
        a.keys().filter(|id| !b.contains_key(*id)).map(|id| (*id).to_owned()).collect()
    };
    Changes {
        same_scheme: before.scheme_digest == after.scheme_digest,
        units: new.iter().filter_map(|(id, unit)| old.get(id).map(|old| unit_change(old, unit))).collect(),
        appeared: only(&new, &old),
        disappeared: only(&old, &new),
    }
}

fn unit_change(before: &UnitResult, after: &UnitResult) -> UnitChange {
    let indicators: BTreeSet<&str> =
        before.items.iter().chain(&after.items).map(|item| item.indicator.as_str()).collect();
    let items: Vec<ItemChange> = indicators
        .into_iter()
        .filter_map(|indicator| item_change(indicator, before, after))
        .filter(|change| !change.delta.is_zero() || change.state_before != change.state_after)
        .collect();
    let mut gains: Vec<ItemChange> = items.iter().filter(|change| change.delta.is_positive()).cloned().collect();
    gains.sort_by(|a, b| b.delta.cmp(&a.delta).then_with(|| a.indicator.cmp(&b.indicator)));
    gains.truncate(NAMED);
    let mut losses: Vec<ItemChange> = items.iter().filter(|change| change.delta.is_negative()).cloned().collect();
    losses.sort_by(|a, b| a.delta.cmp(&b.delta).then_with(|| a.indicator.cmp(&b.indicator)));
    losses.truncate(NAMED);
    UnitChange {
        unit: after.unit.clone(),
        name: after.name.clone(),
        before: before.score,
        after: after.score,
        printed_delta: after.score - before.score,
        delta: &after.exact_score - &before.exact_score,
        final_before: before.adjustment.as_ref().map(|it| it.final_score),
        final_after: after.adjustment.as_ref().map(|it| it.final_score),
        rank_before: before.rank,
        rank_after: after.rank,
        gains,
        losses,
        items,
    }
}

fn item_change(indicator: &str, before: &UnitResult, after: &UnitResult) -> Option<ItemChange> {
    let (old, new) = (before.item(indicator), after.item(indicator));
    let title = new.or(old)?.title.clone();
    let zero = Exact::zero();
    let points = |item: Option<&crate::result::ItemScore>| item.map_or_else(|| zero.clone(), |i| i.points.clone());
    Some(ItemChange {
        indicator: indicator.to_owned(),
        title,
        state_before: old.map(|item| item.state),
        state_after: new.map(|item| item.state),
        value_before: old.and_then(|item| item.inputs.value),
        value_after: new.and_then(|item| item.inputs.value),
        delta: &points(new) - &points(old),
    })
}
