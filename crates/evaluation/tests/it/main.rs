//! The engine through its public doors.
#![cfg(test)]

mod change;
mod files;
mod laws;
mod scheme;
mod scoring;
mod shipped;
mod support;
