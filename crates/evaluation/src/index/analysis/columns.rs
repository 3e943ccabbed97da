//! The short way to another standing: only the columns that changed, and what is above them.

use super::super::data::Data;
use super::super::rank;
use super::super::reading::Reading;
use super::super::result::IndexEvaluation;
use super::super::run::{Computed, IndexError};
use super::super::scheme::IndexScheme;
use super::super::stage::normalise::{Facts, normalise};
use super::super::stage::{Normalise, ScreenBy, Stage, denominate::denominate, treat::treat};
use super::super::weighting::Weighting;
use super::computed;
use super::what_if::{Standing, WhatIf};

/// A run in which a value that changes moves its own column and nothing beside it: nothing was imputed, nothing is derived,
/// no weights are computed, and the screening does not look at values.
pub(super) struct Columns {
    computed: Computed,
    /// The place of the unit in the columns.
    at: usize,
    /// The places of the units that it is ranked with, itself among them; empty if it is not ranked.
    field: Vec<usize>,
}

impl Columns {
    /// None where another column can follow a change, or where the unit was screened out.
    pub(super) fn of(
        scheme: &IndexScheme,
        data: &Data,
        full: &IndexEvaluation,
        row: usize,
    ) -> Result<Option<Self>, IndexError> {
        let independent = |stage: &Stage| match stage {
            Stage::Screen(rule) => rule.by != ScreenBy::NonZero,
            Stage::Aggregate(_) | Stage::Denominate | Stage::Treat(_) | Stage::Normalise { .. } | Stage::Impute(_) => {
                true
            }
        };
        let derived = scheme.indicators().iter().any(|leaf| leaf.indicator().is_some_and(|it| it.formula.is_some()));
        if derived || !full.imputed.is_empty() || !scheme.stages().iter().all(independent) {
            return Ok(None);
        }
        let computed = computed(scheme, data)?;
        let stated = |node: &super::super::tree::Flat| !matches!(node.weighting, Weighting::Computed { .. });
        if computed.leaves.raw.is_some() || !computed.tree.nodes.iter().all(stated) {
            return Ok(None);
        }
        let Some(at) = computed.rows.iter().position(|it| *it == row) else { return Ok(None) };
        let unit = &full.units[row];
        let beside = |row: usize| full.units.get(row).is_some_and(|it| it.ranked && it.period == unit.period);
        let field = match unit.ranked {
            true => (0..computed.rows.len()).filter(|&at| beside(computed.rows[at])).collect(),
            false => Vec::new(),
        };
        Ok(Some(Self { computed, at, field }))
    }

    /// Where the unit stands with other values of indicators that it has a value of.
    pub(super) fn standing(&self, what_if: &WhatIf<'_>, changes: &[(usize, f64)]) -> Option<Standing> {
        let mut leaves = self.computed.leaves.clone();
        for &(leaf, value) in changes {
            leaves.turned[leaf] = self.column(what_if, leaf, value)?;
        }
        let index = self.computed.tree.index(&leaves, &self.computed.weights).ok()?;
        let rules = what_if.scheme.result();
        let reading = Reading::of(what_if.scheme, what_if.data);
        let keys: Vec<f64> = self.field.iter().map(|&at| reading.key(self.computed.rows[at], index[at])).collect();
        let lower = self.computed.lower_is_better();
        let ranks = if lower { rank::ascending(&keys, rules.ties) } else { rank::descending(&keys, rules.ties) };
        let own = self.field.iter().position(|at| *at == self.at);
        // A unit that is not ranked has no grade either.
        let grade = own.and_then(|_| reading.grade(what_if.row, index[self.at]));
        Some(Standing {
            exact: index[self.at],
            printed: reading.printed(index[self.at]),
            rank: own.map(|at| ranks[at]),
            grade,
        })
    }

    /// A column with another value of the unit, through the stages that columns pass one by one.
    fn column(&self, what_if: &WhatIf<'_>, leaf: usize, value: f64) -> Option<Vec<f64>> {
        let data = what_if.data;
        let indicator = what_if.scheme.indicators().get(leaf)?.indicator()?;
        let rows = &self.computed.rows;
        let mut column: Vec<f64> = rows.iter().map(|&row| data.indicators[leaf][row]).collect();
        column[self.at] = value;
        let mut missing = vec![false; column.len()];
        for stage in what_if.scheme.stages() {
            match stage {
                Stage::Denominate => {
                    let below = indicator.denominator.as_ref().and_then(|below| {
                        data.denominators.get(&below.column).map(|column| (column, below.factor.get()))
                    });
                    if let Some((below, factor)) = below {
                        let below: Vec<f64> = rows.iter().map(|&row| below[row]).collect();
                        denominate(&mut column, &below, factor);
                    }
                }
                Stage::Treat(rule) if indicator.treat => column = treat(rule, column).values,
                Stage::Normalise { by } => {
                    let method: &Normalise = indicator.normalise.as_ref().unwrap_or(by);
                    missing = column.iter().map(|value| value.is_nan()).collect();
                    let unit = method.reference();
                    let reference = unit.and_then(|unit| rows.iter().position(|&row| data.rows[row].unit == unit));
                    let facts = Facts::of(indicator, reference);
                    column = normalise(method, &column, &facts).ok()?;
                }
                Stage::Treat(_) | Stage::Screen(_) | Stage::Impute(_) | Stage::Aggregate(_) => {}
            }
        }
        // What the policy of a missing value put there stays.
        let before = &self.computed.leaves.turned[leaf];
        let kept = |at: usize| if missing[at] { before[at] } else { column[at] };
        Some((0..column.len()).map(kept).collect())
    }
}
