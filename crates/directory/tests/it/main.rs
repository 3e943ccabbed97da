//! The directory through its public door.
#![allow(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

mod differences;
mod laws;
mod reading;
mod rules;
mod world;
