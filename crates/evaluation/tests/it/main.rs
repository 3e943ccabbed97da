//! The engine through its public doors.
#![cfg(test)]

mod analysis;
mod change;
mod files;
mod formula;
mod gaps;
mod golden;
mod index;
mod interval;
mod joint;
mod laws;
mod live;
mod missing;
mod outside;
mod panel;
mod practice;
mod scheme;
mod scoring;
mod shipped;
mod support;
