//! Lights of commitments, and the share of cities.

use std::collections::BTreeSet;

use crate::support::{date, decimal, region, unit};
use chrono::{Days, NaiveDate};
use domain::{
    CityMilestone, CityStage, Closure, Colour, Commitment, CommitmentTarget, CountingRule, Evidence, LightRule, Period,
    ProgressReport, Quantity, Reason, check_commitment, check_progress, check_transition, cities_needed, light,
    standing,
};
use proptest::prelude::*;
use rstest::rstest;

/// A year with 100 days before and after the middle would be odd to read, so: 1 January to 11 April is 100 days.
fn commitment() -> Commitment {
    Commitment {
        id: "c4-4".to_owned(),
        sequence: "C4-4".to_owned(),
        text: "到2027年全省“无废城市”建设比例达到60%".to_owned(),
        responsible: vec!["省生态环境厅".to_owned()],
        responsible_basis: "函内".to_owned(),
        target: Some(CommitmentTarget {
            indicator: "开展建设的城市数".to_owned(),
            quantity: Quantity::new(decimal("7"), unit("个市")),
            counting_rule: "v1".to_owned(),
        }),
        suggested_proxy: String::new(),
        start: Some(date("2025-01-01")),
        deadline: Some(date("2025-04-11")),
        deadline_assumed: true,
        evidence_suggested: String::new(),
        citation: None,
    }
}

fn report(day: &str, fraction: Option<&str>, measured: Option<&str>) -> ProgressReport {
    ProgressReport {
        commitment: "c4-4".to_owned(),
        as_of: date(day),
        fraction: fraction.map(decimal),
        measured: measured.map(|value| Quantity::new(decimal(value), unit("个市"))),
        summary: "进展".to_owned(),
        evidence: Vec::new(),
        reporter: "省生态环境厅".to_owned(),
    }
}

fn closure(day: &str) -> Closure {
    let evidence = vec![Evidence { title: "批复文件".to_owned(), ..Evidence::default() }];
    Closure::accept("太原市", "省生态环境厅", date(day), evidence).unwrap()
}

fn colour(day: &str, reports: &[ProgressReport]) -> Colour {
    light(&commitment(), reports, None, date(day), &LightRule::default()).colour
}

#[rstest]
#[case::start("2025-01-01", None, Colour::Green)]
#[case::nothing_after_five_days("2025-01-06", None, Colour::Green)]
#[case::nothing_after_six_days("2025-01-07", None, Colour::Yellow)]
#[case::nothing_after_twenty_days("2025-01-21", None, Colour::Yellow)]
#[case::nothing_after_twenty_one_days("2025-01-22", None, Colour::Red)]
#[case::half_way_on_time("2025-02-20", Some("0.50"), Colour::Green)]
#[case::half_way_five_behind("2025-02-20", Some("0.45"), Colour::Green)]
#[case::half_way_six_behind("2025-02-20", Some("0.44"), Colour::Yellow)]
#[case::half_way_twenty_behind("2025-02-20", Some("0.30"), Colour::Yellow)]
#[case::half_way_twenty_one_behind("2025-02-20", Some("0.29"), Colour::Red)]
#[case::thirty_one_days_left("2025-03-11", Some("0.9"), Colour::Green)]
#[case::thirty_days_left("2025-03-12", Some("0.9"), Colour::Yellow)]
#[case::done_but_not_accepted("2025-04-11", Some("1"), Colour::Yellow)]
#[case::overdue("2025-04-12", Some("1"), Colour::Red)]
#[case::before_the_start("2024-12-01", None, Colour::Green)]
fn the_light_follows_time_and_progress(#[case] today: &str, #[case] fraction: Option<&str>, #[case] expected: Colour) {
    let reports = [report("2024-01-01", fraction.or(Some("0")), None)];
    assert_eq!(colour(today, &reports), expected);
}

#[test]
fn the_latest_report_that_is_known_counts() {
    let reports = [
        report("2025-02-10", Some("0.1"), None),
        report("2025-02-01", Some("0.9"), None),
        report("2025-12-01", Some("1"), None),
    ];
    assert_eq!(colour("2025-02-20", &reports), Colour::Red);
    let words_later = [report("2025-02-10", Some("0.5"), None), report("2025-02-19", None, None)];
    assert_eq!(colour("2025-02-20", &words_later), Colour::Green, "words take no progress away");
}

#[test]
fn a_measured_value_stands_for_its_share_of_the_target() {
    assert_eq!(colour("2025-02-20", &[report("2025-02-10", None, Some("2"))]), Colour::Red);
    assert_eq!(colour("2025-02-20", &[report("2025-02-10", None, Some("3.5"))]), Colour::Green);
}

#[test]
fn an_accepted_commitment_is_blue_even_after_its_deadline() {
    let (commitment, rule, closure) = (commitment(), LightRule::default(), closure("2025-05-01"));
    let at = |day: &str| light(&commitment, &[], Some(&closure), date(day), &rule).colour;
    assert_eq!(at("2025-04-30"), Colour::Red, "not accepted yet");
    assert_eq!(at("2025-05-01"), Colour::Blue);
}

#[rstest]
#[case::nothing_yet("2025-02-01", &[], Colour::Grey)]
#[case::nothing_for_ninety_days("2025-04-01", &[], Colour::Grey)]
#[case::nothing_for_ninety_one_days("2025-04-02", &[], Colour::Yellow)]
#[case::fresh_report("2025-06-01", &["2025-05-01"], Colour::Grey)]
#[case::stale_report("2025-08-01", &["2025-05-01"], Colour::Yellow)]
fn without_a_target_or_a_deadline_the_light_is_grey_until_news_is_stale(
    #[case] today: &str,
    #[case] days: &[&str],
    #[case] expected: Colour,
) {
    let reports: Vec<_> = days.iter().map(|day| report(day, Some("0.9"), None)).collect();
    let no_target = Commitment { target: None, ..commitment() };
    let no_deadline = Commitment { deadline: None, ..commitment() };
    for commitment in [no_target, no_deadline] {
        let light = light(&commitment, &reports, None, date(today), &LightRule::default());
        assert_eq!(light.colour, expected, "{}", light.why.zh);
    }
}

fn why(commitment: &Commitment, today: &str, reports: &[ProgressReport]) -> (String, String) {
    let why = light(commitment, reports, None, date(today), &LightRule::default()).why;
    (why.zh, why.en)
}

#[test]
fn an_overdue_light_says_for_how_long_and_when_something_was_last_heard() {
    let (zh, en) = why(&commitment(), "2025-04-21", &[report("2025-02-10", Some("0.5"), None)]);
    assert_eq!(zh, "时限 2025-04-11（推定）已过 10 天，未认定办结；最近进展 2025-02-10");
    assert_eq!(
        en,
        "the deadline 2025-04-11 (assumed) passed 10 day(s) ago without an accepted completion; newest progress 2025-02-10"
    );
    let stated = Commitment { deadline_assumed: false, ..commitment() };
    let (zh, en) = why(&stated, "2025-04-12", &[]);
    assert_eq!(zh, "时限 2025-04-11 已过 1 天，未认定办结；尚无进展报告");
    assert!(en.ends_with("; no report yet"), "{en}");
}

#[test]
fn a_light_before_its_deadline_says_how_far_it_is_and_what_the_limit_is() {
    let half = |share: &str| why(&commitment(), "2025-02-20", &[report("2025-02-10", Some(share), None)]);
    let (zh, en) = half("0.25");
    assert_eq!(
        zh,
        "严重滞后，比应达进度低 25 个百分点（超过 20 个为红灯）：\
         应达 50%，实际 25%，距时限 2025-04-11（推定）还有 50 天；最近进展 2025-02-10"
    );
    assert!(en.starts_with("seriously behind, 25 points below the expected (red above 20): expected 50%"), "{en}");
    assert!(half("0.4").0.starts_with("进度滞后，比应达进度低 10 个百分点（超过 5 个为黄灯）"));
    assert!(half("0.5").0.starts_with("按期推进：应达 50%，实际 50%"));
    let near = why(&commitment(), "2025-03-12", &[report("2025-03-01", Some("1"), None)]);
    assert!(near.0.starts_with("临近时限（30 天以内为黄灯）：") && near.1.contains("30 day(s) left"), "{near:?}");
}

#[test]
fn a_light_without_a_target_says_so_and_when_it_has_been_silent_too_long() {
    let no_target = Commitment { target: None, ..commitment() };
    let silent = why(&no_target, "2025-04-11", &[]);
    assert_eq!(silent.0, "无量化目标，常态推进；尚无进展报告，已 100 天没有新进展（超过 90 天为黄灯）");
    assert_eq!(silent.1, "no measurable target; no report yet, 100 days without news (yellow above 90)");
    let fresh = why(&no_target, "2025-04-11", &[report("2025-04-01", None, None)]);
    assert_eq!(fresh.0, "无量化目标，常态推进；最近进展 2025-04-01");
}

#[test]
fn whoever_reports_cannot_accept_and_closing_needs_evidence() {
    let faults = Closure::accept("省商务厅", "省商务厅 ", date("2025-05-01"), Vec::new()).unwrap_err();
    assert!(faults.has(Reason::PermissionDenied) && faults.has(Reason::EvidenceRequired));
}

#[test]
fn a_commitment_ends_after_it_starts_and_says_something() {
    assert_eq!(check_commitment(&commitment()), Ok(()));
    let faulty = Commitment { deadline: Some(date("2024-12-31")), text: String::new(), ..commitment() };
    let faults = check_commitment(&faulty).unwrap_err();
    assert!(faults.has(Reason::CommitmentDeadlineInvalid) && faults.has(Reason::FieldRequired));
}

#[test]
fn a_report_is_a_share_or_a_measure_of_the_target() {
    let commitment = commitment();
    assert_eq!(check_progress(&commitment, &report("2025-02-01", Some("1"), Some("3"))), Ok(()));
    let mut odd = report("2025-02-01", Some("35"), None);
    odd.measured = Some(Quantity::new(decimal("3"), unit("万元")));
    let faults = check_progress(&commitment, &odd).unwrap_err();
    assert!(faults.has(Reason::ValueInvalid) && faults.has(Reason::UnitMismatch));
}

proptest! {
    #[test]
    fn more_progress_never_makes_a_light_worse(day in 0..400_u64, less in 0..=100_u32, more in 0..=100_u32) {
        let today = date("2024-12-01") + Days::new(day);
        let worse = |fraction: u32| -> u8 {
            let mut report = report("2024-01-01", None, None);
            report.fraction = Some(rust_decimal::Decimal::new(i64::from(fraction), 2));
            rank(today, &report)
        };
        prop_assert!(worse(less.max(more)) <= worse(less.min(more)));
    }
}

fn rank(today: NaiveDate, report: &ProgressReport) -> u8 {
    match light(&commitment(), std::slice::from_ref(report), None, today, &LightRule::default()).colour {
        Colour::Blue | Colour::Grey => 0,
        Colour::Green => 1,
        Colour::Yellow => 2,
        Colour::Red => 3,
    }
}

#[rstest]
#[case(11, "0.6", 7)]
#[case(10, "0.6", 6)]
#[case(11, "0", 0)]
#[case(11, "1", 11)]
#[case(0, "0.6", 0)]
fn sixty_percent_of_eleven_cities_is_seven(#[case] total: u32, #[case] ratio: &str, #[case] needed: u32) {
    assert_eq!(cities_needed(total, decimal(ratio)), needed);
}

#[test]
fn the_letter_leaves_five_cities_to_come_under_the_first_rule() {
    let reach =
        |code: &str, stage| CityMilestone { region: region(code), stage, period: Period::parse("2022").unwrap() };
    let mut milestones = vec![
        reach("140100", CityStage::Recommended),
        reach("140500", CityStage::Recommended),
        reach("141100", CityStage::Recommended),
        reach("140100", CityStage::Designated),
        reach("140500", CityStage::Designated),
        reach("140100", CityStage::PlanIssued),
        reach("141100", CityStage::PlanDrafted),
    ];
    let now = standing(11, decimal("0.6"), &CountingRule::v1(), &milestones);
    assert_eq!(now.counted, BTreeSet::from([region("140100"), region("140500")]));
    assert_eq!((now.needed, now.missing), (7, 5));
    assert_eq!(now.rule, "designated-or-plan-issued/1");
    assert_eq!(now.percent.unwrap().round_dp(1), decimal("18.2"));
    assert_eq!(now.stages[&region("141100")], CityStage::PlanDrafted);
    milestones.push(reach("141100", CityStage::PlanIssued));
    assert_eq!(standing(11, decimal("0.6"), &CountingRule::v1(), &milestones).missing, 4);
}

#[test]
fn the_ministry_designates_what_the_province_recommended() {
    let faults = check_transition(&[CityStage::PlanDrafted], CityStage::Designated).unwrap_err();
    assert_eq!(faults.0[0].reason, Reason::StageTransitionInvalid);
    assert_eq!(check_transition(&[CityStage::Recommended], CityStage::Designated), Ok(()));
    assert_eq!(check_transition(&[], CityStage::PlanIssued), Ok(()));
    assert!(check_transition(&[CityStage::PlanIssued], CityStage::PlanDrafted).is_err());
}
