//! One cell of a run changed: score and rank as they would be. Nothing is stored.

use std::collections::{BTreeMap, HashMap};

use contracts::evaluation::v1 as pb;
use domain::{Catalogue, IndicatorCode, IndicatorDefinition, Reason, RegionTable, Text, Violation, Violations};
use evaluation::{Cell, Evaluation, EvidenceState, MissingState, Pace, Plan, Presence, Value, WhatIf};
use node::{caller::Caller, convert::Reader, desk::DeskError};
use rust_decimal::Decimal;

use super::{
    Evaluations,
    facts::{self, Computed, NotComputed},
    results,
    side::{FromComputing as _, Side, scores_only},
};

/// The cell that is assumed.
struct Assumed {
    unit: String,
    indicator: String,
    /// None: nothing was reported.
    value: Option<Decimal>,
}

impl Evaluations {
    pub(super) async fn simulated(
        &self,
        caller: &Caller,
        message: pb::SimulateRunRequest,
    ) -> Result<pb::SimulateRunResponse, DeskError> {
        // About all cities: the rank of one depends on the others.
        caller.must_see(self.context.department(), "")?;
        let (name, assumed) = asked(message)?;
        let side = match self.kept_side(&name) {
            Some(side) => side,
            None => self.side(self.run(&name).await?).await?,
        };
        if let Some(text) = &side.differs {
            let error = domain::DomainError::new(Reason::RunNotReproducible, text.clone());
            return Err(error.with_fact("name", &name).into());
        }
        let context = self.context.clone();
        let answer = self.workers.answer(move || simulate(&side, &assumed, context.catalogue(), context.regions()));
        answer.await?
    }
}

fn asked(message: pb::SimulateRunRequest) -> Result<(String, Assumed), Violations> {
    let pb::SimulateRunRequest { name, unit, indicator, value, missing } = message;
    let mut faults = Violations::new();
    let mut reader = Reader::new(&mut faults);
    reader.required("name", &name);
    reader.required("unit", &unit);
    reader.required("indicator", &indicator);
    let value = match (value, missing) {
        (Some(value), false) => {
            reader.parse("value", &value.value, Reason::ValueInvalid, "an exact decimal", Decimal::from_str_exact)
        }
        (None, true) => None,
        (None, false) => {
            reader.missing("value");
            None
        }
        (Some(value), true) => {
            let rule = ("假定缺报时没有数值", "what is assumed to be missing has no value");
            reader.fault(
                "value",
                Reason::ValueStatusConflict,
                &value.value,
                rule,
                ("请二选一", "choose one of the two"),
            );
            None
        }
    };
    faults.into_result((name, Assumed { unit, indicator, value }))
}

fn simulate(
    side: &Side,
    assumed: &Assumed,
    catalogue: &Catalogue,
    regions: &RegionTable,
) -> Result<pb::SimulateRunResponse, DeskError> {
    let Assumed { unit, indicator, value } = assumed;
    let codes = facts::codes(&side.plan, catalogue);
    if !codes.contains(indicator) {
        return Err(
            not_one_of("indicator", indicator, "应为该方案的指标代码", "an indicator of the scheme", codes).into()
        );
    }
    let units: Vec<String> = side.facts.units.iter().map(|unit| unit.id.clone()).collect();
    if !units.contains(unit) {
        return Err(not_one_of("unit", unit, "应为参评单位代码", "a unit of the run", units).into());
    }
    let key = (unit.clone(), indicator.clone());
    let cell = assumed_cell(side.facts.cells.get(&key), indicator, *value, catalogue);
    let before: BTreeMap<&str, &pb::UnitResult> =
        side.run.units.iter().map(|unit| (unit.unit.as_str(), unit)).collect();
    let known = before.get(unit.as_str()).map(|found| found.items.as_slice()).unwrap_or_default();
    let sources = known.iter().filter_map(|item| item.provenance.as_ref());
    let sources: HashMap<&str, _> = sources.map(|source| (source.revision_name.as_str(), source)).collect();
    let provenance = |revision: &str| sources.get(revision).map(|source| (*source).clone());
    let (after, places) = match of_practice(side, &key, &cell) {
        Some((evaluation, what_if)) => {
            let ranks = evaluation.units.iter().zip(what_if.ranks);
            (
                Some(results::unit_result(&what_if.unit, catalogue, regions, &provenance)),
                ranks.map(|(unit, rank)| (unit.unit.clone(), rank.unwrap_or(0))).collect(),
            )
        }
        None => {
            let changed = changed(side, key, cell, catalogue).map_err(DeskError::from_computing)?;
            let place = (&side.facts, unit.as_str());
            results::one(&changed, place, (catalogue, regions), &side.plan, &provenance)
        }
    };
    let moves = places.into_iter().filter_map(|(unit, rank_after)| {
        let before = before.get(unit.as_str())?;
        let (rank_before, display_name) = (before.rank, before.display_name.clone());
        (rank_before != rank_after).then_some(pb::RankMove { unit, display_name, rank_before, rank_after })
    });
    Ok(pb::SimulateRunResponse {
        moves: moves.collect(),
        before: before.get(unit.as_str()).map(|found| (*found).clone()),
        unit: after,
    })
}

/// Of a scheme of practice, the one unit with the cell in its place; the others keep their scores.
fn of_practice<'a>(
    side: &'a Side,
    (unit, indicator): &(String, String),
    cell: &Cell,
) -> Option<(&'a Evaluation, WhatIf)> {
    let (Plan::Practice(scheme), Computed::Practice { evaluation, .. }) = (&side.plan, &side.computed) else {
        return None;
    };
    let own = facts::cells_of(scheme, &side.facts, unit);
    let changed = evaluation::what_if(scheme, evaluation, (unit, own), (indicator, cell.clone()))?;
    Some((evaluation, changed))
}

/// The evaluation with the cell in its place.
fn changed(side: &Side, key: (String, String), cell: Cell, catalogue: &Catalogue) -> Result<Computed, NotComputed> {
    let mut facts = side.facts.clone();
    facts.cells.insert(key, cell);
    facts::compute(&side.plan, &facts, scores_only(), catalogue, &Pace::free())
}

/// The cell as it would be: the target and the base value stay, the source goes, for an assumption has none. Of a qualitative
/// item, any value but zero is accepted evidence.
fn assumed_cell(before: Option<&Cell>, indicator: &str, value: Option<Decimal>, catalogue: &Catalogue) -> Cell {
    let definition = IndicatorCode::parse(indicator).ok().and_then(|code| catalogue.get(&code));
    let qualitative = definition.is_some_and(IndicatorDefinition::is_qualitative);
    let presence = match value {
        Some(value) if qualitative && !value.is_zero() => {
            Presence::Reported(Value { evidence: Some(EvidenceState::Accepted), ..Value::exactly(Decimal::ONE) })
        }
        Some(value) => Presence::Reported(Value::exactly(value)),
        None => Presence::Missing(MissingState::Unknown),
    };
    let (target, baseline) = before.map_or((None, None), |cell| (cell.target, cell.baseline));
    Cell { target, baseline, ..Cell::of(presence) }
}

fn not_one_of(field: &str, value: &str, zh: &str, en: &str, allowed: impl IntoIterator<Item = String>) -> Violation {
    let rule = Text::new(zh, en);
    Violation::new(field, Reason::FieldInvalid, value, rule, Text::new("请改正", "correct it")).allowing(allowed)
}
