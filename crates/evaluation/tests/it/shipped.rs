//! The schemes that ship with the program.

use evaluation::{Method, Scheme, evaluate, read_csv};

use crate::support::decimal;

const DEFAULT: &str = include_str!("../../../../deploy/schemes/zwc-2021.yaml");
const EXAMPLE: &str = include_str!("../../../../deploy/schemes/example/scheme.yaml");
const EXAMPLE_DATA: &str = include_str!("../../../../deploy/schemes/example/data.csv");
const EXAMPLE_WIDE: &str = include_str!("../../../../deploy/schemes/example/wide.csv");

fn read(yaml: &str) -> Scheme {
    Scheme::from_yaml(yaml).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn the_default_scheme_has_the_25_mandatory_indicators_in_five_groups_of_20_marks() {
    let scheme = read(DEFAULT);
    assert_eq!(scheme.indicators().filter(|rule| rule.mandatory).count(), 25);
    let groups: Vec<_> = scheme.groups().iter().map(|group| (group.id.as_str(), group.indicators.len())).collect();
    assert_eq!(groups, [("A", 6), ("B", 7), ("C", 5), ("D", 6), ("E", 1)]);
    assert!(scheme.groups().iter().all(|group| group.weight == decimal("20")));
    let qualitative: Vec<_> =
        scheme.indicators().filter(|rule| rule.method == Method::Evidence).map(|rule| rule.id.as_str()).collect();
    assert_eq!(qualitative, ["ZWC2021-38", "ZWC2021-39", "ZWC2021-40", "ZWC2021-51"]);
    assert_eq!(scheme.indicator("ZWC2021-15").unwrap().marks.to_string(), "20/7");
}

#[test]
fn the_default_scheme_has_reference_values_only_where_a_source_is_named() {
    let scheme = read(DEFAULT);
    let targets: Vec<_> = scheme
        .indicators()
        .filter_map(|rule| {
            rule.fallback_target.as_ref().map(|t| (rule.id.as_str(), t.value, t.source.contains("http")))
        })
        .collect();
    let expected = [("09", "70"), ("15", "60"), ("19", "86"), ("25", "60"), ("26", "35")];
    assert_eq!(targets.len(), expected.len());
    for ((id, value, sourced), (number, target)) in targets.iter().zip(expected) {
        assert_eq!((*id, *value, *sourced), (format!("ZWC2021-{number}").as_str(), decimal(target), true));
    }
}

#[test]
fn a_city_that_says_at_least_35_percent_gets_full_marks_by_its_lower_bound_and_is_not_ranked() {
    let scheme = read(DEFAULT);
    let input = read_csv("city,ZWC2021-26\n140100,≥35\n140200,\n", &scheme).unwrap();
    let result = evaluate(&scheme, &input).unwrap();
    let taiyuan = result.unit("140100").unwrap();
    let item = taiyuan.item("ZWC2021-26").unwrap();
    assert_eq!(item.share, decimal("1"));
    assert!(item.flags.iter().any(|flag| flag.text.zh == "按下限计"));
    assert_eq!((taiyuan.coverage.reported, taiyuan.coverage.mandatory_total, taiyuan.rank), (1, 25, None));
    assert_eq!(taiyuan.score.to_string(), "2.86");
    assert_eq!(result.unit("140200").unwrap().coverage.reported, 0);
}

#[test]
fn the_worked_example_comes_out_as_its_comment_says() {
    let scheme = read(EXAMPLE);
    let result = evaluate(&scheme, &read_csv(EXAMPLE_DATA, &scheme).unwrap()).unwrap();
    let demo = result.unit("demo").unwrap();
    let marks: Vec<_> =
        demo.items.iter().map(|item| (item.method.as_str(), item.capped_score.round_dp(2).to_string())).collect();
    let expected = [
        ("S1", "8.57"),
        ("S2", "8.33"),
        ("S3", "8"),
        ("S3", "6"),
        ("S4", "9"),
        ("S5", "1.4"),
        ("S8", "10"),
        ("S6", "7.5"),
        ("S7", "17"),
    ];
    assert_eq!(marks, expected.map(|(method, marks)| (method, marks.to_owned())));
    let line = |id: &str| {
        let unit = result.unit(id).unwrap();
        (unit.score.to_string(), unit.rank, unit.grade.as_ref().map(ToString::to_string))
    };
    assert_eq!(line("demo"), ("75.80".into(), Some(2), Some("中".into())));
    assert_eq!(line("full"), ("100.00".into(), Some(1), Some("优".into())));
    assert_eq!((line("late").1, line("late").2), (None, None));
    assert_eq!(result.unit("late").unwrap().coverage.reported, 3);
    assert!(demo.nodes.contains_key("level") && demo.nodes.contains_key("quantity"));
}

#[test]
fn the_wide_form_of_the_example_reads_too() {
    let scheme = read(EXAMPLE);
    let result = evaluate(&scheme, &read_csv(EXAMPLE_WIDE, &scheme).unwrap()).unwrap();
    assert_eq!(result.units.len(), 2);
}

const PROJECT: &str = include_str!("../../../../deploy/schemes/project-performance.yaml");

#[test]
fn the_scheme_of_projects_weighs_output_and_benefit_with_sixty_and_scores_a_wide_file() {
    let scheme = read(PROJECT);
    let groups: Vec<_> = scheme.groups().iter().map(|group| (group.id.as_str(), group.weight)).collect();
    let weights = [("decision", 20), ("process", 20), ("output", 30), ("benefit", 30)];
    assert_eq!(groups, weights.map(|(id, weight)| (id, weight.into())));
    // Half a year late of ten, one point over the budget, all evidence accepted but that of the effects.
    let qualitative = ["D11", "D12", "D21", "D22", "D31", "D32", "P13", "P21", "P22", "B11"];
    let evidence: Vec<String> = qualitative.iter().map(|id| format!("{id},{id}:evidence")).collect();
    let header = format!("project,{},P11,P12,O11,O21,O31,O41,B12\n", evidence.join(","));
    let states = |effects: &str| format!("{}80,{effects}", "100,accepted,".repeat(9));
    let rows =
        format!("a,{},100,50,100,100,-5,-1,90\nb,{},100,50,100,100,-5,-1,90\n", states("accepted"), states("named"));
    let result = evaluate(&scheme, &read_csv(&format!("{header}{rows}"), &scheme).unwrap()).unwrap();
    // 20 + (4 + 2 + 12) + (10 + 8 + 5 + 5.7) + (16 + 10)
    let one = result.unit("a").unwrap();
    assert_eq!((one.score.to_string(), one.grade.as_ref().unwrap().title.zh.as_str()), ("92.70".to_owned(), "优"));
    assert_eq!(result.unit("b").unwrap().score.to_string(), "76.70");
}

#[test]
fn an_evaluation_of_practice_has_contributions_and_bands_beside_its_own_json() {
    use evaluation::robust::{Extent, extended};
    let scheme = read(EXAMPLE);
    let result = evaluate(&scheme, &read_csv(EXAMPLE_DATA, &scheme).unwrap()).unwrap();
    let plain = serde_json::to_value(&result).unwrap();
    let more = extended(&result, Extent { replicates: 50, seed: 3, threads: 2, stages: true }).unwrap();
    let same = extended(&result, Extent { replicates: 50, seed: 3, threads: 1, stages: true }).unwrap();
    assert_eq!(more, same);
    for (unit, of_plain) in more["units"].as_array().unwrap().iter().zip(plain["units"].as_array().unwrap()) {
        for (key, value) in of_plain.as_object().unwrap() {
            assert_eq!(&unit[key], value, "{key}");
        }
        let sum: f64 = unit["contributions"].as_object().unwrap().values().filter_map(serde_json::Value::as_f64).sum();
        assert!((sum - unit["score"].as_f64().unwrap()).abs() < 0.005_001, "{sum}");
        assert_eq!(unit["rank_p50"].is_null(), unit["rank"].is_null());
    }
    assert_eq!(more["seed"], 3);
}
