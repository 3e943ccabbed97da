//! What is missing of a unit, what was done about it, and how much of each department's share was reported.

use std::collections::BTreeMap;

use serde::Serialize;

use super::data::{Absence, Data};
use super::result::IndexCoverage;
use super::scheme::{IndexScheme, Node};
use crate::flag::FlagCode;
use crate::input::MissingState;
use crate::policy::Policy;

/// A value that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Gap {
    /// The indicator.
    pub indicator: String,
    /// Why it is missing.
    pub state: MissingState,
    /// What the scheme says of this state.
    pub policy: Policy,
    /// The department it should come from, where scheme or data name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
}

/// Which indicators have no value as reported, row by row and in their order.
pub(super) struct Holes(Vec<Vec<usize>>);

impl Holes {
    pub(super) fn of(data: &Data) -> Self {
        let mut holes = vec![Vec::new(); data.rows.len()];
        for (leaf, column) in data.indicators.iter().enumerate() {
            column.iter().zip(&mut holes).filter(|(value, _)| value.is_nan()).for_each(|(_, row)| row.push(leaf));
        }
        Self(holes)
    }

    /// Those of a row.
    pub(super) fn row(&self, row: usize) -> &[usize] {
        &self.0[row]
    }
}

/// The gaps of a row as reported, in the order of the scheme; `leaves` are its indicators.
pub(super) fn gaps(scheme: &IndexScheme, leaves: &[&Node], data: &Data, (row, holes): (usize, &[usize])) -> Vec<Gap> {
    let gap = |&leaf: &usize| match data.absence(row, leaf) {
        Absence::Missing(state) => Some(Gap {
            indicator: leaves[leaf].id.clone(),
            state,
            policy: scheme.missing().of(state, Policy::Impute),
            department: department(leaves[leaf], data, row, leaf),
        }),
        Absence::NotApplicable => None,
    };
    holes.iter().filter_map(gap).collect()
}

/// The flags of a unit with these gaps.
pub(super) fn flags(gaps: &[Gap]) -> Vec<FlagCode> {
    let flag = |gap: &Gap| match gap.policy {
        Policy::Impute => None,
        Policy::LeaveOut => Some(FlagCode::MissingLeftOut),
        Policy::Zero => Some(FlagCode::MissingScoredZero),
        Policy::Hold => Some(FlagCode::GradeHeld),
    };
    let mut flags: Vec<FlagCode> = gaps.iter().filter_map(flag).collect();
    flags.sort_unstable();
    flags.dedup();
    flags
}

/// The department of a cell: what the data say, else what the scheme says of the indicator.
fn department(node: &Node, data: &Data, row: usize, leaf: usize) -> Option<String> {
    data.departments.get(&(row, leaf)).or_else(|| stated(node)).cloned()
}

fn stated(node: &Node) -> Option<&String> {
    node.indicator()?.department.as_ref()
}

/// Coverage of a row as reported, over the indicators that belong. `effective` are the nominal weights of the indicators.
pub(super) fn coverage(data: &Data, row: usize, effective: &[f64], belongs: impl Fn(usize) -> bool) -> IndexCoverage {
    let (mut count, mut there, mut due) = (Count::default(), 0.0, 0.0);
    for (leaf, weight) in effective.iter().enumerate().filter(|(leaf, _)| belongs(*leaf)) {
        count.total += 1;
        if data.absent.get(&(row, leaf)) == Some(&Absence::NotApplicable) {
            count.excused += 1;
            continue;
        }
        due += weight;
        if !data.indicators[leaf][row].is_nan() {
            count.reported += 1;
            there += weight;
        }
    }
    count.coverage(there, due)
}

/// Indicators of a row.
#[derive(Clone, Copy, Default)]
struct Count {
    reported: u32,
    excused: u32,
    total: u32,
}

impl Count {
    /// With the weights of what is reported and of what is due.
    fn coverage(self, there: f64, due: f64) -> IndexCoverage {
        let Self { reported, excused, total } = self;
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        IndexCoverage {
            reported,
            total,
            not_applicable: excused,
            share: share(f64::from(reported), f64::from(total - excused)),
            // All of it, without the last bit of a sum.
            weight_share: if reported + excused == total && reported > 0 { 1.0 } else { share(there, due) },
        }
    }
}

/// Coverage of a row as reported over all indicators; `holes` are those without a value.
pub(super) fn whole(data: &Data, (row, holes): (usize, &[usize]), effective: &[f64]) -> IndexCoverage {
    if data.absent.range((row, 0)..(row + 1, 0)).next().is_some() {
        return coverage(data, row, effective, |_| true);
    }
    if holes.is_empty() {
        let total = u32::try_from(effective.len()).unwrap_or(u32::MAX);
        return Count { reported: total, total, ..Count::default() }.coverage(0.0, 0.0);
    }
    let (mut holes, mut count, mut there, mut due) = (holes.iter().peekable(), Count::default(), 0.0, 0.0);
    for (leaf, weight) in effective.iter().enumerate() {
        count.total += 1;
        due += weight;
        if holes.next_if(|hole| **hole == leaf).is_none() {
            count.reported += 1;
            there += weight;
        }
    }
    count.coverage(there, due)
}

/// Whether scheme or data name departments.
pub(super) fn departments(leaves: &[&Node], data: &Data) -> bool {
    !data.departments.is_empty() || leaves.iter().any(|node| stated(node).is_some())
}

/// Coverage of a row by department, where there are any.
pub(super) fn by_department(
    leaves: &[&Node],
    data: &Data,
    row: usize,
    effective: &[f64],
) -> BTreeMap<String, IndexCoverage> {
    let of: Vec<Option<String>> =
        leaves.iter().enumerate().map(|(leaf, node)| department(node, data, row, leaf)).collect();
    let mut found = BTreeMap::new();
    for name in of.iter().flatten() {
        if !found.contains_key(name) {
            let belongs = |leaf: usize| of[leaf].as_ref() == Some(name);
            found.insert(name.clone(), coverage(data, row, effective, belongs));
        }
    }
    found
}
