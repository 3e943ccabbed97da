//! One module for each table. Nothing outside this crate sees these types.
//!
//! Whole numbers are `i64` on both engines, decimals and nested parts are text: `SQLite` would keep a decimal as a double.

#![expect(unreachable_pub, reason = "the entity derive writes public items")]

pub mod cosignature;
pub mod follow_state;
pub mod funding_line;
pub mod log_checkpoint;
pub mod log_entry;
pub mod log_head;
pub mod log_node;
pub mod observation;
pub mod request;
pub mod resource;
pub mod witness_state;
