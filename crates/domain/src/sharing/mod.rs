//! Share requests and data-quality tickets (校核): who may say what when, and until when it has to be answered (State Council Order
//! 809, Art. 20–26).
//!
//! Nothing here is typed in: the state of a case follows from what was said about it, one revision after the other, and the
//! deadlines from the days on which that was recorded.

mod deadlines;
mod request;
mod ticket;

use chrono::NaiveDate;

use crate::{
    labelled::labelled,
    reason::Reason,
    text::Text,
    violation::DomainError,
    working_days::{Due, WorkingDays},
};

pub use deadlines::{Deadline, DeadlineStep, SharingDeadlines, SharingDeadlinesFault, SharingDeadlinesFaults};
pub use request::{ShareAnswer, ShareLife, ShareMode, ShareState, ShareTerms};
pub use ticket::{TicketAnswer, TicketLife, TicketState, TicketTerms};

labelled! {
    /// A side of a case.
    Party {
        /// The department that filed it.
        Requester = "requester", "申请单位", "requester";
        /// The department that holds the data.
        Provider = "provider", "提供单位", "provider";
    }
}

/// One revision of a case: who spoke on which day. An answer is the provider's alone; the requester states or completes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<A> {
    /// Day in China on which the node received it.
    pub day: NaiveDate,
    /// The answer; none when the requester spoke.
    pub answer: Option<A>,
}

/// How a deadline stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Working days left, 0 on the last day.
    Left(u32),
    /// The last day is past.
    Overdue,
}

impl Standing {
    /// How a deadline stands on a day.
    #[must_use]
    pub fn of(due: Due, today: NaiveDate, calendar: &WorkingDays) -> Self {
        if today > due.day { Self::Overdue } else { Self::Left(calendar.between(today, due.day)) }
    }
}

/// The refusal of a step that does not follow from the state.
fn out_of_order(zh: impl Into<String>, en: impl Into<String>) -> DomainError {
    DomainError::new(Reason::StageTransitionInvalid, Text::new(zh, en))
}
