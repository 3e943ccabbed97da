//! The definition card beside an entry.

use domain::{IndicatorDefinition, Scope};

use crate::{read::raw, reading::Held, round::LastValue};

/// The card: kind, unit, formula, parts, where the data come from, scopes, what goes wrong.
pub(super) fn card(definition: &IndicatorDefinition, scopes: &[Scope]) -> String {
    let mut lines = Vec::new();
    let (kind, way) = (definition.value_type, definition.direction);
    let star = if definition.mandatory { "★必选 / mandatory；" } else { "" };
    let mut first = format!("{star}{} / {}", kind.zh(), kind.en());
    if !definition.is_qualitative() {
        let unit = definition.unit;
        first.push_str(&format!("；单位 / unit：{}", unit.zh()));
        if unit.zh() != unit.en() {
            first.push_str(&format!("（{}）", unit.en()));
        }
        first.push_str(&format!("；{} / {}", way.zh(), way.en()));
    }
    lines.push(first);
    let parts = [
        ("公式 / formula", &definition.formula),
        ("分子 / numerator", &definition.numerator),
        ("分母 / denominator", &definition.denominator),
        ("数源 / source", &definition.data_sources),
        ("参考值 / reference", &definition.reference_value),
        ("注意 / caution", &definition.caution),
    ];
    let has_parts = definition.has_parts();
    for (head, text) in parts {
        let is_part = head.starts_with("分子") || head.starts_with("分母");
        if !text.is_empty() && (has_parts || !is_part) {
            lines.push(format!("{head}：{text}"));
        }
    }
    let excluded: Vec<_> = definition.excluded_labels.iter().map(|label| label.label.as_str()).collect();
    if !excluded.is_empty() {
        lines.push(format!("不包括 / not this：{}", excluded.join("、")));
    }
    if !scopes.is_empty() {
        let scopes: Vec<_> = scopes.iter().map(|scope| format!("{}（{}）", scope.zh(), scope.en())).collect();
        lines.push(format!("范围 / scope：{}", scopes.join("、")));
    }
    lines.join("\n")
}

/// The last value with its period: `34.2%（2023）`.
pub(super) fn last(last: &LastValue, synthetic: bool) -> String {
    let value = last.quantity.value.normalize();
    let mark = if synthetic { " 模拟数据" } else { "" };
    format!("{value}{}（{}）{mark}", last.quantity.unit, last.period)
}

/// The name with the English one below.
pub(super) fn name(definition: &IndicatorDefinition) -> String {
    format!("{}\n{}", definition.name.zh, definition.name.en)
}

/// A height in points that shows a text of a column of this width; at most 240.
pub(super) fn height(text: &str, width: u16) -> f64 {
    // A Chinese character takes about two units of the width.
    let per_line = usize::from(width).max(2);
    let units = |line: &str| line.chars().map(|char| if char.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let lines: usize = text.lines().map(|line| units(line).div_ceil(per_line).max(1)).sum();
    let lines = u32::try_from(lines.clamp(2, 18)).unwrap_or(18);
    f64::from(lines) * 13.5
}

/// What a cell shows, for the list of faults.
pub(super) fn shown(held: &Held) -> String {
    raw(held)
}
