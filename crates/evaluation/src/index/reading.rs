//! How ranks and grades are read from scores, for runs that are not the published one.

use super::adjust;
use super::data::Data;
use super::rank;
use super::scheme::{IndexScheme, RankBy};
use crate::outside::Settled;

/// The rules of a scheme, and what stands outside the weighted score of each row.
pub(super) struct Reading<'s> {
    scheme: &'s IndexScheme,
    settled: Option<Vec<Settled<'s>>>,
    grades: Vec<f64>,
}

impl<'s> Reading<'s> {
    pub(super) fn of(scheme: &'s IndexScheme, data: &Data) -> Self {
        let from = |band: &crate::scheme::GradeBand| band.from.to_string().parse().unwrap_or(f64::INFINITY);
        let grades = scheme.result().grades.iter().map(from).collect();
        Self { scheme, settled: adjust::settled(scheme, data), grades }
    }

    /// Whether the weighted score is the final one.
    pub(super) fn plain(&self) -> bool {
        self.settled.is_none()
    }

    /// The final score of a row for a weighted one.
    pub(super) fn adjusted(&self, row: usize, score: f64) -> f64 {
        let settled = self.settled.as_ref().filter(|_| !score.is_nan());
        settled.map_or(score, |settled| adjust::apply(&settled[row], score))
    }

    /// A score as it is printed.
    pub(super) fn printed(&self, score: f64) -> f64 {
        match self.scheme.result().decimals {
            Some(decimals) if !score.is_nan() => rank::rounded(score, decimals, self.scheme.result().rounding),
            Some(_) | None => score,
        }
    }

    /// What the rank of a row is read from, for a weighted score.
    pub(super) fn key(&self, row: usize, score: f64) -> f64 {
        match self.scheme.result().rank_by {
            RankBy::Printed => self.printed(self.adjusted(row, score)),
            RankBy::Computed => rank::comparable(self.adjusted(row, score)),
        }
    }

    /// The number of the grade of a row for a weighted score, the best being 0.
    pub(super) fn grade(&self, row: usize, score: f64) -> Option<usize> {
        let printed = self.printed(self.adjusted(row, score));
        let best = self.settled.as_ref().map_or(0, |settled| settled[row].best_grade());
        self.grades.iter().position(|from| printed >= *from).map(|place| place.max(best))
    }
}
