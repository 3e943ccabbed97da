//! Behaviour of the whole product through its public doors: real services, mutual TLS, real databases.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code outside #[test] functions")]

mod attacks;
mod audit;
mod commitments;
mod dashboard;
mod endorsements;
mod evaluator;
mod faults;
mod figures;
mod forked_log;
mod intake;
mod joint;
mod officer;
mod openid;
mod policy;
mod postgres_flow;
mod public;
mod restarts;
mod runs;
mod schemes;
mod served_methods;
mod sharing;
mod sign_in;
mod sweep;
mod texts;
mod trust;
mod witnesses;
