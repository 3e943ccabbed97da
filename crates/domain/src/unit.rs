//! Units of measure: a closed table with exact factors, and exact conversion inside one dimension.
//!
//! Factors are ratios of whole numbers, because 1 亩 is 2000/3 m² and has no finite decimal factor. 吨/日 and 吨/年 are two
//! dimensions: how many days a plant runs in a year is a fact about the plant, so neither converts exactly to the other.

use std::{fmt, str::FromStr};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a unit measures. Values convert inside one dimension only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dimension {
    /// Mass; base 吨.
    Mass,
    /// A share; base %.
    Ratio,
    /// A difference of two shares; base 百分点.
    RatioDifference,
    /// A number of things of any kind; base 个.
    Count,
    /// Money; base 元.
    Money,
    /// Area; base 平方米.
    Area,
    /// Mass per money; base 吨/万元.
    MassPerMoney,
    /// Mass per area; base 千克/亩.
    MassPerArea,
    /// Capacity per day; base 吨/日. Never an amount.
    MassPerDay,
    /// Capacity per year; base 吨/年. Never an amount.
    MassPerYear,
    /// Energy; base 千瓦时.
    Energy,
    /// Whole years; base 年.
    Years,
    /// Days; base 天.
    Days,
    /// No unit: qualitative.
    None,
}

impl Dimension {
    /// True for what a plant could do, as opposed to what it did.
    #[must_use]
    pub const fn is_capacity(self) -> bool {
        matches!(self, Self::MassPerDay | Self::MassPerYear)
    }
}

struct Row {
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    dimension: Dimension,
    numerator: i128,
    denominator: i128,
    aliases: &'static [&'static str],
}

const fn row(
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    dimension: Dimension,
    factor: (i128, i128),
    aliases: &'static [&'static str],
) -> Row {
    Row { code, zh, en, dimension, numerator: factor.0, denominator: factor.1, aliases }
}

const WAN: i128 = 10_000;
const YI: i128 = 100_000_000;

static TABLE: &[Row] = &[
    row("none", "—", "—", Dimension::None, (1, 1), &["-", "–", "―", "无"]),
    row("kg", "千克", "kg", Dimension::Mass, (1, 1000), &["公斤", "㎏", "KG"]),
    row("t", "吨", "t", Dimension::Mass, (1, 1), &["T"]),
    row("10kt", "万吨", "10,000 t", Dimension::Mass, (WAN, 1), &["万t"]),
    row("100mt", "亿吨", "100 million t", Dimension::Mass, (YI, 1), &["亿t"]),
    row("percent", "%", "%", Dimension::Ratio, (1, 1), &["％", "百分之"]),
    row("permille", "‰", "‰", Dimension::Ratio, (1, 10), &[]),
    row("pp", "百分点", "percentage points", Dimension::RatioDifference, (1, 1), &["个百分点"]),
    row("ge", "个", "items", Dimension::Count, (1, 1), &[]),
    row("jia", "家", "establishments", Dimension::Count, (1, 1), &[]),
    row("xiang", "项", "projects", Dimension::Count, (1, 1), &[]),
    row("zuo", "座", "facilities", Dimension::Count, (1, 1), &[]),
    row("jian", "件", "pieces", Dimension::Count, (1, 1), &[]),
    row("ren", "人", "persons", Dimension::Count, (1, 1), &[]),
    row("10k-ren", "万人", "10,000 persons", Dimension::Count, (WAN, 1), &[]),
    row("hu", "户", "households", Dimension::Count, (1, 1), &[]),
    row("tou", "头", "head", Dimension::Count, (1, 1), &[]),
    row("shi", "个市", "cities", Dimension::Count, (1, 1), &[]),
    row("bumen", "个部门", "departments", Dimension::Count, (1, 1), &[]),
    row("cny", "元", "yuan", Dimension::Money, (1, 1), &["人民币元", "CNY"]),
    row("10k-cny", "万元", "10,000 yuan", Dimension::Money, (WAN, 1), &["万人民币"]),
    row("100m-cny", "亿元", "100 million yuan", Dimension::Money, (YI, 1), &[]),
    row("m2", "平方米", "m²", Dimension::Area, (1, 1), &["㎡", "m²"]),
    row("10k-m2", "万平方米", "10,000 m²", Dimension::Area, (WAN, 1), &["万㎡"]),
    row("mu", "亩", "mu", Dimension::Area, (2000, 3), &[]),
    row("10k-mu", "万亩", "10,000 mu", Dimension::Area, (2000 * WAN, 3), &[]),
    row("ha", "公顷", "ha", Dimension::Area, (WAN, 1), &["hm2", "hm²"]),
    row("t-per-10k-cny", "吨/万元", "t per 10,000 yuan", Dimension::MassPerMoney, (1, 1), &["t/万元"]),
    row("t-per-100m-cny", "吨/亿元", "t per 100 million yuan", Dimension::MassPerMoney, (1, WAN), &["t/亿元"]),
    row("kg-per-mu", "千克/亩", "kg per mu", Dimension::MassPerArea, (1, 1), &["公斤/亩", "kg/亩"]),
    row("t-per-day", "吨/日", "t per day", Dimension::MassPerDay, (1, 1), &["吨/天", "t/d"]),
    row("10kt-per-day", "万吨/日", "10,000 t per day", Dimension::MassPerDay, (WAN, 1), &["万吨/天"]),
    row("t-per-year", "吨/年", "t per year", Dimension::MassPerYear, (1, 1), &["t/a"]),
    row("10kt-per-year", "万吨/年", "10,000 t per year", Dimension::MassPerYear, (WAN, 1), &["万t/a"]),
    row("kwh", "千瓦时", "kWh", Dimension::Energy, (1, 1), &["度", "kWh"]),
    row("10mwh", "万千瓦时", "10,000 kWh", Dimension::Energy, (WAN, 1), &[]),
    row("year", "年", "years", Dimension::Years, (1, 1), &[]),
    row("day", "天", "days", Dimension::Days, (1, 1), &["日"]),
];

/// A unit of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Unit(usize);

/// A unit that is unknown, or values that do not convert.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not in the table.
    #[error("单位不在单位表内：{0:?}")]
    Unknown(String),
    /// Another dimension.
    #[error("{from} 与 {to} 量纲不同，不能换算")]
    Dimension {
        /// Unit of the value.
        from: Unit,
        /// Unit asked for.
        to: Unit,
    },
    /// The result has no exact decimal of at most 28 digits.
    #[error("{value} {from} 换算为 {to} 没有精确的十进制结果")]
    Inexact {
        /// The value.
        value: Decimal,
        /// Its unit.
        from: Unit,
        /// Unit asked for.
        to: Unit,
    },
}

impl Unit {
    /// No unit: qualitative, or no value.
    pub const NONE: Self = Self(0);

    /// Reads a unit by its symbol, its code or a common other spelling (full-width ％, ㎡, 公斤 …).
    ///
    /// # Errors
    /// [`UnitError::Unknown`].
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        let plain: String = text
            .chars()
            .filter(|char| !char.is_whitespace())
            .map(|char| if char == '／' { '/' } else { char })
            .collect();
        TABLE
            .iter()
            .position(|row| row.zh == plain || row.code == plain || row.aliases.contains(&plain.as_str()))
            .map(Self)
            .ok_or_else(|| UnitError::Unknown(text.to_owned()))
    }

    /// Every unit, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len()).map(Self)
    }

    /// The units of one dimension.
    pub fn of_dimension(dimension: Dimension) -> impl Iterator<Item = Self> {
        Self::all().filter(move |unit| unit.dimension() == dimension)
    }

    /// Stable ASCII code, for example `10kt`.
    #[must_use]
    pub fn code(self) -> &'static str {
        TABLE[self.0].code
    }

    /// Chinese symbol, for example `万吨`.
    #[must_use]
    pub fn zh(self) -> &'static str {
        TABLE[self.0].zh
    }

    /// English symbol.
    #[must_use]
    pub fn en(self) -> &'static str {
        TABLE[self.0].en
    }

    /// What it measures.
    #[must_use]
    pub fn dimension(self) -> Dimension {
        TABLE[self.0].dimension
    }

    /// True for capacities (万吨/年, 吨/日).
    #[must_use]
    pub fn is_capacity(self) -> bool {
        self.dimension().is_capacity()
    }

    /// The exact factor to the base unit of the dimension as numerator and denominator; 1 亩 is (2000, 3).
    #[must_use]
    pub fn factor(self) -> (i128, i128) {
        (TABLE[self.0].numerator, TABLE[self.0].denominator)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.zh())
    }
}

impl FromStr for Unit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Unit {
    type Error = UnitError;

    fn try_from(text: String) -> Result<Self, UnitError> {
        Self::parse(&text)
    }
}

impl From<Unit> for String {
    fn from(unit: Unit) -> Self {
        unit.zh().to_owned()
    }
}

/// Converts a value to another unit of the same dimension, exactly.
///
/// # Errors
/// [`UnitError::Dimension`] for another dimension; [`UnitError::Inexact`] when the result is no decimal of at most 28
/// digits (1 亩 in 平方米): nothing is ever rounded here.
pub fn convert_exact(value: Decimal, from: Unit, to: Unit) -> Result<Decimal, UnitError> {
    if from.dimension() != to.dimension() {
        return Err(UnitError::Dimension { from, to });
    }
    let (from_top, from_bottom) = from.factor();
    let (to_top, to_bottom) = to.factor();
    scale(value, from_top * to_bottom, from_bottom * to_top).ok_or(UnitError::Inexact { value, from, to })
}

/// `value` × `top` ÷ `bottom` when that is an exact decimal of at most 28 digits.
fn scale(value: Decimal, top: i128, bottom: i128) -> Option<Decimal> {
    let value = value.normalize();
    let common = gcd(top, bottom);
    let (top, bottom) = (top / common, bottom / common);
    let shared = gcd(value.mantissa(), bottom).max(1);
    let mut digits = (value.mantissa() / shared).checked_mul(top)?;
    let mut rest = bottom / shared;
    let mut places = value.scale();
    while rest != 1 {
        let (divisor, factor) = match (rest % 10, rest % 5, rest % 2) {
            (0, _, _) => (10, 1),
            (_, 0, _) => (5, 2),
            (_, _, 0) => (2, 5),
            (_, _, _) => return None,
        };
        rest /= divisor;
        digits = digits.checked_mul(factor)?;
        places += 1;
    }
    while places > 0 && digits % 10 == 0 {
        digits /= 10;
        places -= 1;
    }
    Decimal::try_from_i128_with_scale(digits, places).ok()
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// An exact value with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quantity {
    /// The value as it was reported.
    pub value: Decimal,
    /// Its unit.
    pub unit: Unit,
}

impl Quantity {
    /// A value with its unit.
    #[must_use]
    pub fn new(value: Decimal, unit: Unit) -> Self {
        Self { value, unit }
    }

    /// The same quantity in another unit.
    ///
    /// # Errors
    /// As [`convert_exact`].
    pub fn to(self, unit: Unit) -> Result<Self, UnitError> {
        Ok(Self { value: convert_exact(self.value, self.unit, unit)?, unit })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, self.unit)
    }
}
