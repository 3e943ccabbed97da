//! What a clerk's words mean: amounts, dates, words for “nothing”. Nothing is guessed.

mod amount;
mod date;
mod fold;
mod numeral;
mod words;

pub use amount::{Amount, TextReading, read_amount};
pub(crate) use amount::{bound_of, exact, from_held_number};
pub use date::read_date;
pub(crate) use fold::{fold, squeeze};
pub(crate) use words::{amount_words, grouped};
