//! Laws that hold for any table: units of measurement, orders of rows and columns, a unit given twice.

use evaluation::matrix::Matrix;
use evaluation::rank_methods::{RankMethod, ranks};
use evaluation::sense::Sense;
use evaluation::weigh::WeightMethod;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{criteria, matrix, rank_method, weight_method};

fn rankings() -> Vec<RankMethod> {
    let simple = [
        "edas",
        "copras",
        "mabac",
        "marcos",
        "waspas",
        "weighted_sum",
        "weighted_product",
        "grey_relational",
        "aras",
        "codas",
        "moora",
        "mairca",
        "ocra",
        "ram",
        "lmaw",
    ];
    let mut all: Vec<Value> = simple.iter().map(|name| json!({"method": name})).collect();
    all.extend(
        ["topsis", "vikor", "copeland", "borda", "kemeny", "electre_i", "electre_ii"]
            .map(|name| json!({"method": name})),
    );
    all.push(json!({"method": "promethee_ii"}));
    all.push(json!({"method": "promethee_ii", "preference": [{"function": "linear", "q": 0.0, "p": 60.0}]}));
    all.push(json!({"method": "promethee_ii", "preference": [{"function": "gaussian", "s": 25.0}]}));
    all.push(json!({"method": "electre_iii", "thresholds": [{"indifference": 2.0, "preference": 10.0, "veto": 80.0}]}));
    all.iter().map(rank_method).collect()
}

fn weightings() -> Vec<WeightMethod> {
    let names =
        ["equal", "entropy", "critic", "merec", "gini", "angle", "statistical_variance", "lopcow", "factor_analysis"];
    names.iter().map(|name| weight_method(&json!({"method": name}))).collect()
}

/// Methods whose scores are pure numbers, whatever the unit of a column.
fn free_of_units(method: &RankMethod) -> bool {
    !matches!(method, RankMethod::Promethee(_) | RankMethod::ElectreIII(_))
}

#[derive(Clone, Debug)]
struct Case {
    rows: Vec<Vec<f64>>,
    weights: Vec<f64>,
    senses: Vec<Sense>,
}

/// Whole numbers from 1 to 100, so that scaling by powers of two and by ten keeps ties.
fn case() -> impl Strategy<Value = Case> {
    (2_usize..6, 1_usize..5).prop_flat_map(|(units, columns)| {
        let cell = (1_i32..=100).prop_map(f64::from);
        let rows = prop::collection::vec(prop::collection::vec(cell, columns), units);
        let weights = prop::collection::vec((1_i32..=9).prop_map(|weight| f64::from(weight) / 10.0), columns);
        let sense = prop_oneof![Just(Sense::Benefit), Just(Sense::Cost)];
        (rows, weights, prop::collection::vec(sense, columns)).prop_map(|(rows, weights, senses)| Case {
            rows,
            weights,
            senses,
        })
    })
}

fn score(method: &RankMethod, case: &Case) -> Vec<f64> {
    let table: Matrix = matrix(&case.rows);
    let result = method.rank(&table, &case.weights, &criteria(&case.senses));
    let result = result.unwrap_or_else(|error| panic!("{method:?}: {error}"));
    assert_eq!(result.better, method.better(), "{method:?}");
    result.score
}

fn bits(score: &[f64]) -> Vec<u64> {
    // Zero has two signs; they are the same score.
    score.iter().map(|value| (value + 0.0).to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_rows_does_not_move_a_bit(case in case()) {
        let mut turned = case.clone();
        turned.rows.reverse();
        for method in rankings() {
            let mut after = score(&method, &turned);
            after.reverse();
            prop_assert_eq!(bits(&score(&method, &case)), bits(&after), "{:?}", method);
        }
        for method in weightings() {
            if matches!(method, WeightMethod::FactorAnalysis(_)) {
                continue;
            }
            let weights = |case: &Case| method.weights(&matrix(&case.rows), &case.senses).unwrap();
            prop_assert_eq!(bits(&weights(&case)), bits(&weights(&turned)), "{:?}", method);
        }
    }

    #[test]
    fn the_order_of_columns_does_not_move_a_bit(case in case()) {
        let mut turned = case.clone();
        turned.rows.iter_mut().for_each(|row| row.reverse());
        turned.weights.reverse();
        turned.senses.reverse();
        for method in rankings() {
            // The product of ELECTRE III's vetoes is taken in the order of the columns.
            if !matches!(method, RankMethod::ElectreIII(_)) {
                prop_assert_eq!(bits(&score(&method, &case)), bits(&score(&method, &turned)), "{:?}", method);
            }
        }
    }

    #[test]
    fn the_unit_of_measurement_does_not_matter(case in case(), column in 0_usize..5) {
        let column = column % case.senses.len();
        let mut scaled = case.clone();
        scaled.rows.iter_mut().for_each(|row| row[column] *= 1024.0);
        for method in rankings().into_iter().filter(free_of_units) {
            let (before, after) = (score(&method, &case), score(&method, &scaled));
            for (before, after) in before.iter().zip(&after) {
                prop_assert!((before - after).abs() <= 1e-12 * before.abs().max(1.0), "{:?}: {} {}", method, before, after);
            }
        }
        for method in weightings() {
            let weights = |case: &Case| method.weights(&matrix(&case.rows), &case.senses).unwrap();
            for (before, after) in weights(&case).iter().zip(weights(&scaled)) {
                prop_assert!((before - after).abs() <= 1e-9, "{:?}: {} {}", method, before, after);
            }
        }
    }

    #[test]
    fn a_unit_given_twice_has_one_score(case in case()) {
        let mut twice = case.clone();
        twice.rows.push(case.rows[0].clone());
        for method in rankings() {
            let after = score(&method, &twice);
            // Kemeny's order is strict: two equal units stand next to each other, in either order.
            if !matches!(method, RankMethod::Kemeny) {
                let (first, last) = (after[0] + 0.0, after[after.len() - 1] + 0.0);
                prop_assert_eq!(first.to_bits(), last.to_bits(), "{:?}", method);
            }
        }
    }

    #[test]
    fn a_unit_better_in_everything_is_not_behind(case in case()) {
        let mut best = case.clone();
        let top: Vec<f64> = case.senses.iter().map(|sense| if *sense == Sense::Benefit { 101.0 } else { 0.5 }).collect();
        best.rows.push(top);
        for method in rankings() {
            let table = matrix(&best.rows);
            let result = method.rank(&table, &best.weights, &criteria(&best.senses)).unwrap();
            prop_assert_eq!(ranks(&result.score, result.better)[best.rows.len() - 1], 1, "{:?}", method);
        }
    }

    #[test]
    fn weights_are_shares(case in case()) {
        for method in weightings() {
            let weights = method.weights(&matrix(&case.rows), &case.senses).unwrap();
            prop_assert!(weights.iter().all(|weight| *weight >= 0.0), "{:?}: {:?}", method, weights);
            prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{:?}: {:?}", method, weights);
        }
    }
}
