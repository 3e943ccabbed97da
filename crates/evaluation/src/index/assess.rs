//! From a run to a result.

use std::mem;
use std::sync::Arc;

use super::adjust;
use super::data::Data;
use super::gaps::{self, Holes};
use super::interval;
use super::result::{ImputedCell, IndexCoverage, IndexEvaluation, UndefinedCell, Varied};
use super::run::{self, Computed, IndexError};
use super::scheme::IndexScheme;
use super::tree::Flat;
use super::uncertainty::{self, Adjusted, Extent, GENERATOR};
use super::units::{Parts, leaf_ids};
use super::varied::Uncertainty;
use crate::ENGINE_VERSION;
use crate::exact::Exact;
use crate::flag::FlagCode;
use crate::pace::Pace;

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
    let mut computed = run::run(scheme, data, options.stages, pace)?;
    let (screening, treatment) = (mem::take(&mut computed.screened), mem::take(&mut computed.treated));
    let stages = options.stages.then(|| mem::take(&mut computed.stages));
    let computed = Arc::new(computed);
    let replicates = options.replicates.unwrap_or(scheme.uncertainty().replicates);
    let seed = options.seed.unwrap_or(scheme.uncertainty().seed);
    let effective = computed.tree.effective(&computed.weights);
    let mut units = Vec::new();
    let holes = Holes::of(data);
    let coverage: Vec<IndexCoverage> =
        (0..data.rows().len()).map(|row| gaps::whole(data, (row, holes.row(row)), &effective)).collect();
    let settled = adjust::settled(scheme, data);
    let mut parts = Parts::of(scheme, data, &computed, (&coverage, &holes), settled.as_deref());
    let mut interval_refused = None;
    if options.intervals {
        match interval::ends(scheme, data, &computed) {
            Ok(ends) => parts.ends = ends,
            Err(reason) => interval_refused = Some(reason),
        }
    }
    let periods = data.periods();
    let ranked: Vec<Vec<usize>> = periods.iter().map(|period| parts.ranked(period)).collect();
    let final_scores: Option<Vec<_>> = settled
        .as_ref()
        .map(|settled| settled.iter().map(|it| it.shown(&Exact::zero(), 12).float(f64::NEG_INFINITY)).collect());
    let adjusted = |row: usize, score: f64| final_scores.as_ref().map_or(score, |finals| finals[row](score));
    let extent = Extent { replicates, seed, threads: options.threads, pace };
    let adjusted = final_scores.as_ref().map(|_| &adjusted as Adjusted<'_>);
    let spreads = uncertainty::spreads(scheme, data, &computed, &ranked, extent, adjusted)?;
    for ((period, ranked), spread) in periods.iter().zip(&ranked).zip(spreads) {
        let of_period = parts.units(period, ranked, spread);
        if units.is_empty() {
            units = of_period;
        } else {
            units.extend(of_period);
        }
    }
    let ids = leaf_ids(&computed);
    let weights = computed.tree.nodes.iter().zip(&computed.weights).filter(|(node, _)| node.leaf.is_none());
    let named = |(node, weights): (&Flat, &Vec<f64>)| {
        let children = node.children.iter().map(|&child| computed.tree.nodes[child].id.clone());
        (node.id.clone(), children.zip(weights.iter().copied()).collect())
    };
    Ok(IndexEvaluation {
        scheme: scheme.id().to_owned(),
        scheme_version: scheme.version().to_owned(),
        scheme_digest: scheme.digest().to_owned(),
        data_digest: data.digest().to_owned(),
        engine_version: ENGINE_VERSION.to_owned(),
        seed,
        replicates,
        uncertainty: (replicates > 0).then(|| varied(scheme.uncertainty())),
        units,
        interval_refused,
        weights: weights.map(named).collect(),
        effective_weights: ids.iter().cloned().zip(effective).collect(),
        imputed: imputed(data, &computed, &ids),
        undefined: undefined(data, &ids),
        screening,
        treatment,
        ignored_columns: data.ignored().to_vec(),
        stages,
    })
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

/// What the replicates varied.
fn varied(rules: &Uncertainty) -> Varied {
    let lists = [
        ("impute", rules.impute.len()),
        ("treat", rules.treat.len()),
        ("normalise", rules.normalise.len()),
        ("aggregate", rules.aggregate.len()),
        ("weights", rules.weights.len()),
    ];
    Varied {
        generator: GENERATOR,
        weight_noise: rules.weight_noise.get(),
        alternatives: lists.into_iter().filter(|(_, count)| *count > 0).map(|(key, count)| (key, count + 1)).collect(),
        data_error: rules.data_error.is_some(),
    }
}
