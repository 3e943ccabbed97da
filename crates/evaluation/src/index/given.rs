//! Data of a composite index that are no file.

use std::collections::BTreeMap;

use super::data::{Absence, Data, Row};
use super::derive::derive;
use super::scheme::IndexScheme;

/// A unit in a period, as somebody has its figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenRow {
    /// The unit.
    pub unit: String,
    /// Its printed name.
    pub name: String,
    /// The period; none where there is one only.
    pub period: Option<String>,
    /// The groups it belongs to, by the column that the scheme names.
    pub groups: BTreeMap<String, String>,
    /// What is known of the indicators, by their id in the scheme; nothing is the same as an unknown value.
    pub cells: BTreeMap<String, Result<f64, Absence>>,
    /// What is known of the other columns that the scheme names: denominators, parts of formulas, and what stands outside the
    /// score.
    pub columns: BTreeMap<String, Result<f64, Absence>>,
}

impl Data {
    /// Data from rows in any order. A value that is not finite is missing. A denominator that the scheme names and nobody
    /// gives is missing.
    ///
    /// # Errors
    /// The first unit and period that stands twice.
    pub fn given(scheme: &IndexScheme, rows: Vec<GivenRow>) -> Result<Self, (String, Option<String>)> {
        let leaves = scheme.indicators();
        let raw = scheme.inputs().keys().map(String::as_str).chain(scheme.outside().ids());
        let mut data = Self {
            indicators: vec![Vec::with_capacity(rows.len()); leaves.len()],
            denominators: scheme.data().denominators.iter().map(|name| (name.clone(), Vec::new())).collect(),
            raw: raw.map(|name| (name.to_owned(), Vec::new())).collect(),
            ..Self::default()
        };
        for (at, row) in rows.into_iter().enumerate() {
            let GivenRow { unit, name, period, groups, cells, columns } = row;
            for (leaf, (node, column)) in leaves.iter().zip(&mut data.indicators).enumerate() {
                let value = match cells.get(&node.id) {
                    Some(Ok(value)) if value.is_finite() => *value,
                    Some(Err(absence)) => {
                        data.absent.insert((at, leaf), *absence);
                        f64::NAN
                    }
                    Some(Ok(_)) | None => f64::NAN,
                };
                column.push(value);
            }
            let of = |name: &str| columns.get(name).copied().unwrap_or(Ok(f64::NAN));
            for (name, column) in &mut data.denominators {
                column.push(of(name).ok().filter(|value| value.is_finite()).unwrap_or(f64::NAN));
            }
            for (name, column) in &mut data.raw {
                if let Err(absence) = of(name) {
                    data.raw_absent.insert((at, name.clone()), absence);
                }
                column.push(of(name).ok().filter(|value| value.is_finite()).unwrap_or(f64::NAN));
            }
            data.rows.push(Row { unit, name, period, groups });
        }
        data.sort();
        match data.duplicates().into_iter().next() {
            Some(twice) => Err(twice),
            None => {
                derive(scheme, &mut data);
                Ok(data)
            }
        }
    }
}
