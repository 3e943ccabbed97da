//! The stage that fills missing cells, in a run.

use std::collections::BTreeMap;

use super::data::Absence;
use super::result::Filled;
use super::run::Run;
use super::stage::{
    Centre, Imputation, Impute,
    impute::{self, Rows},
    moments,
    nearest::Nearest,
};
use crate::policy::Policy;

impl Run<'_, '_> {
    /// Fills what is missing, and logs each cell.
    pub(super) fn impute(&mut self, stage: &Imputation) {
        let method = &stage.by;
        let groups = method.group().map(|group| {
            self.rows.iter().map(|&row| self.data.rows[row].groups.get(group).map(String::as_str)).collect()
        });
        let rows = Rows { groups, units: if method.looks_back() { self.in_time() } else { Vec::new() } };
        let fills: Vec<(usize, usize, f64)> = if let Impute::Nearest { k, by, min_common } = method {
            self.neighbours(*k, *by, min_common.get(), stage.draws > 0)
        } else if stage.draws > 0 && self.draws.is_some() {
            let mut fills = self.open();
            for (leaf, at, value) in &mut fills {
                let column = &self.leaves[*leaf];
                let donors: Vec<f64> = impute::donors(column, &rows, *at).iter().map(|&row| column[row]).collect();
                *value = self.draws.as_mut().map_or(f64::NAN, |stream| stream.pick(&donors));
            }
            fills
        } else {
            let estimates: Vec<Vec<f64>> = match method {
                Impute::RowMean | Impute::RowMedian => self.row_estimates(*method == Impute::RowMedian),
                Impute::None
                | Impute::Mean
                | Impute::Median
                | Impute::GroupMean { .. }
                | Impute::GroupMedian { .. }
                | Impute::Last { .. }
                | Impute::Linear
                | Impute::Constant { .. }
                | Impute::Nearest { .. } => {
                    self.leaves.iter().map(|column| impute::estimates(method, column, &rows)).collect()
                }
            };
            self.open().into_iter().map(|(leaf, at, _)| (leaf, at, estimates[leaf][at])).collect()
        };
        for (leaf, at, value) in fills.into_iter().filter(|(_, _, value)| !value.is_nan()) {
            self.leaves[leaf][at] = value;
            self.filled.push(Filled { row: self.rows[at], leaf, value });
        }
    }

    /// The rows of each unit in the order of time, by their places, each with the number of its period.
    fn in_time(&self) -> Vec<Vec<(usize, usize)>> {
        let place: BTreeMap<usize, usize> = self.rows.iter().enumerate().map(|(at, &row)| (row, at)).collect();
        let within = |unit: &Vec<(usize, usize)>| -> Vec<(usize, usize)> {
            unit.iter().filter_map(|(row, period)| place.get(row).map(|at| (*at, *period))).collect()
        };
        self.data.units().iter().map(within).collect()
    }

    /// The cells that an imputation may fill, by column and row, with no value yet.
    fn open(&self) -> Vec<(usize, usize, f64)> {
        let applies = |leaf: usize, at: usize| match self.data.absence(self.rows[at], leaf) {
            Absence::NotApplicable => false,
            Absence::Missing(state) => self.scheme.missing().of(state, Policy::Impute) == Policy::Impute,
        };
        let missing = |leaf: usize| {
            let rows = (0..self.rows.len()).filter(move |&at| self.leaves[leaf][at].is_nan() && applies(leaf, at));
            rows.map(move |at| (leaf, at, f64::NAN))
        };
        (0..self.leaves.len()).flat_map(missing).collect()
    }

    /// The fills from the nearest rows, or from one of them that is drawn.
    fn neighbours(&mut self, k: u32, by: Centre, min_common: f64, draw: bool) -> Vec<(usize, usize, f64)> {
        let mut of_row = vec![0; self.data.rows.len()];
        for (number, rows) in self.data.periods().iter().enumerate() {
            rows.iter().for_each(|&row| of_row[row] = number);
        }
        let periods: Vec<usize> = self.rows.iter().map(|&row| of_row[row]).collect();
        let nearest = Nearest::of(&self.leaves, &periods, k, min_common);
        let mut distances: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        let mut fills = self.open();
        for (leaf, at, value) in &mut fills {
            let distances = distances.entry(*at).or_insert_with(|| nearest.distances(*at));
            let donors = nearest.donors(distances, *leaf);
            let values: Vec<f64> = donors.iter().map(|&row| self.leaves[*leaf][row]).collect();
            let middle = match (self.draws.as_mut().filter(|_| draw), by) {
                (Some(stream), _) => Some(stream.pick(&values)),
                (None, Centre::Mean) => moments::mean(&values),
                (None, Centre::Median) => moments::median(&values),
            };
            *value = middle.unwrap_or(f64::NAN);
        }
        fills
    }

    /// The row methods work on the indicators of one parent.
    fn row_estimates(&self, median: bool) -> Vec<Vec<f64>> {
        let signs = self.signs();
        let mut estimates = vec![Vec::new(); self.leaves.len()];
        for node in &self.tree.nodes {
            let leaves: Vec<usize> = node.children.iter().filter_map(|&child| self.tree.nodes[child].leaf).collect();
            let columns: Vec<&[f64]> = leaves.iter().map(|&leaf| self.leaves[leaf].as_slice()).collect();
            let own: Vec<f64> = leaves.iter().map(|&leaf| signs[leaf]).collect();
            for (leaf, found) in leaves.into_iter().zip(impute::row_estimates(&columns, &own, median)) {
                estimates[leaf] = found;
            }
        }
        estimates
    }
}
