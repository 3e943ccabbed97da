//! Reading golden files and comparing with them.

use evaluation::matrix::Matrix;
use evaluation::rank_methods::RankMethod;
use evaluation::sense::{Criterion, Sense};
use evaluation::weigh::WeightMethod;
use serde_json::Value;

pub(crate) fn golden(path: &str) -> String {
    let path = format!("{}/tests/golden/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names and the numbers of a table with a header and, if `named`, names in the first column.
pub(crate) fn table(path: &str, named: bool) -> (Vec<String>, Vec<String>, Vec<Vec<f64>>) {
    let text = golden(path);
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().skip(usize::from(named)).map(str::to_owned).collect();
    let (mut names, mut rows) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.unwrap();
        if named {
            names.push(record[0].to_owned());
        }
        rows.push(record.iter().skip(usize::from(named)).map(|cell| cell.parse().unwrap_or(f64::NAN)).collect());
    }
    (names, header, rows)
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

pub(crate) fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

pub(crate) fn matrix(rows: &[Vec<f64>]) -> Matrix {
    Matrix::from_rows(rows).unwrap()
}

pub(crate) fn senses(types: &[f64]) -> Vec<Sense> {
    types.iter().map(|sign| if *sign < 0.0 { Sense::Cost } else { Sense::Benefit }).collect()
}

pub(crate) fn criteria(senses: &[Sense]) -> Vec<Criterion> {
    senses.iter().copied().map(Criterion::from).collect()
}

pub(crate) fn rank_method(json: &Value) -> RankMethod {
    serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

pub(crate) fn weight_method(json: &Value) -> WeightMethod {
    serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// Fails unless every number is within `tolerance` of the wanted one.
#[track_caller]
pub(crate) fn near(what: &str, found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{what}: {found:?} against {wanted:?}");
    for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!((found - wanted).abs() <= tolerance, "{what}, number {at}: {found} against {wanted}");
    }
}

/// Fails unless every number prints as the wanted one, at the most decimals that any wanted one has.
#[track_caller]
pub(crate) fn printed(what: &str, found: &[f64], wanted: &[f64]) {
    let decimals = wanted.iter().map(|number| decimals(*number)).max().unwrap_or(0);
    near(what, found, wanted, 0.5 * 10_f64.powi(-i32::try_from(decimals).unwrap()) + 1e-12);
}

fn decimals(number: f64) -> usize {
    number.to_string().split_once('.').map_or(0, |(_, decimals)| decimals.len())
}
