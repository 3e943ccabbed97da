//! Where the change of a rank between two editions comes from.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::data::{Data, Row};
use super::super::run::IndexError;
use super::super::scheme::IndexScheme;
use super::{plain, refuse};
use crate::exact::Exact;
use crate::explain_score::exact_share;

/// A scheme with the data of one edition.
#[derive(Clone, Copy, Debug)]
pub struct Edition<'a> {
    /// The scheme.
    pub scheme: &'a IndexScheme,
    /// The data, of one period.
    pub data: &'a Data,
}

/// The change of one unit's rank. A rank that falls is an improvement, so a negative part helped.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RankChange {
    /// The unit.
    pub unit: String,
    /// Its rank in the earlier edition.
    pub before: f64,
    /// Its rank in the later one.
    pub after: f64,
    /// Its score in the earlier edition.
    pub score_before: f64,
    /// Its score in the later one.
    pub score_after: f64,
    /// What each cause adds to `after − before`, exactly: `correction` (of the earlier data, if corrected data were given),
    /// `own` (its values), `others` (the values of the other units), `method` (the scheme), `units` (who came and who went).
    /// Only causes that can have acted are named.
    pub parts: BTreeMap<String, Exact>,
}

/// A cause, one bit of a set.
const CAUSES: [&str; 4] = ["own", "others", "method", "units"];

/// Takes the change of the rank of every unit that is ranked in both editions apart.
///
/// First the earlier data are replaced by `corrected`, if given, under the earlier scheme and for the earlier units: what
/// that changes is `correction`. From there to the later edition the causes own, others, method and units are put in all
/// orders and each gets the mean of what it changes when its turn comes (Shapley's shares, in exact fractions); so the parts
/// add up to the change, no order of telling is preferred, and a cause that changes nothing has 0. A unit that is only in
/// one edition has the data of that edition whenever it is among the units. Indicators are matched by id, denominators by
/// their column; what an edition has no column for is missing.
///
/// # Errors
/// For data of several periods, and where the unit cannot be ranked in some mixture of the editions (with its name).
pub fn compare(
    before: Edition<'_>,
    corrected: Option<&Data>,
    after: Edition<'_>,
) -> Result<Vec<RankChange>, IndexError> {
    for data in [Some(before.data), corrected, Some(after.data)].into_iter().flatten() {
        if data.periods().len() > 1 {
            let (zh, en) = ("比较的数据只能有一个时期", "editions to compare must hold one period each");
            return Err(refuse(zh, en));
        }
    }
    let old = Ranks::of(before.scheme, before.data)?;
    let start_data = corrected.unwrap_or(before.data);
    let end = Ranks::of(after.scheme, after.data)?;
    let sides = [Side::of(before.scheme, start_data), Side::of(after.scheme, after.data)];
    let (first, last) = (sides[0].units(), sides[1].units());
    let acting: Vec<usize> = (0..CAUSES.len())
        .filter(|cause| match cause {
            2 => before.scheme.digest() != after.scheme.digest(),
            3 => first != last,
            _ => true,
        })
        .collect();
    let mut changes = Vec::new();
    for (unit, rank) in &end.0 {
        let Some(old_rank) = old.0.get(unit) else { continue };
        let start = match corrected {
            None => old_rank.clone(),
            Some(corrected) => Ranks::of(before.scheme, &sides[0].only(corrected, before.data))?.get(unit)?,
        };
        let mut parts = BTreeMap::new();
        if corrected.is_some() {
            parts.insert("correction".to_owned(), &start.0 - &old_rank.0);
        }
        let full = (1_usize << acting.len()) - 1;
        let mut values: Vec<Exact> = Vec::with_capacity(full + 1);
        for set in 0..=full {
            let on = |cause: usize| acting.iter().position(|it| *it == cause).is_some_and(|bit| set >> bit & 1 == 1);
            values.push(if set == 0 {
                start.0.clone()
            } else if set == full {
                rank.0.clone()
            } else {
                let side = usize::from(on(2));
                let units = if acting.contains(&3) && on(3) { &last } else { &first };
                let scheme = [before.scheme, after.scheme][side];
                let from = [usize::from(on(0)), usize::from(on(1))];
                Ranks::of(scheme, &mixture(scheme, &sides, units, unit, from))?.get(unit)?.0
            });
        }
        for (bit, cause) in acting.iter().enumerate() {
            parts.insert(CAUSES[*cause].to_owned(), exact_share(&values, bit, acting.len()));
        }
        changes.push(RankChange {
            unit: unit.clone(),
            before: old_rank.1,
            after: rank.1,
            score_before: old_rank.2,
            score_after: rank.2,
            parts,
        });
    }
    Ok(changes)
}

/// The ranks and scores of the ranked units.
struct Ranks(BTreeMap<String, Ranked>);

#[derive(Clone)]
struct Ranked(Exact, f64, f64);

impl Ranks {
    fn of(scheme: &IndexScheme, data: &Data) -> Result<Self, IndexError> {
        let units = plain(scheme, data)?.units.into_iter();
        // A rank is a whole or a half number.
        let exact = |rank: f64| Exact::integer((rank * 2.0) as i64).checked_div(&Exact::integer(2));
        Ok(Self(
            units
                .filter_map(|unit| Some((unit.unit, Ranked(exact(unit.rank?)?, unit.rank?, unit.exact_score))))
                .collect(),
        ))
    }

    fn get(&self, unit: &str) -> Result<Ranked, IndexError> {
        self.0.get(unit).cloned().ok_or_else(|| {
            let en = format!("{unit} has no rank in a mixture of the two editions");
            refuse(format!("在两版数据的组合中 {unit} 不参与排名，无法分解"), en)
        })
    }
}

/// The data of an edition with the places of its indicators.
struct Side<'a> {
    data: &'a Data,
    leaves: BTreeMap<&'a str, usize>,
    rows: BTreeMap<&'a str, usize>,
}

impl<'a> Side<'a> {
    fn of(scheme: &'a IndexScheme, data: &'a Data) -> Self {
        let leaves = scheme.indicators().into_iter().enumerate().map(|(at, leaf)| (leaf.id.as_str(), at)).collect();
        let rows = data.rows.iter().enumerate().map(|(at, row)| (row.unit.as_str(), at)).collect();
        Self { data, leaves, rows }
    }

    fn units(&self) -> BTreeSet<&'a str> {
        self.rows.keys().copied().collect()
    }

    /// Corrected data of the units that the earlier edition had; a unit that the correction does not name keeps its data.
    fn only(&self, corrected: &Data, earlier: &Data) -> Data {
        let mut data = earlier.clone();
        for (row, unit) in earlier.rows.iter().enumerate() {
            let Some(from) = corrected.rows.iter().position(|it| it.unit == unit.unit) else { continue };
            for (column, other) in data.indicators.iter_mut().zip(&corrected.indicators) {
                column[row] = other[from];
            }
            for (name, column) in &mut data.denominators {
                if let Some(other) = corrected.denominators.get(name) {
                    column[row] = other[from];
                }
            }
            for (name, column) in &mut data.raw {
                if let Some(other) = corrected.raw.get(name) {
                    column[row] = other[from];
                }
                data.raw_absent.remove(&(row, name.clone()));
                if let Some(why) = corrected.raw_absent.get(&(from, name.clone())) {
                    data.raw_absent.insert((row, name.clone()), *why);
                }
            }
            data.absent.retain(|(at, _), _| *at != row);
            let absent = corrected.absent.iter().filter(|((at, _), _)| *at == from);
            data.absent.extend(absent.map(|((_, leaf), why)| ((row, *leaf), *why)));
        }
        data
    }
}

/// The data of a mixture: the unit from edition `from[0]`, the others from `from[1]`.
fn mixture(scheme: &IndexScheme, sides: &[Side<'_>; 2], units: &BTreeSet<&str>, unit: &str, from: [usize; 2]) -> Data {
    let leaves = scheme.indicators();
    let mut data = Data {
        indicators: vec![Vec::new(); leaves.len()],
        denominators: scheme.data().denominators.iter().map(|name| (name.clone(), Vec::new())).collect(),
        raw: sides.iter().flat_map(|side| side.data.raw.keys()).map(|name| (name.clone(), Vec::new())).collect(),
        ..Data::default()
    };
    for name in units {
        let wanted = from[usize::from(*name != unit)];
        let side = if sides[wanted].rows.contains_key(name) { &sides[wanted] } else { &sides[1 - wanted] };
        let Some(&row) = side.rows.get(name) else { continue };
        let at = data.rows.len();
        // One edition is one period, whatever it is called.
        data.rows.push(Row { period: None, ..side.data.rows[row].clone() });
        for (leaf, node) in leaves.iter().enumerate() {
            let place = side.leaves.get(node.id.as_str());
            data.indicators[leaf].push(place.map_or(f64::NAN, |&place| side.data.indicators[place][row]));
            if let Some(why) = place.and_then(|&place| side.data.absent.get(&(row, place))) {
                data.absent.insert((at, leaf), *why);
            }
        }
        for (name, column) in &mut data.denominators {
            column.push(side.data.denominators.get(name).map_or(f64::NAN, |other| other[row]));
        }
        for (name, column) in &mut data.raw {
            column.push(side.data.raw.get(name).map_or(f64::NAN, |other| other[row]));
            if let Some(why) = side.data.raw_absent.get(&(row, name.clone())) {
                data.raw_absent.insert((at, name.clone()), *why);
            }
        }
    }
    data
}
