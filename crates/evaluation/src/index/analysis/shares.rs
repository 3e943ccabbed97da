//! How much of the uncertainty of the ranks comes from each group of weights and from the choice of scheme.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::adjust;
use super::super::data::Data;
use super::super::result::IndexEvaluation;
use super::super::run::{Computed, IndexError};
use super::super::scheme::IndexScheme;
use super::super::uncertainty::Stream;
use super::super::{rank, scheme::Ties};
use super::computed;
use super::leave_out::name;
use super::refuse;
use crate::exact::Exact;
use crate::sensitivity::{Design, Estimate, SobolError, sobol_indices};
use crate::stats::mean;

/// Another scheme that could have been chosen, with the data as it reads them.
#[derive(Clone, Copy, Debug)]
pub struct Alternative<'a> {
    /// The scheme.
    pub scheme: &'a IndexScheme,
    /// The data.
    pub data: &'a Data,
}

/// The indices of the whole and of each unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Shares {
    /// The size of the experiment.
    pub design: Design,
    /// The inputs: `weights of NODE` for every node with more than one child, and `choice of scheme` if there are others.
    pub inputs: Vec<String>,
    /// Of the mean over the ranked units of `|rank − rank as published|`.
    pub mean_rank_shift: UnitShares,
    /// Of the rank of each ranked unit, by unit (and period, after a slash, in a panel).
    pub ranks: BTreeMap<String, UnitShares>,
}

/// The indices of one output, by input.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct UnitShares {
    /// Its variance.
    pub variance: f64,
    /// The share of the variance that each input explains alone.
    pub first: Vec<Estimate>,
    /// The share of the variance in which each input takes part.
    pub total: Vec<Estimate>,
}

/// Sobol indices of the ranks by [`sobol_indices`].
///
/// An input is one number x in [0, 1). For a group of weights x chooses the perturbation of all its siblings at once:
/// x is the number (in 2⁻²⁴) of a stream of ChaCha12 from which each weight gets its factor `1 + noise · u` as in the rank
/// bands; so weights of one group move together as one input, and the indices of the groups can be added. For the choice
/// of scheme x chooses one of the schemes, each as likely; the groups of another scheme are perturbed where they have the
/// id and number of children of those of the first.
///
/// Ranks are read from the final scores, ties sharing the smallest rank, among the units that are ranked now and have a score in every scheme.
pub fn shares(
    first: Alternative<'_>,
    others: &[Alternative<'_>],
    full: &IndexEvaluation,
    design: Design,
) -> Result<Shares, IndexError> {
    let runs: Vec<Computed> = std::iter::once(&first)
        .chain(others)
        .map(|choice| computed(choice.scheme, choice.data))
        .collect::<Result<_, _>>()?;
    let Some(main) = runs.first() else { return Err(refuse("没有方案", "there is no scheme")) };
    let nodes: Vec<(&str, usize)> = main
        .tree
        .nodes
        .iter()
        .filter(|node| node.children.len() > 1)
        .map(|node| (node.id.as_str(), node.children.len()))
        .collect();
    let mut inputs: Vec<String> = nodes.iter().map(|(id, _)| format!("weights of {id}")).collect();
    if !others.is_empty() {
        inputs.push("choice of scheme".to_owned());
    }
    let noise = first.scheme.uncertainty().weight_noise.get();
    let field = Field::of(first, others, &runs, full);
    let scores = |point: &[f64]| -> Option<Vec<f64>> {
        let choice = point.get(nodes.len()).map_or(0, |x| (x * runs.len() as f64) as usize).min(runs.len() - 1);
        let run = &runs[choice];
        let mut weights = run.weights.clone();
        for ((id, children), x) in nodes.iter().zip(point) {
            let at = run.tree.nodes.iter().position(|node| node.id == *id && node.children.len() == *children);
            if let Some(siblings) = at.and_then(|at| weights.get_mut(at)) {
                let number = (x * f64::from(1 << 24)) as u32;
                *siblings = Stream::of(u64::from(design.seed), number).perturbed(siblings, noise);
            }
        }
        run.tree
            .compute(&run.leaves, &weights)
            .ok()?
            .pop()
            .map(|index| field.ranks(choice, &index, run.lower_is_better()))
    };
    let shift = |ranks: &[f64]| -> f64 {
        mean(&ranks.iter().zip(&field.nominal).map(|(rank, nominal)| (rank - nominal).abs()).collect::<Vec<_>>())
    };
    let indices = sobol_indices(inputs.len(), design, |point| match scores(point) {
        Some(ranks) => std::iter::once(shift(&ranks)).chain(ranks).collect(),
        None => vec![f64::NAN; field.nominal.len() + 1],
    });
    let mut indices = indices.map_err(|error| unable(&error))?.into_iter().map(|found| UnitShares {
        variance: found.variance,
        first: found.first,
        total: found.total,
    });
    let Some(whole) = indices.next() else { return Err(refuse("没有参与排名的单位", "no unit is ranked")) };
    Ok(Shares { design, inputs, mean_rank_shift: whole, ranks: field.names.into_iter().zip(indices).collect() })
}

fn unable(error: &SobolError) -> IndexError {
    refuse(format!("无法计算敏感性指标：{error}"), format!("no sensitivity indices: {error}"))
}

/// A final score for a weighted one, by place; none where nothing stands outside the score.
type Finals = Option<Vec<Box<dyn Fn(f64) -> f64>>>;

fn finals(choice: &Alternative<'_>, run: &Computed) -> Finals {
    let settled = adjust::settled(choice.scheme, choice.data)?;
    let of = |&row: &usize| -> Box<dyn Fn(f64) -> f64> {
        Box::new(settled[row].shown(&Exact::zero(), 12).float(f64::NEG_INFINITY))
    };
    Some(run.rows.iter().map(of).collect())
}

/// The units whose ranks are followed.
struct Field {
    names: Vec<String>,
    nominal: Vec<f64>,
    /// The units of each period, by their number here.
    periods: Vec<Vec<usize>>,
    /// By scheme: the place of each unit in the columns of its run.
    places: Vec<Vec<usize>>,
    /// By scheme: what its bonus items, deductions and vetoes make of the score of each row; none where it has none.
    finals: Vec<Finals>,
}

impl Field {
    fn of(first: Alternative<'_>, others: &[Alternative<'_>], runs: &[Computed], full: &IndexEvaluation) -> Self {
        let choices: Vec<&Alternative<'_>> = std::iter::once(&first).chain(others).collect();
        let by_name = |(choice, run): (&&Alternative<'_>, &Computed)| -> BTreeMap<(String, Option<String>), usize> {
            let key = |row: usize| (choice.data.rows[row].unit.clone(), choice.data.rows[row].period.clone());
            run.rows.iter().enumerate().map(|(at, &row)| (key(row), at)).collect()
        };
        let known: Vec<_> = choices.iter().zip(runs).map(by_name).collect();
        let finals = choices.iter().zip(runs).map(|(choice, run)| finals(choice, run)).collect();
        let mut field = Self {
            names: Vec::new(),
            nominal: Vec::new(),
            periods: Vec::new(),
            places: vec![Vec::new(); runs.len()],
            finals,
        };
        let mut last = None;
        for unit in full.units.iter().filter(|unit| unit.ranked) {
            let key = (unit.unit.clone(), unit.period.clone());
            let places: Option<Vec<usize>> = known.iter().map(|known| known.get(&key).copied()).collect();
            let scored =
                |places: &Vec<usize>| (0..runs.len()).all(|choice| !runs[choice].index()[places[choice]].is_nan());
            let Some(places) = places.filter(scored) else { continue };
            if last != Some(&unit.period) {
                field.periods.push(Vec::new());
                last = Some(&unit.period);
            }
            if let Some(period) = field.periods.last_mut() {
                period.push(field.names.len());
            }
            field.names.push(name(&unit.unit, unit.period.as_deref()));
            places.iter().zip(&mut field.places).for_each(|(place, list)| list.push(*place));
        }
        field.nominal = runs.first().map(|run| field.ranks(0, run.index(), run.lower_is_better())).unwrap_or_default();
        field
    }

    fn ranks(&self, choice: usize, index: &[f64], lower: bool) -> Vec<f64> {
        let finals = self.finals[choice].as_ref();
        let score = |at: usize| finals.map_or(index[at], |finals| finals[at](index[at]));
        let scores: Vec<f64> = self.places[choice].iter().map(|&at| rank::comparable_bits(score(at))).collect();
        let mut ranks = vec![f64::NAN; scores.len()];
        for period in &self.periods {
            let own: Vec<f64> = period.iter().map(|&at| scores[at]).collect();
            let found = if lower { rank::ascending(&own, Ties::Min) } else { rank::descending(&own, Ties::Min) };
            period.iter().zip(found).for_each(|(&at, rank)| ranks[at] = rank);
        }
        ranks
    }
}
