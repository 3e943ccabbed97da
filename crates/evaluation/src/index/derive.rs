//! Derived indicators of a composite index.

use super::data::{Absence, Data};
use super::scheme::IndexScheme;
use crate::exact::Exact;
use crate::formula::{Formula, Gap, order};
use crate::input::MissingState;

/// Fills the columns of the indicators that have a formula, row by row.
pub(super) fn derive(scheme: &IndexScheme, data: &mut Data) {
    let leaves = scheme.indicators();
    let formulas: Vec<(&str, &Formula)> =
        leaves.iter().filter_map(|leaf| Some((leaf.id.as_str(), leaf.indicator()?.formula.as_ref()?))).collect();
    let leaf_of = |name: &str| leaves.iter().position(|leaf| leaf.id == name);
    // The loader refused formulas that need each other.
    for place in order(&formulas).unwrap_or_default() {
        let (id, formula) = formulas[place];
        let Some(leaf) = leaf_of(id) else { continue };
        for row in 0..data.rows.len() {
            let value = formula.compute(&|name| match leaf_of(name) {
                Some(other) => there(data.indicators[other][row], data.absent.get(&(row, other))),
                None => {
                    let value = data.raw.get(name).map_or(f64::NAN, |column| column[row]);
                    there(value, data.raw_absent.get(&(row, name.to_owned())))
                }
            });
            match value {
                Ok(value) => data.indicators[leaf][row] = value.to_f64(),
                Err(Gap::NotApplicable(_)) => {
                    data.absent.insert((row, leaf), Absence::NotApplicable);
                }
                Err(gap) => {
                    if let Some(flag) = gap.flag() {
                        data.undefined.insert((row, leaf), flag);
                    }
                }
            }
        }
    }
}

fn there(value: f64, absence: Option<&Absence>) -> Result<Exact, Gap> {
    if let Some(value) = Exact::from_f64(value) {
        return Ok(value);
    }
    match absence {
        Some(Absence::NotApplicable) => Err(Gap::NotApplicable(String::new())),
        Some(Absence::Missing(state)) => Err(Gap::Missing(*state)),
        None => Err(Gap::Missing(MissingState::Unknown)),
    }
}
