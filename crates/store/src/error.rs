//! One error for everything that a database can do to a caller.

use std::error::Error;

/// Why the store could not do its work.
///
/// The text says what was being done and never holds SQL, values or addresses; the driver's own words are in
/// [`source`](Error::source), for logs only.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is busy, restarting or cannot be reached. The same call may work later.
    #[error("storage is unavailable: {what}")]
    Unavailable {
        /// What was being done.
        what: String,
        /// The driver's error.
        #[source]
        source: Option<BoxedSource>,
    },
    /// What is stored contradicts itself or cannot be read. Nobody should go on writing.
    #[error("storage is damaged: {what}")]
    Corrupt {
        /// What was found.
        what: String,
        /// The driver's error.
        #[source]
        source: Option<BoxedSource>,
    },
    /// The write contradicts what is stored: a place or a request id that is taken, a name of another department.
    #[error("storage refuses the write: {what}")]
    Conflict {
        /// What was refused.
        what: String,
        /// The driver's error.
        #[source]
        source: Option<BoxedSource>,
    },
    /// A fault of the program or of its configuration.
    #[error("storage failed: {what}")]
    Internal {
        /// What was being done.
        what: String,
        /// The driver's error.
        #[source]
        source: Option<BoxedSource>,
    },
}

/// An error of the layer below, whose type callers do not get to see.
pub type BoxedSource = Box<dyn Error + Send + Sync + 'static>;

impl StoreError {
    /// True when the same call may work later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Corrupt { .. } | Self::Conflict { .. } | Self::Internal { .. } => false,
        }
    }

    pub(crate) fn unavailable(what: &str) -> Self {
        Self::Unavailable { what: what.to_owned(), source: None }
    }

    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into(), source: None }
    }

    pub(crate) fn unreadable(what: impl Into<String>, source: impl Into<BoxedSource>) -> Self {
        Self::Corrupt { what: what.into(), source: Some(source.into()) }
    }

    pub(crate) fn conflict(what: impl Into<String>) -> Self {
        Self::Conflict { what: what.into(), source: None }
    }

    pub(crate) fn internal(what: impl Into<String>) -> Self {
        Self::Internal { what: what.into(), source: None }
    }
}
