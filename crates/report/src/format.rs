//! Words and numbers as all renderings print them.

use chrono::{DateTime, FixedOffset, Utc};
use domain::{Colour, Text};
use rust_decimal::Decimal;

use crate::{
    model::{ItemScore, ItemState, Provenance, UnitResult},
    number,
};

pub use crate::cells::{is_outermost, item_value as both_value, reporting_id};

// Templates pass fields by reference.

/// See [`number::exact`].
#[must_use]
pub fn exact(value: &Decimal) -> String {
    number::exact(*value)
}

/// See [`number::fixed`].
#[must_use]
pub fn fixed(value: &Decimal, decimals: u32) -> String {
    number::fixed(*value, decimals)
}

/// Marks with at most two decimals, half up.
#[must_use]
pub fn marks(value: &Decimal) -> String {
    number::exact(number::half_up(*value, 2))
}

/// See [`number::wan_yuan`].
#[must_use]
pub fn wan_yuan(yuan: &Decimal) -> String {
    number::wan_yuan(*yuan)
}

/// A point value with its unit.
#[must_use]
pub fn quantity(value: &Decimal, unit: &str) -> Text {
    number::measured(*value, None, unit)
}

/// A title that is not broken at its hyphens.
#[must_use]
pub fn unbroken(title: &Text) -> Text {
    Text::new(title.zh.clone(), title.en.replace('-', "\u{2011}"))
}

/// A time on the clock that readers use, UTC+8.
#[must_use]
pub fn beijing(time: &DateTime<Utc>) -> String {
    const OFFSET: i32 = 8 * 3600;
    FixedOffset::east_opt(OFFSET).map_or_else(
        || time.format("%Y-%m-%d %H:%M UTC").to_string(),
        |offset| time.with_timezone(&offset).format("%Y-%m-%d %H:%M").to_string(),
    )
}

/// The same, or a dash where there is none.
#[must_use]
pub fn beijing_or_dash(time: &Option<DateTime<Utc>>) -> String {
    time.as_ref().map_or_else(|| "—".to_owned(), beijing)
}

/// A share of 0 to 1 in percent.
#[must_use]
pub fn percent(share: &Decimal) -> String {
    number::fixed(share * Decimal::ONE_HUNDRED, 1)
}

/// The sign beside the colour word, so that a light can be read without colour. Pages of the dashboard show it too.
#[must_use]
pub fn sign(colour: &Colour) -> &'static str {
    match colour {
        Colour::Red => "■",
        Colour::Yellow => "▲",
        Colour::Green => "●",
        Colour::Blue => "◆",
        Colour::Grey => "○",
    }
}

/// Where a submission was recorded, in short: `city-140100 #12.0`.
#[must_use]
pub fn place(provenance: &Provenance) -> String {
    let node = provenance.node.strip_prefix("departments/").unwrap_or(&provenance.node);
    format!("{node} #{}.{}", provenance.log_index, provenance.position)
}

/// The target of an item with its unit.
#[must_use]
pub fn target(item: &ItemScore) -> Text {
    item.target.map_or_else(|| Text::new("—", "—"), |target| quantity(&target, &item.unit))
}

/// Whether a city reported nothing at all, so that it has no score to show.
#[must_use]
pub fn silent(unit: &UnitResult) -> bool {
    unit.items.iter().all(|item| item.state == ItemState::Missing)
}

/// A dash where nothing is stated.
#[must_use]
pub fn or_dash(text: &str) -> &str {
    if text.is_empty() { "—" } else { text }
}

/// The flags of an item that its state does not say already.
#[must_use]
pub fn other_flags(item: &ItemScore) -> Vec<Text> {
    let state = item.state.label();
    item.flags.iter().filter(|flag| item.state == ItemState::Scored || flag.zh != state.zh).cloned().collect()
}

/// A list in both languages.
#[must_use]
pub fn join(texts: &[Text]) -> Text {
    let zh: Vec<&str> = texts.iter().map(|text| text.zh.as_str()).collect();
    let en: Vec<&str> = texts.iter().map(|text| text.en.as_str()).collect();
    Text::new(zh.join("、"), en.join(", "))
}
