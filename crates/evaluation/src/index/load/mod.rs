//! From YAML to a checked scheme of a composite index.

mod parts;
mod stages;
mod tree;
mod uncertainty;

use std::collections::BTreeMap;

use super::number::Number;
use super::scheme::{Body, DataRules, IndexScheme, Indicator, Kind, Node, RankBy, ResultRules, Rounding, Ties};
use super::stage::{Normalise, Stage};
use super::weighting::Weighting;
use crate::digest;
use crate::formula::Units;
use crate::policy::{Policies, Policy as Missing};
use crate::scheme::fields::{Faults, Fields};
use crate::scheme::{Draft, Formulas, Ids, Policy, SchemeErrors, checked, grades, read_inputs, read_outside};

/// The word of `kind:` at the head of the file.
pub(crate) const KIND: &str = "index";

/// Reads and checks a scheme.
pub(super) fn scheme(text: &str) -> Result<IndexScheme, SchemeErrors> {
    checked(text, body).map(|(body, json)| IndexScheme { digest: digest::sha256_of(&json), body })
}

fn body(node: &marked_yaml::Node, faults: &mut Faults) -> Option<Body> {
    let mut fields = Fields::of(node, "", faults)?;
    fields.word("kind", &[(KIND, ())], faults);
    let id = fields.text("id", faults);
    let version = fields.text("version", faults);
    let title = fields.both("title", faults);
    let data = data(&mut fields, faults);
    let weight_sets = weight_sets(&mut fields, faults);
    let (mut ids, mut formulas) = (Ids::default(), Formulas::default());
    let inputs = read_inputs(&mut fields, &mut ids, faults);
    let mut root = tree::root(&mut fields, (&mut ids, &mut formulas), faults);
    bind(root.as_mut(), &inputs, (&formulas, &ids), faults);
    let stages = stages::stages(&mut fields, faults);
    let result = result(&mut fields, faults);
    let uncertainty = uncertainty::uncertainty(&mut fields, faults);
    let bands = result.as_ref().map(|result| result.grades.as_slice()).unwrap_or_default();
    let outside = read_outside(&mut fields, bands, Policy::Index, &mut ids, faults);
    let every = [Missing::Impute, Missing::LeaveOut, Missing::Zero, Missing::Hold];
    let missing = Policies::read(&mut fields, &every, faults);
    fields.finish(faults);
    let body = Body {
        id: id?,
        version: version?,
        title: title?,
        data: data?,
        inputs,
        outside,
        weight_sets,
        root: root?,
        stages,
        result: result?,
        uncertainty: uncertainty?,
        missing,
    };
    fits(&body, node, faults);
    uncertainty::fits(&body, node, faults);
    Some(body)
}

/// Checks the formulas of all indicators.
fn bind(
    root: Option<&mut Node>,
    inputs: &BTreeMap<String, String>,
    (formulas, ids): (&Formulas, &Ids),
    faults: &mut Faults,
) {
    let Some(root) = root else { return };
    let mut units = Units::default();
    inputs.iter().for_each(|(name, unit)| units.add(name, unit));
    let mut leaves = Vec::new();
    root.leaves_mut(&mut leaves);
    for leaf in &leaves {
        if let Some(indicator) = leaf.indicator() {
            units.add(&leaf.id, &indicator.unit);
        }
    }
    let mut drafts = Vec::new();
    for leaf in leaves {
        if let Node { id, kind: Kind::Indicator(indicator), .. } = leaf
            && let Indicator { unit, formula: Some(formula), .. } = &mut **indicator
        {
            drafts.push(Draft { id, unit, formula });
        }
    }
    formulas.bind(drafts, &units, ids, faults);
}

fn data(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<DataRules> {
    let Some(node) = fields.optional("data") else { return Some(DataRules::default()) };
    let mut inner = Fields::of(node, &fields.at("data"), faults)?;
    let rules = DataRules {
        period: parts::texts(&mut inner, "period", faults),
        groups: parts::texts(&mut inner, "groups", faults),
        denominators: parts::texts(&mut inner, "denominators", faults),
        name: inner.optional_text("name", faults),
    };
    inner.finish(faults);
    Some(rules)
}

fn weight_sets(fields: &mut Fields<'_>, faults: &mut Faults) -> BTreeMap<String, BTreeMap<String, Number>> {
    let mut sets = BTreeMap::new();
    let Some(node) = fields.optional("weight_sets") else { return sets };
    let Some(inner) = Fields::of(node, &fields.at("weight_sets"), faults) else { return sets };
    for (name, set) in inner.entries() {
        let at = inner.at(name);
        let Some(set) = Fields::of(set, &at, faults) else { continue };
        let mut weights = BTreeMap::new();
        for (id, weight) in set.entries() {
            if let Some(weight) = parts::number(weight, &set.at(id), faults) {
                if weight.get() < 0.0 {
                    set.fault(id, &weight.to_string(), "权重不能为负", "must not be negative", faults);
                }
                weights.insert(id.to_owned(), weight);
            }
        }
        sets.insert(name.to_owned(), weights);
    }
    sets
}

fn result(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<ResultRules> {
    let mut rules = ResultRules {
        decimals: None,
        rounding: Rounding::HalfUp,
        rank_by: RankBy::Computed,
        ties: Ties::Min,
        min_coverage: Number::of(0.0),
        grades: Vec::new(),
    };
    let Some(node) = fields.optional("result") else { return Some(rules) };
    let mut inner = Fields::of(node, &fields.at("result"), faults)?;
    if let Some(decimals) = parts::optional_number(&mut inner, "decimals", faults) {
        rules.decimals = parts::whole(decimals).filter(|decimals| *decimals <= 12);
        if rules.decimals.is_none() {
            let (zh, en) = ("应为 0–12 的整数", "must be a whole number of 0..=12");
            inner.fault("decimals", &decimals.to_string(), zh, en, faults);
        }
    }
    if inner.optional("rounding").is_some() {
        let words = [("half_up", Rounding::HalfUp), ("half_even", Rounding::HalfEven)];
        rules.rounding = inner.word("rounding", &words, faults)?;
    }
    if inner.optional("rank_by").is_some() {
        let words = [("printed", RankBy::Printed), ("computed", RankBy::Computed)];
        rules.rank_by = inner.word("rank_by", &words, faults)?;
    }
    rules.ties = parts::ties(&mut inner, faults);
    rules.min_coverage = parts::share(&mut inner, "min_coverage", 0.0, faults);
    if inner.optional("grades").is_some() {
        rules.grades = grades(&mut inner, false, faults);
    }
    inner.finish(faults);
    Some(rules)
}

/// What can only be checked with the whole scheme before one.
fn fits(body: &Body, node: &marked_yaml::Node, faults: &mut Faults) {
    let mut ids = Vec::new();
    nodes(&body.root, &mut ids);
    let mut add = |path: &str, value: &str, zh: &str, en: &str| faults.add(path, node.span(), value, zh, en);
    if lower_is_better(body) && !body.outside.is_empty() {
        let (zh, en) = (
            "得分越低越好的指数不能加减分、不能否决",
            "an index whose low score is best has no bonus, deductions or veto",
        );
        add("bonus", "", zh, en);
    }
    for (name, set) in &body.weight_sets {
        for id in set.keys().filter(|id| !ids.iter().any(|node| node.id == **id)) {
            add(&format!("weight_sets.{name}.{id}"), id, "方案中没有此节点", "the scheme has no such node");
        }
    }
    let set_missing = |weighting: &Weighting| match weighting {
        Weighting::Set { name } if !body.weight_sets.contains_key(name) => Some(name.clone()),
        Weighting::Set { .. } | Weighting::Given | Weighting::Equal | Weighting::Computed { .. } => None,
    };
    for node in &ids {
        let (at, children) = (format!("({})", node.id), node.children());
        if !children.is_empty() && children.iter().all(|child| child.weight.get() == 0.0) {
            add(&at, "0", "下级权重不能全为 0", "the weights of the children must not all be 0");
        }
        let of_stage = body.stages.iter().find_map(|stage| match stage {
            Stage::Aggregate(stage) => Some(&stage.by),
            Stage::Denominate | Stage::Screen(_) | Stage::Impute(_) | Stage::Treat(_) | Stage::Normalise { .. } => None,
        });
        let method = match &node.kind {
            Kind::Group(group) => group.aggregate.as_ref().or(of_stage),
            Kind::Indicator(_) => None,
        };
        if node.id != body.root.id && method.is_some_and(super::aggregate::Aggregate::lower_is_better) {
            let (zh, en) = (
                "此方法得分越低越好，只能用于指数本身",
                "the method's score is better when low: it can only be that of the index itself",
            );
            add(&format!("{at}.aggregate"), "", zh, en);
        }
        if let Kind::Group(group) = &node.kind
            && let Some(name) = group.weights.as_ref().and_then(set_missing)
        {
            add(&format!("{at}.weights"), &name, "没有此权重组", "there is no such weight set");
        }
        let Some(indicator) = node.indicator() else { continue };
        if let Some(denominator) = &indicator.denominator
            && !body.data.denominators.contains(&denominator.column)
        {
            let (zh, en) = ("分母须列在 data.denominators", "must be listed in data.denominators");
            add(&format!("{at}.denominator"), &denominator.column, zh, en);
        }
        let stage = body.stages.iter().find_map(|stage| match stage {
            Stage::Normalise { by } => Some(by),
            Stage::Denominate | Stage::Screen(_) | Stage::Impute(_) | Stage::Treat(_) | Stage::Aggregate(_) => None,
        });
        match indicator.normalise.as_ref().or(stage) {
            Some(Normalise::Goalposts { .. }) if indicator.goalposts.is_none() => {
                add(&format!("{at}.goalposts"), "", "此标准化方法需要上下限", "this normalisation needs goalposts");
            }
            Some(Normalise::Attainment { .. }) if indicator.baseline.is_none() => {
                add(&format!("{at}.baseline"), "", "此标准化方法需要基期值", "this normalisation needs a baseline");
            }
            Some(Normalise::Bands { .. }) if indicator.bands.is_empty() => {
                add(&format!("{at}.bands"), "", "此标准化方法需要分档", "this normalisation needs bands");
            }
            Some(Normalise::DistanceToTarget { .. } | Normalise::Attainment { .. }) if indicator.target.is_none() => {
                add(&format!("{at}.target"), "", "此标准化方法需要目标值", "this normalisation needs a target");
            }
            _ => {}
        }
        let method = indicator.normalise.as_ref().or(stage);
        if body.missing.states(Missing::Zero) && method.and_then(Normalise::low_end).is_none() {
            let (zh, en) = (
                "missing: zero 需要有最低分的标准化：minmax, distance_to_max, goalposts, percentile_rank, borda",
                "missing: zero needs a scale with a low end: minmax, distance_to_max, goalposts, percentile_rank, borda",
            );
            add(&format!("{at}.normalise"), "", zh, en);
        }
    }
    for (index, stage) in body.stages.iter().enumerate() {
        match stage {
            Stage::Impute(rule) => {
                if let Some(group) = rule.by.group().filter(|group| !body.data.groups.iter().any(|name| name == group))
                {
                    let (zh, en) = ("分组列须列在 data.groups", "must be listed in data.groups");
                    add(&format!("stages[{index}].group"), group, zh, en);
                }
            }
            Stage::Aggregate(rule) => {
                if let Some(name) = set_missing(&rule.weights) {
                    let (zh, en) = ("没有此权重组", "there is no such weight set");
                    add(&format!("stages[{index}].weights"), &name, zh, en);
                }
            }
            Stage::Denominate | Stage::Screen(_) | Stage::Treat(_) | Stage::Normalise { .. } => {}
        }
    }
}

/// Whether the smallest score of the index is the best.
fn lower_is_better(body: &Body) -> bool {
    let own = match &body.root.kind {
        Kind::Group(group) => group.aggregate.as_ref(),
        Kind::Indicator(_) => None,
    };
    let of_stage = body.stages.iter().find_map(|stage| match stage {
        Stage::Aggregate(stage) => Some(&stage.by),
        Stage::Denominate | Stage::Screen(_) | Stage::Impute(_) | Stage::Treat(_) | Stage::Normalise { .. } => None,
    });
    own.or(of_stage).is_some_and(super::aggregate::Aggregate::lower_is_better)
}

fn nodes<'n>(node: &'n Node, into: &mut Vec<&'n Node>) {
    into.push(node);
    node.children().iter().for_each(|child| nodes(child, into));
}
