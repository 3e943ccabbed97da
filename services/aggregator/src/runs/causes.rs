//! What moved scores and ranks between two runs.
//!
//! Five causes are told apart: the scheme, corrections of figures that were there before, units that came or went, the unit's
//! own new figures, and those of others. A cell is a correction when both runs used the same record in another revision;
//! every other cell that differs is a new figure. The effect of a cause is its Shapley share over the five: what it adds when
//! it comes, on average over all orders in which the five could come. So the effects do not depend on an order and add up to
//! the change. Source: L. S. Shapley, *A value for n-person games*, 1953.

use std::collections::{BTreeMap, BTreeSet};

use contracts::evaluation::v1 as pb;
use domain::Catalogue;
use evaluation::{Cell, Pace, Plan, explain_score::shapley};

use super::{
    facts::{self, Computed, Facts, NotComputed},
    side::{Side, scores_only},
};
use crate::{inputs::Cells, wire::decimal};

const CAUSES: [pb::ChangeCause; 5] = [
    pb::ChangeCause::Scheme,
    pb::ChangeCause::Correction,
    pb::ChangeCause::Units,
    pb::ChangeCause::Own,
    pb::ChangeCause::Others,
];
const SCHEME: u32 = 1;
const CORRECTION: u32 = 1 << 1;
const UNITS: u32 = 1 << 2;
const OWN: u32 = 1 << 3;
const OTHERS: u32 = 1 << 4;
/// Places that an effect is shown with.
const PLACES: u32 = 6;

/// Score and rank of each unit.
type Standings = BTreeMap<String, (Option<f64>, Option<f64>)>;

/// A period's number in the panel, a unit and an indicator.
type Place = (usize, String, String);

/// Everything between the two runs, switched on and off.
struct Game<'a> {
    first: &'a Side,
    second: &'a Side,
    catalogue: &'a Catalogue,
    /// The cells that differ, and whether each is a correction.
    cells: BTreeMap<Place, bool>,
    /// What was evaluated: for one unit, or for all alike.
    known: BTreeMap<(Option<String>, u32), Standings>,
}

/// The effects of the causes on each unit that stands in both runs.
///
/// # Errors
/// [`NotComputed`] when a state between the two runs cannot be evaluated.
pub(super) fn causes(
    first: &Side,
    second: &Side,
    catalogue: &Catalogue,
) -> Result<BTreeMap<String, Vec<pb::CauseEffect>>, NotComputed> {
    let mut game = Game { first, second, catalogue, cells: differing(first, second), known: BTreeMap::new() };
    let ids = |side: &Side| -> BTreeSet<String> { side.facts.units.iter().map(|unit| unit.id.clone()).collect() };
    let both: Vec<String> = ids(first).intersection(&ids(second)).cloned().collect();
    both.into_iter().map(|unit| Ok((unit.clone(), game.effects(&unit)?))).collect()
}

impl Game<'_> {
    fn effects(&mut self, unit: &str) -> Result<Vec<pb::CauseEffect>, NotComputed> {
        let active = self.active(unit);
        let mut scores = Vec::with_capacity(32);
        let mut ranks = Vec::with_capacity(32);
        for set in 0..1_u32 << CAUSES.len() {
            let standing = self.standings(unit, set & active, active)?.get(unit).copied().unwrap_or((None, None));
            scores.push(standing.0);
            ranks.push(standing.1);
        }
        let (scores, ranks) = (shares(&scores), shares(&ranks));
        let effect = |(number, cause): (usize, pb::ChangeCause)| {
            let of = |shares: &Option<Vec<f64>>| shares.as_ref().and_then(|shares| shares.get(number).copied());
            let (score, places) = (shown(of(&scores)), shown(of(&ranks).map(|ranks| -ranks)));
            let moved = [&score, &places].into_iter().flatten().any(|effect| !effect.is_zero());
            let effect =
                pb::CauseEffect { cause: cause.into(), score: score.map(decimal), places: places.map(decimal) };
            moved.then_some(effect)
        };
        Ok(CAUSES.into_iter().enumerate().filter_map(effect).collect())
    }

    /// The causes that there are between the two runs, for one unit.
    fn active(&self, unit: &str) -> u32 {
        let new = |own: bool| self.cells.iter().any(|((_, of, _), correction)| !correction && (of == unit) == own);
        let on = |active: bool, bit: u32| if active { bit } else { 0 };
        on(self.first.run.scheme_digest != self.second.run.scheme_digest, SCHEME)
            | on(self.cells.values().any(|correction| *correction), CORRECTION)
            | on(self.first.facts.units != self.second.facts.units, UNITS)
            | on(new(true), OWN)
            | on(new(false), OTHERS)
    }

    fn standings(&mut self, unit: &str, set: u32, active: u32) -> Result<&Standings, NotComputed> {
        // When all new figures are in, or none is, it does not matter whose they are.
        let figures = active & (OWN | OTHERS);
        let (key, set) = match set & figures {
            0 => (None, set),
            some if some == figures => (None, set | OWN | OTHERS),
            _ => (Some(unit.to_owned()), set),
        };
        let place = (key, set);
        if !self.known.contains_key(&place) {
            let found = self.evaluate(place.0.as_deref(), set)?;
            self.known.insert(place.clone(), found);
        }
        self.known.get(&place).ok_or(NotComputed::Stopped)
    }

    fn evaluate(&self, unit: Option<&str>, set: u32) -> Result<Standings, NotComputed> {
        let side = |bit: u32| if set & bit == 0 { self.first } else { self.second };
        let mut facts = self.first.facts.clone();
        for ((layer, of, code), correction) in &self.cells {
            let bit = match (correction, unit) {
                (true, _) => CORRECTION,
                (false, Some(unit)) if unit == of => OWN,
                (false, Some(_) | None) => OTHERS,
            };
            if set & bit != 0 {
                put(
                    &mut facts,
                    *layer,
                    (of, code),
                    layer_of(&self.second.facts, *layer).get(&(of.clone(), code.clone())),
                );
            }
        }
        facts.units.clone_from(&side(UNITS).facts.units);
        let ids: BTreeSet<&str> = facts.units.iter().map(|unit| unit.id.as_str()).collect();
        let stays = |(unit, _): &(String, String), _: &mut Cell| ids.contains(unit.as_str());
        facts.cells.retain(stays);
        facts.panel.iter_mut().for_each(|(_, cells)| cells.retain(stays));
        let plan = &side(SCHEME).plan;
        Ok(standings(plan, &facts::compute(plan, &facts, scores_only(), self.catalogue, &Pace::free())?))
    }
}

/// The cells that differ, and whether each is a correction.
fn differing(first: &Side, second: &Side) -> BTreeMap<Place, bool> {
    let mut found = BTreeMap::new();
    for layer in 0..=first.facts.panel.len() {
        let (before, after) = (layer_of(&first.facts, layer), layer_of(&second.facts, layer));
        for key in before.keys().chain(after.keys()) {
            let (old, new) = (before.get(key), after.get(key));
            if old != new {
                let (unit, code) = key.clone();
                found.insert((layer, unit, code), is_correction(source(old), source(new)));
            }
        }
    }
    found
}

fn source(cell: Option<&Cell>) -> Option<&str> {
    cell.and_then(|cell| cell.source.as_deref())
}

/// Whether two revisions, `name@revision`, are of one record, the second later.
pub(super) fn is_correction(before: Option<&str>, after: Option<&str>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    let name = |key: &str| key.rsplit_once('@').map(|(name, _)| name.to_owned());
    before != after && name(before).is_some() && name(before) == name(after)
}

/// The cells of the period, or of an earlier one from 1.
fn layer_of(facts: &Facts, layer: usize) -> &Cells {
    match layer.checked_sub(1).and_then(|earlier| facts.panel.get(earlier)) {
        Some((_, cells)) => cells,
        None => &facts.cells,
    }
}

fn put(facts: &mut Facts, layer: usize, (unit, code): (&str, &str), cell: Option<&Cell>) {
    let cells = match layer.checked_sub(1).and_then(|earlier| facts.panel.get_mut(earlier)) {
        Some((_, cells)) => cells,
        None => &mut facts.cells,
    };
    let key = (unit.to_owned(), code.to_owned());
    match cell {
        Some(cell) => cells.insert(key, cell.clone()),
        None => cells.remove(&key),
    };
}

fn standings(plan: &Plan, computed: &Computed) -> Standings {
    let number = |value: &evaluation::Exact| value.round(12).to_string().parse().ok();
    match computed {
        Computed::Practice { evaluation, .. } => {
            let of = |unit: &evaluation::UnitResult| {
                let exact = unit.adjustment.as_ref().map_or(&unit.exact_score, |adjustment| &adjustment.final_exact);
                (number(exact), unit.rank.map(f64::from))
            };
            evaluation.units.iter().map(|unit| (unit.unit.clone(), of(unit))).collect()
        }
        Computed::Joint(evaluation) => {
            let of = |unit: &evaluation::joint::JointUnit| {
                (unit.exact_score.as_ref().and_then(number), unit.rank.map(f64::from))
            };
            evaluation.units.iter().map(|unit| (unit.unit.clone(), of(unit))).collect()
        }
        Computed::Index(evaluation) => {
            // The last period is the run's own; the units are sorted by period.
            debug_assert!(matches!(plan, Plan::Index(_)), "an index is computed by a scheme of an index");
            let of = |unit: &evaluation::index::IndexUnit| {
                let last = unit.adjustment.as_ref().map(|adjustment| adjustment.final_exact.to_f64());
                (Some(last.unwrap_or(unit.exact_score)).filter(|score| score.is_finite()), unit.rank)
            };
            evaluation.units.iter().map(|unit| (unit.unit.clone(), of(unit))).collect()
        }
    }
}

/// The share of each cause; none when the score or rank is missing in a state between.
fn shares(values: &[Option<f64>]) -> Option<Vec<f64>> {
    let values: Vec<f64> = values.iter().copied().collect::<Option<_>>()?;
    shapley(CAUSES.len(), |set| Ok(usize::try_from(set).ok().and_then(|set| values.get(set).copied()).unwrap_or(0.0)))
        .ok()
}

fn shown(effect: Option<f64>) -> Option<rust_decimal::Decimal> {
    let exact: rust_decimal::Decimal = effect?.to_string().parse().ok()?;
    Some(exact.round_dp_with_strategy(PLACES, rust_decimal::RoundingStrategy::MidpointAwayFromZero).normalize())
}
