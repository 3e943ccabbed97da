//! The smallest set of changes that lifts a unit to a grade.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::aggregate::Aggregate;
use super::super::data::Data;
use super::super::result::IndexEvaluation;
use super::super::run::IndexError;
use super::super::scheme::{IndexScheme, Kind, Node};
use super::super::stage::{Normalise, Stage};
use super::super::weighting::Weighting;
use super::refuse;
use super::what_if::{Standing, WhatIf};

/// Evaluations that a search may cost before it settles for a set that is not proven smallest.
const BUDGET: u32 = 4_000;
/// Halvings in the search for the least sufficient value of each change.
const HALVINGS: u32 = 40;

/// What lifts a unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Lift {
    /// The unit.
    pub unit: String,
    /// The grade to reach.
    pub grade: String,
    /// Whether it can be reached within the bounds at all; if not there are no changes.
    pub reachable: bool,
    /// Whether it was proven that no smaller set of changes suffices.
    pub smallest: bool,
    /// The changes, the most effective alone first. Empty if the unit has the grade already.
    pub changes: Vec<LiftStep>,
    /// The printed score with all of them.
    pub score: Option<f64>,
    /// The rank with all of them.
    pub rank: Option<f64>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LiftStep {
    /// The indicator.
    pub indicator: String,
    /// Its value now; none if it is missing.
    pub from: Option<f64>,
    /// The end of its bounds that it is moved to.
    pub to: f64,
    /// The least change that suffices while the other changes are made in full, to 2⁻⁴⁰ of the way.
    pub enough: f64,
}

/// Finds the smallest set of indicators whose values, moved to the best end of their bounds, lift a unit to a grade.
///
/// The bounds are those of the caller, by indicator, else those of the scheme (`admissible`, `goalposts`), else the best
/// value of the peers in the period; the direction of the indicator says which end is best. Indicators that do not apply
/// are not touched. The method is branch and bound over sets of rising size, the most effective alone first: a branch is
/// left when all indicators still open to it together do not reach the grade. Every set is judged by a whole evaluation,
/// so the set that is returned does lift the unit. `smallest` is the proof that all smaller sets were tried or cut off.
/// Cutting off supposes that a better value never lowers the score; where that is not certain (Mazziotta–Pareto, methods of
/// whole tables, weights from data, treated outliers, imputed values, a value that is missing now, distances to a target
/// or a reference) nothing is cut off and all sets are tried. Beyond 4 000
/// evaluations the set that adds the best next change each time is returned instead, without the proof.
///
/// # Errors
/// For an unknown unit or grade.
pub fn lift(
    scheme: &IndexScheme,
    data: &Data,
    full: &IndexEvaluation,
    (unit, grade): (&str, &str),
    bounds: &BTreeMap<String, (f64, f64)>,
) -> Result<Lift, IndexError> {
    let bands = &scheme.result().grades;
    let names = |band: &crate::scheme::GradeBand| band.title.zh == grade || band.title.en == grade;
    let Some(wanted) = bands.iter().position(names) else {
        let list: Vec<&str> = bands.iter().map(|band| band.title.zh.as_str()).collect();
        let list = list.join("、");
        return Err(refuse(
            format!("方案没有等级 {grade}；有：{list}"),
            format!("no grade {grade}; there are: {list}"),
        ));
    };
    let mut search = Search::of(WhatIf::of(scheme, data, full, unit)?, wanted, bounds);
    let chosen = search.smallest();
    let title = bands[wanted].title.zh.clone();
    let Some(chosen) = chosen else {
        let smallest = search.spent <= BUDGET;
        return Ok(Lift {
            unit: unit.to_owned(),
            grade: title,
            reachable: false,
            smallest,
            changes: Vec::new(),
            score: None,
            rank: None,
        });
    };
    let end = if chosen.is_empty() { Some(search.what_if.now()) } else { search.with(&chosen) };
    let changes = chosen.iter().map(|&at| search.step(&chosen, at)).collect();
    Ok(Lift {
        unit: unit.to_owned(),
        grade: title,
        reachable: true,
        smallest: search.proven,
        changes,
        score: end.map(|end| end.printed),
        rank: end.and_then(|end| end.rank),
    })
}

struct Search<'a> {
    what_if: WhatIf<'a>,
    wanted: usize,
    /// Leaf and best value of each indicator that can be improved, the most effective alone first.
    candidates: Vec<(usize, f64)>,
    /// Whether a better value never lowers the score.
    rising: bool,
    spent: u32,
    proven: bool,
}

impl<'a> Search<'a> {
    fn of(what_if: WhatIf<'a>, wanted: usize, bounds: &BTreeMap<String, (f64, f64)>) -> Self {
        let mut candidates = Vec::new();
        for (leaf, node) in what_if.scheme.indicators().iter().enumerate() {
            let Some(indicator) = node.indicator().filter(|_| !what_if.excused(leaf)) else { continue };
            let room = bounds.get(&node.id).copied().or_else(|| what_if.room(leaf, indicator));
            let Some((_, best)) = room.map(|room| what_if.ends(leaf, indicator, room)) else { continue };
            if what_if.value(leaf) != Some(best) {
                let alone = what_if.with(&[(leaf, best)]).map_or(f64::NEG_INFINITY, |standing| standing.exact);
                candidates.push((leaf, best, alone));
            }
        }
        let sign = if lower(&what_if) { -1.0 } else { 1.0 };
        candidates.sort_by(|a, b| (sign * b.2).total_cmp(&(sign * a.2)).then(a.0.cmp(&b.0)));
        let known = candidates.iter().all(|(leaf, _, _)| what_if.value(*leaf).is_some());
        let rising = known && what_if.full.imputed.is_empty() && steady(what_if.scheme);
        let candidates = candidates.into_iter().map(|(leaf, best, _)| (leaf, best)).collect();
        Self { what_if, wanted, candidates, rising, spent: 0, proven: true }
    }

    fn with(&mut self, chosen: &[usize]) -> Option<Standing> {
        self.spent += 1;
        let changes: Vec<(usize, f64)> = chosen.iter().map(|&at| self.candidates[at]).collect();
        self.what_if.with(&changes)
    }

    fn reaches(&mut self, chosen: &[usize]) -> bool {
        let wanted = self.wanted;
        self.with(chosen).and_then(|standing| standing.grade).is_some_and(|grade| grade <= wanted)
    }

    /// The smallest set; none where there is none.
    fn smallest(&mut self) -> Option<Vec<usize>> {
        if self.what_if.now().grade.is_some_and(|grade| grade <= self.wanted) {
            return Some(Vec::new());
        }
        let all: Vec<usize> = (0..self.candidates.len()).collect();
        if self.rising && !self.reaches(&all) {
            return None;
        }
        for size in 1..=all.len() {
            let mut chosen = Vec::with_capacity(size);
            match self.branch(&mut chosen, 0, size) {
                Some(true) => return Some(chosen),
                Some(false) => {}
                None => {
                    self.proven = false;
                    return self.greedy();
                }
            }
        }
        None
    }

    /// Looks for a set of `size` more from `from` on; none when the budget is spent.
    fn branch(&mut self, chosen: &mut Vec<usize>, from: usize, size: usize) -> Option<bool> {
        if self.spent > BUDGET {
            return None;
        }
        if size == 0 {
            return Some(self.reaches(chosen));
        }
        for at in from..self.candidates.len() {
            if at + size > self.candidates.len() {
                break;
            }
            // What is still open, all of it, is more than any branch from here can choose.
            if self.rising && at + size < self.candidates.len() {
                let open: Vec<usize> = chosen.iter().copied().chain(at..self.candidates.len()).collect();
                if !self.reaches(&open) {
                    return Some(false);
                }
            }
            chosen.push(at);
            match self.branch(chosen, at + 1, size - 1) {
                Some(false) => {}
                done => return done,
            }
            chosen.pop();
        }
        Some(false)
    }

    /// Adds the change that raises the score most until the grade is reached, then takes out what is not needed.
    fn greedy(&mut self) -> Option<Vec<usize>> {
        let sign = if lower(&self.what_if) { -1.0 } else { 1.0 };
        let mut chosen: Vec<usize> = Vec::new();
        while chosen.is_empty() || !self.reaches(&chosen) {
            let open: Vec<usize> = (0..self.candidates.len()).filter(|at| !chosen.contains(at)).collect();
            let mut best: Option<(f64, usize)> = None;
            for at in open {
                chosen.push(at);
                let score = self.with(&chosen).map_or(f64::NEG_INFINITY, |standing| sign * standing.exact);
                chosen.pop();
                if best.is_none_or(|(known, _)| score > known) {
                    best = Some((score, at));
                }
            }
            chosen.push(best?.1);
        }
        for at in chosen.clone() {
            let without: Vec<usize> = chosen.iter().copied().filter(|other| *other != at).collect();
            if !without.is_empty() && self.reaches(&without) {
                chosen = without;
            }
        }
        chosen.sort_unstable();
        Some(chosen)
    }

    fn step(&mut self, chosen: &[usize], at: usize) -> LiftStep {
        let (leaf, to) = self.candidates[at];
        let from = self.what_if.value(leaf);
        let mut enough = to;
        if let Some(start) = from {
            let others: Vec<(usize, f64)> =
                chosen.iter().filter(|other| **other != at).map(|&other| self.candidates[other]).collect();
            let (mut short, mut far) = (0.0, 1.0);
            for _ in 0..HALVINGS {
                let middle = f64::midpoint(short, far);
                let value = start + (to - start) * middle;
                let changes: Vec<(usize, f64)> = others.iter().copied().chain([(leaf, value)]).collect();
                let standing = self.what_if.with(&changes).and_then(|standing| standing.grade);
                if standing.is_some_and(|grade| grade <= self.wanted) { far = middle } else { short = middle }
            }
            enough = if far < 1.0 { start + (to - start) * far } else { to };
        }
        let indicator = self.what_if.scheme.indicators()[leaf].id.clone();
        LiftStep { indicator, from, to, enough }
    }
}

fn lower(what_if: &WhatIf<'_>) -> bool {
    method(what_if.scheme.root(), what_if.scheme).is_some_and(Aggregate::lower_is_better)
}

fn method<'s>(node: &'s Node, scheme: &'s IndexScheme) -> Option<&'s Aggregate> {
    let of_stage = scheme.stages().iter().find_map(|stage| match stage {
        Stage::Aggregate(stage) => Some(&stage.by),
        Stage::Denominate | Stage::Screen(_) | Stage::Impute(_) | Stage::Treat(_) | Stage::Normalise { .. } => None,
    });
    match &node.kind {
        Kind::Group(group) => group.aggregate.as_ref().or(of_stage),
        Kind::Indicator(_) => None,
    }
}

/// Whether a better value of a unit can never lower its score.
fn steady(scheme: &IndexScheme) -> bool {
    let scale = |method: &Normalise| {
        !matches!(
            method,
            Normalise::DistanceToTarget { .. } | Normalise::DistanceToReference { .. } | Normalise::Family { .. }
        )
    };
    let stage = |stage: &Stage| match stage {
        Stage::Treat(_) => false,
        Stage::Normalise { by } => scale(by),
        Stage::Aggregate(stage) => !matches!(stage.weights, Weighting::Computed { .. }),
        Stage::Denominate | Stage::Screen(_) | Stage::Impute(_) => true,
    };
    let own = |leaf: &&Node| leaf.indicator().and_then(|it| it.normalise.as_ref()).is_none_or(scale);
    scheme.stages().iter().all(stage) && scheme.indicators().iter().all(own) && rising(scheme.root(), scheme)
}

/// Whether no node can fall when a value rises.
fn rising(node: &Node, scheme: &IndexScheme) -> bool {
    let own = match method(node, scheme) {
        Some(Aggregate::MazziottaPareto { .. } | Aggregate::Ranking { .. }) => false,
        Some(
            Aggregate::Arithmetic
            | Aggregate::Geometric
            | Aggregate::Harmonic
            | Aggregate::Generalised { .. }
            | Aggregate::Median
            | Aggregate::Min
            | Aggregate::Max
            | Aggregate::Owa { .. },
        )
        | None => true,
    };
    let computed = match &node.kind {
        Kind::Group(group) => matches!(group.weights, Some(Weighting::Computed { .. })),
        Kind::Indicator(_) => false,
    };
    own && !computed && node.children().iter().all(|child| rising(child, scheme))
}
