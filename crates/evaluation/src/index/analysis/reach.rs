//! How far a weight or a value may move before a rank or a grade changes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::aggregate::Aggregate;
use super::super::data::Data;
use super::super::rank;
use super::super::reading::Reading;
use super::super::result::IndexEvaluation;
use super::super::run::{Computed, IndexError};
use super::super::scheme::{IndexScheme, Ties};
use super::computed;
use super::what_if::{Standing, WhatIf};

/// Steps of a search for the first change; a change and its reversal within one step are not seen.
const STEPS: u32 = 32;
/// Halvings of the step in which a change was seen.
const HALVINGS: u32 = 40;

/// Where something changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Limit {
    /// The weight or value at which it changes.
    pub at: f64,
    /// It changes within this distance of `at`. 0 where it was solved and not searched for.
    pub tolerance: f64,
}

/// How far one weight may move.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WeightReach {
    /// The indicator or group whose weight it is.
    pub node: String,
    /// Its weight among its siblings now.
    pub weight: f64,
    /// The nearest smaller weight at which the rank of some unit (or of the one asked for) changes.
    pub rank_below: Option<Limit>,
    /// The nearest greater one.
    pub rank_above: Option<Limit>,
    /// The nearest smaller weight at which a grade changes.
    pub grade_below: Option<Limit>,
    /// The nearest greater one.
    pub grade_above: Option<Limit>,
}

/// How far one value of a unit may move.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ValueReach {
    /// The indicator.
    pub indicator: String,
    /// Its value as reported.
    pub value: f64,
    /// The values that were looked at.
    pub within: (f64, f64),
    /// The nearest smaller value at which the rank of the unit changes.
    pub rank_below: Option<Limit>,
    /// The nearest greater one.
    pub rank_above: Option<Limit>,
    /// The nearest smaller value at which its grade changes.
    pub grade_below: Option<Limit>,
    /// The nearest greater one.
    pub grade_above: Option<Limit>,
}

/// How far each weight may move between 0 and 1, its siblings keeping their proportions to each other, before a rank or a
/// grade changes: of any ranked unit, or of one.
///
/// Where the node and all above it are arithmetic means without missing children, scores are linear in the weight and the
/// limits are solved (unless bonus items, deductions or vetoes adjust them): two units change places where their lines cross, a grade changes where a line meets
/// `from − ½·10^−decimals` (or `from`). Otherwise 32 steps to either side are looked at and the first that differs is
/// halved until it is 2⁻⁴⁰ of a step wide. Ranks are those of computed scores; weights that are computed are held.
pub fn weight_reach(
    scheme: &IndexScheme,
    data: &Data,
    full: &IndexEvaluation,
    unit: Option<&str>,
) -> Result<Vec<WeightReach>, IndexError> {
    let computed = computed(scheme, data)?;
    let field = Field::of((scheme, data), &computed, full, unit);
    let mut found = Vec::new();
    for (at, node) in computed.tree.nodes.iter().enumerate().filter(|(_, node)| node.children.len() > 1) {
        let linear = is_linear(&computed, at) && field.reading.plain();
        for (child, &weight) in computed.weights[at].iter().enumerate() {
            if weight >= 1.0 {
                continue;
            }
            let scores = |t: f64| field.scores(at, child, t);
            let limits = if linear {
                field.solved(&scores(0.0), &scores(1.0), weight)
            } else {
                let now = field.state(&scores(weight));
                let differs = |t: f64, grade: bool| {
                    let state = field.state(&scores(t));
                    if grade { state.1 != now.1 } else { state.0 != now.0 }
                };
                [
                    first(weight, 0.0, |t| differs(t, false)),
                    first(weight, 1.0, |t| differs(t, false)),
                    first(weight, 0.0, |t| differs(t, true)),
                    first(weight, 1.0, |t| differs(t, true)),
                ]
            };
            let [rank_below, rank_above, grade_below, grade_above] = limits;
            let node = computed.tree.nodes[node.children[child]].id.clone();
            found.push(WeightReach { node, weight, rank_below, rank_above, grade_below, grade_above });
        }
    }
    Ok(found)
}

/// How far each reported value of a unit may move, within the bounds of its indicator or the range of its peers, before its
/// rank or grade changes. Every step is a whole evaluation, so that scales move; it is searched for as in
/// [`weight_reach`].
pub(super) fn value_reach(what_if: &WhatIf<'_>) -> Vec<ValueReach> {
    let now = what_if.now();
    let mut found = Vec::new();
    for (leaf, node) in what_if.scheme.indicators().iter().enumerate() {
        let (Some(indicator), Some(value)) = (node.indicator(), what_if.value(leaf)) else { continue };
        let Some((low, high)) = what_if.room(leaf, indicator) else { continue };
        let (low, high) = (low.min(value), high.max(value));
        let mut seen: BTreeMap<u64, Option<Standing>> = BTreeMap::new();
        let mut search = |end: f64, grade: bool| {
            first(value, end, |value| {
                let there = *seen.entry(value.to_bits()).or_insert_with(|| what_if.with(&[(leaf, value)]));
                there.is_some_and(|there| if grade { there.grade != now.grade } else { there.rank != now.rank })
            })
        };
        found.push(ValueReach {
            indicator: node.id.clone(),
            value,
            within: (low, high),
            rank_below: search(low, false),
            rank_above: search(high, false),
            grade_below: search(low, true),
            grade_above: search(high, true),
        });
    }
    found
}

/// The first place on the way from `start` to `end` at which `differs` holds.
fn first(start: f64, end: f64, mut differs: impl FnMut(f64) -> bool) -> Option<Limit> {
    if start == end {
        return None;
    }
    let at = |step: f64| start + (end - start) * step;
    let steps = f64::from(STEPS);
    let hit = (1..=STEPS).map(f64::from).find(|step| differs(at(step / steps)))?;
    let (mut same, mut other) = ((hit - 1.0) / steps, hit / steps);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(same, other);
        if differs(at(middle)) { other = middle } else { same = middle }
    }
    Some(Limit { at: at(other), tolerance: (at(other) - at(same)).abs() })
}

/// Whether the index is linear in the weights of a node.
fn is_linear(computed: &Computed, node: usize) -> bool {
    let columns = computed.columns();
    let whole = |at: usize| {
        let node = &computed.tree.nodes[at];
        let complete = |&child: &usize| columns[child].iter().all(|value| !value.is_nan());
        node.method == Aggregate::Arithmetic && node.children.iter().all(complete)
    };
    let mut at = node;
    loop {
        if !whole(at) {
            return false;
        }
        match computed.tree.nodes.iter().position(|above| above.children.contains(&at)) {
            Some(above) => at = above,
            None => return true,
        }
    }
}

/// The ranked units, whose scores are followed.
struct Field<'a> {
    computed: &'a Computed,
    /// The places of the units of each period.
    periods: Vec<Vec<usize>>,
    /// The unit asked for: its period and its number in it.
    only: Option<(usize, usize)>,
    /// The lowest computed score of each grade, the best first; for scores that are not adjusted.
    grades: Vec<f64>,
    reading: Reading<'a>,
    ties: Ties,
    lower: bool,
}

impl<'a> Field<'a> {
    fn of(
        (scheme, data): (&'a IndexScheme, &Data),
        computed: &'a Computed,
        full: &IndexEvaluation,
        unit: Option<&str>,
    ) -> Self {
        let place: BTreeMap<usize, usize> = computed.rows.iter().enumerate().map(|(at, &row)| (row, at)).collect();
        let (mut periods, mut only, mut last): (Vec<Vec<usize>>, _, _) = (Vec::new(), None, None);
        for (row, it) in full.units.iter().enumerate().filter(|(_, it)| it.ranked) {
            if last != Some(&it.period) {
                periods.push(Vec::new());
                last = Some(&it.period);
            }
            let number = periods.len() - 1;
            if let (Some(period), Some(&at)) = (periods.last_mut(), place.get(&row)) {
                if unit == Some(it.unit.as_str()) {
                    only = Some((number, period.len()));
                }
                period.push(at);
            }
        }
        let rules = scheme.result();
        let half = rules.decimals.map_or(0.0, |decimals| 0.5 / libm::pow(10.0, f64::from(decimals)));
        let from =
            |band: &crate::scheme::GradeBand| band.from.to_string().parse::<f64>().unwrap_or(f64::INFINITY) - half;
        let grades = rules.grades.iter().map(from).collect();
        // A unit that was asked for and is not ranked has no limits.
        if unit.is_some() && only.is_none() {
            periods.clear();
        }
        let (reading, lower) = (Reading::of(scheme, data), computed.lower_is_better());
        Self { computed, periods, only, grades, reading, ties: Ties::Min, lower }
    }

    /// The scores of all places if a child has the weight t.
    fn scores(&self, node: usize, child: usize, t: f64) -> Vec<f64> {
        let mut weights = self.computed.weights.clone();
        let own = weights[node][child];
        for (at, weight) in weights[node].iter_mut().enumerate() {
            *weight = if at == child { t } else { *weight / (1.0 - own) * (1.0 - t) };
        }
        self.computed.tree.index(&self.computed.leaves, &weights).unwrap_or_default()
    }

    /// Ranks and grades, of all or of the one.
    fn state(&self, scores: &[f64]) -> (Vec<f64>, Vec<Option<usize>>) {
        let (mut ranks, mut grades) = (Vec::new(), Vec::new());
        for (number, period) in self.periods.iter().enumerate() {
            let score = |at: usize| scores.get(at).copied().unwrap_or(f64::NAN);
            let row = |at: usize| self.computed.rows[at];
            let key: Vec<f64> =
                period.iter().map(|&at| rank::comparable(self.reading.adjusted(row(at), score(at)))).collect();
            let found = if self.lower { rank::ascending(&key, self.ties) } else { rank::descending(&key, self.ties) };
            let grade = |at: usize| self.reading.grade(row(at), score(at));
            match self.only {
                None => {
                    ranks.extend(found);
                    grades.extend(period.iter().map(|&at| grade(at)));
                }
                Some((wanted, at)) if wanted == number => {
                    ranks.extend(found.get(at));
                    grades.extend(period.get(at).map(|&at| grade(at)));
                }
                Some(_) => {}
            }
        }
        (ranks, grades)
    }

    /// The limits of lines from their scores at weight 0 and 1: rank below and above, grade below and above.
    fn solved(&self, zero: &[f64], one: &[f64], now: f64) -> [Option<Limit>; 4] {
        let (mut below, mut above) = ([None::<f64>; 2], [None::<f64>; 2]);
        let mut meet = |kind: usize, t: f64| {
            if (0.0..now).contains(&t) {
                below[kind] = Some(below[kind].map_or(t, |known| known.max(t)));
            } else if t > now && t <= 1.0 {
                above[kind] = Some(above[kind].map_or(t, |known| known.min(t)));
            }
        };
        for (number, period) in self.periods.iter().enumerate() {
            let line = |&at: &usize| (zero[at], one[at] - zero[at]);
            let mut lines: Vec<(f64, f64)> = period.iter().map(line).collect();
            let cross = |a: (f64, f64), b: (f64, f64)| (b.0 - a.0) / (a.1 - b.1);
            let of: Vec<(f64, f64)> = match self.only {
                Some((wanted, at)) if wanted == number => vec![lines[at]],
                Some(_) => continue,
                None => lines.clone(),
            };
            for grade in &self.grades {
                of.iter().for_each(|line| meet(1, (grade - line.0) / line.1));
            }
            if let (Some(_), [own]) = (self.only, of.as_slice()) {
                lines.iter().for_each(|other| meet(0, cross(*own, *other)));
            } else {
                // The first two lines to cross are neighbours in the order of now.
                let height = |line: &(f64, f64)| line.0 + now * line.1;
                lines.sort_by(|a, b| height(a).total_cmp(&height(b)).then(a.1.total_cmp(&b.1)));
                lines.windows(2).for_each(|pair| meet(0, cross(pair[0], pair[1])));
            }
        }
        let limit = |at: Option<f64>| at.map(|at| Limit { at, tolerance: 0.0 });
        [limit(below[0]), limit(above[0]), limit(below[1]), limit(above[1])]
    }
}
