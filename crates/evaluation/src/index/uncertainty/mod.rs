//! Monte-Carlo replicates: how the ranks move with what was decided and what was measured.
//!
//! A replicate draws, from a stream of its own ([`stream`]) and in this order:
//!
//! 1. one of the alternatives of the scheme for imputation, treatment, normalisation, aggregation and source of weights,
//!    each as likely as the scheme's own; nothing is drawn where the scheme states no alternative;
//! 2. node by node in the order of the tree (children before their parent, siblings in the order of the scheme) one u in
//!    −1 .. 1 for each child of a node with more than one child: each weight is multiplied by `1 + noise · u`, and siblings
//!    are scaled to the sum 1 again;
//! 3. one 32-bit word for each cell of the data, or for each indicator, if the scheme states an error of the data
//!    ([`error`]).
//!
//! Where an imputation draws, replicate r has the completed table of number `r mod draws` ([`imputations`](super::imputations)).
//!
//! Replicates that choose the same methods are computed together, on one table ([`product`]). Which thread computes a
//! replicate changes nothing, and what is kept of them are counts of ranks ([`tally`]), whose sum has no order. A unit
//! that has no score in a replicate (its only values made no scale, or it was screened out) is last in it.

mod error;
mod product;
mod stream;
mod tally;
mod variants;
mod worker;

use std::thread;

use super::data::Data;
use super::imputations::{draws, table, table_of};
use super::rank::comparable_bits;
use super::run::{self, Computed, IndexError, Prepared};
use super::scheme::IndexScheme;
use crate::pace::Pace;
use crate::text::Text;
use error::Errors;
use variants::Picks;
use worker::{Places, Source, Table, Worker, sign_of};

pub(crate) use stream::{GENERATOR, Stream};
use tally::Tally;
pub(crate) use tally::{Band, Spread};

/// Replicates that are computed together.
const BLOCK: usize = 32;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent<'a> {
    pub(super) replicates: u32,
    pub(super) seed: u64,
    pub(super) threads: usize,
    /// Asked before every replicate.
    pub(super) pace: &'a Pace,
}

/// The final score for a weighted one of a row of the data, where something stands outside the weighted score.
pub(super) type Adjusted<'a> = &'a (dyn Fn(usize, f64) -> f64 + Sync);

/// The spread of the ranks of units that are ranked among each other, group by group (a group is the ranked rows of a
/// period); nothing without replicates.
pub(super) fn spreads(
    scheme: &IndexScheme,
    data: &Data,
    computed: &Computed,
    groups: &[Vec<usize>],
    extent: Extent<'_>,
    adjusted: Option<Adjusted<'_>>,
) -> Result<Vec<Spread>, IndexError> {
    if extent.replicates == 0 {
        return Ok(vec![Spread::default(); groups.len()]);
    }
    let rules = scheme.uncertainty();
    let errors = Errors::of(scheme);
    let mut workers = workers(groups, extent.replicates, extent.threads);
    for (picks, replicates) in variants::replicates(rules, extent.seed, extent.replicates) {
        let other = (picks != [0; 5]).then(|| variants::scheme(scheme, picks));
        let scheme = other.as_ref().unwrap_or(scheme);
        let source = Source { rules, scheme, data, groups, adjusted, extent };
        if let Some(errors) = &errors {
            let whole = Places::of(groups, &(0..data.rows().len()).collect::<Vec<_>>());
            source.run(&mut workers, &Table::Drawn(errors, whole), picks, &replicates)?;
            continue;
        }
        let named = |error: IndexError| if other.is_some() { of_variant(picks, &error) } else { error };
        let own = match other.is_some() {
            true => Some(run::prepared(scheme, data, data.indicators.clone(), None).map_err(named)?),
            false => None,
        };
        let (rows, filled) =
            own.as_ref().map_or((&computed.rows, !computed.filled.is_empty()), |own| (&own.rows, own.filled));
        let tables = if filled { draws(scheme) } else { 0 };
        if tables == 0 {
            let table = match &own {
                Some(Prepared { tree, leaves, weights, rows, .. }) => Table::of(&source, tree, leaves, weights, rows),
                None => Table::of(&source, &computed.tree, &computed.leaves, &computed.weights, &computed.rows),
            };
            source.run(&mut workers, &table, picks, &replicates)?;
        }
        for number in 0..tables {
            let turn: Vec<u32> = replicates.iter().copied().filter(|it| table_of(*it, tables) == number).collect();
            if !turn.is_empty() {
                let drawn = table(scheme, data, rows, extent.seed, number).map_err(named)?;
                let Prepared { tree, leaves, weights, rows, .. } = &drawn;
                source.run(&mut workers, &Table::of(&source, tree, leaves, weights, rows), picks, &turn)?;
            }
        }
    }
    let (sign, index) = (sign_of(&computed.tree), computed.index());
    let places = Places::of(groups, &computed.rows);
    let adjusted = |row: usize, score: f64| adjusted.filter(|_| !score.is_nan()).map_or(score, |of| of(row, score));
    let score = |(place, row): (&Option<usize>, &usize)| sign * adjusted(*row, place.map_or(f64::NAN, |at| index[at]));
    let nominal = places.0.iter().zip(groups).map(|(places, group)| places.iter().zip(group).map(score).collect());
    Ok(told(workers, extent.replicates, nominal))
}

/// The ranks within each group over the replicates of another model. `scores` gives the scores of one replicate for all
/// that the groups name by their places; the largest is the best. None when it stopped.
pub(crate) fn count(
    groups: &[Vec<usize>],
    nominal: &[f64],
    (replicates, threads): (u32, usize),
    scores: &(dyn Fn(u32) -> Option<Vec<f64>> + Sync),
) -> Option<Vec<Spread>> {
    let mut workers = workers(groups, replicates, threads);
    let all: Vec<u32> = (0..replicates).collect();
    share(&mut workers, &all, |worker, replicates| {
        for &replicate in replicates {
            let Some(scores) = (if worker.stopped { None } else { scores(replicate) }) else {
                worker.stopped = true;
                return;
            };
            for (tally, group) in worker.tallies.iter_mut().zip(groups) {
                worker.own.clear();
                worker.own.extend(group.iter().map(|&at| comparable_bits(scores[at])));
                tally.add(replicate, &worker.own);
            }
        }
    });
    let nominal = groups.iter().map(|group| group.iter().map(|&at| nominal[at]).collect());
    (!workers.iter().any(|worker| worker.stopped)).then(|| told(workers, replicates, nominal))
}

fn workers(groups: &[Vec<usize>], replicates: u32, threads: usize) -> Vec<Worker> {
    let threads = u32::try_from(threads.max(1)).unwrap_or(u32::MAX).min(replicates.max(1));
    let share = replicates.div_ceil(threads).saturating_add(BLOCK as u32);
    let tallies = || groups.iter().map(|group| Tally::of(group.len(), share)).collect();
    (0..threads).map(|_| Worker::of(tallies())).collect()
}

/// Gives the workers blocks of replicates, in turn.
fn share(workers: &mut [Worker], replicates: &[u32], work: impl Fn(&mut Worker, &[u32]) + Sync) {
    let turns = workers.len();
    let own = |first: usize| replicates.chunks(BLOCK).skip(first).step_by(turns);
    if let [only] = workers {
        own(0).for_each(|block| work(only, block));
        return;
    }
    thread::scope(|scope| {
        let work = &work;
        for (first, worker) in workers.iter_mut().enumerate() {
            scope.spawn(move || own(first).for_each(|block| work(worker, block)));
        }
    });
}

fn told(workers: Vec<Worker>, replicates: u32, nominal: impl Iterator<Item = Vec<f64>>) -> Vec<Spread> {
    let mut sums: Option<Vec<Tally>> = None;
    for worker in workers {
        match &mut sums {
            None => sums = Some(worker.tallies),
            Some(sums) => sums.iter_mut().zip(worker.tallies).for_each(|(sum, tally)| sum.merge(tally)),
        }
    }
    let spread = |(tally, nominal): (Tally, Vec<f64>)| tally.spread(replicates, &nominal);
    sums.unwrap_or_default().into_iter().zip(nominal).map(spread).collect()
}

impl Source<'_> {
    /// Computes and counts some replicates.
    fn run(
        &self,
        workers: &mut [Worker],
        table: &Table<'_>,
        picks: Picks,
        replicates: &[u32],
    ) -> Result<(), IndexError> {
        share(workers, replicates, |worker, replicates| worker.replicates(self, table, replicates));
        if workers.iter().any(|worker| worker.stopped) {
            return Err(run::stopped());
        }
        // Of several replicates that fail the first is named, whichever thread met it.
        let failed = workers.iter_mut().filter_map(|worker| worker.failed.take());
        match failed.min_by_key(|(replicate, _)| *replicate) {
            Some((replicate, text)) => Err(of_replicate(replicate, picks, &text)),
            None => Ok(()),
        }
    }
}

fn of_variant(picks: Picks, error: &IndexError) -> IndexError {
    let (zh, en) = named(picks);
    IndexError(Text::new(
        format!("uncertainty 的备选方法{zh}无法计算：{}", error.0.zh),
        format!("the alternative methods of uncertainty{en} cannot be computed: {}", error.0.en),
    ))
}

fn of_replicate(replicate: u32, picks: Picks, text: &Text) -> IndexError {
    let (zh, en) = named(picks);
    IndexError(Text::new(
        format!("第 {replicate} 次重复抽样{zh}未能完成：{}", text.zh),
        format!("replicate {replicate}{en} could not be computed: {}", text.en),
    ))
}

/// Which alternatives were chosen, by their paths in the scheme.
fn named(picks: Picks) -> (String, String) {
    let keys = ["impute", "treat", "normalise", "aggregate", "weights"];
    let chosen = keys.iter().zip(picks).filter(|(_, pick)| *pick > 0);
    let list: Vec<String> = chosen.map(|(key, pick)| format!("uncertainty.{key}[{}]", pick - 1)).collect();
    if list.is_empty() {
        return (String::new(), String::new());
    }
    (format!("（{}）", list.join("、")), format!(" ({})", list.join(", ")))
}
