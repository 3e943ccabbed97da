//! Tables of the document as sheets, the cover, and the definitions.

use rust_xlsxwriter::{Chart, ChartType, Worksheet};

use super::book::{Book, HEAD, decimal};
use crate::{
    Error,
    content::{Column, Run, Table},
};

/// What identifies the report.
pub(super) fn cover(book: &mut Book<'_>) -> Result<(), Error> {
    let document = book.document;
    let mut sheet = book.sheet(book.t("封面", "Cover"), &document.title)?;
    let mut rows = vec![(book.t("版次", "Edition").to_owned(), document.edition.clone())];
    rows.extend(document.identity.iter().cloned());
    rows.push((book.t("核对", "Verification").to_owned(), document.verification.clone()));
    rows.push((book.t("说明", "Note").to_owned(), document.note.clone()));
    rows.push((
        book.t("公式", "Formulas").to_owned(),
        book.t(
            "“指标得分”中的得分由满分乘以得分率算出，“得分”和“分类得分”由它们汇总；改动任何一个数，得分随之重算。名称 fig_编号 指向该编号的数字。",
            "On “Marks” each mark is the weight times the sub-score; “Scores” and “Groups” add them up. Change a number, and the scores follow. The name fig_number leads to the figure of that number.",
        )
        .to_owned(),
    ));
    for ((name, value), row) in rows.iter().zip(HEAD..) {
        sheet.write_with_format(row, 0, name, &book.look.bold)?;
        sheet.write_with_format(row, 1, value, &book.look.text)?;
        sheet.set_row_height(row, height([(value.as_str(), 100.0)]))?;
    }
    sheet.set_column_width(0, 18)?;
    sheet.set_column_width(1, 100)?;
    sheet.set_freeze_panes(0, 0)?;
    book.add(sheet);
    Ok(())
}

/// A table as a sheet.
pub(super) fn table(book: &mut Book<'_>, name: &str, table: &Table) -> Result<(), Error> {
    let mut sheet = book.sheet(name, &table.caption)?;
    let sum: u32 = table.columns.iter().map(|column| u32::from(column.width)).sum();
    let width = |column: &Column| (f64::from(column.width) / f64::from(sum.max(1)) * 130.0).max(9.0);
    let widths: Vec<f64> = table.columns.iter().map(width).collect();
    for ((column, at), width) in table.columns.iter().zip(0u16..).zip(&widths) {
        sheet.write_with_format(HEAD, at, &column.title, &book.look.head)?;
        sheet.set_column_width(at, *width)?;
    }
    let titles = table.columns.iter().map(|column| column.title.as_str());
    sheet.set_row_height(HEAD, height(titles.zip(widths.iter().copied())))?;
    for (row, at) in table.rows.iter().zip(HEAD + 1..) {
        let texts: Vec<String> = row.cells.iter().map(|cell| plain(&cell.runs)).collect();
        sheet.set_row_height(at, height(texts.iter().map(String::as_str).zip(widths.iter().copied())))?;
        for (cell, column) in row.cells.iter().zip(0u16..) {
            match cell.value {
                Some(value) => decimal(&mut sheet, (at, column), value, &book.look)?,
                None => {
                    let format = if cell.head { &book.look.bold } else { &book.look.text };
                    sheet.write_string_with_format(at, column, plain(&cell.runs), format)?;
                }
            }
        }
        for (column, number) in row.figures() {
            book.figure(number, name, at, u16::try_from(column).unwrap_or_default());
        }
    }
    let last = last_row(table.rows.len());
    let end = u16::try_from(table.columns.len().saturating_sub(1)).unwrap_or_default();
    sheet.autofilter(HEAD, 0, last, end)?;
    if name == book.t("资金", "Money") {
        money_chart(book, &mut sheet, name, last)?;
    }
    book.add(sheet);
    Ok(())
}

/// Words and what they mean.
pub(super) fn terms(book: &mut Book<'_>, terms: &[(String, Vec<Run>)]) -> Result<(), Error> {
    let name = book.t("口径说明", "Definitions");
    let mut sheet = book.sheet(name, name)?;
    sheet.write_with_format(HEAD, 0, book.t("词", "Term"), &book.look.head)?;
    sheet.write_with_format(HEAD, 1, book.t("含义", "Meaning"), &book.look.head)?;
    for ((term, meaning), row) in terms.iter().zip(HEAD + 1..) {
        sheet.write_with_format(row, 0, term, &book.look.bold)?;
        let meaning = plain(meaning);
        sheet.write_with_format(row, 1, &meaning, &book.look.text)?;
        sheet.set_row_height(row, height([(meaning.as_str(), 110.0)]))?;
    }
    sheet.set_column_width(0, 22)?;
    sheet.set_column_width(1, 110)?;
    book.add(sheet);
    Ok(())
}

/// Height of a row in points, from its texts and the widths of their columns in characters: not every reader of workbooks
/// works it out.
fn height<'t>(texts: impl IntoIterator<Item = (&'t str, f64)>) -> f64 {
    const LINE: f64 = 15.0;
    let lines = |(text, width): (&str, f64)| -> f64 {
        // A Chinese character is as wide as two letters.
        let wide = |line: &str| line.chars().map(|c| if c.is_ascii() { 1.0 } else { 2.0 }).sum::<f64>();
        text.lines().map(|line| (wide(line) * 1.1 / width).ceil().max(1.0)).sum::<f64>()
    };
    (texts.into_iter().map(lines).fold(1.0, f64::max) * LINE).min(400.0)
}

/// The row of the last entry.
pub(super) fn last_row(rows: usize) -> u32 {
    HEAD + u32::try_from(rows).unwrap_or_default().max(1)
}

/// One bar per stage and source, from the exact amounts.
fn money_chart(book: &Book<'_>, sheet: &mut Worksheet, name: &str, last: u32) -> Result<(), Error> {
    const EXACT: u16 = 3;
    let mut chart = Chart::new(ChartType::Bar);
    chart
        .add_series()
        .set_categories((name, HEAD + 1, 0, last, 1))
        .set_values((name, HEAD + 1, EXACT, last, EXACT))
        .set_name((name, HEAD, EXACT));
    let title =
        book.t("各阶段、各来源资金（元；阶段之间不相加）", "Money by stage and source (yuan; stages are never added)");
    chart.title().set_name(titled(book, title).as_str());
    chart.legend().set_hidden();
    chart.y_axis().set_reverse();
    chart.set_width(760).set_height(320);
    sheet.insert_chart(last + 2, 0, &chart)?;
    Ok(())
}

/// The title of a chart; synthetic data say so in it.
pub(super) fn titled(book: &Book<'_>, title: &str) -> String {
    if book.document.synthetic { format!("{} {title}", book.document.words.synthetic) } else { title.to_owned() }
}

/// The text of a cell. Numbers of figures are left out: there are names for them.
fn plain(runs: &[Run]) -> String {
    let mut text = String::new();
    for run in runs {
        match run {
            Run::Text { text: words }
            | Run::Small { text: words }
            | Run::Code { text: words }
            | Run::Flag { text: words }
            | Run::Figure { text: words, .. } => text.push_str(words),
            Run::Light { sign, text: words, .. } => {
                text.push_str(sign);
                text.push(' ');
                text.push_str(words);
            }
            Run::Mention { number } => text.push_str(&format!("→{number}")),
            Run::Anchor { number } => text.push_str(&format!("fig_{number}")),
            Run::Break => text.push('\n'),
        }
    }
    text
}
