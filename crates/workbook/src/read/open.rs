//! The cells of a file, whatever its format, within the limits.

use std::{
    collections::BTreeMap,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use calamine::{Data, DataRef, Dimensions, ExcelDateTime, Ods, Reader, SheetType, SheetVisible, Style, Xls, Xlsx};
use chrono::NaiveDate;

use crate::{
    error::WorkbookError,
    limits::{self, Kind, Limits},
    reading::{Held, Shown},
};

/// A cell that holds something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) held: Held,
    pub(crate) formula: Option<String>,
}

/// A sheet: its cells by row and column, from 0, and its merged areas.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) visible: bool,
    pub(crate) cells: BTreeMap<(u32, u32), Cell>,
    pub(crate) merged: Vec<Dimensions>,
}

impl Sheet {
    pub(crate) fn get(&self, row: u32, column: u32) -> Option<&Cell> {
        self.cells.get(&(row, column))
    }

    /// The text of a cell, for headings and marks; empty when it holds none.
    pub(crate) fn text(&self, row: u32, column: u32) -> String {
        self.get(row, column).map(|cell| raw(&cell.held)).unwrap_or_default()
    }

    /// The merged area that a cell lies in without being its first cell.
    pub(crate) fn covered_by(&self, row: u32, column: u32) -> Option<&Dimensions> {
        self.merged.iter().find(|area| area.contains(row, column) && area.start != (row, column))
    }

    /// The last row and column that hold something.
    pub(crate) fn last(&self) -> (u32, u32) {
        let row = self.cells.keys().map(|(row, _)| *row).max().unwrap_or(0);
        (row, self.cells.keys().map(|(_, column)| *column).max().unwrap_or(0))
    }

    fn put(&mut self, at: (u32, u32), held: Held, limits: &Limits) -> Result<(), WorkbookError> {
        if held == Held::Empty {
            return Ok(());
        }
        if let Held::Text(text) = &held
            && text.chars().count() > limits.text
        {
            return Err(too_long(&self.name, at, limits));
        }
        self.cells.insert(at, Cell { held, formula: None });
        if self.cells.len() > limits.cells { Err(limits::too_many_cells(limits)) } else { Ok(()) }
    }

    fn put_formula(&mut self, at: (u32, u32), formula: String) {
        if !formula.is_empty() {
            self.cells.entry(at).or_default().formula = Some(formula);
        }
    }
}

/// Reads every sheet. The reader asserts some things that a damaged `.xls` breaks (calamine 0.38: a stream of a length that
/// is no multiple of four); such a file is refused like any other damaged one, and is no reason to end the program.
pub(crate) fn sheets(bytes: &[u8], limits: &Limits) -> Result<Vec<Sheet>, WorkbookError> {
    let read = || of_kind(limits::check(bytes, limits)?, bytes, limits);
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(limits::broken()))
}

fn of_kind(kind: Kind, bytes: &[u8], limits: &Limits) -> Result<Vec<Sheet>, WorkbookError> {
    match kind {
        Kind::Xlsx => of_xlsx(bytes, limits),
        Kind::Xls => {
            let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|_| limits::broken())?;
            let mut sheets = of_ranges(&mut book, limits)?;
            for sheet in &mut sheets {
                sheet.merged = book.merge_cells_by_sheet_name(&sheet.name).map_err(|_| limits::broken())?;
            }
            Ok(sheets)
        }
        Kind::Ods => {
            let mut book: Ods<_> = Ods::new(Cursor::new(bytes)).map_err(|_| limits::broken())?;
            of_ranges(&mut book, limits)
        }
    }
}

/// Cell by cell, so that two cells in far corners make no grid, and with the number format of each.
fn of_xlsx(bytes: &[u8], limits: &Limits) -> Result<Vec<Sheet>, WorkbookError> {
    let broken = |_| limits::broken();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let mut sheets = Vec::new();
    for (name, visible) in worksheets(book.sheets_metadata()) {
        let mut sheet = Sheet { name, visible, ..Sheet::default() };
        let mut cells = book.worksheet_cells_reader(&sheet.name).map_err(broken)?;
        while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(broken)? {
            let held = of_styled(cell.get_value(), cells.styles().get(style));
            sheet.put(cell.get_position(), held, limits)?;
        }
        drop(cells);
        let mut cells = book.worksheet_cells_reader(&sheet.name).map_err(broken)?;
        while let Some(cell) = cells.next_formula().map_err(broken)? {
            sheet.put_formula(cell.get_position(), cell.get_value().clone());
        }
        drop(cells);
        sheet.merged = book.merge_cells_by_sheet_name(&sheet.name).map_err(broken)?;
        if sheet.merged.len() > limits.rows {
            return Err(limits::too_many_cells(limits));
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// The old and the open format, which tell no number formats.
fn of_ranges<'b, B: Reader<Cursor<&'b [u8]>>>(book: &mut B, limits: &Limits) -> Result<Vec<Sheet>, WorkbookError> {
    let mut sheets = Vec::new();
    for (name, visible) in worksheets(book.sheets_metadata()) {
        let mut sheet = Sheet { name, visible, ..Sheet::default() };
        let range = book.worksheet_range(&sheet.name).map_err(|_| limits::broken())?;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, value) in range.used_cells() {
            sheet.put(place(top, left, row, column), of_data(value), limits)?;
        }
        let range = book.worksheet_formula(&sheet.name).map_err(|_| limits::broken())?;
        let (top, left) = range.start().unwrap_or_default();
        for (row, column, formula) in range.used_cells() {
            sheet.put_formula(place(top, left, row, column), formula.clone());
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

fn worksheets(all: &[calamine::Sheet]) -> Vec<(String, bool)> {
    let sheets = all.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    sheets.map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible)).collect()
}

fn place(top: u32, left: u32, row: usize, column: usize) -> (u32, u32) {
    let offset = |start: u32, by: usize| start.saturating_add(u32::try_from(by).unwrap_or(u32::MAX));
    (offset(top, row), offset(left, column))
}

fn of_styled(value: &DataRef<'_>, style: Option<&Style>) -> Held {
    match value {
        DataRef::Float(value) => number(*value, style),
        #[expect(clippy::cast_precision_loss, reason = "spreadsheets hold no larger whole numbers")]
        DataRef::Int(value) => number(*value as f64, style),
        DataRef::String(text) => self::text(text),
        DataRef::SharedString(text) => self::text(text),
        DataRef::Bool(value) => Held::Bool(*value),
        DataRef::DateTime(value) => day(value),
        DataRef::DateTimeIso(text) => iso(text),
        DataRef::DurationIso(text) => Held::Time(text.clone()),
        DataRef::Error(error) => Held::Error(error.to_string()),
        DataRef::Empty => Held::Empty,
    }
}

fn of_data(value: &Data) -> Held {
    match value {
        Data::Float(value) => Held::Number { value: *value, shown: Shown::Unknown },
        #[expect(clippy::cast_precision_loss, reason = "spreadsheets hold no larger whole numbers")]
        Data::Int(value) => Held::Number { value: *value as f64, shown: Shown::Unknown },
        Data::String(text) => self::text(text),
        Data::Bool(value) => Held::Bool(*value),
        Data::DateTime(value) => day(value),
        Data::DateTimeIso(text) => iso(text),
        Data::DurationIso(text) => Held::Time(text.clone()),
        Data::Error(error) => Held::Error(error.to_string()),
        Data::Empty => Held::Empty,
    }
}

fn text(text: &str) -> Held {
    if text.trim().is_empty() { Held::Empty } else { Held::Text(text.to_owned()) }
}

fn number(value: f64, style: Option<&Style>) -> Held {
    let format = style.and_then(|style| style.number_format.as_ref());
    // Chinese editions of Excel have dates among the built-in formats 27–36 and 50–58 (ECMA-376, part 1, 18.8.30).
    if format.and_then(|format| format.format_id).is_some_and(|id| matches!(id, 27..=36 | 50..=58)) {
        return day(&ExcelDateTime::new(value, calamine::ExcelDateTimeType::DateTime, false));
    }
    let shown = format.map_or(Shown::Plain, |format| shown(&format.format_code));
    Held::Number { value, shown }
}

fn day(value: &ExcelDateTime) -> Held {
    let (year, month, day, ..) = value.to_ymd_hms_milli();
    let date = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day));
    match date.filter(|_| value.is_datetime() && value.as_f64() >= 1.0) {
        Some(date) => Held::Date(date),
        None => Held::Time(value.as_f64().to_string()),
    }
}

fn iso(text: &str) -> Held {
    let date = text.get(..10).and_then(|date| date.parse().ok());
    date.map_or_else(|| Held::Time(text.to_owned()), Held::Date)
}

/// What a number format does to a number: its first section, with literals told from placeholders.
fn shown(code: &str) -> Shown {
    let section = code.split(';').next().unwrap_or_default();
    let (mut pattern, mut literal) = (String::new(), String::new());
    let mut chars = section.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => literal.extend(chars.by_ref().take_while(|char| *char != '"')),
            '\\' | '!' => literal.extend(chars.next()),
            '_' | '*' => {
                chars.next();
            }
            '[' => {
                let _condition_or_colour = chars.by_ref().take_while(|char| *char != ']').count();
            }
            _ if char.is_alphabetic() && !char.is_ascii() => literal.push(char),
            _ => pattern.push(char),
        }
    }
    let pattern = pattern.trim_end();
    if pattern.contains('%') || literal.contains('%') {
        return Shown::Percent;
    }
    if pattern.ends_with(',') || literal.contains('.') {
        return Shown::Scaled(code.to_owned());
    }
    let label: String = literal.chars().filter(|char| char.is_alphanumeric() || *char == '/').collect();
    if label.is_empty() { Shown::Plain } else { Shown::Labelled(label) }
}

/// What a cell shows, as text.
pub(crate) fn raw(held: &Held) -> String {
    match held {
        Held::Empty => String::new(),
        Held::Number { value, shown } => match shown {
            Shown::Percent => {
                let hundredfold = crate::understand::exact(*value)
                    .and_then(|value| value.checked_mul(rust_decimal::Decimal::ONE_HUNDRED));
                hundredfold.map_or_else(|| format!("{value}"), |value| format!("{}%", value.normalize()))
            }
            Shown::Labelled(label) => format!("{value}{label}"),
            Shown::Plain | Shown::Scaled(_) | Shown::Unknown => format!("{value}"),
        },
        Held::Text(text) | Held::Time(text) | Held::Error(text) => text.clone(),
        Held::Date(date) => date.to_string(),
        Held::Bool(true) => "TRUE".to_owned(),
        Held::Bool(false) => "FALSE".to_owned(),
    }
}

fn too_long(sheet: &str, (row, column): (u32, u32), limits: &Limits) -> WorkbookError {
    let (place, most) = (super::address(row, column), limits.text);
    WorkbookError::new(
        format!("工作表“{sheet}”的 {place} 超过 {most} 个字"),
        format!("{place} of sheet \"{sheet}\" has more than {most} characters"),
        "请缩短文字，详细内容作为佐证材料提交",
        "shorten it, and hand the details in as evidence",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_format_tells_what_is_shown() {
        for plain in ["General", "0.00", "#,##0.0", "@", "0.00E+00", "¥#,##0.00", "#,##0.00_);(#,##0.00)", "[Red]0"] {
            assert_eq!(shown(plain), Shown::Plain, "{plain}");
        }
        for percent in ["0%", "0.00%", "0\\%", "[Blue]0.0%;[Red]-0.0%"] {
            assert_eq!(shown(percent), Shown::Percent, "{percent}");
        }
        for scaled in ["0.0,", "#,##0,,", "0!.0,", "0\".\"0"] {
            assert!(matches!(shown(scaled), Shown::Scaled(_)), "{scaled}");
        }
        assert_eq!(shown("0.0\"万吨\""), Shown::Labelled("万吨".to_owned()));
        assert_eq!(shown("0\"吨/日\""), Shown::Labelled("吨/日".to_owned()));
        assert_eq!(shown("0.0万元"), Shown::Labelled("万元".to_owned()));
    }
}
