//! Joint evaluations, and the schemes of funding performance.

use evaluation::joint::{JointEvaluation, JointScheme, JointUnit, PartState, add_scores, evaluate, read_csv};
use evaluation::{FlagCode, Input, MissingState, Plan, Scheme};

use crate::support::*;

const SHIPPED: &str = include_str!("../../../../deploy/schemes/zwc-joint.yaml");

/// The shipped scheme with weights 60, 20 and 20; reporting stays beside.
fn weighted(more: &str) -> String {
    let mut yaml = SHIPPED.to_owned();
    for (part, weight) in [("indicators", 60), ("funding", 20), ("commitments", 20)] {
        yaml = yaml.replace(&format!("  - id: {part}\n"), &format!("  - id: {part}\n    weight: {weight}\n"));
    }
    yaml.replace("parts:\n", &format!("{more}parts:\n"))
}

fn scored(yaml: &str, csv: &str) -> JointEvaluation {
    let scheme = JointScheme::from_yaml(yaml).unwrap_or_else(|errors| panic!("{errors}"));
    evaluate(&scheme, &read_csv(csv, &scheme).unwrap_or_else(|faults| panic!("{faults:?}"))).unwrap()
}

const HEAD: &str = "city,indicators,funding,commitments.due,commitments.kept,commitments.made_up,\
                    reporting.due,reporting.reported,reporting.on_time,reporting.corrected\n";

fn part(unit: &JointUnit, id: &str) -> (Option<String>, PartState, Option<u32>) {
    let part = &unit.parts[id];
    (part.score.map(|score| score.to_string()), part.state, part.rank)
}

#[test]
fn without_weights_the_parts_stand_side_by_side_and_nothing_is_combined() {
    let result = scored(SHIPPED, &format!("{HEAD}x,80,90,10,7,2,12,11,9,1\ny,85,70,4,4,0,12,12,12,0\n"));
    assert!(!result.combined);
    let x = &result.units[0];
    assert_eq!((x.score, x.rank, x.contributions.len()), (None, None, 0));
    assert_eq!(part(x, "indicators"), (Some("80.00".into()), PartState::Scored, Some(2)));
    assert_eq!(part(x, "funding").2, Some(1));
    // (7 + ½·2) ÷ 10
    assert_eq!(part(x, "commitments"), (Some("80.00".into()), PartState::Scored, Some(2)));
    // The mean of 9/12, 11/12 and 10/11.
    assert_eq!(part(x, "reporting").0, Some("85.86".into()));
    let shares: Vec<_> =
        x.parts["reporting"].shares.iter().map(|(id, share)| (id.as_str(), share.0.to_string())).collect();
    assert_eq!(
        shares,
        [("completeness", "91.67".into()), ("corrections", "90.91".into()), ("timeliness", "75.00".to_owned())]
    );
    assert!(x.parts["reporting"].basis.zh.contains("建议"));
}

#[test]
fn only_stated_weights_combine_and_what_has_none_stays_beside() {
    let grades = "grades: [{title: {zh: 良, en: Good}, from: 80}, {title: {zh: 差, en: Poor}, from: 0}]\n";
    let result = scored(&weighted(grades), &format!("{HEAD}x,80,90,10,7,2,12,0,0,0\ny,85,70,4,4,0,12,12,12,0\n"));
    let [x, y] = result.units.as_slice() else { panic!("two units") };
    // 0.6·80 + 0.2·90 + 0.2·80, whatever the reporting.
    assert_eq!((x.score, x.rank), (Some(decimal("82")), Some(2)));
    assert_eq!(x.grade.as_ref().unwrap().zh, "良");
    assert_eq!(part(x, "reporting").0, Some("0.00".into()));
    assert_eq!((y.score, y.rank), (Some(decimal("85")), Some(1)));
    let sum: evaluation::Exact = x.contributions.values().sum();
    assert_eq!(Some(sum), x.exact_score);
    assert!(!x.contributions.contains_key("reporting"));
}

#[test]
fn a_missing_part_is_missing_and_never_a_zero() {
    let csv = "unit,indicator,value,status\nx,indicators,80,\nx,funding,,late\n\
               x,commitments.due,10,\nx,commitments.kept,8,\nx,commitments.made_up,0,\n";
    let strict = scored(&weighted(""), csv);
    let x = &strict.units[0];
    assert_eq!(part(x, "funding"), (None, PartState::Missing, None));
    assert_eq!(x.parts["funding"].missing, Some(MissingState::Late));
    assert_eq!((x.score, x.rank), (None, None));
    assert!(codes(&x.flags).contains(&FlagCode::PartMissing));
    let json = serde_json::to_value(&strict).unwrap();
    assert!(json["units"][0]["score"].is_null() && json["units"][0]["parts"]["funding"]["score"].is_null());
    let lenient = scored(&weighted("min_weight_share: 0.8\n"), csv);
    let x = &lenient.units[0];
    // (60·80 + 20·80) ÷ 80
    assert_eq!(x.score, Some(decimal("80")));
    assert_eq!(codes(&x.flags), [FlagCode::PartMissing, FlagCode::CombinedWithoutPart]);
    assert_eq!(x.coverage.weight_share.as_ref().unwrap().to_string(), "0.8");
    let too_little = scored(&weighted("min_weight_share: 0.81\n"), csv);
    assert_eq!(too_little.units[0].score, None);
}

#[test]
fn where_nothing_was_due_the_part_does_not_apply() {
    let result = scored(&weighted(""), &format!("{HEAD}x,80,90,0,,,0,0,0,0\n"));
    let x = &result.units[0];
    assert_eq!(part(x, "commitments").1, PartState::NotApplicable);
    assert_eq!((part(x, "reporting").1, x.coverage.not_applicable), (PartState::NotApplicable, 2));
    // (60·80 + 20·90) ÷ 80
    assert_eq!((x.score, x.flags.len()), (Some(decimal("82.5")), 0));
}

#[rstest::rstest]
#[case::more_kept_than_due("80,90,3,3,1,12,12,12,0", "commitments", FlagCode::MoreThanDue)]
#[case::more_on_time_than_reported("80,90,3,3,0,12,9,10,0", "reporting", FlagCode::MoreThanDue)]
#[case::a_score_above_a_hundred("101,90,3,3,0,12,12,12,0", "indicators", FlagCode::OverHundredPercent)]
#[case::a_negative_number("80,90,3,-3,0,12,12,12,0", "commitments", FlagCode::NegativeValue)]
fn numbers_that_contradict_each_other_give_no_score(#[case] row: &str, #[case] id: &str, #[case] flag: FlagCode) {
    let result = scored(&weighted(""), &format!("{HEAD}x,{row}\n"));
    let refused = &result.units[0].parts[id];
    assert_eq!((refused.score, refused.state), (None, PartState::Refused));
    assert_eq!(codes(&refused.flags), [flag]);
}

#[test]
fn periods_are_ranked_apart_and_a_result_reads_back() {
    let csv = format!(
        "{}x,2025,80,90,10,7,2,12,11,9,1\nx,2024,70,90,10,7,2,12,11,9,1\n",
        HEAD.replacen("city,", "city,period,", 1)
    );
    let result = scored(&weighted(""), &csv);
    let units: Vec<_> = result.units.iter().map(|unit| (unit.period.as_deref(), unit.rank)).collect();
    assert_eq!(units, [(Some("2024"), Some(1)), (Some("2025"), Some(1))]);
    let text = serde_json::to_string(&result).unwrap();
    assert_eq!(serde_json::from_str::<JointEvaluation>(&text).unwrap(), result);
}

#[test]
fn the_scores_of_an_evaluation_become_a_part_and_those_below_its_coverage_are_missing() {
    let practice = scheme("0.6", &[("a", "50", S1), ("b", "50", S1)]);
    let cells = [("x", "a", against("1", "2")), ("x", "b", against("1", "2")), ("y", "a", against("1", "2"))];
    let mut input = Input::default();
    add_scores(&mut input, "indicators", &run(&practice, &cells));
    let joint = JointScheme::from_yaml(SHIPPED).unwrap();
    let result = evaluate(&joint, &[(None, input)]).unwrap();
    assert_eq!(part(&result.units[0], "indicators").0, Some("50.00".into()));
    assert_eq!(part(&result.units[1], "indicators").1, PartState::Missing);
}

#[rstest::rstest]
#[case::weights("weight: 60", "weight: 50", "parts", "must sum to 100")]
#[case::grades_without_weights("", "", "grades", "no combined score")]
#[case::a_share("credit: 0.5", "credit: 2", "parts[2].from.credit", "within 0..=1")]
#[case::a_source("method: reporting", "method: reports", "parts[3].from.method", "must be one of")]
#[case::no_weight_at_all(
    "timeliness: 1, completeness: 1",
    "timeliness: 0, completeness: 0",
    "parts[3].from",
    "must not both"
)]
#[case::a_key("version:", "versoin: 1\nversion:", "versoin", "unknown key")]
fn a_joint_scheme_that_cannot_be_meant_is_refused(
    #[case] good: &str,
    #[case] bad: &str,
    #[case] path: &str,
    #[case] rule: &str,
) {
    let yaml = if good.is_empty() {
        SHIPPED.replace("parts:\n", "grades: [{title: {zh: 差, en: Poor}, from: 0}]\nparts:\n")
    } else {
        weighted("").replacen(good, bad, 1)
    };
    let faults = JointScheme::from_yaml(&yaml).unwrap_err().0;
    assert!(faults.iter().any(|fault| fault.path == path && fault.rule.en.contains(rule)), "{faults:#?}");
}

#[test]
fn the_kind_of_a_file_decides_its_model() {
    assert!(matches!(Plan::from_yaml(SHIPPED), Ok(Plan::Joint(_))));
    let wrong = Plan::from_yaml(&SHIPPED.replace("kind: joint", "kind: joined")).unwrap_err();
    assert!(
        wrong.0.iter().any(|fault| fault.path == "kind" && fault.rule.en == "must be one of: practice, index, joint")
    );
}

const PROJECT: &str = include_str!("../../../../deploy/schemes/project-performance.yaml");
const SELF: &str = include_str!("../../../../deploy/schemes/project-self-evaluation.yaml");

#[test]
fn output_and_benefit_below_sixty_are_refused_with_the_rule() {
    let light = PROJECT
        .replace("title: {zh: 决策, en: Decision}\n    weight: 20", "title: {zh: 决策, en: Decision}\n    weight: 25")
        .replace("title: {zh: 产出, en: Output}\n    weight: 30", "title: {zh: 产出, en: Output}\n    weight: 25");
    let faults = Scheme::from_yaml(&light).unwrap_err().0;
    let found = faults.iter().find(|fault| fault.path == "groups").unwrap();
    assert!(found.value == "55" && found.rule.zh.contains("不得低于 60（财预〔2020〕10号）"), "{found:?}");
    let other = PROJECT.replace("id: benefit", "id: effect");
    let faults = Scheme::from_yaml(&other).unwrap_err().0;
    assert!(faults.iter().any(|fault| fault.rule.en.contains("decision, process, output, benefit")));
}

#[test]
fn a_self_evaluation_weighs_10_50_30_10_and_computes_its_execution_rate_of_the_budget() {
    let scheme = Scheme::from_yaml(SELF).unwrap_or_else(|errors| panic!("{errors}"));
    let weights: Vec<_> = scheme.groups().iter().map(|group| (group.id.as_str(), group.weight.to_string())).collect();
    let wanted = [("budget", "10"), ("output", "50"), ("benefit", "30"), ("satisfaction", "10")];
    assert_eq!(weights, wanted.map(|(id, weight)| (id, weight.to_owned())));
    let csv = "project,全年预算数,全年执行数,quantity,quality,timeliness,cost,effects,effects:evidence,satisfied\n\
               a,200,150,100,90,100,125,85,accepted,81\n";
    let result = evaluation::evaluate(&scheme, &evaluation::read_csv(csv, &scheme).unwrap()).unwrap();
    // 7.5 + (15 + 13.5 + 10 + 8) + 25.5 + 9
    assert_eq!(result.units[0].score.to_string(), "88.50");
    assert_eq!(result.units[0].item("execution").unwrap().inputs.value, Some(decimal("75")));
}
