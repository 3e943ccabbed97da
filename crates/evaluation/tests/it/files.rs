//! Data files.

use evaluation::{Cell, MissingState, Presence, Qualifier, Scheme, read_csv};

use crate::support::*;

fn small() -> Scheme {
    scheme("0", &[("a", "40", S1), ("b", "30", S1), ("q", "30", "direction: qualitative, method: S7")])
}

fn cell(text: &str, indicator: &str) -> Option<Cell> {
    read_csv(text, &small()).unwrap().cells.get(&("u".to_owned(), indicator.to_owned())).cloned()
}

#[test]
fn wide_and_long_files_of_the_same_data_read_the_same() {
    let wide = "城市,name,a,a:target,b,b:baseline,q\nu,甲市,≥35,40,,2,accepted\nv,乙市,≈ 3.5,,n/a,,0\n";
    let long = "\u{feff}unit,name,indicator,value,status,target,baseline,qualifier,evidence\n\
                v,乙市,a,3.5,,,,≈,\nu,甲市,a,35,A,40,,AT_LEAST,\nu,甲市,b,,O,,2,,\nu,甲市,q,1,,,,,accepted\n\
                v,乙市,b,n/a,,,,,\nv,乙市,q,0,A,,,,\n";
    let (mut wide, long) = (read_csv(wide, &small()).unwrap(), read_csv(long, &small()).unwrap());
    // An empty cell of a wide file without anything beside it is a missing one.
    wide.cells.retain(|_, cell| *cell != missing(MissingState::Unknown));
    assert_eq!(wide.cells, long.cells);
    assert_eq!(wide.digest(), long.digest());
}

#[test]
fn an_empty_value_is_missing_and_a_zero_is_not() {
    assert_eq!(cell("unit,a,b\nu,,0\n", "a"), Some(missing(MissingState::Unknown)));
    assert_eq!(cell("unit,a,b\nu,,0\n", "b"), Some(reported("0")));
}

#[rstest::rstest]
#[case("L", MissingState::Unknown)]
#[case("Q", MissingState::Refused)]
#[case("late", MissingState::Late)]
#[case("not_due", MissingState::NotDue)]
#[case("withdrawn", MissingState::Withdrawn)]
fn the_status_says_why_a_value_is_missing(#[case] status: &str, #[case] state: MissingState) {
    let text = format!("unit,indicator,period,value,status\nu,a,2025,,{status}\n");
    assert_eq!(cell(&text, "a").unwrap().presence, Presence::Missing(state));
}

#[test]
fn the_prefix_of_a_number_is_its_qualifier() {
    for (text, expected) in [("≥35", Qualifier::AtLeast), ("≤ 35", Qualifier::AtMost), ("≈35", Qualifier::About)]
    {
        let Presence::Reported(value) = cell(&format!("unit,a\nu,{text}\n"), "a").unwrap().presence else {
            panic!("a value")
        };
        assert_eq!((value.qualifier, value.value), (expected, decimal("35")));
    }
}

#[test]
fn every_fault_is_named_with_its_line_and_column() {
    let text = "unit,a,b,zz\nu,35%,\"1,000\",\nu,1,2,\n,1,2,\nw,1,2,3,4\n";
    let found: Vec<_> = read_csv(text, &small())
        .unwrap_err()
        .into_iter()
        .map(|fault| (fault.line, fault.column, fault.value))
        .collect();
    let expected =
        [(1, "zz", "zz"), (2, "a", "35%"), (2, "b", "1,000"), (3, "unit", "u"), (4, "unit", ""), (5, "", "5")];
    assert_eq!(found, expected.map(|(line, column, value)| (line, column.to_owned(), value.to_owned())));
}

#[test]
fn contradictions_and_doubles_of_a_long_file_are_named() {
    let text = "unit,indicator,period,value,status,qualifier,evidence\n\
                u,a,2025,35,L,,\nu,b,2025,≥35,A,≤,\nu,b,2024,30,A,,\nu,zz,2025,1,A,,\nu,q,2025,1,X,?,maybe\n";
    let found: Vec<_> =
        read_csv(text, &small()).unwrap_err().into_iter().map(|fault| (fault.line, fault.column)).collect();
    let expected = [
        (2, "status"),
        (3, "qualifier"),
        (4, "indicator"),
        (5, "indicator"),
        (6, "status"),
        (6, "qualifier"),
        (6, "evidence"),
    ];
    assert_eq!(found, expected.map(|(line, column)| (line, column.to_owned())));
}

#[test]
fn a_file_without_rows_has_no_units_and_an_empty_one_is_a_fault() {
    assert!(read_csv("unit,a\n", &small()).unwrap().units.is_empty());
    assert!(read_csv("", &small()).is_err());
}
