//! The city service.
fn main() {}
