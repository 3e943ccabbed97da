//! The tree of a scheme as a flat list, children before their parent, ready to be computed.

use std::collections::BTreeMap;

use super::aggregate::{self, Aggregate, Undefined};
use super::number::Number;
use super::scheme::{Group, IndexScheme, Kind, Node};
use super::stage::AggregateStage;
use super::weighting::{self, Weighting};
use crate::matrix::MatrixError;
use crate::sense::{Criterion, orient};

/// A node. The last node of a [`Tree`] is the index.
#[derive(Clone, Debug)]
pub(super) struct Flat {
    pub(super) id: String,
    /// The number of the indicator, if it is one.
    pub(super) leaf: Option<usize>,
    /// Numbers of the children.
    pub(super) children: Vec<usize>,
    pub(super) method: Aggregate,
    pub(super) weighting: Weighting,
    /// Its own `weight`.
    own: f64,
}

/// A whole tree.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Flat>,
    pub(super) leaves: usize,
    min_share: f64,
}

/// A node that cannot be computed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    /// Its number.
    pub(super) node: usize,
    pub(super) why: Why,
}

/// Why a node cannot be computed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Why {
    /// A child has a value that its mean is not defined for.
    Value { row: usize, child: usize, value: f64 },
    /// A method of the whole table, or of its weights, refuses it.
    Table(MatrixError),
}

/// The columns of the indicators, by their number.
#[derive(Clone, Debug)]
pub(super) struct Leaves {
    /// The units, for messages.
    pub(super) units: Vec<String>,
    /// More is better.
    pub(super) turned: Vec<Vec<f64>>,
    /// As they were reported, for methods that know directions; none where they are normalised.
    pub(super) raw: Option<(Vec<Vec<f64>>, Vec<Criterion>)>,
}

/// Weights of the children of each node, scaled to the sum 1; empty for an indicator.
pub(super) type Weights = Vec<Vec<f64>>;

impl Tree {
    pub(super) fn of(scheme: &IndexScheme, stage: &AggregateStage) -> Self {
        let mut tree = Self { nodes: Vec::new(), leaves: 0, min_share: stage.min_share.get() };
        tree.add(scheme.root(), stage);
        tree
    }

    fn add(&mut self, node: &Node, stage: &AggregateStage) -> usize {
        let (method, weighting) = match &node.kind {
            Kind::Indicator(_) => (None, None),
            Kind::Group(Group { aggregate, weights, .. }) => (aggregate.clone(), weights.clone()),
        };
        let children: Vec<usize> = node.children().iter().map(|child| self.add(child, stage)).collect();
        let leaf = node.indicator().map(|_| self.leaves);
        self.leaves += usize::from(leaf.is_some());
        self.nodes.push(Flat {
            id: node.id.clone(),
            leaf,
            children,
            method: method.unwrap_or_else(|| stage.by.clone()),
            weighting: weighting.unwrap_or_else(|| stage.weights.clone()),
            own: node.weight.get(),
        });
        self.nodes.len() - 1
    }

    /// The number of the index.
    pub(super) fn top(&self) -> usize {
        self.nodes.len() - 1
    }

    /// The weights that the scheme states.
    pub(super) fn weights(&self, sets: &BTreeMap<String, BTreeMap<String, Number>>) -> Weights {
        let of = |node: &Flat| {
            let ids: Vec<&str> = node.children.iter().map(|&child| self.nodes[child].id.as_str()).collect();
            let own: Vec<f64> = node.children.iter().map(|&child| self.nodes[child].own).collect();
            weighting::scaled(&weighting::stated(&node.weighting, &ids, &own, sets))
        };
        self.nodes.iter().map(of).collect()
    }

    /// The share of each indicator in the index: the product of the weights on the way to it, by the number of the
    /// indicator. For an arithmetic tree this is its coefficient; for others it is its nominal weight.
    pub(super) fn effective(&self, weights: &Weights) -> Vec<f64> {
        let mut share = vec![0.0; self.nodes.len()];
        share[self.top()] = 1.0;
        let mut leaves = vec![0.0; self.leaves];
        // Parents stand after their children.
        for (at, node) in self.nodes.iter().enumerate().rev() {
            if let Some(leaf) = node.leaf {
                leaves[leaf] = share[at];
            }
            for (child, weight) in node.children.iter().zip(&weights[at]) {
                share[*child] = share[at] * weight;
            }
        }
        leaves
    }

    /// The weights, with those that are computed from the data.
    pub(super) fn weighed(&self, leaves: &Leaves, mut weights: Weights) -> Result<Weights, Refusal> {
        let mut columns = Vec::with_capacity(self.nodes.len());
        for (at, node) in self.nodes.iter().enumerate() {
            if let Weighting::Computed { by } = &node.weighting
                && node.leaf.is_none()
            {
                let refuse = |error| Refusal { node: at, why: Why::Table(error) };
                let (ids, children, criteria) = self.table(node, leaves, &columns);
                let (_, matrix) = aggregate::complete(&leaves.units, &ids, &children).map_err(refuse)?;
                let (oriented, senses) = orient(&matrix, &criteria).map_err(refuse)?;
                weights[at] = weighting::scaled(&by.weights(&oriented, &senses).map_err(refuse)?);
            }
            let column = self.column(at, leaves, &columns, &weights)?;
            columns.push(column);
        }
        Ok(weights)
    }

    /// The column of every node.
    pub(super) fn compute(&self, leaves: &Leaves, weights: &Weights) -> Result<Vec<Vec<f64>>, Refusal> {
        let mut columns: Vec<Vec<f64>> = Vec::with_capacity(self.nodes.len());
        for at in 0..self.nodes.len() {
            let column = self.column(at, leaves, &columns, weights)?;
            columns.push(column);
        }
        Ok(columns)
    }

    /// The column of one node, after those of its children.
    fn column(&self, at: usize, leaves: &Leaves, columns: &[Vec<f64>], weights: &Weights) -> Result<Vec<f64>, Refusal> {
        let node = &self.nodes[at];
        if let Some(leaf) = node.leaf {
            return Ok(leaves.turned[leaf].clone());
        }
        if let Aggregate::Ranking { by } = &node.method {
            let (ids, children, criteria) = self.table(node, leaves, columns);
            return aggregate::rank(by, (&leaves.units, &ids), &children, &weights[at], &criteria)
                .map_err(|error| Refusal { node: at, why: Why::Table(error) });
        }
        let children: Vec<&[f64]> = node.children.iter().map(|&child| columns[child].as_slice()).collect();
        let value = |(row, Undefined { child, value })| Refusal {
            node: at,
            why: Why::Value { row, child: node.children[child], value },
        };
        aggregate::combine(&node.method, &children, &weights[at], self.min_share).map_err(value)
    }

    /// The children of a node as a table with directions.
    fn table<'c>(
        &self,
        node: &Flat,
        leaves: &'c Leaves,
        columns: &'c [Vec<f64>],
    ) -> (Vec<String>, Vec<&'c [f64]>, Vec<Criterion>) {
        let ids = node.children.iter().map(|&child| self.nodes[child].id.clone()).collect();
        let of = |&child: &usize| match (self.nodes[child].leaf, &leaves.raw) {
            (Some(leaf), Some((raw, criteria))) => (raw[leaf].as_slice(), criteria[leaf]),
            (Some(_), None) | (None, _) => (columns[child].as_slice(), Criterion::Benefit),
        };
        let (children, criteria) = node.children.iter().map(of).unzip();
        (ids, children, criteria)
    }

    /// What each indicator adds to the index of one row, by the number of the indicator: value × derivative, which sums to
    /// the score (see [`aggregate`]).
    pub(super) fn contributions(&self, columns: &[Vec<f64>], weights: &Weights, row: usize) -> Vec<f64> {
        let mut slope = vec![0.0; self.nodes.len()];
        slope[self.top()] = 1.0;
        let mut found = vec![f64::NAN; self.leaves];
        let mut present = aggregate::Row::default();
        for (at, node) in self.nodes.iter().enumerate().rev() {
            if let Some(leaf) = node.leaf {
                found[leaf] = slope[at] * columns[at][row];
                continue;
            }
            let children: Vec<&[f64]> = node.children.iter().map(|&child| columns[child].as_slice()).collect();
            present.fill(&children, &weights[at], row);
            let score = columns[at][row];
            let slopes = aggregate::derivatives(&node.method, &present.values, &present.weights, score);
            // A row of which nothing counts has no slopes, and its indicators add nothing.
            for (child, one) in present.children.iter().zip(slopes) {
                slope[node.children[*child]] = slope[at] * one;
            }
        }
        found
    }
}
