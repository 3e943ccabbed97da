//! Share requests and data-quality tickets, as the page of the catalogue shows them: those that the visitor has a part in.

use contracts::{common::v1 as common, sharing::v1 as pb};

use super::{common::Regions, items::place, nodes};
use crate::{
    format,
    port::{Refusal, RefusalKind},
    shell::Shell,
    visit::Visit,
};

const PARENT: &str = "departments/-";

/// A share request or a ticket.
pub(super) struct Case {
    pub(super) id: String,
    /// The data that are asked for, or the figure in question.
    pub(super) subject: String,
    /// Its whole name.
    pub(super) full: String,
    /// What it is about, in the requester's words.
    pub(super) words: String,
    pub(super) requester: String,
    pub(super) provider: String,
    /// A sign that does not rest on colour.
    pub(super) sign: &'static str,
    pub(super) state: &'static str,
    /// What the provider said.
    pub(super) answer: String,
    pub(super) due: String,
    pub(super) assumed: bool,
    pub(super) left: Option<i32>,
    pub(super) overdue: bool,
    pub(super) basis: String,
    pub(super) place: String,
    pub(super) leaf_hash: String,
}

/// The cases of one kind; none when the visitor may read none at all.
pub(super) type Cases = Option<Vec<Case>>;

impl Case {
    /// Days of what is awaited, in words; empty when nothing is.
    pub(super) fn days(&self, s: &Shell) -> String {
        match self.left {
            Some(0) => s.t("今天到期", "due today").to_owned(),
            Some(days) if s.is_chinese() => format!("还剩 {days} 个工作日"),
            Some(days) => format!("{days} working days left"),
            None => String::new(),
        }
    }
}

/// The share requests that the visitor may read, and for each that waits for its answer the data resource.
pub(super) async fn requests(visit: &Visit, as_people_say: &Says<'_>) -> Result<(Cases, Vec<String>), Refusal> {
    let mut request = pb::ListShareRequestsRequest { parent: PARENT.to_owned(), page_size: 1000, ..Default::default() };
    let (mut cases, mut waiting) = (Vec::new(), Vec::new());
    loop {
        let Some(answer) = allowed(visit.ask(request.clone()).await)? else { return Ok((None, Vec::new())) };
        for found in &answer.share_requests {
            if found.state() == pb::ShareRequestState::Submitted {
                waiting.push(found.data_resource.clone());
            }
            cases.push(as_people_say.request(found));
        }
        if answer.next_page_token.is_empty() {
            return Ok((Some(cases), waiting));
        }
        request.page_token = answer.next_page_token;
    }
}

/// The tickets that the visitor may read.
pub(super) async fn tickets(visit: &Visit, as_people_say: &Says<'_>) -> Result<Cases, Refusal> {
    let mut request =
        pb::ListQualityTicketsRequest { parent: PARENT.to_owned(), page_size: 1000, ..Default::default() };
    let mut cases = Vec::new();
    loop {
        let Some(answer) = allowed(visit.ask(request.clone()).await)? else { return Ok(None) };
        cases.extend(answer.quality_tickets.iter().map(|found| as_people_say.ticket(found)));
        if answer.next_page_token.is_empty() {
            return Ok(Some(cases));
        }
        request.page_token = answer.next_page_token;
    }
}

/// A visitor who may read no case at all still sees the catalogue.
fn allowed<T>(answer: Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Refusal { kind: RefusalKind::Denied, .. }) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// The words of a page.
pub(super) struct Says<'a> {
    pub(super) s: &'a Shell,
    pub(super) regions: &'a Regions,
}

impl Says<'_> {
    fn request(&self, found: &pb::ShareRequest) -> Case {
        let s = self.s;
        let (sign, state) = request_state(found.state(), s);
        let answer = found.answer.as_ref().map(|answer| {
            let missing = answer.missing_items.join(s.t("；", "; "));
            let until = match answer.grant_expire_date.as_str() {
                "" => String::new(),
                day => format!("{} {day}", s.t("可用至", "until")),
            };
            let said = [answer.answer_date.clone(), answer.reason.clone(), missing, until];
            said.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
        });
        let due = if found.delivery_due_date.is_empty() { &found.due_date } else { &found.delivery_due_date };
        let awaited = found.working_days_left.is_some() || found.overdue;
        let words = [found.scenario.as_str(), found.scope.as_str(), found.mode.as_str()];
        Case {
            subject: found.data_resource.clone(),
            full: found.data_resource.clone(),
            words: words.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "),
            sign,
            state,
            answer: answer.unwrap_or_default(),
            due: if awaited { due.clone() } else { String::new() },
            assumed: found.due_date_assumed && awaited,
            left: found.working_days_left,
            overdue: found.overdue,
            basis: found.due_basis.clone(),
            ..self.case(&found.name, &found.requester, found.record.as_ref())
        }
    }

    fn ticket(&self, found: &pb::QualityTicket) -> Case {
        let s = self.s;
        let (sign, state) = ticket_state(found.state(), s);
        let answer = found.answer.as_ref().map(|answer| {
            let revision = answer.corrected_revision.rsplit_once('@').map(|(_, number)| match s.is_chinese() {
                true => format!("第 {number} 版"),
                false => format!("revision {number}"),
            });
            let said = [answer.answer_date.clone(), answer.reason.clone(), revision.unwrap_or_default()];
            said.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
        });
        let open = found.state() == pb::TicketState::Open;
        Case {
            subject: self.figure(&found.observation),
            full: found.observation.clone(),
            words: found.question.clone(),
            sign,
            state,
            answer: answer.unwrap_or_default(),
            due: if open { found.due_date.clone() } else { String::new() },
            assumed: found.due_date_assumed && open,
            left: found.working_days_left,
            overdue: found.overdue,
            basis: found.due_basis.clone(),
            ..self.case(&found.name, &found.requester, found.record.as_ref())
        }
    }

    /// A figure by the parts of its id that people know: indicator, place, period.
    fn figure(&self, name: &str) -> String {
        let id = format::id(name);
        match id.split("--").collect::<Vec<_>>().as_slice() {
            [indicator, region, period, ..] => {
                format!("{} {} {period}", indicator.to_uppercase(), self.s.d(&self.regions.name(region)))
            }
            _ => id.to_owned(),
        }
    }

    /// What both kinds have: who, whose, and where it stands in the log.
    fn case(&self, name: &str, requester: &str, record: Option<&common::Record>) -> Case {
        let from = record.and_then(|record| record.provenance.as_ref());
        let department = |name: &str| self.s.d(&nodes::name(format::node(name), self.regions)).to_owned();
        Case {
            id: format::id(name).to_owned(),
            requester: department(requester),
            provider: from.map(|from| department(&from.node)).unwrap_or_default(),
            place: from.map(place).unwrap_or_default(),
            leaf_hash: from.map(|from| from.leaf_hash.clone()).unwrap_or_default(),
            subject: String::new(),
            full: String::new(),
            words: String::new(),
            sign: "",
            state: "",
            answer: String::new(),
            due: String::new(),
            assumed: false,
            left: None,
            overdue: false,
            basis: String::new(),
        }
    }
}

fn request_state(state: pb::ShareRequestState, s: &Shell) -> (&'static str, &'static str) {
    match state {
        pb::ShareRequestState::Submitted => ("○", s.t("待答复", "awaiting an answer")),
        pb::ShareRequestState::Incomplete => ("‖", s.t("待补正", "incomplete, clock stopped")),
        pb::ShareRequestState::Granted => ("✓", s.t("已同意，待提供", "granted, data due")),
        pb::ShareRequestState::Refused => ("×", s.t("已拒绝", "refused")),
        pb::ShareRequestState::Delivered => ("●", s.t("已提供", "delivered")),
        pb::ShareRequestState::Unspecified => ("?", s.t("未注明", "not stated")),
    }
}

fn ticket_state(state: pb::TicketState, s: &Shell) -> (&'static str, &'static str) {
    match state {
        pb::TicketState::Open => ("○", s.t("待反馈", "open")),
        pb::TicketState::Corrected => ("✓", s.t("已更正", "corrected")),
        pb::TicketState::Upheld => ("=", s.t("维持原数据", "upheld")),
        pb::TicketState::Unspecified => ("?", s.t("未注明", "not stated")),
    }
}
