//! S5: marks off per unit of shortfall, down to zero; the commonest rule of environmental responsibility sheets
//! (“每差1个百分点扣0.25分，扣完为止”).

use super::{Facts, Outcome};
use crate::exact::Exact;
use crate::scheme::Direction;

/// `w − k·shortfall`; the floor of zero is set by the caller.
pub(super) fn score(facts: &Facts<'_>, per_unit: &Exact) -> Outcome {
    let Some(target) = &facts.target else { return Outcome::NoTarget };
    let shortfall = match facts.direction {
        Direction::HigherBetter | Direction::Qualitative => target - &facts.value,
        Direction::LowerBetter => &facts.value - target,
    };
    if !shortfall.is_positive() {
        return Outcome::Scored(facts.marks.clone());
    }
    Outcome::Scored(facts.marks - &(per_unit * &shortfall))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, printed};
    use super::*;
    use crate::scheme::Method;

    #[rstest::rstest]
    #[case::short_by_6_4_points(Direction::HigherBetter, "53.6", "60", "1.40")]
    #[case::met(Direction::HigherBetter, "61", "60", "3.00")]
    #[case::all_marks_gone(Direction::HigherBetter, "0", "60", "0.00")]
    #[case::above_a_limit(Direction::LowerBetter, "41", "35", "1.50")]
    #[case::a_target_of_zero_is_no_problem(Direction::LowerBetter, "4", "0", "2.00")]
    fn s5_deduction(#[case] direction: Direction, #[case] value: &str, #[case] target: &str, #[case] expected: &str) {
        let method = Method::Deduction { per_unit: rust_decimal::Decimal::new(25, 2) };
        assert_eq!(printed(&judged(&method, direction, "3", value, Some(target), None), "3"), expected);
    }
}
