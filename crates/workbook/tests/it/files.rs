//! Awkward workbooks: moved and renamed columns, added rows, merged cells, other sheets, other rounds, old templates.

use rust_xlsxwriter::{Format, Workbook};
use workbook::{Column, Filled, Limits, Severity};

use crate::support::{
    HEADS,
    Put::{self, Num, Text},
    World, book, book_with, cell, fill, gist, read, row,
};

#[test]
fn columns_are_found_by_their_headings_wherever_they_stand() {
    let world = World::new();
    let heads = ["序号", "备注", "单位（必填）", "本期值\nValue", "联系方式", "统计口径", "指 标 名 称", "指标编码*"];
    let rows = [vec![
        Num(1.0),
        Text("说明"),
        Text("%"),
        Text("35%以上"),
        Text("内线"),
        Text("主城区"),
        Text("生活垃圾回收利用率"),
        Text("zwc2021-26"),
    ]];
    let reading = read(&book(&heads, &rows), &world.taiyuan()).unwrap();
    assert_eq!(gist(&reading.rows[0]), "≥35 %");
    assert_eq!(cell(&reading.rows[0], Column::Value).place, "D2");
    assert_eq!(reading.rows[0].observation.as_ref().unwrap().note, "说明");
    // Columns of the clerk's own are kept and not sent.
    let beside: Vec<_> = reading.extras.iter().map(|extra| (extra.place.as_str(), extra.raw.as_str())).collect();
    assert_eq!(beside, [("A2", "1"), ("E2", "内线")]);
}

#[test]
fn the_headings_of_the_csv_table_are_known_too() {
    let world = World::new();
    let heads = ["indicator", "scope", "value", "unit", "qualifier", "note"];
    let rows = [vec![Text("ZWC2021-26"), Text("whole-city"), Num(35.0), Text("percent"), Text("ge"), Text("x")]];
    assert_eq!(gist(&read(&book(&heads, &rows), &world.taiyuan()).unwrap().rows[0]), "≥35 %");
}

#[test]
fn headings_below_titles_and_notes_below_the_table_do_no_harm() {
    let world = World::new();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.merge_range(0, 0, 0, 4, "2024年“无废城市”建设指标填报表", &Format::new()).unwrap();
    sheet.write_string(1, 0, "填报单位：太原市城乡管理局").unwrap();
    for (column, head) in (0_u16..).zip(["指标代码", "统计范围", "填报值", "单位"]) {
        sheet.write_string(4, column, head).unwrap();
    }
    for (column, put) in (0_u16..).zip([Text("ZWC2021-26"), Text("全市"), Num(35.0), Text("%")]) {
        put.write(sheet, 6, column);
    }
    sheet.write_string(8, 0, "注：数据来自年报").unwrap();
    sheet.write_string(9, 0, "填表日期：").unwrap();
    sheet.write_string(9, 2, "2025年3月1日").unwrap();
    let reading = read(&book.save_to_buffer().unwrap(), &world.taiyuan()).unwrap();
    assert_eq!(reading.source.heading_row, 5);
    assert_eq!(reading.source.reporting_party, "太原市城乡管理局");
    assert_eq!(gist(&reading.rows[0]), "35 %");
    assert_eq!(reading.rows[0].observation.as_ref().unwrap().reporting_party, "太原市城乡管理局");
    assert_eq!(reading.extras[0].raw, "注：数据来自年报");
    // What stands in the column of values is not passed over, whatever it is.
    assert_eq!((reading.rows[1].row, gist(&reading.rows[1]).as_str()), (10, "!"));
}

#[test]
fn an_indicator_without_a_code_is_known_by_its_name_or_asked_for() {
    let world = World::new();
    let heads = ["指标代码", "指标名称", "统计范围", "填报值", "单位"];
    let of = |name| vec![Put::None, Text(name), Text("全市"), Num(35.0), Text("%")];
    let rows = [of("生活垃圾回收利用率"), of("《绿色园区占比》"), of("利用率"), of("")];
    let reading = read(&book(&heads, &rows), &world.taiyuan()).unwrap();
    let gists: Vec<_> = reading.rows.iter().map(gist).collect();
    assert_eq!(gists, ["35 %", "35 %", "!", "!"]);
    assert_eq!(reading.rows[1].observation.as_ref().unwrap().key.indicator.as_str(), "ZWC2021-05");
}

#[test]
fn names_merged_over_rows_are_meant_for_each_and_values_are_asked_about() {
    let world = World::new();
    let heads = ["指标代码", "统计范围", "填报值", "单位", "分子"];
    let rows =
        [vec![Put::None, Text("全市"), Put::None, Put::None], vec![Put::None, Text("主城区"), Put::None, Put::None]];
    let bytes = book_with(&heads, &rows, |sheet| {
        sheet.merge_range(1, 0, 2, 0, "ZWC2021-26", &Format::new()).unwrap();
        sheet.merge_range(1, 2, 2, 2, "35", &Format::new()).unwrap();
        sheet.merge_range(1, 3, 2, 3, "%", &Format::new()).unwrap();
    });
    let reading = read(&bytes, &world.taiyuan()).unwrap();
    assert_eq!(reading.rows.iter().map(gist).collect::<Vec<_>>(), ["35 %", "?"]);
    assert!(cell(&reading.rows[1], Column::Code).words.zh.contains("A2"));
    assert!(cell(&reading.rows[1], Column::Value).findings[0].rule.zh.contains("C2"));
}

#[test]
fn a_value_merged_with_the_cells_to_its_right_is_one_value() {
    let world = World::new();
    let heads = ["指标代码", "统计范围", "单位", "填报值", "界限"];
    let bytes = book_with(&heads, &[vec![Text("ZWC2021-26"), Text("全市"), Text("%")]], |sheet| {
        sheet.merge_range(1, 3, 1, 4, "35%以上", &Format::new()).unwrap();
    });
    assert_eq!(gist(&read(&bytes, &world.taiyuan()).unwrap().rows[0]), "≥35 %");
}

#[test]
fn hidden_rows_are_read_like_the_others() {
    let world = World::new();
    let rows = [row("ZWC2021-26", Num(35.0), "%"), row("ZWC2021-11", Num(165.0), "万吨")];
    let bytes = book_with(&HEADS, &rows, |sheet| {
        sheet.set_row_hidden(2).unwrap();
    });
    let reading = read(&bytes, &world.taiyuan()).unwrap();
    assert_eq!(reading.rows.iter().map(gist).collect::<Vec<_>>(), ["35 %", "165 万吨"]);
}

#[test]
fn an_empty_row_is_not_reported_and_a_word_that_is_no_answer_does_not_fill_it() {
    let world = World::new();
    let rows = [row("ZWC2021-26", Put::None, "%"), row("ZWC2021-11", Num(165.0), "万吨"), vec![Put::None]];
    let reading = read(&book(&HEADS, &rows), &world.taiyuan()).unwrap();
    let counts = reading.counts();
    assert_eq!((counts.filled, counts.empty, counts.ready), (1, 1, 1));
    assert!(reading.may_be_sent());
    assert_eq!(reading.observations().map(|(row, _)| row).collect::<Vec<_>>(), [3]);
}

#[test]
fn nothing_filled_is_nothing_to_send() {
    let world = World::new();
    let reading = read(&book(&HEADS, &[row("ZWC2021-26", Put::None, "%")]), &world.taiyuan()).unwrap();
    assert!(!reading.may_be_sent());
}

/// A workbook with several sheets, each with the usual headings and these rows.
fn sheets(named: &[(&str, &[Vec<Put>])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in named {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (column, head) in (0_u16..).zip(HEADS) {
            sheet.write_string(0, column, head).unwrap();
        }
        for (row, cells) in (1_u32..).zip(*rows) {
            for (column, put) in (0_u16..).zip(cells) {
                put.write(sheet, row, column);
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn of_several_sheets_the_filled_one_is_read_and_of_two_filled_none() {
    let world = World::new();
    let filled = [row("ZWC2021-26", Num(35.0), "%")];
    let empty = [row("ZWC2021-26", Put::None, "%")];
    let one = read(&sheets(&[("填报表", &empty), ("太原", &filled)]), &world.taiyuan()).unwrap();
    assert_eq!(one.source.sheet, "太原");
    let error = read(&sheets(&[("填报表", &filled), ("太原", &filled)]), &world.taiyuan()).unwrap_err();
    assert!(error.rule.zh.contains("填报表、太原"), "{error}");
}

#[test]
fn a_workbook_without_the_table_is_refused_with_the_names_of_its_sheets() {
    let world = World::new();
    let bytes = book(&["姓名", "电话", "单位"], &[vec![Text("x")]]);
    let error = read(&bytes, &world.taiyuan()).unwrap_err();
    assert!(error.rule.zh.contains("Sheet1") && error.rule.en.contains("Sheet1"));
    assert!(error.action.zh.contains("wufei template"));
}

#[test]
fn two_columns_of_one_meaning_are_refused() {
    let world = World::new();
    let heads = ["指标代码", "统计范围", "填报值", "完成值", "单位"];
    let error = read(&book(&heads, &[row("ZWC2021-26", Num(1.0), "%")]), &world.taiyuan()).unwrap_err();
    assert!(error.rule.zh.contains("C1") && error.rule.zh.contains("D1"), "{error}");
}

/// The usual table with a hidden sheet that says these things.
fn marked_as(marks: &[(&str, &str)]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("填报表").unwrap();
    for (column, head) in (0_u16..).zip(HEADS) {
        sheet.write_string(0, column, head).unwrap();
    }
    for (column, put) in (0_u16..).zip(row("ZWC2021-26", Num(35.0), "%")) {
        put.write(sheet, 1, column);
    }
    let hidden = book.add_worksheet().set_name("_wufei").unwrap().set_very_hidden(true);
    for (row, (key, value)) in (0_u32..).zip(marks) {
        hidden.write_string(row, 0, *key).unwrap().write_string(row, 1, *value).unwrap();
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_template_that_is_too_old_or_too_new_is_refused_with_what_to_do() {
    let world = World::new();
    let old = read(&marked_as(&[("template_version", "0")]), &world.taiyuan()).unwrap_err();
    assert!(old.action.zh.contains("wufei template") && old.action.en.contains("wufei template"), "{old}");
    let new = read(&marked_as(&[("template_version", "99")]), &world.taiyuan()).unwrap_err();
    assert!(new.action.zh.contains("升级"), "{new}");
}

#[test]
fn a_workbook_of_another_round_or_department_is_refused() {
    let world = World::new();
    let bytes = marked_as(&[("template_version", "1"), ("period", "2023"), ("department", "city-140100")]);
    let error = read(&bytes, &world.taiyuan()).unwrap_err();
    assert!(error.rule.zh.contains("2023") && error.rule.zh.contains("2024"), "{error}");
    let bytes = marked_as(&[("template_version", "1"), ("period", "2024"), ("department", "city-140200")]);
    assert!(read(&bytes, &world.taiyuan()).unwrap_err().rule.zh.contains("city-140200"));
    let filled = Filled::open(&bytes, &Limits::default()).unwrap();
    assert_eq!(filled.identity().department.as_ref().unwrap().as_str(), "city-140200");
}

#[test]
fn a_workbook_without_marks_is_read_with_a_warning_and_one_of_another_catalogue_too() {
    let world = World::new();
    let bare = read(&book(&HEADS, &[row("ZWC2021-26", Num(35.0), "%")]), &world.taiyuan()).unwrap();
    assert_eq!(bare.findings[0].severity, Severity::Warning);
    assert!(bare.may_be_sent());
    let other = marked_as(&[("template_version", "1"), ("catalogue_digest", "00")]);
    let other = read(&other, &world.taiyuan()).unwrap();
    assert_eq!(other.source.same_catalogue, Some(false));
    assert!(other.findings[0].rule.zh.contains("目录"));
}

#[test]
fn rows_added_below_the_template_are_read_as_well() {
    let world = World::new();
    let round = world.taiyuan();
    let template = workbook::template(&round, &[]).unwrap();
    let filled = fill(
        &template,
        &round,
        &[
            ("ZWC2021-26", Column::Value, workbook::Held::Text("35%以上".into())),
            ("ZWC2021-26", Column::Scope, workbook::Held::Text("全市".into())),
        ],
    );
    let mut reading = read(&filled, &round).unwrap();
    // The same indicator once more, for the main urban area.
    let mut added = reading.rows.iter().find(|row| row.filled).unwrap().clone();
    added.row = reading.rows.last().unwrap().row + 1;
    for cell in &mut added.cells {
        if cell.column == Column::Scope {
            cell.held = workbook::Held::Text("主城区".into());
        } else if cell.column == Column::Value {
            cell.held = workbook::Held::Text("40".into());
        }
    }
    reading.rows.push(added);
    let again = read(&workbook::marked(&reading, &round).unwrap(), &round).unwrap();
    assert!(again.may_be_sent(), "{:?}", again.counts());
    assert_eq!(again.counts().filled, 2);
}
