//! Raw columns and the formulas made of them.

use std::collections::BTreeMap;

use marked_yaml::Span;

use super::ids::Ids;
use crate::formula::{Formula, Units, order};
use crate::scheme::fields::{Faults, Fields, scalar};

/// Where a formula stands.
#[derive(Debug)]
struct Place {
    path: String,
    span: Span,
}

/// The formulas of a scheme while it is read.
#[derive(Debug, Default)]
pub(crate) struct Formulas(BTreeMap<String, Place>);

/// A formula to be bound, with the id and the unit of its indicator.
pub(crate) struct Draft<'f> {
    pub(crate) id: &'f str,
    pub(crate) unit: &'f str,
    pub(crate) formula: &'f mut Formula,
}

/// Reads `inputs`: raw columns by name, each with its unit.
pub(crate) fn inputs(fields: &mut Fields<'_>, ids: &mut Ids, faults: &mut Faults) -> BTreeMap<String, String> {
    let mut inputs = BTreeMap::new();
    let Some(node) = fields.optional("inputs") else { return inputs };
    let Some(inner) = Fields::of(node, &fields.at("inputs"), faults) else { return inputs };
    for (name, unit) in inner.entries() {
        ids.claim(name, name, &inner, faults);
        if let Some(unit) = scalar(unit, &inner.at(name), faults) {
            inputs.insert(name.to_owned(), unit.to_owned());
        }
    }
    inputs
}

impl Formulas {
    /// Reads `formula` of an indicator, if it is there.
    pub(crate) fn read(&mut self, fields: &mut Fields<'_>, id: Option<&str>, faults: &mut Faults) -> Option<Formula> {
        let span = *fields.optional("formula")?.span();
        let text = fields.optional_text("formula", faults)?;
        let path = fields.at("formula");
        match Formula::parse(&text) {
            Ok(formula) => {
                self.0.insert(id.unwrap_or_default().to_owned(), Place { path, span });
                Some(formula)
            }
            Err(fault) => {
                Place { path, span }.add(&text, fault.column, &fault.zh, &fault.en, faults);
                None
            }
        }
    }

    /// Checks the units and the order of all formulas. `units` are those of everything that they may name.
    pub(crate) fn bind(&self, mut drafts: Vec<Draft<'_>>, units: &Units, ids: &Ids, faults: &mut Faults) {
        let faulty = !faults.0.is_empty();
        for draft in &mut drafts {
            // What could not be read is a fault already, and not that of who names it.
            let unread = draft.formula.names().iter().any(|name| !units.knows(name) && ids.has(name));
            if faulty && unread {
                continue;
            }
            let Some(place) = self.0.get(draft.id) else { continue };
            for fault in draft.formula.bind(units, draft.unit).err().unwrap_or_default() {
                place.add(draft.formula.text(), fault.column, &fault.zh, &fault.en, faults);
            }
        }
        let all: Vec<(&str, &Formula)> = drafts.iter().map(|draft| (draft.id, &*draft.formula)).collect();
        if let Err(cycle) = order(&all)
            && let Some((first, place)) = cycle.0.first().and_then(|id| Some((id, self.0.get(id)?)))
        {
            let way = format!("{} → {first}", cycle.0.join(" → "));
            let (zh, en) = (format!("公式循环引用：{way}"), format!("formulas need each other: {way}"));
            faults.add(&place.path, &place.span, "", &zh, &en);
        }
    }
}

impl Place {
    fn add(&self, text: &str, column: usize, zh: &str, en: &str, faults: &mut Faults) {
        let (zh, en) = (format!("公式第{column}列：{zh}"), format!("column {column} of the formula: {en}"));
        faults.add(&self.path, &self.span, text, &zh, &en);
    }
}
