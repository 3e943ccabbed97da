//! From YAML to a checked scheme of a joint evaluation.

use marked_yaml::Node;
use rust_decimal::Decimal;

use super::{Body, JointScheme, KIND, Part, Source};
use crate::digest;
use crate::exact::Exact;
use crate::scheme::fields::{Faults, Fields};
use crate::scheme::{Ids, SchemeErrors, checked, grades};

pub(super) fn scheme(text: &str) -> Result<JointScheme, SchemeErrors> {
    checked(text, body).map(|(body, json)| JointScheme { digest: digest::sha256_of(&json), body })
}

fn body(node: &Node, faults: &mut Faults) -> Option<Body> {
    let mut fields = Fields::of(node, "", faults)?;
    fields.word("kind", &[(KIND, ())], faults);
    let id = fields.text("id", faults);
    let version = fields.text("version", faults);
    let title = fields.both("title", faults);
    let min_weight_share = share(&mut fields, "min_weight_share", Decimal::ONE, faults);
    let grades = if fields.optional("grades").is_some() { grades(&mut fields, true, faults) } else { Vec::new() };
    let mut ids = Ids::default();
    let nodes = fields.list("parts", faults);
    let count = nodes.len();
    let parts: Vec<Part> = nodes.into_iter().filter_map(|(node, at)| part(node, &at, &mut ids, faults)).collect();
    if count == 0 {
        fields.fault("parts", "", "至少要有一个部分", "must hold at least one part", faults);
    }
    let weights: Vec<Exact> = parts.iter().filter_map(|part| part.weight.map(Exact::from)).collect();
    let sum: Exact = weights.iter().sum();
    if parts.len() == count && !weights.is_empty() && sum != Exact::integer(100) {
        let (zh, en) = ("写明的权重之和应为 100", "the stated weights must sum to 100");
        fields.fault("parts", &sum.to_string(), zh, en, faults);
    }
    if weights.is_empty() && !grades.is_empty() {
        let (zh, en) =
            ("各部分没有权重，就没有综合得分可评等级", "without weights there is no combined score to be graded");
        fields.fault("grades", "", zh, en, faults);
    }
    fields.finish(faults);
    Some(Body { id: id?, version: version?, title: title?, min_weight_share, grades, parts })
}

fn part(node: &Node, at: &str, ids: &mut Ids, faults: &mut Faults) -> Option<Part> {
    let mut fields = Fields::of(node, at, faults)?;
    let id = ids.read(&mut fields, faults);
    let title = fields.both("title", faults);
    let basis = fields.both("basis", faults);
    let weight = fields.optional_decimal("weight", faults);
    if let Some(weight) = weight.filter(|weight| *weight <= Decimal::ZERO) {
        fields.fault("weight", &weight.to_string(), "权重应大于 0", "must be above 0", faults);
    }
    let from = match fields.required("from", faults) {
        Some(node @ Node::Mapping(_)) => source(node, &fields.at("from"), faults),
        Some(Node::Scalar(_) | Node::Sequence(_)) => {
            let words = [("score", Source::Score), ("commitments", COMMITMENTS), ("reporting", REPORTING)];
            fields.word("from", &words, faults)
        }
        None => None,
    };
    fields.finish(faults);
    Some(Part { id: id?, title: title?, from: from?, weight, basis: basis? })
}

/// Half a point for what was made up: the lapse stays visible.
const COMMITMENTS: Source = Source::Commitments { credit: Decimal::from_parts(5, 0, 0, false, 1) };

/// The three shares count the same.
const REPORTING: Source =
    Source::Reporting { timeliness: Decimal::ONE, completeness: Decimal::ONE, corrections: Decimal::ONE };

/// A source with parameters of its own.
fn source(node: &Node, at: &str, faults: &mut Faults) -> Option<Source> {
    let mut fields = Fields::of(node, at, faults)?;
    let word = fields.word("method", &[("commitments", COMMITMENTS), ("reporting", REPORTING)], faults);
    let source = match word? {
        Source::Score => Source::Score,
        Source::Commitments { credit } => Source::Commitments { credit: share(&mut fields, "credit", credit, faults) },
        Source::Reporting { timeliness, completeness, corrections } => {
            let mut weight = |key: &'static str, default: Decimal| {
                let weight = fields.optional_decimal(key, faults).unwrap_or(default);
                if weight < Decimal::ZERO {
                    fields.fault(key, &weight.to_string(), "权重不能为负", "must not be negative", faults);
                }
                weight
            };
            let timeliness = weight("timeliness", timeliness);
            let completeness = weight("completeness", completeness);
            let corrections = weight("corrections", corrections);
            if [timeliness, completeness].iter().all(Decimal::is_zero) {
                let (zh, en) =
                    ("及时率、完整率的权重不能都为 0", "timeliness and completeness must not both have no weight");
                faults.add(at, node.span(), "", zh, en);
            }
            Source::Reporting { timeliness, completeness, corrections }
        }
    };
    fields.finish(faults);
    Some(source)
}

/// A share of 0..=1, with a default.
fn share(fields: &mut Fields<'_>, key: &'static str, default: Decimal, faults: &mut Faults) -> Decimal {
    let share = fields.optional_decimal(key, faults).unwrap_or(default);
    if share < Decimal::ZERO || share > Decimal::ONE {
        fields.fault(key, &share.to_string(), "应在 0 与 1 之间", "must be within 0..=1", faults);
    }
    share
}
