//! Days as clerks write them.

use chrono::{Datelike as _, Months, NaiveDate};
use domain::Text;

use super::fold::squeeze;

/// The day that a text names: 2024年12月31日, 2024.12.31, 2024-12-31, 2024/12/31, 20241231; and the last day of 2024年12月,
/// 2024年 and 2024年底. A leading 截至 and a trailing 止 are left out.
///
/// # Errors
/// What is not sure: years of two digits, days before months, anything else.
pub fn read_date(text: &str) -> Result<NaiveDate, Text> {
    let plain = squeeze(text);
    let plain = plain.trim_start_matches("截至").trim_start_matches("截止到").trim_start_matches("截止");
    let plain = plain.trim_end_matches('止');
    let unsure = || Text::new(format!("看不出“{text}”是哪一天"), format!("\"{text}\" is no day that is sure"));
    let (year, rest) = number(plain).ok_or_else(unsure)?;
    if plain.len() == 8 && rest.is_empty() {
        return day(year / 10_000, year / 100 % 100, year % 100).ok_or_else(unsure);
    }
    if !(1900..=2999).contains(&year) {
        return Err(unsure());
    }
    if matches!(rest, "" | "年" | "年底" | "年末" | "年度" | "年全年") {
        return day(year, 12, 31).ok_or_else(unsure);
    }
    let rest = separator(rest, &["年", "-", ".", "/"]).ok_or_else(unsure)?;
    let (month, rest) = number(rest).ok_or_else(unsure)?;
    if matches!(rest, "" | "月" | "月底" | "月末") {
        return last_of_month(year, month).ok_or_else(unsure);
    }
    let rest = separator(rest, &["月", "-", ".", "/"]).ok_or_else(unsure)?;
    let (of_month, rest) = number(rest).ok_or_else(unsure)?;
    if !matches!(rest, "" | "日" | "号") {
        return Err(unsure());
    }
    day(year, month, of_month).ok_or_else(unsure)
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

fn separator<'t>(text: &'t str, any: &[&str]) -> Option<&'t str> {
    any.iter().find_map(|separator| text.strip_prefix(separator))
}

fn day(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).filter(|date| (1900..=2999).contains(&date.year()))
}

fn last_of_month(year: u32, month: u32) -> Option<NaiveDate> {
    day(year, month, 1)?.checked_add_months(Months::new(1))?.pred_opt()
}
