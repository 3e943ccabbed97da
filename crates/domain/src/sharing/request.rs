//! A share request from its filing to the delivery of the data.

use chrono::NaiveDate;

use super::{Deadline, Party, Said, Standing, out_of_order};
use crate::{
    labelled::labelled,
    reason::Reason,
    text::Text,
    violation::{DomainError, Violation, Violations},
    working_days::{Due, WorkingDays},
};

labelled! {
    /// 共享方式, the three of Order 809, Art. 22.
    ShareMode {
        /// Calls to a service.
        ServiceInterface = "service-interface", "服务接口", "service interface";
        /// Exchange of batches.
        BatchExchange = "batch-exchange", "批量交换", "batch exchange";
        /// A file to download.
        FileDownload = "file-download", "文件下载", "file download";
    }
}

impl ShareMode {
    /// The mode of a code or of the Chinese word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|mode| mode.code() == text || mode.zh() == text)
    }
}

labelled! {
    /// How far a request has come.
    ShareState {
        /// Waiting for its answer.
        Submitted = "submitted", "待答复", "awaiting an answer";
        /// Something is missing; the clock is stopped.
        Incomplete = "incomplete", "待补正", "incomplete";
        /// Granted, and the data are due.
        Granted = "granted", "已同意", "granted";
        /// Refused with a reason.
        Refused = "refused", "已拒绝", "refused";
        /// The data were delivered.
        Delivered = "delivered", "已提供", "delivered";
    }
}

/// What the provider says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShareAnswer {
    /// Yes. With the last day of use, when it is earlier than was asked for.
    Granted(Option<NaiveDate>),
    /// No, for this reason.
    Refused(String),
    /// All of this is missing.
    Incomplete(Vec<String>),
    /// It takes longer.
    Extended {
        /// Working days more.
        days: u32,
        /// Why.
        reason: String,
    },
    /// The data were delivered.
    Delivered,
}

/// What a request is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareTerms {
    /// The answer.
    pub answer: Deadline,
    /// What the answer may be extended by in all; none when it may not.
    pub extension: Option<Deadline>,
    /// The data, after they were granted.
    pub delivery: Deadline,
}

/// What became of a request so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareLife {
    /// How far it has come.
    pub state: ShareState,
    /// Day of receipt.
    pub received: NaiveDate,
    /// The answer due; none while the clock is stopped.
    pub answer_due: Option<Due>,
    /// The data due, once they are granted.
    pub delivery_due: Option<Due>,
    /// Day of the newest answer.
    pub answered: Option<NaiveDate>,
    /// Working days that the answer was extended by.
    pub extended: u32,
    /// Whether the one notice of what is missing was given.
    pub completed_once: bool,
    /// Day from which the working days that are left count.
    from: NaiveDate,
    /// Working days that are left from there.
    left: u32,
}

impl ShareLife {
    /// What became of a request that was received on a day.
    ///
    /// The day of receipt does not count. The clock stops with the day of the notice of what is missing, and goes on after the
    /// day on which the requester completed it, with the working days that were left and at least one. A correction by the
    /// requester while it waits does not touch the clock.
    #[must_use]
    pub fn of(received: NaiveDate, later: &[Said<ShareAnswer>], terms: &ShareTerms, calendar: &WorkingDays) -> Self {
        let mut life = Self {
            state: ShareState::Submitted,
            received,
            answer_due: None,
            delivery_due: None,
            answered: None,
            extended: 0,
            completed_once: false,
            from: received,
            left: terms.answer.days,
        };
        life.set_due(calendar);
        for said in later {
            life.go_on(said, terms, calendar);
        }
        life
    }

    fn go_on(&mut self, said: &Said<ShareAnswer>, terms: &ShareTerms, calendar: &WorkingDays) {
        let Said { day, answer } = said;
        let Some(answer) = answer else {
            if self.state == ShareState::Incomplete {
                (self.state, self.from) = (ShareState::Submitted, *day);
                self.set_due(calendar);
            }
            return;
        };
        self.answered = Some(*day);
        match answer {
            ShareAnswer::Incomplete(_) => {
                let used = day.pred_opt().map_or(0, |before| calendar.between(self.from, before));
                self.left = self.left.saturating_sub(used).max(1);
                self.state = ShareState::Incomplete;
                self.answer_due = None;
                self.completed_once = true;
            }
            ShareAnswer::Extended { days, reason: _ } => {
                self.left = self.left.saturating_add(*days);
                self.extended = self.extended.saturating_add(*days);
                self.set_due(calendar);
            }
            ShareAnswer::Granted(_) => {
                self.state = ShareState::Granted;
                self.delivery_due = Some(calendar.after(*day, terms.delivery.days));
            }
            ShareAnswer::Refused(_) => self.state = ShareState::Refused,
            ShareAnswer::Delivered => self.state = ShareState::Delivered,
        }
    }

    fn set_due(&mut self, calendar: &WorkingDays) {
        self.answer_due = Some(calendar.after(self.from, self.left));
    }

    /// What is awaited of the provider: the answer or the data; nothing when it is the requester's turn, or all is done.
    #[must_use]
    pub fn awaited(&self) -> Option<Due> {
        match self.state {
            ShareState::Submitted => self.answer_due,
            ShareState::Granted => self.delivery_due,
            ShareState::Incomplete | ShareState::Refused | ShareState::Delivered => None,
        }
    }

    /// How what is awaited stands on a day.
    #[must_use]
    pub fn standing(&self, today: NaiveDate, calendar: &WorkingDays) -> Option<Standing> {
        self.awaited().map(|due| Standing::of(due, today, calendar))
    }

    /// Whether the requester may still change what it stated.
    ///
    /// # Errors
    /// [`Reason::StageTransitionInvalid`] when it was decided upon.
    pub fn may_change(&self) -> Result<(), DomainError> {
        match self.state {
            ShareState::Submitted | ShareState::Incomplete => Ok(()),
            ShareState::Granted | ShareState::Refused | ShareState::Delivered => Err(out_of_order(
                format!("该申请{}，不能再改；如需变更请另行申请", self.state.zh()),
                format!("the request is {}; file another one for what has changed", self.state.en()),
            )
            .with_fact("state", self.state)
            .with_fact("party", Party::Requester)),
        }
    }

    /// Whether an answer follows now; how long it may be extended by, [`Self::check_extension`] says.
    ///
    /// # Errors
    /// [`Reason::StageTransitionInvalid`] when it does not follow from the state.
    pub fn may_answer(&self, answer: &ShareAnswer, today: NaiveDate) -> Result<(), DomainError> {
        let refuse = |zh: &str, en: &str| {
            let (state, state_en) = (self.state.zh(), self.state.en());
            Err(out_of_order(format!("该申请{state}：{zh}"), format!("the request is {state_en}: {en}"))
                .with_fact("state", self.state)
                .with_fact("party", Party::Provider))
        };
        match (self.state, answer) {
            (ShareState::Submitted, ShareAnswer::Incomplete(_)) if self.completed_once => refuse(
                "须补正的内容只能一次性告知，现应同意或说明理由拒绝（第809号令第二十一条）",
                "what is missing is told once; grant it now, or refuse it with the reason (Order 809, Art. 21)",
            ),
            (ShareState::Submitted, ShareAnswer::Extended { .. })
                if self.answer_due.is_some_and(|due| today > due.day) =>
            {
                refuse("已逾期，不能再延期；请即答复", "it is overdue and cannot be extended any more; answer it now")
            }
            (ShareState::Granted, ShareAnswer::Delivered)
            | (ShareState::Submitted, ShareAnswer::Incomplete(_) | ShareAnswer::Extended { .. })
            | (ShareState::Submitted | ShareState::Incomplete, ShareAnswer::Granted(_) | ShareAnswer::Refused(_)) => {
                Ok(())
            }
            (ShareState::Submitted | ShareState::Incomplete, ShareAnswer::Delivered) => {
                refuse("尚未同意共享，先答复", "it was not granted yet; answer it first")
            }
            (ShareState::Incomplete, ShareAnswer::Incomplete(_) | ShareAnswer::Extended { .. }) => {
                refuse("等待申请单位补正，期限已停", "the requester completes it, and the clock is stopped")
            }
            (ShareState::Granted | ShareState::Refused | ShareState::Delivered, _) => {
                refuse("此后不再有这一答复", "this answer does not follow")
            }
        }
    }

    /// What is wrong with an extension; field paths are relative to the answer.
    #[must_use]
    pub fn check_extension(&self, days: u32, terms: &ShareTerms) -> Violations {
        let most = terms.extension.as_ref().map_or(0, |deadline| deadline.days).saturating_sub(self.extended);
        if (1..=most).contains(&days) {
            return Violations::new();
        }
        let rule = match &terms.extension {
            None => Text::new(
                "这一共享属性的申请不能延期",
                "a request for data of this sharing attribute cannot be extended",
            ),
            Some(Deadline { days, basis }) => Text::new(
                format!("延期累计不超过 {days} 个工作日（{basis}），已延 {} 个", self.extended),
                format!("extensions are at most {days} working days in all ({basis}); {} are used", self.extended),
            ),
        };
        let action = Text::new("请在可延的范围内填写，或即答复", "give fewer days, or answer now");
        let fault = Violation::new("extension_days", Reason::FieldInvalid, days, rule, action);
        if most == 0 { fault.into() } else { fault.allowing([format!("1–{most}")]).into() }
    }
}
