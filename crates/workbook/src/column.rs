//! The columns of the sheet to fill, and the names by which they are found.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// A column of the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Column {
    /// Indicator code.
    Code,
    /// Indicator name.
    Name,
    /// Definition card.
    Card,
    /// Region.
    Region,
    /// Scope, chosen from a list.
    Scope,
    /// The last value, to compare with.
    Last,
    /// The value; words for a qualitative indicator.
    Value,
    /// Its unit, chosen from a list.
    Unit,
    /// How the number bounds the real one.
    Qualifier,
    /// Status: estimated, provisional, not applicable …
    Status,
    /// Numerator of a ratio.
    Numerator,
    /// Denominator of a ratio.
    Denominator,
    /// The day up to which the figure goes; empty when it is for the whole period.
    AsOf,
    /// Titles of supporting documents.
    Evidence,
    /// Remark.
    Remark,
}

struct Heading {
    column: Column,
    zh: &'static str,
    en: &'static str,
    width: u16,
    /// Other names: those of the CSV tables and those that offices use.
    others: &'static [&'static str],
}

const fn heading(
    column: Column,
    zh: &'static str,
    en: &'static str,
    width: u16,
    others: &'static [&'static str],
) -> Heading {
    Heading { column, zh, en, width, others }
}

static HEADINGS: [Heading; 15] = [
    heading(Column::Code, "指标代码", "Code", 13, &["指标编码", "指标编号", "代码", "indicator"]),
    heading(Column::Name, "指标名称", "Indicator name", 30, &["指标", "名称", "原文名称", "name", "reported_label"]),
    heading(Column::Card, "指标解释", "Definition", 46, &["指标定义", "定义", "计算方法", "口径说明"]),
    heading(Column::Region, "行政区划", "Region", 15, &["地区", "区域", "行政区划代码", "城市", "县区"]),
    heading(Column::Scope, "统计范围", "Scope", 12, &["口径", "范围", "统计口径", "数据口径"]),
    heading(Column::Last, "上期值", "Last value", 17, &["上年值", "去年值", "上年数", "上年同期"]),
    heading(Column::Value, "填报值", "Value", 16, &["数值", "本期值", "本年值", "指标值", "实际值", "完成值"]),
    heading(Column::Unit, "单位", "Unit", 11, &["计量单位"]),
    heading(Column::Qualifier, "界限", "Bound", 8, &["限定", "限定符", "qualifier"]),
    heading(Column::Status, "数据状态", "Status", 10, &["状态"]),
    heading(Column::Numerator, "分子", "Numerator", 14, &["分子值", "分子数值"]),
    heading(Column::Denominator, "分母", "Denominator", 14, &["分母值", "分母数值"]),
    heading(Column::AsOf, "统计截止日", "As of", 13, &["截止日期", "数据截止日期", "截至日期", "统计截止日期"]),
    heading(Column::Evidence, "佐证材料", "Evidence", 26, &["证明材料", "佐证", "依据", "依据材料"]),
    heading(Column::Remark, "备注", "Remark", 30, &["说明", "附注", "note"]),
];

impl Column {
    /// Every column, in the order of the template.
    pub const ALL: [Self; 15] = [
        Self::Code,
        Self::Name,
        Self::Card,
        Self::Region,
        Self::Scope,
        Self::Last,
        Self::Value,
        Self::Unit,
        Self::Qualifier,
        Self::Status,
        Self::Numerator,
        Self::Denominator,
        Self::AsOf,
        Self::Evidence,
        Self::Remark,
    ];

    fn heading(self) -> &'static Heading {
        // The two tables are in one order, which a test checks.
        &HEADINGS[self as usize]
    }

    /// Chinese name.
    #[must_use]
    pub fn zh(self) -> &'static str {
        self.heading().zh
    }

    /// English name.
    #[must_use]
    pub fn en(self) -> &'static str {
        self.heading().en
    }

    pub(crate) fn width(self) -> u16 {
        self.heading().width
    }

    /// Its place in the template, from 0.
    pub(crate) fn position(self) -> u16 {
        self as u16
    }

    /// True for the cells that a clerk fills in a row of the template.
    #[must_use]
    pub fn is_entry(self) -> bool {
        !matches!(self, Self::Code | Self::Name | Self::Card | Self::Last)
    }

    /// True for what says that a row was filled, as opposed to what the template has put there.
    pub(crate) fn is_answer(self) -> bool {
        matches!(self, Self::Value | Self::Status | Self::Numerator | Self::Denominator)
    }

    /// True where one text over several merged rows is meant for each of them.
    pub(crate) fn spreads(self) -> bool {
        matches!(self, Self::Code | Self::Name | Self::Region | Self::Scope | Self::Unit)
    }

    /// The column with this heading: the Chinese name, the English one or another that offices use, with line breaks,
    /// spaces, full-width letters, stars and bracketed remarks aside.
    #[must_use]
    pub fn of_heading(text: &str) -> Option<Self> {
        let plain = plain(text);
        let lines: Vec<String> = text.lines().map(self::plain).collect();
        HEADINGS
            .iter()
            .find(|heading| {
                let names = [heading.zh, heading.en].into_iter().chain(heading.others.iter().copied());
                names.map(self::plain).any(|name| name == plain || lines.contains(&name))
            })
            .map(|heading| heading.column)
    }
}

fn plain(text: &str) -> String {
    let folded: String = text.nfkc().collect();
    let kept = folded.split(['(', '[', '【', '\u{3010}']).next().unwrap_or_default();
    kept.chars().filter(|char| char.is_alphanumeric() || *char == '_').flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tables_of_columns_are_in_one_order() {
        for (column, heading) in Column::ALL.into_iter().zip(&HEADINGS) {
            assert_eq!(column, heading.column);
        }
    }

    #[test]
    fn no_two_columns_share_a_name() {
        let names = HEADINGS.iter().flat_map(|heading| {
            [heading.zh, heading.en]
                .into_iter()
                .chain(heading.others.iter().copied())
                .map(move |name| (name, heading.column))
        });
        for (name, column) in names {
            assert_eq!(Column::of_heading(name), Some(column), "{name}");
        }
    }
}
