//! The city service.
