//! What a Monte-Carlo run varies.

use std::collections::BTreeMap;

use marked_yaml::Node as Yaml;

use super::super::number::Number;
use super::super::scheme::Body;
use super::super::stage::{Imputation, Normalise, Stage, Treat};
use super::super::varied::{DataError, Distribution, ErrorSize, Uncertainty};
use super::super::weighting::Weighting;
use super::{parts, stages};
use crate::policy::Policy as Missing;
use crate::scheme::fields::{Faults, Fields};

/// Reads `uncertainty:`.
pub(super) fn uncertainty(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Uncertainty> {
    let mut rules = Uncertainty::default();
    let Some(node) = fields.optional("uncertainty") else { return Some(rules) };
    let mut inner = Fields::of(node, &fields.at("uncertainty"), faults)?;
    rules.replicates = count(&mut inner, "replicates", faults).unwrap_or(rules.replicates);
    rules.seed = count(&mut inner, "seed", faults).map_or(rules.seed, u64::from);
    if let Some(noise) = parts::optional_number(&mut inner, "weight_noise", faults) {
        if !(0.0..1.0).contains(&noise.get()) {
            let (zh, en) = ("应在 0 与 1 之间，不含 1", "must be within 0..1");
            inner.fault("weight_noise", &noise.to_string(), zh, en, faults);
        }
        rules.weight_noise = noise;
    }
    rules.impute = list(&mut inner, "impute", faults, stages::impute_alternative);
    rules.treat = list(&mut inner, "treat", faults, stages::treat_alternative);
    rules.normalise = list(&mut inner, "normalise", faults, stages::normalise);
    rules.aggregate = list(&mut inner, "aggregate", faults, stages::aggregate);
    rules.weights = list(&mut inner, "weights", faults, stages::weighting);
    rules.data_error = data_error(&mut inner, faults);
    inner.finish(faults);
    Some(rules)
}

fn count(fields: &mut Fields<'_>, key: &'static str, faults: &mut Faults) -> Option<u32> {
    let number = parts::optional_number(fields, key, faults)?;
    let whole = parts::whole(number);
    if whole.is_none() {
        fields.fault(key, &number.to_string(), "应为非负整数", "must be a whole number, not negative", faults);
    }
    whole
}

/// A list of methods, if the field is there.
fn list<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    faults: &mut Faults,
    read: impl Fn(&Yaml, &str, &mut Faults) -> Option<T>,
) -> Vec<T> {
    if fields.optional(key).is_none() {
        return Vec::new();
    }
    let nodes = fields.list(key, faults);
    nodes.into_iter().filter_map(|(node, at)| read(node, &at, faults)).collect()
}

fn data_error(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<DataError> {
    let node = fields.optional("data_error")?;
    let mut inner = Fields::of(node, &fields.at("data_error"), faults)?;
    let mut word = |key: &'static str, words: [(&'static str, bool); 2], faults: &mut Faults| {
        if inner.optional(key).is_some() { inner.word(key, &words, faults) } else { Some(words[0].1) }
    };
    let normal = word("distribution", [("normal", true), ("uniform", false)], faults);
    let per_cell = word("per", [("cell", true), ("indicator", false)], faults);
    let size = size(&mut inner, faults);
    let mut indicators = BTreeMap::new();
    if let Some(node) = inner.optional("indicators")
        && let Some(map) = Fields::of(node, &inner.at("indicators"), faults)
    {
        for (id, node) in map.entries() {
            let Some(mut one) = Fields::of(node, &map.at(id), faults) else { continue };
            indicators.insert(id.to_owned(), self::size(&mut one, faults));
            one.finish(faults);
        }
    }
    inner.finish(faults);
    let distribution = if normal? { Distribution::Normal } else { Distribution::Uniform };
    Some(DataError { distribution, per_indicator: !per_cell?, size, indicators })
}

fn size(fields: &mut Fields<'_>, faults: &mut Faults) -> ErrorSize {
    let mut part = |key: &'static str| {
        let number = parts::number_or(fields, key, 0.0, faults);
        if number.get() < 0.0 {
            fields.fault(key, &number.to_string(), "不能为负", "must not be negative", faults);
        }
        number
    };
    ErrorSize { absolute: part("absolute"), relative: part("relative") }
}

/// What can only be checked with the whole scheme before one.
pub(super) fn fits(body: &Body, node: &marked_yaml::Node, faults: &mut Faults) {
    let rules = &body.uncertainty;
    let mut own = Own::default();
    for stage in &body.stages {
        match stage {
            Stage::Impute(method) => own.impute.push(method),
            Stage::Treat(rule) => own.treat = Some(rule),
            Stage::Normalise { by } => own.normalise = Some(by),
            Stage::Aggregate(stage) => (own.aggregate, own.weights) = (Some(&stage.by), Some(&stage.weights)),
            Stage::Denominate | Stage::Screen(_) => {}
        }
    }
    let mut check = |key: &str, absent: bool, repeated: Option<usize>| {
        let mut add = |path: &str, zh: &str, en: &str| faults.add(path, node.span(), "", zh, en);
        if absent {
            let (zh, en) = ("方案没有这一阶段，无从替换", "the scheme has no such stage whose method could be another");
            add(&format!("uncertainty.{key}"), zh, en);
        }
        if let Some(at) = repeated {
            let (zh, en) = (
                "与方案本身的方法或前一备选相同；方案本身的方法总在其中",
                "is the scheme's own method, which always takes part, or stands twice",
            );
            add(&format!("uncertainty.{key}[{at}]"), zh, en);
        }
    };
    let stages = &own.impute;
    let repeated = repeated(&rules.impute, |method| stages.contains(&method));
    check("impute", stages.is_empty() && !rules.impute.is_empty(), repeated);
    let repeated = self::repeated(&rules.treat, |rule| rule.is_some() && rule.as_ref() == own.treat);
    check("treat", own.treat.is_none() && !rules.treat.is_empty(), repeated);
    let repeated = self::repeated(&rules.normalise, |method| Some(method) == own.normalise);
    check("normalise", own.normalise.is_none() && !rules.normalise.is_empty(), repeated);
    check("aggregate", false, self::repeated(&rules.aggregate, |method| Some(method) == own.aggregate));
    check("weights", false, self::repeated(&rules.weights, |from| Some(from) == own.weights));
    names(body, node, faults);
}

/// The methods of the stages.
#[derive(Default)]
struct Own<'b> {
    impute: Vec<&'b Imputation>,
    treat: Option<&'b Treat>,
    normalise: Option<&'b Normalise>,
    aggregate: Option<&'b super::super::aggregate::Aggregate>,
    weights: Option<&'b Weighting>,
}

/// The first that is the scheme's own or stood before.
fn repeated<T: PartialEq>(list: &[T], is_own: impl Fn(&T) -> bool) -> Option<usize> {
    (0..list.len()).find(|&at| is_own(&list[at]) || list[..at].contains(&list[at]))
}

/// Columns, weight sets and indicators that the alternatives name.
fn names(body: &Body, node: &marked_yaml::Node, faults: &mut Faults) {
    let rules = &body.uncertainty;
    let mut add = |path: &str, value: &str, zh: &str, en: &str| faults.add(path, node.span(), value, zh, en);
    for (at, method) in rules.impute.iter().enumerate() {
        if let Some(group) = method.by.group().filter(|group| !body.data.groups.iter().any(|name| name == group)) {
            let (zh, en) = ("分组列须列在 data.groups", "must be listed in data.groups");
            add(&format!("uncertainty.impute[{at}].group"), group, zh, en);
        }
    }
    for (at, from) in rules.weights.iter().enumerate() {
        if let Weighting::Set { name } = from
            && !body.weight_sets.contains_key(name)
        {
            add(&format!("uncertainty.weights[{at}]"), name, "没有此权重组", "there is no such weight set");
        }
    }
    for (at, method) in rules.aggregate.iter().enumerate() {
        if body.root.children().iter().any(|child| !child.children().is_empty()) && method.lower_is_better() {
            let (zh, en) = (
                "此方法得分越低越好，只能用于指数本身",
                "the method's score is better when low: it can only be that of the index itself",
            );
            add(&format!("uncertainty.aggregate[{at}]"), "", zh, en);
        }
    }
    let mut nodes = Vec::new();
    super::nodes(&body.root, &mut nodes);
    let leaves: Vec<_> = nodes.into_iter().filter(|node| node.indicator().is_some()).collect();
    for (at, method) in rules.normalise.iter().enumerate() {
        if body.missing.states(Missing::Zero) && method.low_end().is_none() {
            let (zh, en) = ("missing: zero 需要有最低分的标准化", "missing: zero needs a scale with a low end");
            add(&format!("uncertainty.normalise[{at}]"), "", zh, en);
        }
        for leaf in leaves.iter().filter_map(|leaf| leaf.indicator().map(|indicator| (&leaf.id, indicator))) {
            let to_target = matches!(method, Normalise::DistanceToTarget { .. } | Normalise::Attainment { .. });
            let lacks = (matches!(method, Normalise::Goalposts { .. }) && leaf.1.goalposts.is_none())
                || (to_target && leaf.1.target.is_none())
                || (matches!(method, Normalise::Attainment { .. }) && leaf.1.baseline.is_none())
                || (matches!(method, Normalise::Bands { .. }) && leaf.1.bands.is_empty());
            if lacks && leaf.1.normalise.is_none() {
                let (zh, en) = (
                    "此指标缺少该标准化所需的数",
                    "the indicator lacks the goalposts, target, baseline or bands of it",
                );
                add(&format!("uncertainty.normalise[{at}]"), leaf.0, zh, en);
            }
        }
    }
    for id in rules.data_error.iter().flat_map(|error| error.indicators.keys()) {
        if !leaves.iter().any(|leaf| leaf.id == *id) {
            let path = format!("uncertainty.data_error.indicators.{id}");
            add(&path, id, "方案中没有此指标", "the scheme has no such indicator");
        }
    }
    let silent = |size: &ErrorSize| size.absolute == Number::of(0.0) && size.relative == Number::of(0.0);
    if let Some(error) = &rules.data_error
        && silent(&error.size)
        && error.indicators.values().all(silent)
    {
        let (zh, en) = ("误差全为 0；请给出 relative 或 absolute", "no error is above 0: state relative or absolute");
        add("uncertainty.data_error", "0", zh, en);
    }
}
