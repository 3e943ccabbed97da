//! A large workbook as a clerk fills it: read, understood cell by cell and checked by the rules.

use std::time::{Duration, Instant};

use ::workbook::{Column, Filled, Limits, Round};
use chrono::NaiveDate;
use domain::{DepartmentId, IndicatorDefinition, Period, Region};
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::{Bound, Measure, fault, millis};
use crate::{embedded, failure::Outcome};

/// Checking it, from its bytes.
const LIMIT: Duration = Duration::from_secs(2);
/// Rows; with fifteen columns each some 20 000 cells.
const ROWS: usize = 1334;
/// How clerks write numbers.
const WRITTEN: [&str; 6] = ["36.5", "35%以上", "≥35", "１２．３", "1,234.5", "约2.5"];

pub(super) fn check() -> Outcome<Measure> {
    let (catalogue, regions) = (embedded::catalogue()?, embedded::regions()?);
    let today = NaiveDate::from_ymd_opt(2025, 6, 30).unwrap_or_default();
    let period = Period::parse("2024").map_err(fault)?;
    let round = Round::new(&catalogue, &regions, period, DepartmentId::ecology(), today);
    let places: Vec<(&IndicatorDefinition, &Region)> = catalogue
        .iter()
        .flat_map(|indicator| regions.iter().map(move |region| (indicator, region)))
        .take(ROWS)
        .collect();
    let bytes = filled(&places).map_err(fault)?;
    let start = Instant::now();
    let reading = Filled::open(&bytes, &Limits::default()).and_then(|filled| filled.read(&round)).map_err(fault)?;
    let found = start.elapsed();
    let cells: usize = reading.rows.iter().map(|row| row.cells.len()).sum();
    Ok(Measure {
        subject: format!("{} rows, {cells} cells", reading.rows.len()),
        what: ("检查一份填好的工作簿", "a filled workbook checked"),
        unit: "ms",
        found: millis(found),
        bound: Bound::AtMost(millis(LIMIT)),
    })
}

fn filled(places: &[(&IndicatorDefinition, &Region)]) -> Result<Vec<u8>, XlsxError> {
    let mut sheet = Worksheet::new();
    for (at, column) in (0..).zip(Column::ALL) {
        sheet.write(0, at, column.zh())?;
    }
    for ((row, (indicator, region)), written) in (1..).zip(places).zip(WRITTEN.iter().cycle()) {
        for (at, column) in (0..).zip(Column::ALL) {
            let text = match column {
                Column::Code => indicator.code.as_str(),
                Column::Name => &indicator.name.zh,
                Column::Region => &region.name_zh,
                Column::Value => written,
                Column::Unit => indicator.unit.zh(),
                Column::Numerator => "36.5",
                Column::Denominator => "100",
                Column::Card | Column::Last => "-",
                Column::Scope => "全市",
                Column::Qualifier => "等于",
                Column::Status => "正常",
                Column::AsOf => "2024年12月31日",
                Column::Evidence => "模拟佐证材料",
                Column::Remark => "模拟数据 / synthetic",
            };
            sheet.write(row, at, text)?;
        }
    }
    let mut workbook = Workbook::new();
    workbook.push_worksheet(sheet);
    workbook.save_to_buffer()
}
