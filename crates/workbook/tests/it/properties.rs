//! Laws of reading.

use std::sync::LazyLock;

use domain::{IndicatorCode, Qualifier, Unit};
use proptest::prelude::*;
use rust_decimal::Decimal;
use workbook::{Amount, Column, Held, Shown, TextReading, read_amount};

use crate::support::{HEADS, Put, World, book, cell, fill, gist, read};

fn amount(text: &str) -> Amount {
    let reading = read_amount(text);
    let TextReading::Amount(amount) = reading else { panic!("{text}: {reading:?}") };
    amount
}

/// The text in full-width characters.
fn full_width(text: &str) -> String {
    text.chars()
        .map(|char| match char {
            '!'..='~' => char::from_u32(u32::from(char) + 0xFEE0).unwrap(),
            ' ' => '\u{3000}',
            other => other,
        })
        .collect()
}

fn decimals() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0_u32..10).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

proptest! {
    #[test]
    fn a_decimal_written_as_text_is_read_exactly(value in decimals()) {
        prop_assert_eq!(amount(&value.to_string()).value, value);
    }

    #[test]
    fn grouping_a_bound_and_a_unit_do_not_change_the_number(
        whole in 0_u64..1_000_000_000_000, cents in 0_u32..100, separator in prop::sample::select(vec![",", " ", "，", "'"]),
    ) {
        let digits = whole.to_string();
        let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
        let grouped = format!("{}.{cents:02}", groups.join(separator));
        let value: Decimal = format!("{whole}.{cents:02}").parse().unwrap();
        let read = amount(&format!("不低于 {grouped} 万吨"));
        prop_assert_eq!(read.value, value);
        prop_assert_eq!(read.qualifier, Some(Qualifier::AtLeast));
        prop_assert_eq!(read.unit, Unit::parse("万吨").ok());
    }

    #[test]
    fn a_text_and_its_full_width_form_are_read_alike(
        value in decimals(), before in prop::sample::select(vec!["", "约", ">=", "<", "≥"]),
        behind in prop::sample::select(vec!["", "%", " 万吨", "万", "t", "以上", "吨/日"]),
    ) {
        let text = format!("{before}{value}{behind}");
        let strip = |reading: TextReading| match reading {
            TextReading::Amount(amount) => Some((amount.value, amount.unit, amount.qualifier)),
            TextReading::Empty | TextReading::Missing(_) | TextReading::Unsure { .. } => None,
        };
        prop_assert_eq!(strip(read_amount(&text)), strip(read_amount(&full_width(&text))));
    }

    /// Whatever is written: an answer or a question, and never a panic. A number never comes out of a text without digits
    /// or numerals.
    #[test]
    fn any_text_is_read_or_asked_about(text in "\\PC{0,12}") {
        if let TextReading::Amount(_) = read_amount(&text) {
            let digits = text.chars().any(|char| char.is_numeric() || "零〇一二两三四五六七八九十壹贰叁肆伍陆柒捌玖拾".contains(char));
            prop_assert!(digits, "{}", text);
        }
        let _either = workbook::read_date(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The shortest decimal of a binary number is what the file has; nothing is rounded on the way.
    #[test]
    fn a_number_in_a_cell_is_read_exactly_as_its_decimal(value in prop_oneof![
        -1e12_f64..1e12, -1.0_f64..1.0, any::<i32>().prop_map(f64::from), (any::<i32>(), 0_u8..9).prop_map(|(digits, scale)| {
            format!("{digits}e-{scale}").parse::<f64>().unwrap()
        }),
    ]) {
        let world = World::new();
        let expected = Decimal::from_str_exact(&format!("{value}"));
        prop_assume!(expected.is_ok());
        // A rate of growth may be anything.
        let cells = vec![Put::Text("ZWC2021-27"), Put::Text("全市"), Put::Num(value), Put::Text("%")];
        let reading = read(&book(&HEADS, &[cells]), &world.taiyuan()).unwrap();
        prop_assert_eq!(reading.rows[0].observation.as_ref().unwrap().value, expected.ok());
    }
}

/// Taiyuan's template, made once.
static TEMPLATE: LazyLock<Vec<u8>> = LazyLock::new(|| workbook::template(&World::new().taiyuan(), &[]).unwrap());

proptest! {
    // Each case writes and reads two whole workbooks.
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_filled_template_gives_back_what_was_filled(
        permille in 0_u32..=1000, tonnes in 0_u64..1_000_000_000, count in 0_u32..100_000, text in "[a-z一-龥]{1,12}",
        at_least in any::<bool>(),
    ) {
        let world = World::new();
        let round = world.taiyuan();
        let percent = Decimal::new(i64::from(permille), 1);
        let rate = if at_least { format!("{percent}%以上") } else { format!("{percent}") };
        let whole = || Held::Text("全市".into());
        let filled = fill(&TEMPLATE, &round, &[
            ("ZWC2021-26", Column::Scope, whole()),
            ("ZWC2021-26", Column::Value, Held::Text(rate)),
            ("ZWC2021-11", Column::Scope, whole()),
            ("ZWC2021-11", Column::Value, Held::Text(tonnes.to_string())),
            ("ZWC2021-11", Column::Unit, Held::Text("吨".into())),
            ("ZWC2021-48", Column::Scope, whole()),
            ("ZWC2021-48", Column::Value, Held::Number { value: f64::from(count), shown: Shown::Plain }),
            ("ZWC2021-38", Column::Scope, whole()),
            ("ZWC2021-38", Column::Value, Held::Text(format!("文{text}"))),
        ]);
        let reading = read(&filled, &round).unwrap();
        prop_assert!(reading.may_be_sent(), "{:?}", reading.rows.iter().filter(|row| !row.is_clear()).collect::<Vec<_>>());
        let of = |code: &str| {
            let code = IndicatorCode::parse(code).unwrap();
            reading.observations().map(|(_, found)| found).find(|found| found.key.indicator == code).unwrap()
        };
        let bound = if at_least { Qualifier::AtLeast } else { Qualifier::Equal };
        prop_assert_eq!((of("ZWC2021-26").value, of("ZWC2021-26").qualifier), (Some(percent), bound));
        prop_assert_eq!(of("ZWC2021-11").value, Some(Decimal::from(tonnes)));
        prop_assert_eq!(of("ZWC2021-11").canonical_value.map(|value| value * Decimal::from(10_000)), Some(Decimal::from(tonnes)));
        prop_assert_eq!(of("ZWC2021-48").value, Some(Decimal::from(count)));
        let qualitative = of("ZWC2021-38").text_value.clone();
        prop_assert_eq!(qualitative, Some(format!("文{text}")));
        prop_assert_eq!(reading.counts().filled, 4);
        prop_assert!(reading.rows.iter().all(|row| row.filled || gist(row) == "nothing" && cell(row, Column::Value).held == Held::Empty));
    }
}
