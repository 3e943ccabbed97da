//! What weights are worth in fact against what they say.

use serde::Serialize;

use super::super::data::Data;
use super::super::run::IndexError;
use super::super::scheme::IndexScheme;
use super::computed;
use crate::stats::{count, mean, pearson, squares};
use crate::sum::exact_sum;

/// The children of one node.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupAudit {
    /// The node.
    pub node: String,
    /// Its children, in the order of the scheme.
    pub children: Vec<Importance>,
    /// The largest difference between the nominal and the effective ratio of two children,
    /// `max |wᵢ ÷ wⱼ − Sᵢ ÷ Sⱼ|` over pairs with `wⱼ ≥ wᵢ`, by squared correlations: the `d_m` of the source. None where a
    /// ratio has no divisor.
    pub max_discrepancy: Option<f64>,
}

/// The importance of one child.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Importance {
    /// The indicator or group.
    pub node: String,
    /// Its weight among its siblings.
    pub nominal: f64,
    /// Its squared correlation with its parent: the share of the parent's variance that a straight line in it explains.
    pub squared_correlation: f64,
    /// Pearson's correlation ratio η², the share of the parent's variance that any function of it explains; none for fewer
    /// than eight units.
    pub correlation_ratio: Option<f64>,
    /// Its squared correlation divided by the sum of those of its siblings; compare it with `nominal`.
    pub effective: f64,
}

/// Compares nominal weights with squared correlations and correlation ratios, node by node.
///
/// Source: P. Paruolo, M. Saisana and A. Saltelli, *Ratings and rankings: voodoo or science?*, Journal of the Royal
/// Statistical Society A 176 (2013) 609–634. The squared correlation is their `S` where the relation is linear. η² is
/// estimated here over ⌊√n⌋ groups of the units by the value of the child, equal values together, and corrected for the
/// number k of groups: `1 − (n − 1) ÷ (n − k) · (1 − η²)`, not below 0 (the paper smooths instead of grouping).
///
/// Units with a missing value in child or parent take no part in the pair; a constant child or parent has correlation 0.
/// Over a panel all periods are taken together. The numbers are of the columns as they are aggregated.
pub fn audit(scheme: &IndexScheme, data: &Data) -> Result<Vec<GroupAudit>, IndexError> {
    let computed = computed(scheme, data)?;
    let columns = computed.columns();
    let mut found = Vec::new();
    for (at, node) in computed.tree.nodes.iter().enumerate().filter(|(_, node)| node.leaf.is_none()) {
        let parent = columns[at];
        let mut children: Vec<Importance> = Vec::with_capacity(node.children.len());
        for (&child, weight) in node.children.iter().zip(&computed.weights[at]) {
            let pairs: Vec<(f64, f64)> = columns[child]
                .iter()
                .zip(parent)
                .filter(|(x, y)| !x.is_nan() && !y.is_nan())
                .map(|(x, y)| (*x, *y))
                .collect();
            let (xs, ys): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
            let correlation = if xs.len() < 2 { 0.0 } else { pearson(&xs, &ys) };
            children.push(Importance {
                node: computed.tree.nodes[child].id.clone(),
                nominal: *weight,
                squared_correlation: correlation * correlation,
                correlation_ratio: correlation_ratio(pairs),
                effective: f64::NAN,
            });
        }
        let sum = exact_sum(children.iter().map(|child| child.squared_correlation));
        for child in &mut children {
            child.effective = if sum > 0.0 { child.squared_correlation / sum } else { 0.0 };
        }
        found.push(GroupAudit { node: node.id.clone(), max_discrepancy: discrepancy(&children), children });
    }
    // The index first, then downwards.
    found.reverse();
    Ok(found)
}

fn discrepancy(children: &[Importance]) -> Option<f64> {
    let mut most: Option<f64> = None;
    for one in children {
        for other in children.iter().filter(|other| one.node != other.node && other.nominal >= one.nominal) {
            if other.nominal == 0.0 || other.squared_correlation == 0.0 {
                return None;
            }
            let nominal = one.nominal / other.nominal;
            let gap = (nominal - one.squared_correlation / other.squared_correlation).abs();
            most = Some(most.map_or(gap, |most| most.max(gap)));
        }
    }
    most
}

fn correlation_ratio(mut pairs: Vec<(f64, f64)>) -> Option<f64> {
    let n = pairs.len();
    if n < 8 {
        return None;
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let all: Vec<f64> = pairs.iter().map(|(_, y)| *y).collect();
    let total = squares(&all);
    if total <= 0.0 {
        return Some(0.0);
    }
    let size = n / n.isqrt();
    let (mut within, mut groups, mut start) = (Vec::new(), 0_usize, 0);
    while start < n {
        let mut end = (start + size).min(n);
        // Equal values belong together; so does a rest that is too small for a group of its own.
        while end < n && (pairs[end].0 == pairs[end - 1].0 || n - end < size / 2) {
            end += 1;
        }
        let group: Vec<f64> = pairs[start..end].iter().map(|(_, y)| *y).collect();
        let centre = mean(&group);
        within.extend(group.iter().map(|y| (y - centre) * (y - centre)));
        groups += 1;
        start = end;
    }
    let unexplained = exact_sum(within) / total;
    let free = n.checked_sub(groups).filter(|free| *free > 0)?;
    Some((1.0 - count(n - 1) / count(free) * unexplained).max(0.0))
}
