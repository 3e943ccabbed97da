//! The rules through the crate's public door, on the real catalogue and region table.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

mod data_resources;
mod funding_rules;
mod lights_and_share;
mod names_periods_units;
mod observation_rules;
mod plausibility;
mod sharing;
mod statement_rules;
mod support;
mod working_days;
