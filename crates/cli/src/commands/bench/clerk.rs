//! How long a clerk waits until a large workbook is checked.

use std::time::{Duration, Instant};

use domain::{DepartmentId, Period};
use policy::day_in_china;
use runtime::clock::{Clock as _, SystemClock};
use workbook::{Column, Filled, Held, Limits, Round, Shown, WorkbookError, marked, template};

use super::{Bound, Measure, millis};
use crate::{
    embedded,
    failure::{Failure, Outcome},
};

/// From the bytes of the file to every finding.
const CHECK_LIMIT: Duration = Duration::from_secs(2);
/// Regions whose rows together have more than this many cells.
const CELLS: usize = 20_000;

/// Fills the template of a round with made-up figures (模拟数据), every third as a clerk writes it, and checks it.
pub(super) fn measure() -> Outcome<Vec<Measure>> {
    let (catalogue, regions) = (embedded::catalogue()?, embedded::regions()?);
    let (period, department) = (Period::parse("2024"), DepartmentId::parse("ecology"));
    let (period, department) = (period.map_err(fault)?, department.map_err(fault)?);
    let round = Round::new(&catalogue, &regions, period, department, day_in_china(SystemClock.now()));
    let rows = CELLS / Column::ALL.len() / round.indicators().len() + 1;
    let codes: Vec<_> = regions.iter().map(|region| region.code.clone()).take(rows).collect();
    let filled = filled(&round, &template(&round, &codes).map_err(refused)?)?;

    let start = Instant::now();
    let reading = Filled::open(&filled, &Limits::default()).and_then(|file| file.read(&round)).map_err(refused)?;
    let found = start.elapsed();
    let cells = reading.rows.len() * Column::ALL.len();
    if cells < CELLS {
        return Err(fault(format!("the workbook has {cells} cells")));
    }
    Ok(vec![Measure {
        subject: format!("xlsx, {cells} cells"),
        what: ("核对一份填好的工作簿", "a filled workbook checked"),
        unit: "ms",
        found: millis(found),
        bound: Bound::AtMost(millis(CHECK_LIMIT)),
    }])
}

fn filled(round: &Round<'_>, empty: &[u8]) -> Outcome<Vec<u8>> {
    let reading = Filled::open(empty, &Limits::default()).and_then(|file| file.read(round));
    let mut reading = reading.map_err(refused)?;
    for (number, row) in (1_u32..).zip(&mut reading.rows) {
        for cell in &mut row.cells {
            let made_up = number % 90;
            let held = if cell.column == Column::Value && number.is_multiple_of(3) {
                Held::Text(format!("约{made_up}.5"))
            } else if cell.column == Column::Value {
                Held::Number { value: f64::from(made_up), shown: Shown::Plain }
            } else if cell.column == Column::Scope && cell.raw.is_empty() {
                Held::Text("全市".into())
            } else if matches!(cell.column, Column::Remark | Column::Evidence) {
                Held::Text("模拟数据".into())
            } else {
                continue;
            };
            cell.held = held;
        }
    }
    marked(&reading, round).map_err(refused)
}

fn refused(error: WorkbookError) -> Failure {
    fault(error.sentence().en)
}

fn fault(error: impl std::fmt::Display) -> Failure {
    Failure::unexpected("bench people", error)
}
