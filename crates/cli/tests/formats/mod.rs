//! Reads the five renderings of a report, and names every figure of its manifest that is not the same in all of them.

mod expected;
mod office;
mod read;
mod same;
#[path = "../../../documents/tests/it/text.rs"]
mod text;

use std::collections::HashMap;

use report::Report;
use serde_json::Value;

use self::expected::{Expected, Kind};
pub(crate) use self::read::Files;

/// A figure of the manifest that one format prints otherwise, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) format: &'static str,
    pub(crate) id: String,
    pub(crate) expected: String,
}

/// Ids and places (RFC 6901) of the figures, from the signed manifest in the JSON.
pub(crate) fn manifest(json: &Value) -> Vec<(String, String)> {
    let lines = json["manifest"].as_str().unwrap().lines().filter_map(|line| line.strip_prefix("figure "));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            (words[1].to_owned(), words[2].to_owned())
        })
        .collect()
}

/// The numbers that the figures are printed with, by id. One that is missing has none.
pub(crate) fn numbers(model: &Report) -> HashMap<String, usize> {
    let cells = report::cells(model).into_iter();
    let numbered = cells.filter(|cell| !(cell.id.starts_with("item/") && cell.value == "缺报"));
    numbered.zip(1..).map(|(cell, number)| (cell.id, number)).collect()
}

/// Every figure of the manifest, as the JSON has it, looked up in the four other files.
pub(crate) fn differences(json: &Value, numbers: &HashMap<String, usize>, files: &Files) -> Vec<Difference> {
    manifest(json).iter().flat_map(|(id, place)| difference(json, id, place, numbers, files)).collect()
}

/// One figure, as the JSON has it, looked up in the four other files.
pub(crate) fn difference(
    json: &Value,
    id: &str,
    place: &str,
    numbers: &HashMap<String, usize>,
    files: &Files,
) -> Vec<Difference> {
    let expected = Expected::of(json, id, json.pointer(place).unwrap_or(&Value::Null));
    // The grade stands beside the score and has no number of its own.
    let number = match expected.kind {
        Kind::Grade => numbers.get(&id.replacen("grade/", "score/", 1)).copied(),
        Kind::Missing => None,
        Kind::Printed => numbers.get(id).copied(),
    };
    let held = [
        ("html", files.html.holds(id, &expected)),
        ("pdf", files.pdf.holds(number, &expected)),
        ("docx", files.docx.holds(number, &expected)),
        ("xlsx", files.xlsx.holds(number, &expected)),
    ];
    let missed = held.into_iter().filter(|(_, holds)| !holds);
    missed.map(|(format, _)| Difference { format, id: id.to_owned(), expected: expected.text.clone() }).collect()
}

/// The JSON with one figure changed, so that it is another one.
pub(crate) fn changed(json: &Value, place: &str) -> Value {
    let mut json = json.clone();
    let figure = json.pointer_mut(place).unwrap();
    let numbers =
        ["/value/value", "/score/value", "/amount/yuan/value", "/sharePercent/value", "/submissions", "/value"];
    let number = numbers.into_iter().find(|place| figure.pointer(place).is_some_and(Value::is_string));
    if let Some(place) = number {
        let text = figure.pointer_mut(place).unwrap();
        *text = format!("7{}", text.as_str().unwrap()).into();
    } else if let Some(light) = figure.get_mut("light") {
        *light = if *light == "blue" { "green" } else { "blue" }.into();
    } else if let Some(reported) = figure.get_mut("reported") {
        *reported = (reported.as_u64().unwrap() + 1).into();
    } else if let Some(zh) = figure.get_mut("zh") {
        *zh = if *zh == "优" { "差" } else { "优" }.into();
    } else {
        *figure = (figure.as_u64().unwrap() + 1).into();
    }
    json
}
