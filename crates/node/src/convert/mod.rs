//! Wire messages to parsed types and back.
//!
//! Parsing happens once, at the edge, and names every field that is wrong. Messages are taken apart without `..`, so that a
//! new field of a contract does not compile until somebody has decided what it means here. Output-only fields that a caller
//! fills in are ignored, as the contracts say.

pub mod common;
pub mod funding;
pub mod observation;
pub mod reader;
pub mod statement;

pub use reader::Reader;
