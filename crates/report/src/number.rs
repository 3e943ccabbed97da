//! Numbers for people: thousands separators, 万元, half-up rounding. The exact value always stands beside a rounded one.

use domain::{Qualifier, Text};
use rust_decimal::{Decimal, RoundingStrategy};

/// Rounds half up (四舍五入; away from zero, so that a loss rounds like a gain).
#[must_use]
pub fn half_up(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// Exactly this many decimals, half up, with thousands separators: `12,345.60`.
#[must_use]
pub fn fixed(value: Decimal, decimals: u32) -> String {
    let mut value = half_up(value, decimals);
    value.rescale(decimals);
    group(&value.to_string())
}

/// The exact value without trailing zeros, with thousands separators: `110,860,000`.
#[must_use]
pub fn exact(value: Decimal) -> String {
    group(&value.normalize().to_string())
}

/// An amount of yuan in 万元 with at most two decimals, half up: `11,086`.
#[must_use]
pub fn wan_yuan(yuan: Decimal) -> String {
    exact(half_up(yuan / Decimal::from(10_000), 2))
}

/// A value with its qualifier and unit: `≥35 %`. A point value has no sign.
#[must_use]
pub fn quantity(value: Decimal, qualifier: Option<Qualifier>, unit: &str) -> String {
    let sign = match qualifier {
        None | Some(Qualifier::Equal) => "",
        Some(Qualifier::AtLeast) => "≥",
        Some(Qualifier::AtMost) => "≤",
        Some(Qualifier::About) => "≈",
    };
    let number = exact(value);
    if unit.is_empty() { format!("{sign}{number}") } else { format!("{sign}{number} {unit}") }
}

/// A value with its qualifier and unit in both languages; a unit without an English name keeps its own.
#[must_use]
pub fn measured(value: Decimal, qualifier: Option<Qualifier>, unit: &str) -> Text {
    const ENGLISH: [(&str, &str); 7] = [
        ("亿元", "× 100 million yuan"),
        ("万元", "× 10,000 yuan"),
        ("吨/万元", "t per 10,000 yuan"),
        ("万吨", "× 10,000 t"),
        ("个", ""),
        ("家", ""),
        ("项", ""),
    ];
    let english = ENGLISH.iter().find(|(zh, _)| *zh == unit).map_or(unit, |(_, en)| en);
    Text::new(quantity(value, qualifier, unit), quantity(value, qualifier, english))
}

/// Puts a comma between each three digits before the point.
fn group(plain: &str) -> String {
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn an_amount_is_printed_in_ten_thousands_and_exactly() {
        assert_eq!(wan_yuan(decimal("110860000")), "11,086");
        assert_eq!(exact(decimal("110860000.00")), "110,860,000");
        assert_eq!(wan_yuan(decimal("1543750")), "154.38");
        assert_eq!(wan_yuan(decimal("50")), "0.01");
    }

    #[test]
    fn rounding_is_half_up() {
        assert_eq!(fixed(decimal("89.995"), 2), "90.00");
        assert_eq!(fixed(decimal("89.994"), 2), "89.99");
        assert_eq!(fixed(decimal("-0.125"), 2), "-0.13");
        assert_eq!(fixed(decimal("1234567"), 2), "1,234,567.00");
    }

    #[test]
    fn a_lower_bound_keeps_its_sign() {
        assert_eq!(quantity(decimal("35.0"), Some(Qualifier::AtLeast), "%"), "≥35 %");
        assert_eq!(quantity(decimal("960"), Some(Qualifier::Equal), "家"), "960 家");
        assert_eq!(quantity(decimal("0"), None, ""), "0");
    }

    #[test]
    fn an_english_reader_gets_the_unit_in_english() {
        assert_eq!(measured(decimal("70.4"), None, "万吨"), Text::new("70.4 万吨", "70.4 × 10,000 t"));
        assert_eq!(measured(decimal("960"), None, "家"), Text::new("960 家", "960"));
        assert_eq!(measured(decimal("35"), Some(Qualifier::AtLeast), "%"), Text::new("≥35 %", "≥35 %"));
    }
}
