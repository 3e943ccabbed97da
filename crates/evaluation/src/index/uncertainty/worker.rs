//! What a thread does: the scores of replicates, and the counts of their ranks.

use super::super::data::Data;
use super::super::imputations::{draws, table_of};
use super::super::rank::comparable_bits;
use super::super::run::{self, IndexError, Prepared};
use super::super::scheme::IndexScheme;
use super::super::tree::{Leaves, Tree, Weights};
use super::super::varied::Uncertainty;
use super::error::{Errors, Words};
use super::product::{Product, Sets};
use super::stream::Stream;
use super::tally::Tally;
use super::{Adjusted, Extent, variants};
use crate::pace::Step;
use crate::text::Text;

/// What the replicates of one choice of methods have in common.
pub(super) struct Source<'a> {
    /// The rules of the scheme as it is stated.
    pub(super) rules: &'a Uncertainty,
    /// The scheme with the chosen methods.
    pub(super) scheme: &'a IndexScheme,
    pub(super) data: &'a Data,
    /// Rows of the data.
    pub(super) groups: &'a [Vec<usize>],
    pub(super) adjusted: Option<Adjusted<'a>>,
    pub(super) extent: Extent<'a>,
}

impl Source<'_> {
    /// The weights of a replicate.
    fn perturbed(&self, stream: &mut Stream, weights: &Weights) -> Weights {
        let noise = self.rules.weight_noise.get();
        weights.iter().map(|siblings| stream.perturbed(siblings, noise)).collect()
    }

    fn adjusted(&self, row: usize, score: f64) -> f64 {
        self.adjusted.filter(|_| !score.is_nan()).map_or(score, |adjusted| adjusted(row, score))
    }
}

/// Where the scores of replicates come from.
pub(super) enum Table<'a> {
    /// A table for all, and a tree of means.
    Product(&'a Tree, &'a Weights, Box<Product>, Places),
    /// A table for all, and a tree with methods of other kinds.
    Tree(&'a Tree, &'a Weights, &'a Leaves, Places),
    /// A table of its own for each, from data with errors; the places as long as no row is screened out.
    Drawn(&'a Errors, Places),
}

impl<'a> Table<'a> {
    pub(super) fn of(
        source: &Source<'_>,
        tree: &'a Tree,
        leaves: &'a Leaves,
        weights: &'a Weights,
        rows: &[usize],
    ) -> Self {
        let places = Places::of(source.groups, rows);
        match Product::of(tree, leaves, weights) {
            Some(product) => Self::Product(tree, weights, Box::new(product), places),
            None => Self::Tree(tree, weights, leaves, places),
        }
    }
}

/// Where the members of each group stand in the columns of a table; none for a row that was screened out.
pub(super) struct Places(pub(super) Vec<Vec<Option<usize>>>);

impl Places {
    pub(super) fn of(groups: &[Vec<usize>], rows: &[usize]) -> Self {
        // Rows are in order.
        let mut place = vec![None; rows.last().map_or(0, |last| last + 1)];
        rows.iter().enumerate().for_each(|(at, &row)| place[row] = Some(at));
        let of = |row: &usize| place.get(*row).copied().flatten();
        Self(groups.iter().map(|group| group.iter().map(of).collect()).collect())
    }
}

/// What a thread counts, and memory that it uses again.
#[derive(Default)]
pub(super) struct Worker {
    pub(super) tallies: Vec<Tally>,
    sets: Sets,
    scores: Vec<f64>,
    pub(super) own: Vec<f64>,
    words: Words,
    /// The first replicate that could not be computed, and why.
    pub(super) failed: Option<(u32, Text)>,
    /// Whether it is not to go on.
    pub(super) stopped: bool,
}

impl Worker {
    pub(super) fn of(tallies: Vec<Tally>) -> Self {
        Self { tallies, ..Self::default() }
    }

    /// Whether to go on with a replicate.
    fn goes_on(&mut self, source: &Source<'_>, number: u32) -> bool {
        let of = source.extent.replicates;
        self.stopped = self.stopped || !source.extent.pace.goes_on(Step::Replicate { number, of });
        !self.stopped
    }

    pub(super) fn replicates(&mut self, source: &Source<'_>, table: &Table<'_>, replicates: &[u32]) {
        let start = |replicate: u32| variants::start(source.rules, source.extent.seed, replicate).0;
        match table {
            Table::Product(tree, weights, product, places) => {
                self.sets.clear();
                for &replicate in replicates {
                    if !self.goes_on(source, replicate) {
                        return;
                    }
                    product.push(&mut self.sets, tree, &source.perturbed(&mut start(replicate), weights));
                }
                let mut scores = std::mem::take(&mut self.scores);
                product.scores(&self.sets, &mut scores);
                for (&replicate, scores) in replicates.iter().zip(scores.chunks_exact(product.rows().max(1))) {
                    self.add(source, replicate, scores, places, sign_of(tree));
                }
                self.scores = scores;
            }
            Table::Tree(tree, weights, leaves, places) => {
                for &replicate in replicates {
                    if !self.goes_on(source, replicate) {
                        return;
                    }
                    match tree.index(leaves, &source.perturbed(&mut start(replicate), weights)) {
                        Ok(scores) => self.add(source, replicate, &scores, places, sign_of(tree)),
                        Err(refusal) => self.fail(replicate, refusal.told(tree, &leaves.units)),
                    }
                }
            }
            Table::Drawn(errors, whole) => {
                for &replicate in replicates {
                    if !self.goes_on(source, replicate) {
                        return;
                    }
                    match self.drawn(source, errors, (replicate, start(replicate))) {
                        Ok((scores, places, sign)) => {
                            self.add(source, replicate, &scores, places.as_ref().unwrap_or(whole), sign)
                        }
                        Err(error) => self.fail(replicate, error.0),
                    }
                }
            }
        }
    }

    /// The scores from data with errors, the places if rows were screened out, and the sign of the best.
    fn drawn(
        &mut self,
        source: &Source<'_>,
        errors: &Errors,
        (replicate, mut stream): (u32, Stream),
    ) -> Result<(Vec<f64>, Option<Places>, f64), IndexError> {
        let Source { scheme, data, groups, extent, .. } = source;
        // Weights are drawn before the errors; those that are computed from the data are known after them.
        let mut of_weights = stream.clone();
        stream.pass(scheme.root());
        let columns = errors.applied(&data.indicators, &mut stream, &mut self.words);
        let tables = draws(scheme);
        let mut donors = Stream::of_imputation(extent.seed, table_of(replicate, tables));
        let prepared = run::prepared(scheme, data, columns, (tables > 0).then_some(&mut donors))?;
        let Prepared { tree, leaves, weights, rows, .. } = prepared;
        let weights = source.perturbed(&mut of_weights, &weights);
        let scores = tree.index(&leaves, &weights).map_err(|it| IndexError(it.told(&tree, &leaves.units)))?;
        let fewer = rows.len() < data.rows().len();
        Ok((scores, fewer.then(|| Places::of(groups, &rows)), sign_of(&tree)))
    }

    fn add(&mut self, source: &Source<'_>, replicate: u32, scores: &[f64], places: &Places, sign: f64) {
        for ((tally, places), group) in self.tallies.iter_mut().zip(&places.0).zip(source.groups) {
            self.own.clear();
            let of = |place: &Option<usize>| place.map_or(f64::NAN, |at| scores[at]);
            match source.adjusted {
                None => self.own.extend(places.iter().map(|place| comparable_bits(sign * of(place)))),
                Some(_) => {
                    let score = |(place, row): (&Option<usize>, &usize)| {
                        comparable_bits(sign * source.adjusted(*row, of(place)))
                    };
                    self.own.extend(places.iter().zip(group).map(score));
                }
            }
            tally.add(replicate, &self.own);
        }
    }

    fn fail(&mut self, replicate: u32, text: Text) {
        if self.failed.is_none() {
            self.failed = Some((replicate, text));
        }
    }
}

/// Ranks are counted from the largest score.
pub(super) fn sign_of(tree: &Tree) -> f64 {
    if tree.nodes.last().is_some_and(|top| top.method.lower_is_better()) { -1.0 } else { 1.0 }
}
