//! What was reported: units, and one cell per unit and indicator.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::digest;

/// One thing that is evaluated. It is not always an administrative division (a development zone can be one), so its id
/// is an opaque text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Unique within an input.
    pub id: String,
    /// Printed name.
    pub name: String,
}

/// How a number is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Qualifier {
    /// `=`
    #[default]
    Equal,
    /// `≥`: a lower bound.
    AtLeast,
    /// `≤`: an upper bound.
    AtMost,
    /// `≈`
    About,
}

impl Qualifier {
    /// The code used in canonical data.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
            Self::About => "about",
        }
    }

    /// The sign printed before a number.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "",
            Self::AtLeast => "≥",
            Self::AtMost => "≤",
            Self::About => "≈",
        }
    }
}

/// How far the evidence of a qualitative item has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceState {
    /// The reporter named it; nobody has looked at it yet.
    Named,
    /// Somebody other than the reporter accepted it.
    Accepted,
}

impl EvidenceState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Accepted => "accepted",
        }
    }
}

/// A reported number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// In the unit of the indicator. Of a qualitative yes/no item it is read only where there is no evidence: 0 is “no”.
    pub value: Decimal,
    /// How to read it.
    #[serde(default)]
    pub qualifier: Qualifier,
    /// For qualitative items.
    #[serde(default)]
    pub evidence: Option<EvidenceState>,
}

impl Value {
    /// An exact number without evidence.
    #[must_use]
    pub fn exactly(value: Decimal) -> Self {
        Self { value, qualifier: Qualifier::Equal, evidence: None }
    }
}

/// Why a value is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingState {
    /// Its deadline has not come.
    NotDue,
    /// Its deadline has passed.
    Late,
    /// The reporter declined.
    Refused,
    /// It was reported and taken back.
    Withdrawn,
    /// Nothing is known.
    Unknown,
}

impl MissingState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NotDue => "not_due",
            Self::Late => "late",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether there is a value. Missing, zero and not applicable are three different things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// There is one, possibly zero.
    Reported(Value),
    /// There should be one.
    Missing(MissingState),
    /// There cannot be one: approved by the lead department, with the reason.
    NotApplicable {
        /// As approved.
        reason: String,
    },
}

/// What is known of one indicator of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The value, or why there is none.
    pub presence: Presence,
    /// The unit's own target; it wins over the fallback of the scheme.
    #[serde(default)]
    pub target: Option<Decimal>,
    /// The value of the base period.
    #[serde(default)]
    pub baseline: Option<Decimal>,
    /// An opaque provenance key, carried to the output.
    #[serde(default)]
    pub source: Option<String>,
    /// The caller's own marks, carried to the output.
    #[serde(default)]
    pub marks: Vec<String>,
}

impl Cell {
    /// A cell with this presence and nothing else.
    #[must_use]
    pub fn of(presence: Presence) -> Self {
        Self { presence, target: None, baseline: None, source: None, marks: Vec::new() }
    }
}

/// Everything an evaluation reads apart from its scheme.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// In any order; the result is sorted by id.
    pub units: Vec<Unit>,
    /// By unit id and indicator id. No cell is the same as `Missing(Unknown)`.
    #[serde(serialize_with = "write_cells", deserialize_with = "read_cells")]
    pub cells: BTreeMap<(String, String), Cell>,
}

impl Input {
    /// SHA-256 (hexadecimal) of the canonical JSON of the data. It does not depend on the order of units or cells nor on
    /// how a number was written (`35` and `35.0` are the same).
    #[must_use]
    pub fn digest(&self) -> String {
        let mut units: Vec<&Unit> = self.units.iter().collect();
        units.sort_by(|a, b| (&a.id, &a.name).cmp(&(&b.id, &b.name)));
        let units = units.into_iter().map(|u| object([("id", text(&u.id)), ("name", text(&u.name))])).collect();
        let cells = self.cells.iter().map(|((unit, indicator), cell)| canonical(unit, indicator, cell)).collect();
        digest::sha256_of(&object([("units", Json::Array(units)), ("cells", Json::Array(cells))]))
    }
}

fn canonical(unit: &str, indicator: &str, cell: &Cell) -> Json {
    let Cell { presence, target, baseline, source, marks } = cell;
    let presence = match presence {
        Presence::Reported(Value { value, qualifier, evidence }) => object([
            ("value", number(*value)),
            ("qualifier", text(qualifier.as_str())),
            ("evidence", evidence.map_or(Json::Null, |e| text(e.as_str()))),
        ]),
        Presence::Missing(state) => object([("missing", text(state.as_str()))]),
        Presence::NotApplicable { reason } => object([("not_applicable", text(reason))]),
    };
    object([
        ("unit", text(unit)),
        ("indicator", text(indicator)),
        ("presence", presence),
        ("target", target.map_or(Json::Null, number)),
        ("baseline", baseline.map_or(Json::Null, number)),
        ("source", source.as_deref().map_or(Json::Null, text)),
        ("marks", Json::Array(marks.iter().map(|m| text(m)).collect())),
    ])
}

fn text(value: &str) -> Json {
    Json::String(value.to_owned())
}

fn number(value: Decimal) -> Json {
    Json::String(value.normalize().to_string())
}

fn object<const N: usize>(fields: [(&str, Json); N]) -> Json {
    Json::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
}

/// JSON has no keys of two parts, so cells are a list there.
#[derive(Serialize, Deserialize)]
struct CellEntry<C> {
    unit: String,
    indicator: String,
    #[serde(flatten)]
    cell: C,
}

fn write_cells<S: Serializer>(cells: &BTreeMap<(String, String), Cell>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(cells.iter().map(|((unit, indicator), cell)| CellEntry {
        unit: unit.clone(),
        indicator: indicator.clone(),
        cell,
    }))
}

fn read_cells<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<(String, String), Cell>, D::Error> {
    let mut cells = BTreeMap::new();
    for CellEntry { unit, indicator, cell } in Vec::<CellEntry<Cell>>::deserialize(deserializer)? {
        if cells.insert((unit.clone(), indicator.clone()), cell).is_some() {
            return Err(serde::de::Error::custom(format!("two cells for {unit}, {indicator}")));
        }
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(value: &str) -> Input {
        let cell = Cell::of(Presence::Reported(Value::exactly(value.parse().unwrap())));
        Input {
            units: vec![Unit { id: "u".into(), name: "甲".into() }],
            cells: BTreeMap::from([(("u".into(), "i".into()), cell)]),
        }
    }

    #[test]
    fn the_digest_reads_the_number_not_its_writing() {
        assert_eq!(input("35").digest(), input("35.00").digest());
        assert_ne!(input("35").digest(), input("36").digest());
    }

    #[test]
    fn an_input_survives_json() {
        let before = input("35.5");
        let text = serde_json::to_string(&before).unwrap();
        assert_eq!(serde_json::from_str::<Input>(&text).unwrap(), before);
    }
}
