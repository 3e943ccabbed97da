//! Doubts about a figure beside the one that was reported before and beside its parts: nothing is refused here, somebody is
//! asked.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    indicator::{IndicatorDefinition, ValueType},
    text::Text,
    unit::Quantity,
};

/// 10^0.15: how far a ratio may lie from a power of ten and still look like a mistaken unit.
const NEAR: Decimal = Decimal::from_parts(14125, 0, 0, false, 4);
/// A relative change above this asks for a reason.
const JUMP: Decimal = Decimal::from_parts(3, 0, 0, false, 1);
/// A rate up to 1 % beside one above this is likely a fraction.
const WAS_PERCENT: Decimal = Decimal::TEN;

/// What is doubted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoubtKind {
    /// The value is about a thousand, ten thousand or a hundred million times the last one, or that part of it.
    UnitFactor,
    /// A percentage was given as a fraction: 0.35 for 35 %.
    Fraction,
    /// The value differs from the last one by more than 30 %.
    Jump,
    /// The counties do not add up to the city.
    SumOfParts,
}

/// A doubt, with the value that may have been meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// What is doubted.
    pub kind: DoubtKind,
    /// What was noticed.
    pub rule: Text,
    /// The value that may have been meant, in the indicator's unit; none where no other value suggests itself.
    pub meant: Option<Quantity>,
    /// What to do.
    pub action: Text,
}

/// Compares a value with the last one, both in the indicator's own unit. `r = value ÷ last`:
///
/// - amounts, counts and intensities: r within a factor 10^0.15 of 10^±3, 10^±4 or 10^±8 is a likely mistake of 千, 万 or 亿;
/// - percentages: 0 < value ≤ 1 beside a last value above 10 is a likely fraction;
/// - otherwise |r − 1| > 0.3 is a jump. Rates of growth and decline jump by nature and are not compared.
///
/// At most one doubt, the most telling. A last value of zero or below compares with nothing.
#[must_use]
pub fn doubt(value: Decimal, last: Decimal, definition: &IndicatorDefinition) -> Option<Doubt> {
    if last <= Decimal::ZERO || definition.is_qualitative() {
        return None;
    }
    match definition.value_type {
        ValueType::DeclineRate | ValueType::GrowthRate | ValueType::Qualitative => None,
        ValueType::Ratio | ValueType::Survey => {
            fraction(value, last, definition).or_else(|| jump(value, last, definition))
        }
        ValueType::Intensity | ValueType::Amount | ValueType::Count => {
            unit_factor(value, last, definition).or_else(|| jump(value, last, definition))
        }
    }
}

/// Compares the value of a whole with those of its parts, a city's with its counties', all in the indicator's own unit.
/// Amounts and counts only: rates do not add up. `complete` says that every part is there; then the sum must be the whole,
/// otherwise it must not exceed it. Each number may be off by half of its last printed digit.
#[must_use]
pub fn doubt_sum(whole: Decimal, parts: &[Decimal], complete: bool, definition: &IndicatorDefinition) -> Option<Doubt> {
    if !matches!(definition.value_type, ValueType::Amount | ValueType::Count) || parts.is_empty() {
        return None;
    }
    let add = |sum: Decimal, next: Decimal| sum.checked_add(next);
    let sum = parts.iter().copied().try_fold(Decimal::ZERO, add)?;
    let tolerance =
        parts.iter().chain([&whole]).map(|value| half_of_last_digit(*value)).try_fold(Decimal::ZERO, add)?;
    let difference = sum.checked_sub(whole)?;
    let wrong = if complete { difference.abs() > tolerance } else { difference > tolerance };
    let unit = definition.unit;
    wrong.then(|| Doubt {
        kind: DoubtKind::SumOfParts,
        rule: Text::new(
            format!("各县区合计 {sum}{unit}，与全市 {whole}{unit} 相差 {difference}{unit}"),
            format!("the counties add up to {sum} {0}, {difference} {0} off the city's {whole} {0}", unit.en()),
        ),
        meant: None,
        action: Text::new(
            "请核对各县区和全市的数，或在备注中说明差额",
            "check the counties and the city, or explain the difference in the remark",
        ),
    })
}

/// What rounding to the printed decimals may have taken: 0.005 of 1.23, nothing of 165.
fn half_of_last_digit(value: Decimal) -> Decimal {
    if value.scale() == 0 { Decimal::ZERO } else { Decimal::new(5, value.scale().min(27) + 1) }
}

fn unit_factor(value: Decimal, last: Decimal, definition: &IndicatorDefinition) -> Option<Doubt> {
    if value <= Decimal::ZERO {
        return None;
    }
    let (larger, smaller) = if value > last { (value, last) } else { (last, value) };
    let ratio = larger.checked_div(smaller)?;
    let (factor, zh, en) =
        [(1_000_u32, "千", "thousand"), (10_000, "万", "ten thousand"), (100_000_000, "亿", "hundred million")]
            .into_iter()
            .find(|(factor, _, _)| {
                let factor = Decimal::from(*factor);
                ratio.checked_mul(NEAR).is_some_and(|high| high >= factor)
                    && factor.checked_mul(NEAR).is_some_and(|high| ratio <= high)
            })?;
    let factor = Decimal::from(factor);
    let meant = if value > last { value.checked_div(factor) } else { value.checked_mul(factor) };
    let (way_zh, way_en) = if value > last { ("大", "larger") } else { ("小", "smaller") };
    let unit = definition.unit;
    Some(Doubt {
        kind: DoubtKind::UnitFactor,
        rule: Text::new(
            format!("比上期值 {last}{unit} {way_zh}约{zh}倍，疑似单位错误"),
            format!("about a {en} times {way_en} than the last value {last} {}: the unit may be wrong", unit.en()),
        ),
        meant: meant.map(|value| Quantity::new(value.normalize(), unit)),
        action: Text::new("请核对单位；数值无误的，请在备注中写明“已核实”和原因", confirm("check the unit")),
    })
}

fn fraction(value: Decimal, last: Decimal, definition: &IndicatorDefinition) -> Option<Doubt> {
    if value <= Decimal::ZERO || value > Decimal::ONE || last <= WAS_PERCENT {
        return None;
    }
    let unit = definition.unit;
    Some(Doubt {
        kind: DoubtKind::Fraction,
        rule: Text::new(
            format!("上期值为 {last}{unit}，本期 {value}{unit} 疑似把百分数写成了小数"),
            format!("the last value is {last} {0}; {value} {0} looks like a fraction", unit.en()),
        ),
        meant: value.checked_mul(Decimal::ONE_HUNDRED).map(|value| Quantity::new(value.normalize(), unit)),
        action: Text::new("请按百分数填写；数值无误的，请在备注中写明“已核实”和原因", confirm("give the percentage")),
    })
}

fn jump(value: Decimal, last: Decimal, definition: &IndicatorDefinition) -> Option<Doubt> {
    let change = value.checked_div(last)?.checked_sub(Decimal::ONE)?;
    if change.abs() <= JUMP {
        return None;
    }
    let percent = change.checked_mul(Decimal::ONE_HUNDRED)?.round_dp(1).normalize();
    let unit = definition.unit;
    Some(Doubt {
        kind: DoubtKind::Jump,
        rule: Text::new(
            format!("与上期值 {last}{unit} 相比变化 {percent}%，超过30%"),
            format!("changed by {percent} % against the last value {last} {}, more than 30 %", unit.en()),
        ),
        meant: None,
        action: Text::new("请在备注中写明变化的原因", "give the reason of the change in the remark"),
    })
}

fn confirm(what: &str) -> String {
    format!("{what}; if it is right, write 已核实 and the reason in the remark")
}
