//! What an evaluation of practice says beside its scores: what each item adds, how its ranks move with the marks, and the
//! tables on the way.
//!
//! [`Evaluation`] is stored with its digest and keeps its bytes; this is computed from it and added to the JSON that is
//! read by people and programs.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::exact::Exact;
use crate::index::uncertainty::{Band, Stream, count};
use crate::pace::{Pace, Step};
use crate::result::{Evaluation, ItemScore, UnitResult};

/// Each item's marks move by at most this share, unless the caller says otherwise.
pub const MARKS_NOISE: f64 = 0.25;

/// What a caller may choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Replicates; 0 computes no bands.
    pub replicates: u32,
    /// The seed of the replicates.
    pub seed: u64,
    /// Threads for the replicates; the result does not depend on it.
    pub threads: usize,
    /// Whether the tables of values, shares and points are added.
    pub stages: bool,
}

/// The JSON of an evaluation, with `contributions` and `rank_p05`, `rank_p50`, `rank_p95` in each unit, and `seed`,
/// `replicates` and, on request, `stages` beside them.
///
/// `contributions` are the points of each item; they sum to the exact score. In a replicate the marks of every item are
/// multiplied by `1 + 0.25·u`, u uniform in ±1, from the stream of the replicate, in the order of the scheme; the score is
/// `Σ marks · share ÷ Σ marks` over the items in the denominator of a unit. Only ranked units are ranked in a replicate.
pub fn extended(evaluation: &Evaluation, extent: Extent) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(evaluation)?;
    let by_unit = rank_bands(evaluation, extent, &Pace::free()).unwrap_or_default();
    if let Some(units) = value.get_mut("units").and_then(Value::as_array_mut) {
        for (json, unit) in units.iter_mut().zip(&evaluation.units) {
            let Some(json) = json.as_object_mut() else { continue };
            let parts = unit.items.iter().map(|item| (item.indicator.clone(), json!(float(&item.points))));
            json.insert("contributions".to_owned(), Value::Object(parts.collect::<Map<_, _>>()));
            let band = by_unit.get(unit.unit.as_str());
            json.insert("rank_p05".to_owned(), json!(band.map(|band| band.p05)));
            json.insert("rank_p50".to_owned(), json!(band.map(|band| band.p50)));
            json.insert("rank_p95".to_owned(), json!(band.map(|band| band.p95)));
            json.insert("rank_mean".to_owned(), json!(band.map(|band| band.mean)));
            json.insert("first_share".to_owned(), json!(band.map(|band| band.first)));
        }
    }
    if let Some(json) = value.as_object_mut() {
        json.insert("seed".to_owned(), json!(extent.seed));
        json.insert("replicates".to_owned(), json!(extent.replicates));
        if extent.stages {
            json.insert("stages".to_owned(), stages(evaluation));
        }
    }
    Ok(value)
}

/// How the rank of a unit moves over the replicates.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RankBand {
    /// The 5 % quantile (type 7).
    pub p05: f64,
    /// The median.
    pub p50: f64,
    /// The 95 % quantile.
    pub p95: f64,
    /// The mean.
    pub mean: f64,
    /// The share of replicates in which it is first.
    pub first: f64,
}

/// The bands of the ranked units, as in [`extended`]; none of them without replicates. `None` when `pace` stopped it.
#[must_use]
pub fn rank_bands(evaluation: &Evaluation, extent: Extent, pace: &Pace) -> Option<BTreeMap<String, RankBand>> {
    let ranked: Vec<&UnitResult> = evaluation.units.iter().filter(|unit| unit.ranked).collect();
    if ranked.is_empty() || extent.replicates == 0 {
        return Some(BTreeMap::new());
    }
    let named = |(unit, band): (&&UnitResult, Band)| {
        let Band { p05, p50, p95, mean, first } = band;
        (unit.unit.clone(), RankBand { p05, p50, p95, mean, first })
    };
    Some(ranked.iter().zip(bands(&ranked, extent, pace)?).map(named).collect())
}

fn bands(ranked: &[&UnitResult], extent: Extent, pace: &Pace) -> Option<Vec<Band>> {
    let first = ranked.first().filter(|_| extent.replicates > 0)?;
    // Every unit has the items of the scheme, in its order.
    let marks: Vec<f64> = first.items.iter().map(|item| number(item.weight)).collect();
    let shares: Vec<Vec<Option<f64>>> = ranked
        .iter()
        .map(|unit| unit.items.iter().map(|item| item.in_denominator.then(|| number(item.share))).collect())
        .collect();
    let score = |marks: &[f64], shares: &[Option<f64>]| {
        let there = || marks.iter().zip(shares).filter_map(|(marks, share)| share.map(|share| (marks, share)));
        there().map(|(marks, share)| marks * share).sum::<f64>() / there().map(|(marks, _)| marks).sum::<f64>()
    };
    // Marks are shares of 1 in a replicate; bonus items, deductions and vetoes are points of 100.
    let finals: Vec<_> = ranked.iter().map(|unit| unit.adjustment.as_ref().map(|it| it.float(0.0))).collect();
    let all = |marks: &[f64]| -> Vec<f64> {
        let weighted = shares.iter().map(|shares| score(marks, shares));
        weighted
            .zip(&finals)
            .map(|(score, adjusted)| adjusted.as_ref().map_or(score, |adjusted| adjusted(score * 100.0) / 100.0))
            .collect()
    };
    let scores = |number: u32| {
        let goes_on = pace.goes_on(Step::Replicate { number, of: extent.replicates });
        goes_on.then(|| all(&Stream::of(extent.seed, number).perturbed(&marks, MARKS_NOISE)))
    };
    let group = [(0..ranked.len()).collect()];
    let spreads = count(&group, &all(&marks), (extent.replicates, extent.threads), &scores)?;
    spreads.into_iter().next().map(|spread| spread.bands)
}

/// The tables of the reported values, of the shares of the marks, and of the points.
fn stages(evaluation: &Evaluation) -> Value {
    let items = evaluation.units.first().map(|unit| unit.items.as_slice()).unwrap_or_default();
    let columns: Vec<&str> = items.iter().map(|item| item.indicator.as_str()).collect();
    let units: Vec<&str> = evaluation.units.iter().map(|unit| unit.unit.as_str()).collect();
    let table = |cell: &dyn Fn(&ItemScore) -> Option<f64>| {
        let values: Vec<Vec<Option<f64>>> =
            evaluation.units.iter().map(|unit| unit.items.iter().map(cell).collect()).collect();
        json!({ "units": units, "periods": vec![Value::Null; units.len()], "columns": columns, "values": values })
    };
    json!({
        "raw": table(&|item| item.inputs.value.map(number)),
        "normalised": table(&|item| item.in_denominator.then(|| number(item.share))),
        "aggregated": table(&|item| Some(float(&item.points))),
    })
}

fn number(value: rust_decimal::Decimal) -> f64 {
    value.to_string().parse().unwrap_or(f64::NAN)
}

fn float(value: &Exact) -> f64 {
    number(value.round(12))
}
