//! Overrides from the environment.

use std::{collections::BTreeMap, ffi::OsString};

use toml::{Table, Value};

/// What the name of a variable starts with.
const PREFIX: &str = "WUFEI__";

/// The overrides, by key.
#[derive(Debug, Default)]
pub(super) struct Overrides(BTreeMap<Vec<String>, Override>);

#[derive(Debug)]
pub(super) struct Override {
    /// The variable's name.
    pub(super) variable: String,
    /// Its text as it stands.
    pub(super) text: String,
}

impl Overrides {
    /// Picks the overrides out of the variables. The names of those that are not UTF-8 come back as faults.
    pub(super) fn pick(variables: impl IntoIterator<Item = (OsString, OsString)>) -> (Self, Vec<String>) {
        let (mut picked, mut malformed) = (BTreeMap::new(), Vec::new());
        for (variable, text) in variables {
            let Some(key) = variable.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
            let key: Vec<_> = key.split("__").map(str::to_ascii_lowercase).collect();
            let variable = variable.to_string_lossy().into_owned();
            match text.into_string() {
                Ok(text) if key.iter().all(|step| !step.is_empty()) => {
                    picked.insert(key, Override { variable, text });
                }
                Ok(_) | Err(_) => malformed.push(variable),
            }
        }
        (Self(picked), malformed)
    }

    /// Puts the overrides into the table. One whose section is a plain value replaces that value.
    pub(super) fn apply(&self, table: &mut Table) {
        for (key, Override { text, .. }) in &self.0 {
            insert(table, key, as_toml(text));
        }
    }

    /// The override at this key or at a section around it.
    pub(super) fn covering(&self, at: &[String]) -> Option<&Override> {
        (1..=at.len()).rev().find_map(|length| self.0.get(&at[..length]))
    }

    /// The override at exactly this key.
    pub(super) fn at(&self, at: &[String]) -> Option<&Override> {
        self.0.get(at)
    }
}

fn as_toml(text: &str) -> Value {
    text.parse().unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn insert(table: &mut Table, key: &[String], value: Value) {
    match key {
        [] => {}
        [last] => {
            table.insert(last.clone(), value);
        }
        [section, rest @ ..] => {
            let entry = table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
            if !entry.is_table() {
                *entry = Value::Table(Table::new());
            }
            if let Value::Table(inner) = entry {
                insert(inner, rest, value);
            }
        }
    }
}
