//! The tree of a scheme as a flat list, children before their parent, ready to be computed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::aggregate::{self, Aggregate, Undefined};
use super::number::Number;
use super::scheme::{Group, IndexScheme, Kind, Node};
use super::stage::AggregateStage;
use super::weighting::{self, Weighting};
use crate::matrix::MatrixError;
use crate::sense::{Criterion, orient};
use crate::text::Text;

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

impl Refusal {
    /// What is told of it; `units` are the rows.
    pub(super) fn told(self, tree: &Tree, units: &[String]) -> Text {
        let node = &tree.nodes[self.node].id;
        match self.why {
            Why::Table(error) => {
                Text::new(format!("节点 {node} 无法计算：{error}"), format!("{node} cannot be computed: {error}"))
            }
            Why::Value { row, child, value } => {
                let (child, unit) = (&tree.nodes[child].id, &units[row]);
                Text::new(
                    format!(
                        "节点 {node} 的汇总方法不接受负值：{unit} 的 {child} = {value}；请换用非负的标准化或其他汇总方法"
                    ),
                    format!(
                        "the aggregation of {node} is not defined for {child} = {value} of {unit}: normalise to values \
                         that are not negative, or choose another aggregation"
                    ),
                )
            }
        }
    }
}

/// The columns of the indicators, by their number.
#[derive(Clone, Debug)]
pub(super) struct Leaves {
    /// The units, for messages.
    pub(super) units: Arc<[String]>,
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

    /// A group has a score only where at least this share of its children has one.
    pub(super) fn min_share(&self) -> f64 {
        self.min_share
    }

    /// The weights, with those that are computed from the data.
    pub(super) fn weighed(&self, leaves: &Leaves, mut weights: Weights) -> Result<Weights, Refusal> {
        let computed = |node: &Flat| node.leaf.is_none() && matches!(node.weighting, Weighting::Computed { .. });
        if !self.nodes.iter().any(computed) {
            return Ok(weights);
        }
        let mut columns: Vec<Cow<'_, [f64]>> = Vec::with_capacity(self.nodes.len());
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

    /// The column of every group, by the number of the node; an indicator has an empty one here.
    pub(super) fn compute(&self, leaves: &Leaves, weights: &Weights) -> Result<Vec<Vec<f64>>, Refusal> {
        let own = |column| match column {
            Cow::Owned(column) => column,
            Cow::Borrowed(_) => Vec::new(),
        };
        Ok(self.columns(leaves, weights)?.into_iter().map(own).collect())
    }

    /// The column of the index alone.
    pub(super) fn index(&self, leaves: &Leaves, weights: &Weights) -> Result<Vec<f64>, Refusal> {
        Ok(self.columns(leaves, weights)?.pop().map(Cow::into_owned).unwrap_or_default())
    }

    /// The columns of all nodes.
    pub(super) fn columns<'c>(&self, leaves: &'c Leaves, weights: &Weights) -> Result<Vec<Cow<'c, [f64]>>, Refusal> {
        let mut columns = Vec::with_capacity(self.nodes.len());
        for at in 0..self.nodes.len() {
            let column = self.column(at, leaves, &columns, weights)?;
            columns.push(column);
        }
        Ok(columns)
    }

    /// The column of one node, after those of its children.
    fn column<'c>(
        &self,
        at: usize,
        leaves: &'c Leaves,
        columns: &[Cow<'c, [f64]>],
        weights: &Weights,
    ) -> Result<Cow<'c, [f64]>, Refusal> {
        let node = &self.nodes[at];
        if let Some(leaf) = node.leaf {
            return Ok(Cow::Borrowed(&leaves.turned[leaf]));
        }
        if let Aggregate::Ranking { by } = &node.method {
            let (ids, children, criteria) = self.table(node, leaves, columns);
            return aggregate::rank(by, (&leaves.units, &ids), &children, &weights[at], &criteria)
                .map(Cow::Owned)
                .map_err(|error| Refusal { node: at, why: Why::Table(error) });
        }
        let children: Vec<&[f64]> = node.children.iter().map(|&child| &*columns[child]).collect();
        let value = |(row, Undefined { child, value })| Refusal {
            node: at,
            why: Why::Value { row, child: node.children[child], value },
        };
        aggregate::combine(&node.method, &children, &weights[at], self.min_share).map(Cow::Owned).map_err(value)
    }

    /// The children of a node as a table with directions.
    fn table<'t>(
        &self,
        node: &Flat,
        leaves: &'t Leaves,
        columns: &'t [Cow<'_, [f64]>],
    ) -> (Vec<String>, Vec<&'t [f64]>, Vec<Criterion>) {
        let ids = node.children.iter().map(|&child| self.nodes[child].id.clone()).collect();
        let of = |&child: &usize| match (self.nodes[child].leaf, &leaves.raw) {
            (Some(leaf), Some((raw, criteria))) => (raw[leaf].as_slice(), criteria[leaf]),
            (Some(_), None) | (None, _) => (&*columns[child], Criterion::Benefit),
        };
        let (children, criteria) = node.children.iter().map(of).unzip();
        (ids, children, criteria)
    }

    /// What each indicator adds to the index, row by row.
    pub(super) fn contributions<'t>(&'t self, columns: &'t [&'t [f64]], weights: &'t Weights) -> Contributions<'t> {
        let children = |node: &Flat| node.children.iter().map(|&child| columns[child]).collect();
        let complete: Vec<bool> = columns.iter().map(|column| column.iter().all(|value| !value.is_nan())).collect();
        let shares = |(at, node): (usize, &Flat)| {
            let whole = node.leaf.is_none()
                && node.method == Aggregate::Arithmetic
                && node.children.iter().all(|&child| complete[child]);
            let sum: f64 = weights[at].iter().sum();
            whole.then(|| weights[at].iter().map(|weight| weight / sum).collect())
        };
        Contributions {
            tree: self,
            columns,
            weights,
            children: self.nodes.iter().map(children).collect(),
            shares: self.nodes.iter().enumerate().map(shares).collect(),
            slope: vec![0.0; self.nodes.len()],
            found: vec![0.0; self.leaves],
            present: aggregate::Row::default(),
        }
    }
}

/// What each indicator adds to the index of a row: value × derivative, which sums to the score (see [`aggregate`]).
pub(super) struct Contributions<'t> {
    tree: &'t Tree,
    columns: &'t [&'t [f64]],
    weights: &'t Weights,
    /// The columns of the children of each node.
    children: Vec<Vec<&'t [f64]>>,
    /// The derivatives of a node where they are the same in every row.
    shares: Vec<Option<Vec<f64>>>,
    // Memory that is used again for the next row.
    slope: Vec<f64>,
    found: Vec<f64>,
    present: aggregate::Row,
}

impl Contributions<'_> {
    /// Those of one row, by the number of the indicator.
    pub(super) fn of(&mut self, row: usize) -> &[f64] {
        self.slope.fill(0.0);
        self.found.fill(f64::NAN);
        self.slope[self.tree.top()] = 1.0;
        for (at, node) in self.tree.nodes.iter().enumerate().rev() {
            if let Some(leaf) = node.leaf {
                self.found[leaf] = self.slope[at] * self.columns[at][row];
                continue;
            }
            if let Some(shares) = &self.shares[at] {
                for (&child, share) in node.children.iter().zip(shares) {
                    self.slope[child] = self.slope[at] * share;
                }
                continue;
            }
            let present = &mut self.present;
            present.fill(&self.children[at], &self.weights[at], row);
            let score = self.columns[at][row];
            let slopes = aggregate::derivatives(&node.method, &present.values, &present.weights, score);
            // A row of which nothing counts has no slopes, and its indicators add nothing.
            for (child, one) in present.children.iter().zip(slopes) {
                self.slope[node.children[*child]] = self.slope[at] * one;
            }
        }
        &self.found
    }
}
