//! “This is what I understood”, as a table.

use workbook::{CellReading, Certainty, Column, Finding, Reading, RowReading, Severity};

use crate::screen::Screen;

/// Prints the cells of every filled row that say something, and what was noticed.
pub(super) fn print(reading: &Reading, screen: &Screen) {
    let headers = [
        ("位置", "place"),
        ("指标", "indicator"),
        ("栏目", "column"),
        ("填写内容", "as written"),
        ("理解为", "understood as"),
        ("把握", "how sure"),
        ("说明", "remark"),
    ];
    let mut table = screen.table(&headers);
    for row in reading.rows.iter().filter(|row| row.filled) {
        for cell in row.cells.iter().filter(|cell| cell.is_telling()) {
            table.add_row(line(row, cell, screen));
        }
    }
    screen.say("系统理解如下：", "This is what was understood:");
    screen.line(table);
    for finding in &reading.findings {
        screen.line(remark(finding, screen));
    }
    let counts = reading.counts();
    screen.say(
        format!(
            "填了 {} 行，空 {} 行；可提交 {} 行，错误 {} 处，疑问 {} 处，提示 {} 处",
            counts.filled, counts.empty, counts.ready, counts.faults, counts.questions, counts.warnings
        ),
        format!(
            "{} rows filled, {} empty; {} may be sent; {} faults, {} questions, {} warnings",
            counts.filled, counts.empty, counts.ready, counts.faults, counts.questions, counts.warnings
        ),
    );
}

fn line(row: &RowReading, cell: &CellReading, screen: &Screen) -> [String; 7] {
    let code = row.cell(Column::Code).map(|cell| cell.raw.clone()).unwrap_or_default();
    let remarks: Vec<_> = cell.findings.iter().map(|finding| remark(finding, screen)).collect();
    [
        cell.place.clone(),
        code,
        screen.text(cell.column.zh(), cell.column.en()).to_owned(),
        cell.raw.clone(),
        screen.read(&cell.meaning()).to_owned(),
        sure(cell.certainty, screen).to_owned(),
        remarks.join("\n"),
    ]
}

fn sure(certainty: Certainty, screen: &Screen) -> &'static str {
    match screen.lang() {
        domain::Lang::Zh => certainty.zh(),
        domain::Lang::En => certainty.en(),
    }
}

fn remark(finding: &Finding, screen: &Screen) -> String {
    let Finding { severity, reason: _, rule, expected, action } = finding;
    let mut text = screen.read(rule).to_owned();
    if *severity != Severity::Note {
        text = format!("{}：{text}", screen.text(severity.zh(), severity.en()));
    }
    if !expected.is_empty() {
        text.push_str(&format!("；{}{}", screen.text("可用：", "accepted: "), expected.join("、")));
    }
    let action = screen.read(action);
    if action.is_empty() { text } else { format!("{text}；{action}") }
}
