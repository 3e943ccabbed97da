//! The engine through its public doors.
#![cfg(test)]

mod change;
mod files;
mod golden;
mod index;
mod laws;
mod scheme;
mod scoring;
mod shipped;
mod support;
