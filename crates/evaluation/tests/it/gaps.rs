//! Missing values in an evaluation of practice.

use evaluation::gaps::{by_department, intervals};
use evaluation::{Cell, FlagCode, MissingState, Scheme};
use proptest::prelude::*;

use crate::support::{S1, against, codes, decimal, input, missing, reported, run, scheme};

/// The scheme of two items, with policies.
fn with(policies: &str) -> Scheme {
    let text = format!(
        "id: s\nversion: '1'\ntitle: {{zh: 甲, en: A}}\nmin_coverage: 0\nover_fulfilment_flag: 1.3\n\
         missing: {{{policies}}}\ngrades:\n  - {{title: {{zh: 良, en: Good}}, from: 60}}\n  - {{title: {{zh: 差, en: Poor}}, from: 0}}\n\
         groups:\n  - id: g\n    title: {{zh: 组, en: Group}}\n    weight: 100\n    indicators:\n\
         \x20     - {{id: a, marks: 60, title: {{zh: a, en: a}}, unit: t, {S1}, department: 甲局}}\n\
         \x20     - {{id: b, marks: 40, title: {{zh: b, en: b}}, unit: t, {S1}, department: 乙局}}\n"
    );
    Scheme::from_yaml(&text).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn a_scheme_of_practice_says_what_each_state_of_missing_earns() {
    let cells = |state| vec![("x", "a", against("10", "10")), ("x", "b", missing(state))];
    let of = |policies: &str, state| run(&with(policies), &cells(state)).units.remove(0);
    assert_eq!(of("", MissingState::Late).score, decimal("60.00"));
    let left = of("late: leave_out", MissingState::Late);
    assert_eq!(left.score, decimal("100.00"));
    assert!(codes(&left.items[1].flags).contains(&FlagCode::MissingLeftOut));
    assert_eq!(of("late: leave_out", MissingState::Refused).score, decimal("60.00"));
    let held = of("not_due: hold", MissingState::NotDue);
    assert_eq!((held.score, held.grade.is_none(), held.ranked), (decimal("60.00"), true, true));
    assert!(codes(&held.flags).contains(&FlagCode::GradeHeld));
}

#[test]
fn practice_has_no_imputation_to_ask_for() {
    let text = "id: s\nmissing: {late: impute}\n";
    let errors = Scheme::from_yaml(text).unwrap_err();
    assert!(errors.0.iter().any(|fault| fault.path == "missing.late" && fault.line == Some(2)));
}

#[test]
fn the_interval_is_between_nothing_and_all_marks_and_a_grade_that_may_change_is_provisional() {
    let scheme = with("");
    let evaluation = run(
        &scheme,
        &[("x", "a", against("8", "10")), ("y", "a", against("10", "10")), ("y", "b", against("2", "10"))],
    );
    let intervals = intervals(&scheme, &input(&[]), &evaluation);
    let x = intervals[0].as_ref().unwrap();
    assert_eq!((x.score_low.to_string(), x.score_high.to_string()), ("48".into(), "88".into()));
    assert_eq!((x.rank_best, x.rank_worst, x.provisional), (Some(1), Some(2), true));
    assert_eq!((x.grade_low.as_deref(), x.grade_high.as_deref()), (Some("差"), Some("良")));
    let y = intervals[1].as_ref().unwrap();
    assert_eq!((y.score_low.to_string(), y.rank_best, y.rank_worst), ("68".into(), Some(1), Some(2)));
    assert_eq!(by_department(&scheme, &evaluation.units[0])["乙局"].reported, 0);
    assert_eq!(by_department(&scheme, &evaluation.units[1])["乙局"].reported, 1);
}

const RULES: [(&str, &str); 4] = [
    ("a", "direction: higher_better, method: S1, admissible: [2, 12]"),
    ("b", "direction: lower_better, method: S3, admissible: [0, 9]"),
    ("c", "direction: higher_better, method: {id: S4, pass_line: 4}"),
    ("d", "direction: lower_better, method: {id: S5, deduct_per_unit: 3}, admissible: [-5, 40]"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Whatever the missing values turn out to be, score and rank lie within their interval.
    #[test]
    fn no_admissible_value_leads_out_of_the_interval(
        rows in proptest::collection::vec(proptest::collection::vec((0u8..4, 0i64..120), 4), 2..5),
        fills in proptest::collection::vec(0i64..=100, 20),
    ) {
        let rules: Vec<_> = RULES.iter().map(|(id, rest)| (*id, "25", *rest)).collect();
        let scheme = scheme("0", &rules);
        let cell = |value: String| Cell { baseline: Some(decimal("8")), ..against(&value, "6") };
        let (mut open, mut filled) = (Vec::new(), Vec::new());
        let names: Vec<String> = (0..rows.len()).map(|unit| format!("u{unit}")).collect();
        for (unit, row) in rows.iter().enumerate() {
            for (at, (gap, value)) in row.iter().enumerate() {
                let id = RULES[at].0;
                let there = cell(format!("{}.{}", value / 10, value % 10));
                if *gap > 0 {
                    open.push((names[unit].as_str(), id, there.clone()));
                    filled.push((names[unit].as_str(), id, there));
                } else {
                    let (low, high) = [(2, 12), (0, 9), (-50, 500), (-5, 40)][at];
                    let fill = low * 100 + (high - low) * fills[unit * 4 + at];
                    let empty = Cell { presence: missing(MissingState::Late).presence, ..there };
                    open.push((names[unit].as_str(), id, empty));
                    let value = rust_decimal::Decimal::new(fill, 2).to_string();
                    filled.push((names[unit].as_str(), id, cell(value)));
                }
            }
        }
        let before = run(&scheme, &open);
        let after = run(&scheme, &filled);
        for (interval, unit) in intervals(&scheme, &input(&open), &before).iter().zip(&after.units) {
            let Some(interval) = interval else { continue };
            prop_assert!(interval.score_low <= unit.exact_score && unit.exact_score <= interval.score_high,
                "{} outside {interval:?}", unit.exact_score);
            prop_assert!(interval.rank_best <= unit.rank && unit.rank <= interval.rank_worst,
                "{:?} outside {interval:?}", unit.rank);
        }
    }
}

#[test]
fn nothing_missing_has_no_interval() {
    let scheme = with("");
    let evaluation = run(&scheme, &[("x", "a", against("8", "10")), ("x", "b", reported("1"))]);
    assert_eq!(intervals(&scheme, &input(&[]), &evaluation), [None]);
}
