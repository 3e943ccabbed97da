//! Who beats whom, pair by pair.
//!
//! For n units and m columns this is m·n²/2 comparisons, so they are made on numbers of 16 bits, many at a time: places of
//! the values instead of the values, which does not change who is better, and weights rounded to 16 bits, which can change
//! the sum of a pair by half a unit a column. Pairs that are closer than this are summed again in whole parts.

use crate::sense::Sense;

/// The sum of all weights in the rounded form; it leaves room for what rounding adds to each.
const WHOLE: f64 = 16_000.0;
/// Columns up to which the rounded sum fits in 16 bits.
const MOST_COLUMNS: usize = 16_000;
/// Units up to which the places fit in 16 bits.
const MOST_UNITS: usize = 32_000;

/// The numbers of wins and of defeats of each unit. `votes` are whole parts; a side wins by more than one part a column.
/// `NaN` is missing: the column does not count for the pairs of that unit.
pub(super) fn duels(columns: &[&[f64]], votes: &[i64], senses: &[Sense]) -> (Vec<usize>, Vec<usize>) {
    let n = columns.first().map_or(0, |column| column.len());
    let places: Vec<Vec<Option<u32>>> =
        columns.iter().zip(senses).map(|(column, sense)| places(column, *sense)).collect();
    // Unit by unit, for the pairs that are looked at alone.
    let rows: Vec<Option<u32>> = (0..n).flat_map(|unit| places.iter().map(move |column| column[unit])).collect();
    let exact = |a: usize, b: usize| balance(row(&rows, a, columns.len()), row(&rows, b, columns.len()), votes);
    let margin = i64::try_from(columns.len()).unwrap_or(i64::MAX);
    let mut tally = Tally { wins: vec![0; n], defeats: vec![0; n] };
    if n > MOST_UNITS || columns.len() > MOST_COLUMNS {
        for a in 0..n {
            (a + 1..n).for_each(|b| tally.add(a, b, exact(a, b), margin));
        }
        return (tally.wins, tally.defeats);
    }
    let total: i64 = votes.iter().sum();
    let columns: Vec<Short> = places.iter().zip(votes).map(|(places, vote)| Short::of(places, *vote, total)).collect();
    // Half a unit a column, and one for the margin and the rounding of the total.
    let doubt = i16::try_from(columns.len() / 2 + 2).unwrap_or(i16::MAX);
    let mut sums = vec![0_i16; n];
    for a in 0..n {
        let later = &mut sums[a + 1..];
        later.fill(0);
        columns.iter().for_each(|column| column.add(a, later));
        for (b, &sum) in (a + 1..).zip(&*later) {
            let balance = if sum > doubt {
                i64::MAX
            } else if sum < -doubt {
                i64::MIN
            } else {
                exact(a, b)
            };
            tally.add(a, b, balance, margin);
        }
    }
    (tally.wins, tally.defeats)
}

struct Tally {
    wins: Vec<usize>,
    defeats: Vec<usize>,
}

impl Tally {
    fn add(&mut self, a: usize, b: usize, balance: i64, margin: i64) {
        if balance > margin {
            self.wins[a] += 1;
            self.defeats[b] += 1;
        } else if balance < -margin {
            self.wins[b] += 1;
            self.defeats[a] += 1;
        }
    }
}

/// The place of each value among the different values of its column, the worst 0; none where it is missing.
fn places(column: &[f64], sense: Sense) -> Vec<Option<u32>> {
    let sign = if sense == Sense::Benefit { 1.0 } else { -1.0 };
    let mut sorted: Vec<f64> = column.iter().filter(|value| !value.is_nan()).map(|value| sign * value).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.dedup_by(|a, b| a == b);
    let place = |value: &f64| sorted.partition_point(|other| *other < sign * value);
    column
        .iter()
        .map(|value| (!value.is_nan()).then(|| place(value)).and_then(|place| u32::try_from(place).ok()))
        .collect()
}

fn row(rows: &[Option<u32>], unit: usize, columns: usize) -> &[Option<u32>] {
    &rows[unit * columns..(unit + 1) * columns]
}

/// The votes for the first unit less those for the second.
fn balance(a: &[Option<u32>], b: &[Option<u32>], votes: &[i64]) -> i64 {
    let vote = |((a, b), vote): ((&Option<u32>, &Option<u32>), &i64)| match (a, b) {
        (Some(a), Some(b)) => vote * (i64::from(a > b) - i64::from(a < b)),
        (None, _) | (_, None) => 0,
    };
    a.iter().zip(b).zip(votes).map(vote).sum()
}

/// A column in 16 bits.
struct Short {
    vote: i16,
    /// The places; what is missing stands above all that can be beaten.
    high: Vec<i16>,
    /// The places; what is missing stands below all that can win. None where nothing is missing.
    low: Option<Vec<i16>>,
}

impl Short {
    fn of(places: &[Option<u32>], vote: i64, total: i64) -> Self {
        let short = |missing: i16| -> Vec<i16> {
            places.iter().map(|place| place.map_or(missing, |place| i16::try_from(place).unwrap_or(missing))).collect()
        };
        let low = places.contains(&None).then(|| short(i16::MIN));
        Self { vote: rounded(vote, total), high: short(i16::MAX), low }
    }

    /// Adds the votes of a unit against each of the later ones.
    fn add(&self, unit: usize, later: &mut [i16]) {
        let (mine, vote) = (self.high[unit], self.vote);
        if mine == i16::MAX {
            return;
        }
        let high = &self.high[unit + 1..];
        let low = self.low.as_ref().map_or(high, |low| &low[unit + 1..]);
        for ((sum, high), low) in later.iter_mut().zip(high).zip(low) {
            let won = if mine > *high { vote } else { 0 };
            let lost = if mine < *low { vote } else { 0 };
            *sum = sum.wrapping_add(won).wrapping_sub(lost);
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a share of 16 000 fits in 16 bits")]
#[allow(clippy::cast_precision_loss, reason = "the number of parts is below 2^53")]
fn rounded(vote: i64, total: i64) -> i16 {
    (vote as f64 / total as f64 * WHOLE).round() as i16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_sums_decide_as_the_whole_parts_do(
            cells in proptest::collection::vec(
                (0u8..6).prop_map(|value| if value == 5 { f64::NAN } else { f64::from(value) }), 7 * 12,
            ),
            votes in proptest::collection::vec(1i64..1_000_000_000_000, 7),
        ) {
            let columns: Vec<&[f64]> = cells.chunks(12).collect();
            let senses = [Sense::Benefit, Sense::Cost].repeat(4);
            let (wins, defeats) = duels(&columns, &votes, &senses[..7]);
            let places: Vec<_> = columns.iter().zip(&senses).map(|(column, sense)| places(column, *sense)).collect();
            for a in 0..12 {
                let of = |unit: usize| places.iter().map(|column| column[unit]).collect::<Vec<_>>();
                let against = |b: usize| balance(&of(a), &of(b), &votes);
                prop_assert_eq!(wins[a], (0..12).filter(|&b| against(b) > 7).count());
                prop_assert_eq!(defeats[a], (0..12).filter(|&b| against(b) < -7).count());
            }
        }
    }
}
