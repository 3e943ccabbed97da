//! From a run to scores, ranks, grades and coverage.

use std::collections::BTreeMap;

use super::adjust;
use super::data::{Absence, Data};
use super::rank;
use super::result::{ImputedCell, IndexCoverage, IndexEvaluation, IndexUnit, UndefinedCell};
use super::run::{self, Computed, IndexError};
use super::scheme::{IndexScheme, RankBy, Ties};
use super::uncertainty::{self, Band, Draws};
use crate::ENGINE_VERSION;
use crate::exact::Exact;
use crate::flag::{Flag, FlagCode};
use crate::outside::Settled;
use crate::pace::Pace;
use crate::scheme::GradeBand;

/// What a caller may choose beside scheme and data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Replicates of the Monte-Carlo run; none takes the number of the scheme.
    pub replicates: Option<u32>,
    /// The seed; none takes the one of the scheme.
    pub seed: Option<u64>,
    /// Whether the result holds the table after each stage.
    pub stages: bool,
    /// Threads for the replicates; the result does not depend on it. 0 counts as 1.
    pub threads: usize,
}

/// Evaluates every unit of the data.
pub fn evaluate(scheme: &IndexScheme, data: &Data, options: Options) -> Result<IndexEvaluation, IndexError> {
    evaluate_paced(scheme, data, options, &Pace::free())
}

/// As [`evaluate`], telling of its steps. When it is stopped there is no evaluation.
pub fn evaluate_paced(
    scheme: &IndexScheme,
    data: &Data,
    options: Options,
    pace: &Pace,
) -> Result<IndexEvaluation, IndexError> {
    let computed = run::run(scheme, data, options.stages, pace)?;
    let replicates = options.replicates.unwrap_or(scheme.uncertainty().replicates);
    let seed = options.seed.unwrap_or(scheme.uncertainty().seed);
    let effective = computed.tree.effective(&computed.weights);
    let mut units = Vec::with_capacity(data.rows().len());
    let coverage: Vec<IndexCoverage> = (0..data.rows().len()).map(|row| coverage(data, row, &effective)).collect();
    let settled = adjust::settled(scheme, data);
    let parts = Parts::of(scheme, data, &computed, &coverage, settled.as_deref());
    let periods = data.periods();
    let ranked: Vec<Vec<usize>> = periods.iter().map(|period| parts.ranked(period)).collect();
    let final_scores: Option<Vec<_>> = settled.as_ref().map(|settled| {
        computed.rows.iter().map(|&row| settled[row].shown(&Exact::zero(), 12).float(f64::NEG_INFINITY)).collect()
    });
    let adjusted = |place: usize, score: f64| final_scores.as_ref().map_or(score, |finals| finals[place](score));
    let draws = Draws { replicates, seed, threads: options.threads };
    let bands = uncertainty::bands(scheme, &computed, &ranked, draws, &adjusted)?;
    for (period, bands) in periods.iter().zip(bands) {
        units.extend(parts.units(period, bands));
    }
    let ids = leaf_ids(&computed);
    let weights = computed.tree.nodes.iter().zip(&computed.weights).filter(|(node, _)| node.leaf.is_none());
    let named = |(node, weights): (&super::tree::Flat, &Vec<f64>)| {
        let children = node.children.iter().map(|&child| computed.tree.nodes[child].id.clone());
        (node.id.clone(), children.zip(weights.iter().copied()).collect())
    };
    Ok(IndexEvaluation {
        scheme: scheme.id().to_owned(),
        scheme_version: scheme.version().to_owned(),
        scheme_digest: scheme.digest().to_owned(),
        data_digest: data.digest(),
        engine_version: ENGINE_VERSION.to_owned(),
        seed,
        replicates,
        units,
        weights: weights.map(named).collect(),
        effective_weights: ids.iter().cloned().zip(effective).collect(),
        imputed: imputed(data, &computed, &ids),
        undefined: undefined(data, &ids),
        screening: computed.screened,
        treatment: computed.treated,
        ignored_columns: data.ignored().to_vec(),
        stages: options.stages.then_some(computed.stages),
    })
}

fn leaf_ids(computed: &Computed) -> Vec<String> {
    computed.tree.nodes.iter().filter(|node| node.leaf.is_some()).map(|node| node.id.clone()).collect()
}

fn imputed(data: &Data, computed: &Computed, ids: &[String]) -> Vec<ImputedCell> {
    let cell = |filled: &super::result::Filled| ImputedCell {
        unit: data.rows[filled.row].unit.clone(),
        period: data.rows[filled.row].period.clone(),
        indicator: ids[filled.leaf].clone(),
        value: filled.value,
    };
    computed.filled.iter().map(cell).collect()
}

fn undefined(data: &Data, ids: &[String]) -> Vec<UndefinedCell> {
    let cell = |(&(row, leaf), &flag): (&(usize, usize), &FlagCode)| UndefinedCell {
        unit: data.rows[row].unit.clone(),
        period: data.rows[row].period.clone(),
        indicator: ids[leaf].clone(),
        flag: flag.into(),
    };
    data.undefined.iter().map(cell).collect()
}

/// What the units are read from.
struct Parts<'a> {
    scheme: &'a IndexScheme,
    data: &'a Data,
    computed: &'a Computed,
    coverage: &'a [IndexCoverage],
    /// Bonus items, deductions and vetoes by row.
    settled: Option<&'a [Settled<'a>]>,
    /// The rows that were not screened out, with their place in the columns.
    place: BTreeMap<usize, usize>,
    /// The column of the index.
    index: &'a [f64],
    /// The columns of all nodes as readers see them.
    shown: Vec<Vec<f64>>,
}

impl<'a> Parts<'a> {
    fn of(
        scheme: &'a IndexScheme,
        data: &'a Data,
        computed: &'a Computed,
        coverage: &'a [IndexCoverage],
        settled: Option<&'a [Settled<'a>]>,
    ) -> Self {
        let place = computed.rows.iter().enumerate().map(|(at, &row)| (row, at)).collect();
        let shown = run::shown(&computed.tree, &computed.leaves, &computed.columns);
        Self { scheme, data, computed, coverage, settled, place, index: &computed.columns[computed.tree.top()], shown }
    }

    fn score(&self, row: usize) -> f64 {
        self.place.get(&row).map_or(f64::NAN, |&at| self.index[at])
    }

    /// The score that rank and grade are read from, before rounding.
    fn final_score(&self, row: usize) -> f64 {
        let score = self.score(row);
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

    /// The places of the rows of a period that are ranked.
    fn ranked(&self, period: &[usize]) -> Vec<usize> {
        let rows = period.iter().filter(|&&row| self.takes_part(row));
        rows.filter_map(|row| self.place.get(row).copied()).collect()
    }

    /// The units of one period: ranks are within it. `bands` are those of the ranked ones, in order.
    fn units(&self, period: &[usize], bands: Vec<Band>) -> Vec<IndexUnit> {
        let rules = self.scheme.result();
        let key = |row: usize| match rules.rank_by {
            _ if !self.takes_part(row) => f64::NAN,
            RankBy::Printed => self.printed(self.final_score(row)),
            RankBy::Computed => rank::comparable(self.final_score(row)),
        };
        let order = if self.computed.lower_is_better() { rank::ascending } else { rank::descending };
        let ranks = order(&period.iter().map(|&row| key(row)).collect::<Vec<_>>(), rules.ties);
        let node_ranks = node_ranks(self.computed, period, &self.place, rules.ties);
        let mut bands = bands.into_iter();
        let mut units = Vec::with_capacity(period.len());
        for ((&row, rank), node_ranks) in period.iter().zip(ranks).zip(node_ranks) {
            let place = self.place.get(&row).copied();
            let mut unit = unit(self.scheme, self.data, self.computed, (row, place), &self.shown, self.coverage[row]);
            unit.ranked = self.takes_part(row);
            (unit.score, unit.exact_score) = (self.printed(self.score(row)), self.score(row));
            self.adjust(&mut unit, row);
            unit.rank = Some(rank).filter(|rank| !rank.is_nan());
            unit.node_ranks = node_ranks;
            let grade = self.grade(row).filter(|_| unit.ranked);
            (unit.grade, unit.grade_en) = grade.map(|band| (band.title.zh.clone(), band.title.en.clone())).unzip();
            let band = if unit.ranked { bands.next() } else { None };
            show(&mut unit, band);
            units.push(unit);
        }
        units
    }
}

impl Parts<'_> {
    /// The grade of the printed final score, and not better than a veto leaves.
    fn grade(&self, row: usize) -> Option<&GradeBand> {
        let grades = &self.scheme.result().grades;
        let score = self.printed(self.final_score(row));
        let reached = |band: &GradeBand| score >= band.from.to_string().parse().unwrap_or(f64::INFINITY);
        let best = self.settled.map_or(0, |settled| settled[row].best_grade());
        grades.iter().position(reached).and_then(|place| grades.get(place.max(best)))
    }

    fn adjust(&self, unit: &mut IndexUnit, row: usize) {
        let (Some(settled), Some(score)) = (self.settled, adjust::exact(unit.exact_score)) else { return };
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

fn show(unit: &mut IndexUnit, band: Option<Band>) {
    let Some(band) = band else { return };
    unit.rank_p05 = Some(band.p05);
    unit.rank_p50 = Some(band.p50);
    unit.rank_p95 = Some(band.p95);
    unit.rank_mean = Some(band.mean);
    unit.first_share = Some(band.first);
}

/// The part of a unit that does not depend on the others.
fn unit(
    scheme: &IndexScheme,
    data: &Data,
    computed: &Computed,
    (row, place): (usize, Option<usize>),
    shown: &[Vec<f64>],
    coverage: IndexCoverage,
) -> IndexUnit {
    let facts = &data.rows[row];
    let mut flags: Vec<Flag> = Vec::new();
    let mut nodes = BTreeMap::new();
    let mut contributions = BTreeMap::new();
    match place {
        None => flags.push(FlagCode::ScreenedOut.into()),
        Some(at) => {
            let tree = &computed.tree;
            nodes = tree.nodes.iter().zip(shown).map(|(node, column)| (node.id.clone(), column[at])).collect();
            let parts = tree.contributions(&computed.columns, &computed.weights, at);
            contributions = leaf_ids(computed).into_iter().zip(parts).collect();
        }
    }
    if coverage.weight_share < scheme.result().min_coverage.get() {
        flags.push(FlagCode::BelowMinimumCoverage.into());
    }
    if computed.filled.iter().any(|filled| filled.row == row) {
        flags.push(FlagCode::Imputed.into());
    }
    flags.extend(data.undefined.range((row, 0)..(row + 1, 0)).map(|(_, flag)| Flag::from(*flag)));
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
        rank_p05: None,
        rank_p50: None,
        rank_p95: None,
        rank_mean: None,
        first_share: None,
        nodes,
        node_ranks: BTreeMap::new(),
        contributions,
        flags,
        adjustment: None,
    }
}

/// The ranks of every node within a period, by the unit's place in the period.
fn node_ranks(
    computed: &Computed,
    period: &[usize],
    place: &BTreeMap<usize, usize>,
    ties: Ties,
) -> Vec<BTreeMap<String, f64>> {
    let mut found = vec![BTreeMap::new(); period.len()];
    for (node, column) in computed.tree.nodes.iter().zip(&computed.columns) {
        let values: Vec<f64> = period
            .iter()
            .map(|row| {
                place.get(row).map_or(f64::NAN, |&at| match node.leaf {
                    // A value as it was given; only what was summed up carries errors of rounding.
                    Some(_) => column[at],
                    None => rank::comparable(column[at]),
                })
            })
            .collect();
        let order =
            if node.method.lower_is_better() && node.leaf.is_none() { rank::ascending } else { rank::descending };
        for (unit, rank) in found.iter_mut().zip(order(&values, ties)) {
            unit.insert(node.id.clone(), rank);
        }
    }
    found
}

/// Coverage of a row as reported. `effective` are the nominal weights of the indicators.
fn coverage(data: &Data, row: usize, effective: &[f64]) -> IndexCoverage {
    let (mut reported, mut excused, mut there, mut due) = (0_u32, 0_u32, 0.0, 0.0);
    for (leaf, weight) in effective.iter().enumerate() {
        if data.absent.get(&(row, leaf)) == Some(&Absence::NotApplicable) {
            excused += 1;
            continue;
        }
        due += weight;
        if !data.indicators[leaf][row].is_nan() {
            reported += 1;
            there += weight;
        }
    }
    let total = u32::try_from(effective.len()).unwrap_or(u32::MAX);
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    IndexCoverage {
        reported,
        total,
        not_applicable: excused,
        share: share(f64::from(reported), f64::from(total - excused)),
        // All of it, without the last bit of a sum.
        weight_share: if reported + excused == total && reported > 0 { 1.0 } else { share(there, due) },
    }
}
