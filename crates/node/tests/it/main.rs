//! The common services over a real database, called through their generated clients.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    missing_docs,
    reason = "test code outside #[test] functions"
)]

mod catalog;
mod evidence;
mod feeds;
mod figures;
mod funding;
mod refusals;
mod resources;
mod sharing;
#[path = "../support/trust.rs"]
mod trust;
mod uploads;
mod world;
