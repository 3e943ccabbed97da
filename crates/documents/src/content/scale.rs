//! Large amounts in the units that readers think in, 万吨 and 亿元, with the exact value beside them.

use domain::{Lang, Qualifier, Text};
use report::number::{exact, half_up, measured, wan_yuan};
use rust_decimal::Decimal;

const WAN: u64 = 10_000;
const YI: u64 = 100_000_000;

/// An amount of yuan: from 1 亿元 on in 亿元 with at most four decimals, below in 万元 with at most two, half up.
pub(super) fn money(yuan: Decimal, lang: Lang) -> String {
    match lang {
        Lang::Zh if yuan.abs() >= Decimal::from(YI) => {
            format!("{} 亿元", exact(half_up(yuan / Decimal::from(YI), 4)))
        }
        Lang::Zh => format!("{} 万元", wan_yuan(yuan)),
        Lang::En => format!("CNY {} million", exact(half_up(yuan / Decimal::from(1_000_000), 2))),
    }
}

/// A value as printed, and the exact one when that is another: 吨 from 1 万吨 on in 万吨, 元 and 万元 from 1 亿元 on in 亿元.
pub(super) fn value(value: Decimal, qualifier: Option<Qualifier>, unit: &str) -> (Text, Option<Text>) {
    let as_reported = measured(value, qualifier, unit);
    let (divisor, larger, decimals) = match unit {
        "吨" => (WAN, "万吨", 2),
        "元" => (YI, "亿元", 4),
        "万元" => (WAN, "亿元", 4),
        _ => return (as_reported, None),
    };
    if value.abs() < Decimal::from(divisor) {
        return (as_reported, None);
    }
    let scaled = half_up(value / Decimal::from(divisor), decimals);
    (measured(scaled, qualifier, larger), Some(as_reported))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn money_is_in_the_unit_that_its_size_calls_for() {
        assert_eq!(money(decimal("110860000"), Lang::Zh), "1.1086 亿元");
        assert_eq!(money(decimal("99999999.99"), Lang::Zh), "10,000 万元");
        assert_eq!(money(decimal("24700000"), Lang::Zh), "2,470 万元");
        assert_eq!(money(decimal("110860000"), Lang::En), "CNY 110.86 million");
    }

    #[test]
    fn a_large_amount_is_scaled_and_keeps_its_exact_value() {
        let (shown, kept) = value(decimal("1234567"), Some(Qualifier::AtLeast), "吨");
        assert_eq!((shown.zh.as_str(), kept.unwrap().zh.as_str()), ("≥123.46 万吨", "≥1,234,567 吨"));
        assert_eq!(value(decimal("9999"), None, "吨"), (Text::new("9,999 吨", "9,999 吨"), None));
        assert_eq!(value(decimal("35"), None, "%").1, None);
        assert_eq!(value(decimal("22500"), None, "万元").0.zh, "2.25 亿元");
    }
}
