//! Words for “no value”, and the understanding of a value in words.

use domain::{IndicatorDefinition, ObservationStatus, Qualifier, Text, Unit, convert_exact};
use rust_decimal::Decimal;

use super::{
    amount::{TextReading, unsure},
    fold::squeeze,
};

/// Words that say surely which kind of “no value” is meant.
const SURE: &[(&str, ObservationStatus)] = &[
    ("不适用", ObservationStatus::NotApplicable),
    ("不涉及", ObservationStatus::NotApplicable),
    ("本地区不适用", ObservationStatus::NotApplicable),
    ("本市不涉及", ObservationStatus::NotApplicable),
    ("暂无数据", ObservationStatus::NotCollected),
    ("暂无统计数据", ObservationStatus::NotCollected),
    ("暂无统计", ObservationStatus::NotCollected),
    ("未统计", ObservationStatus::NotCollected),
    ("尚未统计", ObservationStatus::NotCollected),
    ("暂未统计", ObservationStatus::NotCollected),
    ("未采集", ObservationStatus::NotCollected),
    ("未监测", ObservationStatus::NotCollected),
    ("缺报", ObservationStatus::Missing),
    ("未报", ObservationStatus::Missing),
    ("缺失", ObservationStatus::Missing),
];

/// Words and signs that may mean zero, not applicable or not collected.
const UNSURE: &[&str] = &[
    "无",
    "没有",
    "空",
    "略",
    "无数据",
    "暂无",
    "暂缺",
    "n/a",
    "na",
    "nil",
    "none",
    "null",
    "-",
    "--",
    "---",
    "—",
    "——",
    "–",
    "―",
    "/",
    "//",
    "\\",
    "*",
    "**",
    "...",
    "…",
    "……",
    "?",
    "??",
    "未知",
    "不详",
    "待定",
    "待补",
    "待核实",
    "待统计",
    "x",
    "×",
    "同上",
    "见附件",
    "详见附件",
    "见备注",
    "无变化",
    ".",
    "。",
];

/// A word for “no value”; none when the text is no such word.
pub(super) fn missing(folded: &str) -> Option<TextReading> {
    let word = squeeze(folded).to_lowercase();
    let word = if word.is_empty() { folded.to_owned() } else { word };
    if let Some((_, status)) = SURE.iter().find(|(sure, _)| *sure == word) {
        return Some(TextReading::Missing(*status));
    }
    UNSURE.contains(&word.as_str()).then(|| {
        unsure(
            &format!("“{folded}”可能是零、不适用或暂无数据"),
            &format!("\"{folded}\" may mean zero, not applicable or no data yet"),
            "是零请填 0，不适用请填“不适用”，还没有数据请填“暂无数据” / write 0 for zero, 不适用 for not applicable, 暂无数据 for no data yet",
        )
    })
}

/// A number with thin groups of three digits before the point: 2 500 000.
pub(crate) fn grouped(value: Decimal) -> String {
    let text = value.normalize().to_string();
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A value in words: bound, number and unit, the same in the base unit where that is another, and in the indicator's own.
pub(crate) fn amount_words(value: Decimal, unit: Unit, qualifier: Qualifier, definition: &IndicatorDefinition) -> Text {
    let bound = match qualifier {
        Qualifier::Equal => ("", ""),
        Qualifier::AtLeast => ("（下限）", " (a lower bound)"),
        Qualifier::AtMost => ("（上限）", " (an upper bound)"),
        Qualifier::About => ("（约数）", " (about)"),
    };
    let sign = if qualifier == Qualifier::Equal { "" } else { qualifier.zh() };
    let mut zh = format!("{sign}{}", with_unit(value, unit.zh()));
    let mut en = format!("{sign}{}", with_unit(value, unit.en()));
    let mut shown = vec![unit];
    for other in [base_of(unit), Some(definition.unit)].into_iter().flatten() {
        if shown.contains(&other) {
            continue;
        }
        if let Ok(converted) = convert_exact(value, unit, other) {
            zh.push_str(&format!(" = {}", with_unit(converted, other.zh())));
            en.push_str(&format!(" = {}", with_unit(converted, other.en())));
            shown.push(other);
        }
    }
    Text::new(zh + bound.0, en + bound.1)
}

fn with_unit(value: Decimal, unit: &str) -> String {
    let space = if matches!(unit, "%" | "‰") { "" } else { " " };
    format!("{}{space}{unit}", grouped(value))
}

/// The unit of the same kind with the factor one: 吨 of 万吨. None for numbers of things, where 家 and 个 are no conversion.
fn base_of(unit: Unit) -> Option<Unit> {
    if unit.dimension() == domain::Dimension::Count && unit.factor() == (1, 1) {
        return None;
    }
    Unit::of_dimension(unit.dimension()).find(|other| other.factor() == (1, 1))
}
