//! Worlds of real services for tests: a [`Province`] starts the departments and the aggregator by their real wiring, with
//! certificates of a test authority, on ports that the system chooses and databases of their own.
//!
//! Each service has an asynchronous runtime of its own, so it can be killed as a crash would kill it. The aggregator reaches
//! every node through a [`Link`], which can be cut, silenced and restored. Callers use the SDK.
//!
//! A department's own tests need one node only and use `node::department::testing`; that they do not use this crate keeps
//! them from building every other department.

mod configs;
mod database;
mod identities;
mod letter;
mod link;
mod membership;
mod province;
mod service;
mod wait;

pub use configs::{AGGREGATOR, department};
pub use database::{Engine, TestDatabase, execute};
pub use identities::{
    INSTANCE, Identities, Trusted, administrator_id, approver_id, auditor_id, evaluator_id, operator_id, public_id,
    service_id, signatory_id, writer_id,
};
pub use letter::{Call, letter};
pub use link::Link;
pub use province::{DEPARTMENTS, Head, Province};
pub use wait::until;
