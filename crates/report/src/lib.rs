//! The consolidated report of the joint performance evaluation: its model and its renderings.
//!
//! Pure: no files, no clock, no network. The aggregator fills a [`Report`]; the same report gives the same bytes.
//!
//! | module | holds |
//! |---|---|
//! | [`model`] | the report as plain data |
//! | [`mod@cells`] | its figures: id, label, value, how each follows, what it rests on |
//! | [`mod@digest`] | SHA-256 over the figures |
//! | [`html`] | the page |
//! | [`manifest`] | what is signed of report and page, and what differs from it |
//! | [`number`] | numbers for people |

pub mod cells;
mod charts;
pub mod digest;
pub mod html;
pub mod manifest;
pub mod model;
pub mod number;

pub use cells::{CellRef, cells};
pub use digest::digest;
pub use html::{RenderError, render};
pub use model::Report;
