//! From YAML to a checked scheme.

use std::collections::BTreeMap;

use marked_yaml::{LoadError, LoaderOptions, Marker, Node, Span};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use yaml_rust2::parser::{Event, Parser};

use super::fields::{Faults, Fields, scalar};
use super::{
    Body, Direction, Endorser, FallbackTarget, GradeBand, Group, IndicatorRule, Method, RateKind, RateScore, Scheme,
    SchemeErrors, SchemeFault,
};
use crate::digest;
use crate::exact::Exact;
use crate::text::Text;

/// Deeper trees are a mistake, and reading them recursively would let a file overflow the stack.
const MAX_DEPTH: usize = 16;

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

/// Reads and checks a scheme.
pub(super) fn scheme(text: &str) -> Result<Scheme, SchemeErrors> {
    let root = root(text)?;
    let mut loader = Loader::default();
    let body = loader.body(&root);
    let mut faults = loader.faults;
    if faults.0.is_empty()
        && let Some(body) = body
    {
        match serde_json::to_value(&body) {
            Ok(json) => return Ok(finished(body, &json)),
            Err(error) => faults.add("", root.span(), "", &error.to_string(), &error.to_string()),
        }
    }
    faults.0.sort_by_key(|fault| fault.line);
    Err(SchemeErrors(faults.0))
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

#[derive(Default)]
struct Loader {
    faults: Faults,
    /// Ids of groups and indicators with the place of their first use.
    ids: BTreeMap<String, String>,
}

impl Loader {
    fn body(&mut self, root: &Node) -> Option<Body> {
        let faults = &mut self.faults;
        let mut fields = Fields::of(root, "", faults)?;
        if fields.optional("kind").is_some() {
            fields.word("kind", &[(KIND, ())], faults);
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
        let groups = self.groups(&mut fields, &[], Decimal::ONE_HUNDRED, 0);
        if groups.is_empty() {
            fields.fault("groups", "", "至少要有一个分组", "must hold at least one group", &mut self.faults);
        }
        fields.finish(&mut self.faults);
        Some(Body {
            id: id?,
            version: version?,
            title: title?,
            min_coverage: min_coverage?,
            over_fulfilment_flag: over_fulfilment_flag?,
            grades,
            groups,
            endorsements,
        })
    }

    /// The groups of a node, whose weights must sum to the weight of the node.
    fn groups(&mut self, fields: &mut Fields<'_>, path: &[String], total: Decimal, depth: usize) -> Vec<Group> {
        let nodes = fields.list("groups", &mut self.faults);
        if nodes.is_empty() {
            return Vec::new();
        }
        if depth >= MAX_DEPTH {
            fields.fault("groups", "", "分组层次过深（最多16层）", "more than 16 levels of groups", &mut self.faults);
            return Vec::new();
        }
        let count = nodes.len();
        let groups: Vec<Group> =
            nodes.into_iter().filter_map(|(node, at)| self.group(node, &at, path, depth)).collect();
        // A group that could not be read would make the sum wrong only in appearance.
        let sum: Exact = groups.iter().map(|group| Exact::from(group.weight)).collect::<Vec<_>>().iter().sum();
        if groups.len() == count && sum != Exact::from(total) {
            let (zh, en) = (format!("分组权重之和应为 {total}"), format!("the weights must sum to {total}"));
            fields.fault("groups", &sum.to_string(), &zh, &en, &mut self.faults);
        }
        groups
    }

    fn group(&mut self, node: &Node, at: &str, path: &[String], depth: usize) -> Option<Group> {
        let mut fields = Fields::of(node, at, &mut self.faults)?;
        let id = self.id(&mut fields);
        let title = fields.both("title", &mut self.faults);
        let weight = fields.decimal("weight", &mut self.faults);
        if let Some(weight) = weight.filter(|weight| *weight <= Decimal::ZERO) {
            fields.fault("weight", &weight.to_string(), "权重应大于 0", "must be above 0", &mut self.faults);
        }
        let mut path = path.to_vec();
        path.push(id.clone().unwrap_or_default());
        let total = weight.unwrap_or_default();
        let groups = self.groups(&mut fields, &path, total, depth + 1);
        let indicators = self.indicators(&mut fields, &path, total);
        if groups.is_empty() == indicators.is_empty() {
            // Unless the lists are there and their elements are at fault already.
            let silent = fields.optional("groups").is_some() != fields.optional("indicators").is_some();
            if !silent {
                let (zh, en) = ("应有下级分组或指标，二者只居其一", "must hold either groups or indicators");
                self.faults.add(at, fields.span(), "", zh, en);
            }
        }
        fields.finish(&mut self.faults);
        Some(Group { id: id?, title: title?, weight: weight?, groups, indicators })
    }

    fn indicators(&mut self, fields: &mut Fields<'_>, path: &[String], total: Decimal) -> Vec<IndicatorRule> {
        let nodes = fields.list("indicators", &mut self.faults);
        let count = nodes.len();
        let read: Vec<(IndicatorRule, Option<Decimal>)> =
            nodes.into_iter().filter_map(|(node, at)| self.indicator(node, &at, path)).collect();
        if read.len() < count {
            return read.into_iter().map(|(rule, _)| rule).collect();
        }
        self.share_marks(fields, read, total)
    }

    /// Gives every indicator of a group its marks: the stated ones, or equal parts of the group among its mandatory
    /// indicators. An optional indicator without marks of its own is worth as much as a mandatory one.
    fn share_marks(
        &mut self,
        fields: &Fields<'_>,
        read: Vec<(IndicatorRule, Option<Decimal>)>,
        total: Decimal,
    ) -> Vec<IndicatorRule> {
        let counted = |rule: &IndicatorRule, any_mandatory: bool| rule.mandatory || !any_mandatory;
        let any_mandatory = read.iter().any(|(rule, _)| rule.mandatory);
        let counting: Vec<Option<Decimal>> =
            read.iter().filter(|(rule, _)| counted(rule, any_mandatory)).map(|(_, marks)| *marks).collect();
        let stated = counting.iter().flatten().count();
        let mut equal = None;
        if stated == 0 {
            equal = i64::try_from(counting.len()).ok().and_then(|n| Exact::from(total).checked_div(&Exact::integer(n)));
        } else if stated < counting.len() {
            let (zh, en) = ("要么每项都写分值，要么都不写（平均分配）", "state marks for every item or for none");
            fields.fault("indicators", "", zh, en, &mut self.faults);
        } else {
            let parts: Vec<Exact> = counting.into_iter().flatten().map(Exact::from).collect();
            let sum: Exact = parts.iter().sum();
            if sum != Exact::from(total) {
                let (zh, en) = (format!("各项分值之和应为 {total}"), format!("the marks must sum to {total}"));
                fields.fault("indicators", &sum.to_string(), &zh, &en, &mut self.faults);
            }
        }
        let mut rules = Vec::with_capacity(read.len());
        for (mut rule, marks) in read {
            match marks.map(Exact::from).or_else(|| equal.clone()) {
                Some(marks) => rule.marks = marks,
                None => {
                    let (zh, en) = ("各必选项自定分值时，可选项也须写明分值", "needs marks of its own here");
                    if !rule.mandatory {
                        fields.fault("indicators", &rule.id, zh, en, &mut self.faults);
                    }
                }
            }
            rules.push(rule);
        }
        rules
    }

    fn indicator(&mut self, node: &Node, at: &str, path: &[String]) -> Option<(IndicatorRule, Option<Decimal>)> {
        let mut fields = Fields::of(node, at, &mut self.faults)?;
        let id = self.id(&mut fields);
        let faults = &mut self.faults;
        let title = fields.both("title", faults);
        let unit = fields.text("unit", faults);
        let directions = [
            ("higher_better", Direction::HigherBetter),
            ("lower_better", Direction::LowerBetter),
            ("qualitative", Direction::Qualitative),
        ];
        let direction = fields.word("direction", &directions, faults);
        let mandatory = fields.boolean("mandatory", true, faults);
        let marks = fields.optional_decimal("marks", faults);
        if let Some(marks) = marks.filter(|marks| *marks <= Decimal::ZERO) {
            fields.fault("marks", &marks.to_string(), "分值应大于 0", "must be above 0", faults);
        }
        let rate_of_change = fields.boolean("rate_of_change", false, faults);
        let method = method(&mut fields, direction, faults);
        let fallback_target = fallback(&mut fields, method.as_ref(), faults);
        fields.finish(faults);
        let rule = IndicatorRule {
            id: id?,
            title: title?,
            path: path.to_vec(),
            unit: unit?,
            direction: direction?,
            mandatory,
            marks: Exact::zero(),
            method: method?,
            rate_of_change,
            fallback_target,
        };
        Some((rule, marks))
    }

    /// An id: unique, and free of signs that mean something in a path or in the header of a data file.
    fn id(&mut self, fields: &mut Fields<'_>) -> Option<String> {
        let id = fields.text("id", &mut self.faults)?;
        if id.contains([':', ',', '/', '"']) || id.contains(char::is_whitespace) {
            let (zh, en) = ("编号不能含空白或 : , / \"", "must not contain white space or : , / \"");
            fields.fault("id", &id, zh, en, &mut self.faults);
        }
        match self.ids.get(&id) {
            Some(first) => {
                let (zh, en) = (format!("编号重复，首次出现在 {first}"), format!("already used at {first}"));
                fields.fault("id", &id, &zh, &en, &mut self.faults);
            }
            None => {
                self.ids.insert(id.clone(), fields.at("id"));
            }
        }
        Some(id)
    }
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

/// Grades: strictly falling. Those of a score of 0–100 `marks` are within it and the last starts at 0, so that every score
/// has exactly one.
pub(crate) fn grades(fields: &mut Fields<'_>, marks: bool, faults: &mut Faults) -> Vec<GradeBand> {
    let nodes = fields.list("grades", faults);
    let count = nodes.len();
    let mut bands: Vec<GradeBand> = Vec::new();
    for (node, at) in nodes {
        let Some(mut band) = Fields::of(node, &at, faults) else { continue };
        let title = band.both("title", faults);
        let from = band.decimal("from", faults);
        if let Some(from) = from {
            let falls = bands.last().is_none_or(|last| from < last.from);
            let within = !marks || (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&from);
            if !falls || !within {
                let (zh, en) = if marks {
                    ("等级起点应由高到低，在 0–100 之内", "must fall from band to band, within 0–100")
                } else {
                    ("等级起点应由高到低", "must fall from band to band")
                };
                band.fault("from", &from.to_string(), zh, en, faults);
            }
        }
        band.finish(faults);
        if let (Some(title), Some(from)) = (title, from) {
            bands.push(GradeBand { title, from });
        }
    }
    if count == 0 {
        fields.fault("grades", "", "必填", "is required", faults);
    } else if marks && bands.len() == count && bands.last().is_some_and(|band| !band.from.is_zero()) {
        fields.fault("grades", "", "最后一个等级应从 0 起", "the last grade must start at 0", faults);
    }
    bands
}

/// A method, as `S1` or as a mapping with parameters, that fits the direction.
fn method(fields: &mut Fields<'_>, direction: Option<Direction>, faults: &mut Faults) -> Option<Method> {
    let node = fields.required("method", faults)?;
    let at = fields.at("method");
    match node {
        Node::Scalar(_) => {
            let id = scalar(node, &at, faults)?;
            let method = build(id, None, node.span(), &at, faults)?;
            fits(id, direction, node.span(), &at, faults);
            Some(method)
        }
        Node::Mapping(_) => {
            let mut inner = Fields::of(node, &at, faults)?;
            let id = inner.text("id", faults)?;
            let method = build(&id, Some(&mut inner), node.span(), &at, faults);
            inner.finish(faults);
            fits(&id, direction, node.span(), &at, faults);
            method
        }
        Node::Sequence(_) => {
            faults.add(&at, node.span(), "", "应为 S1–S8 或带参数的方法", "must be S1–S8 or a method with parameters");
            None
        }
    }
}

fn build(id: &str, parameters: Option<&mut Fields<'_>>, span: &Span, at: &str, faults: &mut Faults) -> Option<Method> {
    match (id, parameters) {
        ("S1" | "S2", _) => Some(Method::Ratio),
        ("S3", _) => Some(Method::Attainment),
        ("S6", _) => Some(Method::QualitativeBands),
        ("S7", _) => Some(Method::Evidence),
        ("S4", Some(fields)) => {
            let pass_line = positive("pass_line", fields, faults)?;
            Some(Method::Bands { pass_line })
        }
        ("S5", Some(fields)) => {
            let per_unit = positive("deduct_per_unit", fields, faults)?;
            Some(Method::Deduction { per_unit })
        }
        ("S8", Some(fields)) => {
            let rate = fields.word("rate", &[("decline", RateKind::Decline), ("growth", RateKind::Growth)], faults);
            let then = fields.word("then", &[("S1", RateScore::Ratio), ("S3", RateScore::Attainment)], faults);
            Some(Method::DerivedRate { rate: rate?, then: then? })
        }
        ("S4" | "S5" | "S8", None) => {
            faults.add(at, span, id, "此方法需要参数", "this method needs parameters");
            None
        }
        (_, _) => {
            faults.add(at, span, id, "只能是 S1–S8", "must be one of S1–S8");
            None
        }
    }
}

fn positive(key: &'static str, fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Decimal> {
    let value = fields.decimal(key, faults)?;
    if value > Decimal::ZERO {
        return Some(value);
    }
    fields.fault(key, &value.to_string(), "应大于 0", "must be above 0", faults);
    None
}

/// S1 and S2 name their direction; it must be the one of the indicator.
fn fits(id: &str, direction: Option<Direction>, span: &Span, at: &str, faults: &mut Faults) {
    let allowed: &[Direction] = match id {
        "S1" | "S4" | "S8" => &[Direction::HigherBetter],
        "S2" => &[Direction::LowerBetter],
        "S3" | "S5" => &[Direction::HigherBetter, Direction::LowerBetter],
        "S6" | "S7" => &[Direction::Qualitative],
        _ => return,
    };
    if direction.is_some_and(|direction| !allowed.contains(&direction)) {
        faults.add(at, span, id, "方法与指标方向不符", "the method does not fit the direction of the indicator");
    }
}

fn fallback(fields: &mut Fields<'_>, method: Option<&Method>, faults: &mut Faults) -> Option<FallbackTarget> {
    let node = fields.optional("fallback_target")?;
    let mut inner = Fields::of(node, &fields.at("fallback_target"), faults)?;
    let (value, source) = (inner.decimal("value", faults), inner.text("source", faults));
    inner.finish(faults);
    if method.is_some_and(|method| !method.needs_target()) {
        let (zh, en) = ("定性指标没有目标值", "a qualitative item has no target");
        fields.fault("fallback_target", "", zh, en, faults);
    }
    Some(FallbackTarget { value: value?, source: source? })
}
