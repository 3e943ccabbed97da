//! JSON that has one reading and one form, so that its digest means something.
//!
//! Read strictly: one value, no member named twice, numbers that are whole and exact everywhere (up to 2^53 − 1). Written
//! canonically: members in the order of their names' bytes, no white space, shortest escapes (for such documents this is
//! RFC 8785). A few lines of any language do the same.

use std::{collections::BTreeMap, fmt};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The largest whole number that every reader of JSON keeps exactly.
const LARGEST: u64 = (1 << 53) - 1;

/// Why a text is not JSON with one reading; line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct NotCanonical {
    /// Line of the first wrong byte.
    pub line: usize,
    /// Column of the first wrong byte.
    pub column: usize,
    /// What is wrong.
    pub what: String,
}

/// Reads a document strictly.
///
/// # Errors
/// [`NotCanonical`] with the place.
pub fn parse(text: &str) -> Result<Value, NotCanonical> {
    let strict: Strict = serde_json::from_str(text).map_err(|error| {
        let what = error.to_string();
        let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what).to_owned();
        NotCanonical { line: error.line(), column: error.column(), what }
    })?;
    Ok(strict.0)
}

/// The canonical form of a value.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => out.push_str(&value.to_string()),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            // The order of the map depends on how serde_json was built.
            let members: BTreeMap<&String, &Value> = members.iter().collect();
            for (at, (name, member)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(&Value::from(name.as_str()), out);
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
    }
}

/// A value that was read strictly.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > LARGEST { Err(inexact()) } else { Ok(Value::from(value)) }
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > LARGEST { Err(inexact()) } else { Ok(Value::from(value)) }
    }

    fn visit_f64<E: serde::de::Error>(self, _value: f64) -> Result<Value, E> {
        Err(inexact())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom(format!("`{name}` stands twice in one object")));
            }
            let Strict(member) = members.next_value()?;
            map.insert(name, member);
        }
        Ok(Value::Object(map))
    }
}

fn inexact<E: serde::de::Error>() -> E {
    E::custom("a number is whole and at most 2^53 - 1; exact values are texts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_document_has_one_form_whatever_its_order_and_white_space() {
        let first = parse("{ \"b\": [1, -2, null],\n \"a\": {\"y\": \"\\u4e2d\\n\", \"x\": true}}").unwrap();
        let second = parse("{\"a\":{\"x\":true,\"y\":\"中\\u000a\"},\"b\":[1,-2,null]}").unwrap();
        assert_eq!(canonical(&first), canonical(&second));
        assert_eq!(canonical(&first), "{\"a\":{\"x\":true,\"y\":\"中\\n\"},\"b\":[1,-2,null]}");
    }

    #[test]
    fn what_readers_could_read_differently_is_refused_with_its_place() {
        for text in
            ["{\"a\":1,\"a\":2}", "[1.5]", "[1e3]", "[-0]", "[9007199254740992]", "[1] x", "{\"a\":\"\\ud800\"}", ""]
        {
            parse(text).unwrap_err();
        }
        let error = parse("{\n  \"a\": 1,\n  \"a\": 2\n}").unwrap_err();
        assert_eq!((error.line, error.what.contains("`a` stands twice")), (3, true), "{error}");
    }
}
