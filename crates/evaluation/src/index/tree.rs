//! The tree of a scheme as a flat list, children before their parent, ready to be computed.

use std::collections::BTreeMap;

use super::aggregate::{self, Aggregate, Undefined};
use super::number::Number;
use super::scheme::{Group, IndexScheme, Kind, Node};
use super::stage::AggregateStage;
use super::weighting::{self, Weighting};

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

/// A node that cannot be computed: its number, the row, the child and the value it is not defined for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) node: usize,
    pub(super) row: usize,
    pub(super) child: usize,
    pub(super) value: f64,
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

    /// The column of every node.
    pub(super) fn compute(&self, leaves: &[Vec<f64>], weights: &Weights) -> Result<Vec<Vec<f64>>, Refusal> {
        let mut columns: Vec<Vec<f64>> = Vec::with_capacity(self.nodes.len());
        for (at, node) in self.nodes.iter().enumerate() {
            let column = match node.leaf {
                Some(leaf) => leaves[leaf].clone(),
                None => {
                    let children: Vec<&[f64]> = node.children.iter().map(|&child| columns[child].as_slice()).collect();
                    aggregate::combine(&node.method, &children, &weights[at], self.min_share).map_err(
                        |(row, Undefined { child, value })| Refusal {
                            node: at,
                            row,
                            child: node.children[child],
                            value,
                        },
                    )?
                }
            };
            columns.push(column);
        }
        Ok(columns)
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
