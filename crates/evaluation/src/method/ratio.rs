//! S1 and S2: the ratio of value and target.
//!
//! The rule of Chinese performance self-evaluation: target met, full marks; not met, marks in proportion to what was
//! reached (财预〔2020〕10号 and its self-evaluation forms).

use std::collections::BTreeSet;

use super::{Facts, Outcome};
use crate::exact::Exact;
use crate::flag::FlagCode;
use crate::scheme::Direction;

/// S1 (higher better): `a ≥ t → w`, else `w·a/t`, and 0 for `a ≤ 0`.
/// S2 (lower better): `a ≤ t → w`, else `w·t/a`.
pub(super) fn score(facts: &Facts<'_>, flags: &mut BTreeSet<FlagCode>) -> Outcome {
    let Some(target) = &facts.target else { return Outcome::NoTarget };
    match facts.direction {
        Direction::HigherBetter | Direction::Qualitative => higher_better(facts, target),
        Direction::LowerBetter => lower_better(facts, target, flags),
    }
}

fn higher_better(facts: &Facts<'_>, target: &Exact) -> Outcome {
    // With t ≤ 0 every value, even a negative one, could count as reached.
    if !target.is_positive() {
        return Outcome::Refused(FlagCode::TargetNotPositive);
    }
    match facts.value.checked_div(target) {
        Some(share) => Outcome::Scored(facts.marks * &share),
        None => Outcome::Refused(FlagCode::TargetNotPositive),
    }
}

fn lower_better(facts: &Facts<'_>, target: &Exact, flags: &mut BTreeSet<FlagCode>) -> Outcome {
    if target.is_negative() {
        return Outcome::Refused(FlagCode::TargetNotPositive);
    }
    if target.is_zero() {
        // “Zero landfill” is a real target: it is reached or it is not, and t/a gives just that.
        flags.insert(FlagCode::TargetZero);
    }
    if &facts.value <= target {
        return Outcome::Scored(facts.marks.clone());
    }
    // Here a > t ≥ 0.
    match target.checked_div(&facts.value) {
        Some(share) => Outcome::Scored(facts.marks * &share),
        None => Outcome::Refused(FlagCode::TargetNotPositive),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, printed};
    use super::*;
    use crate::scheme::Method;

    #[rstest::rstest]
    #[case::not_met("10", "30", "35", "8.57")]
    #[case::met("10", "35", "35", "10.00")]
    #[case::over_fulfilled_is_capped("10", "99", "35", "10.00")]
    #[case::nothing("10", "0", "35", "0.00")]
    #[case::a_negative_value_earns_nothing("10", "-5", "35", "0.00")]
    fn s1_higher_better(#[case] marks: &str, #[case] value: &str, #[case] target: &str, #[case] expected: &str) {
        let judgement = judged(&Method::Ratio, Direction::HigherBetter, marks, value, Some(target), None);
        assert_eq!(printed(&judgement, marks), expected);
    }

    #[rstest::rstest]
    #[case::not_met("10", "2.4", "2.0", "8.33")]
    #[case::met("10", "2.0", "2.0", "10.00")]
    #[case::nothing_left("10", "0", "2.0", "10.00")]
    #[case::zero_target_met("10", "0", "0", "10.00")]
    #[case::zero_target_not_met("10", "0.1", "0", "0.00")]
    fn s2_lower_better(#[case] marks: &str, #[case] value: &str, #[case] target: &str, #[case] expected: &str) {
        let judgement = judged(&Method::Ratio, Direction::LowerBetter, marks, value, Some(target), None);
        assert_eq!(printed(&judgement, marks), expected);
    }

    #[test]
    fn targets_without_meaning_are_refused_and_a_missing_one_is_said() {
        let refused = Outcome::Refused(FlagCode::TargetNotPositive);
        for target in ["0", "-1"] {
            assert_eq!(judged(&Method::Ratio, Direction::HigherBetter, "10", "5", Some(target), None).outcome, refused);
        }
        assert_eq!(judged(&Method::Ratio, Direction::LowerBetter, "10", "5", Some("-1"), None).outcome, refused);
        let none = judged(&Method::Ratio, Direction::LowerBetter, "10", "5", None, None);
        assert_eq!(none.outcome, Outcome::NoTarget);
        assert!(none.flags.contains(&FlagCode::NoTarget));
    }

    #[test]
    fn over_fulfilment_is_flagged_above_the_threshold_and_not_at_it() {
        let flagged = |value| {
            judged(&Method::Ratio, Direction::HigherBetter, "10", value, Some("10"), None)
                .flags
                .contains(&FlagCode::TargetMaybeLow)
        };
        assert!(!flagged("13"));
        assert!(flagged("13.01"));
    }
}
