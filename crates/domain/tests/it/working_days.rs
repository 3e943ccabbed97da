//! Working days: the notices of the State Council day by day, and the laws of counting.

use std::sync::LazyLock;

use chrono::{Datelike as _, NaiveDate, Weekday};
use domain::{Due, WorkingDays};
use proptest::prelude::*;
use rstest::rstest;

static DAYS: LazyLock<WorkingDays> =
    LazyLock::new(|| WorkingDays::from_csv(include_str!("../../../../deploy/catalogue/working_days.csv")).unwrap());

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Every date of the years that the file covers, and some before and after.
fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0..2200_i64).prop_map(|offset| day("2024-06-01") + chrono::TimeDelta::days(offset))
}

proptest! {
    #[test]
    fn counting_on_is_counting_at_once(from in any_day(), one in 0..60_u32, two in 0..60_u32) {
        let at_once = DAYS.after(from, one + two).day;
        prop_assert_eq!(DAYS.after(DAYS.after(from, one).day, two).day, at_once);
    }

    #[test]
    fn later_days_and_longer_deadlines_never_end_earlier(from in any_day(), on in 0..40_i64, days in 0..60_u32, more in 0..9_u32) {
        let later = from + chrono::TimeDelta::days(on);
        prop_assert!(DAYS.after(from, days).day <= DAYS.after(later, days).day);
        prop_assert!(DAYS.after(from, days).day <= DAYS.after(from, days + more).day);
        prop_assert!(days == 0 || DAYS.after(from, days).day > from);
    }

    #[test]
    fn a_deadline_ends_on_a_working_day_and_counts_exactly_its_days(from in any_day(), days in 1..60_u32) {
        let Due { day: end, .. } = DAYS.after(from, days);
        prop_assert!(DAYS.is_working(end));
        prop_assert_eq!(DAYS.between(from, end), days);
        prop_assert_eq!(DAYS.between(end, from), 0);
    }

    #[test]
    fn what_no_notice_confirms_is_assumed(from in any_day(), days in 1..60_u32) {
        let Due { day: end, assumed } = DAYS.after(from, days);
        let confirmed = (from.year()..=end.year()).all(|year| matches!(year, 2025 | 2026));
        prop_assert_eq!(assumed, !confirmed);
    }
}

#[rstest]
// 国庆节、中秋节 2025: 1 to 8 October, made up for on Sunday 28 September and Saturday 11 October.
#[case("2025-09-25", 1, "2025-09-26")]
#[case("2025-09-25", 2, "2025-09-28")]
#[case("2025-09-25", 4, "2025-09-30")]
#[case("2025-09-25", 5, "2025-10-09")]
#[case("2025-09-25", 7, "2025-10-11")]
#[case("2025-09-25", 8, "2025-10-13")]
// 春节 2026: 15 to 23 February, made up for on 14 and 28 February.
#[case("2026-02-13", 1, "2026-02-14")]
#[case("2026-02-13", 2, "2026-02-24")]
#[case("2026-02-26", 2, "2026-02-28")]
// A day that is no working day begins a count like any other.
#[case("2026-01-02", 1, "2026-01-04")]
fn holidays_move_a_deadline_and_make_up_days_count(#[case] from: &str, #[case] days: u32, #[case] end: &str) {
    assert_eq!(DAYS.after(day(from), days), Due { day: day(end), assumed: false });
}

#[test]
fn the_notices_give_the_days_off_that_they_state_and_make_up_on_weekends() {
    for (year, off) in [(2025, 28), (2026, 33)] {
        let days: Vec<_> = day(&format!("{year}-01-01")).iter_days().take_while(|day| day.year() == year).collect();
        let weekend = |day: &NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let listed = include_str!("../../../../deploy/catalogue/working_days.csv").lines();
        let holidays = listed.filter(|line| line.starts_with(&year.to_string()) && line.contains(",holiday,")).count();
        assert_eq!(holidays, off, "{year}");
        let worked = days.iter().filter(|day| DAYS.is_working(**day)).count();
        let weekdays = days.iter().filter(|day| !weekend(day)).count();
        let made_up = days.iter().filter(|day| weekend(day) && DAYS.is_working(**day)).count();
        let weekdays_off = days.iter().filter(|day| !weekend(day) && !DAYS.is_working(**day)).count();
        assert_eq!(worked, weekdays + made_up - weekdays_off, "{year}");
        assert!(DAYS.is_confirmed(year));
    }
}

#[test]
fn every_fault_of_the_file_is_named_with_its_line() {
    let faults = WorkingDays::from_csv(
        "day,kind,name_zh,source_zh,status\n2026-10-01,holiday,国庆节,通知,confirmed\n2026-10-01,holiday,国庆节,通知,confirmed\n\
         2026-10-05,make-up,国庆节,,confirmed\nx,feast,国庆节,通知,perhaps\n",
    );
    let told = faults.unwrap_err().to_string();
    for fault in [
        "line 3: 2026-10-01 is there twice",
        "line 4: 2026-10-05 is no weekend day",
        "line 4: source_zh is empty",
        "line 5: day: \"x\" is no date",
        "line 5: kind: \"feast\" is not holiday or make-up",
        "line 5: status: \"perhaps\" is not confirmed or unverified",
    ] {
        assert!(told.contains(fault), "{fault} in {told}");
    }
}
