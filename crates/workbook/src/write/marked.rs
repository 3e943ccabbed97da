//! A filled workbook with its faults marked.

use domain::{IndicatorCode, IndicatorDefinition, RegionCode, Scope};
use rust_xlsxwriter::{Format, Note, Worksheet, XlsxError};

use super::{card, faults, guide, look::Look, sheet};
use crate::{
    column::Column,
    error::WorkbookError,
    reading::{CellReading, Finding, Held, Reading, RowReading, Severity, Shown, Understood},
    round::Round,
};

/// Column of what stood beside the table, behind those of the template.
const BESIDE: u16 = 16;
/// Excel keeps notes of at most 32 767 characters; nobody reads a tenth of that.
const LONGEST_NOTE: usize = 2_000;

/// Gives the workbook back: every entry as the clerk made it, in the layout of the current template, each fault marked by
/// colour and a note, and all of them in a list of their own. Rows keep their order and their distance from the headings.
///
/// # Errors
/// What the spreadsheet library refuses.
pub fn marked(reading: &Reading, round: &Round<'_>) -> Result<Vec<u8>, WorkbookError> {
    make(reading, round).map_err(WorkbookError::from)
}

/// Row of the marked sheet, from 0, for a row of the clerk's file, from 1.
pub(super) fn row_of(reading: &Reading, row: u32) -> u32 {
    sheet::HEADING + row.saturating_sub(reading.source.heading_row)
}

fn make(reading: &Reading, round: &Round<'_>) -> Result<Vec<u8>, XlsxError> {
    let look = Look::new();
    let mut workbook = sheet::workbook(round)?;
    let filled = workbook.add_worksheet();
    sheet::head(filled, round, &reading.source.reporting_party, &look)?;
    let mut last = sheet::HEADING + 1;
    for row in &reading.rows {
        let at = row_of(reading, row.row);
        write(filled, at, row, round, &look)?;
        last = last.max(at);
    }
    if !reading.extras.is_empty() {
        filled.write_string_with_format(
            sheet::HEADING,
            BESIDE,
            "表外内容（不提交）\nBeside the table, not sent",
            &look.head,
        )?;
    }
    let (mut before, mut column) = (0, BESIDE);
    // What stands far below the table comes back right below it.
    let lowest = last + 2;
    for extra in &reading.extras {
        let at = row_of(reading, extra.row).min(lowest);
        column = if at == before { column.saturating_add(1) } else { BESIDE };
        before = at;
        filled.write_string_with_format(at, column, &extra.raw, &look.text)?;
        last = last.max(at);
    }
    let spare = last + 1;
    last += sheet::SPARE;
    for at in spare..=last {
        for column in Column::ALL {
            filled.write_blank(at, column.position(), &look.entry)?;
        }
    }
    sheet::common_choices(filled, last, round)?;
    sheet::code_choices(filled, spare, last, round)?;
    faults::write(workbook.add_worksheet(), reading, &look)?;
    guide::write(workbook.add_worksheet(), round, &look)?;
    sheet::hidden(&mut workbook, round)?;
    workbook.save_to_buffer()
}

fn write(filled: &mut Worksheet, at: u32, row: &RowReading, round: &Round<'_>, look: &Look) -> Result<(), XlsxError> {
    let definition = definition(row, round);
    let region = region(row, round);
    let scopes = match (definition, &region) {
        (Some(definition), Some(region)) => round.scopes(definition, region),
        (_, _) => Vec::new(),
    };
    if let Some(definition) = definition {
        sheet::fixed(filled, at, definition, &scopes, look)?;
        sheet::choices(filled, at, Some(definition), &scopes)?;
    }
    let known = definition.is_some() && row.is_clear();
    for cell in &row.cells {
        let identity = matches!(cell.column, Column::Code | Column::Name);
        if cell.column == Column::Last {
            let last = last(row, definition, region.as_ref(), round).unwrap_or_else(|| cell.raw.clone());
            filled.write_string_with_format(at, Column::Last.position(), last, &look.locked)?;
        } else if cell.column != Column::Card || definition.is_none() {
            let locked = identity && known && cell.findings.is_empty();
            entry(filled, at, cell, if locked { &look.locked } else { look.of(cell.severity()) })?;
        }
        note(filled, at, cell)?;
    }
    Ok(())
}

/// What the row is about, as it was understood; an empty row was not, and tells by what the template wrote into it.
fn definition<'a>(row: &RowReading, round: &Round<'a>) -> Option<&'a IndicatorDefinition> {
    let understood = row
        .cells
        .iter()
        .find_map(|cell| if let Understood::Indicator(code) = &cell.understood { Some(code.clone()) } else { None });
    let written = || IndicatorCode::parse(row.cell(Column::Code)?.raw.trim()).ok();
    round.catalogue.get(&understood.or_else(written)?)
}

fn region(row: &RowReading, round: &Round<'_>) -> Option<RegionCode> {
    let cell = row.cell(Column::Region)?;
    if let Understood::Region(region) = &cell.understood {
        return Some(region.clone());
    }
    if row.filled {
        return None;
    }
    let written = cell.raw.split_whitespace().next().and_then(|code| RegionCode::parse(code).ok());
    written.or_else(|| round.home().map(|home| home.code.clone()))
}

fn last(
    row: &RowReading,
    definition: Option<&IndicatorDefinition>,
    region: Option<&RegionCode>,
    round: &Round<'_>,
) -> Option<String> {
    let cell = row.cell(Column::Scope)?;
    let understood = if let Understood::Scope(scope) = &cell.understood { Some(*scope) } else { None };
    let scope = understood.or_else(|| Scope::ALL.iter().copied().find(|scope| scope.zh() == cell.raw))?;
    let last = round.last.get(&(definition?.code.clone(), region?.clone(), scope))?;
    Some(card::last(last, round.synthetic))
}

/// The entry as it was. What can only be asked about in its first form (a merged cell, a formula without a result, a number
/// of a file that tells no percentages) comes back in a form that is asked about again when nothing is done.
fn entry(filled: &mut Worksheet, at: u32, cell: &CellReading, format: &Format) -> Result<(), XlsxError> {
    let place = cell.column.position();
    let asked = cell.findings.iter().any(|finding| finding.severity.stops());
    match &cell.held {
        Held::Empty if asked && cell.column.is_answer() => filled.write_string_with_format(at, place, "？", format)?,
        Held::Empty => filled.write_blank(at, place, format)?,
        Held::Number { value, shown: Shown::Unknown } if asked => {
            filled.write_string_with_format(at, place, format!("{value}（%？）"), format)?
        }
        Held::Number { value, shown } => {
            let code = match shown {
                Shown::Percent => "0.########%".to_owned(),
                Shown::Labelled(label) => format!("General\"{label}\""),
                Shown::Scaled(code) => code.clone(),
                Shown::Plain | Shown::Unknown => "General".to_owned(),
            };
            filled.write_number_with_format(at, place, *value, &format.clone().set_num_format(code))?
        }
        Held::Date(day) => {
            let format = format.clone().set_num_format("yyyy-mm-dd");
            filled.write_datetime_with_format(at, place, sheet::excel_day(*day)?, &format)?
        }
        Held::Bool(value) => filled.write_boolean_with_format(at, place, *value, format)?,
        Held::Text(text) | Held::Time(text) | Held::Error(text) => {
            filled.write_string_with_format(at, place, text, format)?
        }
    };
    Ok(())
}

fn note(filled: &mut Worksheet, at: u32, cell: &CellReading) -> Result<(), XlsxError> {
    let mut lines: Vec<String> =
        cell.findings.iter().filter(|finding| finding.severity >= Severity::Warning).map(sentence).collect();
    if lines.is_empty() {
        return Ok(());
    }
    if let Some(formula) = &cell.formula {
        lines.push(format!("原为公式 / was a formula: ={formula}"));
    }
    let text: String = lines.join("\n").chars().take(LONGEST_NOTE).collect();
    let note = Note::new(text).set_author("wufei").add_author_prefix(false).set_width(320).set_height(150);
    filled.insert_note(at, cell.column.position(), &note)?;
    Ok(())
}

/// A finding in both languages.
fn sentence(finding: &Finding) -> String {
    let Finding { severity, reason: _, rule, expected, action } = finding;
    let allowed = if expected.is_empty() { String::new() } else { format!("；可用：{}", expected.join("、")) };
    let (zh, en) = (severity.zh(), severity.en());
    format!("【{zh}】{}{allowed}；{}\n[{en}] {}; {}", rule.zh, action.zh, rule.en, action.en)
}
