//! Where the table is: the sheet, the row of its headings, and the column of each.

use std::collections::{BTreeMap, BTreeSet};

use super::{FAULTS, GUIDE, LISTS, MARKS, address, open::Sheet};
use crate::{column::Column, error::WorkbookError};

/// Headings are looked for in so many rows and columns.
const DEPTH: u32 = 40;
const WIDTH: u32 = 100;
/// So many columns must be found for a row to be a row of headings.
const LEAST: usize = 3;

/// A table of a sheet.
#[derive(Debug)]
pub(super) struct Table<'s> {
    pub(super) sheet: &'s Sheet,
    /// Row of the headings, from 0.
    pub(super) heading: u32,
    pub(super) columns: BTreeMap<Column, u32>,
}

impl Table<'_> {
    /// The rows below the headings that hold something, or lie in a merged area that does.
    pub(super) fn rows(&self) -> BTreeSet<u32> {
        let (last, _) = self.sheet.last();
        let below = |row: &u32| *row > self.heading && *row <= last;
        let own = self.sheet.cells.keys().map(|(row, _)| *row);
        let merged = self.sheet.merged.iter().filter(|area| area.start.0 > self.heading);
        own.chain(merged.flat_map(|area| area.start.0..=area.end.0.min(last))).filter(below).collect()
    }

    /// The words beside 填报单位 above the table.
    pub(super) fn reporting_party(&self) -> String {
        for row in 0..self.heading {
            for column in 0..WIDTH.min(self.sheet.last().1 + 1) {
                let text = self.sheet.text(row, column);
                let Some(rest) = text.trim().strip_prefix("填报单位") else { continue };
                let beside = rest.split_once(['：', ':']).map(|(_, beside)| beside.trim()).unwrap_or_default();
                if !beside.is_empty() {
                    return beside.to_owned();
                }
                let next = (column + 1..column + 4).map(|next| self.sheet.text(row, next));
                return next.map(|text| text.trim().to_owned()).find(|text| !text.is_empty()).unwrap_or_default();
            }
        }
        String::new()
    }

    fn is_filled(&self) -> bool {
        let answers: Vec<u32> =
            self.columns.iter().filter(|(column, _)| column.is_answer()).map(|(_, place)| *place).collect();
        self.sheet.cells.keys().any(|(row, column)| *row > self.heading && answers.contains(column))
    }
}

/// Finds the table. Of several, the one that was filled.
pub(super) fn find(sheets: &[Sheet]) -> Result<Table<'_>, WorkbookError> {
    let own = [GUIDE, FAULTS, MARKS, LISTS];
    let mut tables = Vec::new();
    for sheet in sheets.iter().filter(|sheet| !own.contains(&sheet.name.as_str())) {
        tables.extend(in_sheet(sheet)?);
    }
    if tables.is_empty() {
        return Err(no_table(sheets));
    }
    let mut filled: Vec<usize> = (0..tables.len()).filter(|at| tables[*at].is_filled()).collect();
    // A copy in a hidden sheet is not what the clerk sees; it counts only where nothing else was filled.
    if filled.iter().any(|at| tables[*at].sheet.visible) {
        filled.retain(|at| tables[*at].sheet.visible);
    }
    match filled.as_slice() {
        [] => Ok(tables.swap_remove(0)),
        [one] => Ok(tables.swap_remove(*one)),
        several => Err(two_tables(several.iter().map(|at| tables[*at].sheet.name.as_str()))),
    }
}

fn in_sheet(sheet: &Sheet) -> Result<Option<Table<'_>>, WorkbookError> {
    let (last_row, last_column) = sheet.last();
    let mut best: Option<Table<'_>> = None;
    for heading in 0..DEPTH.min(last_row + 1) {
        let mut columns = BTreeMap::new();
        let mut twice = None;
        for place in 0..WIDTH.min(last_column + 1) {
            if let Some(column) = Column::of_heading(&sheet.text(heading, place))
                && let Some(first) = columns.insert(column, place)
            {
                twice = Some((column, first, place));
            }
        }
        let named = columns.contains_key(&Column::Code) || columns.contains_key(&Column::Name);
        let found = columns.len() >= LEAST && named && columns.contains_key(&Column::Value);
        if found && best.as_ref().is_none_or(|best| best.columns.len() < columns.len()) {
            if let Some((column, first, second)) = twice {
                return Err(twice_named(sheet, column, &address(heading, first), &address(heading, second)));
            }
            best = Some(Table { sheet, heading, columns });
        }
    }
    Ok(best)
}

fn no_table(sheets: &[Sheet]) -> WorkbookError {
    let names: Vec<_> = sheets.iter().filter(|sheet| sheet.visible).map(|sheet| sheet.name.as_str()).collect();
    let names = names.join("、");
    WorkbookError::new(
        format!("没有填报表：各工作表（{names}）里都没有“指标代码”或“指标名称”和“填报值”的表头"),
        format!("no sheet to fill: none of {names} has the headings Code or Indicator, and Value"),
        "请确认提交的是填报表，表头不要删改；或用 wufei template 重新下载模板",
        "check that this is the right file and that its headings are there, or make a new template with wufei template",
    )
}

fn two_tables<'n>(names: impl Iterator<Item = &'n str>) -> WorkbookError {
    let names = names.collect::<Vec<_>>().join("、");
    WorkbookError::new(
        format!("有几张工作表都填了数据：{names}"),
        format!("several sheets are filled: {names}"),
        "请只保留要提交的一张",
        "keep the one that is to be submitted",
    )
}

fn twice_named(sheet: &Sheet, column: Column, first: &str, second: &str) -> WorkbookError {
    let (zh, en, name) = (column.zh(), column.en(), &sheet.name);
    WorkbookError::new(
        format!("工作表“{name}”的 {first} 和 {second} 都像“{zh}”列"),
        format!("{first} and {second} of sheet \"{name}\" both look like the column {en}"),
        format!("请只保留一列“{zh}”，另一列换一个表头"),
        format!("keep one column {en}, and give the other another heading"),
    )
}
