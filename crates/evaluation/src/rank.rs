//! Grades and ranks, both from the printed score.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::result::{Grade, UnitResult};
use crate::scheme::{GradeBand, SharedRank};

/// The grade of a printed score. The bands fall and the last starts at 0, so there is always one. `best` is
/// the best that a veto leaves.
pub(crate) fn grade(bands: &[GradeBand], score: Decimal, best: usize) -> Option<Grade> {
    let place = bands.iter().position(|band| score >= band.from)?;
    bands.get(place.max(best)).map(|band| Grade { title: band.title.clone() })
}

/// Ranks the units that take part. Equal printed scores share a rank, as the scheme says (1, 1, 3 by default): whoever
/// sees the same two numbers on paper must not find two ranks beside them.
pub(crate) fn assign(units: &mut [UnitResult], ties: SharedRank) {
    let scores: Vec<Decimal> = units.iter().filter(|unit| unit.ranked).map(UnitResult::final_score).collect();
    for unit in units.iter_mut().filter(|unit| unit.ranked) {
        let score = unit.final_score();
        unit.rank = match ties {
            SharedRank::Min => of(score, &scores),
            SharedRank::Max => count(scores.iter().filter(|other| **other >= score).count()),
            SharedRank::Dense => {
                let better: BTreeSet<Decimal> = scores.iter().copied().filter(|other| *other > score).collect();
                count(better.len() + 1)
            }
        };
    }
}

fn count(places: usize) -> Option<u32> {
    u32::try_from(places).ok()
}

/// The rank of a printed score among others: one more than there are better ones.
pub(crate) fn of(score: Decimal, scores: &[Decimal]) -> Option<u32> {
    count(scores.iter().filter(|other| **other > score).count() + 1)
}
