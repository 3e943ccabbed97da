//! Lights of commitments. A light is a function of stored facts and the date, never typed in; it says in plain words why it
//! has its colour.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    commitment::{Closure, Commitment, CommitmentTarget, ProgressReport},
    labelled::labelled,
    text::Text,
    unit::convert_exact,
};

labelled! {
    /// Colour of a light.
    Colour {
        /// Overdue, or seriously behind.
        Red = "red", "红", "red";
        /// Behind, near the deadline, or without news for long.
        Yellow = "yellow", "黄", "yellow";
        /// Closed, accepted by somebody other than the reporter.
        Blue = "blue", "蓝", "blue";
        /// On time.
        Green = "green", "绿", "green";
        /// No measurable target or no deadline: 常态推进.
        Grey = "grey", "灰", "grey";
    }
}

/// Thresholds of the lights. All are configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LightRule {
    /// Red when progress is below the expected by more than this share.
    pub serious: Decimal,
    /// Yellow when progress is below the expected by more than this share.
    pub behind: Decimal,
    /// Yellow when at most this many days are left.
    pub warn_days: i64,
    /// Yellow when a commitment without target had no report for more than this many days.
    pub stale_days: i64,
}

impl Default for LightRule {
    fn default() -> Self {
        Self { serious: Decimal::new(20, 2), behind: Decimal::new(5, 2), warn_days: 30, stale_days: 90 }
    }
}

/// A light and why it has its colour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Light {
    /// Colour.
    pub colour: Colour,
    /// Why, for people.
    pub why: Text,
}

/// The light of a commitment on a day.
///
/// Start S, deadline D, today t, progress p: no target or no deadline → grey (yellow when there was no report for more than
/// `stale_days`); accepted → blue; t > D → red; with e = clamp((t−S)/(D−S), 0, 1): p < e − `serious` → red; p < e − `behind`
/// or D − t ≤ `warn_days` → yellow; else green. The colours follow the practice of local 督办 systems (near the limit
/// yellow, behind red). Reports and closures after `today` are not known yet.
#[must_use]
pub fn light(
    commitment: &Commitment,
    reports: &[ProgressReport],
    closure: Option<&Closure>,
    today: NaiveDate,
    rule: &LightRule,
) -> Light {
    let known: Vec<_> = reports.iter().filter(|report| report.as_of <= today).collect();
    let closed = closure.filter(|closure| closure.accepted_on() <= today);
    let (Some(deadline), Some(target)) = (commitment.deadline, &commitment.target) else {
        return light_without_target(commitment, &known, closed, today, rule);
    };
    if let Some(closure) = closed {
        let zh = format!("{} 由{}认定办结", closure.accepted_on(), closure.accepted_by());
        let en = format!("accepted as done on {} by {}", closure.accepted_on(), closure.accepted_by());
        return Light { colour: Colour::Blue, why: Text::new(zh, en) };
    }
    let assumed = commitment.deadline_assumed;
    let (day_zh, day_en) = (
        format!("{deadline}{}", if assumed { "（推定）" } else { " " }),
        format!("{deadline}{}", if assumed { " (assumed)" } else { "" }),
    );
    let Text { zh: news_zh, en: news_en } = newest(&known);
    let left = (deadline - today).num_days();
    if left < 0 {
        let past = -left;
        let zh = format!("时限 {day_zh}已过 {past} 天，未认定办结；{news_zh}");
        let en = format!("the deadline {day_en} passed {past} day(s) ago without an accepted completion; {news_en}");
        return Light { colour: Colour::Red, why: Text::new(zh, en) };
    }
    let (expected, actual) = (expected(commitment.start, deadline, today), progress(&known, target));
    let short = expected - actual;
    let points = |share: Decimal| (share * Decimal::ONE_HUNDRED).round_dp(1).normalize();
    let (colour, zh, en) = if short > rule.serious {
        let limit = points(rule.serious);
        let zh = format!("严重滞后，比应达进度低 {} 个百分点（超过 {limit} 个为红灯）", points(short));
        let en = format!("seriously behind, {} points below the expected (red above {limit})", points(short));
        (Colour::Red, zh, en)
    } else if short > rule.behind {
        let limit = points(rule.behind);
        let zh = format!("进度滞后，比应达进度低 {} 个百分点（超过 {limit} 个为黄灯）", points(short));
        let en = format!("behind, {} points below the expected (yellow above {limit})", points(short));
        (Colour::Yellow, zh, en)
    } else if left <= rule.warn_days {
        let limit = rule.warn_days;
        let zh = format!("临近时限（{limit} 天以内为黄灯）");
        (Colour::Yellow, zh, format!("near the deadline (yellow within {limit} days)"))
    } else {
        (Colour::Green, "按期推进".to_owned(), "on time".to_owned())
    };
    let (expected, actual) = (points(expected), points(actual));
    let zh = format!("{zh}：应达 {expected}%，实际 {actual}%，距时限 {day_zh}还有 {left} 天；{news_zh}");
    let en =
        format!("{en}: expected {expected}%, actual {actual}%, {left} day(s) left to the deadline {day_en}; {news_en}");
    Light { colour, why: Text::new(zh, en) }
}

fn light_without_target(
    commitment: &Commitment,
    known: &[&ProgressReport],
    closed: Option<&Closure>,
    today: NaiveDate,
    rule: &LightRule,
) -> Light {
    let (zh, en) = if commitment.target.is_none() {
        ("无量化目标，常态推进", "no measurable target")
    } else {
        ("无完成时限，常态推进", "no deadline")
    };
    if let Some(closure) = closed {
        let (day, by) = (closure.accepted_on(), closure.accepted_by());
        let why = Text::new(format!("{zh}；{day} 由{by}认定完成"), format!("{en}; accepted on {day} by {by}"));
        return Light { colour: Colour::Grey, why };
    }
    let Text { zh: news_zh, en: news_en } = newest(known);
    let since = known.iter().map(|report| report.as_of).max().or(commitment.start);
    let silent = since.map_or(0, |day| (today - day).num_days());
    if silent > rule.stale_days {
        let limit = rule.stale_days;
        let zh = format!("{zh}；{news_zh}，已 {silent} 天没有新进展（超过 {limit} 天为黄灯）");
        let en = format!("{en}; {news_en}, {silent} days without news (yellow above {limit})");
        return Light { colour: Colour::Yellow, why: Text::new(zh, en) };
    }
    Light { colour: Colour::Grey, why: Text::new(format!("{zh}；{news_zh}"), format!("{en}; {news_en}")) }
}

/// When something was last heard.
fn newest(known: &[&ProgressReport]) -> Text {
    known.iter().map(|report| report.as_of).max().map_or_else(
        || Text::new("尚无进展报告", "no report yet"),
        |day| Text::new(format!("最近进展 {day}"), format!("newest progress {day}")),
    )
}

fn expected(start: Option<NaiveDate>, deadline: NaiveDate, today: NaiveDate) -> Decimal {
    let Some(start) = start else { return Decimal::ZERO };
    let whole = (deadline - start).num_days();
    let gone = (today - start).num_days();
    Decimal::from(gone)
        .checked_div(Decimal::from(whole))
        .map_or(Decimal::ONE, |share| share.clamp(Decimal::ZERO, Decimal::ONE))
}

/// The latest fraction that was reported or follows from a measured value; nothing reported is no progress.
fn progress(known: &[&ProgressReport], target: &CommitmentTarget) -> Decimal {
    let fraction = |report: &ProgressReport| {
        report.fraction.or_else(|| {
            let measured = report.measured?;
            let value = convert_exact(measured.value, measured.unit, target.quantity.unit).ok()?;
            value.checked_div(target.quantity.value)
        })
    };
    known
        .iter()
        .filter_map(|report| fraction(report).map(|share| (report.as_of, share)))
        .max_by_key(|(day, _)| *day)
        .map_or(Decimal::ZERO, |(_, share)| share.clamp(Decimal::ZERO, Decimal::ONE))
}
