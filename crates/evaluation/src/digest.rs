//! Canonical JSON and its digest.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256, in hexadecimal, of the canonical JSON of a value.
///
/// Canonical: no white space, keys in the order of their bytes. Keys are sorted here and not by the map of
/// `serde_json`, whose order depends on a feature that any other crate of a build can switch on. The values hashed hold
/// only text, integers, booleans and null, so there is no question of how a float is written.
pub(crate) fn sha256_of(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The same of an array, of which one item at a time is there.
pub(crate) fn sha256_of_items(items: impl Iterator<Item = Value>) -> String {
    let (mut hash, mut text) = (Sha256::new(), String::from("["));
    for (index, item) in items.enumerate() {
        if index > 0 {
            text.push(',');
        }
        write(&item, &mut text);
        hash.update(text.as_bytes());
        text.clear();
    }
    text.push(']');
    hash.update(text.as_bytes());
    hex::encode(hash.finalize())
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => out.push_str(&value.to_string()),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                if let Some(field) = fields.get(key) {
                    write(field, out);
                }
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_does_not_depend_on_the_order_of_keys() {
        let one: Value = serde_json::from_str(r#"{"b":[1,"二"],"a":null}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{ "a": null, "b": [1, "二"] }"#).unwrap();
        assert_eq!(sha256_of(&one), sha256_of(&two));
        for items in [vec![], vec![one.clone()], vec![one, two, Value::Null]] {
            assert_eq!(sha256_of_items(items.iter().cloned()), sha256_of(&Value::Array(items)));
        }
        assert_eq!(
            sha256_of(&Value::Object(serde_json::Map::new())),
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
    }
}
