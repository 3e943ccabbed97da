//! The parts that every workbook of ours has: the sheet to fill with its frozen head, lists and locks, and the two hidden
//! sheets.

use domain::{Dimension, IndicatorDefinition, ObservationStatus, Qualifier, Scope, Unit};
use rust_xlsxwriter::{
    DataValidation, DocProperties, ExcelDateTime, Formula, ProtectionOptions, Workbook, Worksheet, XlsxError,
};

use super::{card, look::Look};
use crate::{
    column::Column,
    read::{LISTS, MARKS, SHEET, keys},
    round::{Round, TEMPLATE_VERSION},
};

/// Row of the headings, from 0.
pub(super) const HEADING: u32 = 2;
/// Rows for what the template does not have.
pub(super) const SPARE: u32 = 20;

const MARK: &str = "模拟数据 SYNTHETIC DATA";

/// Opens a workbook with what it says about itself.
pub(super) fn workbook(round: &Round<'_>) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    let mut properties = DocProperties::new().set_title(title(round));
    if round.synthetic {
        properties = properties.set_comment(MARK);
    }
    // The day and no clock: the same round gives the same bytes.
    let day = excel_day(round.today)?;
    workbook.set_properties(&properties.set_creation_datetime(&day));
    Ok(workbook)
}

/// A day as the library wants it.
pub(super) fn excel_day(day: chrono::NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    use chrono::Datelike as _;
    let small = |value: u32| u8::try_from(value).unwrap_or(1);
    ExcelDateTime::from_ymd(u16::try_from(day.year()).unwrap_or(1900), small(day.month()), small(day.day()))
}

fn title(round: &Round<'_>) -> String {
    let home = round.home().map(|region| region.name_zh.as_str()).unwrap_or_default();
    format!("“无废城市”建设指标填报表 {}　{home}（{}）", round.period, round.department)
}

/// The head of the sheet to fill. `party` is who reports, as the clerk wrote it.
pub(super) fn head(sheet: &mut Worksheet, round: &Round<'_>, party: &str, look: &Look) -> Result<(), XlsxError> {
    sheet.set_name(SHEET)?;
    let mark = if round.synthetic { format!("【{MARK}】") } else { String::new() };
    sheet.write_string_with_format(0, 0, format!("{}{mark}", title(round)), &look.title)?;
    sheet.write_string_with_format(1, 0, "填报单位：\nReporting unit:", &look.text)?;
    sheet.merge_range(1, 1, 1, 2, party, &look.entry)?;
    let hint = "白格填写，灰格锁定；怎么填见“填报说明”。 Fill the white cells; see the sheet 填报说明.";
    sheet.write_string_with_format(1, 3, hint, &look.strong)?;
    sheet.set_row_height(1, 28)?;
    sheet.set_row_height(HEADING, 30)?;
    for column in Column::ALL {
        let text = format!("{}\n{}", column.zh(), column.en());
        sheet.write_string_with_format(HEADING, column.position(), text, &look.head)?;
        sheet.set_column_width(column.position(), column.width())?;
    }
    sheet.set_freeze_panes(HEADING + 1, 2)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, HEADING)?;
    let options =
        ProtectionOptions { format_cells: true, format_columns: true, format_rows: true, ..ProtectionOptions::new() };
    sheet.protect_with_options(&options);
    Ok(())
}

/// What the template puts into a row beside the entries.
pub(super) fn fixed(
    sheet: &mut Worksheet,
    row: u32,
    definition: &IndicatorDefinition,
    scopes: &[Scope],
    look: &Look,
) -> Result<(), XlsxError> {
    let text = card::card(definition, scopes);
    sheet.set_row_height(row, card::height(&text, Column::Card.width()))?;
    sheet.write_string_with_format(row, Column::Card.position(), text, &look.locked)?;
    Ok(())
}

/// The lists to choose from in a row.
pub(super) fn choices(
    sheet: &mut Worksheet,
    row: u32,
    definition: Option<&IndicatorDefinition>,
    scopes: &[Scope],
) -> Result<(), XlsxError> {
    let cell = |sheet: &mut Worksheet, column: Column, list: DataValidation| {
        let place = column.position();
        sheet.add_data_validation(row, place, row, place, &list).map(|_| ())
    };
    if let Some(definition) = definition {
        if !scopes.is_empty() {
            let names: Vec<_> = scopes.iter().map(|scope| scope.zh()).collect();
            cell(sheet, Column::Scope, list(&names, "统计范围 Scope", "主城区的数不能当作全市的数")?)?;
        }
        if definition.unit.dimension() != Dimension::None {
            let units: Vec<_> = Unit::of_dimension(definition.unit.dimension()).map(Unit::zh).collect();
            cell(sheet, Column::Unit, list(&units, "单位 Unit", "系统会换算，请选实际使用的单位")?)?;
        }
    }
    Ok(())
}

/// The lists and hints that are the same in every row.
pub(super) fn common_choices(sheet: &mut Worksheet, last: u32, round: &Round<'_>) -> Result<(), XlsxError> {
    let first = HEADING + 1;
    let mut column = |column: Column, list: &DataValidation| {
        let place = column.position();
        sheet.add_data_validation(first, place, last, place, list).map(|_| ())
    };
    let bounds: Vec<_> = Qualifier::ALL.iter().map(|bound| bound.zh()).collect();
    column(Column::Qualifier, &list(&bounds, "界限 Bound", "确切的数留空；“以上”选 ≥，“约”选 ≈")?)?;
    let states: Vec<_> = ObservationStatus::ALL.iter().map(|status| status.zh()).collect();
    column(Column::Status, &list(&states, "数据状态 Status", "正常值留空")?)?;
    let regions = round.choices().len().max(1);
    let regions = DataValidation::new()
        .allow_list_formula(Formula::new(format!("={LISTS}!$A$1:$A${regions}")))
        .set_error_message("请从列表中选择行政区划")?;
    column(Column::Region, &regions)?;
    let hint = "可写 35、≥35、35%以上、约2.5万吨。没有数值请写“不适用”或“暂无数据”；零请填 0。";
    column(Column::Value, &message("填报值 Value", hint)?)?;
    let hint = "报整期的留空；只到某一天的写那一天，例如 2024-09-30。";
    column(Column::AsOf, &message("统计截止日 As of", hint)?)?;
    let hint = "按指标解释里的单位填数字；只有比率的，分子分母都留空。";
    column(Column::Numerator, &message("分子 Numerator", hint)?)?;
    column(Column::Denominator, &message("分母 Denominator", hint)?)?;
    Ok(())
}

/// The list of codes for the spare rows.
pub(super) fn code_choices(sheet: &mut Worksheet, first: u32, last: u32, round: &Round<'_>) -> Result<(), XlsxError> {
    let codes = round.indicators().len().max(1);
    let list = DataValidation::new()
        .allow_list_formula(Formula::new(format!("={LISTS}!$B$1:$B${codes}")))
        .set_error_message("请从列表中选择指标代码")?;
    let place = Column::Code.position();
    sheet.add_data_validation(first, place, last, place, &list)?;
    Ok(())
}

fn list(values: &[&str], title: &str, hint: &str) -> Result<DataValidation, XlsxError> {
    DataValidation::new()
        .allow_list_strings(values)?
        .set_input_title(title)?
        .set_input_message(hint)?
        .set_error_message("请从列表中选择 / choose one from the list")
}

fn message(title: &str, hint: &str) -> Result<DataValidation, XlsxError> {
    DataValidation::new().allow_any_value().set_input_title(title)?.set_input_message(hint)
}

/// The two hidden sheets.
pub(super) fn hidden(workbook: &mut Workbook, round: &Round<'_>) -> Result<(), XlsxError> {
    let marks = workbook.add_worksheet();
    marks.set_name(MARKS)?.set_very_hidden(true);
    let (period, department) = (round.period.to_string(), round.department.to_string());
    let (version, digest) = (TEMPLATE_VERSION.to_string(), round.catalogue_digest());
    let (synthetic, made) = (round.synthetic.to_string(), round.today.to_string());
    let values = [
        (keys::VERSION, version.as_str()),
        (keys::PERIOD, &period),
        (keys::DEPARTMENT, &department),
        (keys::CATALOGUE, round.catalogue.version()),
        (keys::DIGEST, &digest),
        (keys::SYNTHETIC, &synthetic),
        (keys::MADE, &made),
    ];
    for (row, (key, value)) in (0_u32..).zip(values) {
        marks.write_string(row, 0, key)?.write_string(row, 1, value)?;
    }
    let lists = workbook.add_worksheet();
    lists.set_name(LISTS)?.set_hidden(true);
    for (row, region) in (0_u32..).zip(round.choices()) {
        lists.write_string(row, 0, format!("{} {}", region.code, region.name_zh))?;
    }
    for (row, definition) in (0_u32..).zip(round.indicators()) {
        lists.write_string(row, 1, definition.code.as_str())?.write_string(row, 2, &definition.name.zh)?;
    }
    Ok(())
}
