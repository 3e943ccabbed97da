//! The numbers that figures are printed with.

use std::collections::HashMap;

use report::{cells::CellRef, model::ItemState};

/// Numbers of the figures, from 1, in the order of [`report::cells()`]. What nobody reported has none: it is named in the
/// table of what was reported, and there is no source to look up.
pub(crate) struct Figures<'a> {
    numbers: HashMap<&'a str, usize>,
}

impl<'a> Figures<'a> {
    pub(crate) fn of(cells: &'a [CellRef]) -> Self {
        let numbered = cells.iter().filter(|cell| !is_missing(cell)).zip(1..);
        Self { numbers: numbered.map(|(cell, number)| (cell.id.as_str(), number)).collect() }
    }

    pub(crate) fn number(&self, id: &str) -> Option<usize> {
        self.numbers.get(id).copied()
    }
}

/// True for an indicator that nobody reported.
pub(crate) fn is_missing(cell: &CellRef) -> bool {
    cell.id.starts_with("item/") && cell.provenance.is_empty() && cell.value == ItemState::Missing.label().zh
}
