//! Awkward cells, each with its expected reading. Each case is a workbook of its own.

use rstest::rstest;
use workbook::{Certainty, Column, Severity};

use crate::support::{
    Put::{self, As, Bool, Calc, Day, None as Nothing, Num, Text},
    cell, gist, read_row, row, with,
};

/// 生活垃圾回收利用率, in %.
const RATE: &str = "ZWC2021-26";
/// 生活垃圾清运量, in 万吨.
const AMOUNT: &str = "ZWC2021-11";
/// 项目投资总额, in 亿元.
const MONEY: &str = "ZWC2021-42";
/// 骨干企业数量, in 家.
const COUNT: &str = "ZWC2021-48";
/// 产生强度, in 吨/万元.
const INTENSITY: &str = "ZWC2021-01";

#[rstest]
// Bounds.
#[case(RATE, Text("35%以上"), "%", "≥35 %")]
#[case(RATE, Text("≥35"), "%", "≥35 %")]
#[case(RATE, Text("不低于35"), "%", "≥35 %")]
#[case(RATE, Text("超过35%"), "%", "≥35 %")]
#[case(RATE, Text(">=35%"), "%", "≥35 %")]
#[case(RATE, Text("达35"), "%", "?")]
#[case(RATE, Text("不高于35%"), "%", "≤35 %")]
#[case(RATE, Text("35%以内"), "%", "≤35 %")]
#[case(RATE, Text("约35"), "%", "≈35 %")]
#[case(RATE, Text("35%左右"), "%", "≈35 %")]
#[case(RATE, Text("不低于35%以上"), "%", "≥35 %")]
#[case(RATE, Text("约35%以上"), "%", "?")]
#[case(RATE, Text("35—40%"), "%", "?")]
#[case(RATE, Text("35~40"), "%", "?")]
#[case(RATE, Text("35至40"), "%", "?")]
#[case(RATE, Text("35±2"), "%", "?")]
// Full width, invisible characters, odd signs.
#[case(AMOUNT, Text("１２３"), "万吨", "123 万吨")]
#[case(RATE, Text("３５．２％"), "%", "35.2 %")]
#[case(RATE, Text("≥　３５　％"), "%", "≥35 %")]
#[case(RATE, Text("\u{feff}35.2\u{200b}"), "%", "35.2 %")]
#[case(RATE, Text("＞＝35"), "%", "≥35 %")]
#[case("ZWC2021-27", Text("−3.2"), "%", "-3.2 %")]
#[case("ZWC2021-27", Text("－3.2%"), "%", "-3.2 %")]
#[case(RATE, Text("3⁵"), "%", "?")]
#[case(COUNT, Text("①"), "家", "?")]
#[case(RATE, Text("35½"), "%", "?")]
// Grouping.
#[case(AMOUNT, Text("1,234.5"), "万吨", "1234.5 万吨")]
#[case(AMOUNT, Text("1 234"), "万吨", "1234 万吨")]
#[case(AMOUNT, Text("1，234，567"), "万吨", "1234567 万吨")]
#[case(AMOUNT, Text("1'234"), "万吨", "1234 万吨")]
#[case(AMOUNT, Text("12,34.5"), "万吨", "?")]
#[case(AMOUNT, Text("35,5"), "万吨", "?")]
#[case(AMOUNT, Text("1.234,5"), "万吨", "?")]
#[case(AMOUNT, Text("1,2345"), "万吨", "?")]
#[case(AMOUNT, Text("1.2.3"), "万吨", "?")]
#[case(AMOUNT, Text("12."), "万吨", "?")]
#[case(AMOUNT, Text(".5"), "万吨", "0.5 万吨")]
#[case(AMOUNT, Text("1.2E+2"), "万吨", "120 万吨")]
// Units and words of magnitude.
#[case(AMOUNT, Text("约2.5万吨"), "万吨", "≈2.5 万吨")]
#[case(AMOUNT, Text("250"), "万吨", "250 万吨")]
#[case(AMOUNT, Text("2500000吨"), "万吨", "2500000 吨")]
#[case(AMOUNT, Text("2.5万"), "吨", "25000 吨")]
#[case(AMOUNT, Text("2.5万"), "万吨", "?")]
#[case(AMOUNT, Text("2.5万吨"), "亿吨", "?")]
#[case(AMOUNT, Text("3千吨"), "", "3000 吨")]
#[case(AMOUNT, Num(250.0), "", "?")]
#[case(AMOUNT, Num(250.0), "顿", "!")]
#[case(AMOUNT, Text("250万吨/年"), "万吨", "!")]
#[case(RATE, Text("21个"), "%", "!")]
#[case(MONEY, Text("1.2亿元"), "亿元", "1.2 亿元")]
#[case(MONEY, Text("11086万元"), "亿元", "11086 万元")]
#[case(MONEY, Text("1.2亿"), "元", "120000000 元")]
#[case(MONEY, Text("1.2亿"), "亿元", "?")]
#[case(MONEY, Text("3百万元"), "", "3000000 元")]
#[case(COUNT, Text("21个"), "家", "21 个")]
#[case(COUNT, Text("21家企业"), "家", "?")]
#[case(COUNT, Text("30多"), "家", "?")]
#[case(INTENSITY, Text("0.35吨/万元"), "吨/万元", "0.35 吨/万元")]
#[case(INTENSITY, Text("0.35t／万元"), "吨/万元", "0.35 吨/万元")]
#[case(RATE, Text("350‰"), "%", "350 ‰")]
// Chinese numerals.
#[case(RATE, Text("百分之三十五"), "%", "35 %")]
#[case(RATE, Text("百分之35以上"), "%", "≥35 %")]
#[case(COUNT, Text("二十一"), "家", "21 家")]
#[case(COUNT, Text("叁拾伍家"), "家", "35 家")]
#[case(AMOUNT, Text("三万吨"), "万吨", "30000 吨")]
#[case(COUNT, Text("一百二"), "家", "?")]
#[case(COUNT, Text("三五"), "家", "?")]
#[case(COUNT, Text("十几"), "家", "?")]
#[case(RATE, Text("三成"), "%", "?")]
#[case(RATE, Text("三十五点二"), "%", "?")]
// Number formats.
#[case(RATE, As(0.35, "0%"), "%", "35 %")]
#[case(RATE, As(0.352, "0.00%"), "%", "35.2 %")]
#[case(AMOUNT, As(0.35, "0%"), "万吨", "!")]
#[case(AMOUNT, As(250.0, "0\"万吨\""), "万吨", "250 万吨")]
#[case(MONEY, As(25_000.0, "0!.0,"), "万元", "?")]
#[case(AMOUNT, As(250_000.0, "#,##0,"), "吨", "?")]
#[case(AMOUNT, As(1234.5, "#,##0.0"), "万吨", "1234.5 万吨")]
// What a spreadsheet program makes of it.
#[case(RATE, Num(35.2), "%", "35.2 %")]
#[case(RATE, Day(2025, 3, 5), "%", "?")]
#[case(RATE, Bool(true), "%", "?")]
#[case(RATE, Calc("=0.1+0.2", "0.30000000000000004"), "%", "0.3 %")]
#[case(RATE, Calc("=100/3", "33.333333333333336"), "%", "33.3333333333333 %")]
#[case(RATE, Num(33.333_333_333_333_336), "%", "33.333333333333336 %")]
#[case(RATE, Calc("=1/0", "#DIV/0!"), "%", "!")]
#[case(RATE, Calc("=NA()", "#N/A"), "%", "!")]
#[case(RATE, Calc("=B9", ""), "%", "?")]
#[case(AMOUNT, Num(1e20), "万吨", "100000000000000000000 万吨")]
#[case(AMOUNT, Num(1e40), "万吨", "?")]
// Missing, not applicable and zero are three things.
#[case(AMOUNT, Num(0.0), "万吨", "0 万吨")]
#[case(AMOUNT, Text("零"), "万吨", "0 万吨")]
#[case(AMOUNT, Text("不适用"), "万吨", "[M]")]
#[case(AMOUNT, Text("不涉及"), "万吨", "[M]")]
#[case(AMOUNT, Text("暂无数据"), "万吨", "[L]")]
#[case(AMOUNT, Text(" 未统计。"), "万吨", "[L]")]
#[case(AMOUNT, Text("缺报"), "万吨", "[O]")]
#[case(AMOUNT, Text("—"), "万吨", "?")]
#[case(AMOUNT, Text("-"), "万吨", "?")]
#[case(AMOUNT, Text("无"), "万吨", "?")]
#[case(AMOUNT, Text("/"), "万吨", "?")]
#[case(AMOUNT, Text("N/A"), "万吨", "?")]
#[case(AMOUNT, Text("同上"), "万吨", "?")]
#[case(AMOUNT, Text("见附件"), "万吨", "?")]
#[case(AMOUNT, Text("？"), "万吨", "?")]
#[case(AMOUNT, Text("123（暂估）"), "万吨", "?")]
#[case(AMOUNT, Text("2024年为123"), "万吨", "?")]
// Judged by evidence.
#[case("ZWC2021-38", Text("已印发实施方案"), "", "“已印发实施方案”")]
#[case("ZWC2021-38", Text("不适用"), "", "[M]")]
fn a_cell_is_read_as_it_is_meant_or_asked_about(
    #[case] indicator: &'static str,
    #[case] value: Put,
    #[case] unit: &'static str,
    #[case] expected: &str,
) {
    let read = read_row(row(indicator, value, unit));
    assert_eq!(
        gist(&read),
        expected,
        "{:#?}",
        read.cells.iter().filter(|cell| !cell.findings.is_empty()).collect::<Vec<_>>()
    );
}

#[rstest]
#[case(Text("2024年12月31日"), "2024")]
#[case(Text("2024.12.31"), "2024")]
#[case(Text("2024-12-31"), "2024")]
#[case(Text("2024/12/31"), "2024")]
#[case(Text("20241231"), "2024")]
#[case(Num(20_241_231.0), "2024")]
#[case(Text("２０２４年１２月"), "2024")]
#[case(Text("2024年底"), "2024")]
#[case(Day(2024, 12, 31), "2024")]
#[case(Num(45_657.0), "2024")]
#[case(As(45_657.0, "yyyy\"年\"m\"月\"d\"日\""), "2024")]
#[case(Text("截至2024年9月30日"), "2024/2024-09-30")]
#[case(Day(2024, 9, 30), "2024/2024-09-30")]
#[case(Nothing, "2024")]
fn a_day_is_read_in_every_form(#[case] day: Put, #[case] period: &str) {
    let read = read_row(with(row(RATE, Num(35.0), "%"), "统计截止日", day));
    assert_eq!(read.observation.unwrap().key.period.to_string(), period);
}

#[rstest]
#[case(Text("24.12.31"), Severity::Question)]
#[case(Text("12/31/2024"), Severity::Question)]
#[case(Text("2024年13月1日"), Severity::Question)]
#[case(Text("上半年"), Severity::Question)]
#[case(Day(2025, 1, 1), Severity::Fault)]
#[case(Text("2023年12月31日"), Severity::Fault)]
fn a_day_that_is_not_sure_or_outside_the_period_is_not_taken(#[case] day: Put, #[case] severity: Severity) {
    let read = read_row(with(row(RATE, Num(35.0), "%"), "统计截止日", day));
    assert_eq!(cell(&read, Column::AsOf).severity(), Some(severity));
    assert!(read.observation.is_none());
}

#[rstest]
// 回收利用量 and 产生量, in 万吨.
#[case(Text("35"), Text("100"), Some(("35", "100")))]
#[case(Text("350000吨"), Text("100万吨"), Some(("35", "100")))]
#[case(Text("1,035"), Text("２９５７.１４"), Some(("1035", "2957.14")))]
#[case(Text("暂无数据"), Nothing, None)]
fn parts_are_read_in_the_units_of_the_definition(
    #[case] numerator: Put,
    #[case] denominator: Put,
    #[case] expected: Option<(&str, &str)>,
) {
    let cells = with(with(row(RATE, Text("35%"), "%"), "分子", numerator), "分母", denominator);
    let read = read_row(cells);
    let observation = read.observation.clone().unwrap();
    assert!(read.is_clear(), "{read:#?}");
    let found = observation.numerator.map(|value| value.normalize().to_string());
    assert_eq!(found.as_deref(), expected.map(|(numerator, _)| numerator));
    let found = observation.denominator.map(|value| value.normalize().to_string());
    assert_eq!(found.as_deref(), expected.map(|(_, denominator)| denominator));
}

#[rstest]
#[case("约35")]
#[case("35万")]
#[case("35亩")]
#[case("—")]
fn a_part_that_is_no_exact_number_is_asked_about(#[case] numerator: &'static str) {
    let read = read_row(with(with(row(RATE, Text("35%"), "%"), "分子", Text(numerator)), "分母", Num(100.0)));
    assert_eq!(cell(&read, Column::Numerator).severity(), Some(Severity::Question));
}

#[test]
fn a_dash_where_there_are_no_parts_is_no_question() {
    let read = read_row(with(with(row(AMOUNT, Num(165.0), "万吨"), "分子", Text("—")), "分母", Text("/")));
    assert_eq!(gist(&read), "165 万吨");
}

#[test]
fn the_understanding_is_told_in_words() {
    let words = |value: &'static str, unit| {
        let read = read_row(row(AMOUNT, Text(value), unit));
        let cell = cell(&read, Column::Value);
        assert_eq!(cell.certainty, Certainty::Converted);
        assert_eq!(cell.raw, value);
        cell.words.zh.clone()
    };
    assert_eq!(words("250万", "吨"), "2 500 000 吨 = 250 万吨");
    assert_eq!(words("≥250万吨", "万吨"), "≥250 万吨 = 2 500 000 吨（下限）");
    let read = read_row(row(RATE, Text("35%以上"), "%"));
    let words = &cell(&read, Column::Value).words;
    assert_eq!((words.zh.as_str(), words.en.as_str()), ("≥35%（下限）", "≥35% (a lower bound)"));
}

#[test]
fn the_columns_beside_the_value_are_heard_and_must_not_contradict_it() {
    let at_least = with(row(RATE, Num(35.0), "%"), "界限", Text("≥"));
    assert_eq!(gist(&read_row(at_least)), "≥35 %");
    let agree = with(row(RATE, Text("35以上"), "%"), "界限", Text("不低于"));
    assert_eq!(gist(&read_row(agree)), "≥35 %");
    let differ = with(row(RATE, Text("35以上"), "%"), "界限", Text("="));
    assert_eq!(gist(&read_row(differ)), "?");
    let provisional = read_row(with(row(RATE, Num(35.0), "%"), "数据状态", Text("暂定值")));
    assert_eq!(provisional.observation.unwrap().status, domain::ObservationStatus::Provisional);
    let missing = with(row(RATE, Nothing, "%"), "数据状态", Text("未采集"));
    assert_eq!(gist(&read_row(missing)), "[L]");
    let differ = with(row(RATE, Text("不适用"), "%"), "数据状态", Text("未采集"));
    assert_eq!(gist(&read_row(differ)), "?");
    let both = with(row(RATE, Num(35.0), "%"), "数据状态", Text("不适用"));
    assert_eq!(gist(&read_row(both)), "!");
}
