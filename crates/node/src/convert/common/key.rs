//! What a figure is about: period, region, scope, qualifier; and dates.

use chrono::NaiveDate;
use contracts::common::v1 as wire;
use domain::{Period, Qualifier, Reason, RegionCode, Scope};

use crate::convert::Reader;

/// A required period, and whether it was assumed.
pub fn period(reader: &mut Reader<'_>, message: Option<&wire::Period>) -> Option<(Period, bool)> {
    let Some(wire::Period { value, assumed }) = message else {
        reader.missing("");
        return None;
    };
    let rule = "a period is 2024, 2024-H1, 2024-Q3, 2024-06, 2025-06-10, 2021/2025-06-10 or ../2025-06-10";
    let period = reader.parse("value", value, Reason::PeriodInvalid, rule, Period::parse)?;
    Some((period, *assumed))
}

/// A period as it travels.
#[must_use]
pub fn period_out(period: Period, assumed: bool) -> wire::Period {
    wire::Period { value: period.to_string(), assumed }
}

/// A required region code. Whether it is in force is for the rules to say.
pub fn region(reader: &mut Reader<'_>, field: &str, code: &str) -> Option<RegionCode> {
    reader.parse(field, code, Reason::RegionUnknown, "a region code has six digits", RegionCode::parse)
}

/// A required scope.
pub fn scope(reader: &mut Reader<'_>, field: &str, value: i32) -> Option<Scope> {
    let parsed = scope_in(value);
    if parsed.is_none() {
        let rule = ("须注明统计范围", "the scope is required");
        let allowed = Scope::ALL.iter().filter(|scope| **scope != Scope::Unstated).map(|scope| scope.zh());
        let given = if value == 0 { String::new() } else { value.to_string() };
        reader.fault_allowing(field, Reason::ScopeMismatch, given, rule, allowed);
    }
    parsed
}

/// The scope of a number on the wire; none when it is not stated or not known.
#[must_use]
pub fn scope_in(value: i32) -> Option<Scope> {
    match wire::Scope::try_from(value).unwrap_or_default() {
        wire::Scope::Unspecified => None,
        wire::Scope::WholeCity => Some(Scope::WholeCity),
        wire::Scope::MainUrban => Some(Scope::MainUrban),
        wire::Scope::County => Some(Scope::County),
        wire::Scope::Province => Some(Scope::Province),
        wire::Scope::WholeCityOperating => Some(Scope::WholeCityOperating),
    }
}

/// A scope as it travels.
#[must_use]
pub fn scope_out(scope: Scope) -> i32 {
    let scope = match scope {
        Scope::WholeCity => wire::Scope::WholeCity,
        Scope::MainUrban => wire::Scope::MainUrban,
        Scope::County => wire::Scope::County,
        Scope::Province => wire::Scope::Province,
        Scope::WholeCityOperating => wire::Scope::WholeCityOperating,
        Scope::Unstated => wire::Scope::Unspecified,
    };
    scope.into()
}

/// The qualifier of a number on the wire; none when it is not stated or not known.
#[must_use]
pub fn qualifier_in(value: i32) -> Option<Qualifier> {
    match wire::Qualifier::try_from(value).unwrap_or_default() {
        wire::Qualifier::Unspecified => None,
        wire::Qualifier::Equal => Some(Qualifier::Equal),
        wire::Qualifier::AtLeast => Some(Qualifier::AtLeast),
        wire::Qualifier::AtMost => Some(Qualifier::AtMost),
        wire::Qualifier::About => Some(Qualifier::About),
    }
}

/// A qualifier as it travels.
#[must_use]
pub fn qualifier_out(qualifier: Qualifier) -> i32 {
    let qualifier = match qualifier {
        Qualifier::Equal => wire::Qualifier::Equal,
        Qualifier::AtLeast => wire::Qualifier::AtLeast,
        Qualifier::AtMost => wire::Qualifier::AtMost,
        Qualifier::About => wire::Qualifier::About,
    };
    qualifier.into()
}

/// A date that may be empty.
pub fn date(reader: &mut Reader<'_>, field: &str, text: &str) -> Option<NaiveDate> {
    let parse = |text: &str| {
        let day = text.parse::<NaiveDate>().ok().filter(|day| day.to_string() == text);
        day.ok_or("日期应写成 2025-06-10 的形式")
    };
    reader.parse_optional(field, text, Reason::FieldInvalid, "a date is written 2025-06-10", parse)
}
