//! Laws that hold for any data.

use evaluation::{Cell, EvidenceState, Input, MissingState, Presence, Qualifier, Scheme, Value, evaluate};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::support::*;

const METHODS: [(&str, &str); 9] = [
    ("s1", "direction: higher_better, method: S1"),
    ("s2", "direction: lower_better, method: S2"),
    ("s3up", "direction: higher_better, method: S3"),
    ("s3down", "direction: lower_better, method: S3"),
    ("s4", "direction: higher_better, method: {id: S4, pass_line: 40}"),
    ("s5", "direction: higher_better, method: {id: S5, deduct_per_unit: 0.25}"),
    ("s6", "direction: qualitative, method: S6"),
    ("s7", "direction: qualitative, method: S7"),
    ("s8", "direction: higher_better, method: {id: S8, rate: decline, then: S1}"),
];

fn all_methods() -> Scheme {
    let rows: Vec<_> = METHODS.iter().map(|(id, rest)| (*id, if *id == "s8" { "20" } else { "10" }, *rest)).collect();
    scheme("0.5", &rows)
}

fn number() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        8 => (-2000i64..20000).prop_map(|n| Decimal::new(n, 2)),
        1 => Just(Decimal::ZERO),
        1 => Just(Decimal::MAX),
        1 => Just(Decimal::MIN),
        1 => Just(Decimal::new(1, 28)),
    ]
}

fn any_cell() -> impl Strategy<Value = Cell> {
    let qualifier =
        prop_oneof![Just(Qualifier::Equal), Just(Qualifier::AtLeast), Just(Qualifier::AtMost), Just(Qualifier::About)];
    let evidence = prop_oneof![Just(None), Just(Some(EvidenceState::Named)), Just(Some(EvidenceState::Accepted))];
    let presence = prop_oneof![
        8 => (number(), qualifier, evidence)
            .prop_map(|(value, qualifier, evidence)| Presence::Reported(Value { value, qualifier, evidence })),
        1 => Just(Presence::Missing(MissingState::Refused)),
        1 => Just(Presence::NotApplicable { reason: "无".into() }),
    ];
    let optional = || proptest::option::of(number());
    (presence, optional(), optional()).prop_map(|(presence, target, baseline)| Cell {
        presence,
        target,
        baseline,
        source: None,
        marks: Vec::new(),
    })
}

fn any_input() -> impl Strategy<Value = Vec<(String, &'static str, Cell)>> {
    let ids = proptest::sample::select(METHODS.map(|(id, _)| id).to_vec());
    proptest::collection::vec((0u8..6, ids, any_cell()), 0..60)
        .prop_map(|cells| cells.into_iter().map(|(unit, id, cell)| (format!("u{unit}"), id, cell)).collect())
}

fn build(cells: &[(String, &'static str, Cell)]) -> Input {
    let mut built = input(&[]);
    for (unit, indicator, cell) in cells {
        if !built.units.iter().any(|known| known.id == *unit) {
            built.units.push(evaluation::Unit { id: unit.clone(), name: format!("单位{unit}") });
        }
        built.cells.entry((unit.clone(), (*indicator).to_owned())).or_insert_with(|| cell.clone());
    }
    built
}

/// The share of the marks that one item earns.
fn share(rest: &str, value: Decimal, target: Decimal, baseline: Decimal) -> Decimal {
    let scheme = scheme("0", &[("i", "100", rest)]);
    let cell = Cell {
        target: Some(target),
        baseline: Some(baseline),
        ..Cell::of(Presence::Reported(Value { evidence: Some(EvidenceState::Accepted), ..Value::exactly(value) }))
    };
    run(&scheme, &[("u", "i", cell)]).units[0].items[0].share
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_data_makes_the_engine_panic_or_leave_its_range(cells in any_input()) {
        let scheme = all_methods();
        let result = evaluate(&scheme, &build(&cells)).unwrap();
        for unit in &result.units {
            prop_assert!(unit.score >= Decimal::ZERO && unit.score <= Decimal::ONE_HUNDRED);
            prop_assert_eq!(unit.grade.is_some(), unit.ranked);
            prop_assert_eq!(unit.rank.is_some(), unit.ranked);
            for item in &unit.items {
                prop_assert!(item.capped_score >= Decimal::ZERO && item.capped_score <= item.weight);
                prop_assert!(item.share >= Decimal::ZERO && item.share <= Decimal::ONE);
            }
        }
    }

    #[test]
    fn the_same_data_gives_the_same_bytes_in_any_order(cells in any_input()) {
        let scheme = all_methods();
        let one = build(&cells);
        let mut other = one.clone();
        other.units.reverse();
        let bytes = |input: &Input| serde_json::to_vec(&evaluate(&scheme, input).unwrap()).unwrap();
        prop_assert_eq!(bytes(&one), bytes(&one));
        prop_assert_eq!(bytes(&one), bytes(&other));
        let text = serde_json::to_string(&one).unwrap();
        prop_assert_eq!(bytes(&one), bytes(&serde_json::from_str(&text).unwrap()));
    }

    #[test]
    fn a_score_does_not_depend_on_the_unit_of_measure(
        value in 0i64..100_000, target in 1i64..100_000, baseline in 0i64..100_000, factor in 1i64..100_000,
    ) {
        for (id, rest) in METHODS.iter().filter(|(id, _)| ["s1", "s2", "s3up", "s3down"].contains(id)) {
            let scaled = |n: i64| Decimal::new(n, 2) * Decimal::from(factor);
            let plain = share(rest, Decimal::new(value, 2), Decimal::new(target, 2), Decimal::new(baseline, 2));
            prop_assert_eq!(plain, share(rest, scaled(value), scaled(target), scaled(baseline)), "{}", id);
        }
    }

    #[test]
    fn a_better_value_never_earns_less(
        a in -1000i64..20_000, b in -1000i64..20_000, target in 0i64..20_000, baseline in 0i64..20_000,
    ) {
        let (low, high) = (Decimal::new(a.min(b), 2), Decimal::new(a.max(b), 2));
        let (target, baseline) = (Decimal::new(target, 2), Decimal::new(baseline, 2));
        for (id, rest) in METHODS.iter().filter(|(id, _)| !["s6", "s7"].contains(id)) {
            let falls = ["s2", "s3down", "s8"].contains(id);
            let (worse, better) = if falls { (high, low) } else { (low, high) };
            prop_assert!(
                share(rest, worse, target, baseline) <= share(rest, better, target, baseline),
                "{} {} {} t{} b{}", id, worse, better, target, baseline
            );
        }
    }

    #[test]
    fn reading_a_data_file_never_panics(text in "(unit|a|indicator|value|,|\n|≥|1|\"|:|é){0,40}") {
        let _ = evaluation::read_csv(&text, &all_methods());
    }

    #[test]
    fn reading_a_scheme_never_panics(text in "(id|groups|:|\n| |-|\\[|\\{|\\}|1|'|%|甲|,){0,60}") {
        let _ = Scheme::from_yaml(&text);
    }
}
