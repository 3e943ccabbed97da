//! XLSX: a sheet per table, scores by formula, native charts.
//!
//! Every figure has a name, `fig_12`, so that a formula of the reader's own can use it. A number that has more digits than a
//! spreadsheet keeps (15) is written as text: exact before handy.

mod book;
mod scores;
mod tables;

use chrono::{Datelike as _, Timelike as _};
use report::Report;
use rust_xlsxwriter::{DocProperties, ExcelDateTime};

use self::book::Book;
use crate::{
    Error, Options,
    content::{Block, Document},
};

pub(crate) fn render(report: &Report, options: &Options<'_>, document: &Document) -> Result<Vec<u8>, Error> {
    let mut book = Book::new(document, options.lang);
    tables::cover(&mut book)?;
    scores::sheets(&mut book, report)?;
    let blocks = || document.chapters.iter().flat_map(|chapter| &chapter.blocks);
    for block in blocks() {
        if let Block::Table(table) = block
            && let Some(sheet) = &table.sheet
        {
            tables::table(&mut book, sheet, table)?;
        }
    }
    for block in blocks() {
        if let Block::Terms { terms } = block {
            tables::terms(&mut book, terms)?;
        }
    }
    let made = report.create_time;
    let (year, month, day) = (made.year(), made.month(), made.day());
    let time = ExcelDateTime::from_ymd(u16::try_from(year).unwrap_or(1900), small(month), small(day))?.and_hms(
        u16::try_from(made.hour()).unwrap_or_default(),
        small(made.minute()),
        f64::from(made.second()),
    )?;
    let properties = DocProperties::new().set_title(&document.title).set_creation_datetime(&time);
    book.save(&properties)
}

fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or_default()
}
