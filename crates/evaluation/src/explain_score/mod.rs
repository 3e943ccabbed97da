//! Where a score comes from.

mod shapley;

pub use shapley::{MOST_GROUPS, shapley};
