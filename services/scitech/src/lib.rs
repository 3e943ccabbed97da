//! The scitech service.
