//! The rows that are most like a row, for imputation by k nearest neighbours.

use super::moments::{deviation, mean};
use crate::index::rank::comparable_bits;

/// Finds the nearest rows with a value.
///
/// The distance of two rows is `√(Σ (z_a − z_b)² ÷ c)` over the c indicators that both have, z the value standardised by
/// mean and sample deviation (n − 1) of its column, so that no unit of measure counts. A constant column tells nothing and
/// does not count as common.
///
/// | case | policy |
/// |---|---|
/// | rows of another period | no donors: they are another time, often of the unit itself |
/// | fewer than `min_common` (0..=1) of all indicators in common | no donor |
/// | ties at the k-th distance | all of them are donors, so that no order of rows decides; distances that agree to 41 bits are tied |
/// | fewer than k donors | those there are; none: the cell stays missing |
///
/// Source: O. Troyanskaya et al., *Missing value estimation methods for DNA microarrays*, Bioinformatics 17 (2001)
/// 520–525, there with the distance over all columns and the weighted mean; the scaling to common columns is that of J. K.
/// Dixon, *Pattern recognition with partly missing data*, IEEE Trans. SMC 9 (1979) 617–621.
pub(in super::super) struct Nearest<'a> {
    columns: &'a [Vec<f64>],
    standardised: Vec<Vec<f64>>,
    periods: &'a [usize],
    k: usize,
    min_common: f64,
}

impl<'a> Nearest<'a> {
    /// `periods` numbers the period of each row.
    pub(in super::super) fn of(columns: &'a [Vec<f64>], periods: &'a [usize], k: u32, min_common: f64) -> Self {
        let standardise = |column: &Vec<f64>| match (mean(column), deviation(column)) {
            (Some(centre), Some(spread)) if spread > 0.0 => column.iter().map(|x| (x - centre) / spread).collect(),
            _ => vec![f64::NAN; column.len()],
        };
        let standardised = columns.iter().map(standardise).collect();
        Self { columns, standardised, periods, k: usize::try_from(k).unwrap_or(usize::MAX), min_common }
    }

    /// The distances of all rows to one; `NaN` for those that are none's neighbour.
    pub(in super::super) fn distances(&self, row: usize) -> Vec<f64> {
        let rows = self.periods.len();
        let (mut squares, mut common) = (vec![0.0; rows], vec![0_u32; rows]);
        for column in self.standardised.iter().filter(|column| !column[row].is_nan()) {
            let own = column[row];
            for ((other, square), common) in column.iter().zip(&mut squares).zip(&mut common) {
                if !other.is_nan() {
                    *square += (own - other) * (own - other);
                    *common += 1;
                }
            }
        }
        let all = self.columns.len() as f64;
        let distance = |other: usize| {
            let shared = f64::from(common[other]);
            let near = other != row
                && self.periods[other] == self.periods[row]
                && common[other] > 0
                && shared / all >= self.min_common;
            if near { comparable_bits((squares[other] / shared).sqrt()) } else { f64::NAN }
        };
        (0..rows).map(distance).collect()
    }

    /// The rows that give the value of one column, in order; `distances` are those to the row that lacks it.
    pub(in super::super) fn donors(&self, distances: &[f64], column: usize) -> Vec<usize> {
        let values = &self.columns[column];
        let there = |row: &usize| !distances[*row].is_nan() && !values[*row].is_nan();
        let mut found: Vec<usize> = (0..distances.len()).filter(there).collect();
        if found.len() > self.k && self.k > 0 {
            let mut sorted: Vec<f64> = found.iter().map(|&row| distances[row]).collect();
            let (_, last, _) = sorted.select_nth_unstable_by(self.k - 1, f64::total_cmp);
            let last = *last;
            found.retain(|&row| distances[row] <= last);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f64 = f64::NAN;

    #[test]
    fn ties_at_the_last_distance_all_count_and_a_row_is_not_its_own_neighbour() {
        let columns = [vec![1.0, 2.0, 3.0, 2.0], vec![NONE, 10.0, 20.0, 30.0]];
        let nearest = Nearest::of(&columns, &[0; 4], 1, 0.0);
        let distances = nearest.distances(0);
        assert!(distances[0].is_nan());
        assert_eq!(nearest.donors(&distances, 1), [1, 3]);
    }

    #[test]
    fn who_has_too_little_in_common_or_is_of_another_period_is_no_donor() {
        let columns = [vec![1.0, 1.0, 5.0], vec![1.0, NONE, 2.0], vec![NONE, 7.0, 9.0]];
        let half = Nearest::of(&columns, &[0; 3], 5, 0.5);
        assert_eq!(half.donors(&half.distances(0), 2), [2]);
        let apart = Nearest::of(&columns, &[0, 0, 1], 5, 0.0);
        assert_eq!(apart.donors(&apart.distances(0), 2), [1]);
    }
}
