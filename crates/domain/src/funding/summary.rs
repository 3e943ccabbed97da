//! Totals by stage and source.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    funding::{FundSource, FundingLine, FundingStage, FundingSubject, ProjectGroup},
    money::{Money, MoneyError},
    name::ResourceName,
};

/// The total of one stage and one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundingTotal {
    /// Stage.
    pub stage: FundingStage,
    /// Source.
    pub source: FundSource,
    /// Sum of the amounts that count.
    pub amount: Money,
    /// Number of lines that count.
    pub lines: u32,
    /// Groups among their subjects, each once.
    pub groups: u32,
    /// Projects that those groups are said to have, named or not.
    pub projects_in_groups: u32,
    /// Projects that are named, alone or in a group, each once.
    pub named_projects: u32,
}

/// Totals by stage and source, in that order.
///
/// A line that splits a group's line counts only where the group's line is not among the lines: beside it, it would count
/// the same money twice. There is no sum over stages or sources.
///
/// # Errors
/// [`MoneyError::TooLarge`] when a total has no exact decimal.
pub fn summarize(lines: &[FundingLine], groups: &[ProjectGroup]) -> Result<Vec<FundingTotal>, MoneyError> {
    let by_name: BTreeMap<_, _> = groups.iter().map(|group| (&group.name, group)).collect();
    let mut cells: BTreeMap<(FundingStage, FundSource), Vec<&FundingLine>> = BTreeMap::new();
    for line in lines {
        cells.entry((line.stage, line.source)).or_default().push(line);
    }
    cells.into_iter().map(|((stage, source), cell)| total(stage, source, &cell, &by_name)).collect()
}

fn total(
    stage: FundingStage,
    source: FundSource,
    cell: &[&FundingLine],
    by_name: &BTreeMap<&ResourceName, &ProjectGroup>,
) -> Result<FundingTotal, MoneyError> {
    let mut groups = BTreeSet::new();
    let mut projects = BTreeSet::new();
    for line in cell {
        match &line.subject {
            FundingSubject::Group(name) => groups.insert(name),
            FundingSubject::Project(name) => projects.insert(name),
        };
    }
    let names: BTreeSet<_> = cell.iter().map(|line| &line.name).collect();
    let counts = |line: &&&FundingLine| line.split_of.as_ref().is_none_or(|whole| !names.contains(whole));
    let counted: Vec<_> = cell.iter().filter(counts).collect();
    let amount = Money::sum(counted.iter().map(|line| line.amount))?;
    let known: Vec<_> = groups.iter().filter_map(|name| by_name.get(*name)).collect();
    projects.extend(known.iter().flat_map(|group| &group.named_projects));
    Ok(FundingTotal {
        stage,
        source,
        amount,
        lines: size(counted.len()),
        groups: size(groups.len()),
        projects_in_groups: known.iter().fold(0, |sum: u32, group| sum.saturating_add(group.project_count)),
        named_projects: size(projects.len()),
    })
}

fn size(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
