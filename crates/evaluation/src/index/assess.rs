//! From a run to scores, ranks, grades and coverage.

use std::collections::BTreeMap;

use super::data::{Absence, Data};
use super::rank;
use super::result::{ImputedCell, IndexCoverage, IndexEvaluation, IndexUnit};
use super::run::{self, Computed, IndexError};
use super::scheme::{IndexScheme, RankBy, Ties};
use super::uncertainty::{self, Band};
use crate::ENGINE_VERSION;
use crate::flag::{Flag, FlagCode};

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
    let computed = run::run(scheme, data, options.stages)?;
    let replicates = options.replicates.unwrap_or(scheme.uncertainty().replicates);
    let seed = options.seed.unwrap_or(scheme.uncertainty().seed);
    let effective = computed.tree.effective(&computed.weights);
    let mut units = Vec::with_capacity(data.rows().len());
    let coverage: Vec<IndexCoverage> = (0..data.rows().len()).map(|row| coverage(data, row, &effective)).collect();
    for period in data.periods() {
        units.extend(one_period(scheme, data, &computed, &period, &coverage, (replicates, seed, options.threads))?);
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

/// The units of one period: ranks and bands are within it.
fn one_period(
    scheme: &IndexScheme,
    data: &Data,
    computed: &Computed,
    period: &[usize],
    coverage: &[IndexCoverage],
    (replicates, seed, threads): (u32, u64, usize),
) -> Result<Vec<IndexUnit>, IndexError> {
    let rules = scheme.result();
    // Of the rows of the period, those that were not screened out, with their place in the columns.
    let place: BTreeMap<usize, usize> = computed.rows.iter().enumerate().map(|(at, &row)| (row, at)).collect();
    let min = rules.min_coverage.get();
    let index = &computed.columns[computed.tree.top()];
    let score_of = |row: usize| place.get(&row).map_or(f64::NAN, |&at| index[at]);
    let printed = |score: f64| match rules.decimals {
        Some(decimals) if !score.is_nan() => rank::rounded(score, decimals),
        Some(_) | None => score,
    };
    let takes_part = |row: usize| !score_of(row).is_nan() && coverage[row].weight_share >= min;
    let key = |row: usize| match rules.rank_by {
        _ if !takes_part(row) => f64::NAN,
        RankBy::Printed => printed(score_of(row)),
        RankBy::Computed => rank::comparable(score_of(row)),
    };
    let order = if computed.lower_is_better() { rank::ascending } else { rank::descending };
    let ranks = order(&period.iter().map(|&row| key(row)).collect::<Vec<_>>(), rules.ties);
    let ranked: Vec<usize> =
        period.iter().filter(|&&row| takes_part(row)).filter_map(|row| place.get(row).copied()).collect();
    let bands = uncertainty::bands(scheme, computed, &ranked, replicates, seed, threads)?;
    let node_ranks = node_ranks(computed, period, &place, rules.ties);
    let mut bands = bands.into_iter();
    let mut units = Vec::with_capacity(period.len());
    for (at, &row) in period.iter().enumerate() {
        let band = if takes_part(row) { bands.next() } else { None };
        let mut unit = unit(scheme, data, computed, row, place.get(&row).copied(), coverage[row]);
        unit.score = printed(score_of(row));
        unit.exact_score = score_of(row);
        unit.ranked = takes_part(row);
        unit.rank = Some(ranks[at]).filter(|rank| !rank.is_nan());
        unit.node_ranks.clone_from(&node_ranks[at]);
        let grade = rules.grades.iter().find(|band| {
            let from: f64 = band.from.to_string().parse().unwrap_or(f64::INFINITY);
            unit.ranked && unit.score >= from
        });
        (unit.grade, unit.grade_en) = grade.map(|band| (band.title.zh.clone(), band.title.en.clone())).unzip();
        show(&mut unit, band);
        units.push(unit);
    }
    Ok(units)
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
    row: usize,
    place: Option<usize>,
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
            nodes =
                tree.nodes.iter().zip(&computed.columns).map(|(node, column)| (node.id.clone(), column[at])).collect();
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
    flags.sort_by_key(|flag| flag.code);
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
        let order = if node.method.lower_is_better() && node.leaf.is_none() { rank::ascending } else { rank::descending };
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
