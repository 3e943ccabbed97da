//! Monte-Carlo replicates through the public doors.

use evaluation::index::{IndexEvaluation, IndexScheme, IndexUnit, Options, evaluate};
use rstest::rstest;

use crate::golden::{ASEM, ASEM_DATA, TAI, TAI_DATA, data, scheme};

/// Two groups, values missing, one far value, and everything varied that can be.
const ALL: &str = r"
kind: index
id: all
version: '1'
title: {zh: 全, en: all}
data: {groups: [zone]}
weight_sets:
  other: {a1: 3, A: 2}
stages:
  - {stage: impute, method: mean}
  - {stage: treat, winsorise: 1}
  - {stage: normalise, method: minmax, lower: 1}
  - {stage: aggregate, method: arithmetic}
uncertainty:
  weight_noise: 0.2
  impute: [median, {method: group_mean, group: zone}]
  treat: [none, {winsorise: 3, then: none}]
  normalise: [{method: minmax, lower: 10, upper: 90}, {method: rank}]
  aggregate: [geometric, {method: generalised, power: -1}, topsis]
  weights: [equal, {method: set, name: other}, entropy]
  data_error: {relative: 0.05, indicators: {b: {absolute: 0.5}}}
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

const ALL_DATA: &str =
    "u,zone,a1,a2,b\nq,n,1,9,5\nr,n,2,8,\ns,n,4,7,8\nt,s,7,,6\nv,s,9,4,12\nw,s,80,3,11\nx,s,12,1,14\n";

fn run(yaml: &str, csv: &str, options: Options) -> IndexEvaluation {
    let scheme = scheme(yaml);
    evaluate(&scheme, &data(csv, &scheme), options).unwrap()
}

fn drawn(yaml: &str, csv: &str, replicates: u32) -> IndexEvaluation {
    run(yaml, csv, Options { replicates: Some(replicates), seed: Some(5), threads: 2, ..Options::default() })
}

fn unit<'r>(result: &'r IndexEvaluation, name: &str) -> &'r IndexUnit {
    result.units.iter().find(|unit| unit.unit == name).unwrap()
}

/// Two columns of two units each, so that what is varied can be followed by hand; `rules` stand under `uncertainty`.
fn two(stages: &str, rules: &str) -> String {
    format!(
        "kind: index\nid: two\nversion: '1'\ntitle: {{zh: 二, en: two}}\nstages: [{stages}]\nuncertainty: {{{rules}}}\nindex:\n  \
         id: I\n  children:\n    - {{id: a, direction: higher_better}}\n    - {{id: b, direction: higher_better}}\n"
    )
}

#[rstest]
#[case::everything(ALL, ALL_DATA)]
#[case::weights_of_asem(ASEM, ASEM_DATA)]
#[case::goalposts(TAI, TAI_DATA)]
fn the_bytes_do_not_depend_on_the_number_of_threads(#[case] yaml: &str, #[case] csv: &str) {
    let json = |threads| {
        let options = Options { replicates: Some(333), seed: Some(7), threads, stages: true, ..Options::default() };
        serde_json::to_string(&run(yaml, csv, options)).unwrap()
    };
    let one = json(1);
    assert_eq!(one, json(2));
    assert_eq!(one, json(8));
}

#[rstest]
#[case::with_errors_of_the_data(ALL)]
#[case::on_completed_tables(ALL.split("  data_error").next().unwrap())]
fn drawn_imputations_do_not_depend_on_the_number_of_threads_either(#[case] yaml: &str) {
    let index = ALL.split_once("index:\n").unwrap().1;
    let yaml = format!("{}index:\n{index}", yaml.split("index:\n").next().unwrap())
        .replace("method: mean}", "method: mean, draws: 3}")
        .replace("impute: [median,", "impute: [{method: median, draws: 2},");
    let json = |threads| {
        let options = Options { replicates: Some(200), seed: Some(7), threads, ..Options::default() };
        serde_json::to_string(&run(&yaml, ALL_DATA, options)).unwrap()
    };
    let one = json(1);
    assert_eq!(one, json(2));
    assert_eq!(one, json(8));
}

#[test]
fn a_drawn_imputation_is_in_the_bands_beside_the_alternatives() {
    // y takes 0 or 9 for its gap and is below z or above; with the gap it has 5 and is above.
    let csv = "u,a,b\nx,5,0\ny,5,\nz,0,9\n";
    let stages = "{stage: impute, method: mean, draws: 2}, {stage: aggregate, method: arithmetic}";
    let first = |rules: &str| unit(&drawn(&two(stages, rules), csv, 4000), "y").first_share.unwrap();
    let above = |rules: &str| unit(&drawn(&two(stages, rules), csv, 4000), "y").above.as_ref().unwrap()["z"];
    assert!([0.0, 0.5, 1.0].contains(&first("weight_noise: 0")), "two tables, taken in turn");
    let with = above("weight_noise: 0, impute: [none]");
    let without = above("weight_noise: 0");
    // One in two replicates leaves the gap: then y has 5 and z 4.5.
    assert!((with - (0.5 + without / 2.0)).abs() < 0.03, "{with} {without}");
    // Errors too small to matter leave every table with its donors.
    assert_eq!(above("weight_noise: 0, data_error: {absolute: 1e-9}"), without);
}

#[test]
fn a_result_names_its_generator_and_what_was_varied() {
    let json = serde_json::to_value(drawn(ALL, ALL_DATA, 50)).unwrap();
    assert_eq!(json["uncertainty"]["generator"], "ChaCha12");
    assert_eq!(json["uncertainty"]["weight_noise"], 0.2);
    let alternatives = serde_json::json!({"aggregate": 4, "impute": 3, "normalise": 3, "treat": 3, "weights": 4});
    assert_eq!(json["uncertainty"]["alternatives"], alternatives);
    assert_eq!(json["uncertainty"]["data_error"], true);
    let none = serde_json::to_value(run(ALL, ALL_DATA, Options::default())).unwrap();
    assert!(none.get("uncertainty").is_none() && none["units"][0].get("tier").is_none());
}

#[test]
fn the_shares_of_the_ranks_and_of_the_pairs_are_those_of_the_replicates() {
    let result = drawn(ALL, ALL_DATA, 400);
    for unit in &result.units {
        let shares = unit.rank_acceptability.as_ref().unwrap();
        assert!((shares.values().sum::<f64>() - 1.0).abs() < 1e-12);
        let mean: f64 = shares.iter().map(|(rank, share)| f64::from(*rank) * share).sum();
        assert!((mean - unit.rank_mean.unwrap()).abs() < 1e-9);
        assert_eq!(shares.get(&1).copied().unwrap_or(0.0), unit.first_share.unwrap());
        // Everybody else is above or below, and the pair is told from both sides.
        let above = unit.above.as_ref().unwrap();
        assert_eq!(above.len(), result.units.len() - 1);
        for (other, share) in above.iter() {
            let back = self::unit(&result, other).above.as_ref().unwrap()[unit.unit.as_str()];
            assert!((share + back - 1.0).abs() < 1e-12);
        }
    }
    assert_eq!(unit(&result, "x").above.as_ref().unwrap()["q"], 1.0);
}

#[test]
fn units_of_one_tier_cannot_be_told_apart_from_its_first() {
    let result = drawn(ALL, ALL_DATA, 400);
    let mut ranked: Vec<&IndexUnit> = result.units.iter().collect();
    ranked.sort_by(|a, b| a.rank.unwrap().total_cmp(&b.rank.unwrap()));
    let mut head = ranked[0];
    assert_eq!(head.tier, Some(1));
    for unit in &ranked[1..] {
        let apart = head.above.as_ref().unwrap()[unit.unit.as_str()] >= 0.95;
        assert_eq!(unit.tier, Some(head.tier.unwrap() + u32::from(apart)), "{}", unit.unit);
        if apart {
            head = unit;
        }
    }
    assert!(ranked.last().unwrap().tier > Some(1));
}

#[test]
fn without_noise_only_the_methods_move_a_rank() {
    // By the mean x is first (6 against 5), by the geometric mean y is.
    let csv = "u,a,b\nx,1,11\ny,5,5\n";
    let yaml = |rules: &str| two("{stage: aggregate, method: arithmetic}", &format!("weight_noise: 0{rules}"));
    assert_eq!(unit(&drawn(&yaml(""), csv, 200), "x").first_share, Some(1.0));
    let one_in_two = unit(&drawn(&yaml(", aggregate: [geometric]"), csv, 2000), "x").first_share.unwrap();
    assert!((one_in_two - 0.5).abs() < 0.05, "{one_in_two}");
    let one_in_three = unit(&drawn(&yaml(", aggregate: [geometric, min]"), csv, 2000), "x").first_share.unwrap();
    assert!((one_in_three - 1.0 / 3.0).abs() < 0.05, "{one_in_three}");
}

#[test]
fn an_imputation_and_a_treatment_can_be_left_out() {
    // Imputed with 0, y has 2.5; without, 5.
    let csv = "u,a,b\nx,4,4\ny,5,\n";
    let stages = "{stage: impute, method: constant, value: 0}, {stage: aggregate, method: arithmetic}";
    let share = unit(&drawn(&two(stages, "weight_noise: 0, impute: [none]"), csv, 2000), "y").first_share.unwrap();
    assert!((share - 0.5).abs() < 0.05, "{share}");
    // Winsorised, the far value is the next one and the two are tied.
    let csv = "u,a,b\nq,1,1\nr,2,2\ns,3,3\nt,4,4\nv,5,5\nw,6,6\nx,7,7\ny,90,7\n";
    let stages = "{stage: treat, winsorise: 5, skewness: 0.5, kurtosis: -9}, {stage: aggregate, method: arithmetic}";
    let result = drawn(&two(stages, "weight_noise: 0, treat: [none]"), csv, 2000);
    assert_eq!(unit(&result, "y").first_share, Some(1.0));
    let tied = unit(&result, "x").first_share.unwrap();
    assert!((tied - 0.5).abs() < 0.05, "{tied}");
}

#[test]
fn an_error_of_the_data_moves_ranks_by_its_size() {
    let csv = "u,a,b\nx,100,100\ny,101,101\nz,500,500\n";
    let above = |rules: &str| {
        let yaml = two("{stage: aggregate, method: arithmetic}", &format!("weight_noise: 0, data_error: {{{rules}}}"));
        let result = drawn(&yaml, csv, 4000);
        assert_eq!(unit(&result, "z").first_share, Some(1.0));
        unit(&result, "y").above.as_ref().unwrap()["x"]
    };
    // The lead of 1 against the error of a difference of two means of two: Φ(1 ÷ s) for a standard deviation s.
    assert!((above("absolute: 2") - 0.691).abs() < 0.03);
    assert!((above("relative: 0.02") - 0.69).abs() < 0.03);
    // One error for a whole indicator moves both alike.
    assert_eq!(above("absolute: 2, per: indicator"), 1.0);
    // Uniform errors of less than half of the lead change nothing.
    assert_eq!(above("absolute: 0.49, distribution: uniform"), 1.0);
    // Only one indicator is uncertain: a difference of ± 2 ÷ 2 against a lead of 1.
    assert!((above("indicators: {b: {absolute: 2}}") - 0.76).abs() < 0.03);
}

#[test]
fn who_has_no_score_in_a_replicate_is_last_in_it() {
    // Without imputation y does not reach the least share of its weight.
    let csv = "u,a,b\nx,1,1\ny,9,\n";
    let stages = "{stage: impute, method: constant, value: 9}, {stage: aggregate, method: arithmetic, min_share: 0.8}";
    let result = drawn(&two(stages, "weight_noise: 0, impute: [none]"), csv, 2000);
    let first = unit(&result, "y").first_share.unwrap();
    assert!((first - 0.5).abs() < 0.05, "{first}");
    assert!((unit(&result, "x").first_share.unwrap() + first - 1.0).abs() < 1e-12);
}

#[test]
fn a_method_that_cannot_be_computed_is_named_with_its_place() {
    // Standard scores are negative, of which there is no geometric mean.
    let stages = "{stage: normalise, method: minmax}, {stage: aggregate, method: geometric}";
    let yaml = two(stages, "normalise: [zscore]");
    let scheme = scheme(&yaml);
    let options = Options { replicates: Some(20), ..Options::default() };
    let error = evaluate(&scheme, &data("u,a,b\nx,1,2\ny,2,1\nz,3,3\n", &scheme), options).unwrap_err();
    assert!(error.0.en.contains("uncertainty.normalise[0]"), "{}", error.0.en);
    assert!(error.0.zh.contains("uncertainty.normalise[0]") && error.0.en.contains("negative"), "{}", error.0.zh);
}

#[rstest]
#[case::own("normalise: [minmax]", "uncertainty.normalise[0]")]
#[case::twice("aggregate: [median, median]", "uncertainty.aggregate[1]")]
#[case::unknown_method("aggregate: [geometrical]", "uncertainty.aggregate[0].method")]
#[case::no_stage("impute: [mean]", "uncertainty.impute")]
#[case::no_treatment("treat: [none]", "uncertainty.treat")]
#[case::unknown_set("weights: [{method: set, name: x}]", "uncertainty.weights[0]")]
#[case::no_goalposts("normalise: [goalposts]", "uncertainty.normalise[0]")]
#[case::unknown_indicator(
    "data_error: {relative: 0.1, indicators: {c: {absolute: 1}}}",
    "uncertainty.data_error.indicators.c"
)]
#[case::no_error("data_error: {per: cell}", "uncertainty.data_error")]
#[case::negative("data_error: {relative: -1}", "uncertainty.data_error.relative")]
#[case::unknown_key("data_error: {relative: 1, size: 3}", "uncertainty.data_error.size")]
#[case::unknown_distribution("data_error: {relative: 1, distribution: cauchy}", "uncertainty.data_error.distribution")]
fn a_faulty_rule_is_refused_with_its_path_and_line(#[case] rules: &str, #[case] path: &str) {
    let yaml = two("{stage: normalise, method: minmax}, {stage: aggregate, method: arithmetic}", rules);
    let faults = IndexScheme::from_yaml(&yaml).unwrap_err().0;
    let found: Vec<_> = faults.iter().map(|fault| (fault.line.is_some(), fault.path.as_str())).collect();
    assert!(found.contains(&(true, path)), "{found:?}");
}
