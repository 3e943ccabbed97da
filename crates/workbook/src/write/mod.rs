//! The workbooks that go out: the template of a round, and a filled one with its faults marked.

mod card;
mod faults;
mod guide;
mod look;
mod marked;
mod sheet;
mod template;

pub use marked::marked;
pub use template::template;
