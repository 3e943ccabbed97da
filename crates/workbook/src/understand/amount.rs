//! Amounts as clerks write them: 35%以上, ≥35, 约2.5万吨, 1,234.5.

use domain::{ObservationStatus, Qualifier, Text, Unit};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{fold::fold, numeral, words};

/// A word that multiplies the number before the unit: the 万 of 2.5万.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale(i64);

impl Scale {
    const ONE: Self = Self(1);
}

/// An amount as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// The number, with the word of magnitude behind it multiplied in: 25 000 for 2.5万.
    pub value: Decimal,
    /// The word's factor; 1 without one.
    pub factor: i64,
    /// The unit behind the number; none when there is none.
    pub unit: Option<Unit>,
    /// The bound; none when no word or sign says one.
    pub qualifier: Option<Qualifier>,
    /// True when the text is anything but plain digits with a decimal point.
    pub converted: bool,
}

/// What a text in the place of a number means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextReading {
    /// It is empty.
    Empty,
    /// An amount.
    Amount(Amount),
    /// A word for “no value”, and surely which kind of it.
    Missing(ObservationStatus),
    /// Not sure.
    Unsure {
        /// What is not understood.
        rule: Text,
        /// What to do.
        action: Text,
    },
}

const BEFORE: &[(&str, Qualifier)] = &[
    ("大于或等于", Qualifier::AtLeast),
    ("大于等于", Qualifier::AtLeast),
    ("不低于", Qualifier::AtLeast),
    ("不少于", Qualifier::AtLeast),
    ("不小于", Qualifier::AtLeast),
    ("至少", Qualifier::AtLeast),
    ("超过", Qualifier::AtLeast),
    ("大于", Qualifier::AtLeast),
    ("高于", Qualifier::AtLeast),
    ("多于", Qualifier::AtLeast),
    (">=", Qualifier::AtLeast),
    ("≥", Qualifier::AtLeast),
    ("≧", Qualifier::AtLeast),
    (">", Qualifier::AtLeast),
    ("小于或等于", Qualifier::AtMost),
    ("小于等于", Qualifier::AtMost),
    ("不高于", Qualifier::AtMost),
    ("不超过", Qualifier::AtMost),
    ("不多于", Qualifier::AtMost),
    ("不大于", Qualifier::AtMost),
    ("至多", Qualifier::AtMost),
    ("最多", Qualifier::AtMost),
    ("小于", Qualifier::AtMost),
    ("低于", Qualifier::AtMost),
    ("少于", Qualifier::AtMost),
    ("<=", Qualifier::AtMost),
    ("≤", Qualifier::AtMost),
    ("≦", Qualifier::AtMost),
    ("<", Qualifier::AtMost),
    ("大约", Qualifier::About),
    ("大概", Qualifier::About),
    ("约为", Qualifier::About),
    ("约", Qualifier::About),
    ("近", Qualifier::About),
    ("≈", Qualifier::About),
    ("~", Qualifier::About),
    ("=", Qualifier::Equal),
];

const BEHIND: &[(&str, Qualifier)] = &[
    ("及以上", Qualifier::AtLeast),
    ("以上", Qualifier::AtLeast),
    ("及以下", Qualifier::AtMost),
    ("以下", Qualifier::AtMost),
    ("以内", Qualifier::AtMost),
    ("左右", Qualifier::About),
    ("上下", Qualifier::About),
];

const SCALES: &[(&str, i64)] = &[
    ("万亿", 1_000_000_000_000),
    ("千万", 10_000_000),
    ("百万", 1_000_000),
    ("十万", 100_000),
    ("亿", 100_000_000),
    ("万", 10_000),
    ("千", 1_000),
];

/// Reads an amount. Sure are: a number with or without grouping by three, a sign or word of its bound before or behind it,
/// a word of magnitude, a unit of the table, and Chinese numerals that are written in full. Everything else is a question:
/// two numbers, two bounds that contradict each other, other words, digits that only look like digits.
#[must_use]
pub fn read_amount(text: &str) -> TextReading {
    let Some(folded) = fold(text) else {
        return unsure("有上标、带圈或分数形式的数字", "digits in raised, circled or fraction form", PLAIN);
    };
    if folded.is_empty() {
        return TextReading::Empty;
    }
    if let Some(found) = words::missing(&folded) {
        return found;
    }
    let (middle, bounds) = strip_bounds(&folded);
    let qualifier = bounds.first().copied();
    if bounds.iter().any(|bound| Some(*bound) != qualifier) {
        return unsure(
            "有两种互相矛盾的界限",
            "two bounds that contradict each other",
            "请只写一种，例如 ≥35 / give one of them, for example ≥35",
        );
    }
    let (middle, percent) = match middle.strip_prefix("百分之") {
        Some(rest) => (rest, true),
        None => (middle, false),
    };
    match magnitude(middle) {
        Ok((value, rest)) => match tail(rest) {
            Some((scale, unit)) if !percent || (unit.is_none() && scale == Scale::ONE) => {
                let Some(value) = value.checked_mul(Decimal::from(scale.0)) else { return too_large() };
                let unit = if percent { Unit::parse("%").ok() } else { unit };
                let plain = folded.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
                let converted = !plain || folded != text.trim();
                TextReading::Amount(Amount { value, factor: scale.0, unit, qualifier, converted })
            }
            Some(_) | None => leftover(rest),
        },
        Err(reading) => reading,
    }
}

/// The bound that a word or sign alone says.
pub(crate) fn bound_of(word: &str) -> Option<Qualifier> {
    let alone = [
        ("等于", Qualifier::Equal),
        ("下限", Qualifier::AtLeast),
        ("上限", Qualifier::AtMost),
        ("约数", Qualifier::About),
    ];
    let known = BEFORE.iter().chain(BEHIND).chain(&alone);
    let found = known.clone().find(|(known, _)| *known == word).map(|(_, bound)| *bound);
    found.or_else(|| Qualifier::from_code(word))
}

/// The decimal that a spreadsheet's number is written as: the shortest that gives the same binary number. None for numbers
/// of more than 28 digits, infinity and NaN.
pub(crate) fn exact(value: f64) -> Option<Decimal> {
    Decimal::from_str_exact(&format!("{value}")).ok()
}

/// A spreadsheet's number. What a formula gives has at most 15 digits that mean something (IEEE 754, as Excel shows it), so
/// it is cut to them; what was entered is taken as it is.
pub(crate) fn from_held_number(value: f64, computed: bool) -> Option<Decimal> {
    let exact = exact(value)?;
    if !computed {
        return Some(exact);
    }
    exact.round_sf(15)
}

fn strip_bounds(text: &str) -> (&str, Vec<Qualifier>) {
    let (mut rest, mut found) = (text.trim(), Vec::new());
    loop {
        let before = BEFORE.iter().find_map(|(word, bound)| Some((rest.strip_prefix(word)?, *bound)));
        let behind = || BEHIND.iter().find_map(|(word, bound)| Some((rest.strip_suffix(word)?, *bound)));
        let Some((shorter, bound)) = before.or_else(behind) else { return (rest, found) };
        rest = shorter.trim();
        found.push(bound);
    }
}

/// The number at the beginning, and what follows it.
fn magnitude(text: &str) -> Result<(Decimal, &str), TextReading> {
    let end = number_end(text);
    let (number, rest) = text.split_at(end);
    if number.is_empty() {
        let (numeral, rest) = numeral::split(text);
        return match numeral::read(numeral) {
            Some(value) => Ok((value, rest)),
            None => Err(no_number(text)),
        };
    }
    let rest = rest.trim_start();
    if rest.starts_with(['~', '-', '–', '—', '至', '到', '±', '/', ':', '×', '*', '+', '^'])
        && rest.contains(|char: char| char.is_ascii_digit())
    {
        return Err(unsure("像是一个区间或算式，不是一个数", "a range or a calculation, not one number", ONE));
    }
    Ok((number_of(number)?, rest))
}

/// Where the digits with their signs and separators end.
fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    loop {
        match bytes.get(end) {
            Some(b'0'..=b'9' | b'.' | b',' | b'\'') => end += 1,
            Some(b' ') if digit(end + 1) => end += 1,
            Some(b'e' | b'E') if digit(end + 1) => end += 2,
            Some(b'e' | b'E') if matches!(bytes.get(end + 1), Some(b'-' | b'+')) && digit(end + 2) => end += 3,
            Some(_) | None => break,
        }
    }
    if bytes.iter().take(end).any(u8::is_ascii_digit) { end } else { 0 }
}

fn number_of(text: &str) -> Result<Decimal, TextReading> {
    let separated = text.contains([',', ' ', '\'']);
    let scientific = text.contains(['e', 'E']);
    if separated && (scientific || !is_grouped(text)) {
        return Err(unsure(
            "分隔符不是每三位一个，看不出是千分位还是小数点",
            "the separators do not stand between groups of three digits",
            "请写成 1234.5 或 1,234.5 / write 1234.5 or 1,234.5",
        ));
    }
    if text.ends_with('.') || text.matches('.').count() > 1 {
        return Err(unsure("小数点不对", "the decimal point is out of place", PLAIN));
    }
    let plain: String = text.chars().filter(|char| !matches!(char, ',' | ' ' | '\'')).collect();
    let plain = plain.strip_prefix('+').unwrap_or(&plain);
    let parsed = if scientific { Decimal::from_scientific(plain) } else { Decimal::from_str_exact(plain) };
    parsed.map_err(|_| too_large())
}

/// One kind of separator, groups of three before the point, none behind it.
fn is_grouped(text: &str) -> bool {
    let text = text.trim_start_matches(['-', '+']);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut kinds = whole.chars().filter(|char| !char.is_ascii_digit());
    let Some(kind) = kinds.next() else { return false };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    kinds.all(|other| other == kind)
        && digits(fraction)
        && whole.split(kind).enumerate().all(|(at, part)| match at {
            0 => (1..=3).contains(&part.len()),
            _ => part.len() == 3,
        })
}

/// A word of magnitude and a unit, or neither.
fn tail(rest: &str) -> Option<(Scale, Option<Unit>)> {
    let rest = rest.trim();
    if rest.is_empty() {
        return Some((Scale::ONE, None));
    }
    if let Some(unit) = unit(rest) {
        return Some((Scale::ONE, Some(unit)));
    }
    SCALES.iter().find_map(|(word, factor)| {
        let rest = rest.strip_prefix(word)?.trim();
        if rest.is_empty() { Some((Scale(*factor), None)) } else { Some((Scale(*factor), Some(unit(rest)?))) }
    })
}

fn unit(text: &str) -> Option<Unit> {
    Unit::parse(text).ok().filter(|unit| *unit != Unit::NONE)
}

const PLAIN: &str = "请用普通数字填写，例如 35.2 / write it in plain digits, for example 35.2";
const ONE: &str = "请只填一个数；区间请填下限或上限，并在备注中说明 / give one number; of a range give one end, and explain it in the remark";

pub(super) fn unsure(zh: &str, en: &str, action: &str) -> TextReading {
    let (action_zh, action_en) = action.split_once(" / ").unwrap_or((action, action));
    TextReading::Unsure { rule: Text::new(zh, en), action: Text::new(action_zh, action_en) }
}

fn too_large() -> TextReading {
    unsure(
        "数字太长，不能精确保存",
        "the number has too many digits to be kept exactly",
        "请换用较大的单位，例如万吨、亿元 / use a larger unit",
    )
}

fn no_number(text: &str) -> TextReading {
    unsure(&format!("看不出“{text}”是哪个数"), &format!("\"{text}\" is no number that is sure"), PLAIN)
}

fn leftover(rest: &str) -> TextReading {
    unsure(
        &format!("数字后面的“{rest}”不是单位表内的单位"),
        &format!("\"{rest}\" behind the number is no unit of the table"),
        "请只填数字和单位，其他说明写入备注 / give number and unit, and write anything else in the remark",
    )
}
