//! What an evaluation of practice says of its missing values: coverage by department, and between what score, rank and
//! grade lie whatever the values are.
//!
//! The intervals are exact fractions and exact ranks. A mandatory item that is missing is taken to be in the denominator
//! and to earn what some admissible value earns: between 0 and its marks, or, where the scheme states `admissible: [a, b]`,
//! between what a and b earn against the target that is known. Every method S1–S5 and S8 is monotone in the value, so the
//! ends are at a and b; S6 and S7 have no number and earn from nothing to all. Items of different units do not depend on
//! each other, so a unit can be at its best while all others are at their worst: the ranks are reached. The units that are
//! ranked stay the same, and so do bonus items, deductions and vetoes, which are applied to both ends for rank and grade.
//! A derived item that is missing is taken by itself, whatever it shares with others: then no value leads out of the
//! interval, but an end may not be reached. An optional item that is missing was not chosen and stays out.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};

use crate::evaluate::settled;
use crate::exact::Exact;
use crate::flag::{Flag, FlagCode};
use crate::input::{Input, Qualifier};
use crate::method::{self, Facts, Outcome};
use crate::rank;
use crate::result::{Coverage, Evaluation, ItemScore, ItemState, UnitResult};
use crate::scheme::{IndicatorRule, Scheme, SharedRank};

/// Between what the result of a unit lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Interval {
    /// The lowest score, not rounded.
    pub score_low: Exact,
    /// The highest score, not rounded.
    pub score_high: Exact,
    /// The best rank; none for a unit that is not ranked, and under `ties: dense`.
    pub rank_best: Option<u32>,
    /// The worst rank.
    pub rank_worst: Option<u32>,
    /// The grade of the lowest score.
    pub grade_low: Option<String>,
    /// The grade of the highest score.
    pub grade_high: Option<String>,
    /// Whether the two grades differ, so that the grade is provisional.
    pub provisional: bool,
}

/// The interval of every unit, in the order of the evaluation; none where nothing is missing of any.
#[must_use]
pub fn intervals(scheme: &Scheme, input: &Input, evaluation: &Evaluation) -> Vec<Option<Interval>> {
    let rules: BTreeMap<&str, &IndicatorRule> = scheme.indicators().map(|rule| (rule.id.as_str(), rule)).collect();
    if !evaluation.units.iter().flat_map(|unit| &unit.items).any(is_gap) {
        return vec![None; evaluation.units.len()];
    }
    let ends: Vec<Option<(Exact, Exact)>> = evaluation.units.iter().map(|unit| ends(scheme, &rules, unit)).collect();
    let rules = scheme.result();
    // The final scores as they are printed: rank and grade are read from them.
    let printed: Vec<Option<(Decimal, Decimal)>> = evaluation
        .units
        .iter()
        .zip(&ends)
        .map(|(unit, ends)| {
            let settled = settled(scheme, &unit.unit, input);
            let end = |score: &Exact| {
                settled.as_ref().map_or_else(|| score.clone(), |it| it.apply(score)).round(rules.decimals)
            };
            ends.as_ref().map(|(low, high)| (end(low), end(high)))
        })
        .collect();
    let ranked = || evaluation.units.iter().zip(&printed).filter(|(unit, _)| unit.ranked).filter_map(|(_, ends)| *ends);
    let interval = |(at, unit): (usize, &UnitResult)| {
        let (low, high) = ends.get(at).cloned().flatten()?;
        let (worst, best) = printed.get(at).copied().flatten()?;
        // Its own ends stand among those of the ranked units: its upper end is above its lower one unless they are one, and
        // each end is level with itself.
        let (apart, one) = (usize::from(best > worst), usize::from(best == worst));
        let place = |places: usize| u32::try_from(places + 1).ok().filter(|_| unit.ranked);
        let count = |above: &dyn Fn((Decimal, Decimal)) -> bool| ranked().filter(|other| above(*other)).count();
        let (rank_best, rank_worst) = match rules.ties {
            SharedRank::Min => {
                (place(count(&|(low, _)| low > best)), place(count(&|(_, high)| high > worst).saturating_sub(apart)))
            }
            SharedRank::Max => (
                place(count(&|(low, _)| low >= best).saturating_sub(one)),
                place(count(&|(_, high)| high >= worst).saturating_sub(1)),
            ),
            // Such a rank counts the distinct scores of the others, which do not stand still.
            SharedRank::Dense => (None, None),
        };
        let veto = settled(scheme, &unit.unit, input).map_or(0, |settled| settled.best_grade());
        let grade = |score: Decimal| {
            let grade = rank::grade(scheme.grades(), score, veto).filter(|_| unit.ranked);
            grade.map(|grade| grade.title.zh)
        };
        let (grade_low, grade_high) = (grade(worst), grade(best));
        Some(Interval {
            score_low: low,
            score_high: high,
            rank_best,
            rank_worst,
            provisional: grade_low != grade_high,
            grade_low,
            grade_high,
        })
    };
    evaluation.units.iter().enumerate().map(interval).collect()
}

fn is_gap(item: &ItemScore) -> bool {
    item.state == ItemState::Missing && item.mandatory
}

/// The lowest and the highest score of a unit; none where nothing is in the denominator.
fn ends(scheme: &Scheme, rules: &BTreeMap<&str, &IndicatorRule>, unit: &UnitResult) -> Option<(Exact, Exact)> {
    let counted: Vec<(&IndicatorRule, &ItemScore)> =
        unit.items.iter().filter_map(|item| rules.get(item.indicator.as_str()).map(|rule| (*rule, item))).collect();
    let hundred = Exact::integer(100);
    let now: Exact = counted.iter().filter(|(_, item)| item.in_denominator).map(|(rule, _)| &rule.marks).sum();
    let (mut low, mut high, mut marks) = (Exact::zero(), Exact::zero(), Exact::zero());
    for (rule, item) in counted {
        let (least, most) = if is_gap(item) {
            earned(scheme, rule, item)
        } else if item.in_denominator {
            let earned = (&item.points * &now).checked_div(&hundred)?;
            (earned.clone(), earned)
        } else {
            continue;
        };
        (low, high, marks) = (&low + &least, &high + &most, &marks + &rule.marks);
    }
    let percent = |sum: &Exact| (sum * &hundred).checked_div(&marks);
    Some((percent(&low)?, percent(&high)?))
}

/// What a missing item can earn.
fn earned(scheme: &Scheme, rule: &IndicatorRule, item: &ItemScore) -> (Exact, Exact) {
    let all = (Exact::zero(), rule.marks.clone());
    let Some((least, greatest)) = rule.admissible else { return all };
    // Without a target it is not known what a value would earn.
    if item.inputs.target.is_none() {
        return all;
    }
    let at = |value: Decimal| {
        let facts = Facts {
            marks: &rule.marks,
            direction: rule.direction,
            value: Exact::from(value),
            qualifier: Qualifier::Equal,
            evidence: None,
            target: item.inputs.target.map(Exact::from),
            baseline: item.inputs.baseline.map(Exact::from),
        };
        match method::judge(&rule.method, &facts, &Exact::from(scheme.over_fulfilment_flag())).outcome {
            Outcome::Scored(raw) => Some(raw.clamped(&Exact::zero(), &rule.marks)),
            Outcome::NoTarget | Outcome::Pending(_) | Outcome::Refused(_) => None,
        }
    };
    match (at(least), at(greatest)) {
        (Some(one), Some(other)) => {
            if one <= other {
                (one, other)
            } else {
                (other, one)
            }
        }
        // Its baseline may come with the value.
        (None, _) | (_, None) => all,
    }
}

/// Coverage by department, for the departments that the scheme names; as [`Coverage`] counts.
#[must_use]
pub fn by_department(scheme: &Scheme, unit: &UnitResult) -> BTreeMap<String, Coverage> {
    let mut sums: BTreeMap<&str, [Exact; 5]> = BTreeMap::new();
    for (rule, item) in scheme.indicators().zip(&unit.items).filter(|(rule, _)| rule.mandatory) {
        let Some(department) = &rule.department else { continue };
        let sum = sums.entry(department).or_insert_with(|| std::array::from_fn(|_| Exact::zero()));
        let mut add = |place: usize, value: &Exact| sum[place] = &sum[place] + value;
        let one = Exact::one();
        add(0, &one);
        add(1, &rule.marks);
        match item.state {
            ItemState::Missing => {}
            ItemState::NotApplicable => add(2, &one),
            ItemState::Scored | ItemState::NoTarget | ItemState::EvidencePending | ItemState::Refused => {
                add(3, &one);
                add(4, &rule.marks);
            }
        }
    }
    let count = |value: &Exact| value.round(0).try_into().unwrap_or(u32::MAX);
    let coverage = |[total, marks, excused, reported, covered]: [Exact; 5]| Coverage {
        reported: count(&reported),
        mandatory_total: count(&total),
        not_applicable: count(&excused),
        share: reported.checked_div(&(&total - &excused)).unwrap_or_else(Exact::zero).round(4),
        weight_share: covered.checked_div(&marks).unwrap_or_else(Exact::zero).round(4),
    };
    sums.into_iter().map(|(name, sums)| (name.to_owned(), coverage(sums))).collect()
}

/// Adds `interval`, `coverage_by_department` and the flag of a provisional grade to the units of an evaluation's JSON. The
/// evaluation itself is stored with its digest and keeps its bytes.
pub fn add_to(json: &mut Value, scheme: &Scheme, input: &Input, evaluation: &Evaluation) {
    if let Some(units) = json.get_mut("units").and_then(Value::as_array_mut) {
        add_to_units(units, scheme, input, evaluation);
    }
}

/// As [`add_to`], to the units of one period.
pub(crate) fn add_to_units(units: &mut [Value], scheme: &Scheme, input: &Input, evaluation: &Evaluation) {
    for ((json, unit), interval) in units.iter_mut().zip(&evaluation.units).zip(intervals(scheme, input, evaluation)) {
        let departments = by_department(scheme, unit);
        if !departments.is_empty() {
            json["coverage_by_department"] = json!(departments);
        }
        let Some(interval) = interval else { continue };
        if interval.provisional
            && let Some(flags) = json.get_mut("flags").and_then(Value::as_array_mut)
        {
            flags.push(json!(Flag::from(FlagCode::Provisional)));
        }
        json["interval"] = json!(interval);
    }
}
