//! Where a score comes from: against a reference, by indicator, and against peers.

use serde::Serialize;

use super::super::aggregate::Aggregate;
use super::super::data::Data;
use super::super::result::IndexEvaluation;
use super::super::run::{Computed, IndexError};
use super::super::scheme::IndexScheme;
use super::super::stage::moments;
use super::super::tree::Leaves;
use super::computed;
use super::reach::{ValueReach, WeightReach, value_reach, weight_reach};
use super::what_if::WhatIf;
use crate::explain_score::{MOST_GROUPS, shapley};
use crate::matrix::MatrixError;
use crate::stats::count;
use crate::text::Text;

/// Peers needed before anything is called a strength or a weakness.
const FEW: usize = 4;
/// From this share of the peers below it a value is a strength; down to one minus it a weakness.
const HIGH: f64 = 0.75;
/// Turns a median absolute deviation into the standard deviation of a normal distribution.
const NORMAL: f64 = 1.4826;

/// A unit explained.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The unit.
    pub unit: String,
    /// Its period: the last one of a panel.
    pub period: Option<String>,
    /// Its score before rounding.
    pub score: Option<f64>,
    /// The score of the reference: the unit whose indicators are the means of the ranked units of the period.
    pub reference: Option<f64>,
    /// What each child of the index adds to the difference of the two; they sum to it.
    pub differences: Vec<Difference>,
    /// Why there is no such decomposition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences_refused: Option<Text>,
    /// What moving each indicator alone would bring.
    pub gains: Vec<Gain>,
    /// The column of groups and the group whose units are the peers; none: all units of the period.
    pub peer_group: Option<(String, String)>,
    /// The number of other units it is compared with.
    pub peers: usize,
    /// Where it is above three quarters of its peers, the farthest first.
    pub strengths: Vec<Peer>,
    /// Where it is below three quarters of its peers, the farthest first.
    pub weaknesses: Vec<Peer>,
    /// How far each of its values may move before its rank or grade changes.
    pub values: Vec<ValueReach>,
    /// How far each weight may move before its rank or grade changes.
    pub weights: Vec<WeightReach>,
}

/// The part of one child of the index.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The child.
    pub node: String,
    /// Its score less that of the reference.
    pub own: Option<f64>,
    /// What it adds to the difference of the index.
    pub share: f64,
}

/// What moving one indicator would bring; everything else stays.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Gain {
    /// The indicator.
    pub indicator: String,
    /// Its value as reported; none if it is missing, and then there is no step.
    pub value: Option<f64>,
    /// A hundredth of its bounds, or of the range of its peers, in the direction that is better.
    pub step: Option<f64>,
    /// What the step adds to the score before rounding.
    pub gain: Option<f64>,
    /// The best value within the bounds.
    pub best: f64,
    /// What reaching it adds to the score before rounding.
    pub gain_to_best: f64,
    /// The rank then.
    pub rank_at_best: Option<f64>,
    /// The grade then.
    pub grade_at_best: Option<String>,
}

/// One indicator against the peers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Peer {
    /// The indicator.
    pub indicator: String,
    /// The share of the peers below it, those level with it counted half, on the scale on which more is better.
    pub percentile: f64,
    /// `(x − median) ÷ (1.4826 · MAD)` of the peers, which one far value cannot move; none where more than half agree.
    pub distance: Option<f64>,
    /// The nominal weight of the indicator in the index.
    pub weight: f64,
}

/// Explains one unit.
///
/// The difference to the reference is taken apart by Shapley's shares over the children of the index ([`shapley`]), which
/// for arithmetic means of complete rows is weight × difference; with more than 16 children only that sum is given and
/// other aggregations are refused, as are methods of whole tables. `peers` names the column of groups; none takes the
/// first of the scheme that the unit has a group in.
pub fn explain(
    scheme: &IndexScheme,
    data: &Data,
    full: &IndexEvaluation,
    unit: &str,
    peers: Option<&str>,
) -> Result<Explanation, IndexError> {
    let what_if = WhatIf::of(scheme, data, full, unit)?;
    let computed = computed(scheme, data)?;
    let it = what_if.unit();
    let mut explanation = Explanation {
        unit: it.unit.clone(),
        period: it.period.clone(),
        score: Some(it.exact_score).filter(|score| !score.is_nan()),
        reference: None,
        differences: Vec::new(),
        differences_refused: None,
        gains: gains(&what_if),
        peer_group: None,
        peers: 0,
        strengths: Vec::new(),
        weaknesses: Vec::new(),
        values: value_reach(&what_if),
        weights: weight_reach(scheme, data, full, Some(unit))?,
    };
    let Some(at) = computed.rows.iter().position(|&row| row == what_if.row) else { return Ok(explanation) };
    match differences(&what_if, &computed, at) {
        Ok((reference, differences)) => {
            explanation.reference = Some(reference);
            explanation.differences = differences;
        }
        Err(reason) => explanation.differences_refused = Some(reason),
    }
    against_peers(&what_if, &computed, at, peers, &mut explanation);
    Ok(explanation)
}

fn differences(what_if: &WhatIf<'_>, computed: &Computed, at: usize) -> Result<(f64, Vec<Difference>), Text> {
    let ranked = |&place: &usize| {
        let unit = &what_if.full.units[computed.rows[place]];
        unit.ranked && unit.period == what_if.unit().period
    };
    let field: Vec<usize> = (0..computed.rows.len()).filter(ranked).collect();
    let middle = |column: &Vec<f64>| {
        moments::mean(&field.iter().map(|&place| column[place]).collect::<Vec<_>>()).unwrap_or(f64::NAN)
    };
    let reference: Vec<f64> = computed.leaves.turned.iter().map(middle).collect();
    let own: Vec<f64> = computed.leaves.turned.iter().map(|column| column[at]).collect();
    let tree = &computed.tree;
    let children = &tree.nodes[tree.top()].children;
    let score = |leaves: &[f64]| -> Option<Vec<f64>> {
        let turned = leaves.iter().map(|value| vec![*value]).collect();
        let leaves = Leaves { units: [what_if.unit().unit.clone()].into(), turned, raw: None };
        tree.columns(&leaves, &computed.weights).ok().map(|columns| columns.iter().map(|column| column[0]).collect())
    };
    let undefined = || Text::new("无法与均值单位比较", "the unit cannot be compared with the mean unit");
    if tree.nodes.iter().any(|node| node.leaf.is_none() && matches!(node.method, Aggregate::Ranking { .. })) {
        let (zh, en) = ("按整表计算的方法没有可加分解", "a method of whole tables has no additive decomposition");
        return Err(Text::new(zh, en));
    }
    let (mine, theirs) = (score(&own).ok_or_else(undefined)?, score(&reference).ok_or_else(undefined)?);
    let base = theirs[tree.top()];
    if mine[tree.top()].is_nan() || base.is_nan() {
        return Err(undefined());
    }
    let shares = if children.len() > MOST_GROUPS {
        let whole = children.iter().all(|&child| !mine[child].is_nan() && !theirs[child].is_nan());
        if tree.nodes[tree.top()].method != Aggregate::Arithmetic || !whole {
            return Err(Text::new(
                format!("指数的下级多于 {MOST_GROUPS} 个，且不是完整的加权算术平均"),
                format!("the index has more than {MOST_GROUPS} children and is no arithmetic mean of all of them"),
            ));
        }
        let weights = &computed.weights[tree.top()];
        children.iter().zip(weights).map(|(&child, weight)| weight * (mine[child] - theirs[child])).collect()
    } else {
        let below: Vec<Vec<usize>> = children.iter().map(|&child| leaves_below(computed, child)).collect();
        shapley(children.len(), |set| {
            let mut mixed = reference.clone();
            for (group, leaves) in below.iter().enumerate().filter(|(group, _)| set >> group & 1 == 1) {
                debug_assert!(group < MOST_GROUPS);
                leaves.iter().for_each(|&leaf| mixed[leaf] = own[leaf]);
            }
            let scored = score(&mixed).map(|columns| columns[tree.top()]);
            scored.ok_or_else(|| MatrixError::NoAnswer { method: "shapley", reason: "a set has no score".to_owned() })
        })
        .map_err(|error| Text::new(error.to_string(), error.to_string()))?
    };
    let difference = |(&child, share): (&usize, f64)| Difference {
        node: tree.nodes[child].id.clone(),
        own: Some(mine[child] - theirs[child]).filter(|own| !own.is_nan()),
        share,
    };
    Ok((base, children.iter().zip(shares).map(difference).collect()))
}

fn leaves_below(computed: &Computed, node: usize) -> Vec<usize> {
    match computed.tree.nodes[node].leaf {
        Some(leaf) => vec![leaf],
        None => computed.tree.nodes[node].children.iter().flat_map(|&child| leaves_below(computed, child)).collect(),
    }
}

fn gains(what_if: &WhatIf<'_>) -> Vec<Gain> {
    let now = what_if.now();
    let bands = &what_if.scheme.result().grades;
    let mut found = Vec::new();
    for (leaf, node) in what_if.scheme.indicators().iter().enumerate() {
        let Some(indicator) = node.indicator().filter(|_| !what_if.excused(leaf)) else { continue };
        let Some(room) = what_if.room(leaf, indicator) else { continue };
        let (_, best) = what_if.ends(leaf, indicator, room);
        let value = what_if.value(leaf);
        let width = (room.1 - room.0) / 100.0;
        let step = value.filter(|value| *value != best).map(|value| {
            let step = width.min((best - value).abs());
            if best > value { step } else { -step }
        });
        let at = |value: f64| what_if.with(&[(leaf, value)]);
        let moved = value.zip(step).and_then(|(value, step)| at(value + step));
        let Some(reached) = (if value == Some(best) { Some(now) } else { at(best) }) else { continue };
        let there = |gain: f64| Some(gain).filter(|gain| gain.is_finite());
        found.push(Gain {
            indicator: node.id.clone(),
            value,
            step,
            gain: moved.and_then(|moved| there(moved.exact - now.exact)),
            best,
            gain_to_best: there(reached.exact - now.exact).unwrap_or(0.0),
            rank_at_best: reached.rank,
            grade_at_best: reached.grade.map(|grade| bands[grade].title.zh.clone()),
        });
    }
    found
}

fn against_peers(what_if: &WhatIf<'_>, computed: &Computed, at: usize, column: Option<&str>, into: &mut Explanation) {
    let rows = &what_if.data.rows;
    let own = &rows[what_if.row];
    let columns = what_if.scheme.data().groups.iter().map(String::as_str);
    let column = column.or_else(|| columns.into_iter().find(|name| own.groups.contains_key(*name)));
    let group = column.and_then(|name| own.groups.get(name).map(|group| (name.to_owned(), group.clone())));
    let is_peer = |&place: &usize| {
        let row = &rows[computed.rows[place]];
        place != at
            && row.period == own.period
            && group.as_ref().is_none_or(|(name, group)| row.groups.get(name) == Some(group))
    };
    let peers: Vec<usize> = (0..computed.rows.len()).filter(is_peer).collect();
    let effective = computed.tree.effective(&computed.weights);
    let mut found: Vec<Peer> = Vec::new();
    for (leaf, node) in what_if.scheme.indicators().iter().enumerate() {
        let column = &computed.leaves.turned[leaf];
        let values: Vec<f64> = peers.iter().map(|&place| column[place]).filter(|value| !value.is_nan()).collect();
        let x = column[at];
        if x.is_nan() || values.len() < FEW {
            continue;
        }
        let below = count(values.iter().filter(|value| **value < x).count());
        let level = count(values.iter().filter(|value| **value == x).count());
        let middle = moments::median(&values).unwrap_or(f64::NAN);
        let spread = moments::median(&values.iter().map(|value| (value - middle).abs()).collect::<Vec<_>>());
        found.push(Peer {
            indicator: node.id.clone(),
            percentile: (below + level / 2.0) / count(values.len()),
            distance: spread.filter(|spread| *spread > 0.0).map(|spread| (x - middle) / (NORMAL * spread)),
            weight: effective[leaf],
        });
    }
    found.sort_by(|a, b| b.percentile.total_cmp(&a.percentile).then(b.weight.total_cmp(&a.weight)));
    into.peers = peers.len();
    into.peer_group = group;
    into.strengths = found.iter().filter(|peer| peer.percentile >= HIGH).cloned().collect();
    found.reverse();
    into.weaknesses = found.into_iter().filter(|peer| peer.percentile <= 1.0 - HIGH).collect();
}
