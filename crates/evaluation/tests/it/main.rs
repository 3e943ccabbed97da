//! The engine through its public doors.
#![cfg(test)]

mod change;
mod files;
mod formula;
mod golden;
mod index;
mod joint;
mod laws;
mod outside;
mod panel;
mod live;
mod scheme;
mod scoring;
mod shipped;
mod support;
