//! S4: bands with a pass line.

use super::{Facts, Outcome};
use crate::exact::Exact;
use crate::flag::FlagCode;

/// With the pass line `f`: `a ≥ t → 100`, `f ≤ a < t → 60 + 40(a−f)/(t−f)`, `a < f → 60·a/f`, each × `w/100`.
pub(super) fn score(facts: &Facts<'_>, pass_line: &Exact) -> Outcome {
    let Some(target) = &facts.target else { return Outcome::NoTarget };
    if !pass_line.is_positive() || pass_line >= target {
        return Outcome::Refused(FlagCode::PassLineNotBelowTarget);
    }
    let value = &facts.value;
    let percent = if value >= target {
        Some(Exact::integer(100))
    } else if value >= pass_line {
        (value - pass_line)
            .checked_div(&(target - pass_line))
            .map(|share| &Exact::integer(60) + &(&Exact::integer(40) * &share))
    } else {
        (&Exact::integer(60) * value).checked_div(pass_line)
    };
    match percent.and_then(|p| (facts.marks * &p).checked_div(&Exact::integer(100))) {
        Some(raw) => Outcome::Scored(raw),
        None => Outcome::Refused(FlagCode::PassLineNotBelowTarget),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, printed};
    use super::*;
    use crate::scheme::{Direction, Method};

    #[rstest::rstest]
    #[case::between("55", "9.00")]
    #[case::below_the_pass_line("30", "4.50")]
    #[case::on_the_pass_line("40", "6.00")]
    #[case::met("60", "10.00")]
    #[case::negative("-1", "0.00")]
    fn s4_bands(#[case] value: &str, #[case] expected: &str) {
        let method = Method::Bands { pass_line: 40.into() };
        let judgement = judged(&method, Direction::HigherBetter, "10", value, Some("60"), None);
        assert_eq!(printed(&judgement, "10"), expected);
    }

    #[test]
    fn a_pass_line_that_is_not_below_the_target_is_refused() {
        let method = Method::Bands { pass_line: 60.into() };
        let judgement = judged(&method, Direction::HigherBetter, "10", "50", Some("60"), None);
        assert_eq!(judgement.outcome, Outcome::Refused(FlagCode::PassLineNotBelowTarget));
    }
}
