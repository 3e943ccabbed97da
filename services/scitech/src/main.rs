//! The scitech service.
fn main() {}
