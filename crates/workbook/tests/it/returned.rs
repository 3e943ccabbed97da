//! The workbook that goes back to the clerk.

use calamine::{Data, Reader as _, Xlsx};
use workbook::{Column, Held, Severity, Shown};

use crate::support::{
    HEADS,
    Put::{self, As, Calc, Day, Num, Text},
    World, book, book_with, cell, gist, read, row, with,
};

#[test]
fn entries_come_back_as_they_were_and_faults_are_marked_and_listed() {
    let world = World::new();
    let round = world.taiyuan();
    let rows = [
        row("ZWC2021-26", Text("约35%以上"), "%"),
        row("ZWC2021-25", As(1.35, "0.0%"), "%"),
        with(row("ZWC2021-11", Num(165.25), "万吨"), "备注", Text("含建筑垃圾")),
    ];
    let reading = read(&book(&HEADS, &rows), &round).unwrap();
    let bytes = workbook::marked(&reading, &round).unwrap();
    let mut sheet = Xlsx::new(std::io::Cursor::new(bytes.as_slice())).unwrap();
    let filled = sheet.worksheet_range("填报表").unwrap();
    let at = |row: u32, column: Column| {
        let place = Column::ALL.iter().position(|other| *other == column).unwrap();
        filled.get_value((row, u32::try_from(place).unwrap())).cloned().unwrap_or_default()
    };
    assert_eq!(at(3, Column::Value), Data::String("约35%以上".into()));
    assert_eq!(at(4, Column::Value), Data::Float(1.35));
    assert_eq!(at(5, Column::Value), Data::Float(165.25));
    assert_eq!(at(5, Column::Remark), Data::String("含建筑垃圾".into()));
    let colour = |row: u32, styles: &calamine::StyleRange| {
        styles
            .get((row, 6))
            .unwrap()
            .fill
            .as_ref()
            .and_then(calamine::Fill::get_color)
            .map(|colour| colour.to_argb() & 0xFF_FFFF)
    };
    let styles = sheet.worksheet_style("填报表").unwrap();
    assert_eq!((colour(3, &styles), colour(4, &styles), colour(5, &styles)), (Some(0xFF_EB9C), Some(0xFF_C7CE), None));
    let faults = sheet.worksheet_range("错误清单").unwrap();
    let line = |row: u32| {
        (0..11)
            .map(|column| faults.get_value((row, column)).map(ToString::to_string).unwrap_or_default())
            .collect::<Vec<_>>()
    };
    let lines: Vec<_> = (2..5).map(line).collect();
    // The warning about the lost marks of a template comes first.
    assert!(lines[0][0].contains("提示"));
    assert!(
        lines[1][0].contains("疑问") && lines[1][1] == "G4" && lines[1][2] == "C2" && lines[1][5] == "约35%以上",
        "{lines:?}"
    );
    assert!(
        lines[2][0].contains("错误") && lines[2][1] == "G5" && lines[2][5] == "135%" && lines[2][7].contains("0到100%")
    );
    assert!(lines[2][10].contains("RATE_OUT_OF_RANGE"));
    let notes = part(&bytes, "xl/comments1.xml");
    assert!(notes.contains("【疑问】") && notes.contains("[question]") && notes.contains("【错误】"));
}

fn part(bytes: &[u8], name: &str) -> String {
    use std::io::Read as _;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_returned_workbook_that_nobody_corrected_has_the_same_questions() {
    let world = World::new();
    let round = world.taiyuan();
    let awkward = [
        row("ZWC2021-26", Text("—"), "%"),
        row("ZWC2021-25", Day(2025, 3, 5), "%"),
        row("ZWC2021-15", Calc("=B9", ""), "%"),
        row("ZWC2021-16", Calc("=1/0", "#DIV/0!"), "%"),
        row("ZWC2021-19", Put::Bool(true), "%"),
        row("ZWC2021-20", As(35_000.0, "0!.0,"), "%"),
        row("ZWC2021-21", Num(0.35), "顿"),
        row("ZWC2021-42", As(1.2, "0.0\"亿\""), "亿元"),
    ];
    let first = read(&book(&HEADS, &awkward), &round).unwrap();
    let again = read(&workbook::marked(&first, &round).unwrap(), &round).unwrap();
    for (before, after) in first.rows.iter().zip(&again.rows) {
        assert!(!after.is_clear(), "{}", cell(after, Column::Code).raw);
        assert_eq!(gist(before) == "nothing", gist(after) == "nothing");
    }
    assert!(!again.may_be_sent());
}

#[test]
fn a_merged_answer_is_not_lost_on_the_way_back() {
    let world = World::new();
    let round = world.taiyuan();
    let rows = [row("ZWC2021-26", Put::None, "%"), row("ZWC2021-25", Put::None, "%")];
    let bytes = book_with(&HEADS, &rows, |sheet| {
        sheet.merge_range(1, 2, 2, 2, "35", &rust_xlsxwriter::Format::new()).unwrap();
    });
    let first = read(&bytes, &round).unwrap();
    let again = read(&workbook::marked(&first, &round).unwrap(), &round).unwrap();
    assert_eq!(again.rows.iter().map(gist).collect::<Vec<_>>(), ["35 %", "?"]);
}

#[test]
fn a_corrected_workbook_passes() {
    let world = World::new();
    let round = world.taiyuan();
    let mut reading = read(&book(&HEADS, &[row("ZWC2021-26", Text("35—40"), "%")]), &round).unwrap();
    let value = reading.rows[0].cells.iter_mut().find(|cell| cell.column == Column::Value).unwrap();
    assert_eq!(value.severity(), Some(Severity::Question));
    value.held = Held::Number { value: 0.35, shown: Shown::Percent };
    let again = read(&workbook::marked(&reading, &round).unwrap(), &round).unwrap();
    assert!(again.may_be_sent());
    assert_eq!(gist(&again.rows[0]), "35 %");
}

#[test]
fn what_stood_beside_the_table_comes_back_beside_it() {
    let world = World::new();
    let round = world.taiyuan();
    let heads = ["指标代码", "统计范围", "填报值", "单位", "联系方式"];
    let rows = [vec![Text("ZWC2021-26"), Text("全市"), Num(35.0), Text("%"), Text("内线")]];
    let reading = read(&book(&heads, &rows), &round).unwrap();
    let again = read(&workbook::marked(&reading, &round).unwrap(), &round).unwrap();
    assert_eq!(again.extras.iter().map(|extra| extra.raw.as_str()).collect::<Vec<_>>(), ["内线"]);
}

#[test]
fn the_preview_is_the_same_after_json() {
    let world = World::new();
    let rows = [row("ZWC2021-26", Text("35%以上"), "%"), row("ZWC2021-11", Text("—"), "万吨")];
    let reading = read(&book(&HEADS, &rows), &world.taiyuan()).unwrap();
    let json = serde_json::to_string(&reading).unwrap();
    assert_eq!(serde_json::from_str::<workbook::Reading>(&json).unwrap(), reading);
}
