//! Further published tables: what COINr says of its steps, and the human development index over the years.

use std::collections::BTreeMap;

use evaluation::index::{Change, Options, evaluate};

use crate::golden::{ASEM, ASEM_DATA, HDI, data, run, scheme, table};

/// The countries of ASEM by their code.
fn names() -> BTreeMap<String, String> {
    let (_, rows) = table(ASEM_DATA);
    rows.into_values().map(|row| (row[1].clone(), row[0].clone())).collect()
}

#[test]
fn asem_winsorises_the_points_that_coinr_does_and_from_the_same_side() {
    let result = run(ASEM, ASEM_DATA);
    let (units, _) = table(include_str!("../golden/coinr_asem/06_Treated.csv"));
    assert_eq!(units[0], "uCode");
    // The table of points has no column of units: its rows are those of the treated table.
    let codes: Vec<String> = include_str!("../golden/coinr_asem/06_Treated.csv")
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().trim_matches('"').to_owned())
        .collect();
    let mut reader = csv::Reader::from_reader(include_str!("../golden/coinr_asem/06b_treated_points.csv").as_bytes());
    let indicators: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let names = names();
    let mut wanted = Vec::new();
    for (row, code) in reader.records().zip(&codes) {
        let row = row.unwrap();
        for (indicator, word) in indicators.iter().zip(&row).filter(|(_, word)| !word.is_empty()) {
            wanted.push((names[code].clone(), indicator.clone(), word == "winhi"));
        }
    }
    let of_column = |column: &evaluation::index::ColumnTreatment| {
        let side = |change: Change| match change {
            Change::WinsorisedHigh => true,
            Change::WinsorisedLow => false,
            Change::Transformed => panic!("no column of ASEM is transformed"),
        };
        let point = |point: &evaluation::index::TreatedPoint| {
            (point.unit.clone(), column.indicator.clone(), side(point.change))
        };
        column.points.iter().map(point).collect::<Vec<_>>()
    };
    let mut found: Vec<_> = result.treatment.iter().flat_map(of_column).collect();
    wanted.sort();
    found.sort();
    assert_eq!(found.len(), 35);
    assert_eq!(found, wanted);
}

#[test]
fn asem_is_screened_as_by_coinr() {
    let result = run(ASEM, ASEM_DATA);
    let (header, rows) = table(include_str!("../golden/coinr_asem/05b_screen_summary.csv"));
    let at = |name: &str| header.iter().position(|own| own == name).unwrap();
    let (share, included) = (at("Dat_Avail"), at("Included"));
    let names = names();
    for (code, row) in &rows {
        let screened = result.screening.iter().find(|screened| screened.unit == names[code]).unwrap();
        assert_eq!(screened.share, row[share].parse::<f64>().unwrap(), "{code}");
        assert_eq!(screened.included, row[included] == "TRUE", "{code}");
    }
    assert_eq!(result.screening.len(), rows.len());
}

#[test]
fn asem_has_the_list_of_results_of_coinr_in_its_order() {
    let result = run(ASEM, ASEM_DATA);
    let (header, rows) = table(include_str!("../golden/coinr_asem/09_results_aggs.csv"));
    let names = names();
    for (code, row) in &rows {
        let unit = result.units.iter().find(|unit| unit.unit == names[code]).unwrap();
        assert_eq!(unit.rank, row[1].parse().ok(), "{code}");
        for (node, text) in header.iter().zip(row).skip(2) {
            let expected: f64 = text.parse().unwrap();
            assert!(
                (unit.nodes[node.as_str()] - expected).abs() <= 1e-9,
                "{code} {node}: {}",
                unit.nodes[node.as_str()]
            );
        }
    }
}

#[test]
fn hdi_has_the_published_index_of_every_country_and_year_since_1990() {
    let csv = include_str!("../golden/hdi/hdi_panel_1990_2022.csv");
    let scheme = scheme(HDI);
    let result = evaluate(&scheme, &data(csv, &scheme), Options::default()).unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let published: BTreeMap<(String, String), f64> = reader
        .records()
        .map(|row| row.unwrap())
        .map(|row| ((row[0].to_owned(), row[1].to_owned()), row[6].parse().unwrap()))
        .collect();
    for unit in &result.units {
        let year = unit.period.clone().unwrap();
        let expected = published[&(unit.unit.clone(), year.clone())];
        assert!((unit.score - expected).abs() < 1e-12, "{} {year}: {}, not {expected}", unit.unit, unit.score);
    }
    assert_eq!(result.units.len(), 6171);
}
