//! The scoring method of an indicator.

use marked_yaml::{Node, Span};
use rust_decimal::Decimal;

use crate::scheme::fields::{Faults, Fields, scalar};
use crate::scheme::{Direction, FallbackTarget, Method, RateKind, RateScore};

/// A method, as `S1` or as a mapping with parameters, that fits the direction.
pub(super) fn method(fields: &mut Fields<'_>, direction: Option<Direction>, faults: &mut Faults) -> Option<Method> {
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

pub(super) fn positive(key: &'static str, fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Decimal> {
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

pub(super) fn fallback(
    fields: &mut Fields<'_>,
    method: Option<&Method>,
    faults: &mut Faults,
) -> Option<FallbackTarget> {
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

/// `admissible: [a, b]`, the values that the indicator can have.
pub(super) fn admissible(
    fields: &mut Fields<'_>,
    method: Option<&Method>,
    faults: &mut Faults,
) -> Option<(Decimal, Decimal)> {
    let nodes = fields.list("admissible", faults);
    fields.optional("admissible")?;
    if method.is_some_and(|method| !method.needs_target()) {
        let (zh, en) = ("定性指标没有取值范围", "a qualitative item has no bounds");
        fields.fault("admissible", "", zh, en, faults);
    }
    let number = |(node, at): &(&Node, String), faults: &mut Faults| {
        scalar(node, at, faults).and_then(|text| Decimal::from_str_exact(text).ok()).map(|value| value.normalize())
    };
    let ends: Vec<Option<Decimal>> = nodes.iter().map(|node| number(node, faults)).collect();
    match ends.as_slice() {
        [Some(low), Some(high)] if low < high => Some((*low, *high)),
        _ => {
            fields.fault("admissible", "", "应为 [最小值, 最大值]，前者较小", "must be [least, greatest]", faults);
            None
        }
    }
}
