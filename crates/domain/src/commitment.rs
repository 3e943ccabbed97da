//! Commitments and their lights. A light is a function of stored facts and the date, never typed in.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    labelled::labelled,
    provenance::{Citation, Evidence},
    reason::Reason,
    text::Text,
    unit::{Quantity, convert_exact},
    violation::{Violation, Violations},
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

/// A measurable target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitmentTarget {
    /// What is measured, in words.
    pub indicator: String,
    /// The value to reach.
    pub quantity: Quantity,
    /// What counts, for example a version of a counting rule.
    pub counting_rule: String,
}

/// Something that was promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    /// Id inside the node, for example `c4-4`.
    pub id: String,
    /// Number in its document, for example `C4-4`.
    pub sequence: String,
    /// What was promised, in words.
    pub text: String,
    /// Responsible parties.
    pub responsible: Vec<String>,
    /// Whether the document names them or they are inferred.
    pub responsible_basis: String,
    /// Measurable target; none is honest and shows as 无量化目标.
    pub target: Option<CommitmentTarget>,
    /// A proxy that was suggested and not agreed; never used for a light. Empty when there is none.
    pub suggested_proxy: String,
    /// When it began; none when unknown, and then progress is not compared with time.
    pub start: Option<NaiveDate>,
    /// Last day.
    pub deadline: Option<NaiveDate>,
    /// True when the document does not state the day and it was assumed (“到2027年”).
    pub deadline_assumed: bool,
    /// Evidence that would show it.
    pub evidence_suggested: String,
    /// The sentence it was taken from.
    pub citation: Option<Citation>,
}

/// A report of progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressReport {
    /// Id of the commitment.
    pub commitment: String,
    /// The day it describes.
    pub as_of: NaiveDate,
    /// Progress from 0 to 1; none when it is only described or measured.
    pub fraction: Option<Decimal>,
    /// What was measured, in the target's dimension.
    pub measured: Option<Quantity>,
    /// In words.
    pub summary: String,
    /// Supporting documents.
    pub evidence: Vec<Evidence>,
    /// Who reports.
    pub reporter: String,
}

/// The acceptance of a commitment as done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    reporter: String,
    accepted_by: String,
    accepted_on: NaiveDate,
    evidence: Vec<Evidence>,
}

impl Closure {
    /// Accepts a commitment as done. Whoever reports cannot accept: the rule of 政府督查工作条例 Art. 17, by which those who
    /// made a conclusion stand aside when it is reviewed.
    ///
    /// # Errors
    /// [`Reason::PermissionDenied`] when reporter and acceptor are the same, [`Reason::EvidenceRequired`] without evidence;
    /// both at once when both are so.
    pub fn accept(
        reporter: &str,
        accepted_by: &str,
        accepted_on: NaiveDate,
        evidence: Vec<Evidence>,
    ) -> Result<Self, Violations> {
        let mut faults = Violations::new();
        if reporter.trim() == accepted_by.trim() {
            faults.push(Violation::new(
                "accepted_by",
                Reason::PermissionDenied,
                accepted_by,
                Text::new("办结须由报送人以外的人认定", "somebody other than the reporter must accept it"),
                Text::new("请由其他责任人认定", "let another officer accept it"),
            ));
        }
        if evidence.iter().all(|item| item.title.trim().is_empty()) {
            faults.push(Violation::new(
                "evidence",
                Reason::EvidenceRequired,
                "",
                Text::new("办结须有佐证材料", "closing needs evidence"),
                Text::new("请附佐证材料", "add a supporting document"),
            ));
        }
        faults.into_result(Self {
            reporter: reporter.to_owned(),
            accepted_by: accepted_by.to_owned(),
            accepted_on,
            evidence,
        })
    }

    /// Who reported it as done.
    #[must_use]
    pub fn reporter(&self) -> &str {
        &self.reporter
    }

    /// Who accepted it.
    #[must_use]
    pub fn accepted_by(&self) -> &str {
        &self.accepted_by
    }

    /// When.
    #[must_use]
    pub fn accepted_on(&self) -> NaiveDate {
        self.accepted_on
    }

    /// On which evidence.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
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

/// Checks a commitment.
///
/// # Errors
/// [`Reason::CommitmentDeadlineInvalid`] when the deadline lies before the start, [`Reason::FieldRequired`] without a
/// text.
pub fn check_commitment(commitment: &Commitment) -> Result<(), Violations> {
    let mut faults = Violations::new();
    if let (Some(start), Some(deadline)) = (commitment.start, commitment.deadline)
        && deadline < start
    {
        faults.push(Violation::new(
            "deadline",
            Reason::CommitmentDeadlineInvalid,
            deadline,
            Text::new(format!("时限不能早于开始日期 {start}"), format!("the deadline lies before the start {start}")),
            Text::new("请核对时限", "correct the deadline"),
        ));
    }
    if commitment.text.trim().is_empty() {
        faults.push(Violation::new(
            "text",
            Reason::FieldRequired,
            "",
            Text::new("须写明承诺事项", "the commitment is missing"),
            Text::new("请填写承诺内容", "say what is promised"),
        ));
    }
    faults.into_result(())
}

/// Checks a report of progress.
///
/// # Errors
/// [`Reason::ValueInvalid`] for a fraction outside 0–1, [`Reason::UnitMismatch`] for a measured value of another dimension
/// than the target's, [`Reason::FieldRequired`] without any content.
pub fn check_progress(commitment: &Commitment, report: &ProgressReport) -> Result<(), Violations> {
    let mut faults = Violations::new();
    if let Some(fraction) = report.fraction.filter(|fraction| *fraction < Decimal::ZERO || *fraction > Decimal::ONE) {
        faults.push(Violation::new(
            "fraction",
            Reason::ValueInvalid,
            fraction,
            Text::new("进度应在0到1之间", "progress lies between 0 and 1"),
            Text::new("请按比例填写，如 0.35", "give it as a share, for example 0.35"),
        ));
    }
    if let (Some(target), Some(measured)) = (&commitment.target, report.measured)
        && measured.unit.dimension() != target.quantity.unit.dimension()
    {
        let allowed = crate::unit::Unit::of_dimension(target.quantity.unit.dimension());
        faults.push(
            Violation::new(
                "measured.unit",
                Reason::UnitMismatch,
                measured.unit,
                Text::new("单位与目标的量纲不同", "the unit has another dimension than the target"),
                Text::new("请换用目标的单位", "use a unit of the target"),
            )
            .allowing(allowed),
        );
    }
    if report.fraction.is_none() && report.measured.is_none() && report.summary.trim().is_empty() {
        faults.push(Violation::new(
            "summary",
            Reason::FieldRequired,
            "",
            Text::new("进展报告须有进度、实测值或文字说明之一", "a report needs a fraction, a measured value or words"),
            Text::new("请补充进展内容", "add the progress"),
        ));
    }
    faults.into_result(())
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
    let closed = closure.filter(|closure| closure.accepted_on <= today);
    let (Some(deadline), Some(target)) = (commitment.deadline, &commitment.target) else {
        return light_without_target(commitment, &known, closed, today, rule);
    };
    if let Some(closure) = closed {
        let zh = format!("{} 由{}认定办结", closure.accepted_on, closure.accepted_by);
        let en = format!("accepted as done on {} by {}", closure.accepted_on, closure.accepted_by);
        return Light { colour: Colour::Blue, why: Text::new(zh, en) };
    }
    if today > deadline {
        let days = (today - deadline).num_days();
        let zh = format!("已超过时限 {deadline} {days} 天");
        let en = format!("{days} day(s) past the deadline {deadline}");
        return Light { colour: Colour::Red, why: Text::new(zh, en) };
    }
    let expected = expected(commitment.start, deadline, today);
    let progress = progress(&known, target);
    let left = (deadline - today).num_days();
    let facts_zh = format!("应达进度 {}，实际 {}，剩余 {left} 天", percent(expected), percent(progress));
    let facts_en = format!("expected {}, actual {}, {left} day(s) left", percent(expected), percent(progress));
    let (colour, zh, en) = if progress < expected - rule.serious {
        (Colour::Red, "严重滞后", "seriously behind")
    } else if progress < expected - rule.behind {
        (Colour::Yellow, "进度滞后", "behind")
    } else if left <= rule.warn_days {
        (Colour::Yellow, "临近时限", "near the deadline")
    } else {
        (Colour::Green, "按期推进", "on time")
    };
    Light { colour, why: Text::new(format!("{zh}：{facts_zh}"), format!("{en}: {facts_en}")) }
}

fn light_without_target(
    commitment: &Commitment,
    known: &[&ProgressReport],
    closed: Option<&Closure>,
    today: NaiveDate,
    rule: &LightRule,
) -> Light {
    let zh =
        if commitment.target.is_none() { "无量化目标，常态推进" } else { "无完成时限，常态推进" };
    let en = if commitment.target.is_none() { "no measurable target" } else { "no deadline" };
    let last = known.iter().map(|report| report.as_of).max();
    let (colour, news_zh, news_en) = match (closed, last) {
        (Some(closure), _) => {
            let (day, by) = (closure.accepted_on, &closure.accepted_by);
            (Colour::Grey, format!("{day} 由{by}认定完成"), format!("accepted on {day} by {by}"))
        }
        (None, Some(day)) => {
            let colour = if (today - day).num_days() > rule.stale_days { Colour::Yellow } else { Colour::Grey };
            (colour, format!("最近一次进展报告 {day}"), format!("last report {day}"))
        }
        (None, None) => {
            let stale = commitment.start.is_some_and(|start| (today - start).num_days() > rule.stale_days);
            let colour = if stale { Colour::Yellow } else { Colour::Grey };
            (colour, "尚无进展报告".to_owned(), "no report yet".to_owned())
        }
    };
    Light { colour, why: Text::new(format!("{zh}；{news_zh}"), format!("{en}; {news_en}")) }
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

fn percent(share: Decimal) -> String {
    format!("{}%", (share * Decimal::ONE_HUNDRED).round_dp(1).normalize())
}
