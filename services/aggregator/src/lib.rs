//! The aggregator service.
