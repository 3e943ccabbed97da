//! From a run to scores, ranks, grades and coverage.

use std::collections::BTreeMap;

use super::adjust;
use super::data::Data;
use super::gaps;
use super::interval::{self, Ends, Interval};
use super::rank;
use super::result::{ImputedCell, IndexCoverage, IndexEvaluation, IndexUnit, UndefinedCell};
use super::run::{self, Computed, IndexError};
use super::scheme::{IndexScheme, Node, RankBy, Ties};
use super::uncertainty::{self, Band, Draws};
use crate::ENGINE_VERSION;
use crate::exact::Exact;
use crate::flag::{Flag, FlagCode};
use crate::outside::Settled;
use crate::pace::Pace;
use crate::policy::Policy;
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
    /// Whether the result holds the intervals over what is missing.
    pub intervals: bool,
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
    let coverage: Vec<IndexCoverage> =
        (0..data.rows().len()).map(|row| gaps::coverage(data, row, &effective, |_| true)).collect();
    let settled = adjust::settled(scheme, data);
    let mut parts = Parts::of(scheme, data, &computed, &coverage, settled.as_deref());
    let mut interval_refused = None;
    if options.intervals {
        match interval::ends(scheme, data, &computed) {
            Ok(ends) => parts.ends = ends,
            Err(reason) => interval_refused = Some(reason),
        }
    }
    let periods = data.periods();
    let ranked: Vec<Vec<usize>> = periods.iter().map(|period| parts.ranked(period)).collect();
    let final_scores: Option<Vec<_>> = settled.as_ref().map(|settled| {
        computed.rows.iter().map(|&row| settled[row].shown(&Exact::zero(), 12).float(f64::NEG_INFINITY)).collect()
    });
    let adjusted = |place: usize, score: f64| final_scores.as_ref().map_or(score, |finals| finals[place](score));
    let draws = Draws { replicates, seed, threads: options.threads };
    let bands = uncertainty::bands(scheme, data, &computed, &ranked, draws, &adjusted)?;
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
        interval_refused,
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
    /// The nominal weights of the indicators.
    effective: Vec<f64>,
    leaves: Vec<&'a Node>,
    /// The scores at the ends of what is missing, where intervals are wanted.
    ends: Option<Ends>,
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
        let effective = computed.tree.effective(&computed.weights);
        let index = &computed.columns[computed.tree.top()];
        let leaves = scheme.indicators();
        Self { scheme, data, computed, coverage, settled, place, index, shown, effective, leaves, ends: None }
    }

    fn score(&self, row: usize) -> f64 {
        self.place.get(&row).map_or(f64::NAN, |&at| self.index[at])
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
            let mut unit = unit(self, (row, place), self.coverage[row]);
            unit.ranked = self.takes_part(row);
            (unit.score, unit.exact_score) = (self.printed(self.score(row)), self.score(row));
            self.adjust(&mut unit, row);
            unit.rank = Some(rank).filter(|rank| !rank.is_nan());
            unit.node_ranks = node_ranks;
            unit.coverage_by_department = gaps::by_department(&self.leaves, self.data, row, &self.effective);
            let grade = self.grade(row, self.score(row)).filter(|_| unit.ranked);
            let grade = grade.filter(|_| !unit.missing.iter().any(|gap| gap.policy == Policy::Hold));
            (unit.grade, unit.grade_en) = grade.map(|band| (band.title.zh.clone(), band.title.en.clone())).unzip();
            let band = if unit.ranked { bands.next() } else { None };
            show(&mut unit, band);
            units.push(unit);
        }
        self.intervals(period, &mut units);
        units
    }

    /// Adds the intervals to the units of a period.
    fn intervals(&self, period: &[usize], units: &mut [IndexUnit]) {
        let Some(ends) = &self.ends else { return };
        let rules = self.scheme.result();
        let ranked: Vec<usize> = period.iter().copied().filter(|&row| self.takes_part(row)).collect();
        let key = |row: usize, scores: &[f64]| {
            let score = self.place.get(&row).map_or(f64::NAN, |&at| scores[at]);
            match rules.rank_by {
                RankBy::Printed => self.printed(self.adjusted(row, score)),
                RankBy::Computed => rank::comparable(self.adjusted(row, score)),
            }
        };
        let of = |scores: &[f64]| ranked.iter().map(|&row| key(row, scores)).collect::<Vec<_>>();
        let mut ranks = interval::ranks(&of(&ends.low), &of(&ends.high), rules.ties).into_iter();
        for (&row, unit) in period.iter().zip(units) {
            let ranks = if unit.ranked { ranks.next().flatten() } else { None };
            let Some(&at) = self.place.get(&row) else { continue };
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
}

impl Parts<'_> {
    /// The grade of the printed final score for a weighted one, and not better than a veto leaves.
    fn grade(&self, row: usize, score: f64) -> Option<&GradeBand> {
        let grades = &self.scheme.result().grades;
        let score = self.printed(self.adjusted(row, score));
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
fn unit(parts: &Parts<'_>, (row, place): (usize, Option<usize>), coverage: IndexCoverage) -> IndexUnit {
    let Parts { scheme, data, computed, shown, leaves, .. } = parts;
    let facts = &data.rows[row];
    let mut flags: Vec<Flag> = Vec::new();
    let mut nodes = BTreeMap::new();
    let mut contributions = BTreeMap::new();
    match place {
        None => flags.push(FlagCode::ScreenedOut.into()),
        Some(at) => {
            let tree = &computed.tree;
            nodes = tree.nodes.iter().zip(shown.iter()).map(|(node, column)| (node.id.clone(), column[at])).collect();
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
    let missing = gaps::gaps(scheme, leaves, data, row);
    flags.extend(gaps::flags(&missing).into_iter().map(Flag::from));
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
        coverage_by_department: BTreeMap::new(),
        missing,
        interval: None,
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
