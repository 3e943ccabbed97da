//! A joint evaluation without one of its parts.

use super::result::{JointEvaluation, JointUnit, PartScore};
use crate::{
    analysis::{LeftOut, Moved, left_out},
    exact::Exact,
};

/// Leaves out each part that has a weight in turn: the others share its weight in proportion, `Σ weight · score ÷ Σ weight` over the
/// parts that are there, as in the combined score. Ranks are among the units that have one now, by the score of two decimals. What would leave a
/// unit without parts leaves it out of `shifts`. Empty where the scheme does not combine.
#[must_use]
pub fn leave_one_out(evaluation: &JointEvaluation) -> Vec<LeftOut> {
    let ranked: Vec<&JointUnit> = evaluation.units.iter().filter(|unit| unit.rank.is_some()).collect();
    let Some(first) = ranked.first() else { return Vec::new() };
    let weighted = first.parts.iter().filter(|(_, part)| part.weight.is_some());
    let moved = |(id, _): (&String, &PartScore)| {
        let units = ranked.iter().map(|unit| Moved {
            unit: &unit.unit,
            now: unit.score,
            without: without(unit, id).map(|score| score.round(2)),
        });
        left_out(id, &units.collect::<Vec<_>>())
    };
    weighted.map(moved).collect()
}

fn without(unit: &JointUnit, gone: &str) -> Option<Exact> {
    let parts = unit.parts.iter().filter(|(id, _)| *id != gone);
    let there: Vec<(Exact, &Exact)> =
        parts.filter_map(|(_, part)| Some((Exact::from(part.weight?), part.exact.as_ref()?))).collect();
    let weights: Exact = there.iter().map(|(weight, _)| weight).sum();
    let points = there.iter().fold(Exact::zero(), |sum, (weight, score)| &sum + &(weight * *score));
    points.checked_div(&weights)
}
