//! The database of a node: the exchange log and the tables that are made from it, on `SQLite` and `PostgreSQL`.
//!
//! The log is the truth. A write locks it, appends, applies what the entry does to the tables, and keeps the answer for
//! replays, all in one transaction ([`Store::begin`]). Rows are never overwritten: a revision closes the one before, so
//! reads can ask for now, for a time, or for a size of each log ([`View`]). The aggregator has the same schema with one
//! log for each node that it mirrors.

/// Whether writes leave evidence: entries of the log, the tree over them, signed heads. Always, but in the program that
/// `wufei bench trust --baseline` compares with, which is built for that and never released (feature `baseline`): there a write
/// keeps its rows and its answer, and of the log only the number of entries.
pub const EVIDENCE: bool = !cfg!(feature = "baseline");

mod check;
mod column;
mod cosignature;
mod driver;
mod entity;
mod error;
mod follow;
mod log;
mod migration;
mod open;
#[cfg(test)]
mod plans;
#[cfg(feature = "postgres")]
mod postgres;
mod projection;
mod rebuild;
mod rows;
mod store;
mod types;
mod view;
mod witness;
mod write;

pub use check::{LogCheck, LogFault};
pub use error::{BoxedSource, StoreError};
pub use rebuild::RebuildError;
pub use store::Store;
pub use types::{
    Beside, Claim, Counts, EntryMeta, FollowState, FundingQuery, LogEntry, LogHead, MAX_PAGE, ObservationQuery,
    ResourceQuery, StoredResource, View,
};
pub use witness::Cosigned;
pub use write::{Expected, WriteTxn};
