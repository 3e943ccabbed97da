//! From the data of a joint evaluation to its parts and their combination.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::json;

use super::result::{JointCoverage, JointEvaluation, JointUnit, PartScore, PartState, Share};
use super::{JointScheme, Part, Source};
use crate::ENGINE_VERSION;
use crate::digest;
use crate::evaluate::EvaluationError;
use crate::exact::Exact;
use crate::flag::{Flag, FlagCode};
use crate::input::{Cell, Input, MissingState, Presence, Qualifier, Unit, Value};
use crate::rank;
use crate::result::Evaluation;

/// Evaluates every unit of every period; ranks are within a period. The result does not depend on the order of units or cells.
pub fn evaluate(scheme: &JointScheme, periods: &[(Option<String>, Input)]) -> Result<JointEvaluation, EvaluationError> {
    let mut all = Vec::new();
    for (period, input) in periods {
        let mut units: BTreeMap<&str, &Unit> = BTreeMap::new();
        for unit in &input.units {
            if units.insert(&unit.id, unit).is_some() {
                return Err(EvaluationError::DuplicateUnit(unit.id.clone()));
            }
        }
        if let Some((unit, indicator)) = input.cells.keys().find(|(unit, _)| !units.contains_key(unit.as_str())) {
            return Err(EvaluationError::UnknownUnit { unit: unit.clone(), indicator: indicator.clone() });
        }
        let mut units: Vec<JointUnit> =
            units.into_values().map(|facts| unit(scheme, facts, period.as_deref(), input)).collect();
        ranks(scheme, &mut units);
        all.extend(units);
    }
    let digests: Vec<_> = periods.iter().map(|(period, input)| json!([period, input.digest()])).collect();
    let data_digest = match periods {
        [(_, input)] => input.digest(),
        _ => digest::sha256_of(&json!(digests)),
    };
    Ok(JointEvaluation {
        scheme: scheme.id().to_owned(),
        scheme_version: scheme.version().to_owned(),
        scheme_digest: scheme.digest().to_owned(),
        data_digest,
        engine_version: ENGINE_VERSION.to_owned(),
        combined: scheme.combines(),
        units: all,
    })
}

/// Takes the final scores of another evaluation for a part. A unit that it does not rank has too little behind its score to be
/// compared: here its part is missing.
pub fn add_scores(input: &mut Input, part: &str, evaluation: &Evaluation) {
    for unit in &evaluation.units {
        if !input.units.iter().any(|known| known.id == unit.unit) {
            input.units.push(Unit { id: unit.unit.clone(), name: unit.name.clone() });
        }
        let presence = if unit.ranked {
            Presence::Reported(Value::exactly(unit.final_score()))
        } else {
            Presence::Missing(MissingState::Unknown)
        };
        input.cells.insert((unit.unit.clone(), part.to_owned()), Cell::of(presence));
    }
}

/// Ranks of every part and of the combined score.
fn ranks(scheme: &JointScheme, units: &mut [JointUnit]) {
    for part in scheme.parts() {
        let score = |unit: &JointUnit| unit.parts.get(&part.id).and_then(|part| part.score);
        let scores: Vec<Decimal> = units.iter().filter_map(score).collect();
        for unit in &mut *units {
            let rank = score(unit).and_then(|score| rank::of(score, &scores));
            if let Some(part) = unit.parts.get_mut(&part.id) {
                part.rank = rank;
            }
        }
    }
    let scores: Vec<Decimal> = units.iter().filter_map(|unit| unit.score).collect();
    for unit in units {
        unit.rank = unit.score.and_then(|score| rank::of(score, &scores));
    }
}

fn unit(scheme: &JointScheme, facts: &Unit, period: Option<&str>, input: &Input) -> JointUnit {
    let unknown = Cell::of(Presence::Missing(MissingState::Unknown));
    let cell = |name: &str| input.cells.get(&(facts.id.clone(), name.to_owned())).unwrap_or(&unknown);
    let parts: BTreeMap<String, PartScore> =
        scheme.parts().iter().map(|part| (part.id.clone(), score(part, &cell))).collect();
    let count =
        |state: PartState| u32::try_from(parts.values().filter(|part| part.state == state).count()).unwrap_or(u32::MAX);
    let weight = |part: &PartScore| part.weight.map(Exact::from);
    let due: Exact = sum(parts.values().filter(|part| part.state != PartState::NotApplicable).filter_map(weight));
    let there: Exact = sum(parts.values().filter(|part| part.exact.is_some()).filter_map(weight));
    let share = there.checked_div(&due).filter(|_| scheme.combines());
    let enough =
        share.as_ref().is_some_and(|share| !there.is_zero() && *share >= Exact::from(scheme.min_weight_share()));
    let mut contributions = BTreeMap::new();
    if enough {
        for (id, part) in &parts {
            if let (Some(weight), Some(exact)) = (weight(part), &part.exact)
                && let Some(points) = (&weight * exact).checked_div(&there)
            {
                contributions.insert(id.clone(), points);
            }
        }
    }
    let exact_score = enough.then(|| contributions.values().sum::<Exact>());
    let score = exact_score.as_ref().map(|score| score.round(2));
    let mut flags = BTreeSet::new();
    let lacks = |part: &PartScore| matches!(part.state, PartState::Missing | PartState::Refused);
    if parts.values().any(lacks) {
        flags.insert(FlagCode::PartMissing);
    }
    if enough && share.is_some_and(|share| share < Exact::one()) {
        flags.insert(FlagCode::CombinedWithoutPart);
    }
    JointUnit {
        unit: facts.id.clone(),
        name: facts.name.clone(),
        period: period.map(str::to_owned),
        grade: score.and_then(|score| rank::grade(scheme.grades(), score, 0)).map(|grade| grade.title),
        score,
        exact_score,
        rank: None,
        coverage: JointCoverage {
            scored: count(PartState::Scored),
            total: u32::try_from(parts.len()).unwrap_or(u32::MAX),
            not_applicable: count(PartState::NotApplicable),
            weight_share: there.checked_div(&due).filter(|_| scheme.combines()),
        },
        parts,
        contributions,
        flags: flags.into_iter().map(Flag::from).collect(),
    }
}

fn sum(terms: impl Iterator<Item = Exact>) -> Exact {
    terms.fold(Exact::zero(), |sum, term| &sum + &term)
}

/// What the data of a part come to.
enum Found {
    Scored(Exact, Vec<(&'static str, Exact)>),
    Missing(MissingState),
    NotApplicable,
    Refused(FlagCode),
}

fn score<'c>(part: &Part, cell: &dyn Fn(&str) -> &'c Cell) -> PartScore {
    let names: Vec<(&str, String)> = match part.from.facts() {
        [] => vec![("score", part.id.clone())],
        facts => facts.iter().map(|fact| (*fact, format!("{}.{fact}", part.id))).collect(),
    };
    let cells: Vec<(&str, &Cell)> = names.iter().map(|(fact, name)| (*fact, cell(name))).collect();
    let mut flags = BTreeSet::new();
    let mut facts = BTreeMap::new();
    for (fact, cell) in &cells {
        let value = match &cell.presence {
            Presence::Reported(value) => {
                if value.qualifier != Qualifier::Equal {
                    flags.insert(FlagCode::Approximate);
                }
                Some(value.value)
            }
            Presence::Missing(_) | Presence::NotApplicable { .. } => None,
        };
        facts.insert((*fact).to_owned(), value);
    }
    let found = found(part.from, &cells, &facts);
    let (state, exact, shares, missing) = match found {
        Found::Scored(exact, shares) => (PartState::Scored, Some(exact), shares, None),
        Found::Missing(state) => {
            flags.insert(FlagCode::from(state));
            (PartState::Missing, None, Vec::new(), Some(state))
        }
        Found::NotApplicable => {
            flags.insert(FlagCode::NotApplicable);
            (PartState::NotApplicable, None, Vec::new(), None)
        }
        Found::Refused(flag) => {
            flags.insert(flag);
            (PartState::Refused, None, Vec::new(), None)
        }
    };
    let percent = |share: &Exact| Share((share * &Exact::integer(100)).round(2));
    PartScore {
        title: part.title.clone(),
        basis: part.basis.clone(),
        score: exact.as_ref().map(|score| score.round(2)),
        exact,
        rank: None,
        weight: part.weight,
        state,
        missing,
        shares: shares.iter().map(|(name, share)| ((*name).to_owned(), percent(share))).collect(),
        facts,
        flags: flags.into_iter().map(Flag::from).collect(),
    }
}

fn found(from: Source, cells: &[(&str, &Cell)], facts: &BTreeMap<String, Option<Decimal>>) -> Found {
    // One that does not apply says so for the part; otherwise the first that is missing is why the part is.
    let mut missing = None;
    for (_, cell) in cells {
        match &cell.presence {
            Presence::NotApplicable { .. } => return Found::NotApplicable,
            Presence::Missing(state) => missing = missing.or(Some(*state)),
            Presence::Reported(_) => {}
        }
    }
    let fact = |name: &str| facts.get(name).copied().flatten();
    // Nothing was due: then it does not matter what else is missing.
    if fact("due").is_some_and(|due| due.is_zero()) && facts.values().flatten().all(Decimal::is_zero) {
        return Found::NotApplicable;
    }
    if let Some(state) = missing {
        return Found::Missing(state);
    }
    if facts.values().flatten().any(|value| *value < Decimal::ZERO) {
        return Found::Refused(FlagCode::NegativeValue);
    }
    let exact = |name: &str| fact(name).map_or_else(Exact::zero, Exact::from);
    let (due, hundred) = (exact("due"), Exact::integer(100));
    match from {
        Source::Score => {
            let score = exact("score");
            if score > hundred {
                Found::Refused(FlagCode::OverHundredPercent)
            } else {
                Found::Scored(score, Vec::new())
            }
        }
        Source::Commitments { credit } => {
            let (kept, made_up) = (exact("kept"), exact("made_up"));
            if &kept + &made_up > due {
                return Found::Refused(FlagCode::MoreThanDue);
            }
            let done = &kept + &(&Exact::from(credit) * &made_up);
            let share = |part: &Exact| part.checked_div(&due).unwrap_or_else(Exact::zero);
            let score = &share(&done) * &hundred;
            Found::Scored(score, vec![("kept", share(&kept)), ("made_up", share(&made_up))])
        }
        Source::Reporting { timeliness, completeness, corrections } => {
            let (reported, on_time, corrected) = (exact("reported"), exact("on_time"), exact("corrected"));
            if reported > due || on_time > reported || corrected > reported {
                return Found::Refused(FlagCode::MoreThanDue);
            }
            let share = |part: &Exact| part.checked_div(&due).unwrap_or_else(Exact::zero);
            let mut shares = vec![
                ("timeliness", Exact::from(timeliness), share(&on_time)),
                ("completeness", Exact::from(completeness), share(&reported)),
            ];
            // Of nothing reported nothing can be right or wrong.
            if let Some(wrong) = corrected.checked_div(&reported) {
                shares.push(("corrections", Exact::from(corrections), &Exact::one() - &wrong));
            }
            let weights = sum(shares.iter().map(|(_, weight, _)| weight.clone()));
            let points = sum(shares.iter().map(|(_, weight, share)| weight * share));
            let score = (&points * &hundred).checked_div(&weights).unwrap_or_else(Exact::zero);
            Found::Scored(score, shares.into_iter().map(|(name, _, share)| (name, share)).collect())
        }
    }
}
