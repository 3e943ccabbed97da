//! A score taken apart in words, line by line, so that a reader can work it out again by hand.

use contracts::{common::v1 as common, evaluation::v1 as pb};
use domain::Qualifier;
use node::convert::common::qualifier_in;

use crate::wire::text;

/// The computation of a unit: one line for each indicator, each group, and the total.
pub(crate) fn steps(unit: &pb::UnitResult, kind: pb::SchemeKind) -> Vec<common::Text> {
    let line = match kind {
        pb::SchemeKind::Joint => return joint_lines(unit),
        pb::SchemeKind::Index => index_line,
        pb::SchemeKind::Practice | pb::SchemeKind::Unspecified => item_line,
    };
    let mut lines: Vec<_> = unit.items.iter().map(line).collect();
    for node in &unit.nodes {
        let title = node.title.clone().unwrap_or_default();
        let score = number(node.score.as_ref());
        lines.push(text(
            format!("{} {}：{score}分", node.node, title.zh),
            format!("{} {}: {score}", node.node, title.en),
        ));
    }
    let coverage = unit.coverage.clone().unwrap_or_default();
    let score = number(unit.score.as_ref());
    lines.push(text(
        format!("合计 {score} 分，必选指标报送 {} / {}", coverage.reported, coverage.mandatory),
        format!("total {score}, obligatory indicators reported {} of {}", coverage.reported, coverage.mandatory),
    ));
    lines
}

/// The parts of a joint evaluation side by side, and what they come to.
fn joint_lines(unit: &pb::UnitResult) -> Vec<common::Text> {
    let mut lines: Vec<_> = unit.parts.iter().map(part_line).collect();
    let score = number(unit.score.as_ref());
    lines.push(if unit.score.is_some() {
        text(
            format!("综合得分 {score}：各部分贡献之和"),
            format!("combined score {score}: the sum of what the parts add"),
        )
    } else if unit.parts.iter().any(|part| part.weight.is_some()) {
        text("缺少部分，无综合得分", "no combined score: a part is missing")
    } else {
        text("方案未写明权重，各部分并列，不合成", "the scheme states no weights: the parts stand side by side")
    });
    lines
}

fn part_line(part: &pb::PartResult) -> common::Text {
    let name = part.title.clone().unwrap_or_default();
    let facts: Vec<String> =
        part.facts.iter().map(|fact| format!("{} = {}", fact.fact, number(fact.value.as_ref()))).collect();
    let facts = facts.join(", ");
    let (score, basis) = (number(part.score.as_ref()), part.basis.clone().unwrap_or_default());
    let (zh, en) = match part.state() {
        pb::PartState::Scored => (format!("{score} 分"), format!("score {score}")),
        pb::PartState::Missing | pb::PartState::Unspecified => {
            ("缺，不按零分计".to_owned(), "missing, not a zero".to_owned())
        }
        pb::PartState::NotApplicable => ("不适用".to_owned(), "not applicable".to_owned()),
        pb::PartState::Refused => {
            ("数据矛盾，无得分".to_owned(), "its data contradict each other: no score".to_owned())
        }
    };
    let adds = part.weight.as_ref().map(|weight| {
        let adds = number(part.contribution.as_ref());
        (format!("，权重 {}，贡献 {adds}", weight.value), format!(", weight {}, adds {adds}", weight.value))
    });
    let (adds_zh, adds_en) = adds.unwrap_or_default();
    text(
        format!("{}：{zh}（{facts}）{adds_zh}；{}", name.zh, basis.zh),
        format!("{}: {en} ({facts}){adds_en}; {}", name.en, basis.en),
    )
}

/// How one indicator entered an index.
fn index_line(item: &pb::ItemScore) -> common::Text {
    let name = item.display_name.clone().unwrap_or_default();
    let sign = qualifier_in(item.qualifier).map_or("", sign);
    let value = format!("{sign}{}{}", number(item.value.as_ref()), item.unit);
    let (normalised, part) = (number(item.normalised.as_ref()), number(item.contribution.as_ref()));
    let (state, state_en) = match item.state() {
        pb::ItemState::NotApplicable => ("不适用".to_owned(), "not applicable".to_owned()),
        pb::ItemState::Missing | pb::ItemState::Unspecified => ("缺报".to_owned(), "missing".to_owned()),
        pb::ItemState::Scored
        | pb::ItemState::NoTarget
        | pb::ItemState::EvidencePending
        | pb::ItemState::NotScorable => (format!("实际 {value}"), format!("value {value}")),
    };
    text(
        format!("{} {}：{state}，标准化值 {normalised}，贡献 {part}", item.indicator, name.zh),
        format!("{} {}: {state_en}, normalised {normalised}, adds {part}", item.indicator, name.en),
    )
}

/// How one indicator was scored.
pub(crate) fn item_line(item: &pb::ItemScore) -> common::Text {
    let name = item.display_name.clone().unwrap_or_default();
    let formula = formula(item);
    text(
        format!("{} {}：{}", item.indicator, name.zh, formula.zh),
        format!("{} {}: {}", item.indicator, name.en, formula.en),
    )
}

/// The formula of an indicator with its numbers.
pub(crate) fn formula(item: &pb::ItemScore) -> common::Text {
    let weight = number(item.weight.as_ref());
    let score = number(item.score.as_ref());
    let sign = qualifier_in(item.qualifier).map_or("", sign);
    let value = format!("{sign}{}{}", number(item.value.as_ref()), item.unit);
    match item.state() {
        pb::ItemState::Scored => {
            let target =
                item.target.as_ref().map(|target| format!("，目标 {}{}", target.value, item.unit)).unwrap_or_default();
            let target_en = item
                .target
                .as_ref()
                .map(|target| format!(", target {}{}", target.value, item.unit))
                .unwrap_or_default();
            text(
                format!("{}：实际 {value}{target}，满分 {weight}，得 {score}", item.method),
                format!("{}: value {value}{target_en}, full marks {weight}, score {score}", item.method),
            )
        }
        pb::ItemState::Missing | pb::ItemState::Unspecified => {
            text(format!("缺报，0 / {weight}"), format!("missing, 0 of {weight}"))
        }
        pb::ItemState::NotApplicable => {
            text("不适用，其分值移出分母", "not applicable: its marks left the denominator")
        }
        pb::ItemState::NoTarget => {
            text(format!("实际 {value}，无目标值，0 / {weight}"), format!("value {value}, no target, 0 of {weight}"))
        }
        pb::ItemState::EvidencePending => {
            text(format!("佐证待审核，0 / {weight}"), format!("evidence pending, 0 of {weight}"))
        }
        pb::ItemState::NotScorable => {
            text(format!("实际 {value}，无法计分，0 / {weight}"), format!("value {value}, not scorable, 0 of {weight}"))
        }
    }
}

fn number(from: Option<&common::Decimal>) -> &str {
    from.map_or("—", |found| found.value.as_str())
}

fn sign(qualifier: Qualifier) -> &'static str {
    match qualifier {
        Qualifier::Equal => "",
        Qualifier::AtLeast => "≥",
        Qualifier::AtMost => "≤",
        Qualifier::About => "≈",
    }
}
