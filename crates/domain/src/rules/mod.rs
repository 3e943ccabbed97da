//! Rules of figures and qualitative facts.

use chrono::NaiveDate;

use crate::{
    indicator::Catalogue, name::RegionCode, observation::Observation, region::RegionTable, statement::Statement,
    violation::Violations,
};

/// Which regions a node owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedRegions {
    /// Every region: a provincial department.
    All,
    /// One city with its counties.
    Only(RegionCode),
}

/// What the rules look things up in.
#[derive(Clone, Debug)]
pub struct RuleContext<'a> {
    /// Definitions.
    pub catalogue: &'a Catalogue,
    /// Divisions.
    pub regions: &'a RegionTable,
    /// Regions of this node.
    pub owned: OwnedRegions,
    /// Today where the node is.
    pub today: NaiveDate,
}

/// Checks a figure.
///
/// # Errors
/// Every fault.
pub fn check_observation(observation: &Observation, _ctx: &RuleContext<'_>) -> Result<Observation, Violations> {
    Ok(observation.clone())
}

/// Checks a qualitative fact.
///
/// # Errors
/// Every fault.
pub fn check_statement(_statement: &Statement, _ctx: &RuleContext<'_>) -> Result<(), Violations> {
    Ok(())
}
