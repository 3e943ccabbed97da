//! Builders for the tests.

use std::{
    io::{Read as _, Write as _},
    sync::LazyLock,
};

use chrono::NaiveDate;
use domain::{Catalogue, DepartmentId, Period, RegionTable};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use workbook::{CellReading, Column, Filled, Held, Limits, Reading, Round, RowReading, Severity, WorkbookError};

pub(crate) fn catalogue() -> Catalogue {
    Catalogue::from_csv(
        include_str!("../../../../deploy/catalogue/indicators.csv"),
        include_str!("../../../../deploy/catalogue/supplementary.csv"),
        include_str!("../../../../deploy/catalogue/labels.csv"),
    )
    .unwrap()
}

pub(crate) fn regions() -> RegionTable {
    RegionTable::from_csv(include_str!("../../../../deploy/catalogue/regions.csv")).unwrap()
}

pub(crate) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The world of the tests.
pub(crate) struct World {
    pub(crate) catalogue: Catalogue,
    pub(crate) regions: RegionTable,
}

static WORLD: LazyLock<World> = LazyLock::new(|| World { catalogue: catalogue(), regions: regions() });

impl World {
    pub(crate) fn new() -> &'static Self {
        &WORLD
    }

    /// Taiyuan's round of 2024, reported on the first of July 2025.
    pub(crate) fn taiyuan(&self) -> Round<'_> {
        self.round("city-140100", "2024")
    }

    pub(crate) fn round(&self, department: &str, period: &str) -> Round<'_> {
        let department = DepartmentId::parse(department).unwrap();
        let period = Period::parse(period).unwrap();
        Round::new(&self.catalogue, &self.regions, period, department, date("2025-07-01"))
    }
}

/// What a test puts into a cell.
#[derive(Clone, Debug)]
pub(crate) enum Put {
    None,
    Text(&'static str),
    Num(f64),
    /// A number with its format.
    As(f64, &'static str),
    /// A date.
    Day(u16, u8, u8),
    /// A formula with its stored result; without one where that is empty, as programs write it.
    Calc(&'static str, &'static str),
    Bool(bool),
}

use Put::{As, Bool, Calc, Day, None as Nothing, Num, Text};

impl Put {
    pub(crate) fn write(&self, sheet: &mut Worksheet, row: u32, column: u16) {
        match self {
            Nothing => {}
            Text(text) => drop(sheet.write_string(row, column, *text).unwrap()),
            Num(value) => drop(sheet.write_number(row, column, *value).unwrap()),
            As(value, format) => {
                let format = Format::new().set_num_format(*format);
                sheet.write_number_with_format(row, column, *value, &format).unwrap();
            }
            Day(year, month, day) => {
                let format = Format::new().set_num_format("yyyy-mm-dd");
                let day = ExcelDateTime::from_ymd(*year, *month, *day).unwrap();
                sheet.write_datetime_with_format(row, column, &day, &format).unwrap();
            }
            Calc(formula, result) => {
                sheet.write_formula(row, column, Formula::new(*formula).set_result(*result)).unwrap();
            }
            Bool(value) => drop(sheet.write_boolean(row, column, *value).unwrap()),
        }
    }
}

/// A workbook with one sheet: a row of headings at the top and rows below.
pub(crate) fn book(headings: &[&str], rows: &[Vec<Put>]) -> Vec<u8> {
    book_with(headings, rows, |_| {})
}

/// As [`book`], with more done to the sheet.
pub(crate) fn book_with(headings: &[&str], rows: &[Vec<Put>], more: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in (0_u16..).zip(headings) {
        sheet.write_string(0, column, *heading).unwrap();
    }
    for (row, cells) in (1_u32..).zip(rows) {
        for (column, put) in (0_u16..).zip(cells) {
            put.write(sheet, row, column);
        }
    }
    more(sheet);
    let bytes = book.save_to_buffer().unwrap();
    let uncomputed = rows.iter().flatten().any(|put| matches!(put, Calc(_, "")));
    if uncomputed {
        change_part(&bytes, "xl/worksheets/sheet1.xml", |text| text.replace("</f><v>0</v>", "</f>"))
    } else {
        bytes
    }
}

/// The package with one part changed.
pub(crate) fn change_part(bytes: &[u8], name: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut part = from.by_index(index).unwrap();
        let (part_name, mut content) = (part.name().unwrap().into_owned(), Vec::new());
        part.read_to_end(&mut content).unwrap();
        if part_name == name {
            content = change(String::from_utf8(content).unwrap()).into_bytes();
        }
        to.start_file(part_name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(&content).unwrap();
    }
    to.finish().unwrap().into_inner()
}

pub(crate) fn read(bytes: &[u8], round: &Round<'_>) -> Result<Reading, WorkbookError> {
    Filled::open(bytes, &Limits::default())?.read(round)
}

/// The usual headings: code, scope, value, unit, bound, status, numerator, denominator, as of, evidence, remark.
pub(crate) const HEADS: [&str; 11] =
    ["指标代码", "统计范围", "填报值", "单位", "界限", "数据状态", "分子", "分母", "统计截止日", "佐证材料", "备注"];

/// One row under [`HEADS`]: an indicator for the whole city.
pub(crate) fn row(code: &'static str, value: Put, unit: &'static str) -> Vec<Put> {
    let unit = if unit.is_empty() { Nothing } else { Text(unit) };
    vec![Text(code), Text("全市"), value, unit, Nothing, Nothing, Nothing, Nothing, Nothing, Nothing, Nothing]
}

/// The row with another cell.
pub(crate) fn with(mut row: Vec<Put>, heading: &str, put: Put) -> Vec<Put> {
    let at = HEADS.iter().position(|head| *head == heading).unwrap();
    row[at] = put;
    row
}

/// Reads one row under [`HEADS`].
pub(crate) fn read_row(cells: Vec<Put>) -> RowReading {
    let world = World::new();
    let reading = read(&book(&HEADS, &[cells]), &world.taiyuan()).unwrap();
    assert_eq!(reading.rows.len(), 1);
    reading.rows.into_iter().next().unwrap()
}

/// What the value was understood as: `≥35 %`, a status in brackets, words in quotation marks, `?` for a question, `!` for a
/// fault.
pub(crate) fn gist(row: &RowReading) -> String {
    let severity = row.cells.iter().flat_map(|cell| &cell.findings).map(|finding| finding.severity).max();
    match severity {
        Some(Severity::Fault) => return "!".to_owned(),
        Some(Severity::Question) => return "?".to_owned(),
        Some(Severity::Warning | Severity::Note) | None => {}
    }
    let Some(observation) = &row.observation else { return "nothing".to_owned() };
    match (&observation.value, &observation.text_value) {
        (Some(value), _) => {
            let qualifier = observation.qualifier;
            let bound = if qualifier == domain::Qualifier::Equal { "" } else { qualifier.zh() };
            format!("{bound}{} {}", value.normalize(), observation.unit)
        }
        (None, Some(text)) => format!("“{text}”"),
        (None, None) => format!("[{}]", observation.status.code()),
    }
}

pub(crate) fn cell(row: &RowReading, column: Column) -> &CellReading {
    row.cell(column).unwrap()
}

/// Fills a template: for each code and column what is held. Goes through the crate's own doors.
pub(crate) fn fill(template: &[u8], round: &Round<'_>, entries: &[(&str, Column, Held)]) -> Vec<u8> {
    let mut reading = read(template, round).unwrap();
    for (code, column, held) in entries {
        let row = reading.rows.iter_mut().find(|row| row.cell(Column::Code).unwrap().raw == *code).unwrap();
        let cell = row.cells.iter_mut().find(|cell| cell.column == *column).unwrap();
        cell.held = held.clone();
    }
    workbook::marked(&reading, round).unwrap()
}
