//! The commerce service.
fn main() {}
