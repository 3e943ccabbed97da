//! Several periods of a scheme of practice.

use evaluation::robust::Extent;
use evaluation::{Panel, Scheme, read_panel};

use crate::support::*;

fn two() -> Scheme {
    scheme("0", &[("a", "60", S1), ("b", "40", S1)])
}

fn panel(csv: &str) -> Panel {
    let scheme = two();
    let periods = read_panel(csv, &scheme).unwrap_or_else(|faults| panic!("{faults:?}"));
    Panel::of(&scheme, &periods).unwrap()
}

const WIDE: &str = "city,period,a,a:target,b,b:target\nx,2025,50,100,40,40\ny,2025,90,100,40,40\n\
                    x,2024,100,100,20,40\nx,2026,50,100,40,40\ny,2026,95,100,,40\n";

#[test]
fn each_period_is_ranked_by_itself_in_the_order_of_time_and_what_moved_is_told() {
    let panel = panel(WIDE);
    let periods: Vec<_> = panel.periods.iter().map(|one| one.period.as_deref().unwrap()).collect();
    assert_eq!(periods, ["2024", "2025", "2026"]);
    let first = &panel.periods[0].evaluation;
    assert_eq!((first.units.len(), first.units[0].score, first.units[0].rank), (1, decimal("80"), Some(1)));
    assert_eq!(panel.periods[1].evaluation.unit("x").unwrap().rank, Some(2));
    assert_eq!(panel.changes.len(), 2);
    let moved = &panel.changes[0].changes;
    assert_eq!(moved.appeared, ["y"]);
    let x = &moved.units[0];
    assert_eq!((x.before, x.after, x.delta.to_string()), (decimal("80"), decimal("70"), "-10".to_owned()));
    assert_eq!((x.losses[0].indicator.as_str(), x.gains[0].indicator.as_str()), ("a", "b"));
}

#[test]
fn the_long_form_of_the_same_data_reads_the_same() {
    let long = "unit,indicator,period,value,status,target\n\
                y,a,2026,95,,100\ny,b,2026,,,40\nx,a,2026,50,,100\nx,b,2026,40,,40\nx,a,2024,100,,100\nx,b,2024,20,,40\n\
                x,a,2025,50,,100\nx,b,2025,40,,40\ny,a,2025,90,,100\ny,b,2025,40,,40\n";
    let scores = |panel: &Panel| -> Vec<(String, String)> {
        let all = panel.periods.iter().flat_map(|one| &one.evaluation.units);
        all.map(|unit| (unit.unit.clone(), unit.exact_score.to_string())).collect()
    };
    assert_eq!(scores(&panel(long)), scores(&panel(WIDE)));
}

#[test]
fn the_json_of_a_panel_has_the_period_in_each_unit_and_that_of_one_period_is_the_plain_one() {
    let extent = Extent { replicates: 10, seed: 1, threads: 1, stages: true };
    let json = panel(WIDE).extended(extent).unwrap();
    let units: Vec<_> = json["units"].as_array().unwrap().iter().map(|unit| (&unit["period"], &unit["unit"])).collect();
    assert_eq!(units.len(), 5);
    assert_eq!(units[1], (&"2025".into(), &"x".into()));
    assert_eq!(json["changes"][1]["to"], "2026");
    assert_eq!(json["periods"].as_array().unwrap().len(), 3);
    assert!(json["stages"]["2025"]["raw"].is_object());
    let one = panel("city,a,a:target\nx,1,2\n").extended(extent).unwrap();
    assert!(one["periods"].is_null() && one["units"][0]["period"].is_null() && one["stages"]["raw"].is_object());
}

#[test]
fn a_unit_that_stands_twice_in_a_period_is_a_fault() {
    let wide = read_panel("city,year,a\nx,2024,1\nx,2025,1\nx,2025,2\n", &two()).unwrap_err();
    assert_eq!((wide.len(), wide[0].line), (1, 4));
    let long = "unit,indicator,period,value\nx,a,2025,1\nx,a,2024,1\nx,a,2025,2\n";
    assert_eq!(read_panel(long, &two()).unwrap_err()[0].line, 4);
}
