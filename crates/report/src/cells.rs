//! The figures of a report: each has an id, a label, the value as printed, how it follows, and what it rests on.
//!
//! The same list makes the `id` attributes of the HTML page, its appendix of sources, and the answers of `ExplainCell`.

use std::collections::HashSet;

use domain::Text;
use rust_decimal::Decimal;

use crate::{
    model::{FactEntry, ItemScore, ItemState, Provenance, Report, UnitResult},
    number::{exact, fixed, measured},
};

/// A figure of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellRef {
    /// Id: `score/140100`, `rank/140100`, `coverage/140100`, `group/140100/A`, `item/140100/ZWC2021-26`,
    /// `funding/{stage}/{source}`, `commitment/{id}`, `share-target`, `fact/{id}`, `correction/{id}`, `reporting/{node}`.
    pub id: String,
    /// What it is.
    pub label: Text,
    /// The value as printed.
    pub value: String,
    /// How it follows from its inputs; how it came here for a figure that was reported.
    pub formula: Text,
    /// Ids of the cells that it is computed from.
    pub inputs: Vec<String>,
    /// Submissions that it rests on directly; empty for a computed figure and for one that nobody reported.
    pub provenance: Vec<Provenance>,
}

/// All figures of a report in the order of the page. Ids are unique.
#[must_use]
pub fn cells(report: &Report) -> Vec<CellRef> {
    let mut cells = Vec::new();
    for unit in &report.run.units {
        unit_cells(unit, &mut cells);
    }
    for (id, entry) in unique("", &report.funding, |entry| &entry.cell) {
        cells.push(CellRef {
            id,
            label: Text::new(
                format!("{}·{}", entry.stage.zh, entry.source.zh),
                format!("{}, {}", entry.stage.en, entry.source.en),
            ),
            value: format!("{} 元", exact(entry.amount.yuan)),
            formula: Text::new(
                "同一阶段、同一来源的各笔金额之和；组合金额不拆分",
                "sum of the lines of this stage and this source; a group amount is never split",
            ),
            inputs: Vec::new(),
            provenance: entry.provenance.clone(),
        });
    }
    for (id, entry) in unique("", &report.commitments, |entry| &entry.cell) {
        cells.push(CellRef {
            id,
            label: Text::new(format!("承诺 {}", entry.sequence), format!("commitment {}", entry.sequence)),
            value: format!("{}灯", entry.light.zh()),
            formula: Text::new(
                format!("亮灯由登记事实与日期计算，不可填写：{}", entry.light_reason.zh),
                format!("the light is computed from facts and the date, never typed in: {}", entry.light_reason.en),
            ),
            inputs: Vec::new(),
            provenance: entry.provenance.iter().cloned().collect(),
        });
    }
    if let Some(entry) = &report.share_target {
        cells.push(CellRef {
            id: entry.cell.clone(),
            label: Text::new("“无废城市”建设比例", "share of zero-waste cities"),
            value: format!("{} %", fixed(entry.share_percent, 1)),
            formula: Text::new(
                format!("{} ÷ {} 个设区市；{}", entry.counted.len(), entry.total, entry.counting_rule.zh),
                format!("{} of {} cities; {}", entry.counted.len(), entry.total, entry.counting_rule.en),
            ),
            inputs: Vec::new(),
            provenance: entry.provenance.clone(),
        });
    }
    cells.extend(unique("", &report.facts, |entry| &entry.cell).map(|(id, entry)| fact_cell(id, entry)));
    cells
        .extend(unique("correction", &report.corrections, |entry| &entry.cell).map(|(id, entry)| fact_cell(id, entry)));
    for state in report.reporting.iter().filter(|state| !state.node.is_empty()) {
        cells.push(CellRef {
            id: reporting_id(&state.node),
            label: Text::new(format!("{} 报送情况", state.party.zh), format!("{}, deliveries", state.party.en)),
            value: format!("{} / {}", state.submissions, state.records),
            formula: Text::new(
                "该节点日志的提交数 / 登记数，按报告形成时汇总端所见",
                "submissions / records in the log of this node, as the aggregator saw it when the report was made",
            ),
            inputs: Vec::new(),
            provenance: Vec::new(),
        });
    }
    let mut seen = HashSet::new();
    cells.retain(|cell| seen.insert(cell.id.clone()));
    cells
}

/// Id of the cell of a department's deliveries.
#[must_use]
pub fn reporting_id(node: &str) -> String {
    format!("reporting/{}", node.strip_prefix("departments/").unwrap_or(node))
}

/// Id of an indicator's cell.
#[must_use]
pub fn item_id(unit: &UnitResult, item: &ItemScore) -> String {
    clean(&format!("item/{}/{}", unit.unit, item.indicator))
}

/// Entries with their cell ids made unique (a second `x` becomes `x~2`) and fit for an attribute. With a prefix, the
/// first segment is replaced by it: a correction of `fact/f017` is another figure than the fact.
pub fn unique<'a, T>(
    prefix: &'static str,
    entries: &'a [T],
    cell: impl Fn(&'a T) -> &'a String + 'a,
) -> impl Iterator<Item = (String, &'a T)> + 'a {
    let mut seen = HashSet::new();
    entries.iter().map(move |entry| {
        let mut id = clean(cell(entry));
        if !prefix.is_empty() {
            let rest = id.split_once('/').map_or(id.as_str(), |(_, rest)| rest);
            id = format!("{prefix}/{rest}");
        }
        let mut candidate = id.clone();
        let mut number = 2;
        while !seen.insert(candidate.clone()) {
            candidate = format!("{id}~{number}");
            number += 1;
        }
        (candidate, entry)
    })
}

/// True when an item stands below a node: `group` is the id of its group or the path of ids down to it.
pub(crate) fn is_inside(item: &ItemScore, node: &str) -> bool {
    group_path(item).any(|part| part == node)
}

/// True when no item stands below the node with another group around it.
#[must_use]
pub fn is_outermost(unit: &UnitResult, node: &str) -> bool {
    unit.items.iter().filter(|item| is_inside(item, node)).all(|item| group_path(item).next() == Some(node))
}

fn group_path(item: &ItemScore) -> impl Iterator<Item = &str> {
    item.group.split(['/', '.', '>']).map(str::trim)
}

/// What is printed as the value of an item: the figure, or the state where there is none.
#[must_use]
pub fn item_value(item: &ItemScore) -> Text {
    match (item_number(item), item.state) {
        (Some(value), _) => measured(value, item.qualifier, &item.unit),
        (None, ItemState::Missing | ItemState::NotApplicable) => item.state.label(),
        (None, ItemState::Scored | ItemState::EvidencePending | ItemState::NoTarget | ItemState::NotScorable) => {
            Text::new("定性", "qualitative")
        }
    }
}

/// The number that is printed as the value of an item; none where words stand for it.
#[must_use]
pub fn item_number(item: &ItemScore) -> Option<Decimal> {
    let words = matches!(item.state, ItemState::Missing | ItemState::NotApplicable) || item.unit == NO_UNIT;
    item.value.filter(|_| !words)
}

/// The unit of an indicator that documents answer; its value only says that there is one.
const NO_UNIT: &str = "—";

/// An id without white space, which an `id` attribute must not have.
fn clean(id: &str) -> String {
    id.split_whitespace().collect::<Vec<_>>().join("-")
}

fn unit_cells(unit: &UnitResult, cells: &mut Vec<CellRef>) {
    let id = &unit.unit;
    let name = &unit.display_name;
    let label = |zh: &str, en: &str| Text::new(format!("{} {zh}", name.zh), format!("{}, {en}", name.en));
    let score = clean(&format!("score/{id}"));
    let coverage = clean(&format!("coverage/{id}"));
    let group_id = |node: &str| clean(&format!("group/{id}/{node}"));
    // A city that reported nothing has no score: missing is not zero.
    let silent = unit.items.iter().all(|item| item.state == ItemState::Missing);
    let marks = |score| if silent { "—".to_owned() } else { fixed(score, 2) };
    // The groups of the first level add up to the score; deeper ones would be counted twice.
    let mut parts: Vec<String> =
        unit.nodes.iter().filter(|node| is_outermost(unit, &node.node)).map(|node| group_id(&node.node)).collect();
    if parts.is_empty() {
        parts = unit.items.iter().map(|item| item_id(unit, item)).collect();
    }
    cells.push(CellRef {
        id: score.clone(),
        label: label("得分", "score"),
        value: marks(unit.score),
        formula: Text::new(
            "各项得分之和 ÷ 适用权重之和 × 100；只在最后四舍五入到两位小数",
            "sum of marks ÷ sum of applicable weights × 100; rounded half up to two decimals once, at the end",
        ),
        inputs: parts,
        provenance: Vec::new(),
    });
    cells.push(CellRef {
        id: clean(&format!("rank/{id}")),
        label: label("排名", "rank"),
        value: unit.rank.map_or_else(|| "不参与排名".to_owned(), |rank| rank.to_string()),
        formula: Text::new(
            "按得分从高到低，同分同名次；覆盖率低于方案下限的不参与排名",
            "by score, ties share the rank; a city below the scheme's minimum coverage is not ranked",
        ),
        inputs: vec![score, coverage.clone()],
        provenance: Vec::new(),
    });
    cells.push(CellRef {
        id: coverage,
        label: label("必选指标覆盖", "coverage"),
        value: format!("{}/{}", unit.coverage.reported, unit.coverage.mandatory),
        formula: Text::new("已报送的必选指标数 / 必选指标总数", "obligatory indicators reported / all obligatory ones"),
        inputs: unit.items.iter().filter(|item| item.provenance.is_some()).map(|item| item_id(unit, item)).collect(),
        provenance: Vec::new(),
    });
    for node in &unit.nodes {
        cells.push(CellRef {
            id: group_id(&node.node),
            label: Text::new(
                format!("{} {} {}", name.zh, node.node, node.title.zh),
                format!("{}, {} {}", name.en, node.node, node.title.en),
            ),
            value: marks(node.score),
            formula: Text::new("本类各指标得分之和", "sum of the marks of the indicators of this group"),
            inputs: unit
                .items
                .iter()
                .filter(|item| is_inside(item, &node.node))
                .map(|item| item_id(unit, item))
                .collect(),
            provenance: Vec::new(),
        });
    }
    for item in &unit.items {
        cells.push(CellRef {
            id: item_id(unit, item),
            label: label(
                &format!("{} {}", item.indicator, item.display_name.zh),
                &format!("{} {}", item.indicator, item.display_name.en),
            ),
            value: item_value(item).zh,
            formula: item_formula(item),
            inputs: Vec::new(),
            provenance: item.provenance.iter().cloned().collect(),
        });
    }
}

fn item_formula(item: &ItemScore) -> Text {
    if item.state == ItemState::Missing {
        return Text::new("没有任何节点报送，计为缺报；缺报不是零", "no node reported it: missing, which is not zero");
    }
    let target = item.target.map(|target| measured(target, None, &item.unit));
    let (target_zh, target_en) = match target {
        Some(target) => (format!("，目标 {}", target.zh), format!(", target {}", target.en)),
        None => (String::new(), String::new()),
    };
    let state = item.state.label();
    let (score, weight) = (fixed(item.score, 2), exact(item.weight));
    Text::new(
        format!("方法 {}{target_zh}：{score} 分（满分 {weight}），{}", item.method, state.zh),
        format!("method {}{target_en}: {score} of {weight} marks, {}", item.method, state.en),
    )
}

fn fact_cell(id: String, entry: &FactEntry) -> CellRef {
    CellRef {
        id,
        label: Text::new(
            format!("{} {}", entry.region.zh, entry.subject),
            format!("{}, {}", entry.region.en, entry.subject),
        ),
        value: if entry.value.is_empty() { "定性".to_owned() } else { entry.value.clone() },
        formula: Text::new(format!("{}报送", entry.party.zh), format!("reported by {}", entry.party.en)),
        inputs: Vec::new(),
        provenance: entry.provenance.iter().cloned().collect(),
    }
}
