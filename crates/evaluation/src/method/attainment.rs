//! S3: how much of the way from the base period to the target was gone.

use std::collections::BTreeSet;

use super::{Facts, Outcome, ratio};
use crate::flag::FlagCode;
use crate::scheme::Direction;

/// `w·(a−b)/(t−b)`, in either direction. Where the target is to keep the value of the base period (`t = b`, S3′) there
/// is no way to go: met is full marks, otherwise the ratio (S1 or S2).
///
/// A target on the wrong side of the base period is refused: the formula would reward getting worse.
pub(super) fn score(facts: &Facts<'_>, flags: &mut BTreeSet<FlagCode>) -> Outcome {
    let Some(target) = &facts.target else { return Outcome::NoTarget };
    let Some(baseline) = &facts.baseline else { return Outcome::Refused(FlagCode::NoBaseline) };
    let way = target - baseline;
    let Some(gone) = (&facts.value - baseline).checked_div(&way) else { return keep(facts, flags) };
    let wrong_side = match facts.direction {
        Direction::HigherBetter | Direction::Qualitative => way.is_negative(),
        Direction::LowerBetter => way.is_positive(),
    };
    if wrong_side {
        return Outcome::Refused(FlagCode::TargetWorseThanBaseline);
    }
    Outcome::Scored(facts.marks * &gone)
}

fn keep(facts: &Facts<'_>, flags: &mut BTreeSet<FlagCode>) -> Outcome {
    let Some(target) = &facts.target else { return Outcome::NoTarget };
    let met = match facts.direction {
        Direction::HigherBetter | Direction::Qualitative => &facts.value >= target,
        Direction::LowerBetter => &facts.value <= target,
    };
    if met { Outcome::Scored(facts.marks.clone()) } else { ratio::score(facts, flags) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, printed};
    use super::*;
    use crate::scheme::Method;

    #[rstest::rstest]
    #[case::on_the_way(Direction::HigherBetter, "50", "58", "60", "8.00")]
    #[case::on_the_way_down(Direction::LowerBetter, "2.5", "2.2", "2.0", "6.00")]
    #[case::worse_than_before(Direction::HigherBetter, "50", "48", "60", "0.00")]
    #[case::beyond_the_target(Direction::HigherBetter, "50", "63", "60", "10.00")]
    #[case::kept(Direction::HigherBetter, "60", "60", "60", "10.00")]
    #[case::kept_and_better(Direction::LowerBetter, "2", "1", "2", "10.00")]
    #[case::not_kept_up(Direction::HigherBetter, "60", "30", "60", "5.00")]
    #[case::not_kept_down(Direction::LowerBetter, "2", "4", "2", "5.00")]
    #[case::zero_is_kept(Direction::HigherBetter, "0", "0", "0", "10.00")]
    fn s3_attainment(
        #[case] direction: Direction,
        #[case] baseline: &str,
        #[case] value: &str,
        #[case] target: &str,
        #[case] expected: &str,
    ) {
        let judgement = judged(&Method::Attainment, direction, "10", value, Some(target), Some(baseline));
        assert_eq!(printed(&judgement, "10"), expected);
    }

    #[test]
    fn no_baseline_and_a_target_worse_than_the_baseline_are_refused() {
        let judgement = judged(&Method::Attainment, Direction::HigherBetter, "10", "5", Some("6"), None);
        assert_eq!(judgement.outcome, Outcome::Refused(FlagCode::NoBaseline));
        let judgement = judged(&Method::Attainment, Direction::LowerBetter, "10", "5", Some("6"), Some("4"));
        assert_eq!(judgement.outcome, Outcome::Refused(FlagCode::TargetWorseThanBaseline));
    }
}
