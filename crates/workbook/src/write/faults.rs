//! The sheet of faults: where, what stands there, what was understood, the rule, and what to do.

use rust_xlsxwriter::{Url, Worksheet, XlsxError, utility::row_col_to_cell};

use super::{card, look::Look, marked::row_of};
use crate::{
    column::Column,
    read::{FAULTS, SHEET},
    reading::{CellReading, Finding, Reading, RowReading, Severity},
};

const HEADS: [(&str, &str, u16); 11] = [
    ("级别", "Weight", 8),
    ("位置", "Place", 10),
    ("原文件位置", "Place in your file", 12),
    ("指标", "Indicator", 14),
    ("栏目", "Column", 12),
    ("填写内容", "As written", 20),
    ("理解为", "Understood as", 24),
    ("规则", "Rule", 40),
    ("可用", "Accepted", 24),
    ("怎么改", "What to do (Chinese)", 40),
    ("英文", "In English", 50),
];

pub(super) fn write(sheet: &mut Worksheet, reading: &Reading, look: &Look) -> Result<(), XlsxError> {
    sheet.set_name(FAULTS)?.set_freeze_panes(2, 0)?;
    let counts = reading.counts();
    let title = format!(
        "错误清单 Faults：错误 {} 处，疑问 {} 处，提示 {} 处",
        counts.faults, counts.questions, counts.warnings
    );
    sheet.write_string_with_format(0, 0, title, &look.title)?;
    for (column, (zh, en, width)) in (0_u16..).zip(HEADS) {
        sheet.write_string_with_format(1, column, format!("{zh}\n{en}"), &look.head)?;
        sheet.set_column_width(column, width)?;
    }
    sheet.set_row_height(1, 30)?;
    let mut at = 2;
    for finding in reading.findings.iter().filter(listed) {
        line(sheet, at, finding, look)?;
        at += 1;
    }
    for row in &reading.rows {
        for cell in &row.cells {
            for finding in cell.findings.iter().filter(listed) {
                line(sheet, at, finding, look)?;
                place(sheet, at, reading, row, cell, look)?;
                at += 1;
            }
        }
    }
    Ok(())
}

fn listed(finding: &&Finding) -> bool {
    finding.severity >= Severity::Warning
}

fn line(sheet: &mut Worksheet, at: u32, finding: &Finding, look: &Look) -> Result<(), XlsxError> {
    let Finding { severity, reason, rule, expected, action } = finding;
    let reason = reason.map(|reason| format!(" [{reason}]")).unwrap_or_default();
    let colour = look.of(Some(*severity));
    sheet.write_string_with_format(at, 0, format!("{}\n{}", severity.zh(), severity.en()), colour)?;
    for (column, text) in [
        (7, rule.zh.clone()),
        (8, expected.join("、")),
        (9, action.zh.clone()),
        (10, format!("{}; {}{reason}", rule.en, action.en)),
    ] {
        sheet.write_string_with_format(at, column, text, &look.text)?;
    }
    Ok(())
}

fn place(
    sheet: &mut Worksheet,
    at: u32,
    reading: &Reading,
    row: &RowReading,
    cell: &CellReading,
    look: &Look,
) -> Result<(), XlsxError> {
    let here = row_col_to_cell(row_of(reading, row.row), cell.column.position());
    let link = Url::new(format!("internal:'{SHEET}'!{here}")).set_text(&here);
    sheet.write_url(at, 1, link)?;
    let indicator = row.cell(Column::Code).map(|cell| cell.raw.clone()).unwrap_or_default();
    for (column, text) in [
        (2, cell.place.clone()),
        (3, indicator),
        (4, format!("{} {}", cell.column.zh(), cell.column.en())),
        (5, card::shown(&cell.held)),
        (6, cell.words.zh.clone()),
    ] {
        sheet.write_string_with_format(at, column, text, &look.text)?;
    }
    Ok(())
}
