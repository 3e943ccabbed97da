//! The index without one indicator or group.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::data::Data;
use super::super::result::IndexEvaluation;
use super::super::run::IndexError;
use super::super::scheme::{IndexScheme, Kind, Node};
use super::plain;
use crate::stats::{count, mean};

/// What leaving out one node does to the ranks.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// The indicator or group.
    pub node: String,
    /// The mean of `|rank without − rank|` over the units that are ranked both times.
    pub mean_shift: f64,
    /// The largest of these.
    pub max_shift: f64,
    /// The share of these units that keep their rank.
    pub unchanged: f64,
    /// By unit (and period, after a slash, in a panel): rank without − rank. Positive: the node helps the unit.
    pub shifts: BTreeMap<String, f64>,
    /// Why there is no result without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<crate::text::Text>,
}

/// Leaves out each node but the index in turn, in the order of the scheme, children before their parent.
///
/// The result is that of a run whose scheme never had the node: its siblings share its weight, and its data take no part
/// in screening, imputation or anything else. A group left without children goes with its last child; what would leave
/// nothing of the index is passed over. Names of the node in weight sets are dropped; computed weights are computed anew.
pub fn leave_one_out(scheme: &IndexScheme, data: &Data, full: &IndexEvaluation) -> Vec<LeftOut> {
    let mut nodes = Vec::new();
    below(scheme.root(), &mut nodes);
    let without = |node: &String| {
        let (scheme, data) = without(scheme, data, node)?;
        Some(left_out(node, full, plain(&scheme, &data)))
    };
    nodes.iter().filter_map(without).collect()
}

fn left_out(node: &str, full: &IndexEvaluation, without: Result<IndexEvaluation, IndexError>) -> LeftOut {
    let mut shifts = BTreeMap::new();
    let refused = match without {
        Err(error) => Some(error.0),
        Ok(without) => {
            for (before, after) in full.units.iter().zip(&without.units) {
                if let (Some(before_rank), Some(rank)) = (before.rank, after.rank) {
                    shifts.insert(name(&before.unit, before.period.as_deref()), rank - before_rank);
                }
            }
            None
        }
    };
    let sizes: Vec<f64> = shifts.values().map(|shift: &f64| shift.abs()).collect();
    let same = sizes.iter().filter(|size| **size == 0.0).count();
    LeftOut {
        node: node.to_owned(),
        mean_shift: mean(&sizes),
        max_shift: sizes.iter().copied().fold(0.0, f64::max),
        unchanged: if sizes.is_empty() { 1.0 } else { count(same) / count(sizes.len()) },
        shifts,
        refused,
    }
}

/// A unit, with its period in a panel.
pub(super) fn name(unit: &str, period: Option<&str>) -> String {
    period.map_or_else(|| unit.to_owned(), |period| format!("{unit}/{period}"))
}

fn below(node: &Node, into: &mut Vec<String>) {
    for child in node.children() {
        below(child, into);
        into.push(child.id.clone());
    }
}

/// Scheme and data as if a node had never been; none if nothing would be left.
fn without(scheme: &IndexScheme, data: &Data, id: &str) -> Option<(IndexScheme, Data)> {
    let kept_ids: Vec<String> = {
        let mut root = scheme.root().clone();
        if !prune(&mut root, id) || root.children().is_empty() {
            return None;
        }
        let mut all = vec![root.id.clone()];
        below(&root, &mut all);
        all
    };
    let mut body = scheme.body.clone();
    prune(&mut body.root, id);
    for set in body.weight_sets.values_mut() {
        set.retain(|node, _| kept_ids.contains(node));
    }
    let keep: Vec<bool> = scheme.indicators().iter().map(|leaf| kept_ids.contains(&leaf.id)).collect();
    let mut data = data.clone();
    let mut flags = keep.iter();
    data.indicators.retain(|_| flags.next().copied().unwrap_or(false));
    let place = |leaf: usize| keep[leaf].then(|| keep[..leaf].iter().filter(|kept| **kept).count());
    let absent = std::mem::take(&mut data.absent);
    data.absent = absent.into_iter().filter_map(|((row, leaf), it)| Some(((row, place(leaf)?), it))).collect();
    let departments = std::mem::take(&mut data.departments);
    data.departments =
        departments.into_iter().filter_map(|((row, leaf), it)| Some(((row, place(leaf)?), it))).collect();
    let undefined = std::mem::take(&mut data.undefined);
    data.undefined = undefined.into_iter().filter_map(|((row, leaf), it)| Some(((row, place(leaf)?), it))).collect();
    // The digest is that of the full scheme: this one is never shown.
    Some((IndexScheme { body, digest: scheme.digest.clone() }, data))
}

/// Takes a node out of the tree, and groups that are empty then; whether it was found.
fn prune(node: &mut Node, id: &str) -> bool {
    let Kind::Group(group) = &mut node.kind else { return false };
    let before = group.children.len();
    group.children.retain(|child| child.id != id);
    let mut found = group.children.len() < before;
    for child in &mut group.children {
        found |= prune(child, id);
    }
    group.children.retain(|child| child.indicator().is_some() || !child.children().is_empty());
    found
}
