//! The consolidated report of the joint performance evaluation: its model and its renderings.
//!
//! Pure: no files, no clock, no network. The aggregator fills a [`Report`]; the same report gives the same bytes.
//!
//! | module | holds |
//! |---|---|
//! | [`model`] | the report as plain data |
//! | [`mod@cells`] | its figures: id, label, value, how each follows, what it rests on |
//! | [`mod@digest`] | SHA-256 over the figures |
//! | [`facts`] | facts picked by rule for the chapters that people write; orders of rows |
//! | [`charts`] | charts as SVG |
//! | [`html`] | the page |
//! | [`manifest`] | what is signed of report and page, and what differs from it |
//! | [`number`], [`mod@format`] | numbers and words for people |

pub mod cells;
pub mod charts;
pub mod digest;
pub mod facts;
pub mod format;
pub mod html;
pub mod manifest;
pub mod model;
pub mod number;

pub use cells::{CellRef, cells};
pub use digest::digest;
pub use html::{RenderError, render};
pub use model::Report;
