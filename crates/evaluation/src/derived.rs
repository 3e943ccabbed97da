//! Derived indicators of a scheme of practice.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::exact::Exact;
use crate::formula::{Formula, Gap, order};
use crate::input::{Input, MissingState, Presence, Qualifier};
use crate::result::Computation;
use crate::scheme::Scheme;

/// What the formula of an indicator gave for a unit.
pub(crate) struct Derived {
    pub(crate) value: Result<Exact, Gap>,
    /// Whether a part was a bound or an approximate number: which side the result errs on is then not known.
    pub(crate) about: bool,
    /// What it was computed from.
    pub(crate) from: Computation,
}

/// Computes the derived indicators of one unit, by id.
pub(crate) fn derive<'s>(scheme: &'s Scheme, unit: &str, input: &Input) -> BTreeMap<&'s str, Derived> {
    let formulas: Vec<(&str, &Formula)> =
        scheme.indicators().filter_map(|rule| Some((rule.id.as_str(), rule.formula.as_ref()?))).collect();
    let mut found: BTreeMap<&str, Derived> = BTreeMap::new();
    // The loader refused formulas that need each other.
    for place in order(&formulas).unwrap_or_default() {
        let (id, formula) = formulas[place];
        let part = |name: &str| part(name, unit, input, &found);
        let value = formula.compute(&|name| part(name).0);
        let about = formula.names().iter().any(|name| part(name).1);
        let shown = |name: &String| (name.clone(), part(name).0.ok().as_ref().map(shown));
        let from =
            Computation { formula: formula.text().to_owned(), parts: formula.names().iter().map(shown).collect() };
        found.insert(id, Derived { value, about, from });
    }
    found
}

/// The value of a name, and whether it is one with a qualifier.
fn part(name: &str, unit: &str, input: &Input, found: &BTreeMap<&str, Derived>) -> (Result<Exact, Gap>, bool) {
    if let Some(derived) = found.get(name) {
        return (derived.value.clone().map_err(Gap::inherited), derived.about);
    }
    let Some(cell) = input.cells.get(&(unit.to_owned(), name.to_owned())) else {
        return (Err(Gap::Missing(MissingState::Unknown)), false);
    };
    match &cell.presence {
        Presence::Reported(value) => (Ok(Exact::from(value.value)), value.qualifier != Qualifier::Equal),
        Presence::Missing(state) => (Err(Gap::Missing(*state)), false),
        Presence::NotApplicable { reason } => (Err(Gap::NotApplicable(reason.clone())), false),
    }
}

impl Derived {
    /// The presence that stands for it, with the value as it is shown.
    pub(crate) fn presence(&self) -> Presence {
        match &self.value {
            Ok(value) => Presence::Reported(crate::input::Value {
                value: shown(value),
                qualifier: if self.about { Qualifier::About } else { Qualifier::Equal },
                evidence: None,
            }),
            Err(Gap::Missing(state)) => Presence::Missing(*state),
            Err(Gap::NotApplicable(reason)) => Presence::NotApplicable { reason: reason.clone() },
            Err(Gap::DivisionByZero | Gap::Undefined) => Presence::Missing(MissingState::Unknown),
        }
    }
}

fn shown(value: &Exact) -> Decimal {
    value.round(12).normalize()
}
