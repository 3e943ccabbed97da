//! Workbooks as clerks fill them.

use std::io::{Cursor, Read as _, Write as _};

use calamine::{Reader as _, Xlsx};
use rust_xlsxwriter::Workbook;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// Rows below the headings: code, scope, value, unit.
pub(crate) type Rows = [[&'static str; 4]; 1];

/// A figure without a fault.
pub(crate) const GOOD: &Rows = &[["ZWC2021-26", "全市", "35%以上", "%"]];

/// One figure of the whole city.
pub(crate) fn filled(code: &'static str, value: &'static str, unit: &'static str) -> Rows {
    [[code, "全市", value, unit]]
}

/// A workbook of the clerk's own: headings and rows, without the marks of a template.
pub(crate) fn book(rows: &Rows) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let headings = ["指标代码", "统计范围", "填报值", "单位"];
    for (row, cells) in (0_u32..).zip([&headings].into_iter().chain(rows)) {
        for (column, text) in (0_u16..).zip(cells) {
            sheet.write_string(row, column, *text).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// The lines of a sheet.
pub(crate) fn sheet(bytes: &[u8], name: &str) -> Vec<String> {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range(name).unwrap();
    range.rows().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")).collect()
}

/// The template with values, and with the whole city as the scope where one is to be chosen: its cells are filled in the file itself, as
/// a spreadsheet program does.
pub(crate) fn template_filled(template: &[u8], values: &[(&str, &str)]) -> Vec<u8> {
    let lines = sheet(template, "填报表");
    let mut cells = Vec::new();
    for (code, value) in values {
        // The range begins at the first row that holds something, which is the first of the sheet.
        let at = lines.iter().position(|line| line.starts_with(&format!("{code}|"))).unwrap() + 1;
        cells.push((format!("G{at}"), *value));
        if lines[at - 1].split('|').nth(4) == Some("") {
            cells.push((format!("E{at}"), "全市"));
        }
    }
    let mut from = ZipArchive::new(Cursor::new(template)).unwrap();
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut part = from.by_index(index).unwrap();
        let (name, mut content) = (part.name().unwrap().into_owned(), Vec::new());
        part.read_to_end(&mut content).unwrap();
        if name == "xl/worksheets/sheet1.xml" {
            let mut text = String::from_utf8(content).unwrap();
            for (place, value) in &cells {
                text = put(&text, place, value);
            }
            content = text.into_bytes();
        }
        to.start_file(name, SimpleFileOptions::default()).unwrap();
        to.write_all(&content).unwrap();
    }
    to.finish().unwrap().into_inner()
}

/// An empty cell with a style, `<c r="G4" s="7"/>`, that holds a text.
fn put(sheet: &str, place: &str, value: &str) -> String {
    let start = sheet.find(&format!("<c r=\"{place}\"")).unwrap_or_else(|| panic!("no cell {place}"));
    let end = start + sheet[start..].find("/>").unwrap();
    let (before, cell, after) = (&sheet[..start], &sheet[start..end], &sheet[end + 2..]);
    format!("{before}{cell} t=\"inlineStr\"><is><t>{value}</t></is></c>{after}")
}
