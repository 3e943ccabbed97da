//! The commerce service.
