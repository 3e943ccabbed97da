//! The crate through its public doors, on the real catalogue and region table. Figures are made up for the tests
//! (模拟数据).
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

mod cells;
mod files;
mod formats;
mod limits;
mod properties;
mod returned;
mod rules;
mod support;
mod template;
