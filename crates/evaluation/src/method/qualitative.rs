//! S6 and S7: qualitative items.

use std::collections::BTreeSet;

use super::{Facts, Outcome};
use crate::exact::Exact;
use crate::flag::FlagCode;
use crate::input::EvidenceState;

/// S6, three bands: the value is the share of the marks, in %, that the assessor gave. 达成 80–100, 部分达成 60–80,
/// 未达成 0–60 (bands of the fiscal self-evaluation forms). It counts once the evidence is accepted.
pub(super) fn bands(facts: &Facts<'_>, flags: &mut BTreeSet<FlagCode>) -> Outcome {
    let hundred = Exact::integer(100);
    let value = &facts.value;
    if value.is_negative() || value > &hundred {
        return Outcome::Refused(FlagCode::AssessmentOutOfRange);
    }
    flags.insert(if value >= &Exact::integer(80) {
        FlagCode::BandMet
    } else if value >= &Exact::integer(60) {
        FlagCode::BandPartlyMet
    } else {
        FlagCode::BandNotMet
    });
    match facts.evidence {
        None => Outcome::Pending(FlagCode::EvidenceMissing),
        Some(EvidenceState::Named) => Outcome::Pending(FlagCode::EvidencePending),
        Some(EvidenceState::Accepted) => match (facts.marks * value).checked_div(&hundred) {
            Some(raw) => Outcome::Scored(raw),
            None => Outcome::Refused(FlagCode::AssessmentOutOfRange),
        },
    }
}

/// S7, yes or no: full marks once the evidence is accepted. Where evidence is given it decides, whatever the number;
/// where there is none, 0 says “no”, and any other number is a “yes” that nothing supports.
pub(super) fn evidence(facts: &Facts<'_>) -> Outcome {
    match facts.evidence {
        Some(EvidenceState::Accepted) => Outcome::Scored(facts.marks.clone()),
        Some(EvidenceState::Named) => Outcome::Pending(FlagCode::EvidencePending),
        None if facts.value.is_zero() => Outcome::Scored(Exact::zero()),
        None => Outcome::Pending(FlagCode::EvidenceMissing),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{number, printed};
    use super::super::{Judgement, judge};
    use super::*;
    use crate::input::Qualifier;
    use crate::scheme::{Direction, Method};

    fn judged(method: &Method, value: &str, evidence: Option<EvidenceState>) -> Judgement {
        let marks = number("10");
        let facts = Facts {
            marks: &marks,
            direction: Direction::Qualitative,
            value: number(value),
            qualifier: Qualifier::Equal,
            evidence,
            target: None,
            baseline: None,
        };
        judge(method, &facts, &number("1.3"))
    }

    #[test]
    fn s7_full_marks_once_the_evidence_is_accepted_and_nothing_before() {
        let accepted = judged(&Method::Evidence, "1", Some(EvidenceState::Accepted));
        assert_eq!(printed(&accepted, "10"), "10.00");
        let named = judged(&Method::Evidence, "1", Some(EvidenceState::Named));
        assert_eq!(named.outcome, Outcome::Pending(FlagCode::EvidencePending));
        assert_eq!(judged(&Method::Evidence, "1", None).outcome, Outcome::Pending(FlagCode::EvidenceMissing));
        assert_eq!(printed(&judged(&Method::Evidence, "0", None), "10"), "0.00");
    }

    #[rstest::rstest]
    #[case("80", "8.00", FlagCode::BandMet)]
    #[case("79.9", "7.99", FlagCode::BandPartlyMet)]
    #[case("60", "6.00", FlagCode::BandPartlyMet)]
    #[case("59", "5.90", FlagCode::BandNotMet)]
    fn s6_three_bands(#[case] value: &str, #[case] expected: &str, #[case] band: FlagCode) {
        let judgement = judged(&Method::QualitativeBands, value, Some(EvidenceState::Accepted));
        assert_eq!(printed(&judgement, "10"), expected);
        assert!(judgement.flags.contains(&band));
    }

    #[test]
    fn s6_refuses_a_share_above_one_hundred() {
        let judgement = judged(&Method::QualitativeBands, "101", Some(EvidenceState::Accepted));
        assert_eq!(judgement.outcome, Outcome::Refused(FlagCode::AssessmentOutOfRange));
    }
}
