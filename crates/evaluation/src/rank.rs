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

/// Ranks the units that take part, see [`places`].
pub(crate) fn assign(units: &mut [UnitResult], ties: SharedRank) {
    let scores: Vec<_> = units.iter().map(|unit| unit.ranked.then(|| unit.final_score())).collect();
    for (unit, rank) in units.iter_mut().zip(places(&scores, ties)).filter(|(unit, _)| unit.ranked) {
        unit.rank = rank;
    }
}

/// The rank of each printed score; none for who has none. Equal printed scores share a rank, as the scheme says (1, 1, 3 by
/// default): whoever sees the same two numbers on paper must not find two ranks beside them.
pub(crate) fn places(scores: &[Option<Decimal>], ties: SharedRank) -> Vec<Option<u32>> {
    let ranked: Vec<Decimal> = scores.iter().flatten().copied().collect();
    let place = |score: Decimal| match ties {
        SharedRank::Min => of(score, &ranked),
        SharedRank::Max => count(ranked.iter().filter(|other| **other >= score).count()),
        SharedRank::Dense => {
            let better: BTreeSet<Decimal> = ranked.iter().copied().filter(|other| *other > score).collect();
            count(better.len() + 1)
        }
    };
    scores.iter().map(|score| score.and_then(place)).collect()
}

fn count(places: usize) -> Option<u32> {
    u32::try_from(places).ok()
}

/// The rank of a printed score among others: one more than there are better ones.
pub(crate) fn of(score: Decimal, scores: &[Decimal]) -> Option<u32> {
    count(scores.iter().filter(|other| **other > score).count() + 1)
}
