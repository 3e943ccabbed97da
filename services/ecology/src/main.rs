//! The ecology service.
fn main() {}
