//! Tables.

use rust_decimal::Decimal;
use serde::Serialize;

use super::Run;

/// A table.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    /// Name of its sheet in the workbook; none for a table that stands there in another form.
    #[serde(skip)]
    pub(crate) sheet: Option<String>,
    pub(crate) caption: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
}

/// A column.
#[derive(Debug, Serialize)]
pub(crate) struct Column {
    pub(crate) title: String,
    /// Share of the width of the page, of any sum.
    pub(crate) width: u16,
    pub(crate) align: Align,
}

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

/// A row.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    /// Printed in grey: it does not count like the others.
    pub(crate) grey: bool,
    /// It might not fit on a page and goes on on the next; the others stay in one piece.
    pub(crate) long: bool,
}

/// A cell.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Cell {
    pub(crate) runs: Vec<Run>,
    /// True for the cell that names the row.
    pub(crate) head: bool,
    /// The number in it, for the workbook.
    #[serde(skip)]
    pub(crate) value: Option<Decimal>,
}

impl Table {
    pub(crate) fn new(sheet: &str, caption: impl Into<String>, columns: Vec<Column>) -> Self {
        let sheet = (!sheet.is_empty()).then(|| sheet.to_owned());
        Self { sheet, caption: caption.into(), columns, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row::of(cells));
    }
}

impl Column {
    pub(crate) fn left(title: impl Into<String>, width: u16) -> Self {
        Self { title: title.into(), width, align: Align::Left }
    }

    pub(crate) fn center(title: impl Into<String>, width: u16) -> Self {
        Self { title: title.into(), width, align: Align::Center }
    }

    pub(crate) fn right(title: impl Into<String>, width: u16) -> Self {
        Self { title: title.into(), width, align: Align::Right }
    }
}

impl Cell {
    pub(crate) fn of(runs: Vec<Run>) -> Self {
        Self { runs, ..Self::default() }
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::of(vec![Run::text(text)])
    }

    pub(crate) fn code(text: impl Into<String>) -> Self {
        Self::of(vec![Run::code(text)])
    }

    /// The cell that names the row.
    pub(crate) fn head(text: impl Into<String>) -> Self {
        Self { head: true, ..Self::text(text) }
    }

    /// A whole number.
    pub(crate) fn count(count: impl Into<Decimal>) -> Self {
        let value = count.into();
        Self { value: Some(value), ..Self::text(value.to_string()) }
    }

    /// The same cell with the number in it.
    pub(crate) fn value(self, value: Decimal) -> Self {
        Self { value: Some(value), ..self }
    }
}

impl Row {
    /// Bytes of text in a cell from which on its row is long.
    const LONG: usize = 600;

    pub(crate) fn of(cells: Vec<Cell>) -> Self {
        let long = cells.iter().any(|cell| cell.runs.iter().map(Run::len).sum::<usize>() > Self::LONG);
        Self { cells, grey: false, long }
    }

    /// The numbers of the figures in a cell.
    pub(crate) fn figures(&self) -> impl Iterator<Item = (usize, usize)> {
        self.cells.iter().enumerate().flat_map(|(column, cell)| {
            cell.runs.iter().filter_map(move |run| match run {
                Run::Figure { number, .. } => Some((column, *number)),
                Run::Text { .. }
                | Run::Small { .. }
                | Run::Code { .. }
                | Run::Flag { .. }
                | Run::Light { .. }
                | Run::Mention { .. }
                | Run::Anchor { .. }
                | Run::Break => None,
            })
        })
    }
}
