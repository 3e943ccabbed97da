//! Laws of identifiers, periods, units and money.

use std::collections::BTreeSet;

use crate::support::{catalogue, date, decimal, regions, unit};
use domain::{
    DepartmentId, Dimension, IndicatorCode, Measure, Money, MoneyError, ObservationKey, Period, Quantity, Reason,
    RegionCode, ResourceName, Scope, Unit, UnitError, check_id, convert_exact, etag,
};
use proptest::prelude::*;
use rstest::rstest;
use rust_decimal::Decimal;

fn span() -> impl Strategy<Value = String> {
    (1900..=2999_i32, 0..5_u8, 1..=12_u32, 1..=28_u32).prop_map(|(year, form, month, day)| match form {
        0 => format!("{year}"),
        1 => format!("{year}-H{}", month % 2 + 1),
        2 => format!("{year}-Q{}", month % 4 + 1),
        3 => format!("{year}-{month:02}"),
        _ => format!("{year}-{month:02}-{day:02}"),
    })
}

fn period() -> impl Strategy<Value = String> {
    prop_oneof![
        span(),
        span().prop_map(|end| format!("../{end}")),
        (span(), span()).prop_map(|(a, b)| format!("{a}/{b}"))
    ]
}

proptest! {
    #[test]
    fn a_period_reads_back_as_it_was_written(text in period()) {
        if let Ok(period) = Period::parse(&text) {
            prop_assert_eq!(period.to_string(), text.clone());
            prop_assert!(check_id(&period.id_part()).is_ok());
            prop_assert!(!period.id_part().contains("--"));
            prop_assert!(period.start().is_none_or(|start| start <= period.end()));
            let json = serde_json::to_string(&period).unwrap();
            prop_assert_eq!(serde_json::from_str::<Period>(&json).unwrap(), period);
        } else {
            prop_assert!(text.contains('/'), "only an interval that ends before it starts is refused: {}", text);
        }
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in ".{0,40}") {
        let _ = Period::parse(&text);
        let _ = Unit::parse(&text);
        let _ = ResourceName::parse(&text);
        let _ = ResourceName::parse_revision(&text);
        let _ = DepartmentId::parse(&text);
    }

    #[test]
    fn a_resource_name_reads_back_as_it_was_written(
        department in "ecology|commerce|scitech|aggregator|city-[0-9]{6}",
        collection in "[a-z][a-zA-Z]{0,20}",
        id in "[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?",
        revision in 1..u32::MAX,
    ) {
        let text = format!("departments/{department}/{collection}/{id}");
        let name = ResourceName::parse(&text).unwrap();
        prop_assert_eq!(name.to_string(), text);
        prop_assert_eq!(ResourceName::parse_revision(&name.at_revision(revision)).unwrap(), (name, Some(revision)));
    }

    #[test]
    fn conversion_is_exact_and_reversible(mantissa in -1_000_000_000_i64..1_000_000_000, scale in 0..6_u32, a in 0..100_usize, b in 0..100_usize) {
        let units: Vec<_> = Unit::all().collect();
        let (from, to) = (units[a % units.len()], units[b % units.len()]);
        let value = Decimal::new(mantissa, scale);
        match convert_exact(value, from, to) {
            Ok(converted) => {
                prop_assert_eq!(from.dimension(), to.dimension());
                prop_assert_eq!(convert_exact(converted, to, from), Ok(value));
            }
            Err(UnitError::Dimension { .. }) => prop_assert_ne!(from.dimension(), to.dimension()),
            Err(UnitError::Inexact { .. }) => prop_assert_eq!(from.dimension(), Dimension::Area, "only 亩 has no finite factor"),
            Err(UnitError::Unknown(_)) => prop_assert!(false),
        }
    }

    #[test]
    fn money_is_exact_in_every_unit(fen in 0..1_000_000_000_000_000_i64) {
        let money = Money::from_yuan(Decimal::new(fen, 2)).unwrap();
        for symbol in ["元", "万元", "亿元"] {
            let quantity = money.to(unit(symbol)).unwrap();
            prop_assert_eq!(Money::from_quantity(quantity), Ok(money));
        }
        prop_assert_eq!(money.checked_add(money).unwrap().checked_sub(money), Some(money));
        let json = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
    }
}

#[rstest]
#[case("2024", Some("2024-01-01"), "2024-12-31", "2024", Some("2024"))]
#[case("2024-H1", Some("2024-01-01"), "2024-06-30", "2024-h1", Some("2024-S1"))]
#[case("2024-Q3", Some("2024-07-01"), "2024-09-30", "2024-q3", Some("2024-Q3"))]
#[case("2024-02", Some("2024-02-01"), "2024-02-29", "2024-02", Some("2024-02"))]
#[case("2025-06-10", Some("2025-06-10"), "2025-06-10", "2025-06-10", Some("2025-06-10"))]
#[case("2021/2025-06-10", Some("2021-01-01"), "2025-06-10", "2021-to-2025-06-10", None)]
#[case("../2025-06-10", None, "2025-06-10", "until-2025-06-10", None)]
fn each_form_of_period_has_its_days(
    #[case] text: &str,
    #[case] start: Option<&str>,
    #[case] end: &str,
    #[case] id: &str,
    #[case] sdmx: Option<&str>,
) {
    let period = Period::parse(text).unwrap();
    assert_eq!(period.start(), start.map(date));
    assert_eq!(period.end(), date(end));
    assert_eq!(period.id_part(), id);
    assert_eq!(period.sdmx().as_deref(), sdmx);
    assert!(!period.is_future(date(end)));
    assert!(period.is_future(date(end).pred_opt().unwrap()));
}

#[rstest]
#[case("2024", "2024-Q3", true)]
#[case("2024", "2023", false)]
#[case("2024", "2024-12-31", true)]
#[case("2024-H1", "2024-Q3", false)]
#[case("../2025-06-10", "2021", true)]
#[case("../2025-06-10", "2025-Q4", false)]
#[case("2021/2025-06-10", "2025", true)]
fn periods_overlap_when_they_have_a_day_in_common(#[case] one: &str, #[case] other: &str, #[case] overlap: bool) {
    let (one, other) = (Period::parse(one).unwrap(), Period::parse(other).unwrap());
    assert_eq!((one.overlaps(&other), other.overlaps(&one)), (overlap, overlap));
}

#[rstest]
#[case("")]
#[case("2024年")]
#[case("2024-H3")]
#[case("2024-Q0")]
#[case("2024-13")]
#[case("2024-6")]
#[case("2025-02-29")]
#[case("24")]
#[case("2025/2021")]
#[case("2021/..")]
#[case("../..")]
#[case("2021/2022/2023")]
#[case("２０２４")]
#[case(" 2024")]
fn other_spellings_of_a_period_are_refused(#[case] text: &str) {
    assert!(Period::parse(text).is_err());
}

#[rstest]
#[case("departments/ecology/observations/A")]
#[case("departments/ecology/observations/-a")]
#[case("departments/ecology/observations/")]
#[case("departments/ecology/Observations/a")]
#[case("departments/finance/observations/a")]
#[case("departments/city-14010/observations/a")]
#[case("departments/ecology/observations/a/b")]
#[case("departments/ecology/observations")]
#[case("ecology/observations/a")]
fn malformed_names_are_refused(#[case] text: &str) {
    assert!(ResourceName::parse(text).is_err());
}

#[rstest]
#[case("departments/ecology/observations/a@0")]
#[case("departments/ecology/observations/a@01")]
#[case("departments/ecology/observations/a@+1")]
#[case("departments/ecology/observations/a@")]
fn malformed_revisions_are_refused(#[case] text: &str) {
    assert!(ResourceName::parse_revision(text).is_err());
}

#[test]
fn an_id_is_at_most_128_characters() {
    assert!(check_id(&"a".repeat(128)).is_ok());
    assert!(check_id(&"a".repeat(129)).is_err());
}

#[test]
fn the_longest_observation_id_of_the_catalogue_is_an_id() {
    let catalogue = catalogue();
    for definition in catalogue.iter() {
        let key = ObservationKey {
            indicator: definition.code.clone(),
            region: RegionCode::parse("140100").unwrap(),
            period: Period::parse("2021-01-01/2025-06-10").unwrap(),
            scope: Scope::WholeCityOperating,
            measure: Measure::Baseline,
        };
        assert_eq!(check_id(&key.id()), Ok(()));
    }
}

#[test]
fn an_observation_id_names_its_key() {
    let key = ObservationKey {
        indicator: IndicatorCode::parse("ZWC2021-26").unwrap(),
        region: RegionCode::parse("140100").unwrap(),
        period: Period::parse("2025").unwrap(),
        scope: Scope::WholeCity,
        measure: Measure::Actual,
    };
    assert_eq!(key.id(), "zwc2021-26--140100--2025--whole-city--actual");
}

#[rstest]
#[case("1.5", "万吨", "吨", "15000")]
#[case("15000", "吨", "万吨", "1.5")]
#[case("1", "亿吨", "万吨", "10000")]
#[case("1", "千克", "吨", "0.001")]
#[case("3", "亩", "平方米", "2000")]
#[case("15", "亩", "公顷", "1")]
#[case("250", "万吨/年", "吨/年", "2500000")]
#[case("1.2", "吨/万元", "吨/亿元", "12000")]
#[case("0.5", "万人", "人", "5000")]
#[case("5", "家", "个", "5")]
fn units_of_one_dimension_convert_exactly(
    #[case] value: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] result: &str,
) {
    assert_eq!(convert_exact(decimal(value), unit(from), unit(to)), Ok(decimal(result)));
}

#[test]
fn what_has_no_exact_decimal_is_an_error_and_never_rounded() {
    let (mu, square_metre) = (unit("亩"), unit("平方米"));
    assert!(matches!(convert_exact(Decimal::ONE, mu, square_metre), Err(UnitError::Inexact { .. })));
    assert!(matches!(convert_exact(Decimal::MAX, unit("亿吨"), unit("千克")), Err(UnitError::Inexact { .. })));
}

#[rstest]
#[case("吨", "元")]
#[case("万吨/年", "万吨")]
#[case("吨/日", "吨/年")]
#[case("%", "百分点")]
#[case("个", "%")]
fn units_of_two_dimensions_do_not_convert(#[case] from: &str, #[case] to: &str) {
    assert!(matches!(convert_exact(Decimal::ONE, unit(from), unit(to)), Err(UnitError::Dimension { .. })));
}

#[test]
fn every_spelling_of_a_unit_is_unique_and_reads_back() {
    let mut seen = BTreeSet::new();
    for unit in Unit::all() {
        assert!(seen.insert(unit.zh()) && seen.insert(unit.code()), "{unit}");
        assert_eq!(Unit::parse(unit.zh()), Ok(unit));
        assert_eq!(Unit::parse(unit.code()), Ok(unit));
    }
    assert_eq!(Unit::parse(" ％ ").unwrap(), unit("%"));
    assert_eq!(Unit::parse("㎡").unwrap(), unit("平方米"));
    assert!(Unit::parse("顿").is_err());
}

#[rstest]
#[case("2470", "万元", "2470万元", "24.7 million yuan")]
#[case("11086", "万元", "1.1086亿元", "110.86 million yuan")]
#[case("0.2525", "亿元", "2525万元", "25.25 million yuan")]
#[case("350.50", "元", "350.5元", "350.5 yuan")]
#[case("0", "元", "0元", "0 yuan")]
fn money_reads_as_people_write_it(#[case] amount: &str, #[case] symbol: &str, #[case] zh: &str, #[case] en: &str) {
    let money = Money::from_unit(decimal(amount), symbol).unwrap();
    assert_eq!(money.display_zh(), zh);
    assert_eq!(money.display_en(), en);
}

#[rstest]
#[case("-1", "元", MoneyError::Negative(Decimal::NEGATIVE_ONE))]
#[case("0.001", "元", MoneyError::FinerThanFen(Decimal::new(1, 3)))]
#[case("1", "美元", MoneyError::Unit("美元".to_owned()))]
#[case("1", "吨", MoneyError::Unit("吨".to_owned()))]
fn what_is_no_amount_of_yuan_is_refused(#[case] amount: &str, #[case] symbol: &str, #[case] error: MoneyError) {
    assert_eq!(Money::from_unit(decimal(amount), symbol), Err(error));
}

#[test]
fn money_too_large_is_refused() {
    let most = Quantity::new(Decimal::MAX, unit("亿元"));
    assert_eq!(Money::from_quantity(most), Err(MoneyError::TooLarge));
    let most = Money::from_yuan(Decimal::MAX).unwrap();
    assert_eq!(Money::sum([most, most]), Err(MoneyError::TooLarge));
}

#[test]
fn a_tag_depends_on_origin_index_and_position() {
    let (ecology, commerce) = (DepartmentId::ecology(), DepartmentId::commerce());
    let tags = [
        etag(&ecology, 1, 0),
        etag(&commerce, 1, 0),
        etag(&ecology, 2, 0),
        etag(&ecology, 1, 1),
        etag(&ecology, 11, 0),
    ];
    assert_eq!(tags.iter().collect::<BTreeSet<_>>().len(), tags.len());
    assert_eq!(etag(&ecology, 1, 0), tags[0]);
    assert!(tags.iter().all(|tag| tag.len() == 32));
}

#[test]
fn the_region_table_is_the_provinces() {
    let regions = regions();
    assert_eq!(regions.iter().count(), 129);
    assert_eq!(regions.cities().count(), 11);
    let (province, taiyuan, wanbailin) =
        (crate::support::region("140000"), crate::support::region("140100"), crate::support::region("140109"));
    assert_eq!(regions.children(&taiyuan).count(), 10);
    assert!(regions.is_within(&wanbailin, &taiyuan) && regions.is_within(&wanbailin, &province));
    assert!(regions.is_within(&taiyuan, &taiyuan));
    assert!(!regions.is_within(&taiyuan, &wanbailin));
    assert_eq!(DepartmentId::city(&taiyuan).city_region(), Some(taiyuan));
}

#[rstest]
#[case::level("code,name_zh,name_en,level,parent_code\n140000,山西省,,state,\n", 2)]
#[case::parent("code,name_zh,name_en,level,parent_code\n140000,山西省,,province,\n140109,万柏林区,,county,140000\n", 3)]
#[case::absent("code,name_zh,name_en,level,parent_code\n140100,太原市,,prefecture,140000\n", 2)]
#[case::twice("code,name_zh,name_en,level,parent_code\n140000,山西省,,province,\n140000,山西省,,province,\n", 3)]
fn a_faulty_region_table_names_the_line(#[case] text: &str, #[case] line: u64) {
    assert_eq!(domain::RegionTable::from_csv(text).unwrap_err().line, line);
}

#[test]
fn a_region_has_the_dates_it_was_in_force() {
    let text = "code,name_zh,name_en,level,parent_code,valid_from,valid_to\n140000,山西省,,province,,,2019-12-31\n";
    let table = domain::RegionTable::from_csv(text).unwrap();
    let province = table.get(&crate::support::region("140000")).unwrap();
    assert!(province.in_force(date("2019-12-31")) && !province.in_force(date("2020-01-01")));
}

#[test]
fn the_catalogue_has_58_official_indicators_25_of_them_mandatory() {
    let catalogue = catalogue();
    let official: Vec<_> = catalogue.iter().filter(|definition| definition.system == "MEE-2021").collect();
    assert_eq!(official.len(), 58);
    assert_eq!(catalogue.mandatory().count(), 25);
    assert_eq!(catalogue.iter().count(), 60);
    assert_eq!(catalogue.version(), "MEE-2021/unverified");
    let groups: BTreeSet<_> = official.iter().map(|definition| &definition.level1_code).collect();
    assert_eq!(groups.len(), 5);
    let seconds: BTreeSet<_> = official.iter().map(|definition| &definition.level2_code).collect();
    assert_eq!(seconds.len(), 17);
    for definition in catalogue.iter() {
        assert_eq!(definition.is_qualitative(), definition.unit == Unit::NONE, "{}", definition.code);
    }
}

#[test]
fn reasons_and_their_names_are_one_to_one() {
    let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
    for reason in Reason::ALL {
        assert_eq!(Reason::parse(reason.as_str()), Some(*reason));
    }
}

#[test]
fn the_contract_lists_exactly_these_reasons() {
    let proto = include_str!("../../../../proto/wufei/common/v1/error_reason.proto");
    let listed: Vec<_> = proto
        .lines()
        .filter_map(|line| line.trim().strip_prefix("ERROR_REASON_")?.split_once(" =").map(|(name, _)| name))
        .filter(|name| *name != "UNSPECIFIED")
        .collect();
    let ours: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(ours, listed);
}
