//! What must not change when the data say the same in another way.

use std::fmt::Write as _;

use evaluation::index::{IndexEvaluation, Options, evaluate};
use proptest::prelude::*;

use crate::golden::{data, scheme};

const INDICATORS: usize = 5;

/// A table; a missing cell is none.
type Table = Vec<Vec<Option<f64>>>;

/// Two levels, three directions, imputation and treatment; the indicators in the order given.
fn yaml(order: &[usize]) -> String {
    let directions = ["higher_better", "lower_better", "{middle: 50}", "higher_better", "lower_better"];
    let indicator =
        |at: &usize| format!("        - {{id: i{at}, direction: {}, weight: {}}}\n", directions[*at], at + 1);
    let group = |id: &str, of: &dyn Fn(usize) -> bool| {
        let children: String = order.iter().filter(|at| of(**at)).map(indicator).collect();
        format!("    - id: {id}\n      children:\n{children}")
    };
    format!(
        "kind: index\nid: m\nversion: '1'\ntitle: {{zh: 变, en: m}}\nstages:\n  - {{stage: impute, method: median}}\n  \
         - {{stage: treat, winsorise: 2}}\n  - {{stage: normalise, method: minmax}}\n  - {{stage: aggregate, method: arithmetic}}\n\
         uncertainty: {{replicates: 40}}\nindex:\n  id: I\n  children:\n{}{}",
        group("A", &|at| at < 3),
        group("B", &|at| at >= 3),
    )
}

fn csv(table: &Table, columns: &[usize]) -> String {
    let mut text = String::from("u");
    columns.iter().for_each(|at| write!(text, ",i{at}").unwrap());
    for (unit, row) in table.iter().enumerate() {
        write!(text, "\nu{unit:02}").unwrap();
        for at in columns {
            match row[*at] {
                Some(value) => write!(text, ",{value}").unwrap(),
                None => text.push(','),
            }
        }
    }
    text
}

fn run(yaml: &str, csv: &str) -> IndexEvaluation {
    let scheme = scheme(yaml);
    evaluate(&scheme, &data(csv, &scheme), Options::default()).unwrap()
}

fn any_table() -> impl Strategy<Value = Table> {
    let cell = prop_oneof![9 => (0u32..1000).prop_map(|n| Some(f64::from(n) / 8.0)), 1 => Just(None)];
    proptest::collection::vec(proptest::collection::vec(cell, INDICATORS), 6..14)
}

/// Equal scores within rounding, and equal ranks.
fn alike(one: &IndexEvaluation, other: &IndexEvaluation) {
    for (a, b) in one.units.iter().zip(&other.units) {
        assert_eq!(a.unit, b.unit);
        assert!(a.score.is_nan() == b.score.is_nan(), "{}: {} and {}", a.unit, a.score, b.score);
        assert!(a.score.is_nan() || (a.score - b.score).abs() <= 1e-9, "{}: {} and {}", a.unit, a.score, b.score);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_rows_and_of_columns_of_the_file_changes_no_byte(table in any_table(), seed in 0usize..120) {
        let yaml = yaml(&[0, 1, 2, 3, 4]);
        let straight = csv(&table, &[0, 1, 2, 3, 4]);
        let mut columns = vec![0, 1, 2, 3, 4];
        columns.rotate_left(seed % INDICATORS);
        columns.swap(0, seed % 3);
        let turned = csv(&table, &columns);
        let mut rows: Vec<&str> = turned.lines().collect();
        let (first, last) = (1 + seed % table.len(), table.len());
        rows[1..].rotate_left(seed % last);
        rows.swap(first, last);
        let json = |csv: &str| serde_json::to_string(&run(&yaml, csv)).unwrap();
        prop_assert_eq!(json(&straight), json(&rows.join("\n")));
    }

    #[test]
    fn the_order_of_indicators_in_the_scheme_changes_no_score(table in any_table()) {
        let csv = csv(&table, &[0, 1, 2, 3, 4]);
        alike(&run(&yaml(&[0, 1, 2, 3, 4]), &csv), &run(&yaml(&[4, 2, 0, 3, 1]), &csv));
    }

    #[test]
    fn another_unit_of_measure_changes_no_score(table in any_table(), size in 1u32..400, zero in -50i32..50) {
        // A product and a shift, as from ℃ to ℉; the indicator with a best value is left as it is.
        let (size, zero) = (f64::from(size) / 16.0, f64::from(zero));
        let moved: Table = table
            .iter()
            .map(|row| {
                let cell = |(at, value): (usize, &Option<f64>)| value.map(|x| if at == 2 { x } else { size * x + zero });
                row.iter().enumerate().map(cell).collect()
            })
            .collect();
        let yaml = yaml(&[0, 1, 2, 3, 4]);
        alike(&run(&yaml, &csv(&table, &[0, 1, 2, 3, 4])), &run(&yaml, &csv(&moved, &[0, 1, 2, 3, 4])));
    }

    #[test]
    fn a_unit_that_stands_twice_shares_its_rank_and_moves_nobody_on_a_scale(table in any_table(), twin in 0usize..6) {
        // Without statistics that count units: the ends of a scale do not.
        let yaml = yaml(&[0, 1, 2, 3, 4])
            .replace("  - {stage: impute, method: median}\n", "")
            .replace("  - {stage: treat, winsorise: 2}\n", "");
        let mut more = table.clone();
        more.push(table[twin].clone());
        let (plain, doubled) = (run(&yaml, &csv(&table, &[0, 1, 2, 3, 4])), run(&yaml, &csv(&more, &[0, 1, 2, 3, 4])));
        let (one, other) = (&doubled.units[twin], &doubled.units[table.len()]);
        prop_assert_eq!(one.score.to_bits(), other.score.to_bits());
        prop_assert_eq!((one.rank, one.rank_p05, one.rank_p95), (other.rank, other.rank_p05, other.rank_p95));
        for (before, after) in plain.units.iter().zip(&doubled.units) {
            prop_assert_eq!(before.score.to_bits(), after.score.to_bits());
            if let (Some(before), Some(after), Some(twin)) = (before.rank, after.rank, one.rank) {
                prop_assert_eq!(after - before, if before > twin { 1.0 } else { 0.0 });
            }
        }
    }
}
