//! What must be printed for a figure, from the JSON alone.

use serde_json::Value;

/// How a figure is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With its number in brackets after it.
    Printed,
    /// Beside the score of its city.
    Grade,
    /// In the table of what was reported.
    Missing,
}

/// What must be printed.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// The row that it stands in, for a figure without a number.
    pub(crate) row: String,
    /// City and indicator of a figure that is missing.
    pub(crate) city: String,
    pub(crate) indicator: String,
}

impl Expected {
    pub(crate) fn of(json: &Value, id: &str, value: &Value) -> Self {
        let (kind, rest) = id.split_once('/').unwrap_or((id, ""));
        let printed = |text: String| Self {
            kind: Kind::Printed,
            text,
            row: String::new(),
            city: String::new(),
            indicator: String::new(),
        };
        let unit = || units(json).find(|unit| rest.split('/').next() == unit["unit"].as_str()).unwrap();
        match kind {
            "score" => printed(or_dash(unit(), fixed(text(value, "/value"), 2))),
            "group" => printed(or_dash(unit(), fixed(text(value, "/score/value"), 2))),
            "rank" => printed(value.as_u64().map_or_else(|| "不参与排名".to_owned(), |rank| rank.to_string())),
            "coverage" => printed(coverage(value)),
            "grade" => {
                let grade = value["zh"].as_str().unwrap_or("—").to_owned();
                let row = format!("{}{grade}", coverage(&unit()["coverage"]));
                Self { kind: Kind::Grade, row, text: grade, ..printed(String::new()) }
            }
            "item" if state(value) == "MISSING" => {
                let (city, indicator) = rest.split_once('/').unwrap();
                Self {
                    kind: Kind::Missing,
                    text: "缺".to_owned(),
                    row: row(json, indicator),
                    city: city.to_owned(),
                    indicator: indicator.to_owned(),
                }
            }
            "item" => printed(item(value)),
            "funding" => printed(grouped(text(value, "/amount/yuan/value"))),
            "commitment" => printed(light(text(value, "/light"))),
            "share-target" => printed(format!("{} %", fixed(text(value, "/sharePercent/value"), 1))),
            "fact" | "correction" => {
                printed(value["value"].as_str().filter(|value| !value.is_empty()).unwrap_or("定性").to_owned())
            }
            "reporting" => {
                let count = |name: &str| value[name].as_str().unwrap_or("0").to_owned();
                printed(format!("{} / {}", count("submissions"), count("records")))
            }
            other => panic!("a figure of an unknown kind: {other}"),
        }
    }
}

fn units(json: &Value) -> impl Iterator<Item = &Value> {
    json["run"]["units"].as_array().unwrap().iter()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("0")
}

fn state(item: &Value) -> &str {
    item["state"].as_str().and_then(|state| state.strip_prefix("ITEM_STATE_")).unwrap_or("MISSING")
}

/// A city that reported nothing has no score.
fn or_dash(unit: &Value, score: String) -> String {
    let silent = unit["items"].as_array().unwrap().iter().all(|item| state(item) == "MISSING");
    if silent { "—".to_owned() } else { score }
}

fn coverage(value: &Value) -> String {
    format!("{}/{}", value["reported"].as_u64().unwrap_or(0), value["mandatory"].as_u64().unwrap_or(0))
}

/// The row of an indicator in the table of what was reported.
fn row(json: &Value, indicator: &str) -> String {
    let of =
        |unit: &'_ Value| unit["items"].as_array().unwrap().iter().find(|item| item["indicator"] == indicator).cloned();
    let name = units(json).find_map(of).unwrap()["displayName"]["zh"].as_str().unwrap().to_owned();
    let marks: String = units(json)
        .map(|unit| match of(unit) {
            Some(item) if state(&item) == "MISSING" => "缺",
            Some(_) => "√",
            None => "",
        })
        .collect();
    format!("{indicator}{name}{marks}")
}

fn item(value: &Value) -> String {
    let unit = value["unit"].as_str().unwrap_or_default();
    if state(value) == "NOT_APPLICABLE" {
        return "不适用".to_owned();
    }
    let Some(number) = value["value"]["value"].as_str().filter(|_| unit != "—") else { return "定性".to_owned() };
    let sign = match value["qualifier"].as_str().unwrap_or_default() {
        "QUALIFIER_AT_LEAST" => "≥",
        "QUALIFIER_AT_MOST" => "≤",
        "QUALIFIER_ABOUT" => "≈",
        _ => "",
    };
    format!("{sign}{} {unit}", grouped(number)).trim().to_owned()
}

fn light(code: &str) -> String {
    match code {
        "red" => "红灯",
        "yellow" => "黄灯",
        "green" => "绿灯",
        "blue" => "蓝灯",
        "grey" => "灰灯",
        other => panic!("no light {other}"),
    }
    .to_owned()
}

/// With exactly this many decimals; the JSON has no more.
fn fixed(number: &str, decimals: usize) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    assert!(fraction.len() <= decimals, "{number} has more than {decimals} decimals");
    format!("{}.{fraction:0<decimals$}", thousands(whole))
}

/// Without trailing zeros, with a comma between each three digits.
fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{}{dot}{fraction}", thousands(whole))
}

fn thousands(whole: &str) -> String {
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = digits;
    while rest.len() > 3 {
        let (head, tail) = rest.split_at(rest.len() - 3);
        parts.push(tail);
        rest = head;
    }
    parts.push(rest);
    parts.reverse();
    format!("{sign}{}", parts.join(","))
}
