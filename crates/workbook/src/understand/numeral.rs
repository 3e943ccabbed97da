//! Chinese numerals, where they are sure.

use chinese_number::{ChineseCase, ChineseCountMethod, ChineseToNumber as _, ChineseVariant, NumberToChinese as _};
use rust_decimal::Decimal;

/// Characters of numerals, in the everyday and the banking form.
const NUMERALS: &str = "零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟";

/// Splits a text into its leading numerals and the rest.
pub(crate) fn split(text: &str) -> (&str, &str) {
    let end = text.find(|char| !NUMERALS.contains(char)).unwrap_or(text.len());
    text.split_at(end)
}

/// The number of a numeral that is written in full: 三十五, 一百二十, 叁拾伍. A short form (一百二, which some read as 102),
/// a list of digits (三五) and 两 inside a number are not sure.
pub(crate) fn read(text: &str) -> Option<Decimal> {
    if text == "两" || text == "〇" {
        return Some(Decimal::from(if text == "两" { 2 } else { 0 }));
    }
    let value: u64 = text.to_number(ChineseCountMethod::TenThousand).ok()?;
    let written_in_full = [ChineseCase::Lower, ChineseCase::Upper].into_iter().any(|case| {
        value.to_chinese(ChineseVariant::Simple, case, ChineseCountMethod::TenThousand).is_ok_and(|full| full == text)
    });
    written_in_full.then(|| Decimal::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numerals_in_full_are_sure() {
        for (text, value) in
            [("三十五", 35), ("十二", 12), ("一百二十", 120), ("三万", 30_000), ("零", 0), ("叁拾伍", 35)]
        {
            assert_eq!(read(text), Some(Decimal::from(value)), "{text}");
        }
        for text in ["一百二", "三五", "十百", "三千五", ""] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
