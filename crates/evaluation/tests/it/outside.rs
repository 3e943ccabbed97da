//! Bonus items, deductions and vetoes.

use evaluation::index::{IndexScheme, Options};
use evaluation::{Evaluation, FlagCode, Scheme, evaluate, read_csv};

use crate::support::*;

const RULES: &str = "\
bonus:
  cap: 5
  total_at_most: 102
  items:
    - {id: pilot, title: {zh: 试点经验, en: Pilot}, unit: 项, per_unit: 2, max: 3}
    - {id: award, title: {zh: 表彰, en: Award}, unit: 次, per_unit: 4, evidence: true}
deductions:
  items:
    - {id: late, title: {zh: 迟报, en: Late}, unit: 次, per_unit: 0.5}
veto:
  - {id: fraud, title: {zh: 数据造假, en: Falsified data}, score_at_most: 0, grade_at_most: 差}
  - {id: accident, title: {zh: 重大污染事故, en: Accident}, grade_at_most: 中}
";

fn with(rules: &str) -> String {
    format!(
        "id: s\nversion: '1'\ntitle: {{zh: 甲, en: A}}\nmin_coverage: 0\nover_fulfilment_flag: 1.3\ngrades:\n  \
         - {{title: {{zh: 优, en: Excellent}}, from: 90}}\n  - {{title: {{zh: 良, en: Good}}, from: 80}}\n  \
         - {{title: {{zh: 中, en: Fair}}, from: 60}}\n  - {{title: {{zh: 差, en: Poor}}, from: 0}}\n\
         groups:\n  - id: g\n    title: {{zh: 组, en: Group}}\n    weight: 100\n    indicators:\n      \
         - {{id: a, title: {{zh: 一, en: One}}, unit: '%', direction: higher_better, method: S1}}\n{rules}"
    )
}

fn scored(csv: &str) -> Evaluation {
    let scheme = Scheme::from_yaml(&with(RULES)).unwrap_or_else(|errors| panic!("{errors}"));
    let input = read_csv(csv, &scheme).unwrap_or_else(|faults| panic!("{faults:?}"));
    evaluate(&scheme, &input).unwrap()
}

const HEAD: &str = "unit,a,a:target,pilot,award,award:evidence,late,fraud,accident\n";

#[test]
fn what_stands_outside_is_shown_beside_the_weighted_score_and_not_mixed_into_it() {
    let result = scored(&format!("{HEAD}u,88,100,1,0,accepted,3,0,0\n"));
    let unit = &result.units[0];
    assert_eq!((unit.score, unit.nodes["g"].score), (decimal("88"), decimal("88")));
    let adjustment = unit.adjustment.as_ref().unwrap();
    assert_eq!((adjustment.bonus.to_string(), adjustment.deductions.to_string()), ("2".into(), "1.5".into()));
    assert_eq!((adjustment.final_score, unit.final_score()), (decimal("88.5"), decimal("88.5")));
    assert_eq!(unit.grade.as_ref().unwrap().title.zh, "良");
    assert!(!adjustment.vetoed && unit.flags.is_empty());
}

#[rstest::rstest]
#[case::each_item_has_its_limit("50,100,9,0,accepted,0,0,0", "3", "53")]
#[case::all_together_have_a_cap("50,100,9,9,accepted,0,0,0", "5", "55")]
#[case::evidence_that_waits_counts_nothing("50,100,0,1,named,0,0,0", "0", "50")]
#[case::the_total_is_held("99,100,9,9,accepted,0,0,0", "5", "102")]
#[case::a_missing_item_counts_nothing("50,100,,,,,0,0", "0", "50")]
#[case::a_negative_item_counts_nothing("50,100,-3,0,accepted,-2,0,0", "0", "50")]
#[case::not_below_zero("1,100,0,0,accepted,90,0,0", "0", "0")]
#[case::a_veto_sets_the_score("90,100,1,0,accepted,0,1,0", "2", "0")]
fn points_are_limited(#[case] row: &str, #[case] bonus: &str, #[case] total: &str) {
    let result = scored(&format!("{HEAD}u,{row}\n"));
    let adjustment = result.units[0].adjustment.as_ref().unwrap();
    assert_eq!((adjustment.bonus.to_string(), adjustment.final_score), (bonus.to_owned(), decimal(total)));
}

#[test]
fn a_veto_holds_the_grade_and_rank_follows_the_final_score() {
    let rows = "x,95,100,0,0,accepted,0,0,1\ny,85,100,9,9,accepted,0,0,0\nz,99,100,0,0,accepted,0,2,0\n";
    let result = scored(&format!("{HEAD}{rows}"));
    let line = |id: &str| {
        let unit = result.unit(id).unwrap();
        (
            unit.score.to_string(),
            unit.final_score().to_string(),
            unit.rank,
            unit.grade.as_ref().unwrap().title.zh.clone(),
        )
    };
    assert_eq!(line("x"), ("95.00".into(), "95.00".into(), Some(1), "中".into()));
    assert_eq!(line("y"), ("85.00".into(), "90.00".into(), Some(2), "优".into()));
    assert_eq!(line("z"), ("99.00".into(), "0.00".into(), Some(3), "差".into()));
    assert_eq!(codes(&result.unit("x").unwrap().flags), [FlagCode::VetoInForce]);
}

#[test]
fn a_veto_that_nobody_reported_is_not_in_force_and_is_said_to_be_unknown() {
    let unit = &scored(&format!("{HEAD}u,95,100,0,0,accepted,0,,0\n")).units[0];
    assert_eq!(unit.final_score(), decimal("95"));
    assert_eq!(codes(&unit.flags), [FlagCode::VetoUnknown]);
    assert!(unit.ranked);
}

#[test]
fn a_result_with_an_adjustment_reads_back_and_one_without_has_no_word_of_it() {
    let result = scored(&format!("{HEAD}u,95,100,1,0,accepted,0,0,1\n"));
    let text = serde_json::to_string(&result).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&text).unwrap(), result);
    let scheme = scheme("0", &[("a", "100", S1)]);
    let plain = serde_json::to_string(&run(&scheme, &[("u", "a", against("1", "2"))])).unwrap();
    assert!(!plain.contains("adjustment"));
}

#[test]
fn rank_bands_are_those_of_the_final_scores() {
    use evaluation::robust::{Extent, extended};
    let result = scored(&format!("{HEAD}x,95,100,0,0,accepted,0,1,0\ny,50,100,0,0,accepted,0,0,0\n"));
    let json = extended(&result, Extent { replicates: 20, seed: 1, threads: 1, stages: false }).unwrap();
    assert_eq!((&json["units"][0]["rank_p05"], &json["units"][1]["rank_p95"]), (&2.0.into(), &1.0.into()));
}

#[rstest::rstest]
#[case::a_bonus_without_a_cap("  cap: 5\n", "", "bonus.cap", "is required")]
#[case::a_grade_that_is_none("grade_at_most: 中", "grade_at_most: 丙", "veto[1].grade_at_most", "no such grade")]
#[case::a_veto_without_effect(", grade_at_most: 中", "", "veto[1]", "must state what it does")]
#[case::an_id_of_an_indicator("id: late", "id: a", "deductions.items[0].id", "already used")]
#[case::points_of_nothing("per_unit: 0.5", "per_unit: 0", "deductions.items[0].per_unit", "must be above 0")]
fn rules_that_cannot_be_meant_are_refused(
    #[case] good: &str,
    #[case] bad: &str,
    #[case] path: &str,
    #[case] rule: &str,
) {
    assert!(RULES.contains(good), "the case no longer fits");
    let faults = Scheme::from_yaml(&with(&RULES.replacen(good, bad, 1))).unwrap_err().0;
    assert!(faults.iter().any(|fault| fault.path == path && fault.rule.en.contains(rule)), "{faults:#?}");
}

const INDEX: &str = "\
kind: index
id: i
version: '1'
title: {zh: 指数, en: index}
stages:
  - {stage: normalise, method: none}
  - {stage: aggregate, method: arithmetic}
result: {decimals: 1, grades: [{title: {zh: 好, en: good}, from: 8}, {title: {zh: 差, en: poor}, from: 0}]}
index:
  id: I
  children: [{id: a, direction: higher_better}, {id: b, direction: higher_better}]
bonus: {cap: 1, items: [{id: extra, title: {zh: 加分, en: extra}, unit: 项, per_unit: 0.25}]}
veto: [{id: fraud, title: {zh: 造假, en: fraud}, grade_at_most: 差}]
";

#[test]
fn an_index_has_the_same_rules() {
    let scheme = IndexScheme::from_yaml(INDEX).unwrap_or_else(|errors| panic!("{errors}"));
    let data = evaluation::index::read_csv("u,a,b,extra,fraud\nx,7,8,9,0\ny,8,9,,1\n", &scheme).unwrap();
    let options = Options { replicates: Some(20), ..Options::default() };
    let result = evaluation::index::evaluate(&scheme, &data, options).unwrap();
    let [x, y] = result.units.as_slice() else { panic!("two units") };
    let finals = |unit: &evaluation::index::IndexUnit| unit.adjustment.as_ref().unwrap().final_score;
    assert_eq!((x.score, finals(x), x.grade.as_deref(), x.rank), (7.5, decimal("8.5"), Some("好"), Some(1.0)));
    assert_eq!((y.score, finals(y), y.grade.as_deref(), y.rank), (8.5, decimal("8.5"), Some("差"), Some(1.0)));
    assert_eq!(y.flags.iter().map(|flag| flag.code).collect::<Vec<_>>(), [FlagCode::VetoInForce]);
    assert!(x.adjustment.as_ref().unwrap().bonus_items[0].points.to_string() == "2.25");
    let missing = evaluation::index::read_csv("u,a,b,extra\nx,7,8,9\n", &scheme).unwrap_err();
    assert_eq!(missing[0].column, "fraud");
}

#[test]
fn an_index_whose_low_score_is_best_has_no_bonus() {
    let yaml = INDEX.replace("method: arithmetic", "method: vikor");
    let faults = IndexScheme::from_yaml(&yaml).unwrap_err().0;
    assert!(faults.iter().any(|fault| fault.rule.en.contains("low score is best")), "{faults:?}");
}
