//! Tables that the units of a result share: no number in them is copied for a unit, and what takes work is worked out when
//! it is first read.

use std::fmt;
use std::sync::{Arc, LazyLock};

use super::named::Names;
use super::rank::{self, Same};
use super::run::Computed;
use super::scheme::Ties;
use crate::order::Ranker;

/// A table of numbers, a column for each of some names.
pub(super) trait Table: fmt::Debug + Send + Sync {
    /// The number of a row under a name, which is known by its place in the order of the names.
    fn number(&self, name: usize, row: usize) -> &f64;
}

/// The scores of every node as readers see them, by the place of the unit in the columns of the run.
#[derive(Debug)]
pub(super) struct Scores {
    pub(super) computed: Arc<Computed>,
    pub(super) names: Names,
}

impl Table for Scores {
    fn number(&self, name: usize, row: usize) -> &f64 {
        &self.computed.shown(self.names.places()[name])[row]
    }
}

/// Columns in the order of the names.
type Columns = Vec<Vec<f64>>;

/// What is worked out as a whole when the first number of it is read.
pub(super) struct Worked(LazyLock<Columns, Box<dyn FnOnce() -> Columns + Send>>);

impl Worked {
    fn of(work: impl FnOnce() -> Columns + Send + 'static) -> Self {
        Self(LazyLock::new(Box::new(work)))
    }

    /// What each indicator adds to the index, by the place of the unit in the columns of the run.
    pub(super) fn contributions(computed: Arc<Computed>, names: Names) -> Self {
        Self::of(move || {
            let columns = computed.columns();
            let mut parts = computed.tree.contributions(&columns, &computed.weights);
            let rows = computed.rows.len();
            let mut found: Columns = names.places().iter().map(|_| Vec::with_capacity(rows)).collect();
            for row in 0..rows {
                let parts = parts.of(row);
                names.places().iter().zip(&mut found).for_each(|(&leaf, column)| column.push(parts[leaf]));
            }
            found
        })
    }

    /// The rank of every node among the units that stand at `places` of the columns, by their number there.
    pub(super) fn ranks(computed: Arc<Computed>, names: Names, places: Vec<Option<usize>>, ties: Ties) -> Self {
        Self::of(move || {
            let (columns, mut ranker) = (computed.columns(), Ranker::default());
            let of = |&at: &usize| {
                let (node, column) = (&computed.tree.nodes[at], columns[at]);
                let (sign, same) = match node.leaf {
                    // A value as it was given; only what was summed up carries errors of rounding.
                    Some(_) => (1.0, Same::Number),
                    None if node.method.lower_is_better() => (-1.0, Same::Digits),
                    None => (1.0, Same::Digits),
                };
                let value = |place: &Option<usize>| place.map_or(f64::NAN, |at| sign * column[at]);
                rank::ranks(&mut ranker, &places.iter().map(value).collect::<Vec<_>>(), same, ties)
            };
            names.places().iter().map(of).collect()
        })
    }
}

impl Table for Worked {
    fn number(&self, name: usize, row: usize) -> &f64 {
        &self.0[name][row]
    }
}

impl fmt::Debug for Worked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Worked").field(&LazyLock::get(&self.0)).finish()
    }
}
