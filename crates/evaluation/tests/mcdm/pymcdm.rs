//! The small table of pymcdm in double precision.

use evaluation::matrix::Matrix;
use evaluation::rank_methods::normalise::{Norm, normalise};
use evaluation::sense::Sense;
use serde_json::{Value, json};

use crate::support::{criteria, golden, matrix, near, numbers, rank_method, rows, senses, weight_method};

const CLOSE: f64 = 1e-9;

fn small() -> (Matrix, Vec<Sense>, Value) {
    let parse = |text: String| -> Vec<Vec<f64>> {
        text.lines().map(|line| line.split(',').map(|cell| cell.trim().parse().unwrap()).collect()).collect()
    };
    let cells = parse(golden("pymcdm/small_12x6.csv"));
    let types: Vec<f64> = parse(golden("pymcdm/small_types.csv")).into_iter().flatten().collect();
    (matrix(&cells), senses(&types), serde_json::from_str(&golden("pymcdm/small_results.json")).unwrap())
}

#[test]
fn weights_agree() {
    let (table, senses, wanted) = small();
    for (name, values) in wanted["weights"].as_object().unwrap() {
        let method = match name.as_str() {
            "std" => "standard_deviation",
            "variance" => "statistical_variance",
            other => other,
        };
        // pymcdm knows no sense in CRITIC: every column counts as a benefit.
        let benefits = vec![Sense::Benefit; table.columns()];
        let senses = if method == "critic" { &benefits } else { &senses };
        let found = weight_method(&json!({"method": method})).weights(&table, senses).unwrap();
        near(name, &found, &numbers(values), CLOSE);
    }
}

#[test]
fn normalised_tables_agree() {
    let (table, senses, wanted) = small();
    for (name, values) in wanted["norm"].as_object().unwrap() {
        let norm = match name.as_str() {
            "minmax" => Norm::MinMax,
            other => serde_json::from_value(json!(other)).unwrap(),
        };
        let found = normalise(&table, norm, &senses).unwrap();
        for (row, values) in rows(values).iter().enumerate() {
            near(name, &found.row(row).collect::<Vec<_>>(), values, CLOSE);
        }
    }
}

fn method(name: &str, table: &Matrix) -> Option<Value> {
    let share = |column: usize, part: f64| {
        let (low, high) =
            table.column(column).iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
        part * (high - low)
    };
    let each = |f: &dyn Fn(f64, f64) -> Value| -> Value {
        (0..table.columns()).map(|column| f(share(column, 0.1), share(column, 0.4))).collect()
    };
    let promethee = |preference: Value| json!({"method": "promethee_ii", "preference": preference});
    Some(match name {
        "topsis_minmax" => json!({"method": "topsis", "normalise": "min_max"}),
        "topsis_vector" => json!({"method": "topsis", "normalise": "vector"}),
        "topsis_sum" => json!({"method": "topsis", "normalise": "sum"}),
        "vikor_v05" => json!({"method": "vikor", "v": 0.5}),
        "wsm_minmax" => json!({"method": "weighted_sum", "normalise": "min_max"}),
        "wsm_default" => json!({"method": "weighted_sum"}),
        "wpm" => json!({"method": "weighted_product"}),
        "waspas" => json!({"method": "waspas"}),
        "edas" => json!({"method": "edas"}),
        "copras" => json!({"method": "copras", "cost_term": "added"}),
        "mabac" => json!({"method": "mabac"}),
        "marcos" => json!({"method": "marcos"}),
        "spotis" => {
            let bounds: Value = (0..table.columns())
                .map(|column| {
                    let values = table.column(column);
                    let low = values.iter().copied().fold(f64::MAX, f64::min);
                    json!({"low": low, "high": values.iter().copied().fold(f64::MIN, f64::max)})
                })
                .collect();
            json!({"method": "spotis", "bounds": bounds})
        }
        "moora" | "codas" | "aras" | "cocoso" | "mairca" | "ocra" | "probid" => json!({"method": name}),
        "prom_usual" => promethee(json!([{"function": "usual"}])),
        "prom_ushape_q.1range_p.4range" => promethee(each(&|q, _| json!({"function": "u_shape", "q": q}))),
        "prom_vshape_q.1range_p.4range" => promethee(each(&|_, p| json!({"function": "v_shape", "p": p}))),
        "prom_level_q.1range_p.4range" => promethee(each(&|q, p| json!({"function": "level", "q": q, "p": p}))),
        "prom_vshape_2_q.1range_p.4range" => promethee(each(&|q, p| json!({"function": "linear", "q": q, "p": p}))),
        _ => return None,
    })
}

#[test]
fn scores_and_ranks_agree() {
    let (table, senses, wanted) = small();
    let mut met = 0;
    for (name, values) in wanted["scores"].as_object().unwrap() {
        let (method_name, weighting) = name.split_once('|').unwrap();
        let Some(method) = method(method_name, &table) else { continue };
        let weights = numbers(&wanted["weights"][weighting]);
        let result = rank_method(&method).rank(&table, &weights, &criteria(&senses)).unwrap();
        let score = numbers(&values["score"]);
        near(name, &result.score, &score, CLOSE);
        // Ours has exact ties where theirs differ in the last bit.
        let rounded = |score: &[f64]| score.iter().map(|value| (value * 1e9).round()).collect::<Vec<_>>();
        let places = |score: &[f64]| evaluation::rank_methods::ranks(&rounded(score), result.better);
        assert_eq!(places(&result.score), places(&score), "{name}");
        met += 1;
    }
    assert_eq!(met, 46);
}
