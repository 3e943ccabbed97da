//! Reading schemes.

use evaluation::Scheme;

const GOOD: &str = "\
id: s
version: '1'
title: {zh: 甲, en: A}
min_coverage: 0.6
over_fulfilment_flag: 1.3
grades:
  - {title: {zh: 优, en: Excellent}, from: 90}
  - {title: {zh: 差, en: Poor}, from: 0}
groups:
  - id: g
    title: {zh: 组, en: Group}
    weight: 60
    indicators:
      - {id: a, title: {zh: 一, en: One}, unit: '%', direction: higher_better, method: S1}
      - {id: b, title: {zh: 二, en: Two}, unit: '%', direction: lower_better, method: S2}
      - {id: c, title: {zh: 三, en: Three}, unit: '%', direction: qualitative, method: S7}
  - id: h
    title: {zh: 组, en: Group}
    weight: 40
    groups:
      - id: i
        title: {zh: 内, en: Inner}
        weight: 40
        indicators:
          - {id: d, title: {zh: 四, en: Four}, unit: '%', direction: higher_better, method: {id: S4, pass_line: 40}}
";

fn faults(yaml: &str) -> Vec<(String, Option<usize>, String)> {
    Scheme::from_yaml(yaml).unwrap_err().0.into_iter().map(|fault| (fault.path, fault.line, fault.rule.en)).collect()
}

#[test]
fn mandatory_indicators_share_the_marks_of_their_group_equally() {
    let scheme = Scheme::from_yaml(GOOD).unwrap();
    let marks: Vec<_> = scheme.indicators().map(|rule| (rule.id.as_str(), rule.marks.to_string())).collect();
    assert_eq!(marks, [("a", "20".into()), ("b", "20".into()), ("c", "20".into()), ("d", "40".into())]);
    assert_eq!(scheme.indicator("d").unwrap().path, ["h", "i"]);
}

#[test]
fn every_fault_is_named_at_once_with_its_path_and_line() {
    let bad = GOOD
        .replace("min_coverage: 0.6", "min_coverage: 60%")
        .replace("from: 0}", "from: 10}")
        .replace("unit: '%', direction: lower_better", "unit: '%', direction: sideways")
        .replace("id: c,", "id: a, colour: red,")
        .replace("pass_line: 40", "pass_lime: 40")
        .replace("weight: 60", "weight: 61");
    let found = faults(&bad);
    let expected = [
        ("min_coverage", 4, "must be a decimal such as 0.25"),
        ("grades", 7, "the last grade must start at 0"),
        ("groups[0].indicators[1].direction", 15, "must be one of: higher_better, lower_better, qualitative"),
        ("groups[0].indicators[2].id", 16, "already used at groups[0].indicators[0].id"),
        ("groups[0].indicators[2].colour", 16, "unknown key; allowed:"),
        ("groups[1].groups[0].indicators[0].method.pass_line", 25, "is required"),
        ("groups[1].groups[0].indicators[0].method.pass_lime", 25, "unknown key; allowed: id, pass_line"),
        ("groups", 10, "the weights must sum to 100"),
    ];
    for (path, line, rule) in expected {
        assert!(
            found.iter().any(|(p, l, r)| p == path && *l == Some(line) && r.starts_with(rule)),
            "{path} at {line}: {rule}\nnot in {found:#?}"
        );
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    assert!(found.is_sorted_by_key(|(_, line, _)| *line));
}

#[rstest::rstest]
#[case::wrong_direction(
    "direction: higher_better, method: S1}",
    "direction: lower_better, method: S1}",
    "does not fit"
)]
#[case::a_method_that_needs_parameters("method: S2", "method: S5", "needs parameters")]
#[case::an_unknown_method("method: S2", "method: S9", "one of S1")]
#[case::a_target_of_a_qualitative_item(
    "method: S7",
    "method: S7, fallback_target: {value: 1, source: x}",
    "qualitative"
)]
#[case::a_target_without_source("method: S2", "method: S2, fallback_target: {value: 1}", "is required")]
#[case::inner_weights("weight: 40\n        indicators", "weight: 30\n        indicators", "must sum to 40")]
#[case::marks_for_some("id: b,", "id: b, marks: 20,", "every item or for none")]
#[case::rising_grades("from: 90", "from: 0", "must fall")]
#[case::a_sign_in_an_id("id: b,", "id: 'b:target',", "must not contain")]
fn a_scheme_that_cannot_be_meant_is_refused(#[case] good: &str, #[case] bad: &str, #[case] rule: &str) {
    assert!(GOOD.contains(good), "the case no longer fits the example");
    let found = faults(&GOOD.replacen(good, bad, 1));
    assert!(found.iter().any(|(_, _, text)| text.contains(rule)), "{rule} not in {found:?}");
}

#[test]
fn text_that_is_not_yaml_is_refused_with_its_line() {
    for text in ["", "- a\n- b", "id: s\nid: t", "id: [", "id: &x 1"] {
        let found = faults(text);
        assert!(!found.is_empty(), "{text:?}");
    }
    assert_eq!(faults("id: s\nid: t")[0].1, Some(2));
}

#[test]
fn nesting_without_end_is_refused_and_does_not_overflow_the_stack() {
    for text in [format!("id: {}", "[".repeat(200_000)), format!("id:\n  {}", "- ".repeat(200_000))] {
        assert!(Scheme::from_yaml(&text).is_err());
    }
    let mut deep = GOOD.split("groups:").next().unwrap().to_owned();
    for level in 0..20 {
        let pad = "  ".repeat(2 * level);
        deep.push_str(&format!(
            "{pad}groups:\n{pad}  - id: g{level}\n{pad}    title: {{zh: 组, en: G}}\n{pad}    weight: 100\n"
        ));
    }
    assert!(faults(&deep).iter().any(|(_, _, rule)| rule.contains("16 levels")));
}

#[test]
fn the_digest_reads_what_the_scheme_says_and_not_how_it_is_written() {
    let digest = |yaml: &str| Scheme::from_yaml(yaml).unwrap().digest();
    let same =
        format!("# comment\n{}", GOOD.replace("weight: 60", "weight: 60.0").replace("zh: 甲, en: A", "en: A, zh: 甲"));
    assert_eq!(digest(GOOD), digest(&same));
    assert_ne!(digest(GOOD), digest(&GOOD.replace("min_coverage: 0.6", "min_coverage: 0.61")));
}

#[test]
fn decimals_and_ties_are_those_of_the_scheme() {
    use crate::support::{S1, against, input};
    let plain = crate::support::scheme("0", &[("a", "100", S1)]);
    assert_eq!((plain.result().decimals, plain.result().ties), (2, evaluation::SharedRank::Min));
    let ranks = |rule: &str| {
        let yaml = GOOD.split("groups:").next().unwrap().to_owned()
            + rule
            + "groups:\n  - id: g\n    title: {zh: 组, en: Group}\n    weight: 100\n    indicators:\n      \
               - {id: a, title: {zh: 一, en: One}, unit: '%', direction: higher_better, method: S1}\n";
        let scheme = Scheme::from_yaml(&yaml).unwrap_or_else(|errors| panic!("{errors}"));
        let cells: Vec<_> = [("x", "90.04"), ("y", "90.01"), ("z", "80.26")]
            .map(|(unit, value)| (unit, "a", against(value, "100")))
            .into();
        let result = evaluation::evaluate(&scheme, &input(&cells)).unwrap();
        result.units.iter().map(|unit| (unit.score.to_string(), unit.rank.unwrap())).collect::<Vec<_>>()
    };
    let of = |places: [(&str, u32); 3]| places.map(|(score, rank)| (score.to_owned(), rank));
    assert_eq!(ranks(""), of([("90.04", 1), ("90.01", 2), ("80.26", 3)]));
    assert_eq!(ranks("result: {decimals: 1}\n"), of([("90.0", 1), ("90.0", 1), ("80.3", 3)]));
    assert_eq!(ranks("result: {decimals: 0, ties: dense}\n"), of([("90", 1), ("90", 1), ("80", 2)]));
    assert_eq!(ranks("result: {decimals: 1, ties: max}\n"), of([("90.0", 2), ("90.0", 2), ("80.3", 3)]));
    let bad = GOOD.replace("groups:\n  - id: g", "result: {decimals: 1.5, ties: average}\ngroups:\n  - id: g");
    let found = faults(&bad);
    assert!(found.iter().any(|(path, ..)| path == "result.decimals"), "{found:?}");
    assert!(found.iter().any(|(path, ..)| path == "result.ties"), "{found:?}");
}
