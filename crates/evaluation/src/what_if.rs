//! What one other cell would do to an evaluation of practice.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::evaluate::unit_result;
use crate::input::{Cell, Input, Unit};
use crate::rank;
use crate::result::{Evaluation, UnitResult};
use crate::scheme::{IndicatorRule, Scheme};

/// A unit with another cell, and what that does to the ranks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// The unit as it would be, with its rank.
    pub unit: UnitResult,
    /// The rank that each unit would have, in the order of [`Evaluation::units`]; none for a unit that is not ranked.
    pub ranks: Vec<Option<u32>>,
}

/// The unit as it would be if one of its cells were another, and the ranks of all. The score of a unit depends on its own cells
/// only, so that one unit is scored again and all are ranked again: the same as [`evaluate`](crate::evaluate()) over the changed
/// input, for a part of its cost. `evaluation` is the one of `scheme` over an input in which `own` are the cells of the unit, by
/// indicator.
///
/// None when the evaluation has no such unit or the scheme has no such indicator, part of a formula, or item outside the score.
#[must_use]
pub fn what_if(
    scheme: &Scheme,
    evaluation: &Evaluation,
    (unit, own): (&str, BTreeMap<String, Cell>),
    (indicator, cell): (&str, Cell),
) -> Option<WhatIf> {
    let place = evaluation.units.iter().position(|known| known.unit == unit)?;
    let outside = || scheme.outside().ids().any(|id| id == indicator);
    if scheme.indicator(indicator).is_none() && !scheme.inputs().contains_key(indicator) && !outside() {
        return None;
    }
    let named = Unit { id: unit.to_owned(), name: evaluation.units[place].name.clone() };
    let mut cells: BTreeMap<_, _> = own.into_iter().map(|(id, cell)| ((unit.to_owned(), id), cell)).collect();
    cells.insert((unit.to_owned(), indicator.to_owned()), cell);
    let assumed = Input { units: vec![named.clone()], cells };
    let rules: Vec<&IndicatorRule> = scheme.indicators().collect();
    let mut changed = unit_result(scheme, &rules, &named, &assumed);
    let score = |at: usize, known: &UnitResult| -> Option<Decimal> {
        let known = if at == place { &changed } else { known };
        known.ranked.then(|| known.final_score())
    };
    let scores: Vec<_> = evaluation.units.iter().enumerate().map(|(at, known)| score(at, known)).collect();
    let ranks = rank::places(&scores, scheme.result().ties);
    changed.rank = ranks[place];
    Some(WhatIf { unit: changed, ranks })
}
