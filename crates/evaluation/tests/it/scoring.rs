//! The published test values and the edge rules.

use evaluation::{
    EvaluationError, EvidenceState, FlagCode, Input, ItemState, MissingState, Presence, Qualifier, Value,
};
use evaluation::{Unit, evaluate};

use crate::support::*;

#[test]
fn a_not_applicable_indicator_leaves_the_denominator() {
    let scheme = scheme("0", &[("a", "10", S1), ("b", "20", S1), ("c", "30", S1), ("d", "40", S1)]);
    let cells = [
        ("u", "a", against("1", "1")),
        ("u", "b", against("0.8", "1")),
        ("u", "c", not_applicable()),
        ("u", "d", against("0.5", "1")),
    ];
    let result = run(&scheme, &cells);
    let unit = result.unit("u").unwrap();
    assert_eq!(unit.score.to_string(), "65.71");
    assert_eq!(unit.exact_score.to_string(), "460/7");
    assert_eq!(unit.coverage.weight_share, decimal("0.7"));
    assert_eq!((unit.coverage.reported, unit.coverage.mandatory_total, unit.coverage.not_applicable), (3, 4, 1));
    assert_eq!(unit.coverage.share, decimal("1"));
    let item = unit.item("c").unwrap();
    assert_eq!(item.state, ItemState::NotApplicable);
    assert!(!item.in_denominator);
    assert_eq!(item.not_applicable_reason.as_deref(), Some("境内无此类企业"));
}

#[test]
fn a_missing_mandatory_indicator_earns_nothing_and_is_flagged_but_zero_is_a_value() {
    let scheme = scheme("0", &[("a", "50", S1), ("b", "50", S1)]);
    let result = run(
        &scheme,
        &[
            ("late", "a", against("1", "1")),
            ("late", "b", missing(MissingState::Late)),
            ("silent", "a", against("1", "1")),
            ("zero", "a", against("1", "1")),
            ("zero", "b", against("0", "1")),
        ],
    );
    for (id, reported, state, flags) in [
        ("late", 1, ItemState::Missing, vec![FlagCode::MissingLate]),
        ("silent", 1, ItemState::Missing, vec![FlagCode::MissingUnknown]),
        ("zero", 2, ItemState::Scored, vec![]),
    ] {
        let unit = result.unit(id).unwrap();
        assert_eq!(unit.score.to_string(), "50.00", "{id}");
        assert_eq!(unit.coverage.reported, reported, "{id}");
        assert_eq!(unit.item("b").unwrap().state, state, "{id}");
        assert_eq!(codes(&unit.item("b").unwrap().flags), flags, "{id}");
    }
}

#[test]
fn an_optional_indicator_counts_only_where_it_was_chosen() {
    let optional = "mandatory: false, direction: higher_better, method: S1";
    let scheme = scheme("0", &[("a", "100", S1), ("o", "25", optional)]);
    let chosen = [("u", "a", against("1", "2")), ("u", "o", against("1", "1"))];
    assert_eq!(run(&scheme, &chosen[..1]).units[0].score.to_string(), "50.00");
    assert_eq!(run(&scheme, &chosen).units[0].score.to_string(), "60.00");
    assert_eq!(run(&scheme, &chosen).units[0].coverage.mandatory_total, 1);
}

#[rstest::rstest]
#[case("89.994", "89.99", "良")]
#[case("89.995", "90.00", "优")]
#[case("79.995", "80.00", "良")]
#[case("59.99", "59.99", "差")]
#[case("100", "100.00", "优")]
fn the_grade_is_read_from_the_printed_score(#[case] exact: &str, #[case] printed: &str, #[case] grade: &str) {
    let scheme = scheme("0", &[("a", "100", S1)]);
    let result = run(&scheme, &[("u", "a", against(exact, "100"))]);
    let unit = &result.units[0];
    assert_eq!(unit.score.to_string(), printed);
    assert_eq!(unit.grade.as_ref().unwrap().to_string(), grade);
    assert_eq!(unit.exact_score.to_string(), exact);
}

#[test]
fn a_true_half_made_of_thirds_still_rounds_up() {
    // A third of 30, two thirds of 30 and 39.995: cut at any number of digits, the thirds would miss the half.
    let scheme = scheme("0", &[("a", "30", S1), ("b", "30", S1), ("c", "40", S1)]);
    let cells = [("u", "a", against("1", "3")), ("u", "b", against("2", "3")), ("u", "c", against("39.995", "40"))];
    let unit = &run(&scheme, &cells).units[0];
    assert_eq!(unit.exact_score.to_string(), "69.995");
    assert_eq!(unit.score.to_string(), "70.00");
}

#[test]
fn ties_share_a_rank_and_the_next_one_is_skipped() {
    let scheme = scheme("0", &[("a", "100", S1)]);
    let result = run(
        &scheme,
        &[("a", "a", against("70", "100")), ("b", "a", against("80", "100")), ("c", "a", against("80.004", "100"))],
    );
    let ranks: Vec<_> = result.units.iter().map(|unit| (unit.unit.as_str(), unit.rank)).collect();
    assert_eq!(ranks, [("a", Some(3)), ("b", Some(1)), ("c", Some(1))]);
}

#[test]
fn a_unit_below_the_minimum_coverage_keeps_its_score_but_gets_neither_rank_nor_grade() {
    let scheme = scheme("0.5", &[("a", "40", S1), ("b", "30", S1), ("c", "30", S1)]);
    let result = run(
        &scheme,
        &[
            ("one", "a", against("1", "1")),
            ("two", "a", against("1", "2")),
            ("two", "b", against("1", "2")),
            // Two do not apply, so one of one is everything.
            ("few", "a", against("1", "1")),
            ("few", "b", not_applicable()),
            ("few", "c", not_applicable()),
        ],
    );
    let one = result.unit("one").unwrap();
    assert_eq!((one.score.to_string().as_str(), one.rank, one.ranked), ("40.00", None, false));
    assert_eq!(one.grade, None);
    assert_eq!(codes(&one.flags), [FlagCode::BelowMinimumCoverage]);
    assert_eq!(one.coverage.share, decimal("0.3333"));
    assert_eq!(result.unit("two").unwrap().rank, Some(2));
    assert_eq!(result.unit("few").unwrap().rank, Some(1));
}

#[test]
fn a_unit_to_which_nothing_applies_is_not_ranked() {
    let scheme = scheme("0", &[("a", "100", S1)]);
    let unit = &run(&scheme, &[("u", "a", not_applicable())]).units[0];
    assert_eq!((unit.score.to_string().as_str(), unit.rank, unit.grade.is_none()), ("0.00", None, true));
    assert_eq!(codes(&unit.flags), [FlagCode::NothingApplicable]);
}

fn qualified(qualifier: Qualifier, value: &str, target: &str) -> evaluation::Cell {
    let mut cell = against(value, target);
    cell.presence = Presence::Reported(Value { qualifier, ..Value::exactly(decimal(value)) });
    cell
}

#[test]
fn a_bound_is_scored_where_the_truth_can_but_be_better_and_refused_where_not() {
    let lower = "direction: lower_better, method: S2";
    let decline = "direction: higher_better, method: {id: S8, rate: decline, then: S1}";
    let scheme = scheme("0", &[("h", "40", S1), ("l", "40", lower), ("d", "20", decline)]);
    let judge = |indicator: &str, qualifier| {
        let mut cell = qualified(qualifier, "30", "40");
        cell.baseline = Some(decimal("40"));
        let result = run(&scheme, &[("u", indicator, cell)]);
        let item = result.units[0].item(indicator).unwrap().clone();
        (item.state, codes(&item.flags).first().copied(), item.capped_score.to_string())
    };
    let refused = (ItemState::Refused, Some(FlagCode::BoundNotScorable), "0".to_owned());
    assert_eq!(judge("h", Qualifier::AtLeast), (ItemState::Scored, Some(FlagCode::LowerBound), "30".into()));
    assert_eq!(judge("h", Qualifier::AtMost), refused);
    assert_eq!(judge("l", Qualifier::AtMost), (ItemState::Scored, Some(FlagCode::UpperBound), "40".into()));
    assert_eq!(judge("l", Qualifier::AtLeast), refused);
    assert_eq!(judge("h", Qualifier::About), (ItemState::Scored, Some(FlagCode::Approximate), "30".into()));
    // Of an amount whose decline is scored, an upper bound is the cautious side.
    assert_eq!(judge("d", Qualifier::AtMost), (ItemState::Scored, Some(FlagCode::UpperBound), "12.5".into()));
    assert_eq!(judge("d", Qualifier::AtLeast), refused);
}

#[test]
fn evidence_that_waits_earns_nothing_yet_but_counts_as_reported() {
    let scheme = scheme("0", &[("q", "100", "direction: qualitative, method: S7")]);
    let result = run(
        &scheme,
        &[("done", "q", evidence(EvidenceState::Accepted)), ("named", "q", evidence(EvidenceState::Named))],
    );
    assert_eq!(result.unit("done").unwrap().score.to_string(), "100.00");
    let named = result.unit("named").unwrap();
    assert_eq!(named.score.to_string(), "0.00");
    assert_eq!(named.coverage.reported, 1);
    assert_eq!(named.not_scorable, ["q"]);
    assert_eq!(named.items[0].state, ItemState::EvidencePending);
    assert_eq!(named.items[0].flags[0].text.zh, "佐证待审核");
}

#[test]
fn the_units_own_target_wins_over_the_schemes_and_without_any_it_is_said() {
    let with = "direction: higher_better, method: S1, fallback_target: {value: 60, source: 规划}";
    let scheme = scheme("0", &[("f", "50", with), ("n", "50", S1)]);
    let own = run(&scheme, &[("u", "f", against("30", "40"))]);
    assert_eq!(own.units[0].item("f").unwrap().share, decimal("0.75"));
    let fallback = run(&scheme, &[("u", "f", reported("30")), ("u", "n", reported("30"))]);
    let unit = &fallback.units[0];
    assert_eq!(unit.item("f").unwrap().share, decimal("0.5"));
    assert_eq!(codes(&unit.item("f").unwrap().flags), [FlagCode::SchemeTarget]);
    let none = unit.item("n").unwrap();
    assert_eq!((none.state, none.capped_score), (ItemState::NoTarget, decimal("0")));
    assert_eq!(none.flags[0].text.zh, "无目标值");
    assert_eq!(unit.coverage.reported, 2);
}

#[test]
fn odd_numbers_are_flagged_and_never_panic() {
    let growth = "direction: higher_better, method: S1, rate_of_change: true";
    let scheme = scheme("0", &[("r", "50", S1), ("rise", "50", growth)]);
    let flags = |indicator, value, target| {
        codes(&run(&scheme, &[("u", indicator, against(value, target))]).units[0].item(indicator).unwrap().flags)
    };
    assert_eq!(flags("r", "104", "100"), [FlagCode::OverHundredPercent]);
    assert_eq!(flags("r", "-4", "100"), [FlagCode::NegativeValue]);
    assert_eq!(flags("rise", "-4", "100"), []);
    assert_eq!(flags("rise", "104", "100"), []);
    assert_eq!(flags("r", "5", "0"), [FlagCode::TargetNotPositive]);
    let huge = "79228162514264337593543950335";
    assert_eq!(
        flags("r", huge, "0.0000000000000000000000000001"),
        [FlagCode::TargetMaybeLow, FlagCode::OverHundredPercent]
    );
}

#[test]
fn the_points_of_items_and_of_first_level_groups_sum_to_the_exact_score() {
    let scheme = scheme("0", &[("a", "30", S1), ("b", "30", S1), ("c", "40", S1)]);
    let cells = [("u", "a", against("1", "7")), ("u", "b", against("5", "11")), ("u", "c", not_applicable())];
    let unit = &run(&scheme, &cells).units[0];
    let sum: evaluation::Exact = unit.items.iter().map(|item| &item.points).sum();
    assert_eq!(sum, unit.exact_score);
    assert_eq!(unit.nodes["g"].exact, unit.exact_score);
    assert_eq!(unit.nodes["g"].rate, Some(unit.score));
}

#[test]
fn a_doubled_unit_and_data_of_an_unknown_unit_are_errors_and_an_unknown_indicator_is_named() {
    let scheme = scheme("0", &[("a", "100", S1)]);
    let mut twice = input(&[("u", "a", reported("1"))]);
    twice.units.push(Unit { id: "u".into(), name: "又".into() });
    assert_eq!(evaluate(&scheme, &twice), Err(EvaluationError::DuplicateUnit("u".into())));
    let stranger = Input { units: Vec::new(), ..input(&[("u", "a", reported("1"))]) };
    assert!(matches!(evaluate(&scheme, &stranger), Err(EvaluationError::UnknownUnit { .. })));
    assert_eq!(run(&scheme, &[("u", "zz", reported("1"))]).not_in_scheme, ["zz"]);
}

#[test]
fn what_the_caller_marked_is_carried_to_the_output() {
    let scheme = scheme("0", &[("a", "100", S1)]);
    let cell =
        evaluation::Cell { source: Some("log/7#3".into()), marks: vec!["口径不同".into()], ..against("1", "1") };
    let item = run(&scheme, &[("u", "a", cell)]).units[0].items[0].clone();
    assert_eq!((item.source.as_deref(), item.marks), (Some("log/7#3"), vec!["口径不同".to_owned()]));
}

#[test]
fn the_json_has_numbers_for_readers_null_for_no_rank_and_reads_back() {
    let scheme = scheme("0.9", &[("a", "50", S1), ("b", "50", S1)]);
    let result = run(
        &scheme,
        &[("few", "a", against("1", "3")), ("full", "a", against("1", "1")), ("full", "b", against("4", "5"))],
    );
    let text = serde_json::to_string(&result).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let [few, full] = json["units"].as_array().unwrap().as_slice() else { panic!("two units") };
    assert_eq!(few["score"], serde_json::json!(16.67));
    assert_eq!(few["rank"], serde_json::Value::Null);
    assert_eq!(few["grade"], serde_json::Value::Null);
    assert_eq!(few["coverage"]["share"], serde_json::json!(0.5));
    assert_eq!(few["coverage"]["mandatory_total"], 2);
    assert_eq!(few["exact_score"], "50/3");
    assert_eq!((&full["score"], &full["rank"], &full["grade"]), (&90.0.into(), &1.into(), &"优".into()));
    assert_eq!(full["nodes"]["g"], serde_json::json!(90.0));
    for key in ["scheme_digest", "data_digest"] {
        assert_eq!(json[key].as_str().unwrap().len(), 64);
    }
    assert_eq!(json["engine_version"], evaluation::ENGINE_VERSION);
    let back: evaluation::Evaluation = serde_json::from_str(&text).unwrap();
    assert_eq!(back, result);
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
}
