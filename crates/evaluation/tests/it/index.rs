//! What holds of every composite index.

use evaluation::index::{IndexEvaluation, IndexScheme, Options, evaluate, read_csv};
use evaluation::{FlagCode, Plan};
use rstest::rstest;

use crate::golden::{ASEM, ASEM_DATA, TAI, TAI_DATA, data, run, scheme};

/// A small scheme: two groups, one indicator of which less is better.
const SMALL: &str = r"
kind: index
id: small
version: '1'
title: {zh: 小, en: small}
stages:
  - {stage: normalise, method: minmax}
  - {stage: aggregate, method: arithmetic}
result: {min_coverage: 0.6, decimals: 2}
index:
  id: I
  children:
    - id: A
      weight: 3
      children:
        - {id: a1, direction: higher_better}
        - {id: a2, direction: lower_better}
    - {id: b, direction: higher_better}
";

fn with(options: Options, yaml: &str, csv: &str) -> IndexEvaluation {
    let scheme = scheme(yaml);
    evaluate(&scheme, &data(csv, &scheme), options).unwrap()
}

fn bands(threads: usize, seed: u64) -> String {
    let options = Options { replicates: Some(200), seed: Some(seed), threads, ..Options::default() };
    serde_json::to_string(&with(options, TAI, TAI_DATA)).unwrap()
}

#[test]
fn the_bands_do_not_depend_on_the_number_of_threads_and_do_on_the_seed() {
    let one = bands(1, 7);
    assert_eq!(one, bands(2, 7));
    assert_eq!(one, bands(8, 7));
    assert_ne!(one, bands(1, 8));
    let result: serde_json::Value = serde_json::from_str(&one).unwrap();
    for unit in result["units"].as_array().unwrap() {
        let band = |name: &str| unit[name].as_f64().unwrap();
        assert!(band("rank_p05") <= band("rank_p50") && band("rank_p50") <= band("rank_p95"));
    }
    assert_eq!(result["seed"], 7);
}

#[test]
fn contributions_sum_to_the_score_of_every_unit() {
    for (yaml, csv) in [(TAI, TAI_DATA), (ASEM, ASEM_DATA)] {
        for unit in run(yaml, csv).units {
            let sum: f64 = unit.contributions.values().filter(|part| !part.is_nan()).sum();
            assert!((sum - unit.exact_score).abs() < 1e-9, "{}: {sum}", unit.unit);
        }
    }
}

#[test]
fn the_order_of_rows_and_columns_changes_nothing() {
    let (_, rows) = crate::golden::table(TAI_DATA);
    let header = TAI_DATA.lines().next().unwrap();
    // Sorted by country, and the indicators from the last to the first.
    let quoted = |row: &[String]| {
        let cells: Vec<String> = row[1..].iter().rev().cloned().collect();
        format!("\"{}\",{}", row[0], cells.join(","))
    };
    let titles: Vec<&str> = header.split(',').skip(1).collect();
    let mut turned = format!("land,{}\n", titles.into_iter().rev().collect::<Vec<_>>().join(","));
    rows.values().for_each(|row| turned.push_str(&format!("{}\n", quoted(row))));
    let json = |csv: &str| serde_json::to_string(&with(Options::default(), TAI, csv)).unwrap();
    assert_eq!(json(TAI_DATA), json(&turned));
}

#[test]
fn another_unit_of_measure_changes_no_score() {
    let scaled = "u,a1,a2,b\nx,10,3,5\ny,20,1,9\nz,30,2,1\n";
    let plain = "u,a1,a2,b\nx,1,3,5\ny,2,1,9\nz,3,2,1\n";
    let scores =
        |csv| with(Options::default(), SMALL, csv).units.into_iter().map(|unit| unit.score).collect::<Vec<_>>();
    assert_eq!(scores(plain), scores(scaled));
    // A: the mean of a1 and a2 turned; the index 3/4 of A and 1/4 of b.
    assert_eq!(scores(plain), [12.5, 81.25, 56.25]);
}

#[test]
fn a_missing_value_is_neither_zero_nor_the_end_of_the_unit() {
    let result = with(Options::default(), SMALL, "u,a1,a2,b\nx,1,,5\ny,2,1,9\nz,,,1\nw,3,2,NA\n");
    let unit = |name: &str| result.units.iter().find(|unit| unit.unit == name).unwrap();
    // Of group A only a1 is there, and it is the whole of it.
    assert_eq!((unit("x").score, unit("x").coverage.reported), (0.75 * 0.0 + 0.25 * 50.0, 2));
    assert_eq!((unit("x").coverage.weight_share, unit("x").rank), (0.625, Some(3.0)));
    // Only b: a score of its own, but too little to be ranked.
    assert_eq!((unit("z").score, unit("z").rank, unit("z").ranked), (0.0, None, false));
    assert!(unit("z").flags.iter().any(|flag| flag.code == FlagCode::BelowMinimumCoverage));
    assert_eq!(unit("w").rank, Some(2.0));
}

#[test]
fn what_does_not_apply_is_not_due_and_not_imputed() {
    let yaml = SMALL.replace("stages:\n", "stages:\n  - {stage: impute, method: mean}\n");
    let csv = "unit,indicator,period,value,status\n\
               x,a1,2024,1,\nx,a2,2024,,not_applicable\nx,b,2024,,late\n\
               y,a1,2024,2,\ny,a2,2024,1,\ny,b,2024,4,\n\
               z,a1,2024,3,\nz,a2,2024,2,\nz,b,2024,8,\n";
    let result = with(Options::default(), &yaml, csv);
    let x = &result.units[0];
    assert_eq!((x.coverage.not_applicable, x.coverage.reported, x.coverage.share), (1, 1, 0.5));
    assert_eq!(result.imputed.len(), 1);
    assert_eq!((result.imputed[0].indicator.as_str(), result.imputed[0].value), ("b", 6.0));
    assert!(x.nodes["a2"].is_nan());
}

#[test]
fn periods_are_ranked_apart_on_a_common_scale() {
    let yaml = SMALL.replace("stages:\n", "data: {period: [year]}\nstages:\n");
    let result =
        with(Options::default(), &yaml, "u,year,a1,a2,b\nx,2023,1,3,1\ny,2023,2,2,2\nx,2024,3,1,3\ny,2024,2,2,2\n");
    let found: Vec<_> =
        result.units.iter().map(|unit| (unit.period.as_deref().unwrap(), unit.score, unit.rank.unwrap())).collect();
    assert_eq!(found, [("2023", 0.0, 2.0), ("2023", 50.0, 1.0), ("2024", 100.0, 1.0), ("2024", 50.0, 2.0)]);
}

#[test]
fn a_unit_that_is_screened_out_has_no_score_and_does_not_set_the_scale() {
    let yaml = SMALL.replace("stages:\n", "stages:\n  - {stage: screen, min_share: 0.9}\n");
    let result = with(Options::default(), &yaml, "u,a1,a2,b\nx,1,3,5\ny,2,1,9\nz,900,,\n");
    let z = &result.units[2];
    assert!(z.score.is_nan() && z.rank.is_none() && z.nodes.is_empty());
    assert!(z.flags.iter().any(|flag| flag.code == FlagCode::ScreenedOut));
    assert_eq!(result.units[1].nodes["a1"], 100.0);
    let json = serde_json::to_value(z).unwrap();
    assert!(json["score"].is_null());
}

#[rstest]
#[case::unknown_stage("stage: normalise, method: minmax", "stage: normalize, method: minmax", 7, "stages[0].stage")]
#[case::unknown_method("method: arithmetic", "method: aritmetic", 8, "stages[1].method")]
#[case::missing_parameter("method: arithmetic", "method: generalised", 8, "stages[1].power")]
#[case::unknown_key("id: b, direction", "id: b, colour: red, direction", 18, "index.children[1].colour")]
#[case::duplicate_id("id: b,", "id: a1,", 18, "index.children[1].id")]
#[case::direction(
    "{id: a2, direction: lower_better}",
    "{id: a2, direction: lower}",
    17,
    "index.children[0].children[1].direction"
)]
#[case::no_aggregation("  - {stage: aggregate, method: arithmetic}\n", "", 7, "stages")]
#[case::coverage("min_coverage: 0.6", "min_coverage: 6", 9, "result.min_coverage")]
fn a_faulty_scheme_is_refused_with_line_and_path(
    #[case] right: &str,
    #[case] wrong: &str,
    #[case] line: usize,
    #[case] path: &str,
) {
    let yaml = SMALL.replace(right, wrong);
    assert_ne!(yaml, SMALL);
    let faults = IndexScheme::from_yaml(&yaml).unwrap_err().0;
    let found: Vec<_> = faults.iter().map(|fault| (fault.line, fault.path.as_str())).collect();
    assert!(found.contains(&(Some(line), path)), "{found:?}");
}

#[test]
fn data_are_refused_with_line_and_column() {
    let scheme = scheme(SMALL);
    let faults = |csv: &str| {
        read_csv(csv, &scheme).unwrap_err().into_iter().map(|fault| (fault.line, fault.column)).collect::<Vec<_>>()
    };
    assert_eq!(faults("u,a1,b\nx,1,2\n"), [(1, "a2".to_owned())]);
    assert_eq!(faults("u,a1,a2,b\nx,35%,2,3\n"), [(2, "a1".to_owned())]);
    assert_eq!(faults("u,a1,a2,b\nx,1,2,3\nx,1,2,3\n"), [(1, String::new())]);
    assert_eq!(faults("unit,indicator,value\nx,colour,2\n"), [(2, "indicator".to_owned())]);
    let data = read_csv("anything,a1,note,a2,b\nx,1,n,2,3\n", &scheme).unwrap();
    assert_eq!(data.ignored(), ["note"]);
}

#[test]
fn a_file_says_which_model_it_is_of() {
    let practice = include_str!("../../../../deploy/schemes/zwc-2021.yaml");
    assert!(matches!(Plan::from_yaml(practice), Ok(Plan::Practice(_))));
    assert!(matches!(Plan::from_yaml(&format!("kind: practice\n{practice}")), Ok(Plan::Practice(_))));
    assert!(matches!(Plan::from_yaml(SMALL), Ok(Plan::Index(_))));
    let faults = Plan::from_yaml(&SMALL.replace("kind: index", "kind: indices")).unwrap_err().0;
    assert!(faults.iter().any(|fault| fault.path == "kind"));
}

#[test]
fn the_digest_counts_what_the_scheme_says_and_not_how() {
    let digest = |yaml: &str| scheme(yaml).digest().to_owned();
    assert_eq!(digest(SMALL), digest(&SMALL.replace("weight: 3", "weight: 3.0 # three")));
    assert_ne!(digest(SMALL), digest(&SMALL.replace("weight: 3", "weight: 2")));
}

#[test]
fn the_shipped_scheme_of_entropy_and_topsis_takes_zeros_and_leaves_out_who_misses_a_value() {
    let yaml = include_str!("../../../../deploy/schemes/entropy-topsis.yaml");
    let csv = "city,ZWC2021-01,ZWC2021-15,ZWC2021-19,ZWC2021-26\n\
               a,1.2,50,86,35\nb,0.8,60,90,0\nc,2,40,80,20\nd,1,,70,10\n";
    let result = with(Options { replicates: Some(20), ..Options::default() }, yaml, csv);
    let ranks: Vec<_> = result.units.iter().map(|unit| (unit.rank, unit.coverage.reported)).collect();
    assert_eq!(ranks, [(Some(1.0), 4), (Some(3.0), 4), (Some(2.0), 4), (None, 3)]);
    let weights = &result.weights["score"];
    assert!((weights.values().sum::<f64>() - 1.0).abs() < 1e-12);
    // As reported, not negated; and ranked in its direction.
    assert_eq!((result.units[0].nodes["ZWC2021-01"], result.units[0].node_ranks["ZWC2021-01"]), (1.2, 3.0));
    // There is no additive decomposition of a distance.
    assert!(result.units[0].contributions.values().all(|part| part.is_nan()));
}

#[test]
fn a_method_of_the_multi_criteria_family_is_refused_with_its_line_if_its_parameters_are_wrong() {
    let yaml = SMALL.replace("method: arithmetic", "method: topsis, normalise: vectr");
    let faults = IndexScheme::from_yaml(&yaml).unwrap_err().0;
    assert_eq!((faults[0].line, faults[0].path.as_str()), (Some(8), "stages[1].method"));
    assert!(faults[0].rule.en.contains("vectr"), "{}", faults[0].rule.en);
}

/// One indicator of its own rule, scored as it is normalised.
fn scored(indicator: &str, normalise: &str, result: &str, values: &[f64]) -> Vec<f64> {
    let yaml = format!(
        "kind: index\nid: i\nversion: '1'\ntitle: {{zh: 一, en: one}}\nstages:\n  - {{stage: normalise, {normalise}}}\n  \
         - {{stage: aggregate, method: arithmetic}}\nresult: {{{result}}}\nindex:\n  id: I\n  children:\n    \
         - {{id: a, {indicator}}}\n"
    );
    let rows: Vec<String> = values.iter().enumerate().map(|(at, value)| format!("u{at},{value}")).collect();
    with(Options::default(), &yaml, &format!("u,a\n{}\n", rows.join("\n")))
        .units
        .iter()
        .map(|unit| unit.score)
        .collect()
}

#[test]
fn the_way_from_a_baseline_to_a_target_is_scored_in_either_direction() {
    let up = "direction: higher_better, baseline: 50, target: 60";
    assert_eq!(scored(up, "method: attainment", "decimals: 4", &[58.0, 48.0, 63.0]), [0.8, 0.0, 1.0]);
    let down = "direction: lower_better, baseline: 2.5, target: 2";
    assert_eq!(scored(down, "method: attainment, cap: false", "decimals: 4", &[2.2, 1.5, 3.0]), [0.6, 2.0, -1.0]);
}

#[test]
fn bands_score_by_step_or_on_the_line_between_them() {
    let bands = "direction: higher_better, bands: [{from: 40, score: 60}, {from: 60, score: 100}]";
    let values = [39.9, 40.0, 55.0, 60.0, 99.0];
    assert_eq!(scored(bands, "method: bands", "decimals: 4", &values), [0.0, 60.0, 60.0, 100.0, 100.0]);
    let line = scored(bands, "method: bands, interpolate: true", "decimals: 4", &values);
    assert_eq!(line, [60.0, 60.0, 90.0, 100.0, 100.0]);
}

#[test]
fn a_half_is_rounded_as_the_scheme_says() {
    let plain = "direction: higher_better";
    assert_eq!(scored(plain, "method: none", "decimals: 1", &[0.25, 0.35]), [0.3, 0.4]);
    assert_eq!(scored(plain, "method: none", "decimals: 1, rounding: half_even", &[0.25, 0.35]), [0.2, 0.4]);
}

#[rstest]
#[case("direction: higher_better, target: 1", "method: attainment", "needs a baseline")]
#[case("direction: higher_better, baseline: 1", "method: attainment", "needs a target")]
#[case("direction: higher_better", "method: bands", "needs bands")]
#[case("direction: higher_better, bands: [{from: 2, score: 1}, {from: 2, score: 2}]", "method: bands", "must rise")]
fn what_a_normalisation_needs_is_asked_for(#[case] indicator: &str, #[case] normalise: &str, #[case] rule: &str) {
    let yaml = SMALL
        .replace("{id: b, direction: higher_better}", &format!("{{id: b, {indicator}, normalise: {{{normalise}}}}}"));
    let faults = IndexScheme::from_yaml(&yaml).unwrap_err().0;
    assert!(faults.iter().any(|fault| fault.rule.en.contains(rule)), "{faults:?}");
}
