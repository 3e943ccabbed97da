//! The printed results of published papers.

use evaluation::rank_methods::normalise::{Norm, normalise};
use evaluation::weigh::{ahp, rancom};
use serde_json::{Value, json};

use crate::support::{criteria, golden, matrix, numbers, printed, rank_method, rows, senses, weight_method};

fn cases() -> Vec<Value> {
    serde_json::from_str::<Value>(&golden("published_vectors.json")).unwrap().as_array().unwrap().clone()
}

fn bounds(value: &Value) -> Value {
    rows(value).iter().map(|pair| json!({"low": pair[0], "high": pair[1]})).collect()
}

/// The method of a case, if it is a ranking method.
fn ranking(case: &str, values: &Value) -> Option<Value> {
    Some(match case {
        "COPRAS.output" | "COPRAS2.output" => json!({"method": "copras", "cost_term": "added"}),
        "EDAS.output" => json!({"method": "edas"}),
        "MABAC.output" => json!({"method": "mabac"}),
        "MARCOS.output" => json!({"method": "marcos"}),
        "PROMETHEE_II.output" => json!({"method": "promethee_ii", "preference": [{"function": "usual"}]}),
        "RIM.output" => {
            json!({"method": "rim", "bounds": bounds(&values["range_t"]), "ideal": bounds(&values["ref_s"])})
        }
        "SPOTIS.output" => json!({"method": "spotis", "bounds": bounds(&values["bounds"])}),
        "SPOTIS2.output" => {
            json!({"method": "spotis", "bounds": bounds(&values["bounds"]), "expected": values["esp"]})
        }
        "BalancedSPOTIS.output_ideal" => json!({"method": "spotis", "bounds": bounds(&values["bounds"])}),
        "BalancedSPOTIS.output_expected" => {
            json!({"method": "spotis", "bounds": bounds(&values["bounds"]), "expected": values["esp"]})
        }
        "TOPSIS.output" => json!({"method": "topsis", "normalise": "min_max"}),
        "VIKOR.output_opricovic" | "VIKOR.output_yang" => json!({"method": "vikor"}),
        "WASPAS.output" => json!({"method": "waspas"}),
        "WPM.output" => json!({"method": "weighted_product"}),
        "WSM.output" => json!({"method": "weighted_sum"}),
        "BalancedSPOTIS.output_balanced" => {
            json!({"method": "spotis", "bounds": bounds(&values["bounds"]), "expected": values["esp"], "alpha": 0.5})
        }
        "ARAS.output" => json!({"method": "aras"}),
        "ARAS.output2" => json!({"method": "aras", "optimal": values["xopt"]}),
        "COCOSO.output" => json!({"method": "cocoso"}),
        "CODAS.output" => json!({"method": "codas"}),
        "AROMAN.output" => json!({"method": "aroman"}),
        "ERVD.output" => json!({"method": "ervd", "reference": values["ref"]}),
        "LMAW.output" => json!({"method": "lmaw"}),
        "LoPM.output" => {
            let limit = |kind: &str, value: f64| json!({"type": kind, "value": value});
            json!({"method": "lopm", "limits": [
                limit("lower", 10_000.0), limit("lower", 14.0), limit("upper", 0.0015), limit("upper", 3.5),
                limit("target", 2.3), limit("upper", 9.0),
            ]})
        }
        "MAIRCA.output" => json!({"method": "mairca"}),
        "MOORA.output" => json!({"method": "moora"}),
        "OCRA.output" => json!({"method": "ocra"}),
        "PROBID.output" => json!({"method": "sprobid"}),
        "RAFSI.output" => {
            let (ideal, anti) = (numbers(&values["ideal"]), numbers(&values["anti_ideal"]));
            let pairs = ideal.iter().zip(&anti);
            let bounds: Value = pairs.map(|(a, b)| json!({"low": a.min(*b), "high": a.max(*b)})).collect();
            json!({"method": "rafsi", "bounds": bounds})
        }
        "RAM.output" => json!({"method": "ram"}),
        _ => return None,
    })
}

/// The test of pymcdm prints two results for this table and keeps the second.
#[test]
fn probid_is_as_printed() {
    let case = cases().into_iter().find(|case| case["case"] == "PROBID.output").unwrap();
    let values = &case["values"];
    let table = matrix(&rows(&values["matrix"]));
    let criteria = criteria(&senses(&numbers(&values["types"])));
    let method = rank_method(&json!({"method": "probid"}));
    let result = method.rank(&table, &numbers(&values["weights"]), &criteria).unwrap();
    let wanted = [0.8568, 0.7826, 0.9362, 0.9369, 0.9379, 0.8716, 0.5489, 0.7231, 0.7792, 0.3331, 0.3387];
    printed("PROBID", &result.score, &wanted);
}

fn expected(values: &Value) -> Vec<f64> {
    let names = ["output", "expected", "expected_ideal", "expected_expected"];
    numbers(names.iter().map(|name| &values[*name]).find(|value| value.is_array()).unwrap())
}

fn types(values: &Value, columns: usize) -> Vec<f64> {
    values["types"].as_array().map_or_else(|| vec![1.0; columns], |_| numbers(&values["types"]))
}

#[test]
fn scores_are_as_printed() {
    let mut met = 0;
    for case in cases() {
        let (name, values) = (case["case"].as_str().unwrap(), &case["values"]);
        let Some(method) = ranking(name, values) else { continue };
        let table = matrix(&rows(&values["matrix"]));
        let criteria = criteria(&senses(&types(values, table.columns())));
        let method = rank_method(&method);
        let result = method.rank(&table, &numbers(&values["weights"]), &criteria).unwrap();
        printed(name, &result.score, &expected(values));
        assert_eq!(result.better, method.better(), "{name}");
        met += 1;
    }
    assert_eq!(met, 32);
}

#[test]
fn weights_are_as_printed() {
    let mut met = 0;
    for case in cases() {
        let (name, values) = (case["case"].as_str().unwrap(), &case["values"]);
        let Some(method) = name.strip_suffix("Weights.output") else { continue };
        let cells = rows(&values["matrix"]);
        let found = match method {
            "AHP" => ahp(&cells).unwrap().weights,
            "RANCOM" => rancom(&cells).unwrap(),
            _ => {
                let method = match method {
                    "STD" => "standard_deviation".to_owned(),
                    "Variance" => "statistical_variance".to_owned(),
                    _ => method.to_lowercase(),
                };
                let table = matrix(&cells);
                let senses = senses(&types(values, table.columns()));
                weight_method(&json!({"method": method})).weights(&table, &senses).unwrap()
            }
        };
        printed(name, &found, &expected(values));
        met += 1;
    }
    assert_eq!(met, 13);
}

#[test]
fn normalised_tables_are_as_printed() {
    let mut met = 0;
    for case in cases() {
        let (name, values) = (case["case"].as_str().unwrap(), &case["values"]);
        let norm = match name {
            "EANormalization.output" => Norm::EnhancedAccuracy,
            "LinearNormalization.output" => Norm::Linear,
            "LogarithmicNormalization.output" => Norm::Logarithmic,
            "MaxNormalization.output" => Norm::Max,
            "MinmaxNormalization.output" => Norm::MinMax,
            "NonlinearNormalization.output" => Norm::Nonlinear,
            "SumNormalization.output" => Norm::Sum,
            "VectorNormalization.output" => Norm::Vector,
            "ZTNormalization.output" | "ZTNormalization2.output" => Norm::ZavadskasTurskis,
            _ => continue,
        };
        let table = matrix(&rows(&values["matrix"]));
        let found = normalise(&table, norm, &senses(&numbers(&values["types"]))).unwrap();
        let by_row: Vec<f64> = (0..found.rows()).flat_map(|row| found.row(row).collect::<Vec<_>>()).collect();
        printed(name, &by_row, &numbers(&values["output"]));
        met += 1;
    }
    assert_eq!(met, 10);
}
