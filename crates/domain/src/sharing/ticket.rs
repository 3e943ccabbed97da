//! A data-quality ticket from its filing to the feedback.

use chrono::NaiveDate;

use super::{Deadline, Party, Said, Standing, out_of_order};
use crate::{
    labelled::labelled,
    violation::DomainError,
    working_days::{Due, WorkingDays},
};

labelled! {
    /// How far a ticket has come.
    TicketState {
        /// Waiting for the feedback.
        Open = "open", "待反馈", "open";
        /// A revision corrects the figure.
        Corrected = "corrected", "已更正", "corrected";
        /// The figure stays, with a reason.
        Upheld = "upheld", "维持", "upheld";
    }
}

/// What the provider says to a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TicketAnswer {
    /// This revision of the figure corrects it.
    Corrected(u32),
    /// It stays, for this reason.
    Upheld(String),
}

/// What a ticket is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketTerms {
    /// The feedback.
    pub feedback: Deadline,
}

/// What became of a ticket so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketLife {
    /// How far it has come.
    pub state: TicketState,
    /// Day of receipt, which does not count.
    pub received: NaiveDate,
    /// The feedback due.
    pub due: Due,
    /// Day of the feedback.
    pub answered: Option<NaiveDate>,
}

impl TicketLife {
    /// What became of a ticket that was received on a day.
    #[must_use]
    pub fn of(received: NaiveDate, later: &[Said<TicketAnswer>], terms: &TicketTerms, calendar: &WorkingDays) -> Self {
        let due = calendar.after(received, terms.feedback.days);
        let mut life = Self { state: TicketState::Open, received, due, answered: None };
        for Said { day, answer } in later {
            let Some(answer) = answer else { continue };
            life.answered = Some(*day);
            life.state = match answer {
                TicketAnswer::Corrected(_) => TicketState::Corrected,
                TicketAnswer::Upheld(_) => TicketState::Upheld,
            };
        }
        life
    }

    /// How the feedback stands on a day; none when it was given.
    #[must_use]
    pub fn standing(&self, today: NaiveDate, calendar: &WorkingDays) -> Option<Standing> {
        (self.state == TicketState::Open).then(|| Standing::of(self.due, today, calendar))
    }

    /// Whether a party may still say something.
    ///
    /// # Errors
    /// [`StageTransitionInvalid`](crate::Reason::StageTransitionInvalid) when the feedback was given.
    pub fn may_go_on(&self, party: Party) -> Result<(), DomainError> {
        if self.state == TicketState::Open {
            return Ok(());
        }
        let refusal = out_of_order(
            format!("该校核单{}，已经反馈；仍有疑义请另行提出", self.state.zh()),
            format!("the ticket is {}, and that was fed back; file another one for another doubt", self.state.en()),
        );
        Err(refusal.with_fact("state", self.state).with_fact("party", party))
    }
}
