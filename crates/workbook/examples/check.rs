//! How long a workbook of 20 000 cells takes: `cargo run --release -p workbook --example check`. Figures are made up
//! (模拟数据).
#![expect(clippy::print_stdout, reason = "an example prints what it measured")]

use std::{error::Error, time::Instant};

use chrono::NaiveDate;
use domain::{Catalogue, DepartmentId, Period, RegionTable};
use workbook::{Column, Filled, Held, Limits, Round, Shown, marked, template};

fn main() -> Result<(), Box<dyn Error>> {
    let catalogue = Catalogue::from_csv(
        include_str!("../../../deploy/catalogue/indicators.csv"),
        include_str!("../../../deploy/catalogue/supplementary.csv"),
        include_str!("../../../deploy/catalogue/labels.csv"),
    )?;
    let regions = RegionTable::from_csv(include_str!("../../../deploy/catalogue/regions.csv"))?;
    let today = NaiveDate::from_ymd_opt(2025, 7, 1).ok_or("no such day")?;
    let department = DepartmentId::parse("ecology")?;
    let round = Round::new(&catalogue, &regions, Period::parse("2024")?, department, today);
    let counties: Vec<_> = regions.iter().map(|region| region.code.clone()).take(65).collect();

    let start = Instant::now();
    let empty = template(&round, &counties)?;
    println!("template: {} bytes in {:.3} s", empty.len(), start.elapsed().as_secs_f64());

    let mut reading = Filled::open(&empty, &Limits::default())?.read(&round)?;
    for (number, row) in (1_u32..).zip(&mut reading.rows) {
        for cell in &mut row.cells {
            let held = if cell.column == Column::Value && number.is_multiple_of(3) {
                Held::Text(format!("约{}.5", number % 90))
            } else if cell.column == Column::Value {
                Held::Number { value: f64::from(number % 90), shown: Shown::Plain }
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
    let filled = marked(&reading, &round)?;

    let start = Instant::now();
    let reading = Filled::open(&filled, &Limits::default())?.read(&round)?;
    let seconds = start.elapsed().as_secs_f64();
    let cells = reading.rows.iter().flat_map(|row| &row.cells).filter(|cell| cell.held != Held::Empty).count();
    println!(
        "checked: {cells} cells that hold something of {} in {seconds:.3} s",
        reading.rows.len() * Column::ALL.len()
    );
    println!("{:?}", reading.counts());

    let start = Instant::now();
    let bytes = marked(&reading, &round)?;
    println!("marked: {} bytes in {:.3} s", bytes.len(), start.elapsed().as_secs_f64());
    Ok(())
}
