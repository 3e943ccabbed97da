//! What a unit would be with other values.

use super::super::data::Data;
use super::super::derive::derive;
use super::super::result::{IndexEvaluation, IndexUnit};
use super::super::run::IndexError;
use super::super::scheme::{Direction, IndexScheme, Indicator};
use super::super::stage::moments;
use super::columns::Columns;
use super::{plain, refuse};

/// One unit among the others, whose values can be changed.
pub(super) struct WhatIf<'a> {
    pub(super) scheme: &'a IndexScheme,
    pub(super) data: &'a Data,
    pub(super) full: &'a IndexEvaluation,
    /// The number of its row: units of a result stand in the order of the rows.
    pub(super) row: usize,
    /// The columns of the run, where a change can be followed in them.
    columns: Option<Columns>,
}

/// Where a unit stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Standing {
    pub(super) exact: f64,
    pub(super) printed: f64,
    pub(super) rank: Option<f64>,
    /// The number of its grade, the best being 0.
    pub(super) grade: Option<usize>,
}

impl<'a> WhatIf<'a> {
    /// The unit, in the last of its periods.
    pub(super) fn of(
        scheme: &'a IndexScheme,
        data: &'a Data,
        full: &'a IndexEvaluation,
        unit: &str,
    ) -> Result<Self, IndexError> {
        let row = data.rows.iter().rposition(|row| row.unit == unit);
        let row = row.filter(|&row| full.units.get(row).is_some_and(|it| it.unit == unit));
        let Some(row) = row else {
            return Err(refuse(format!("数据中没有单位 {unit}"), format!("the data have no unit {unit}")));
        };
        let mut what_if = Self { scheme, data, full, row, columns: None };
        what_if.columns = Columns::of(scheme, data, full, row)?;
        // The short way is only taken where it gives what the whole evaluation gave.
        let same = |columns: &Columns| columns.standing(&what_if, &[]) == Some(what_if.now());
        if !what_if.columns.as_ref().is_some_and(same) {
            what_if.columns = None;
        }
        Ok(what_if)
    }

    pub(super) fn unit(&self) -> &'a IndexUnit {
        &self.full.units[self.row]
    }

    pub(super) fn now(&self) -> Standing {
        self.standing(self.unit())
    }

    fn standing(&self, unit: &IndexUnit) -> Standing {
        let bands = &self.scheme.result().grades;
        let grade = unit.grade.as_ref().and_then(|grade| bands.iter().position(|band| band.title.zh == *grade));
        Standing { exact: unit.exact_score, printed: unit.score, rank: unit.rank, grade }
    }

    /// Where it would stand if these indicators had these values, which are in the unit of the reported ones; none for what
    /// cannot be computed. A scale that moves moves. The whole evaluation is made again, or, where no other column can follow
    /// the change, only the columns that changed and what is above them.
    pub(super) fn with(&self, changes: &[(usize, f64)]) -> Option<Standing> {
        if let Some(columns) = &self.columns
            && changes.iter().all(|(leaf, _)| self.value(*leaf).is_some())
        {
            return columns.standing(self, changes);
        }
        let mut data = self.data.clone();
        for &(leaf, value) in changes {
            data.indicators[leaf][self.row] = value;
            data.absent.remove(&(self.row, leaf));
        }
        // What is derived follows its parts, unless it is itself what was changed.
        derive(self.scheme, &mut data);
        for &(leaf, value) in changes {
            data.indicators[leaf][self.row] = value;
        }
        let changed = plain(self.scheme, &data).ok()?;
        changed.units.get(self.row).map(|unit| self.standing(unit))
    }

    /// The value of an indicator as reported; none if it is missing.
    pub(super) fn value(&self, leaf: usize) -> Option<f64> {
        Some(self.data.indicators[leaf][self.row]).filter(|value| !value.is_nan())
    }

    /// Whether an indicator is approved as not applicable here.
    pub(super) fn excused(&self, leaf: usize) -> bool {
        self.data.absent.get(&(self.row, leaf)) == Some(&super::super::data::Absence::NotApplicable)
    }

    /// Between what values an indicator may be moved, as reported: its bounds, times its denominator where it has one, or
    /// the range of the reported values of the period.
    pub(super) fn room(&self, leaf: usize, indicator: &Indicator) -> Option<(f64, f64)> {
        let below = indicator.denominator.as_ref().map(|below| {
            let column = self.data.denominators.get(&below.column);
            column.map_or(f64::NAN, |column| column[self.row] / below.factor.get())
        });
        let stated = indicator.bounds().map(|(low, high)| (low * below.unwrap_or(1.0), high * below.unwrap_or(1.0)));
        let period = &self.data.rows[self.row].period;
        let peers = || {
            let rows = (0..self.data.rows.len()).filter(|&row| self.data.rows[row].period == *period);
            moments::range(&rows.map(|row| self.data.indicators[leaf][row]).collect::<Vec<_>>())
        };
        stated.filter(|(low, high)| low.is_finite() && high.is_finite()).or_else(peers)
    }

    /// The best value within the room, and the worst; the current one counts as the best where it is better.
    pub(super) fn ends(&self, leaf: usize, indicator: &Indicator, room: (f64, f64)) -> (f64, f64) {
        let (low, high) = room;
        let now = self.value(leaf);
        match indicator.direction {
            Direction::HigherBetter => (low, now.map_or(high, |now| high.max(now))),
            Direction::LowerBetter => (high, now.map_or(low, |now| low.min(now))),
            Direction::Range { from, to } => {
                let best = now.unwrap_or(from.get()).clamp(from.get(), to.get()).clamp(low, high);
                let far = if (best - low).abs() >= (high - best).abs() { low } else { high };
                (far, best)
            }
        }
    }
}
