//! Missing is not zero: imputation, policies, coverage and intervals.

use std::fmt::Write;

use evaluation::index::{IndexEvaluation, IndexScheme, Options, evaluate, read_csv};
use proptest::prelude::*;

/// A scheme of indicators named in `indicators`, each `(id, the rest of its YAML)`, all under the index.
pub(crate) fn scheme(stages: &str, rest: &str, indicators: &[(&str, &str)]) -> IndexScheme {
    IndexScheme::from_yaml(&yaml(stages, rest, indicators)).unwrap_or_else(|errors| panic!("{errors}"))
}

pub(crate) fn yaml(stages: &str, rest: &str, indicators: &[(&str, &str)]) -> String {
    let mut yaml =
        format!("kind: index\nid: m\nversion: '1'\ntitle: {{zh: 缺, en: gaps}}\nstages: [{stages}]\n{rest}\n");
    yaml.push_str("index:\n  id: I\n  children:\n");
    for (id, rest) in indicators {
        writeln!(yaml, "    - {{id: {id}, direction: higher_better{rest}}}").unwrap();
    }
    yaml
}

pub(crate) fn run(scheme: &IndexScheme, csv: &str, options: Options) -> IndexEvaluation {
    let data = read_csv(csv, scheme).unwrap_or_else(|faults| panic!("{}", faults[0]));
    evaluate(scheme, &data, options).unwrap_or_else(|error| panic!("{error}"))
}

const RAW: &str = "{stage: normalise, method: none}, {stage: aggregate, method: arithmetic}";

#[test]
fn a_gap_takes_the_mean_of_the_units_most_like_it() {
    // On a and b together x is like y and z (distance 0 and a little), not like w.
    let csv = "unit,a,b,c\nx,1,1,\ny,1,1,10\nz,2,2,20\nw,9,9,90\n";
    let of = |rule: &str| {
        let stages = format!("{{stage: impute, method: nearest, {rule}}}, {RAW}");
        run(&scheme(&stages, "", &[("a", ""), ("b", ""), ("c", "")]), csv, Options::default()).imputed
    };
    assert_eq!(of("k: 2")[0].value, 15.0);
    assert_eq!(of("k: 1")[0].value, 10.0);
    assert_eq!(of("k: 3, by: median")[0].value, 20.0);
    // Two of three indicators are common: a stricter share leaves the gap a gap.
    assert!(of("k: 2, min_common: 0.7").is_empty());
}

#[test]
fn the_spread_of_the_donors_is_in_the_rank_bands_and_a_single_imputation_hides_it() {
    let csv = "unit,a,b\nu1,1,0\nu2,2,10\nu3,3,20\nu4,4,30\nu5,5,40\nx,3,\n";
    let width = |draws: u32| {
        let stages = format!("{{stage: impute, method: mean, draws: {draws}}}, {RAW}");
        let scheme = scheme(&stages, "uncertainty: {weight_noise: 0}", &[("a", ""), ("b", "")]);
        let options = Options { replicates: Some(200), seed: Some(3), ..Options::default() };
        let result = run(&scheme, csv, options);
        let unit = result.units.iter().find(|unit| unit.unit == "x").unwrap();
        unit.rank_p95.unwrap() - unit.rank_p05.unwrap()
    };
    assert_eq!(width(0), 0.0);
    assert!(width(20) >= 3.0, "{}", width(20));
}

#[test]
fn drawn_tables_do_not_depend_on_threads_and_follow_the_seed() {
    let csv = "unit,a,b,c\nu1,1,0,4\nu2,2,10,\nu3,,20,2\nu4,4,30,1\nu5,5,,0\nx,3,,3\n";
    let stages = format!("{{stage: impute, method: nearest, k: 3, draws: 7}}, {RAW}");
    let scheme = scheme(&stages, "", &[("a", ""), ("b", ""), ("c", "")]);
    let json = |threads, seed| {
        let options = Options { replicates: Some(100), seed: Some(seed), threads, ..Options::default() };
        serde_json::to_string(&run(&scheme, csv, options)).unwrap()
    };
    assert_eq!(json(1, 5), json(8, 5));
    assert_ne!(json(1, 5), json(1, 6));
}

#[test]
fn draws_without_donors_are_a_fault_with_its_line() {
    let text = yaml(&format!("{{stage: impute, method: linear, draws: 5}}, {RAW}"), "", &[("a", "")]);
    let errors = IndexScheme::from_yaml(&text).unwrap_err();
    assert_eq!((errors.0[0].path.as_str(), errors.0[0].line), ("stages[0].draws", Some(5)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The fill of a gap does not depend on the order of the units nor on the unit of measure of the others.
    #[test]
    fn neighbours_do_not_depend_on_order_or_units_of_measure(values in proptest::collection::vec((0i32..6, 0i32..6, 0i32..99), 4..9), factor in 1i32..50) {
        let stages = format!("{{stage: impute, method: nearest, k: 2}}, {RAW}");
        let scheme = scheme(&stages, "", &[("a", ""), ("b", ""), ("c", "")]);
        let fill = |rows: &[(usize, (i32, i32, i32))], factor: i32| {
            let mut csv = "unit,a,b,c\n".to_owned();
            for (unit, (a, b, c)) in rows {
                let c = if *unit == 0 { String::new() } else { c.to_string() };
                writeln!(csv, "u{unit},{},{b},{c}", a * factor).unwrap();
            }
            run(&scheme, &csv, Options::default()).imputed.first().map(|cell| cell.value)
        };
        let mut rows: Vec<_> = values.into_iter().enumerate().collect();
        let first = fill(&rows, 1);
        rows.reverse();
        prop_assert_eq!(first, fill(&rows, 1));
        prop_assert_eq!(first, fill(&rows, factor));
    }
}
