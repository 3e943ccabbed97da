//! From scheme and data to the evaluation.
//!
//! `score = Σ w·s ÷ Σ w(in the denominator) × 100`. A mandatory indicator is in the denominator unless it was approved
//! as not applicable, or is missing in a state that the scheme leaves out; an optional one only where it was reported.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::ENGINE_VERSION;
use crate::derived::{self, Derived};
use crate::exact::Exact;
use crate::flag::{Flag, FlagCode};
use crate::input::{Cell, Input, MissingState, Presence, Unit, Value};
use crate::method::{self, Facts, Outcome};
use crate::outside::{self, Settled};
use crate::policy::Policy;
use crate::rank;
use crate::result::{Coverage, Evaluation, Inputs, ItemScore, ItemState, NodeScore, TargetSource, UnitResult};
use crate::scheme::{Group, IndicatorRule, Scheme};

/// Decimals kept where a fraction is shown as a decimal.
const SHOWN: u32 = 12;

/// Why there is no evaluation. Missing or odd values are never the reason: those are flagged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// The same unit twice.
    #[error("参评单位重复：{0} (the unit stands twice: {0})")]
    DuplicateUnit(String),
    /// A cell of a unit that is not evaluated.
    #[error("数据所属单位不在参评名单：{unit}（指标 {indicator}）(data of a unit that is not evaluated)")]
    UnknownUnit {
        /// The unit named by the cell.
        unit: String,
        /// The indicator of the cell.
        indicator: String,
    },
}

/// Evaluates every unit of the input. The result does not depend on the order of units or cells.
pub fn evaluate(scheme: &Scheme, input: &Input) -> Result<Evaluation, EvaluationError> {
    let mut units: BTreeMap<&str, &Unit> = BTreeMap::new();
    for unit in &input.units {
        if units.insert(&unit.id, unit).is_some() {
            return Err(EvaluationError::DuplicateUnit(unit.id.clone()));
        }
    }
    let rules: Vec<&IndicatorRule> = scheme.indicators().collect();
    let known: BTreeSet<&str> = rules
        .iter()
        .map(|rule| rule.id.as_str())
        .chain(scheme.outside().ids())
        .chain(scheme.inputs().keys().map(String::as_str))
        .collect();
    let mut not_in_scheme = BTreeSet::new();
    for (unit, indicator) in input.cells.keys() {
        if !units.contains_key(unit.as_str()) {
            return Err(EvaluationError::UnknownUnit { unit: unit.clone(), indicator: indicator.clone() });
        }
        if !known.contains(indicator.as_str()) {
            not_in_scheme.insert(indicator.clone());
        }
    }
    let mut units: Vec<UnitResult> = units.into_values().map(|unit| unit_result(scheme, &rules, unit, input)).collect();
    rank::assign(&mut units, scheme.result().ties);
    Ok(Evaluation {
        scheme: scheme.id().to_owned(),
        scheme_version: scheme.version().to_owned(),
        scheme_digest: scheme.digest(),
        data_digest: input.digest(),
        engine_version: ENGINE_VERSION.to_owned(),
        units,
        not_in_scheme: not_in_scheme.into_iter().collect(),
    })
}

/// An item while its unit is still being worked out.
struct Item<'a> {
    rule: &'a IndicatorRule,
    earned: Exact,
    reported: bool,
    score: ItemScore,
}

pub(crate) fn unit_result(scheme: &Scheme, rules: &[&IndicatorRule], unit: &Unit, input: &Input) -> UnitResult {
    let unknown = Cell::of(Presence::Missing(MissingState::Unknown));
    let derived = derived::derive(scheme, &unit.id, input);
    let mut items: Vec<Item<'_>> = rules
        .iter()
        .map(|rule| {
            let cell = input.cells.get(&(unit.id.clone(), rule.id.clone())).unwrap_or(&unknown);
            item(scheme, rule, cell, derived.get(rule.id.as_str()))
        })
        .collect();
    let denominator = applicable(items.iter());
    for item in &mut items {
        item.score.points = percent(&item.earned, &denominator).unwrap_or_else(Exact::zero);
    }
    let exact_score: Exact = items.iter().map(|item| &item.score.points).sum();
    let score = exact_score.round(scheme.result().decimals);

    let coverage = coverage(&items);
    let mut flags = Vec::new();
    let due = coverage.mandatory_total - coverage.not_applicable;
    let enough = Decimal::from(coverage.reported) >= scheme.min_coverage() * Decimal::from(due);
    if denominator.is_zero() {
        flags.push(Flag::from(FlagCode::NothingApplicable));
    } else if !enough {
        flags.push(Flag::from(FlagCode::BelowMinimumCoverage));
    }
    let ranked = flags.is_empty();
    let settled = settled(scheme, &unit.id, input);
    flags.extend(settled.iter().flat_map(Settled::flags).map(Flag::from));
    let adjustment = settled.as_ref().map(|settled| settled.shown(&exact_score, scheme.result().decimals));
    let final_score = adjustment.as_ref().map_or(score, |adjustment| adjustment.final_score);
    let best_grade = settled.as_ref().map_or(0, Settled::best_grade);
    let held = items.iter().any(|item| {
        let state = item.score.missing.filter(|_| item.rule.mandatory);
        state.is_some_and(|state| scheme.missing().of(state, Policy::Zero) == Policy::Hold)
    });
    if held {
        flags.push(Flag::from(FlagCode::GradeHeld));
    }
    let mut nodes = BTreeMap::new();
    for group in scheme.groups() {
        add_nodes(group, &mut Vec::new(), &items, &mut nodes);
    }
    let not_scorable = items
        .iter()
        .filter(|item| match item.score.state {
            ItemState::NoTarget | ItemState::EvidencePending | ItemState::Refused => true,
            ItemState::Scored | ItemState::Missing | ItemState::NotApplicable => false,
        })
        .map(|item| item.rule.id.clone())
        .collect();
    UnitResult {
        unit: unit.id.clone(),
        name: unit.name.clone(),
        score,
        exact_score,
        rank: None,
        grade: if ranked && !held { rank::grade(scheme.grades(), final_score, best_grade) } else { None },
        ranked,
        coverage,
        nodes,
        items: items.into_iter().map(|item| item.score).collect(),
        not_scorable,
        flags,
        adjustment,
    }
}

/// Bonus items, deductions and vetoes of one unit.
pub(crate) fn settled<'s>(scheme: &'s Scheme, unit: &str, input: &Input) -> Option<Settled<'s>> {
    let rules = scheme.outside();
    let cell = |id: &str| input.cells.get(&(unit.to_owned(), id.to_owned())).cloned().unwrap_or_else(outside::unknown);
    (!rules.is_empty()).then(|| outside::settle(rules, &cell, Some(Exact::zero())))
}

fn item<'a>(scheme: &Scheme, rule: &'a IndicatorRule, cell: &Cell, derived: Option<&Derived>) -> Item<'a> {
    let Cell { presence: stated, target, baseline, source, marks } = cell;
    let presence = &derived.map_or_else(|| stated.clone(), Derived::presence);
    let mut flags = BTreeSet::new();
    flags.extend(derived.and_then(|derived| derived.value.as_ref().err()?.flag()));
    let mut inputs = Inputs { baseline: *baseline, computed: derived.map(|it| it.from.clone()), ..Inputs::default() };
    if let Some(target) = target {
        inputs.target = Some(*target);
        inputs.target_source = Some(TargetSource::Own);
    } else if let Some(fallback) = &rule.fallback_target {
        inputs.target = Some(fallback.value);
        inputs.target_source = Some(TargetSource::Scheme { source: fallback.source.clone() });
    }
    let mut raw = Exact::zero();
    let mut missing = None;
    let mut reason = None;
    let (state, in_denominator) = match presence {
        Presence::Missing(state) => {
            missing = Some(*state);
            flags.insert(FlagCode::from(*state));
            let left_out = scheme.missing().of(*state, Policy::Zero) == Policy::LeaveOut;
            if left_out && rule.mandatory {
                flags.insert(FlagCode::MissingLeftOut);
            }
            (ItemState::Missing, rule.mandatory && !left_out)
        }
        Presence::NotApplicable { reason: approved } => {
            reason = Some(approved.clone());
            flags.insert(FlagCode::NotApplicable);
            (ItemState::NotApplicable, false)
        }
        Presence::Reported(value) => {
            let state;
            let exact = derived.and_then(|derived| derived.value.clone().ok());
            (state, raw) = reported(scheme, rule, (value, exact), &mut inputs, &mut flags);
            (state, true)
        }
    };
    let earned = raw.clamped(&Exact::zero(), &rule.marks);
    let share = earned.checked_div(&rule.marks).unwrap_or_else(Exact::zero);
    let score = ItemScore {
        indicator: rule.id.clone(),
        title: rule.title.clone(),
        unit_of_measure: rule.unit.clone(),
        group: rule.path.clone(),
        method: rule.method.id(rule.direction).to_owned(),
        mandatory: rule.mandatory,
        weight: shown(&rule.marks),
        in_denominator,
        inputs,
        raw_score: shown(&raw),
        capped_score: shown(&earned),
        share: shown(&share),
        points: Exact::zero(),
        state,
        missing,
        not_applicable_reason: reason,
        flags: flags.into_iter().map(Flag::from).collect(),
        source: source.clone(),
        marks: marks.clone(),
    };
    Item { rule, earned, reported: matches!(presence, Presence::Reported(_)), score }
}

fn reported(
    scheme: &Scheme,
    rule: &IndicatorRule,
    (value, exact): (&Value, Option<Exact>),
    inputs: &mut Inputs,
    flags: &mut BTreeSet<FlagCode>,
) -> (ItemState, Exact) {
    inputs.value = Some(value.value);
    inputs.qualifier = value.qualifier;
    if !rule.rate_of_change && rule.method.needs_target() {
        if rule.unit == "%" && value.value > Decimal::ONE_HUNDRED {
            flags.insert(FlagCode::OverHundredPercent);
        }
        if value.value < Decimal::ZERO {
            flags.insert(FlagCode::NegativeValue);
        }
    }
    let facts = Facts {
        marks: &rule.marks,
        direction: rule.direction,
        value: exact.unwrap_or_else(|| Exact::from(value.value)),
        qualifier: value.qualifier,
        evidence: value.evidence,
        target: inputs.target.map(Exact::from),
        baseline: inputs.baseline.map(Exact::from),
    };
    let judgement = method::judge(&rule.method, &facts, &Exact::from(scheme.over_fulfilment_flag()));
    flags.extend(judgement.flags);
    inputs.derived = judgement.derived.as_ref().map(shown);
    if matches!(inputs.target_source, Some(TargetSource::Scheme { .. })) {
        flags.insert(FlagCode::SchemeTarget);
    }
    match judgement.outcome {
        Outcome::Scored(raw) => (ItemState::Scored, raw),
        Outcome::NoTarget => (ItemState::NoTarget, Exact::zero()),
        Outcome::Pending(_) => (ItemState::EvidencePending, Exact::zero()),
        Outcome::Refused(_) => (ItemState::Refused, Exact::zero()),
    }
}

fn coverage(items: &[Item<'_>]) -> Coverage {
    let mandatory: Vec<&Item<'_>> = items.iter().filter(|item| item.rule.mandatory).collect();
    let reported: Vec<&&Item<'_>> = mandatory.iter().filter(|item| item.reported).collect();
    let not_applicable = mandatory.iter().filter(|item| item.score.state == ItemState::NotApplicable).count();
    let all: Exact = mandatory.iter().map(|item| &item.rule.marks).sum();
    let covered: Exact = reported.iter().map(|item| &item.rule.marks).sum();
    let due = count(mandatory.len() - not_applicable);
    let share = Exact::integer(due.into());
    let share = Exact::integer(count(reported.len()).into()).checked_div(&share).unwrap_or_else(Exact::zero);
    Coverage {
        reported: count(reported.len()),
        mandatory_total: count(mandatory.len()),
        not_applicable: count(not_applicable),
        share: share.round(4),
        weight_share: covered.checked_div(&all).unwrap_or_else(Exact::zero).round(4),
    }
}

fn add_nodes(group: &Group, path: &mut Vec<String>, items: &[Item<'_>], nodes: &mut BTreeMap<String, NodeScore>) {
    let inside: Vec<&Item<'_>> = items.iter().filter(|item| item.rule.path.contains(&group.id)).collect();
    let exact: Exact = inside.iter().map(|item| &item.score.points).sum();
    let earned: Exact = inside.iter().map(|item| &item.earned).sum();
    let rate = percent(&earned, &applicable(inside.iter().copied()));
    let mandatory = inside.iter().filter(|item| item.rule.mandatory);
    nodes.insert(
        group.id.clone(),
        NodeScore {
            title: group.title.clone(),
            path: path.clone(),
            weight: group.weight,
            score: exact.round(2),
            exact,
            rate: rate.map(|rate| rate.round(2)),
            reported: count(mandatory.clone().filter(|item| item.reported).count()),
            mandatory_total: count(mandatory.count()),
        },
    );
    path.push(group.id.clone());
    for group in &group.groups {
        add_nodes(group, path, items, nodes);
    }
    path.pop();
}

/// The marks in the denominator.
fn applicable<'i, 'r: 'i>(items: impl Iterator<Item = &'i Item<'r>>) -> Exact {
    items.filter(|item| item.score.in_denominator).map(|item| &item.rule.marks).sum()
}

/// `part ÷ whole × 100`
fn percent(part: &Exact, whole: &Exact) -> Option<Exact> {
    (part * &Exact::integer(100)).checked_div(whole)
}

fn shown(value: &Exact) -> Decimal {
    value.round(SHOWN).normalize()
}

/// No scheme comes near 2³² indicators.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
