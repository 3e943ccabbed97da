//! Bonus items, deductions and vetoes.

use marked_yaml::Node;
use rust_decimal::Decimal;

use super::ids::Ids;
use super::method::positive;
use crate::scheme::fields::{Faults, Fields};
use crate::scheme::{Extra, ExtraItem, GradeBand, Outside, VetoRule};

/// Which model the rules are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// A scheme of practice: its data say how far evidence has come.
    Practice,
    /// A composite index: its data are numbers only.
    Index,
}

/// Reads `bonus`, `deductions` and `veto`.
pub(crate) fn outside(
    fields: &mut Fields<'_>,
    grades: &[GradeBand],
    policy: Policy,
    ids: &mut Ids,
    faults: &mut Faults,
) -> Outside {
    let bonus = extra("bonus", fields, policy, ids, faults);
    let deductions = extra("deductions", fields, policy, ids, faults);
    let mut vetoes = Vec::new();
    for (node, at) in fields.list("veto", faults) {
        vetoes.extend(veto(node, &at, grades, ids, faults));
    }
    Outside { bonus, deductions, veto: vetoes }
}

fn extra(
    key: &'static str,
    fields: &mut Fields<'_>,
    policy: Policy,
    ids: &mut Ids,
    faults: &mut Faults,
) -> Option<Extra> {
    let node = fields.optional(key)?;
    let mut inner = Fields::of(node, &fields.at(key), faults)?;
    let adds = key == "bonus";
    // A bonus without a limit would let extras outweigh what is evaluated.
    let cap = if adds || inner.optional("cap").is_some() { positive("cap", &mut inner, faults) } else { None };
    let limited = adds && inner.optional("total_at_most").is_some();
    let total_at_most = if limited { positive("total_at_most", &mut inner, faults) } else { None };
    let nodes = inner.list("items", faults);
    if nodes.is_empty() {
        inner.fault("items", "", "至少要有一项", "must hold at least one item", faults);
    }
    let items = nodes.into_iter().filter_map(|(node, at)| item(node, &at, policy, ids, faults)).collect();
    inner.finish(faults);
    Some(Extra { cap, total_at_most, items })
}

fn item(node: &Node, at: &str, policy: Policy, ids: &mut Ids, faults: &mut Faults) -> Option<ExtraItem> {
    let mut fields = Fields::of(node, at, faults)?;
    let id = ids.read(&mut fields, faults);
    let title = fields.both("title", faults);
    let unit = fields.text("unit", faults);
    let per_unit = positive("per_unit", &mut fields, faults);
    let max = if fields.optional("max").is_some() { positive("max", &mut fields, faults) } else { None };
    let evidence = match policy {
        Policy::Practice => fields.boolean("evidence", false, faults),
        Policy::Index => false,
    };
    fields.finish(faults);
    Some(ExtraItem { id: id?, title: title?, unit: unit?, per_unit: per_unit?, max, evidence })
}

fn veto(node: &Node, at: &str, grades: &[GradeBand], ids: &mut Ids, faults: &mut Faults) -> Option<VetoRule> {
    let mut fields = Fields::of(node, at, faults)?;
    let id = ids.read(&mut fields, faults);
    let title = fields.both("title", faults);
    let stated = fields.optional("at_least").is_some();
    let at_least = if stated { positive("at_least", &mut fields, faults) } else { Some(Decimal::ONE) };
    let score_at_most = fields.optional_decimal("score_at_most", faults);
    let grade = fields.optional_text("grade_at_most", faults);
    let place = grade.as_ref().and_then(|name| grades.iter().position(|band| band.title.zh == *name));
    if let Some(name) = grade.as_ref().filter(|_| place.is_none()) {
        let list = grades.iter().map(|band| band.title.zh.as_str()).collect::<Vec<_>>().join(", ");
        let (zh, en) = (format!("方案没有此等级；可用：{list}"), format!("no such grade; allowed: {list}"));
        fields.fault("grade_at_most", name, &zh, &en, faults);
    }
    if fields.optional("score_at_most").is_none() && grade.is_none() {
        let (zh, en) =
            ("应写明 score_at_most 或 grade_at_most", "must state what it does: score_at_most or grade_at_most");
        faults.add(at, fields.span(), "", zh, en);
    }
    fields.finish(faults);
    Some(VetoRule { id: id?, title: title?, at_least: at_least?, score_at_most, grade_at_most: place })
}
