//! The time that a figure is about.
//!
//! Forms: `2024`, `2024-H1`, `2024-Q3`, `2024-06`, `2025-06-10`, an interval `2021/2025-06-10` and an interval without a
//! known start `../2025-06-10` (ISO 8601-2). The calendar is chrono's Gregorian one. Each period has one spelling only.

use std::{fmt, str::FromStr};

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

const FIRST_YEAR: i32 = 1900;
const LAST_YEAR: i32 = 2999;

/// A text that is not a period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("期间无法识别：{0:?}；可用 2024、2024-H1、2024-Q3、2024-06、2025-06-10、2021/2025-06-10、../2025-06-10")]
pub struct PeriodError(pub String);

/// A period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period(Form);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    Single(Span),
    Interval(Span, Span),
    Until(Span),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Span {
    Year(i32),
    /// Half-year 1 or 2.
    Half(i32, u32),
    /// Quarter 1 to 4.
    Quarter(i32, u32),
    /// Month 1 to 12.
    Month(i32, u32),
    Day(NaiveDate),
}

impl Period {
    /// Reads a period.
    ///
    /// # Errors
    /// [`PeriodError`] when the text is no period, has another spelling than the canonical one, or ends before it starts.
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        let refuse = || PeriodError(text.to_owned());
        let form = match text.split_once('/') {
            None => Form::Single(Span::parse(text).ok_or_else(refuse)?),
            Some(("..", end)) => Form::Until(Span::parse(end).ok_or_else(refuse)?),
            Some((start, end)) => {
                let start = Span::parse(start).ok_or_else(refuse)?;
                let end = Span::parse(end).ok_or_else(refuse)?;
                if start.first_day() > end.last_day() {
                    return Err(refuse());
                }
                Form::Interval(start, end)
            }
        };
        Ok(Self(form))
    }

    /// A calendar year.
    ///
    /// # Errors
    /// [`PeriodError`] outside 1900–2999.
    pub fn year(year: i32) -> Result<Self, PeriodError> {
        Self::parse(&year.to_string())
    }

    /// A single day.
    #[must_use]
    pub fn day(day: NaiveDate) -> Self {
        Self(Form::Single(Span::Day(day)))
    }

    /// Whether the two have a day in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let begins_by = |period: &Self, end| period.start().is_none_or(|start| start <= end);
        begins_by(self, other.end()) && begins_by(other, self.end())
    }

    /// First day; none for an open start.
    #[must_use]
    pub fn start(&self) -> Option<NaiveDate> {
        match self.0 {
            Form::Single(span) | Form::Interval(span, _) => Some(span.first_day()),
            Form::Until(_) => None,
        }
    }

    /// Last day.
    #[must_use]
    pub fn end(&self) -> NaiveDate {
        match self.0 {
            Form::Single(span) | Form::Interval(_, span) | Form::Until(span) => span.last_day(),
        }
    }

    /// True when it ends after `today`: a figure about it cannot be final yet.
    #[must_use]
    pub fn is_future(&self, today: NaiveDate) -> bool {
        self.end() > today
    }

    /// True when it begins after `today`: nothing can have happened in it yet.
    #[must_use]
    pub fn begins_after(&self, today: NaiveDate) -> bool {
        self.start().is_some_and(|start| start > today)
    }

    /// The calendar year, when the period is one.
    #[must_use]
    pub fn as_year(&self) -> Option<i32> {
        match self.0 {
            Form::Single(Span::Year(year)) => Some(year),
            Form::Single(Span::Half(..) | Span::Quarter(..) | Span::Month(..) | Span::Day(_))
            | Form::Interval(..)
            | Form::Until(_) => None,
        }
    }

    /// The period as part of a resource id: lower-case letters, digits, single hyphens.
    #[must_use]
    pub fn id_part(&self) -> String {
        match self.0 {
            Form::Single(span) => span.to_string(),
            Form::Interval(start, end) => format!("{start}-to-{end}"),
            Form::Until(end) => format!("until-{end}"),
        }
        .to_ascii_lowercase()
    }

    /// The form of SDMX 2.1 observational time periods, where there is one: a half-year is `2024-S1`; intervals have none.
    #[must_use]
    pub fn sdmx(&self) -> Option<String> {
        match self.0 {
            Form::Single(Span::Half(year, half)) => Some(format!("{year:04}-S{half}")),
            Form::Single(span) => Some(span.to_string()),
            Form::Interval(..) | Form::Until(_) => None,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Single(span) => write!(f, "{span}"),
            Form::Interval(start, end) => write!(f, "{start}/{end}"),
            Form::Until(end) => write!(f, "../{end}"),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Self, PeriodError> {
        Self::parse(&text)
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

impl Span {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let year = digits(parts.next()?, 4)?;
        let year = i32::try_from(year).ok().filter(|year| (FIRST_YEAR..=LAST_YEAR).contains(year))?;
        let span = match (parts.next(), parts.next(), parts.next()) {
            (None, _, _) => Self::Year(year),
            (Some(part), None, _) => {
                if let Some(half) = part.strip_prefix('H') {
                    Self::Half(year, digits(half, 1).filter(|half| (1..=2).contains(half))?)
                } else if let Some(quarter) = part.strip_prefix('Q') {
                    Self::Quarter(year, digits(quarter, 1).filter(|quarter| (1..=4).contains(quarter))?)
                } else {
                    Self::Month(year, digits(part, 2).filter(|month| (1..=12).contains(month))?)
                }
            }
            (Some(month), Some(day), None) => {
                Self::Day(NaiveDate::from_ymd_opt(year, digits(month, 2)?, digits(day, 2)?)?)
            }
            (Some(_), Some(_), Some(_)) => return None,
        };
        Some(span)
    }

    fn first_day(self) -> NaiveDate {
        let (year, month) = match self {
            Self::Day(day) => return day,
            Self::Year(year) => (year, 1),
            Self::Half(year, half) => (year, half * 6 - 5),
            Self::Quarter(year, quarter) => (year, quarter * 3 - 2),
            Self::Month(year, month) => (year, month),
        };
        // Year and month are in range by construction, so the default is never taken.
        NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default()
    }

    fn last_day(self) -> NaiveDate {
        let months = match self {
            Self::Day(day) => return day,
            Self::Year(_) => 12,
            Self::Half(..) => 6,
            Self::Quarter(..) => 3,
            Self::Month(..) => 1,
        };
        let first = self.first_day();
        first
            .checked_add_months(Months::new(months))
            .and_then(|next| next.checked_sub_days(Days::new(1)))
            .unwrap_or(first)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Half(year, half) => write!(f, "{year:04}-H{half}"),
            Self::Quarter(year, quarter) => write!(f, "{year:04}-Q{quarter}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Day(day) => write!(f, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day()),
        }
    }
}

fn digits(text: &str, len: usize) -> Option<u32> {
    let plain = text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
