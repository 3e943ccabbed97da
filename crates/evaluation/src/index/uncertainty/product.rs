//! The index of many replicates at once, where only weights differ.
//!
//! The table of indicators is laid out once in panels of a few rows, the weights of a few replicates stand side by side,
//! and every panel meets every set of weights while both are in the nearest cache: a blocked product of matrices that
//! passes through the tree, node by node, without any table in between. Every sum runs over the children in their order,
//! one product and one sum at a time, so the result is the same on any machine.
//!
//! A tree can be computed like this if every node is a mean `f⁻¹(Σ w·f(x))`: arithmetic, geometric, harmonic or
//! generalised. A missing child gives its weight to its siblings: a second product, with 1 where there is a value and 0
//! where there is none, is the divisor.

use super::super::aggregate::Aggregate;
use super::super::tree::{Flat, Leaves, Tree, Weights};

/// Rows of a panel: with 58 indicators it takes half of the nearest cache.
const ROWS: usize = 32;
/// Replicates that are computed side by side.
const SETS: usize = 2;
/// Children that are added in one pass over the rows, so that sums are read and written less often.
const STEP: usize = 4;

type Panel = [f64; ROWS];
type Tile = [Panel; SETS];

/// The f of a mean.
#[derive(Clone, Copy, Debug)]
enum Link {
    Identity,
    Logarithm,
    Inverse,
    Power(f64),
}

impl Link {
    fn of(method: &Aggregate) -> Option<Self> {
        match method {
            Aggregate::Arithmetic => Some(Self::Identity),
            Aggregate::Geometric => Some(Self::Logarithm),
            Aggregate::Harmonic => Some(Self::Inverse),
            Aggregate::Generalised { power } => Some(Self::Power(power.get())),
            Aggregate::Median
            | Aggregate::Min
            | Aggregate::Max
            | Aggregate::MazziottaPareto { .. }
            | Aggregate::Owa { .. }
            | Aggregate::Ranking { .. } => None,
        }
    }

    fn there(self, x: f64) -> f64 {
        match self {
            Self::Identity => x,
            Self::Logarithm => libm::log(x),
            Self::Inverse => 1.0 / x,
            Self::Power(p) => libm::pow(x, p),
        }
    }

    fn back(self, y: f64) -> f64 {
        match self {
            Self::Identity => y,
            Self::Logarithm => libm::exp(y),
            Self::Inverse => 1.0 / y,
            Self::Power(p) => libm::pow(y, 1.0 / p),
        }
    }
}

/// A node that is a mean: its indicators stand in the panels, its other children are means before it.
#[derive(Clone, Debug)]
struct Mean {
    /// Its number in the tree.
    node: usize,
    link: Link,
    /// Places of its indicators among its children.
    leaves: Vec<usize>,
    /// Places of its other children, and their numbers among the means.
    means: Vec<(usize, usize)>,
    /// Whether a child can be missing.
    gaps: bool,
}

/// A table and a tree, ready for many sets of weights.
#[derive(Clone, Debug)]
pub(super) struct Product {
    means: Vec<Mean>,
    /// Whether the whole tree is one sum of indicators by their effective weights.
    flat: bool,
    rows: usize,
    min_share: f64,
    /// Cells of a panel, and of all panels one after the other.
    width: usize,
    panels: Vec<Panel>,
}

/// Sets of weights side by side.
#[derive(Clone, Debug, Default)]
pub(super) struct Sets {
    /// The weights of each mean, in its own order, for `SETS` replicates; then those of the next `SETS`.
    weights: Vec<[f64; SETS]>,
    per_set: usize,
    count: usize,
}

impl Product {
    /// None if the tree has a method of another kind, a weight of zero where zero values have a say of their own, or a negative
    /// value where there is a mean that is not defined for one.
    pub(super) fn of(tree: &Tree, leaves: &Leaves, weights: &Weights) -> Option<Self> {
        let holes = |at: &Flat| at.leaf.is_some_and(|leaf| leaves.turned[leaf].iter().any(|value| value.is_nan()));
        let holes: Vec<bool> = tree.nodes.iter().map(holes).collect();
        let links: Option<Vec<Option<Link>>> = tree
            .nodes
            .iter()
            .zip(weights)
            .map(|(node, weights)| match (node.leaf, Link::of(&node.method)?) {
                (Some(_), _) => Some(None),
                (None, Link::Identity) => Some(Some(Link::Identity)),
                (None, link) => weights.iter().all(|weight| *weight > 0.0).then_some(Some(link)),
            })
            .collect();
        let links = links?;
        let straight = links.iter().flatten().all(|link| matches!(link, Link::Identity));
        if !straight && leaves.turned.iter().flatten().any(|value| *value < 0.0) {
            // Such a value has to be refused by its name.
            return None;
        }
        let rows = leaves.units.len();
        let flat = straight && !holes.contains(&true);
        let means = if flat { vec![Self::whole(tree)] } else { Self::nodes(tree, &links, &holes) };
        let mut product = Self { means, flat, rows, min_share: tree.min_share(), width: 0, panels: Vec::new() };
        product.lay_out(tree, leaves);
        Some(product)
    }

    /// The tree as one mean of all indicators.
    fn whole(tree: &Tree) -> Mean {
        let leaves = (0..tree.leaves).collect();
        Mean { node: tree.top(), link: Link::Identity, leaves, means: Vec::new(), gaps: false }
    }

    fn nodes(tree: &Tree, links: &[Option<Link>], holes: &[bool]) -> Vec<Mean> {
        let mut numbers = vec![0; tree.nodes.len()];
        let mut means: Vec<Mean> = Vec::new();
        for (at, node) in tree.nodes.iter().enumerate() {
            let Some(link) = links[at] else { continue };
            let (mut leaves, mut below) = (Vec::new(), Vec::new());
            for (place, &child) in node.children.iter().enumerate() {
                if tree.nodes[child].leaf.is_some() {
                    leaves.push(place);
                } else {
                    below.push((place, numbers[child]));
                }
            }
            let gaps = node.children.iter().any(|&child| holes[child])
                || below.iter().any(|(_, mean)| means.get(*mean).is_some_and(|mean| mean.gaps));
            numbers[at] = means.len();
            means.push(Mean { node: at, link, leaves, means: below, gaps });
        }
        means
    }

    /// Fills the panels: for each mean its indicators, and where one may be missing, what is there of them.
    fn lay_out(&mut self, tree: &Tree, leaves: &Leaves) {
        let panels = self.rows.div_ceil(ROWS);
        self.width = self.means.iter().map(|mean| mean.leaves.len() * if mean.gaps { 2 } else { 1 }).sum();
        self.panels = Vec::with_capacity(panels * self.width);
        for start in (0..panels).map(|panel| panel * ROWS) {
            for mean in &self.means {
                let column = |place: &usize| {
                    let leaf =
                        if self.flat { Some(*place) } else { tree.nodes[tree.nodes[mean.node].children[*place]].leaf };
                    leaf.map_or([].as_slice(), |leaf| leaves.turned[leaf].as_slice())
                };
                let cells = |place: &usize, of: &dyn Fn(f64) -> f64| -> Panel {
                    std::array::from_fn(|at| column(place).get(start + at).copied().map_or(0.0, of))
                };
                let value = |x: f64| if x.is_nan() { 0.0 } else { mean.link.there(x) };
                self.panels.extend(mean.leaves.iter().map(|place| cells(place, &value)));
                if mean.gaps {
                    let is_there = |x: f64| if x.is_nan() { 0.0 } else { 1.0 };
                    self.panels.extend(mean.leaves.iter().map(|place| cells(place, &is_there)));
                }
            }
        }
    }

    /// The rows of the table.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Puts the weights of a replicate beside those that are there.
    pub(super) fn push(&self, sets: &mut Sets, tree: &Tree, weights: &Weights) {
        let effective;
        let of_mean: Vec<&[f64]> = if self.flat {
            effective = tree.effective(weights);
            vec![&effective]
        } else {
            self.means.iter().map(|mean| weights[mean.node].as_slice()).collect()
        };
        let ordered = self.means.iter().zip(of_mean).flat_map(|(mean, weights)| {
            mean.leaves.iter().chain(mean.means.iter().map(|(place, _)| place)).map(|place| weights[*place])
        });
        let (first, lane) = (sets.weights.len(), sets.count % SETS);
        if lane == 0 {
            sets.weights.extend(ordered.map(|weight| {
                let mut side_by_side = [0.0; SETS];
                side_by_side[0] = weight;
                side_by_side
            }));
            sets.per_set = sets.weights.len() - first;
        } else {
            let last = first - sets.per_set;
            sets.weights[last..].iter_mut().zip(ordered).for_each(|(side_by_side, weight)| side_by_side[lane] = weight);
        }
        sets.count += 1;
    }

    /// The index of every row under every set of weights: `scores[set][row]`, sets of `rows` one after the other.
    pub(super) fn scores(&self, sets: &Sets, scores: &mut Vec<f64>) {
        Fill { product: self, sets, scores }.widest();
    }

    #[inline(always)]
    fn fill(&self, sets: &Sets, scores: &mut Vec<f64>) {
        scores.resize(sets.count * self.rows, 0.0);
        let mut values = vec![[[0.0; ROWS]; SETS]; self.means.len()];
        for (panel, start) in self.panels.chunks_exact(self.width).zip((0..).step_by(ROWS)) {
            for (weights, first) in sets.weights.chunks_exact(sets.per_set.max(1)).zip((0..).step_by(SETS)) {
                let tile = if self.flat { multiply(panel, weights) } else { self.tile(panel, weights, &mut values) };
                for (set, values) in (first..sets.count).zip(&tile) {
                    let end = usize::min(start + ROWS, self.rows);
                    let row = set * self.rows;
                    scores[row + start..row + end].copy_from_slice(&values[..end - start]);
                }
            }
        }
    }

    /// The index of the rows of a panel under `SETS` sets of weights.
    #[inline(always)]
    fn tile(&self, panel: &[Panel], weights: &[[f64; SETS]], values: &mut [Tile]) -> Tile {
        let (mut panel, mut weights) = (panel, weights);
        for (at, mean) in self.means.iter().enumerate() {
            let (cells, rest) = panel.split_at(mean.leaves.len());
            let (own, rest_of_weights) = weights.split_at(mean.leaves.len() + mean.means.len());
            let (of_leaves, of_means) = own.split_at(mean.leaves.len());
            let mut sums = multiply(cells, of_leaves);
            let mut there = [[1.0; ROWS]; SETS];
            panel = rest;
            if mean.gaps {
                let (present, rest) = panel.split_at(mean.leaves.len());
                there = multiply(present, of_leaves);
                panel = rest;
            }
            for ((_, below), weight) in mean.means.iter().zip(of_means) {
                add(&mut sums, &mut there, &values[*below], weight, mean);
            }
            values[at] = finish(&sums, &there, mean, self.min_share);
            weights = rest_of_weights;
        }
        values.last().copied().unwrap_or([[f64::NAN; ROWS]; SETS])
    }
}

/// The work of [`Product::scores`].
struct Fill<'a> {
    product: &'a Product,
    sets: &'a Sets,
    scores: &'a mut Vec<f64>,
}

impl Fill<'_> {
    /// Runs it compiled for the widest vectors that this processor has. A compiler may not fuse a product and a sum, so the
    /// numbers are the same on any of them.
    #[cfg(feature = "vectors")]
    fn widest(self) {
        pulp::Arch::new().dispatch(self);
    }

    #[cfg(not(feature = "vectors"))]
    fn widest(self) {
        self.product.fill(self.sets, self.scores);
    }
}

#[cfg(feature = "vectors")]
impl pulp::WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.product.fill(self.sets, self.scores);
    }
}

impl Sets {
    pub(super) fn clear(&mut self) {
        self.weights.clear();
        self.count = 0;
    }
}

/// `Σ x·w` for each row of the panel and each set of weights, child after child.
#[inline(always)]
fn multiply(cells: &[Panel], weights: &[[f64; SETS]]) -> Tile {
    let mut sums = [[0.0; ROWS]; SETS];
    let [first, second] = &mut sums;
    let (steps, rest) = cells.as_chunks::<STEP>();
    let (of_steps, of_rest) = weights.as_chunks::<STEP>();
    for ([a, b, c, d], [u, v, w, x]) in steps.iter().zip(of_steps) {
        for row in 0..ROWS {
            first[row] = first[row] + a[row] * u[0] + b[row] * v[0] + c[row] * w[0] + d[row] * x[0];
            second[row] = second[row] + a[row] * u[1] + b[row] * v[1] + c[row] * w[1] + d[row] * x[1];
        }
    }
    for (cells, weights) in rest.iter().zip(of_rest) {
        for row in 0..ROWS {
            first[row] += cells[row] * weights[0];
            second[row] += cells[row] * weights[1];
        }
    }
    sums
}

/// Adds a child that is a mean itself.
#[inline(always)]
fn add(sums: &mut Tile, there: &mut Tile, child: &Tile, weights: &[f64; SETS], mean: &Mean) {
    for (((sums, there), child), weight) in sums.iter_mut().zip(there).zip(child).zip(weights) {
        for ((sum, there), child) in sums.iter_mut().zip(there).zip(child) {
            if mean.gaps {
                if child.is_nan() {
                    continue;
                }
                *there += weight;
            }
            *sum += weight * mean.link.there(*child);
        }
    }
}

/// Divides by the weight that is there, and goes back from f. The weights of siblings sum to 1.
#[inline(always)]
fn finish(sums: &Tile, there: &Tile, mean: &Mean, min_share: f64) -> Tile {
    let mut values = *sums;
    for (values, there) in values.iter_mut().zip(there) {
        for (value, there) in values.iter_mut().zip(there) {
            if mean.gaps {
                // Rounding must not turn the whole weight into less than all of it.
                let enough = *there > 0.0 && *there >= min_share - 1e-12;
                *value = if enough { *value / there } else { f64::NAN };
            }
            *value = mean.link.back(*value);
        }
    }
    values
}
