//! Rules of figures, on the real catalogue and region table.

use crate::support::{catalogue, citing, date, decimal, figure, region, regions, taiyuan, unit};
use domain::{
    Evidence, Measure, Observation, ObservationStatus, OwnedRegions, Period, Qualifier, Reason, RuleContext, Scope,
    Unit, Violations, check_observation, check_observations,
};
use rstest::rstest;

fn check(observation: &Observation) -> Result<Observation, Violations> {
    let (catalogue, regions) = (catalogue(), regions());
    check_observation(observation, &taiyuan(&catalogue, &regions))
}

fn reasons(observation: &Observation) -> Vec<Reason> {
    check(observation).err().map(|faults| faults.iter().map(|fault| fault.reason).collect()).unwrap_or_default()
}

#[test]
fn the_lower_bound_of_the_recovery_rate_is_accepted_as_a_bound() {
    let mut observation = figure("ZWC2021-26", "35", "%");
    observation.qualifier = Qualifier::AtLeast;
    observation.reported_label = "（生活垃圾）回收利用率".to_owned();
    observation.citation = citing("回收利用率稳定达到35%以上");
    let checked = check(&observation).unwrap();
    assert_eq!(checked.canonical_value, Some(decimal("35")));
    assert_eq!(checked.qualifier, Qualifier::AtLeast);
}

#[test]
fn the_resource_utilisation_rate_is_refused_as_indicator_26() {
    let mut observation = figure("ZWC2021-26", "85", "%");
    observation.qualifier = Qualifier::AtLeast;
    observation.reported_label = "（生活垃圾）资源化利用率".to_owned();
    let faults = check(&observation).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults.0[0].reason, Reason::IndicatorLabelMismatch);
    assert_eq!(faults.0[0].field, "observation.reported_label");
    assert!(faults.0[0].action.zh.contains("SX2025-02"));
}

#[test]
fn the_quoted_sentence_alone_gives_the_wrong_statistic_away() {
    let mut observation = figure("ZWC2021-26", "85", "%");
    observation.citation = citing("资源化利用率达到85%以上");
    assert_eq!(reasons(&observation), [Reason::IndicatorLabelMismatch]);
    observation.key.indicator = "SX2025-02".parse().unwrap();
    assert_eq!(reasons(&observation), []);
}

#[test]
fn a_sentence_that_names_both_statistics_does_not_contradict() {
    let mut observation = figure("ZWC2021-26", "35", "%");
    observation.citation = citing("回收利用率稳定达到35%以上，资源化利用率达到85%以上");
    assert_eq!(reasons(&observation), []);
}

#[test]
fn a_number_of_green_factories_is_refused_as_their_share() {
    let mut observation = figure("ZWC2021-04", "21", "个");
    observation.citation = citing("国家级绿色工厂21个");
    let faults = check(&observation).unwrap_err();
    let mismatch = faults.iter().find(|fault| fault.reason == Reason::UnitMismatch).unwrap();
    assert_eq!(mismatch.field, "observation.value.unit");
    assert_eq!(mismatch.allowed, ["%", "‰"]);
    assert!(faults.has(Reason::IndicatorLabelMismatch));
}

#[test]
fn a_count_written_as_a_percentage_is_still_given_away_by_its_label() {
    let mut observation = figure("ZWC2021-04", "21", "%");
    observation.reported_label = "国家级绿色工厂".to_owned();
    assert_eq!(reasons(&observation), [Reason::IndicatorLabelMismatch]);
    observation.reported_label = "国家级绿色工厂企业占比".to_owned();
    assert_eq!(reasons(&observation), []);
}

#[test]
fn a_county_code_is_refused_as_the_whole_city() {
    let mut observation = figure("ZWC2021-26", "35", "%");
    observation.key.region = region("140109");
    let faults = check(&observation).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults.0[0].reason, Reason::RegionLevelMismatch);
    assert_eq!(faults.0[0].allowed, ["140100"]);
    observation.key.scope = Scope::County;
    assert_eq!(reasons(&observation), []);
}

#[rstest]
#[case::another_city("140500", Reason::RegionNotOwned)]
#[case::another_citys_county("140521", Reason::RegionNotOwned)]
#[case::statistical_area("140171", Reason::RegionUnknown)]
#[case::no_such_code("999999", Reason::RegionUnknown)]
fn a_region_that_is_not_the_nodes_own_is_refused(#[case] code: &str, #[case] reason: Reason) {
    let mut observation = figure("ZWC2021-26", "35", "%");
    observation.key.region = region(code);
    assert!(reasons(&observation).contains(&reason));
}

#[test]
fn a_provincial_department_reports_for_every_city_and_the_province() {
    let (catalogue, regions) = (catalogue(), regions());
    let ctx = RuleContext { owned: OwnedRegions::All, ..taiyuan(&catalogue, &regions) };
    let mut observation = figure("ZWC2021-15", "45", "%");
    for city in regions.cities() {
        observation.key.region = city.code.clone();
        assert!(check_observation(&observation, &ctx).is_ok());
    }
    observation.key.region = region("140000");
    observation.key.scope = Scope::Province;
    assert!(check_observation(&observation, &ctx).is_ok());
}

#[rstest]
#[case("ZWC2021-11", "95.5", "万吨", "95.5")]
#[case("ZWC2021-11", "955000", "吨", "95.5")]
#[case("ZWC2021-26", "352", "‰", "35.2")]
#[case("ZWC2021-26", "35", "％", "35")]
#[case("ZWC2021-42", "11086", "万元", "1.1086")]
#[case("ZWC2021-48", "12", "个", "12")]
#[case("ZWC2021-01", "12000", "吨/亿元", "1.2")]
fn values_are_kept_in_the_indicators_unit(
    #[case] indicator: &str,
    #[case] value: &str,
    #[case] in_unit: &str,
    #[case] canonical: &str,
) {
    let checked = check(&figure(indicator, value, in_unit)).unwrap();
    assert_eq!(checked.canonical_value, Some(decimal(canonical)));
    assert_eq!(checked.value, Some(decimal(value)), "the reported value stays as it was");
}

#[rstest]
#[case::count_as_rate("ZWC2021-12", "500", "个", Reason::UnitMismatch)]
#[case::money_as_mass("ZWC2021-11", "10", "万元", Reason::UnitMismatch)]
#[case::no_unit("ZWC2021-11", "10", "—", Reason::UnitMismatch)]
#[case::capacity_as_amount("ZWC2021-11", "250", "万吨/年", Reason::CapacityAsOutput)]
#[case::daily_capacity("ZWC2021-11", "250", "吨/日", Reason::CapacityAsOutput)]
#[case::above_hundred("ZWC2021-15", "135", "%", Reason::RateOutOfRange)]
#[case::below_zero("ZWC2021-15", "-1", "%", Reason::RateOutOfRange)]
#[case::survey_above_hundred("ZWC2021-58", "101", "%", Reason::RateOutOfRange)]
#[case::negative_amount("ZWC2021-11", "-1", "万吨", Reason::ValueInvalid)]
#[case::half_an_enterprise("ZWC2021-48", "1.5", "家", Reason::ValueInvalid)]
#[case::unknown_indicator("ZWC2021-99", "1", "%", Reason::IndicatorUnknown)]
fn a_value_that_cannot_be_is_refused(
    #[case] indicator: &str,
    #[case] value: &str,
    #[case] in_unit: &str,
    #[case] reason: Reason,
) {
    assert_eq!(reasons(&figure(indicator, value, in_unit)), [reason]);
}

#[rstest]
#[case::growth("ZWC2021-27", "135")]
#[case::shrinking("ZWC2021-27", "-12.5")]
#[case::rising_instead_of_falling("ZWC2021-30", "-20")]
#[case::nothing_recovered("ZWC2021-26", "0")]
#[case::all_of_it("ZWC2021-12", "100")]
fn growth_decline_and_the_ends_of_the_range_are_accepted(#[case] indicator: &str, #[case] value: &str) {
    assert_eq!(reasons(&figure(indicator, value, "%")), []);
}

#[rstest]
#[case("35.2", "352", "1000", true)]
#[case("35.25", "352", "1000", true)]
#[case("35.26", "352", "1000", false)]
#[case("3.52", "352", "1000", false)]
#[case("33.33", "1", "3", true)]
fn a_rate_may_differ_from_its_parts_by_half_a_tenth(
    #[case] value: &str,
    #[case] numerator: &str,
    #[case] denominator: &str,
    #[case] fits: bool,
) {
    let mut observation = figure("ZWC2021-26", value, "%");
    observation.numerator = Some(decimal(numerator));
    observation.denominator = Some(decimal(denominator));
    assert_eq!(reasons(&observation).is_empty(), fits);
    if !fits {
        assert_eq!(reasons(&observation), [Reason::RatePartsMismatch]);
    }
}

#[test]
fn a_bound_must_hold_for_the_computed_rate_and_need_not_equal_it() {
    let mut observation = figure("ZWC2021-26", "35", "%");
    observation.qualifier = Qualifier::AtLeast;
    observation.numerator = Some(decimal("38"));
    observation.denominator = Some(decimal("100"));
    assert_eq!(reasons(&observation), []);
    observation.numerator = Some(decimal("34"));
    assert_eq!(reasons(&observation), [Reason::RatePartsMismatch]);
}

#[test]
fn an_intensity_agrees_with_its_parts_to_the_printed_digits() {
    let mut observation = figure("ZWC2021-01", "1.23", "吨/万元");
    observation.numerator = Some(decimal("12340"));
    observation.denominator = Some(decimal("10000"));
    assert_eq!(reasons(&observation), []);
    observation.numerator = Some(decimal("12400"));
    assert_eq!(reasons(&observation), [Reason::RatePartsMismatch]);
}

#[test]
fn a_denominator_of_zero_is_refused_and_points_to_not_applicable() {
    let mut observation = figure("ZWC2021-30", "10", "%");
    observation.numerator = Some(decimal("0"));
    observation.denominator = Some(decimal("0"));
    let faults = check(&observation).unwrap_err();
    assert_eq!(faults.0[0].field, "observation.denominator");
    assert!(faults.0[0].action.zh.contains("不适用"));
}

#[test]
fn a_numerator_comes_with_its_denominator() {
    let mut observation = figure("ZWC2021-26", "35", "%");
    observation.numerator = Some(decimal("35"));
    assert_eq!(reasons(&observation), [Reason::FieldRequired]);
}

#[rstest]
#[case(ObservationStatus::NotApplicable)]
#[case(ObservationStatus::NotCollected)]
#[case(ObservationStatus::Missing)]
fn missing_zero_and_not_applicable_are_three_things(#[case] status: ObservationStatus) {
    let mut observation = figure("ZWC2021-26", "0", "%");
    assert_eq!(reasons(&observation), [], "zero is a value");
    observation.status = status;
    assert_eq!(reasons(&observation), [Reason::ValueStatusConflict]);
    observation.value = None;
    observation.unit = Unit::NONE;
    assert_eq!(reasons(&observation), []);
    assert_eq!(check(&observation).unwrap().canonical_value, None);
    observation.status = ObservationStatus::Normal;
    assert_eq!(reasons(&observation), [Reason::ValueStatusConflict]);
}

#[test]
fn a_qualitative_indicator_takes_words_or_evidence_and_no_number() {
    let mut observation = figure("ZWC2021-38", "1", "—");
    assert_eq!(reasons(&observation), [Reason::ValueInvalid, Reason::EvidenceRequired]);
    observation.value = None;
    assert_eq!(reasons(&observation), [Reason::EvidenceRequired]);
    observation.evidence = vec![Evidence { title: "实施方案".to_owned(), ..Evidence::default() }];
    assert_eq!(reasons(&observation), []);
    observation.evidence.clear();
    observation.text_value = Some("已印发".to_owned());
    assert_eq!(reasons(&observation), []);
}

#[test]
fn only_a_target_may_lie_ahead() {
    let mut observation = figure("ZWC2021-26", "40", "%");
    observation.key.period = Period::parse("2025").unwrap();
    assert_eq!(reasons(&observation), [Reason::PeriodInFuture]);
    observation.key.measure = Measure::Target;
    assert_eq!(reasons(&observation), []);
    observation.key.measure = Measure::Actual;
    observation.key.period = Period::parse("../2025-06-10").unwrap();
    assert_eq!(reasons(&observation), []);
}

#[test]
fn stations_in_operation_are_not_those_of_another_scope() {
    let mut observation = figure("SX2025-01", "960", "家");
    observation.citation = citing("全市实际经营的再生资源回收站有960家");
    assert_eq!(reasons(&observation), [Reason::ScopeMismatch]);
    observation.key.scope = Scope::WholeCityOperating;
    assert_eq!(reasons(&observation), []);
    let mut rate = figure("ZWC2021-26", "35", "%");
    for scope in [Scope::WholeCityOperating, Scope::Unstated] {
        rate.key.scope = scope;
        assert_eq!(reasons(&rate), [Reason::ScopeMismatch]);
    }
}

#[test]
fn fiscal_support_is_refused_as_total_investment() {
    let mut observation = figure("ZWC2021-42", "11086", "万元");
    observation.citation = citing("争取到大规模设备更新超长期特别国债资金11086万元");
    assert_eq!(reasons(&observation), [Reason::IndicatorLabelMismatch]);
}

#[test]
fn another_indicators_name_is_refused() {
    let mut observation = figure("ZWC2021-19", "90", "%");
    observation.reported_label = "畜禽粪污综合利用率".to_owned();
    let faults = check(&observation).unwrap_err();
    assert!(faults.0[0].action.zh.contains("ZWC2021-20"));
}

#[test]
fn all_faults_come_at_once_each_with_field_rule_value_and_action_in_both_languages() {
    let mut observation = figure("ZWC2021-26", "135", "%");
    observation.key.region = region("140521");
    observation.key.scope = Scope::Unstated;
    observation.key.period = Period::parse("2026").unwrap();
    observation.reported_label = "资源化利用率".to_owned();
    let faults = check(&observation).unwrap_err().under("requests[3].");
    for reason in [
        Reason::RegionNotOwned,
        Reason::ScopeMismatch,
        Reason::PeriodInFuture,
        Reason::RateOutOfRange,
        Reason::IndicatorLabelMismatch,
    ] {
        assert!(faults.has(reason), "{reason}");
    }
    for fault in &faults {
        assert!(fault.field.starts_with("requests[3].observation."), "{}", fault.field);
        for text in [&fault.rule.zh, &fault.rule.en, &fault.action.zh, &fault.action.en, &fault.value] {
            assert!(!text.is_empty(), "{fault:?}");
        }
        assert!(fault.rule.en.is_ascii() || fault.rule.en.contains('%') || fault.rule.en.contains('"'));
    }
}

#[test]
fn two_figures_of_one_batch_never_share_a_key() {
    let (catalogue, regions) = (catalogue(), regions());
    let ctx = taiyuan(&catalogue, &regions);
    let one = figure("ZWC2021-26", "35", "%");
    let other = figure("ZWC2021-26", "36", "%");
    let faults = check_observations(&[one.clone(), figure("ZWC2021-15", "200", "%"), other], &ctx).unwrap_err();
    let found: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.reason)).collect();
    assert_eq!(
        found,
        [
            ("requests[1].observation.value.value", Reason::RateOutOfRange),
            ("requests[2].observation", Reason::DuplicateInBatch)
        ]
    );
    assert_eq!(check_observations(&[one], &ctx).unwrap().len(), 1);
}

#[test]
fn a_checked_figure_survives_json_exactly() {
    let mut observation = figure("ZWC2021-26", "35.10", "%");
    observation.citation = citing("x");
    observation.evidence = vec![Evidence { issued: Some(date("2024-08-21")), ..Evidence::default() }];
    let checked = check(&observation).unwrap();
    let json = serde_json::to_string(&checked).unwrap();
    assert!(json.contains("\"35.10\""), "values are text, never floats: {json}");
    assert_eq!(serde_json::from_str::<Observation>(&json).unwrap(), checked);
    assert_eq!(checked.unit, unit("%"));
}
