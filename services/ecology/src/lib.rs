//! The ecology service.
