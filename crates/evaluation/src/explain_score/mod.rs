//! Where a score comes from.

mod shapley;

pub(crate) use shapley::exact_share;
pub use shapley::{MOST_GROUPS, shapley};
