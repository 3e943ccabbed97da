//! S8: a rate of decline or growth worked out from an amount and the amount of the base period.

use super::Facts;
use crate::exact::Exact;
use crate::flag::FlagCode;
use crate::scheme::RateKind;

/// `(b−a)/b` or `(a−b)/b`, in %. A base period of zero (or less) has no rate: such an item belongs under “not
/// applicable”, decided by the lead department and not by the engine.
pub(super) fn derive(facts: &Facts<'_>, kind: RateKind) -> Result<Exact, FlagCode> {
    let baseline = facts.baseline.as_ref().ok_or(FlagCode::NoBaseline)?;
    if !baseline.is_positive() {
        return Err(FlagCode::BaselineNotPositive);
    }
    let change = match kind {
        RateKind::Decline => baseline - &facts.value,
        RateKind::Growth => &facts.value - baseline,
    };
    (&Exact::integer(100) * &change).checked_div(baseline).ok_or(FlagCode::BaselineNotPositive)
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::super::testing::{judged, printed};
    use super::*;
    use crate::scheme::{Direction, Method, RateScore};

    #[rstest::rstest]
    #[case::half_of_the_target(RateKind::Decline, RateScore::Ratio, "95", "5.00")]
    #[case::the_same_by_attainment(RateKind::Decline, RateScore::Attainment, "95", "5.00")]
    #[case::grown_instead(RateKind::Decline, RateScore::Ratio, "120", "0.00")]
    #[case::growth(RateKind::Growth, RateScore::Ratio, "108", "8.00")]
    fn s8_rate_then_score(
        #[case] rate: RateKind,
        #[case] then: RateScore,
        #[case] value: &str,
        #[case] expected: &str,
    ) {
        let method = Method::DerivedRate { rate, then };
        let judgement = judged(&method, Direction::HigherBetter, "10", value, Some("10"), Some("100"));
        assert_eq!(printed(&judgement, "10"), expected);
    }

    #[test]
    fn a_base_period_of_zero_is_not_computable() {
        let method = Method::DerivedRate { rate: RateKind::Decline, then: RateScore::Ratio };
        for baseline in ["0", "-3"] {
            let judgement = judged(&method, Direction::HigherBetter, "10", "5", Some("10"), Some(baseline));
            assert_eq!(judgement.outcome, Outcome::Refused(FlagCode::BaselineNotPositive));
        }
    }
}
