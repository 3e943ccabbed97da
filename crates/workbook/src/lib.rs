//! Spreadsheets for clerks: the template of a round, what was understood of a filled one cell by cell, and the same
//! workbook with its faults marked.
//!
//! Pure: bytes and values in, bytes and values out; no files, no clock, no network. What a clerk wrote is read as far as it
//! is sure. What is not sure becomes a question, never a guess; the rules of [`domain`] then check what was understood, so
//! that a workbook and a CSV table are held to the same rules.

mod column;
mod error;
mod limits;
mod read;
mod reading;
mod round;
mod understand;
mod write;

pub use column::Column;
pub use error::WorkbookError;
pub use limits::Limits;
pub use read::{Filled, Identity};
pub use reading::{
    CellReading, Certainty, Counts, Extra, Finding, Held, Reading, RowReading, Severity, Shown, Source, Understood,
};
pub use round::{LastValue, LastValues, Round, TEMPLATE_VERSION};
pub use understand::{Amount, TextReading, read_amount, read_date};
pub use write::{marked, template};
