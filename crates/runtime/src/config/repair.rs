//! Finds every structural fault of a tree, although serde stops at the first.
//!
//! Each time serde stops, the fault is noted, the value is replaced by a stand-in that serde takes, and reading starts
//! again. The result is used for checking only, never for running.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::{Table, Value};

use super::environment::Overrides;

/// A configuration with more faults than this is not one.
const MAX_FAULTS: usize = 200;

/// What reading came to.
pub(super) struct Reading<C> {
    /// The value; with faults it is made of stand-ins in part, and missing when none fitted.
    pub(super) value: Option<C>,
    /// What serde refused.
    pub(super) refused: Vec<Refused>,
    /// Keys that nobody reads.
    pub(super) unknown: Vec<Vec<String>>,
}

/// A value that serde refused, or a key that it misses.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) at: Vec<String>,
    pub(super) kind: Kind,
    /// What serde said.
    pub(super) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Missing,
    Unknown,
    Wrong,
}

/// Reads the tree, going on after each fault.
pub(super) fn read_all<C: DeserializeOwned>(mut tree: Table, overrides: &Overrides) -> Reading<C> {
    let mut refused: Vec<Refused> = Vec::new();
    loop {
        let (outcome, unknown) = read::<C>(&tree);
        let fault = match outcome {
            Ok(value) => return Reading { value: Some(value), refused, unknown },
            Err(fault) => fault,
        };
        if let Some(text) = text_instead(&tree, &fault, overrides) {
            put(&mut tree, &fault.at, Some(text));
            continue;
        }
        let below_another = refused.iter().any(|earlier| fault.at.starts_with(&earlier.at));
        if !below_another {
            refused.push(fault.clone());
        }
        if refused.len() > MAX_FAULTS || !repair::<C>(&mut tree, &fault) {
            return Reading { value: None, refused, unknown };
        }
    }
}

/// One try. Keys that nobody reads are known up to where serde stopped.
fn read<C: DeserializeOwned>(tree: &Table) -> (Result<C, Refused>, Vec<Vec<String>>) {
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let outcome = {
        let mut note = |path: serde_ignored::Path<'_>| unknown.push(steps(&path));
        let tracked = serde_path_to_error::Deserializer::new(Value::Table(tree.clone()), &mut track);
        C::deserialize(serde_ignored::Deserializer::new(tracked, &mut note))
    };
    let outcome = outcome.map_err(|error| locate(&track.path(), error.message()));
    (outcome, unknown)
}

fn steps(path: &serde_ignored::Path<'_>) -> Vec<String> {
    use serde_ignored::Path;
    let (parent, step) = match path {
        Path::Root => return Vec::new(),
        Path::Seq { parent, index } => (parent, Some(index.to_string())),
        Path::Map { parent, key } => (parent, Some(key.clone())),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => (parent, None),
    };
    let mut all = steps(parent);
    all.extend(step);
    all
}

fn locate(path: &serde_path_to_error::Path, message: &str) -> Refused {
    let mut at: Vec<String> = path
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    // The wording is serde's own (serde::de::Error::missing_field and unknown_field); the key stands between backticks.
    let named = message.split('`').nth(1).unwrap_or_default().to_owned();
    let kind = if message.starts_with("missing field") {
        Kind::Missing
    } else if message.starts_with("unknown field") {
        Kind::Unknown
    } else {
        Kind::Wrong
    };
    match kind {
        Kind::Missing => at.push(named),
        Kind::Unknown if at.last() != Some(&named) => at.push(named),
        Kind::Unknown | Kind::Wrong => {}
    }
    Refused { at, kind, message: message.to_owned() }
}

/// A variable's text was taken for TOML and did not fit: it is meant as text, as in `WUFEI__NAME=140100`.
fn text_instead(tree: &Table, fault: &Refused, overrides: &Overrides) -> Option<Value> {
    let text = &overrides.at(&fault.at)?.text;
    let current = get(tree, &fault.at)?;
    (fault.kind == Kind::Wrong && !current.is_str()).then(|| Value::String(text.clone()))
}

/// Replaces the faulty value by the first stand-in that lets serde get further.
fn repair<C: DeserializeOwned>(tree: &mut Table, fault: &Refused) -> bool {
    if fault.at.is_empty() {
        return false;
    }
    for stand_in in stand_ins(fault) {
        let mut trial = tree.clone();
        put(&mut trial, &fault.at, stand_in);
        let further = match read::<C>(&trial).0 {
            Ok(_) => true,
            Err(next) => next.at != fault.at,
        };
        if further {
            *tree = trial;
            return true;
        }
    }
    false
}

fn stand_ins(fault: &Refused) -> Vec<Option<Value>> {
    let text = |text: &str| Some(Value::String(text.to_owned()));
    // A default is the best stand-in, so first the key is left out.
    let mut all = vec![None, text("stand-in"), Some(Value::Integer(1)), Some(Value::Boolean(false))];
    // serde lists the allowed words of an enum between backticks.
    all.extend(fault.message.split('`').skip(1).step_by(2).map(text));
    all.extend([text("127.0.0.1:0"), text("127.0.0.1"), text("1"), text("2025-01-01"), text("2025-01-01T00:00:00Z")]);
    all.extend([text("spiffe://stand-in/stand-in"), text("https://stand-in"), Some(Value::Float(0.5))]);
    all.extend([Some(Value::Table(Table::new())), Some(Value::Array(Vec::new()))]);
    all
}

pub(super) fn get<'a>(tree: &'a Table, at: &[String]) -> Option<&'a Value> {
    let (first, rest) = at.split_first()?;
    rest.iter().try_fold(tree.get(first)?, |value, step| match value {
        Value::Table(table) => table.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => None,
    })
}

/// Sets the value, or takes the key away. An entry of a list can only be set: the others would move.
fn put(tree: &mut Table, at: &[String], value: Option<Value>) {
    let Some((last, sections)) = at.split_last() else { return };
    let Some((first, inner)) = sections.split_first() else {
        set(tree, last, value);
        return;
    };
    let parent = inner.iter().try_fold(tree.get_mut(first), |value, step| {
        Some(match value? {
            Value::Table(table) => table.get_mut(step),
            Value::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
            Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => None,
        })
    });
    match parent.flatten() {
        Some(Value::Table(table)) => set(table, last, value),
        Some(Value::Array(items)) => {
            if let (Some(item), Some(value)) =
                (last.parse::<usize>().ok().and_then(|index| items.get_mut(index)), value)
            {
                *item = value;
            }
        }
        Some(Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_))
        | None => {}
    }
}

fn set(table: &mut Table, key: &str, value: Option<Value>) {
    match value {
        Some(value) => {
            table.insert(key.to_owned(), value);
        }
        None => {
            table.remove(key);
        }
    }
}
