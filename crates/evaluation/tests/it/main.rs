//! The engine through its public doors.
#![cfg(test)]

mod change;
mod files;
mod formula;
mod golden;
mod index;
mod joint;
mod laws;
mod live;
mod outside;
mod panel;
mod scheme;
mod scoring;
mod shipped;
mod support;
