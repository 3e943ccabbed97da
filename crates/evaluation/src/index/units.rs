//! The units of a result: scores, ranks, grades, coverage, and what is told of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::adjust;
use super::data::Data;
use super::gaps::{self, Holes};
use super::interval::{self, Ends, Interval};
use super::named::{Named, Names};
use super::rank::{self, Same};
use super::result::{IndexCoverage, IndexUnit};
use super::run::Computed;
use super::scheme::{IndexScheme, Node, RankBy};
use super::tables::{Scores, Table, Worked};
use super::uncertainty::Spread;
use crate::exact::Exact;
use crate::flag::{Flag, FlagCode};
use crate::order::Ranker;
use crate::outside::Settled;
use crate::policy::Policy;
use crate::scheme::GradeBand;

/// What the units are read from.
pub(super) struct Parts<'a> {
    scheme: &'a IndexScheme,
    data: &'a Data,
    computed: Arc<Computed>,
    coverage: &'a [IndexCoverage],
    holes: &'a Holes,
    /// Bonus items, deductions and vetoes by row.
    settled: Option<&'a [Settled<'a>]>,
    /// The place of each row in the columns; none if it was screened out.
    place: Vec<Option<usize>>,
    /// The rows of which a cell was imputed.
    imputed: Vec<bool>,
    /// The names of the nodes, and of the indicators.
    names: (Names, Names),
    /// The scores of the nodes, and what each indicator adds to the index.
    tables: (Arc<dyn Table>, Arc<dyn Table>),
    /// The nominal weights of the indicators, where coverage is told by department.
    effective: Option<Vec<f64>>,
    leaves: Vec<&'a Node>,
    /// Where the grades begin.
    grades: Vec<f64>,
    /// The scores at the ends of what is missing, where intervals are wanted.
    pub(super) ends: Option<Ends>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(
        scheme: &'a IndexScheme,
        data: &'a Data,
        computed: &Arc<Computed>,
        (coverage, holes): (&'a [IndexCoverage], &'a Holes),
        settled: Option<&'a [Settled<'a>]>,
    ) -> Self {
        let mut place = vec![None; data.rows.len()];
        computed.rows.iter().enumerate().for_each(|(at, &row)| place[row] = Some(at));
        let mut imputed = vec![false; data.rows.len()];
        computed.filled.iter().for_each(|filled| imputed[filled.row] = true);
        let nodes: Vec<String> = computed.tree.nodes.iter().map(|node| node.id.clone()).collect();
        let names = (Names::of(&nodes), Names::of(&leaf_ids(computed)));
        let scores = Scores { computed: Arc::clone(computed), names: names.0.clone() };
        let contributions = Worked::contributions(Arc::clone(computed), names.1.clone());
        let from = |band: &GradeBand| band.from.to_string().parse().unwrap_or(f64::INFINITY);
        let leaves = scheme.indicators();
        let departments = gaps::departments(&leaves, data);
        Self {
            scheme,
            data,
            coverage,
            holes,
            settled,
            place,
            imputed,
            names,
            tables: (Arc::new(scores), Arc::new(contributions)),
            effective: departments.then(|| computed.tree.effective(&computed.weights)),
            leaves,
            grades: scheme.result().grades.iter().map(from).collect(),
            ends: None,
            computed: Arc::clone(computed),
        }
    }

    fn score(&self, row: usize) -> f64 {
        self.place[row].map_or(f64::NAN, |at| self.computed.index()[at])
    }

    /// The score that rank and grade are read from, before rounding.
    fn final_score(&self, row: usize) -> f64 {
        self.adjusted(row, self.score(row))
    }

    /// The final score of a row for a weighted one.
    fn adjusted(&self, row: usize, score: f64) -> f64 {
        self.settled.filter(|_| !score.is_nan()).map_or(score, |settled| adjust::apply(&settled[row], score))
    }

    fn printed(&self, score: f64) -> f64 {
        match self.scheme.result().decimals {
            Some(decimals) if !score.is_nan() => rank::rounded(score, decimals, self.scheme.result().rounding),
            Some(_) | None => score,
        }
    }

    /// Whether a row takes part in the ranking of its period.
    fn takes_part(&self, row: usize) -> bool {
        let min = self.scheme.result().min_coverage.get();
        !self.score(row).is_nan() && self.coverage[row].weight_share >= min
    }

    /// The rows of a period that are ranked.
    pub(super) fn ranked(&self, period: &[usize]) -> Vec<usize> {
        period.iter().copied().filter(|&row| self.takes_part(row)).collect()
    }

    /// The units of one period: ranks are within it. `spread` is that of the ranked ones, in order.
    pub(super) fn units(&self, period: &[usize], ranked: &[usize], spread: Spread) -> Vec<IndexUnit> {
        let rules = self.scheme.result();
        let key = |&row: &usize| match rules.rank_by {
            _ if !self.takes_part(row) => f64::NAN,
            RankBy::Printed => self.printed(self.final_score(row)),
            RankBy::Computed => self.final_score(row),
        };
        let same = match rules.rank_by {
            RankBy::Printed => Same::Number,
            RankBy::Computed => Same::Digits,
        };
        let mut ranker = Ranker::default();
        let sign = if self.computed.lower_is_better() { -1.0 } else { 1.0 };
        let keys: Vec<f64> = period.iter().map(|row| sign * key(row)).collect();
        let ranks = rank::ranks(&mut ranker, &keys, same, rules.ties);
        let places = period.iter().map(|&row| self.place[row]).collect();
        let node_ranks = Worked::ranks(Arc::clone(&self.computed), self.names.0.clone(), places, rules.ties);
        let node_ranks: Arc<dyn Table> = Arc::new(node_ranks);
        let ids: Vec<String> = match spread.above {
            Some(_) => ranked.iter().map(|&row| self.data.rows[row].unit.clone()).collect(),
            None => Vec::new(),
        };
        let (others, mut member) = (Names::of(&ids), 0..);
        let mut units = Vec::with_capacity(period.len());
        for (at, (&row, rank)) in period.iter().zip(ranks).enumerate() {
            // Filled in its place: a unit is large.
            units.push(self.unit(row));
            let Some(unit) = units.last_mut() else { continue };
            unit.ranked = self.takes_part(row);
            (unit.score, unit.exact_score) = (self.printed(self.score(row)), self.score(row));
            self.adjust(unit, row);
            unit.rank = Some(rank).filter(|rank| !rank.is_nan());
            unit.node_ranks = self.names.0.row(&node_ranks, at);
            if let Some(effective) = &self.effective {
                unit.coverage_by_department = gaps::by_department(&self.leaves, self.data, row, effective);
            }
            let grade = self.grade(row, self.score(row)).filter(|_| unit.ranked);
            let grade = grade.filter(|_| !unit.missing.iter().any(|gap| gap.policy == Policy::Hold));
            (unit.grade, unit.grade_en) = grade.map(|band| (band.title.zh.clone(), band.title.en.clone())).unzip();
            if let Some(member) = unit.ranked.then(|| member.next()).flatten() {
                show(unit, &spread, member, &others);
            }
        }
        self.intervals(period, &mut units);
        units
    }

    /// Adds the intervals to the units of a period.
    fn intervals(&self, period: &[usize], units: &mut [IndexUnit]) {
        let Some(ends) = &self.ends else { return };
        let rules = self.scheme.result();
        let ranked = self.ranked(period);
        let key = |row: usize, scores: &[f64]| {
            let score = self.place[row].map_or(f64::NAN, |at| scores[at]);
            match rules.rank_by {
                RankBy::Printed => self.printed(self.adjusted(row, score)),
                RankBy::Computed => rank::comparable(self.adjusted(row, score)),
            }
        };
        let of = |scores: &[f64]| ranked.iter().map(|&row| key(row, scores)).collect::<Vec<_>>();
        let mut ranks = interval::ranks(&of(&ends.low), &of(&ends.high), rules.ties).into_iter();
        for (&row, unit) in period.iter().zip(units) {
            let ranks = if unit.ranked { ranks.next().flatten() } else { None };
            let Some(at) = self.place[row] else { continue };
            let (low, high) = (ends.low[at], ends.high[at]);
            if low.is_nan() || high.is_nan() {
                continue;
            }
            let grade = |score: f64| self.grade(row, score).filter(|_| unit.ranked).map(|band| band.title.zh.clone());
            let (grade_low, grade_high) = (grade(low), grade(high));
            let provisional = grade_low != grade_high;
            unit.interval = Some(Interval {
                score_low: low,
                score_high: high,
                rank_best: ranks.map(|(best, _)| best),
                rank_worst: ranks.map(|(_, worst)| worst),
                rank_exact: ranks.is_some() && !ends.moves,
                grade_low,
                grade_high,
                provisional,
            });
            if provisional {
                unit.flags.push(FlagCode::Provisional.into());
                unit.flags.sort_by_key(|flag| flag.code);
            }
        }
    }

    /// The part of a unit that does not depend on the others.
    fn unit(&self, row: usize) -> IndexUnit {
        let (facts, coverage) = (&self.data.rows[row], self.coverage[row]);
        let mut flags: Vec<Flag> = Vec::new();
        let (mut nodes, mut contributions) = (Named::default(), Named::default());
        match self.place[row] {
            None => flags.push(FlagCode::ScreenedOut.into()),
            Some(at) => {
                nodes = self.names.0.row(&self.tables.0, at);
                contributions = self.names.1.row(&self.tables.1, at);
            }
        }
        if coverage.weight_share < self.scheme.result().min_coverage.get() {
            flags.push(FlagCode::BelowMinimumCoverage.into());
        }
        if self.imputed[row] {
            flags.push(FlagCode::Imputed.into());
        }
        let missing = gaps::gaps(self.scheme, &self.leaves, self.data, (row, self.holes.row(row)));
        flags.extend(gaps::flags(&missing).into_iter().map(Flag::from));
        flags.extend(self.data.undefined.range((row, 0)..(row + 1, 0)).map(|(_, flag)| Flag::from(*flag)));
        flags.sort_by_key(|flag| flag.code);
        flags.dedup_by_key(|flag| flag.code);
        IndexUnit {
            unit: facts.unit.clone(),
            name: facts.name.clone(),
            period: facts.period.clone(),
            score: f64::NAN,
            exact_score: f64::NAN,
            rank: None,
            grade: None,
            grade_en: None,
            ranked: false,
            coverage,
            coverage_by_department: BTreeMap::new(),
            missing,
            interval: None,
            rank_p05: None,
            rank_p50: None,
            rank_p95: None,
            rank_mean: None,
            first_share: None,
            tier: None,
            rank_acceptability: None,
            above: None,
            nodes,
            node_ranks: Named::default(),
            contributions,
            flags,
            adjustment: None,
        }
    }
}

impl Parts<'_> {
    /// The grade of the printed final score for a weighted one, and not better than a veto leaves.
    fn grade(&self, row: usize, score: f64) -> Option<&GradeBand> {
        if self.grades.is_empty() {
            return None;
        }
        let score = self.printed(self.adjusted(row, score));
        let best = self.settled.map_or(0, |settled| settled[row].best_grade());
        let place = self.grades.iter().position(|from| score >= *from);
        place.and_then(|place| self.scheme.result().grades.get(place.max(best)))
    }

    fn adjust(&self, unit: &mut IndexUnit, row: usize) {
        let Some(settled) = self.settled else { return };
        let Some(score) = adjust::exact(unit.exact_score) else { return };
        let mut shown = settled[row].shown(&score, 12);
        // As it is printed.
        if let Some(printed) = Exact::from_f64(self.printed(shown.final_exact.to_f64())) {
            shown.final_score = printed.round(12).normalize();
        }
        unit.adjustment = Some(shown);
        unit.flags.extend(settled[row].flags().map(Flag::from));
        unit.flags.sort_by_key(|flag| flag.code);
    }
}

/// What the replicates tell of a unit, by its number among the ranked ones.
fn show(unit: &mut IndexUnit, spread: &Spread, member: usize, others: &Names) {
    let Some(band) = spread.bands.get(member) else { return };
    unit.rank_p05 = Some(band.p05);
    unit.rank_p50 = Some(band.p50);
    unit.rank_p95 = Some(band.p95);
    unit.rank_mean = Some(band.mean);
    unit.first_share = Some(band.first);
    unit.tier = spread.tiers.as_ref().and_then(|tiers| tiers.get(member)).copied();
    unit.rank_acceptability = spread.acceptability.as_ref().and_then(|all| all.get(member)).cloned();
    unit.above = spread
        .above
        .as_ref()
        .and_then(|all| all.get(member))
        .map(|shares| others.without(member, |other| shares[other]));
}

pub(super) fn leaf_ids(computed: &Computed) -> Vec<String> {
    computed.tree.nodes.iter().filter(|node| node.leaf.is_some()).map(|node| node.id.clone()).collect()
}
