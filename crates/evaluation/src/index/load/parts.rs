//! Values that several parts of a scheme hold.

use marked_yaml::Node as Yaml;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::super::number::Number;
use super::super::scheme::Ties;
use crate::scheme::fields::{Faults, Fields, scalar};

/// A number.
pub(super) fn number(node: &Yaml, at: &str, faults: &mut Faults) -> Option<Number> {
    let text = scalar(node, at, faults)?;
    let number = Number::parse(text);
    if number.is_none() {
        let (zh, en) = ("应为数，如 0.25、1/3、log10(901)", "must be a number such as 0.25, 1/3 or log10(901)");
        faults.add(at, node.span(), text, zh, en);
    }
    number
}

/// A number, if the field is there.
pub(super) fn optional_number(fields: &mut Fields<'_>, key: &'static str, faults: &mut Faults) -> Option<Number> {
    let node = fields.optional(key)?;
    number(node, &fields.at(key), faults)
}

/// A number with a default.
pub(super) fn number_or(fields: &mut Fields<'_>, key: &'static str, default: f64, faults: &mut Faults) -> Number {
    optional_number(fields, key, faults).unwrap_or(Number::of(default))
}

/// A number that must be there.
pub(super) fn required(fields: &mut Fields<'_>, key: &'static str, faults: &mut Faults) -> Option<Number> {
    let node = fields.required(key, faults)?;
    number(node, &fields.at(key), faults)
}

/// A share of 0..=1, with a default.
pub(super) fn share(fields: &mut Fields<'_>, key: &'static str, default: f64, faults: &mut Faults) -> Number {
    let share = number_or(fields, key, default, faults);
    if !(0.0..=1.0).contains(&share.get()) {
        fields.fault(key, &share.to_string(), "应在 0 与 1 之间", "must be within 0..=1", faults);
    }
    share
}

/// The value as a whole number that is not negative.
pub(super) fn whole(number: Number) -> Option<u32> {
    let value = number.get();
    (value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value)).then_some(value as u32)
}

/// A list of texts, or a single one; an absent field is empty.
pub(super) fn texts(fields: &mut Fields<'_>, key: &'static str, faults: &mut Faults) -> Vec<String> {
    let Some(node) = fields.optional(key) else { return Vec::new() };
    let at = fields.at(key);
    let nodes: Vec<(&Yaml, String)> = match node {
        Yaml::Sequence(nodes) => nodes.iter().enumerate().map(|(i, node)| (node, format!("{at}[{i}]"))).collect(),
        Yaml::Scalar(_) | Yaml::Mapping(_) => vec![(node, at)],
    };
    nodes.into_iter().filter_map(|(node, at)| scalar(node, &at, faults).map(str::to_owned)).collect()
}

/// The rule of ties; the smallest rank by default.
pub(super) fn ties(fields: &mut Fields<'_>, faults: &mut Faults) -> Ties {
    if fields.optional("ties").is_none() {
        return Ties::Min;
    }
    let words = [("min", Ties::Min), ("max", Ties::Max), ("average", Ties::Average), ("dense", Ties::Dense)];
    fields.word("ties", &words, faults).unwrap_or(Ties::Min)
}

/// A method given as a word or as a mapping with `method:` and parameters. `read` is handed the word and the mapping to
/// take the parameters from; a mapping that has none is made for a bare word, so that required parameters are missed.
pub(super) fn method<T>(
    node: &Yaml,
    at: &str,
    faults: &mut Faults,
    read: impl FnOnce(&str, &mut Fields<'_>, &mut Faults) -> Option<T>,
) -> Option<T> {
    match node {
        Yaml::Scalar(_) => {
            let word = scalar(node, at, faults)?;
            let empty = Yaml::from(marked_yaml::types::MarkedMappingNode::new_empty(*node.span()));
            let mut fields = Fields::of(&empty, at, faults)?;
            read(word, &mut fields, faults)
        }
        Yaml::Mapping(_) | Yaml::Sequence(_) => {
            let mut fields = Fields::of(node, at, faults)?;
            let word = fields.text("method", faults)?;
            let method = read(&word, &mut fields, faults);
            fields.finish(faults);
            method
        }
    }
}

/// A value of a closed list that its own type reads.
pub(super) fn named<T: DeserializeOwned>(word: &str, fields: &Fields<'_>, faults: &mut Faults) -> Option<T> {
    read(Value::String(word.to_owned()), word, &[], fields, faults)
}

/// A method with parameters that its own type reads from `{method: word, …}`: every field but those of the stage itself.
/// `also` are the words that are read elsewhere, for the list of what is allowed.
pub(super) fn tagged<T: DeserializeOwned + Serialize>(
    word: &str,
    also: &[&str],
    fields: &mut Fields<'_>,
    faults: &mut Faults,
) -> Option<T> {
    let mut map = Map::new();
    map.insert("method".to_owned(), Value::String(word.to_owned()));
    for (key, node) in fields.take_others(&["stage", "method", "weights", "min_share"]) {
        // What belongs to the method and not to the stage; its own type names what it does not know.
        map.insert(key.to_owned(), json(node));
    }
    let given = Value::Object(map);
    let found: T = read(given.clone(), word, also, fields, faults)?;
    // A method without parameters takes any without a word. What it holds is what it knows.
    let mut strange = Vec::new();
    unknown_keys(&given, &serde_json::to_value(&found).unwrap_or_default(), "", &mut strange);
    for (place, list) in strange {
        let (zh, en) = (format!("未知的键；可用：{list}"), format!("unknown key; allowed: {list}"));
        faults.add(&fields.at(place.trim_start_matches('.')), fields.span(), "", &zh, &en);
    }
    Some(found)
}

/// The places of the keys that were given and are not held, each with the keys that are.
fn unknown_keys(given: &Value, held: &Value, at: &str, into: &mut Vec<(String, String)>) {
    match (given, held) {
        (Value::Object(given), Value::Object(held)) => {
            for (key, value) in given {
                match held.get(key) {
                    Some(held) => unknown_keys(value, held, &format!("{at}.{key}"), into),
                    None => {
                        let list = held.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                        into.push((format!("{at}.{key}"), list));
                    }
                }
            }
        }
        (Value::Array(given), Value::Array(held)) => {
            let pairs = given.iter().zip(held).enumerate();
            pairs.for_each(|(index, (given, held))| unknown_keys(given, held, &format!("{at}[{index}]"), into));
        }
        _ => {}
    }
}

fn read<T: DeserializeOwned>(
    value: Value,
    word: &str,
    also: &[&str],
    fields: &Fields<'_>,
    faults: &mut Faults,
) -> Option<T> {
    match serde_json::from_value(value) {
        Ok(read) => Some(read),
        Err(error) => {
            let also = if also.is_empty() { String::new() } else { format!("; {}", also.join(", ")) };
            let (zh, en) = (format!("无法读取：{error}{also}"), format!("{error}{also}"));
            fields.fault("method", word, &zh, &en, faults);
            None
        }
    }
}

/// The JSON of a YAML node: numbers as [`Number`] reads them, `true` and `false`, all else as text.
fn json(node: &Yaml) -> Value {
    match node {
        Yaml::Scalar(scalar) => {
            let text = scalar.as_str().trim();
            match (text, Number::parse(text)) {
                ("true", _) => Value::Bool(true),
                ("false", _) => Value::Bool(false),
                ("null" | "~", _) => Value::Null,
                (_, Some(number)) => integer(number).unwrap_or_else(|| serde_json::json!(number.get())),
                (_, None) => Value::String(text.to_owned()),
            }
        }
        Yaml::Sequence(nodes) => nodes.iter().map(json).collect(),
        Yaml::Mapping(map) => map.iter().map(|(key, node)| (key.as_str().to_owned(), json(node))).collect(),
    }
}

/// A whole number as JSON writes it, so that counts can be read as counts.
fn integer(number: Number) -> Option<Value> {
    whole(number).map(|whole| serde_json::json!(whole))
}
