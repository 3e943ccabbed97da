//! What one other cell would do to an evaluation of practice.

use crate::evaluate::unit_result;
use crate::input::{Cell, Input};
use crate::rank;
use crate::result::Evaluation;
use crate::scheme::{IndicatorRule, Scheme};

/// The evaluation as it would be if one cell were another. The score of a unit depends on its own cells only, so that one
/// unit is scored again and all are ranked again: the same as [`evaluate`](crate::evaluate()) over the changed input, for a
/// part of its cost. `evaluation` is the one of `scheme` and `input`; its data digest is left as it is, for what is assumed
/// is not data.
///
/// None when the input has no such unit or the scheme has no such indicator, part of a formula, or item outside the score.
#[must_use]
pub fn what_if(
    scheme: &Scheme,
    input: &Input,
    evaluation: &Evaluation,
    (unit, indicator): (&str, &str),
    cell: Cell,
) -> Option<Evaluation> {
    let named = input.units.iter().find(|known| known.id == unit)?;
    let outside = || scheme.outside().ids().any(|id| id == indicator);
    if scheme.indicator(indicator).is_none() && !scheme.inputs().contains_key(indicator) && !outside() {
        return None;
    }
    let own = input.cells.range((unit.to_owned(), String::new())..).take_while(|((of, _), _)| of == unit);
    let mut cells: std::collections::BTreeMap<_, _> = own.map(|(key, cell)| (key.clone(), cell.clone())).collect();
    cells.insert((unit.to_owned(), indicator.to_owned()), cell);
    let assumed = Input { units: vec![named.clone()], cells };
    let rules: Vec<&IndicatorRule> = scheme.indicators().collect();
    let mut changed = evaluation.clone();
    let place = changed.units.iter().position(|known| known.unit == unit)?;
    changed.units[place] = unit_result(scheme, &rules, named, &assumed);
    rank::assign(&mut changed.units, scheme.result().ties);
    Some(changed)
}
