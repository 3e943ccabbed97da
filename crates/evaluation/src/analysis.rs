//! What stands behind an evaluation of practice, in exact fractions: which items the ranks hang on, what an item could
//! still bring, what lifts a unit to a grade, and where a change of rank comes from.
//!
//! Marks are added, and no unit's marks depend on another's, so all of it can be solved and nothing is searched for. Bonus
//! items, deductions and vetoes stay as they are and are applied to what becomes of the weighted score.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::Serialize;

use crate::evaluate::{EvaluationError, evaluate, settled};
use crate::exact::Exact;
use crate::explain_score::exact_share;
use crate::input::{Input, Unit};
use crate::result::{Evaluation, ItemScore, ItemState, UnitResult};
use crate::scheme::Scheme;

/// What leaving out one item or group does to the ranks.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// The indicator or group.
    pub node: String,
    /// By unit: rank without − rank. Positive: the node helps the unit.
    pub shifts: BTreeMap<String, i64>,
    /// The sum of their sizes ÷ their number.
    pub mean_shift: Exact,
    /// The largest of their sizes.
    pub max_shift: i64,
}

/// Leaves out each item and each group in turn: `Σ marks earned ÷ Σ marks in the denominator` over the rest, which gives the
/// rest the marks of what was left out in proportion. Ranks are among the units that are ranked now, by the final score
/// as it is printed, ties sharing the smallest. What would leave a unit without marks leaves it out of `shifts`.
#[must_use]
pub fn leave_one_out(scheme: &Scheme, input: &Input, evaluation: &Evaluation) -> Vec<LeftOut> {
    let mut nodes: BTreeSet<&str> = BTreeSet::new();
    let mut order: Vec<&str> = Vec::new();
    for rule in scheme.indicators() {
        let path = rule.path.iter().map(String::as_str);
        order.extend(path.chain([rule.id.as_str()]).filter(|id| nodes.insert(id)));
    }
    let ranked: Vec<&UnitResult> = evaluation.units.iter().filter(|unit| unit.ranked).collect();
    let score = |unit: &UnitResult, gone: &str| {
        let (mut earned, mut marks) = (Exact::zero(), Exact::zero());
        for (rule, item) in scheme.indicators().zip(&unit.items).filter(|(_, item)| item.in_denominator) {
            if rule.id != gone && !rule.path.iter().any(|group| group == gone) {
                // The points of an item share one divisor in a unit, which cancels.
                earned = &earned + &item.points;
                marks = &marks + &rule.marks;
            }
        }
        earned.checked_div(&marks)
    };
    // Points are per cent of the marks of the unit: they become marks again by what is in its denominator.
    let whole = |unit: &UnitResult| -> Exact {
        let items = scheme.indicators().zip(&unit.items);
        items.filter(|(_, item)| item.in_denominator).map(|(rule, _)| &rule.marks).sum()
    };
    let printed = |unit: &UnitResult, score: &Exact| printed(scheme, input, unit, score).0;
    let without =
        |unit: &UnitResult, gone: &str| score(unit, gone).map(|share| printed(unit, &(&share * &whole(unit))));
    let moved = |node: &str| {
        let units = ranked.iter().map(|unit| Moved {
            unit: &unit.unit,
            now: Some(printed(unit, &unit.exact_score)),
            without: without(unit, node),
        });
        left_out(node, &units.collect::<Vec<_>>())
    };
    order.into_iter().map(moved).collect()
}

/// The score of a unit as it is, and without something.
pub(crate) struct Moved<'a> {
    pub(crate) unit: &'a str,
    pub(crate) now: Option<Decimal>,
    pub(crate) without: Option<Decimal>,
}

/// What becomes of the ranks among these units, ties sharing the smallest. A unit without one of the scores has no shift.
pub(crate) fn left_out(node: &str, units: &[Moved<'_>]) -> LeftOut {
    let rank = |of: fn(&Moved<'_>) -> Option<Decimal>, unit: &Moved<'_>| {
        let score = of(unit)?;
        let above = units.iter().filter_map(of).filter(|other| *other > score).count();
        i64::try_from(above + 1).ok()
    };
    let shift = |unit: &Moved<'_>| {
        let (now, then) = (rank(|unit| unit.now, unit)?, rank(|unit| unit.without, unit)?);
        Some((unit.unit.to_owned(), then - now))
    };
    let shifts: BTreeMap<String, i64> = units.iter().filter_map(shift).collect();
    let sizes: Vec<i64> = shifts.values().map(|shift| shift.abs()).collect();
    let count = Exact::integer(i64::try_from(sizes.len()).unwrap_or(i64::MAX));
    LeftOut {
        node: node.to_owned(),
        mean_shift: Exact::integer(sizes.iter().sum()).checked_div(&count).unwrap_or_else(Exact::zero),
        max_shift: sizes.iter().copied().max().unwrap_or(0),
        shifts,
    }
}

/// What one item could still bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Gain {
    /// The indicator.
    pub indicator: String,
    /// What became of it.
    pub state: ItemState,
    /// The points it adds to the score now.
    pub points: Exact,
    /// The points it would add with full marks, less those.
    pub gain: Exact,
    /// The grade of the unit then.
    pub grade: Option<String>,
}

/// What lifts a unit to a grade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lift {
    /// The grade.
    pub grade: String,
    /// Whether full marks everywhere reach it.
    pub reachable: bool,
    /// The fewest items that reach it with full marks, the largest gain first. No smaller set does: the gains of items are
    /// independent and add up, so the k largest are the most that k items can bring.
    pub items: Vec<String>,
    /// The printed score with them.
    pub score: Option<Decimal>,
}

/// What each item in the denominator of a unit could still bring, the most first.
#[must_use]
pub fn gains(scheme: &Scheme, input: &Input, unit: &UnitResult) -> Vec<Gain> {
    let counted = || scheme.indicators().zip(&unit.items).filter(|(_, item)| item.in_denominator);
    let marks: Exact = counted().map(|(rule, _)| &rule.marks).sum();
    let gain = |(rule, item): (&crate::scheme::IndicatorRule, &ItemScore)| {
        let full = (&rule.marks * &Exact::integer(100)).checked_div(&marks)?;
        let gain = &full - &item.points;
        let grade = printed(scheme, input, unit, &(&unit.exact_score + &gain)).1.filter(|_| unit.ranked);
        Some(Gain {
            indicator: item.indicator.clone(),
            state: item.state,
            points: item.points.clone(),
            gain,
            grade: grade.and_then(|grade| scheme.grades().get(grade)).map(|band| band.title.zh.clone()),
        })
    };
    let mut gains: Vec<Gain> = counted().filter_map(gain).collect();
    gains.sort_by(|a, b| b.gain.cmp(&a.gain).then_with(|| a.indicator.cmp(&b.indicator)));
    gains
}

/// The fewest items that lift a unit to a grade, named in Chinese or English; none if there is no such grade.
#[must_use]
pub fn lift(scheme: &Scheme, input: &Input, unit: &UnitResult, grade: &str) -> Option<Lift> {
    let place = scheme.grades().iter().position(|band| band.title.zh == grade || band.title.en == grade)?;
    let wanted = scheme.grades().get(place)?;
    let at = |score: &Exact| printed(scheme, input, unit, score);
    let (mut score, mut items) = (unit.exact_score.clone(), Vec::new());
    let mut gains = gains(scheme, input, unit).into_iter().filter(|gain| gain.gain.is_positive());
    while at(&score).1.is_none_or(|grade| grade > place) {
        let Some(gain) = gains.next() else {
            let title = wanted.title.zh.clone();
            return Some(Lift { grade: title, reachable: false, items: Vec::new(), score: None });
        };
        score = &score + &gain.gain;
        items.push(gain.indicator);
    }
    Some(Lift { grade: wanted.title.zh.clone(), reachable: true, items, score: Some(at(&score).0) })
}

/// The printed final score for a weighted one, and the number of its grade, the best being 0.
fn printed(scheme: &Scheme, input: &Input, unit: &UnitResult, score: &Exact) -> (Decimal, Option<usize>) {
    let settled = settled(scheme, &unit.unit, input);
    let last = settled.as_ref().map_or_else(|| score.clone(), |settled| settled.apply(score));
    let last = last.round(scheme.result().decimals);
    let best = settled.as_ref().map_or(0, crate::outside::Settled::best_grade);
    let grade = scheme.grades().iter().position(|band| last >= band.from).map(|place| place.max(best));
    (last, grade)
}

/// Where the change of the rank of one unit comes from. A rank that falls is an improvement, so a negative part helped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RankChange {
    /// The unit.
    pub unit: String,
    /// Its rank before.
    pub before: u32,
    /// Its rank after.
    pub after: u32,
    /// What `own` values, the values of the `others`, the `method` and the `units` that came and went add to the change;
    /// only causes that can have acted are named. They add up to it exactly.
    pub parts: BTreeMap<String, Exact>,
}

/// Takes the change of the rank of every unit ranked in both editions apart: the causes are put in all orders, and each gets
/// the mean of what it changes when its turn comes (Shapley's shares). A unit that is only in one edition has the data of
/// that edition. A unit that has no rank in some mixture of the editions is left out.
///
/// # Errors
/// What [`evaluate`] refuses.
pub fn compare(before: (&Scheme, &Input), after: (&Scheme, &Input)) -> Result<Vec<RankChange>, EvaluationError> {
    let ranks = |scheme: &Scheme, input: &Input| -> Result<BTreeMap<String, u32>, EvaluationError> {
        let units = evaluate(scheme, input)?.units.into_iter();
        Ok(units.filter_map(|unit| unit.rank.map(|rank| (unit.unit, rank))).collect())
    };
    let (old, new) = (ranks(before.0, before.1)?, ranks(after.0, after.1)?);
    let sets: [BTreeMap<&str, &Unit>; 2] =
        [before.1, after.1].map(|input| input.units.iter().map(|unit| (unit.id.as_str(), unit)).collect());
    let came_or_went = sets[0].keys().ne(sets[1].keys());
    let causes: Vec<&str> = ["own", "others", "method", "units"]
        .into_iter()
        .filter(|cause| match *cause {
            "method" => before.0.digest() != after.0.digest(),
            "units" => came_or_went,
            _ => true,
        })
        .collect();
    let mut found = Vec::new();
    'units: for (unit, &rank) in &new {
        let Some(&old_rank) = old.get(unit) else { continue };
        let mut values = Vec::with_capacity(1 << causes.len());
        for set in 0..1_usize << causes.len() {
            let on = |cause: &str| {
                usize::from(causes.iter().position(|it| *it == cause).is_some_and(|bit| set >> bit & 1 == 1))
            };
            let scheme = [before.0, after.0][on("method")];
            let mut mixed = Input::default();
            for (id, named) in &sets[on("units")] {
                let wanted = on(if *id == unit { "own" } else { "others" });
                let from = if sets[wanted].contains_key(id) { wanted } else { 1 - wanted };
                mixed.units.push((*named).clone());
                let cells = [before.1, after.1][from].cells.range(((*id).to_owned(), String::new())..);
                let own = cells.take_while(|((owner, _), _)| owner == id);
                mixed.cells.extend(own.map(|(key, cell)| (key.clone(), cell.clone())));
            }
            match ranks(scheme, &mixed)?.get(unit) {
                Some(&rank) => values.push(Exact::integer(rank.into())),
                None => continue 'units,
            }
        }
        let parts = causes.iter().enumerate();
        let parts = parts.map(|(at, cause)| ((*cause).to_owned(), exact_share(&values, at, causes.len()))).collect();
        found.push(RankChange { unit: unit.clone(), before: old_rank, after: rank, parts });
    }
    Ok(found)
}
