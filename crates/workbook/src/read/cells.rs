//! The cells of one row, before anybody knows what they mean.

use domain::Text;

use super::{address, layout::Table, open};
use crate::{
    column::Column,
    reading::{CellReading, Certainty, Finding, Held, Understood},
    understand::fold,
};

/// Takes the cells of a row. What stands once over several merged rows is taken for each where that is meant; an answer
/// that does is asked about.
pub(super) fn of_row(table: &Table<'_>, row: u32) -> Vec<CellReading> {
    Column::ALL.into_iter().map(|column| of_column(table, row, column)).collect()
}

fn of_column(table: &Table<'_>, row: u32, column: Column) -> CellReading {
    let Some(place) = table.columns.get(&column).copied() else {
        return blank(column, (row + 1).to_string());
    };
    let mut reading = blank(column, address(row, place));
    if let Some(cell) = table.sheet.get(row, place) {
        reading.raw = open::raw(&cell.held);
        reading.held = cell.held.clone();
        reading.formula.clone_from(&cell.formula);
        reading.certainty = if cell.held == Held::Empty { Certainty::Empty } else { Certainty::Sure };
        return reading;
    }
    let Some(area) = table.sheet.covered_by(row, place).filter(|area| area.start.0 < row) else { return reading };
    let (top, left) = area.start;
    let Some(cell) =
        table.sheet.get(top, left).filter(|cell| left == place && top > table.heading && cell.held != Held::Empty)
    else {
        return reading;
    };
    if column.spreads() {
        reading.raw = open::raw(&cell.held);
        reading.held = cell.held.clone();
        reading.certainty = Certainty::Converted;
        reading.words = Text::new(
            format!("取自合并单元格 {}", address(top, left)),
            format!("from the merged cell {}", address(top, left)),
        );
    } else if column.is_answer() {
        let (from, raw) = (address(top, left), open::raw(&cell.held));
        reading.find(Finding::question(
            (
                format!("与 {from} 合并，看不出“{raw}”是否也是这一行的"),
                format!("merged with {from}: it is not sure that \"{raw}\" is meant for this row too"),
            ),
            ("请取消合并，逐行填写", "split the cells and fill each row"),
        ));
    }
    reading
}

fn blank(column: Column, place: String) -> CellReading {
    CellReading {
        column,
        place,
        held: Held::Empty,
        raw: String::new(),
        formula: None,
        understood: Understood::Nothing,
        words: Text::default(),
        certainty: Certainty::Empty,
        findings: Vec::new(),
    }
}

/// The text of a cell that is to hold words; none when it is empty. What is no text is asked about.
pub(super) fn words(cell: &mut CellReading) -> Option<String> {
    match &cell.held {
        Held::Empty => {
            unstored(cell);
            None
        }
        Held::Text(text) => Some(fold(text).unwrap_or_else(|| text.trim().to_owned())).filter(|text| !text.is_empty()),
        Held::Number { .. } | Held::Date(_) | Held::Time(_) | Held::Bool(_) => Some(cell.raw.clone()),
        Held::Error(_) => {
            error(cell);
            None
        }
    }
}

/// An error of the spreadsheet.
pub(super) fn error(cell: &mut CellReading) {
    let raw = cell.raw.clone();
    cell.find(Finding::fault(
        (format!("公式出错：{raw}"), format!("the formula fails: {raw}")),
        ("请改正公式，或直接填写数值", "correct the formula, or enter the value"),
    ));
}

/// A formula whose result was never stored, as files made by programs have it.
pub(super) fn unstored(cell: &mut CellReading) {
    if let Some(formula) = &cell.formula {
        let formula = formula.clone();
        cell.find(Finding::question(
            (format!("公式 ={formula} 没有计算结果"), format!("the formula ={formula} has no stored result")),
            (
                "请在表格软件中打开并保存，或直接填写数值",
                "open and save it in a spreadsheet program, or enter the value",
            ),
        ));
    }
}

/// Notes how a cell was understood.
pub(super) fn understood(cell: &mut CellReading, understood: Understood, words: Text) {
    cell.understood = understood;
    if words != Text::default() {
        cell.certainty = cell.certainty.max(Certainty::Converted);
        cell.words = words;
    }
}
