//! The tree of nodes.

use marked_yaml::Node as Yaml;

use super::super::scheme::{Band, Denominator, Direction, Goalposts, Group, Indicator, Kind, Node};
use super::{parts, stages};
use crate::scheme::fields::{Faults, Fields};
use crate::scheme::{Formulas, Ids};
use crate::text::Text;

/// Deeper trees are a mistake.
const MAX_DEPTH: usize = 16;

/// Reads `index:`, the top of the tree.
pub(super) fn root(
    fields: &mut Fields<'_>,
    (ids, formulas): (&mut Ids, &mut Formulas),
    faults: &mut Faults,
) -> Option<Node> {
    let node = fields.required("index", faults)?;
    let at = fields.at("index");
    let read = Tree { ids, formulas }.node(node, &at, 0, faults)?;
    if read.indicator().is_some() {
        faults.add(&at, node.span(), &read.id, "指数应有下级 children", "the index must have children");
        return None;
    }
    Some(read)
}

struct Tree<'i> {
    ids: &'i mut Ids,
    formulas: &'i mut Formulas,
}

impl Tree<'_> {
    fn node(&mut self, node: &Yaml, at: &str, depth: usize, faults: &mut Faults) -> Option<Node> {
        let mut fields = Fields::of(node, at, faults)?;
        let id = self.ids.read(&mut fields, faults);
        let title = match (fields.optional("title").is_some(), &id) {
            (false, Some(id)) => Some(Text::new(id.clone(), id.clone())),
            (true, _) | (false, None) => fields.both("title", faults),
        };
        let weight = parts::number_or(&mut fields, "weight", 1.0, faults);
        if weight.get() < 0.0 {
            fields.fault("weight", &weight.to_string(), "权重不能为负", "must not be negative", faults);
        }
        let kind = if fields.optional("children").is_some() {
            self.group(&mut fields, depth, faults).map(Kind::Group)
        } else {
            self.indicator(&mut fields, id.as_deref(), faults).map(|indicator| Kind::Indicator(Box::new(indicator)))
        };
        fields.finish(faults);
        Some(Node { id: id?, title: title?, weight, kind: kind? })
    }

    fn group(&mut self, fields: &mut Fields<'_>, depth: usize, faults: &mut Faults) -> Option<Group> {
        let at = fields.at("aggregate");
        let aggregate = fields.optional("aggregate").map(|node| stages::aggregate(node, &at, faults));
        let at = fields.at("weights");
        let weights = fields.optional("weights").map(|node| stages::weighting(node, &at, faults));
        if depth >= MAX_DEPTH {
            fields.fault("children", "", "层次过深（最多16层）", "more than 16 levels", faults);
            return None;
        }
        let nodes = fields.list("children", faults);
        if nodes.is_empty() {
            fields.fault("children", "", "至少要有一个下级", "must hold at least one child", faults);
        }
        let count = nodes.len();
        let children: Vec<Node> =
            nodes.into_iter().filter_map(|(node, at)| self.node(node, &at, depth + 1, faults)).collect();
        (children.len() == count && count > 0).then_some(())?;
        // A method that was given and could not be read is a fault, not a default.
        let aggregate = match aggregate {
            Some(read) => Some(read?),
            None => None,
        };
        let weights = match weights {
            Some(read) => Some(read?),
            None => None,
        };
        Some(Group { aggregate, weights, children })
    }

    fn indicator(&mut self, fields: &mut Fields<'_>, id: Option<&str>, faults: &mut Faults) -> Option<Indicator> {
        let unit = fields.optional_text("unit", faults).unwrap_or_default();
        let direction = direction(fields, faults);
        let columns = parts::texts(fields, "columns", faults);
        let formula = self.formulas.read(fields, id, faults);
        let denominator = denominator(fields, faults);
        let target = parts::optional_number(fields, "target", faults);
        let baseline = parts::optional_number(fields, "baseline", faults);
        let bands = bands(fields, faults);
        let goalposts = goalposts(fields, faults);
        let at = fields.at("normalise");
        let normalise = fields.optional("normalise").map(|node| stages::normalise(node, &at, faults));
        let treat = fields.boolean("treat", true, faults);
        let optional = fields.boolean("optional", false, faults);
        let department = fields.optional_text("department", faults);
        let admissible = admissible(fields, faults);
        if goalposts.is_some() && matches!(direction, Some(Direction::Range { .. })) {
            let (zh, en) = ("区间型、中间型指标不用上下限", "an indicator with a best range has no goalposts");
            fields.fault("goalposts", "", zh, en, faults);
        }
        let normalise = match normalise {
            Some(read) => Some(read?),
            None => None,
        };
        if formula.is_some() && !columns.is_empty() {
            let (zh, en) = ("由公式计算的指标没有数据列", "an indicator with a formula has no column");
            fields.fault("columns", "", zh, en, faults);
        }
        Some(Indicator {
            unit,
            direction: direction?,
            columns,
            formula,
            denominator,
            target,
            baseline,
            bands,
            goalposts,
            normalise,
            treat,
            optional,
            admissible,
            department,
        })
    }
}

/// `admissible: [a, b]`, the values that the indicator can have.
fn admissible(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<(super::Number, super::Number)> {
    let ends: Vec<_> =
        fields.list("admissible", faults).into_iter().map(|(node, at)| parts::number(node, &at, faults)).collect();
    match ends.as_slice() {
        [Some(low), Some(high)] if low < high => Some((*low, *high)),
        _ => {
            if fields.optional("admissible").is_some() {
                fields.fault("admissible", "", "应为 [最小值, 最大值]，前者较小", "must be [least, greatest]", faults);
            }
            None
        }
    }
}

/// `higher_better`, `lower_better`, `{middle: x}` or `{range: [a, b]}`.
fn direction(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Direction> {
    let node = fields.required("direction", faults)?;
    let at = fields.at("direction");
    let Yaml::Mapping(_) = node else {
        let words = [("higher_better", Direction::HigherBetter), ("lower_better", Direction::LowerBetter)];
        return fields.word("direction", &words, faults);
    };
    let mut inner = Fields::of(node, &at, faults)?;
    let middle = parts::optional_number(&mut inner, "middle", faults);
    let ends: Vec<_> =
        inner.list("range", faults).into_iter().map(|(node, at)| parts::number(node, &at, faults)).collect();
    inner.finish(faults);
    match (middle, ends.as_slice()) {
        (Some(best), []) => Some(Direction::Range { from: best, to: best }),
        (None, [Some(from), Some(to)]) if from <= to => Some(Direction::Range { from: *from, to: *to }),
        _ => {
            let (zh, en) =
                ("应为 {middle: x} 或 {range: [a, b]}，a ≤ b", "must be {middle: x} or {range: [a, b]}, a ≤ b");
            faults.add(&at, node.span(), "", zh, en);
            None
        }
    }
}

/// A column, or `{column: …, factor: …}`.
fn denominator(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Denominator> {
    let node = fields.optional("denominator")?;
    if let Yaml::Scalar(_) = node {
        let column = fields.optional_text("denominator", faults)?;
        return Some(Denominator { column, factor: super::Number::of(1.0) });
    }
    let mut inner = Fields::of(node, &fields.at("denominator"), faults)?;
    let column = inner.text("column", faults);
    let factor = parts::number_or(&mut inner, "factor", 1.0, faults);
    if factor.get() <= 0.0 {
        inner.fault("factor", &factor.to_string(), "应大于 0", "must be above 0", faults);
    }
    inner.finish(faults);
    Some(Denominator { column: column?, factor })
}

/// `bands: [{from: 60, score: 60}, …]`, rising.
fn bands(fields: &mut Fields<'_>, faults: &mut Faults) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    for (node, at) in fields.list("bands", faults) {
        let Some(mut inner) = Fields::of(node, &at, faults) else { continue };
        let (from, score) = (parts::required(&mut inner, "from", faults), parts::required(&mut inner, "score", faults));
        if let (Some(from), Some(last)) = (from, bands.last())
            && from <= last.from
        {
            inner.fault("from", &from.to_string(), "分档起点应由低到高", "must rise from band to band", faults);
        }
        inner.finish(faults);
        if let (Some(from), Some(score)) = (from, score) {
            bands.push(Band { from, score });
        }
    }
    bands
}

fn goalposts(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Goalposts> {
    let node = fields.optional("goalposts")?;
    let mut inner = Fields::of(node, &fields.at("goalposts"), faults)?;
    let (min, max) = (parts::required(&mut inner, "min", faults), parts::required(&mut inner, "max", faults));
    let log = inner.boolean("log", false, faults);
    let floor = inner.boolean("floor", true, faults);
    let cap = inner.boolean("cap", true, faults);
    if let (Some(min), Some(max)) = (min, max) {
        if min >= max {
            inner.fault("max", &max.to_string(), "上限应大于下限", "must be above min", faults);
        }
        if log && min.get() <= 0.0 {
            inner.fault("min", &min.to_string(), "取对数时下限应大于 0", "must be above 0 with log", faults);
        }
    }
    inner.finish(faults);
    Some(Goalposts { min: min?, max: max?, log, floor, cap })
}
