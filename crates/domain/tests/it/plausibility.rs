//! Doubts beside the last value, the units of parts, and the scopes that may be chosen.

use domain::{DoubtKind, IndicatorCode, Level, Scope, Unit, admissible_scopes, doubt, doubt_sum};
use proptest::prelude::*;
use rstest::rstest;
use rust_decimal::Decimal;

use crate::support::{catalogue, decimal};

#[rstest]
// 生活垃圾清运量, 万吨.
#[case("ZWC2021-11", "1650000", "165", Some(DoubtKind::UnitFactor), Some("165"))]
#[case("ZWC2021-11", "0.0165", "165", Some(DoubtKind::UnitFactor), Some("165"))]
#[case("ZWC2021-11", "170", "165", None, None)]
#[case("ZWC2021-11", "250", "165", Some(DoubtKind::Jump), None)]
#[case("ZWC2021-11", "0", "165", Some(DoubtKind::Jump), None)]
#[case("ZWC2021-11", "165", "0", None, None)]
// 100 times is a jump and no factor of a unit.
#[case("ZWC2021-11", "16500", "165", Some(DoubtKind::Jump), None)]
// 生活垃圾回收利用率, %.
#[case("ZWC2021-26", "0.36", "35", Some(DoubtKind::Fraction), Some("36"))]
#[case("ZWC2021-26", "0.36", "0.4", None, None)]
#[case("ZWC2021-26", "36", "35", None, None)]
#[case("ZWC2021-26", "60", "35", Some(DoubtKind::Jump), None)]
// A rate of growth jumps by nature.
#[case("ZWC2021-27", "50", "3", None, None)]
fn a_value_is_doubted_beside_the_last_one(
    #[case] indicator: &str,
    #[case] value: &str,
    #[case] last: &str,
    #[case] kind: Option<DoubtKind>,
    #[case] meant: Option<&str>,
) {
    let catalogue = catalogue();
    let definition = catalogue.get(&IndicatorCode::parse(indicator).unwrap()).unwrap();
    let found = doubt(decimal(value), decimal(last), definition);
    assert_eq!(found.as_ref().map(|doubt| doubt.kind), kind);
    assert_eq!(found.and_then(|doubt| doubt.meant).map(|meant| meant.value), meant.map(decimal));
}

#[rstest]
#[case("ZWC2021-11", "165.3", &["100.1", "65.2"], true, false)]
#[case("ZWC2021-11", "165.3", &["100.1", "65.3"], true, false)]
#[case("ZWC2021-11", "165.3", &["100.1", "66.2"], true, true)]
#[case("ZWC2021-11", "165.3", &["100.1"], true, true)]
#[case("ZWC2021-11", "165.3", &["100.1"], false, false)]
#[case("ZWC2021-11", "165.3", &["166"], false, true)]
#[case("ZWC2021-48", "21", &["10", "12"], true, true)]
// Rates do not add up.
#[case("ZWC2021-26", "35", &["30", "40"], true, false)]
#[case("ZWC2021-11", "165.3", &[], true, false)]
fn counties_must_add_up_to_their_city(
    #[case] indicator: &str,
    #[case] whole: &str,
    #[case] parts: &[&str],
    #[case] complete: bool,
    #[case] doubted: bool,
) {
    let catalogue = catalogue();
    let definition = catalogue.get(&IndicatorCode::parse(indicator).unwrap()).unwrap();
    let parts: Vec<_> = parts.iter().map(|part| decimal(part)).collect();
    let found = doubt_sum(decimal(whole), &parts, complete, definition);
    assert_eq!(found.map(|doubt| doubt.kind), doubted.then_some(DoubtKind::SumOfParts));
}

#[rstest]
#[case("ZWC2021-26", Some("万吨"), Some("万吨"))]
#[case("ZWC2021-37", Some("吨"), Some("吨"))]
#[case("ZWC2021-05", Some("个"), Some("个"))]
#[case("ZWC2021-23", Some("千克/亩"), Some("千克/亩"))]
#[case("ZWC2021-35", None, None)]
#[case("ZWC2021-58", None, Some("人"))]
#[case("ZWC2021-38", None, None)]
fn a_parts_unit_stands_in_its_words(
    #[case] indicator: &str,
    #[case] numerator: Option<&str>,
    #[case] denominator: Option<&str>,
) {
    let catalogue = catalogue();
    let definition = catalogue.get(&IndicatorCode::parse(indicator).unwrap()).unwrap();
    assert_eq!(definition.numerator_unit(), numerator.map(|unit| Unit::parse(unit).unwrap()));
    assert_eq!(definition.denominator_unit(), denominator.map(|unit| Unit::parse(unit).unwrap()));
}

#[test]
fn the_scopes_of_a_city_are_those_that_its_rules_take() {
    let catalogue = catalogue();
    let of = |code: &str, level| admissible_scopes(catalogue.get(&IndicatorCode::parse(code).unwrap()).unwrap(), level);
    assert_eq!(of("ZWC2021-26", Level::Prefecture), [Scope::WholeCity, Scope::MainUrban]);
    assert_eq!(of("ZWC2021-26", Level::Province), [Scope::Province]);
    assert_eq!(of("SX2025-01", Level::Prefecture), [Scope::WholeCityOperating]);
    assert_eq!(of("SX2025-01", Level::County), []);
}

proptest! {
    #[test]
    fn a_small_change_is_never_doubted(last in 11_i64..1_000_000, permille in 701_i64..1300) {
        let catalogue = catalogue();
        let definition = catalogue.get(&IndicatorCode::parse("ZWC2021-11").unwrap()).unwrap();
        let (last, change) = (Decimal::from(last), Decimal::new(permille, 3));
        prop_assert_eq!(doubt(last * change, last, definition), None);
    }

    #[test]
    fn a_forgotten_wan_is_always_doubted(last in 1_i64..1_000_000, permille in 750_i64..1300) {
        let catalogue = catalogue();
        let definition = catalogue.get(&IndicatorCode::parse("ZWC2021-11").unwrap()).unwrap();
        let (last, change) = (Decimal::from(last), Decimal::new(permille, 3));
        let found = doubt(last * change * Decimal::from(10_000), last, definition);
        prop_assert_eq!(found.map(|doubt| doubt.kind), Some(DoubtKind::UnitFactor));
    }
}
