//! The section `[audit]` of a node's configuration.

use runtime::config::{Checked, Faults, Text};
use serde::{Deserialize, Serialize};

/// Years that records are kept at least (State Council Order 809, Art. 29).
pub const LEAST_KEEP_YEARS: u32 = 3;
/// Reads that may wait for the log at one time.
const QUEUES: std::ops::RangeInclusive<usize> = 1..=65_536;

/// How the audit log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditConfig {
    /// Reads by others that may be under way or wait for their record at one time; more are refused.
    pub queue: usize,
    /// After how many years a record loses what it says; its hash stays, so the log can still be checked. Left out, records
    /// are kept for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_years: Option<u32>,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { queue: 1024, keep_years: None }
    }
}

impl Checked for AuditConfig {
    fn check(&self, faults: &mut Faults) {
        let Self { queue, keep_years } = *self;
        if !QUEUES.contains(&queue) {
            let (low, high) = (QUEUES.start(), QUEUES.end());
            faults.report(
                "queue",
                queue,
                Text::new(format!("须在 {low} 到 {high} 之间"), format!("must be from {low} to {high}")),
                Text::new("请改正，或删去以用默认值", "correct it, or remove it to take the default"),
            );
        }
        if let Some(years) = keep_years.filter(|years| *years < LEAST_KEEP_YEARS) {
            faults.report(
                "keep_years",
                years,
                Text::new(
                    format!("审计记录至少保存 {LEAST_KEEP_YEARS} 年（国务院令第809号第二十九条）"),
                    format!("audit records are kept for {LEAST_KEEP_YEARS} years at least (Order 809, Art. 29)"),
                ),
                Text::new("请改为3或更多，或删去以永久保存", "give 3 or more, or remove it to keep them for ever"),
            );
        }
    }
}
