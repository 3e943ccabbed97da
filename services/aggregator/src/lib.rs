//! The aggregator: follows the departments' signed logs, evaluates, reports, and follows up what was promised.
//!
//! It never writes a department's data. Its own log holds runs, reports, schemes and the follow-up, and can be followed in
//! turn.

pub mod config;
mod follow;
mod followup;
mod inputs;
mod logs;
pub mod reports;
mod runs;
mod schemes;
mod share;
mod snapshot;
mod web;
mod wire;
pub mod wiring;
mod writes;

use domain::{DomainError, Reason, Text};
use node::desk::DeskError;

/// A fault of this program or of the database: the caller sees an incident id, the log has the reason.
pub(crate) fn internal(error: &dyn std::fmt::Display) -> DeskError {
    let reason = format!("{error:#}");
    DomainError::new(Reason::Internal, Text::new(reason.clone(), reason)).into()
}
