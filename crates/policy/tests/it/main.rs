//! The policies of the release through the public door: what each role may do, what it sees, and what stops the start.
#![expect(clippy::unwrap_used, reason = "the helpers of these tests are not test functions")]

mod faults;
mod grants;
mod properties;
mod roles;
mod rows;
mod support;
mod table;
