//! The engine through its public doors.
#![cfg(test)]

mod analysis;
mod bytes;
mod change;
mod defects;
mod files;
mod formula;
mod gaps;
mod golden;
mod index;
mod interval;
mod joint;
mod laws;
mod live;
mod metamorphic;
mod missing;
mod naive;
mod outside;
mod panel;
mod practice;
mod published;
mod rational;
mod schema;
mod scheme;
mod scoring;
mod shipped;
mod support;
mod uncertainty;
