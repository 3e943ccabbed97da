//! What goes in and out of the store, apart from the domain's own types.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{DepartmentId, IndicatorCode, Measure, Period, RegionCode, Scope};
use ledger::Hash;

/// Most rows that one page returns; a larger limit is cut down to it.
pub const MAX_PAGE: u32 = 1_000;

/// The newest signed tree head of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// Number of entries.
    pub size: u64,
    /// Root over all of them.
    pub root: Hash,
    /// The C2SP signed note.
    pub note: String,
    /// Time of the last entry; none while there is none.
    pub last_time: Option<DateTime<Utc>>,
}

/// One entry of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Index, from 0.
    pub index: u64,
    /// RFC 6962 leaf hash.
    pub leaf_hash: Hash,
    /// The exact bytes; none in a mirror that may not read them.
    pub leaf: Option<Vec<u8>>,
    /// W3C trace context of the call that was logged, for followers that continue its trace. No hash covers it and no table
    /// is made from it.
    pub trace_parent: Option<String>,
}

/// What is known about a request id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Never seen: go on, and [`remember`](crate::WriteTxn::remember) the answer in the same transaction.
    First,
    /// The same request was answered before.
    Replay {
        /// Log entry that it made.
        log_index: u64,
        /// The first answer, byte for byte.
        response: Vec<u8>,
    },
    /// The id was used for another method or another body.
    OtherBody,
}

/// Where a set of changes comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryMeta {
    /// Department whose log holds the entry.
    pub origin: DepartmentId,
    /// Index of the entry.
    pub log_index: u64,
    /// Time of the entry. Kept to the microsecond.
    pub time: DateTime<Utc>,
}

/// Which revisions a read sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// The current ones.
    #[default]
    Now,
    /// Those that were current at this time.
    At(DateTime<Utc>),
    /// Those that were current when each origin's log had this many entries. An origin that is not in the map
    /// contributes nothing, so that the same map always selects the same rows.
    Upto(BTreeMap<DepartmentId, u64>),
}

/// Selects figures; what is none selects all.
#[derive(Clone, Debug, Default)]
pub struct ObservationQuery {
    /// Department whose log holds them.
    pub origin: Option<DepartmentId>,
    /// Indicator.
    pub indicator: Option<IndicatorCode>,
    /// Region.
    pub region: Option<RegionCode>,
    /// Also the counties of the region: every code with its first four digits.
    pub include_counties: bool,
    /// Period, exactly as reported.
    pub period: Option<Period>,
    /// Scope.
    pub scope: Option<Scope>,
    /// Measure.
    pub measure: Option<Measure>,
    /// Which revisions.
    pub view: View,
    /// Only names after this one, byte by byte: the last name of the page before.
    pub after_name: Option<String>,
    /// At most this many, and at most [`MAX_PAGE`].
    pub limit: u32,
}

/// Selects funding lines; what is none selects all.
#[derive(Clone, Debug, Default)]
pub struct FundingQuery {
    /// Department whose log holds them.
    pub origin: Option<DepartmentId>,
    /// Budget year.
    pub budget_year: Option<i32>,
    /// Which revisions.
    pub view: View,
    /// Only names after this one, byte by byte: the last name of the page before.
    pub after_name: Option<String>,
    /// At most this many, and at most [`MAX_PAGE`].
    pub limit: u32,
}

/// Selects resources of the other collections; what is none selects all.
#[derive(Clone, Debug, Default)]
pub struct ResourceQuery {
    /// Department whose log holds them.
    pub origin: Option<DepartmentId>,
    /// Collection, for example `statements`.
    pub collection: Option<String>,
    /// Which revisions.
    pub view: View,
    /// Only names after this one, byte by byte: the last name of the page before.
    pub after_name: Option<String>,
    /// At most this many, and at most [`MAX_PAGE`].
    pub limit: u32,
}

/// A resource that the store keeps as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResource {
    /// Collection, for example `statements`.
    pub collection: String,
    /// Full name of the protobuf message.
    pub type_name: String,
    /// The serialized message.
    pub body: Vec<u8>,
}

/// How much of one department there is, in current rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Log entries.
    pub entries: u64,
    /// Figures.
    pub observations: u64,
    /// Funding lines.
    pub funding_lines: u64,
    /// Other resources.
    pub resources: u64,
}

/// How the following of another node's log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowState {
    /// The log.
    pub log: DepartmentId,
    /// When the node last answered; none when it never did.
    pub last_contact: Option<DateTime<Utc>>,
    /// Why the last attempt failed; none when it worked.
    pub last_error: Option<String>,
    /// Size that the node last announced; what is stored may be behind it.
    pub announced_size: u64,
}
