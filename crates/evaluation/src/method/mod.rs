//! The scoring methods, one file per family.
//!
//! A method gets the marks of an item and the facts, and answers with a raw score; holding it between 0 and the marks is
//! done once, by the caller. A method never divides by what it has not looked at: where the facts make a formula
//! meaningless, it refuses and says why.

mod attainment;
mod bands;
mod deduction;
mod qualitative;
mod rate;
mod ratio;

use std::collections::BTreeSet;

use crate::exact::Exact;
use crate::flag::FlagCode;
use crate::input::{EvidenceState, Qualifier};
use crate::scheme::{Direction, Method, RateKind, RateScore};

/// What a method may look at.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// The marks of the item.
    pub(crate) marks: &'a Exact,
    pub(crate) direction: Direction,
    pub(crate) value: Exact,
    pub(crate) qualifier: Qualifier,
    pub(crate) evidence: Option<EvidenceState>,
    pub(crate) target: Option<Exact>,
    pub(crate) baseline: Option<Exact>,
}

/// What a method answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A score, not yet held between 0 and the marks.
    Scored(Exact),
    /// There is no target to score against.
    NoTarget,
    /// It waits for evidence.
    Pending(FlagCode),
    /// It cannot be scored with these facts.
    Refused(FlagCode),
}

/// An answer with what the reader must know beside it.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) outcome: Outcome,
    pub(crate) flags: BTreeSet<FlagCode>,
    /// The number that was compared with the target, where it is not the reported one (S8).
    pub(crate) derived: Option<Exact>,
}

/// Scores one reported item.
pub(crate) fn judge(method: &Method, facts: &Facts<'_>, over_fulfilment: &Exact) -> Judgement {
    let mut flags = BTreeSet::new();
    if !matches!(method, Method::Evidence) {
        match bound(method, facts) {
            Bound::None => {}
            Bound::Flagged(flag) => {
                flags.insert(flag);
            }
            Bound::Unusable => {
                flags.insert(FlagCode::BoundNotScorable);
                return Judgement { outcome: Outcome::Refused(FlagCode::BoundNotScorable), flags, derived: None };
            }
        }
    }
    let mut derived = None;
    let outcome = match method {
        Method::Ratio => ratio::score(facts, &mut flags),
        Method::Attainment => attainment::score(facts, &mut flags),
        Method::Bands { pass_line } => bands::score(facts, &Exact::from(*pass_line)),
        Method::Deduction { per_unit } => deduction::score(facts, &Exact::from(*per_unit)),
        Method::QualitativeBands => qualitative::bands(facts, &mut flags),
        Method::Evidence => qualitative::evidence(facts),
        Method::DerivedRate { rate, then } => match rate::derive(facts, *rate) {
            Err(flag) => Outcome::Refused(flag),
            Ok(value) => {
                let facts = Facts {
                    marks: facts.marks,
                    direction: facts.direction,
                    value: value.clone(),
                    qualifier: facts.qualifier,
                    evidence: facts.evidence,
                    target: facts.target.clone(),
                    // Against itself the base period has a rate of change of zero.
                    baseline: Some(Exact::zero()),
                };
                let outcome = match then {
                    RateScore::Ratio => ratio::score(&facts, &mut flags),
                    RateScore::Attainment => attainment::score(&facts, &mut flags),
                };
                derived = Some(value);
                outcome
            }
        },
    };
    let compared = derived.as_ref().unwrap_or(&facts.value);
    if matches!(outcome, Outcome::Scored(_)) && over_fulfilled(compared, facts, over_fulfilment) {
        flags.insert(FlagCode::TargetMaybeLow);
    }
    match &outcome {
        Outcome::Scored(_) => {}
        Outcome::NoTarget => {
            flags.insert(FlagCode::NoTarget);
        }
        Outcome::Pending(flag) | Outcome::Refused(flag) => {
            flags.insert(*flag);
        }
    }
    Judgement { outcome, flags, derived }
}

/// How a qualifier bears on the score.
enum Bound {
    None,
    Flagged(FlagCode),
    Unusable,
}

/// A bound is scored only where the true value can but be better: ≥ where more is better, ≤ where less is better.
fn bound(method: &Method, facts: &Facts<'_>) -> Bound {
    let more_is_better = match method {
        Method::DerivedRate { rate, .. } => match rate {
            // What is reported is the amount; the less of it, the higher its decline.
            RateKind::Decline => false,
            RateKind::Growth => true,
        },
        Method::Ratio
        | Method::Attainment
        | Method::Bands { .. }
        | Method::Deduction { .. }
        | Method::QualitativeBands
        | Method::Evidence => match facts.direction {
            Direction::HigherBetter | Direction::Qualitative => true,
            Direction::LowerBetter => false,
        },
    };
    match (facts.qualifier, more_is_better) {
        (Qualifier::Equal, _) => Bound::None,
        (Qualifier::About, _) => Bound::Flagged(FlagCode::Approximate),
        (Qualifier::AtLeast, true) => Bound::Flagged(FlagCode::LowerBound),
        (Qualifier::AtMost, false) => Bound::Flagged(FlagCode::UpperBound),
        (Qualifier::AtLeast, false) | (Qualifier::AtMost, true) => Bound::Unusable,
    }
}

/// Over-fulfilment beyond the threshold hints at a target that was set too low (common provincial practice: 30 %).
fn over_fulfilled(value: &Exact, facts: &Facts<'_>, threshold: &Exact) -> bool {
    let Some(target) = facts.target.as_ref().filter(|t| t.is_positive()) else { return false };
    match facts.direction {
        Direction::HigherBetter => value > &(target * threshold),
        Direction::LowerBetter => &(value * threshold) < target,
        Direction::Qualitative => false,
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    pub(crate) fn number(text: &str) -> Exact {
        text.parse().unwrap()
    }

    /// Judges one item; the numbers are given as text.
    pub(crate) fn judged(
        method: &Method,
        direction: Direction,
        marks: &str,
        value: &str,
        target: Option<&str>,
        baseline: Option<&str>,
    ) -> Judgement {
        let marks = number(marks);
        let facts = Facts {
            marks: &marks,
            direction,
            value: number(value),
            qualifier: Qualifier::Equal,
            evidence: None,
            target: target.map(number),
            baseline: baseline.map(number),
        };
        judge(method, &facts, &number("1.3"))
    }

    /// The score, capped and rounded as it is printed.
    pub(crate) fn printed(judgement: &Judgement, marks: &str) -> String {
        match &judgement.outcome {
            Outcome::Scored(raw) => raw.clamped(&Exact::zero(), &number(marks)).round(2).to_string(),
            other @ (Outcome::NoTarget | Outcome::Pending(_) | Outcome::Refused(_)) => format!("{other:?}"),
        }
    }
}
