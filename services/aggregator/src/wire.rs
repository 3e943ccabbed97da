//! Short constructors of wire values that several modules need.

use contracts::{
    common::v1::{self as common},
    evaluation::v1 as pb,
};
use rust_decimal::Decimal;

/// An exact decimal on the wire.
pub(crate) fn decimal(value: Decimal) -> common::Decimal {
    common::Decimal { value: value.normalize().to_string() }
}

/// A decimal with a fixed number of places, as it is printed.
pub(crate) fn fixed(mut value: Decimal, places: u32) -> common::Decimal {
    value.rescale(places);
    common::Decimal { value: value.to_string() }
}

/// A number of the engine; none where there is none. Written as the shortest decimal that reads as it, at most 28 places.
pub(crate) fn float(value: f64) -> Option<common::Decimal> {
    value.is_finite().then(|| value.to_string().parse::<Decimal>().ok()).flatten().map(decimal)
}

/// A text in both languages.
pub(crate) fn text(zh: impl Into<String>, en: impl Into<String>) -> common::Text {
    common::Text { zh: zh.into(), en: en.into() }
}

/// A domain text on the wire.
pub(crate) fn domain_text(from: &domain::Text) -> common::Text {
    text(from.zh.clone(), from.en.clone())
}

/// An engine text on the wire.
pub(crate) fn engine_text(from: &evaluation::Text) -> common::Text {
    text(from.zh.clone(), from.en.clone())
}

/// Checkpoints in the order of the node names: the form that is hashed.
pub(crate) fn sorted(mut checkpoints: Vec<pb::NodeCheckpoint>) -> Vec<pb::NodeCheckpoint> {
    checkpoints.sort_by(|a, b| a.node.cmp(&b.node));
    checkpoints
}
