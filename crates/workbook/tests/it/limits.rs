//! Files from outside: too large, packed too tightly, damaged, or no workbooks at all.

use std::io::Write as _;

use proptest::prelude::*;
use workbook::{Filled, Limits, WorkbookError};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::{
    formats::ods,
    support::{HEADS, Put::Num, World, book, book_with, row},
};

fn open(bytes: &[u8]) -> Result<Filled, WorkbookError> {
    Filled::open(bytes, &Limits::default())
}

fn refusal(bytes: &[u8], limits: &Limits) -> WorkbookError {
    Filled::open(bytes, limits).unwrap_err()
}

#[test]
fn a_file_that_is_no_workbook_is_refused() {
    for bytes in [&b""[..], b"PK\x03\x04", b"indicator,value\n", b"%PDF-1.7", &[0; 64]] {
        let error = open(bytes).unwrap_err();
        assert!(!error.action.zh.is_empty() && !error.action.en.is_empty());
    }
}

#[test]
fn a_packed_file_is_unpacked_no_further_than_the_limit() {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file("xl/workbook.xml", options).unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..9 {
        zip.write_all(&block).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 50_000, "{} bytes", bomb.len());
    assert!(refusal(&bomb, &Limits { unpacked: 8 << 20, ..Limits::default() }).rule.zh.contains("8 MB"));
}

#[test]
fn a_file_with_too_many_bytes_parts_cells_rows_or_letters_is_refused() {
    let rows: Vec<_> = (0..20).map(|_| row("ZWC2021-26", Num(35.0), "%")).collect();
    let bytes = book(&HEADS, &rows);
    let world = World::new();
    assert!(open(&bytes).is_ok());
    assert!(refusal(&bytes, &Limits { bytes: 100, ..Limits::default() }).rule.zh.contains("KB"));
    assert!(refusal(&bytes, &Limits { parts: 3, ..Limits::default() }).rule.en.contains("unpacked"));
    assert!(refusal(&bytes, &Limits { cells: 50, ..Limits::default() }).rule.zh.contains("50"));
    assert!(refusal(&bytes, &Limits { text: 3, ..Limits::default() }).rule.zh.contains("A1"));
    let filled = Filled::open(&bytes, &Limits { rows: 19, ..Limits::default() }).unwrap();
    assert!(filled.read(&world.taiyuan()).unwrap_err().rule.zh.contains("19"));
}

#[test]
fn two_cells_in_opposite_corners_make_no_grid() {
    let bytes = book_with(&HEADS, &[row("ZWC2021-26", Num(35.0), "%")], |sheet| {
        sheet.write_string(1_048_575, 16_383, "x").unwrap();
    });
    let world = World::new();
    let reading = open(&bytes).unwrap().read(&world.taiyuan()).unwrap();
    assert_eq!(reading.extras.last().unwrap().place, "XFD1048576");
    assert!(reading.may_be_sent());
    assert!(workbook::marked(&reading, &world.taiyuan()).is_ok());
}

#[test]
fn a_cell_of_an_ods_that_is_repeated_a_million_times_is_refused() {
    let cell = r#"<table:table-cell office:value-type="string" table:number-columns-repeated="16000"><text:p>x</text:p></table:table-cell>"#;
    let rows = format!(r#"<table:table-row table:number-rows-repeated="6000">{cell}</table:table-row>"#);
    assert!(refusal(&ods(&rows), &Limits::default()).rule.zh.contains("200000"));
    let sparse = r#"<table:table-row table:number-rows-repeated="6000"><table:table-cell/></table:table-row><table:table-row><table:table-cell office:value-type="string" table:number-columns-repeated="16000"><text:p>x</text:p></table:table-cell></table:table-row>"#;
    let start = r#"<table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>"#;
    assert!(open(&ods(&format!("{start}{sparse}"))).is_err());
}

#[test]
fn a_server_may_refuse_the_old_binary_format() {
    let xls = include_bytes!("../fixtures/filled.xls");
    assert!(open(xls).is_ok());
    let error = refusal(xls, &Limits { old_xls: false, ..Limits::default() });
    assert!(error.action.zh.contains(".xlsx"), "{error}");
}

/// The place of a record in the file, by its number and the length of its data.
fn record(xls: &[u8], kind: u16, length: u16) -> usize {
    let head = [kind.to_le_bytes(), length.to_le_bytes()].concat();
    xls.windows(4).position(|window| window == head).unwrap() + 4
}

#[test]
fn an_old_workbook_that_asks_for_more_room_than_a_sheet_has_is_refused() {
    let xls = include_bytes!("../fixtures/filled.xls");
    let dimensions = record(xls, 0x0200, 14);
    // The row after the last one: its two upper bytes; the first row after it; more columns than there are.
    for (at, value) in [(dimensions + 6, 1), (dimensions + 7, 0x7F), (dimensions + 2, 1), (dimensions + 11, 0xFF)] {
        let mut changed = xls.to_vec();
        changed[at] = value;
        let error = open(&changed).unwrap_err();
        assert!(error.rule.zh.contains("损坏"), "byte {at}: {error}");
    }
}

#[test]
fn cells_of_an_old_workbook_in_opposite_corners_make_no_grid() {
    let xls = include_bytes!("../fixtures/filled.xls");
    let cell = record(xls, 0x00FD, 10);
    let mut far = xls.to_vec();
    far[cell..cell + 4].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0x00]);
    assert!(open(&far).unwrap_err().rule.zh.contains("200000"));
    far[cell + 3] = 0x01;
    assert!(open(&far).unwrap_err().rule.zh.contains("损坏"), "there is no such column");
}

#[test]
fn no_single_byte_of_an_old_workbook_brings_the_program_down() {
    let xls = include_bytes!("../fixtures/filled.xls");
    let refused = (0..xls.len()).flat_map(|at| [0, 1, 0x7F, 0xFF].map(|value| (at, value))).filter(|(at, value)| {
        let mut changed = xls.to_vec();
        changed[*at] = *value;
        open(&changed).is_err()
    });
    assert!(refused.count() > 100);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Damaged files are refused or read; nothing panics.
    #[test]
    fn a_damaged_file_is_refused_and_never_brings_the_program_down(
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let world = World::new();
        for whole in [book(&HEADS, &[row("ZWC2021-26", Num(35.0), "%")]), include_bytes!("../fixtures/filled.xls").to_vec()] {
            let mut changed = whole.clone();
            let place = at.index(changed.len());
            changed[place] = value;
            if let Ok(filled) = open(&changed) {
                let _either = filled.read(&world.taiyuan());
            }
            let end = cut.index(whole.len());
            if let Ok(filled) = open(&whole[..end]) {
                let _either = filled.read(&world.taiyuan());
            }
        }
    }
}
