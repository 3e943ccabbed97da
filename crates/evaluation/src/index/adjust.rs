//! Bonus items, deductions and vetoes of a composite index.

use rust_decimal::Decimal;

use super::data::{Absence, Data};
use super::scheme::IndexScheme;
use crate::exact::Exact;
use crate::input::{Cell, MissingState, Presence, Value};
use crate::outside::{Settled, settle};

/// The items of every row; none where the scheme has no such rules.
pub(super) fn settled<'s>(scheme: &'s IndexScheme, data: &Data) -> Option<Vec<Settled<'s>>> {
    let rules = scheme.outside();
    let of = |row: usize| settle(rules, &|id: &str| cell(data, row, id), None);
    (!rules.is_empty()).then(|| (0..data.rows.len()).map(of).collect())
}

fn cell(data: &Data, row: usize, id: &str) -> Cell {
    let value = data.raw.get(id).map_or(f64::NAN, |column| column[row]);
    let number = Exact::from_f64(value).map(|value| value.round(Decimal::MAX_SCALE).normalize());
    Cell::of(match (number, data.raw_absent.get(&(row, id.to_owned()))) {
        (Some(value), _) => Presence::Reported(Value::exactly(value)),
        (None, Some(Absence::NotApplicable)) => Presence::NotApplicable { reason: String::new() },
        (None, Some(Absence::Missing(state))) => Presence::Missing(*state),
        (None, None) => Presence::Missing(MissingState::Unknown),
    })
}

/// The final score of a row: the weighted one as it reads, with its items.
pub(super) fn apply(settled: &Settled<'_>, score: f64) -> f64 {
    exact(score).map_or(score, |score| settled.apply(&score).to_f64())
}

/// A score at twelve digits: beyond that there are errors of rounding.
pub(super) fn exact(score: f64) -> Option<Exact> {
    Exact::from_f64(super::rank::comparable(score))
}
