//! 工作日: the days on which offices work. Monday to Friday, without public holidays, and with the weekend days that make up for
//! them (调休), as the State Council announces them for each year.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate, Weekday};
use serde::Deserialize;

use crate::{labelled::labelled, text::Text};

labelled! {
    /// What a listed day is.
    DayKind {
        /// A public holiday, or a day that was moved to join two.
        Holiday = "holiday", "放假", "holiday";
        /// A day of a weekend on which offices work.
        MakeUp = "make-up", "上班", "make-up day";
    }
}

/// The days that are not what their weekday says, by year. A year that no notice covers is one of weekdays alone and of the
/// holidays that its lines name; what is counted through it is assumed, and says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingDays {
    days: BTreeMap<NaiveDate, DayKind>,
    confirmed: BTreeSet<i32>,
}

/// The end of a number of working days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The last day.
    pub day: NaiveDate,
    /// True when a year on the way is not confirmed by a notice.
    pub assumed: bool,
}

/// One fault of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("working_days 第{line}行：{} / line {line}: {}", .problem.zh, .problem.en)]
pub struct WorkingDaysFault {
    /// Line of the file, from 1.
    pub line: u64,
    /// What is wrong and what to do.
    pub problem: Text,
}

/// Every fault of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct WorkingDaysFaults(pub Vec<WorkingDaysFault>);

/// What the program reads of a line; the name is for people.
#[derive(Deserialize)]
struct Row {
    day: String,
    kind: String,
    source_zh: String,
    status: String,
}

impl WorkingDays {
    /// Reads the days from the text of `working_days.csv`. A year is confirmed when all its lines are.
    ///
    /// # Errors
    /// Every fault at once: lines that cannot be read, doubled days, a make-up day that is no weekend day, a missing source, an
    /// unknown status.
    pub fn from_csv(text: &str) -> Result<Self, WorkingDaysFaults> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let (mut read, mut faults, mut unverified) = (Self::default(), Vec::new(), BTreeSet::new());
        for (row, place) in reader.deserialize::<Row>().zip(2_u64..) {
            let parsed = match row {
                Ok(row) => row.parse(),
                Err(error) => Err(vec![Text::new(format!("无法读取：{error}"), format!("cannot be read: {error}"))]),
            };
            match parsed {
                Ok((day, kind, confirmed)) => {
                    if read.days.insert(day, kind).is_some() {
                        let problem = Text::new(
                            format!("{day} 重复；请删去一行"),
                            format!("{day} is there twice; remove a line"),
                        );
                        faults.push(WorkingDaysFault { line: place, problem });
                    }
                    read.confirmed.insert(day.year());
                    if !confirmed {
                        unverified.insert(day.year());
                    }
                }
                Err(problems) => {
                    faults.extend(problems.into_iter().map(|problem| WorkingDaysFault { line: place, problem }));
                }
            }
        }
        read.confirmed.retain(|year| !unverified.contains(year));
        if faults.is_empty() { Ok(read) } else { Err(WorkingDaysFaults(faults)) }
    }

    /// Whether offices work on a day.
    #[must_use]
    pub fn is_working(&self, day: NaiveDate) -> bool {
        match self.days.get(&day) {
            Some(DayKind::Holiday) => false,
            Some(DayKind::MakeUp) => true,
            None => !is_weekend(day),
        }
    }

    /// Whether the holidays of a year are confirmed by a notice.
    #[must_use]
    pub fn is_confirmed(&self, year: i32) -> bool {
        self.confirmed.contains(&year)
    }

    /// The day that is this number of working days after another, which does not count itself. None of them is that day.
    #[must_use]
    pub fn after(&self, day: NaiveDate, working_days: u32) -> Due {
        let (mut last, mut left) = (day, working_days);
        while left > 0 {
            let Some(next) = last.succ_opt() else { break };
            last = next;
            if self.is_working(last) {
                left -= 1;
            }
        }
        let assumed = (day.year()..=last.year()).any(|year| !self.is_confirmed(year));
        Due { day: last, assumed: assumed && working_days > 0 }
    }

    /// The number of working days after one day, up to another and with it; none when that is not later.
    #[must_use]
    pub fn between(&self, after: NaiveDate, up_to: NaiveDate) -> u32 {
        let days = after.iter_days().skip(1).take_while(|day| *day <= up_to);
        u32::try_from(days.filter(|day| self.is_working(*day)).count()).unwrap_or(u32::MAX)
    }
}

impl Row {
    fn parse(self) -> Result<(NaiveDate, DayKind, bool), Vec<Text>> {
        let Self { day, kind, source_zh, status } = self;
        let mut problems = Vec::new();
        let mut problem = |zh: String, en: String| problems.push(Text::new(zh, en));
        let parsed = day.parse::<NaiveDate>().ok();
        if parsed.is_none() {
            problem(format!("day：{day:?} 不是日期，如 2026-10-01"), format!("day: {day:?} is no date, as 2026-10-01"));
        }
        let listed = DayKind::from_code(&kind);
        match (listed, parsed) {
            (None, _) => problem(
                format!("kind：{kind:?} 无效，应为 holiday 或 make-up"),
                format!("kind: {kind:?} is not holiday or make-up"),
            ),
            (Some(DayKind::MakeUp), Some(day)) if !is_weekend(day) => problem(
                format!("{day} 不是周末，不需调休上班；请核对通知"),
                format!("{day} is no weekend day, so nothing is made up on it; look at the notice"),
            ),
            (Some(DayKind::MakeUp | DayKind::Holiday), _) => {}
        }
        if source_zh.is_empty() {
            problem(
                "source_zh 为空；请写明所依据的通知".to_owned(),
                "source_zh is empty; name the notice it rests on".to_owned(),
            );
        }
        let confirmed = match status.as_str() {
            "confirmed" => Some(true),
            "unverified" => Some(false),
            _ => {
                problem(
                    format!("status：{status:?} 无效，应为 confirmed 或 unverified"),
                    format!("status: {status:?} is not confirmed or unverified"),
                );
                None
            }
        };
        match (parsed, listed, confirmed) {
            (Some(day), Some(kind), Some(confirmed)) if problems.is_empty() => Ok((day, kind, confirmed)),
            (_, _, _) => Err(problems),
        }
    }
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}
