//! Where the weights of the children of a node come from.

use std::collections::BTreeMap;

use serde::Serialize;

use super::number::Number;
use crate::weigh::WeightMethod;

/// A source of weights. Whatever it is, the weights of siblings are scaled to the sum 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Weighting {
    /// The `weight` of each node.
    Given,
    /// The same for all siblings.
    Equal,
    /// A named set of the scheme; a node that is not in the set has its own `weight`.
    Set {
        /// The name of the set.
        name: String,
    },
    /// From the data or from judgements, by a method of [`crate::weigh`]. Judgements stand in the order of the children.
    /// The data are the columns of the children as they are aggregated, over the units that have all of them; without a
    /// stage that normalises they are the reported values, with their directions.
    Computed {
        /// The method and its parameters.
        by: WeightMethod,
    },
}

/// Weights of siblings, not yet scaled: `own` are their `weight`s, `ids` their ids. Those that are computed are their own
/// until there are data.
pub(super) fn stated(
    weighting: &Weighting,
    ids: &[&str],
    own: &[f64],
    sets: &BTreeMap<String, BTreeMap<String, Number>>,
) -> Vec<f64> {
    match weighting {
        Weighting::Given | Weighting::Computed { .. } => own.to_vec(),
        Weighting::Equal => vec![1.0; own.len()],
        Weighting::Set { name } => {
            let set = sets.get(name);
            let of = |id: &str, own: f64| set.and_then(|set| set.get(id)).map_or(own, |weight| weight.get());
            ids.iter().zip(own).map(|(id, own)| of(id, *own)).collect()
        }
    }
}

/// Weights scaled to the sum 1. The loader refuses negative weights and nodes whose weights are all zero.
pub(super) fn scaled(weights: &[f64]) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}
