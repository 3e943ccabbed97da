//! The database of a node: the exchange log and the tables that are made from it, on SQLite and PostgreSQL.

mod error;
mod skeleton;
mod types;

pub use error::{BoxedSource, StoreError};
pub use skeleton::{LogCheck, LogFault, RebuildError, Store, WriteTxn};
pub use types::{
    Claim, Counts, EntryMeta, FollowState, FundingQuery, LogEntry, LogHead, MAX_PAGE, ObservationQuery, ResourceQuery,
    StoredResource, View,
};
