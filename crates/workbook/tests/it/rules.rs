//! The rules of the exchange, met in a workbook: each finding stands at its cell.

use domain::{IndicatorCode, Period, Quantity, Reason, RegionCode, Scope, Unit};
use rstest::rstest;
use workbook::{Column, LastValue, Reading, Round, Severity};

use crate::support::{
    HEADS,
    Put::{self, Num, Text},
    World, book, cell, gist, read, read_row, row, with,
};

/// The reasons found in a row with their columns.
fn reasons(reading: &Reading, row: usize) -> Vec<(Column, Reason)> {
    let cells = reading.rows[row].cells.iter();
    cells.flat_map(|cell| cell.findings.iter().filter_map(|finding| Some((cell.column, finding.reason?)))).collect()
}

#[rstest]
#[case("ZWC2021-26", "135", "%", Column::Value, Reason::RateOutOfRange)]
#[case("ZWC2021-26", "-1", "%", Column::Value, Reason::RateOutOfRange)]
#[case("ZWC2021-11", "-1", "万吨", Column::Value, Reason::ValueInvalid)]
#[case("ZWC2021-48", "2.5", "家", Column::Value, Reason::ValueInvalid)]
#[case("ZWC2021-11", "5", "%", Column::Unit, Reason::UnitMismatch)]
#[case("ZWC2021-11", "5", "万吨/年", Column::Unit, Reason::CapacityAsOutput)]
#[case("ZWC2021-99", "5", "%", Column::Code, Reason::IndicatorUnknown)]
#[case("SX2025-01", "5", "家", Column::Scope, Reason::ScopeMismatch)]
fn a_rule_of_the_exchange_is_reported_at_its_cell(
    #[case] indicator: &'static str,
    #[case] value: &'static str,
    #[case] unit: &'static str,
    #[case] column: Column,
    #[case] reason: Reason,
) {
    let world = World::new();
    let reading = read(&book(&HEADS, &[row(indicator, Text(value), unit)]), &world.taiyuan()).unwrap();
    assert_eq!(reasons(&reading, 0), [(column, reason)]);
    assert!(!reading.may_be_sent());
    let finding = &cell(&reading.rows[0], column).findings[0];
    assert!(!finding.rule.zh.is_empty() && !finding.rule.en.is_empty());
    assert!(!finding.action.zh.is_empty() && !finding.action.en.is_empty());
}

#[test]
fn a_rate_must_follow_from_its_parts() {
    // 1651.53 of 2399 is 68.84 %, and was printed as 69.21 %: the case of a published report.
    let cells = |value| with(with(row("ZWC2021-26", Text(value), "%"), "分子", Num(1651.53)), "分母", Num(2399.0));
    assert_eq!(gist(&read_row(cells("68.84"))), "68.84 %");
    let world = World::new();
    let reading = read(&book(&HEADS, &[cells("69.21")]), &world.taiyuan()).unwrap();
    assert_eq!(reasons(&reading, 0), [(Column::Value, Reason::RatePartsMismatch)]);
}

#[test]
fn a_part_without_the_other_is_asked_for() {
    let world = World::new();
    let reading = read(&book(&HEADS, &[with(row("ZWC2021-26", Text("35"), "%"), "分子", Num(1.0))]), &world.taiyuan());
    assert_eq!(reasons(&reading.unwrap(), 0), [(Column::Denominator, Reason::FieldRequired)]);
}

#[test]
fn a_rate_without_its_parts_may_be_sent_and_is_told_what_that_means() {
    let world = World::new();
    let reading = read(&book(&HEADS, &[row("ZWC2021-26", Text("35"), "%")]), &world.taiyuan()).unwrap();
    assert!(reading.may_be_sent());
    assert!(cell(&reading.rows[0], Column::Numerator).findings[0].rule.zh.contains("不能参加全省汇总"));
}

#[test]
fn a_row_given_twice_names_the_first_by_its_row() {
    let world = World::new();
    let rows =
        [row("ZWC2021-26", Text("35"), "%"), row("ZWC2021-11", Num(5.0), "万吨"), row("ZWC2021-26", Text("36"), "%")];
    let reading = read(&book(&HEADS, &rows), &world.taiyuan()).unwrap();
    assert_eq!(reasons(&reading, 2), [(Column::Code, Reason::DuplicateInBatch)]);
    let rule = &cell(&reading.rows[2], Column::Code).findings[0].rule;
    assert!(rule.zh.contains("第2行") && rule.en.contains("row 2"), "{rule:?}");
    assert!(reasons(&reading, 0).is_empty() && reasons(&reading, 1).is_empty());
}

#[test]
fn a_period_that_is_not_over_is_refused() {
    let world = World::new();
    let round = world.round("city-140100", "2025");
    let reading = read(&book(&HEADS, &[row("ZWC2021-26", Text("35"), "%")]), &round).unwrap();
    assert_eq!(reasons(&reading, 0), [(Column::AsOf, Reason::PeriodInFuture)]);
    let until = with(row("ZWC2021-26", Text("35"), "%"), "统计截止日", Text("2025-06-30"));
    assert!(read(&book(&HEADS, &[until]), &round).unwrap().may_be_sent());
}

#[test]
fn a_region_of_another_city_is_refused_and_a_county_needs_its_own_scope() {
    let world = World::new();
    let heads = ["指标代码", "行政区划", "统计范围", "填报值", "单位"];
    let of = |region, scope| {
        let rows = [vec![Text("ZWC2021-26"), Text(region), Text(scope), Num(35.0), Text("%")]];
        let reading = read(&book(&heads, &rows), &world.taiyuan()).unwrap();
        (reasons(&reading, 0), gist(&reading.rows[0]))
    };
    assert_eq!(of("140200 大同市", "全市").0, [(Column::Region, Reason::RegionNotOwned)]);
    assert_eq!(of("140171", "全市").0, [(Column::Region, Reason::RegionUnknown)]);
    assert_eq!(of("140109 万柏林区", "全市").0, [(Column::Region, Reason::RegionLevelMismatch)]);
    assert_eq!(of("万柏林区", "县区").1, "35 %");
    assert_eq!(of("太原", "主城区").1, "35 %");
    assert_eq!(of("火星", "全市").0, [(Column::Region, Reason::RegionUnknown)]);
}

#[test]
fn the_scope_is_chosen_by_the_clerk_and_not_by_the_program() {
    let world = World::new();
    let heads = ["指标代码", "统计范围", "填报值", "单位"];
    let of = |code, scope: Put, unit| {
        let rows = [vec![Text(code), scope, Num(35.0), Text(unit)]];
        read(&book(&heads, &rows), &world.taiyuan()).unwrap().rows.remove(0)
    };
    let asked = of("ZWC2021-26", Put::None, "%");
    let finding = &cell(&asked, Column::Scope).findings[0];
    assert_eq!((finding.severity, finding.expected.join(" ").as_str()), (Severity::Question, "全市 主城区"));
    assert_eq!(gist(&of("ZWC2021-26", Text("城里"), "%")), "!");
    assert_eq!(of("SX2025-01", Put::None, "家").observation.unwrap().key.scope, Scope::WholeCityOperating);
}

#[rstest]
#[case("资源化利用率", Some(Severity::Fault))]
#[case("生活垃圾分类覆盖率", Some(Severity::Question))]
#[case("生活垃圾回收利用率（不含厨余）", None)]
#[case("回收利用率", None)]
fn a_changed_name_is_compared_with_the_catalogue(#[case] name: &'static str, #[case] severity: Option<Severity>) {
    let world = World::new();
    let heads = ["指标代码", "指标名称", "统计范围", "填报值", "单位"];
    let rows = [vec![Text("ZWC2021-26"), Text(name), Text("全市"), Num(35.0), Text("%")]];
    let reading = read(&book(&heads, &rows), &world.taiyuan()).unwrap();
    assert_eq!(cell(&reading.rows[0], Column::Name).severity(), severity);
}

/// A round with a last value of an indicator for the whole city.
fn with_last<'a>(world: &'a World, code: &str, value: &str, unit: &str) -> Round<'a> {
    let mut round = world.taiyuan();
    let quantity = Quantity::new(value.parse().unwrap(), Unit::parse(unit).unwrap());
    let key = (IndicatorCode::parse(code).unwrap(), RegionCode::parse("140100").unwrap(), Scope::WholeCity);
    round.last.insert(key, LastValue { quantity, period: Period::parse("2023").unwrap() });
    round
}

#[rstest]
#[case("1650000", "", Some(Severity::Question), "165 万吨")]
#[case("1650000", "已核实：并入三个县", Some(Severity::Warning), "165 万吨")]
#[case("250", "", Some(Severity::Warning), "")]
#[case("250", "并入三个县", Some(Severity::Note), "")]
#[case("170", "", None, "")]
fn a_value_far_from_the_last_one_is_asked_about(
    #[case] value: &'static str,
    #[case] remark: &'static str,
    #[case] severity: Option<Severity>,
    #[case] meant: &str,
) {
    let world = World::new();
    // The last value was reported in another unit: 165 万吨.
    let round = with_last(world, "ZWC2021-11", "1650000", "吨");
    let cells = with(row("ZWC2021-11", Text(value), "万吨"), "备注", Text(remark));
    let reading = read(&book(&HEADS, &[cells]), &round).unwrap();
    let cell = cell(&reading.rows[0], Column::Value);
    assert_eq!(cell.severity(), severity);
    assert_eq!(cell.findings.first().map(|finding| finding.expected.join("")).unwrap_or_default(), meant);
    assert_eq!(reading.may_be_sent(), severity != Some(Severity::Question));
}

#[test]
fn a_percentage_typed_as_a_fraction_is_asked_about_where_the_last_value_tells() {
    let world = World::new();
    let rows = [row("ZWC2021-26", Num(0.36), "%")];
    let alone = read(&book(&HEADS, &rows), &world.taiyuan()).unwrap();
    assert_eq!(gist(&alone.rows[0]), "0.36 %");
    let beside = read(&book(&HEADS, &rows), &with_last(world, "ZWC2021-26", "35", "%")).unwrap();
    assert_eq!(cell(&beside.rows[0], Column::Value).findings[0].expected, ["36 %"]);
}

#[test]
fn counties_that_do_not_add_up_to_their_city_are_noticed() {
    let world = World::new();
    let heads = ["指标代码", "行政区划", "统计范围", "填报值", "单位"];
    let counties: Vec<_> = world
        .regions
        .iter()
        .filter(|region| region.parent.as_ref().is_some_and(|code| code.as_str() == "140100"))
        .collect();
    let of = |city: f64, counties: &[&'static str]| {
        let mut rows = vec![vec![Text("ZWC2021-11"), Text("140100"), Text("全市"), Num(city), Text("万吨")]];
        rows.extend(
            counties
                .iter()
                .map(|code| vec![Text("ZWC2021-11"), Text(code), Text("县区"), Text("100000吨"), Text("万吨")]),
        );
        let reading = read(&book(&heads, &rows), &world.taiyuan()).unwrap();
        assert!(reading.may_be_sent());
        cell(&reading.rows[0], Column::Value).severity()
    };
    let all = ["140105", "140106", "140107", "140108", "140109", "140110", "140121", "140122", "140123", "140181"];
    assert_eq!(counties.len(), all.len());
    assert_eq!(of(100.0, &all), None);
    assert_eq!(of(120.0, &all), Some(Severity::Warning));
    assert_eq!(of(120.0, &all[..3]), None);
    assert_eq!(of(20.0, &all[..3]), Some(Severity::Warning));
}
