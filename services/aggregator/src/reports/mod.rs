//! The consolidated report: built from a run and its snapshot, recorded in the aggregator's own log, rendered on demand.

mod build;
mod documents;
mod evidence;
mod explain;
mod facts;
mod joint;
mod mark;
pub mod model;
mod open;
mod parties;
mod rests_on;
mod service;
mod texts;

pub(crate) use evidence::LogKeys;
pub(crate) use service::Reports;

/// Collection of the reports.
pub(crate) const REPORTS: &str = "reports";
