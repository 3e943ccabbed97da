//! From YAML to a checked scheme.

use std::collections::BTreeMap;

use marked_yaml::{LoadError, LoaderOptions, Marker, Node};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value as Json;
use yaml_rust2::parser::{Event, Parser};

use super::fields::{Faults, Fields, scalar};
use super::{Body, Endorser, Group, IndicatorRule, Printing, Scheme, SchemeErrors, SchemeFault, SharedRank};
use crate::digest;
use crate::formula::Units;
use crate::policy::{Policies, Policy as Missing};
use crate::text::Text;

mod formulas;
mod framework;
mod grades;
mod ids;
mod method;
mod outside;
mod tree;

pub(crate) use formulas::{Draft, Formulas, inputs};
pub(crate) use grades::grades;
pub(crate) use ids::Ids;
pub(crate) use outside::{Policy, outside};
use tree::Loader;

/// YAML nested deeper than this is refused before it is read: parser and destructor of a tree recurse, and a scheme may
/// come from outside. It leaves room for [`MAX_DEPTH`] groups (a list and a mapping each) and their indicators.
const MAX_NESTING: usize = 64;

/// The word of `kind:` at the head of a scheme of this model; it may be left out.
const KIND: &str = "practice";

/// The nodes of a YAML text, or why it has none.
pub(crate) fn root(text: &str) -> Result<Node, SchemeErrors> {
    if let Some(line) = too_deep(text) {
        let rule = Text::new("嵌套过深（最多64层）", "nested more than 64 levels deep");
        return Err(SchemeErrors(vec![SchemeFault {
            path: String::new(),
            line: Some(line),
            value: String::new(),
            rule,
        }]));
    }
    let options = LoaderOptions::default().error_on_duplicate_keys(true);
    marked_yaml::parse_yaml_with_options(0, text, options).map_err(|error| SchemeErrors(vec![syntax_fault(&error)]))
}

/// The word of `kind:` at the head of a scheme, if there is one.
pub(crate) fn kind(root: &Node) -> Option<&str> {
    root.as_mapping()?.get_scalar("kind").map(|kind| kind.as_str().trim())
}

/// Reads a scheme of any kind: what `read` makes of its nodes and the canonical JSON of that, or every fault by line.
pub(crate) fn checked<B: Serialize>(
    text: &str,
    read: impl FnOnce(&Node, &mut Faults) -> Option<B>,
) -> Result<(B, Json), SchemeErrors> {
    let root = root(text)?;
    let mut faults = Faults::default();
    let body = read(&root, &mut faults);
    if faults.0.is_empty()
        && let Some(body) = body
    {
        match serde_json::to_value(&body) {
            Ok(json) => return Ok((body, json)),
            Err(error) => faults.add("", root.span(), "", &error.to_string(), &error.to_string()),
        }
    }
    faults.0.sort_by_key(|fault| fault.line);
    Err(SchemeErrors(faults.0))
}

/// Reads and checks a scheme.
pub(super) fn scheme(text: &str) -> Result<Scheme, SchemeErrors> {
    checked(text, body).map(|(body, json)| finished(body, &json))
}

/// The line where the nesting passes its limit. Events are read one by one, without recursion; a syntax error ends the
/// search and is left to the parser.
fn too_deep(text: &str) -> Option<usize> {
    let mut parser = Parser::new_from_str(text);
    let mut depth = 0_usize;
    while let Ok((event, marker)) = parser.next_token() {
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            Event::StreamEnd => return None,
            Event::Nothing
            | Event::StreamStart
            | Event::DocumentStart
            | Event::DocumentEnd
            | Event::Alias(..)
            | Event::Scalar(..) => {}
        }
        if depth > MAX_NESTING {
            return Some(marker.line());
        }
    }
    None
}

fn finished(body: Body, json: &Json) -> Scheme {
    Scheme { digest: digest::sha256_of(json), body }
}

fn syntax_fault(error: &LoadError) -> SchemeFault {
    let marker: Option<&Marker> = match error {
        LoadError::TopLevelMustBeMapping(marker)
        | LoadError::TopLevelMustBeSequence(marker)
        | LoadError::UnexpectedAnchor(marker)
        | LoadError::MappingKeyMustBeScalar(marker)
        | LoadError::UnexpectedTag(marker)
        | LoadError::ScanError(marker, _) => Some(marker),
        LoadError::DuplicateKey(keys) => keys.key.span().start(),
    };
    let en = error.to_string();
    SchemeFault {
        path: String::new(),
        line: marker.map(Marker::line),
        value: String::new(),
        rule: Text::new(format!("YAML 语法错误：{en}"), format!("YAML syntax: {en}")),
    }
}

fn body(root: &Node, faults: &mut Faults) -> Option<Body> {
    let mut fields = Fields::of(root, "", faults)?;
    if fields.optional("kind").is_some() && kind(root) != Some(KIND) {
        // A scheme of another kind is read by its own model; see `Plan`.
        let word = kind(root).unwrap_or_default().to_owned();
        let list = "practice, index, joint";
        fields.fault("kind", &word, &format!("只能是：{list}"), &format!("must be one of: {list}"), faults);
    }
    let id = fields.text("id", faults);
    let version = fields.text("version", faults);
    let title = fields.both("title", faults);
    let min_coverage = fields.decimal("min_coverage", faults);
    if let Some(share) = min_coverage.filter(|share| *share < Decimal::ZERO || *share > Decimal::ONE) {
        fields.fault("min_coverage", &share.to_string(), "应在 0 与 1 之间", "must be within 0..=1", faults);
    }
    let over_fulfilment_flag = fields.decimal("over_fulfilment_flag", faults);
    if let Some(ratio) = over_fulfilment_flag.filter(|ratio| *ratio < Decimal::ONE) {
        fields.fault("over_fulfilment_flag", &ratio.to_string(), "不能小于 1", "must be at least 1", faults);
    }
    let grades = grades(&mut fields, true, faults);
    let endorsements = endorsements(&mut fields, faults);
    let (mut ids, mut formulas) = (Ids::default(), Formulas::default());
    let inputs = inputs(&mut fields, &mut ids, faults);
    let mut loader = Loader { faults, ids: &mut ids, formulas: &mut formulas };
    let mut groups = loader.groups(&mut fields, &[], Decimal::ONE_HUNDRED, 0);
    if groups.is_empty() {
        fields.fault("groups", "", "至少要有一个分组", "must hold at least one group", faults);
    }
    bind(&mut groups, &inputs, (&formulas, &ids), faults);
    let result = printing(&mut fields, faults);
    let framework = framework::framework(&mut fields, &groups, faults);
    let outside = outside(&mut fields, &grades, Policy::Practice, &mut ids, faults);
    let missing = Policies::read(&mut fields, &[Missing::Zero, Missing::LeaveOut, Missing::Hold], faults);
    fields.finish(faults);
    Some(Body {
        id: id?,
        version: version?,
        title: title?,
        min_coverage: min_coverage?,
        over_fulfilment_flag: over_fulfilment_flag?,
        grades,
        groups,
        endorsements,
        result,
        framework,
        inputs,
        outside,
        missing,
    })
}

/// Checks the formulas of all indicators.
fn bind(
    groups: &mut [Group],
    inputs: &BTreeMap<String, String>,
    (formulas, ids): (&Formulas, &Ids),
    faults: &mut Faults,
) {
    let mut units = Units::default();
    inputs.iter().for_each(|(name, unit)| units.add(name, unit));
    for group in &*groups {
        let mut rules = Vec::new();
        group.collect(&mut rules);
        rules.into_iter().for_each(|rule| units.add(&rule.id, &rule.unit));
    }
    let mut rules = Vec::new();
    groups.iter_mut().for_each(|group| group.collect_mut(&mut rules));
    let mut drafts = Vec::new();
    for rule in rules {
        if let IndicatorRule { id, unit, formula: Some(formula), .. } = rule {
            drafts.push(Draft { id, unit, formula });
        }
    }
    formulas.bind(drafts, &units, ids, faults);
}

/// `result: {decimals, ties}`
fn printing(fields: &mut Fields<'_>, faults: &mut Faults) -> Printing {
    let mut rules = Printing::default();
    let Some(node) = fields.optional("result") else { return rules };
    let Some(mut inner) = Fields::of(node, &fields.at("result"), faults) else { return rules };
    if let Some(decimals) = inner.optional_decimal("decimals", faults) {
        match u32::try_from(decimals).ok().filter(|places| decimals.is_integer() && *places <= 6) {
            Some(places) => rules.decimals = places,
            None => {
                let (zh, en) = ("应为 0–6 的整数", "must be a whole number of 0..=6");
                inner.fault("decimals", &decimals.to_string(), zh, en, faults);
            }
        }
    }
    if inner.optional("ties").is_some() {
        let words = [("min", SharedRank::Min), ("max", SharedRank::Max), ("dense", SharedRank::Dense)];
        rules.ties = inner.word("ties", &words, faults).unwrap_or(rules.ties);
    }
    inner.finish(faults);
    rules
}

/// The approvals that a submission needs; each once, in the order of the procedure whatever the order of the file.
fn endorsements(fields: &mut Fields<'_>, faults: &mut Faults) -> Vec<Endorser> {
    let mut demanded = Vec::new();
    for (node, at) in fields.list("endorsements", faults) {
        let Some(word) = scalar(node, &at, faults) else { continue };
        match word {
            "reviewer" => demanded.push(Endorser::Reviewer),
            "signatory" => demanded.push(Endorser::Signatory),
            other => {
                faults.add(
                    &at,
                    node.span(),
                    other,
                    "只能是：reviewer, signatory",
                    "must be one of: reviewer, signatory",
                );
            }
        }
    }
    demanded.sort_unstable();
    demanded.dedup();
    demanded
}
