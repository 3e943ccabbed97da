//! The consolidated report of the joint performance evaluation: its model and its renderings.
//!
//! Pure: no files, no clock, no network. The aggregator fills a [`Report`]; the same report gives the same bytes.

pub mod model;

pub use model::Report;
