//! Rules of figures and qualitative facts. Every fault is reported at once; what is only doubtful is asked about.

mod labels;
mod place;
mod plausibility;
mod statement;
mod value;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    indicator::Catalogue,
    name::RegionCode,
    observation::Observation,
    reason::Reason,
    region::RegionTable,
    text::Text,
    violation::{Violation, Violations},
};

pub use place::admissible_scopes;
pub use plausibility::{Doubt, DoubtKind, doubt, doubt_sum};
pub use statement::check_statement;

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

/// Checks a figure and fills in its value in the indicator's own unit. Field paths begin with `observation.`.
///
/// # Errors
/// Every fault: unknown indicator or region, region of another node or level, scope, period, unit, value against status,
/// rate against its parts, evidence, and the statistic's name.
pub fn check_observation(observation: &Observation, ctx: &RuleContext<'_>) -> Result<Observation, Violations> {
    let mut faults = Violations::new();
    let definition = ctx.catalogue.get(&observation.key.indicator);
    place::check_region(&observation.key, ctx, &mut faults);
    place::check_period(&observation.key, ctx, &mut faults);
    let mut checked = observation.clone();
    checked.canonical_value = None;
    match definition {
        None => faults.push(unknown_indicator("observation.indicator", observation.key.indicator.as_str(), ctx)),
        Some(definition) => {
            place::check_scope(&observation.key, definition, &mut faults);
            checked.canonical_value = value::check_value(observation, definition, &mut faults);
            labels::check_labels(observation, definition, ctx.catalogue, &mut faults);
        }
    }
    faults.into_result(checked)
}

/// Checks a batch: each figure on its own, and that no two have the same key. Field paths begin with `requests[n].`.
///
/// # Errors
/// Every fault of every figure, and [`Reason::DuplicateInBatch`] at the later of two figures with one key.
pub fn check_observations(observations: &[Observation], ctx: &RuleContext<'_>) -> Result<Vec<Observation>, Violations> {
    let mut faults = Violations::new();
    let mut checked = Vec::with_capacity(observations.len());
    let mut seen = BTreeMap::new();
    for (index, observation) in observations.iter().enumerate() {
        match check_observation(observation, ctx) {
            Ok(observation) => checked.push(observation),
            Err(found) => faults.extend(found.under(&format!("requests[{index}]."))),
        }
        if let Some(first) = seen.insert(&observation.key, index) {
            faults.push(Violation::new(
                format!("requests[{index}].observation"),
                Reason::DuplicateInBatch,
                observation.key.id(),
                Text::new(
                    format!("与同批 requests[{first}] 的指标、区域、期间、范围和数据类别完全相同"),
                    format!("same indicator, region, period, scope and measure as requests[{first}]"),
                ),
                Text::new("请只保留一条", "keep one of them"),
            ));
        }
    }
    faults.into_result(checked)
}

fn unknown_indicator(field: &str, code: &str, ctx: &RuleContext<'_>) -> Violation {
    let version = ctx.catalogue.version();
    Violation::new(
        field,
        Reason::IndicatorUnknown,
        code,
        Text::new(format!("指标不在目录 {version} 内"), format!("the indicator is not in the catalogue {version}")),
        Text::new("请从指标目录中选择指标代码", "take the code from the catalogue"),
    )
}
