//! The other formats: `.ods` made here by hand, `.xls` from a fixture, `.xlsm` by its content.

use std::io::Write as _;

use workbook::{Column, Severity};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::support::{World, cell, gist, read};

/// A cell of an ODS table.
pub(crate) fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="填报表">{rows}</table:table></office:spreadsheet></office:body>
</office:document-content>"#
    );
    let manifest = r#"<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
</manifest:manifest>"#;
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let parts = [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_str()),
        ("META-INF/manifest.xml", manifest),
    ];
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn text(text: &str) -> String {
    format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#)
}

fn row(cells: &[String]) -> String {
    format!("<table:table-row>{}</table:table-row>", cells.concat())
}

fn heads() -> String {
    row(&["指标代码", "统计范围", "填报值", "单位", "统计截止日"].map(text))
}

#[test]
fn an_ods_workbook_is_read() {
    let world = World::new();
    let day = r#"<table:table-cell office:value-type="date" office:date-value="2024-09-30"><text:p>x</text:p></table:table-cell>"#;
    let rows = heads()
        + &row(&[text("ZWC2021-26"), text("全市"), text("35%以上"), text("%"), day.to_owned()])
        + r#"<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>"#;
    let reading = read(&ods(&rows), &world.taiyuan()).unwrap();
    assert_eq!(gist(&reading.rows[0]), "≥35 %");
    assert_eq!(reading.rows[0].observation.as_ref().unwrap().key.period.to_string(), "2024/2024-09-30");
}

#[test]
fn a_fraction_in_a_format_that_tells_no_percentages_is_asked_about() {
    let world = World::new();
    let number = |value: &str| {
        format!(
            r#"<table:table-cell office:value-type="percentage" office:value="{value}"><text:p>35%</text:p></table:table-cell>"#
        )
    };
    let of = |value: &str, unit: &str, code: &str| {
        let rows = heads() + &row(&[text(code), text("全市"), number(value), text(unit)]);
        read(&ods(&rows), &world.taiyuan()).unwrap().rows.remove(0)
    };
    let asked = of("0.35", "%", "ZWC2021-26");
    assert_eq!(cell(&asked, Column::Value).severity(), Some(Severity::Question));
    assert_eq!(gist(&of("35", "%", "ZWC2021-26")), "35 %");
    assert_eq!(gist(&of("0.35", "万吨", "ZWC2021-11")), "0.35 万吨");
}

/// Made once with Python's xlwt 1.3.0: the headings 指标代码, 统计范围, 填报值, 单位, 统计截止日 in the first row; below,
/// ZWC2021-26 of the whole city with the text 35%以上, ZWC2021-11 with the number 165.5 in 万吨 and the date 2024-12-31, and
/// ZWC2021-48 with the text １２３ in 家.
const XLS: &[u8] = include_bytes!("../fixtures/filled.xls");

#[test]
fn an_old_xls_workbook_is_read() {
    let world = World::new();
    let reading = read(XLS, &world.taiyuan()).unwrap();
    assert_eq!(reading.rows.iter().map(gist).collect::<Vec<_>>(), ["≥35 %", "165.5 万吨", "123 家"]);
    assert!(reading.may_be_sent());
}
