//! Rules of the funding ledger, as pure functions of new lines, the lines there are, and the groups.

use crate::{
    funding::{FundingLine, FundingProject, ProjectGroup},
    violation::Violations,
};

/// The ledger as it stands, without the new lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct FundingLedger<'a> {
    /// Current lines.
    pub lines: &'a [FundingLine],
    /// Groups.
    pub groups: &'a [ProjectGroup],
}

/// Checks new lines.
///
/// # Errors
/// Every fault.
pub fn check_funding_lines(new: &[FundingLine], ledger: FundingLedger<'_>) -> Result<(), Violations> {
    let _ = (new, ledger);
    Ok(())
}

/// Checks one new line.
///
/// # Errors
/// Every fault.
pub fn check_funding_line(new: &FundingLine, ledger: FundingLedger<'_>) -> Result<(), Violations> {
    let _ = (new, ledger);
    Ok(())
}

/// Checks a project.
///
/// # Errors
/// Every fault.
pub fn check_project(_project: &FundingProject) -> Result<(), Violations> {
    Ok(())
}

/// Checks a group.
///
/// # Errors
/// Every fault.
pub fn check_project_group(_group: &ProjectGroup) -> Result<(), Violations> {
    Ok(())
}
