//! The share of cities under zero-waste construction against the target of 60 % by 2027.

use contracts::{common::v1 as common, ecology::v1 as wire};
use domain::{CityMilestone, CountingRule, RegionTable, standing};
use rust_decimal::Decimal;

/// 60 %: 中共中央 国务院关于全面推进美丽中国建设的意见, taken up in the province's letter (到2027年 … 达到60%).
const TARGET_PERCENT: Decimal = Decimal::from_parts(60, 0, 0, false, 0);
/// The letter says “到2027年”; the end of the year is assumed.
const DEADLINE: &str = "2027-12-31";

/// Counts the steps on file. The rule that counts is the domain's, the same as the aggregator's; this adds what the
/// contract shows: who is on the way, and the share to two decimals.
#[must_use]
pub fn share_target(regions: &RegionTable, steps: &[CityMilestone]) -> wire::GetShareTargetResponse {
    let rule = CountingRule::v1();
    let total = u32::try_from(regions.cities().count()).unwrap_or(u32::MAX);
    let standing = standing(total, TARGET_PERCENT / Decimal::ONE_HUNDRED, &rule, steps);
    let preparing = standing.stages.keys().filter(|city| !standing.counted.contains(*city)).map(ToString::to_string);
    let text = rule.text();
    wire::GetShareTargetResponse {
        target: Some(percent(TARGET_PERCENT)),
        deadline: DEADLINE.to_owned(),
        counting_rule: standing.rule,
        rule_text: Some(common::Text { zh: text.zh, en: text.en }),
        total_cities: standing.total,
        needed_cities: standing.needed,
        preparing_cities: preparing.collect(),
        counted_cities: standing.counted.iter().map(ToString::to_string).collect(),
        share: standing.percent.map(|share| percent(share.round_dp(2))),
        gap: standing.missing,
    }
}

fn percent(value: Decimal) -> common::Quantity {
    common::Quantity { value: Some(common::Decimal { value: value.to_string() }), unit: "%".to_owned() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{CityStage, Period, RegionCode};
    use node::department::Tables;

    use super::*;

    fn regions() -> Arc<RegionTable> {
        Tables::embedded().unwrap().regions
    }

    fn step(region: &str, stage: CityStage) -> CityMilestone {
        CityMilestone { region: RegionCode::parse(region).unwrap(), stage, period: Period::parse("2022").unwrap() }
    }

    #[test]
    fn the_letter_stands_at_two_of_eleven_with_five_to_go() {
        let steps = [
            step("140100", CityStage::Recommended),
            step("140100", CityStage::Designated),
            step("140500", CityStage::Recommended),
            step("140500", CityStage::Designated),
            step("141100", CityStage::Recommended),
            step("141100", CityStage::PlanDrafted),
        ];
        let target = share_target(&regions(), &steps);
        assert_eq!((target.total_cities, target.needed_cities, target.gap), (11, 7, 5));
        assert_eq!(target.counted_cities, ["140100", "140500"]);
        assert_eq!(target.preparing_cities, ["141100"]);
        assert_eq!(target.share.unwrap().value.unwrap().value, "18.18");
        assert_eq!(target.target.unwrap().value.unwrap().value, "60");
        assert_eq!(target.counting_rule, "designated-or-plan-issued/1");
    }

    #[test]
    fn an_issued_plan_counts_and_a_draft_does_not() {
        let drafted = share_target(&regions(), &[step("141100", CityStage::PlanDrafted)]);
        assert_eq!(drafted.counted_cities.len(), 0);
        let issued = share_target(&regions(), &[step("141100", CityStage::PlanIssued)]);
        assert_eq!((issued.counted_cities.len(), issued.gap), (1, 6));
    }

    #[test]
    fn no_step_on_file_is_a_share_of_zero_and_seven_to_go() {
        let target = share_target(&regions(), &[]);
        assert_eq!(target.share.unwrap().value.unwrap().value, "0");
        assert_eq!(target.gap, 7);
    }
}
