//! Data-quality tickets (校核, Order 809, Art. 26).

use chrono::NaiveDate;
use contracts::sharing::v1 as wire;
use domain::{
    DomainError, Party, Reason, ResourceName, Text, TicketAnswer, TicketLife, TicketState, Violation, Violations,
};
use store::{MAX_PAGE, WriteTxn};

use super::{
    Sharing,
    cases::{Case, only_for, others_part, refuse, unchanged},
    requests::standing_out,
    story::Story,
};
use crate::{
    caller::Caller,
    convert::{Reader, common, observation},
    desk::DeskError,
};

/// What a caller reads a figure by.
const GET_OBSERVATION: &str = "/wufei.exchange.v1.ObservationQueryService/GetObservation";

impl Case for wire::QualityTicket {
    fn check(&self, service: &Sharing, reader: &mut Reader<'_>) {
        let name = common::resource_name(reader, "observation", &self.observation, observation::COLLECTION);
        let node = service.context.department();
        if name.is_some_and(|name| name.department() != node) {
            let rule = ("校核单向持有该数据的单位的节点提出", "a ticket is filed at the node that holds the figure");
            reader.fault(
                "observation",
                Reason::ParentMismatch,
                &self.observation,
                rule,
                ("请改到该单位的节点提出", "file it at the node of that department"),
            );
        }
        reader.required("question", &self.question);
    }

    async fn check_filed(&self, service: &Sharing, caller: &Caller, txn: &mut WriteTxn) -> Result<(), DeskError> {
        let node = service.context.department();
        let name = common::name_to_read(&self.observation, observation::COLLECTION)?;
        let figure = txn.observation(&name).await?;
        let region = figure.as_ref().map(|figure| figure.body.key.region.to_string()).unwrap_or_default();
        // Only who sees every figure of the node is told that there is none.
        caller.must_see_by(GET_OBSERVATION, node, &region)?;
        if figure.is_none() {
            let rule = Text::new("本节点没有这一数据", "this node has no such figure");
            let action = Text::new("请抄录数据的名称", "copy the name of the figure");
            let fault = Violation::new("observation", Reason::FieldInvalid, &self.observation, rule, action);
            return refuse::<Self>(fault.into());
        }
        Ok(())
    }

    fn check_change(&self, service: &Sharing, story: &Story<Self>, reader: &mut Reader<'_>) -> Result<(), DomainError> {
        life(service, story).may_go_on(Party::Requester)?;
        if self.answer.is_some() {
            return Err(others_part(Party::Provider));
        }
        let same = story.newest().is_some_and(|before| before.observation == self.observation);
        let rule = ("所疑数据不能改，请另行提出", "the figure in question never changes; file another ticket");
        unchanged(reader, &[("observation", same)], rule);
        Ok(())
    }

    async fn check_answer(&self, service: &Sharing, story: &Story<Self>, txn: &mut WriteTxn) -> Result<(), DeskError> {
        let life = life(service, story);
        let before = story.newest().cloned().unwrap_or_default();
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        let same =
            [("observation", before.observation == self.observation), ("question", before.question == self.question)];
        unchanged(&mut reader, &same, ("校核问题由提出单位填写", "the question is the requester's"));
        let Some(message) = &self.answer else {
            reader.missing("answer");
            return refuse::<Self>(faults);
        };
        let answer = read_answer(&mut reader.at("answer"), message, &before.observation);
        if !faults.is_empty() {
            return refuse::<Self>(faults);
        }
        life.may_go_on(Party::Provider)?;
        if let Some(TicketAnswer::Corrected(revision)) = answer {
            let filed = story.filed().map(|filed| filed.log_index).unwrap_or_default();
            if !is_newer(txn, &before.observation, revision, filed).await? {
                let mut reader = Reader::new(&mut faults);
                let rule =
                    ("须为校核单提出之后的版本，且已登记", "the revision is on record, and newer than the ticket");
                let action = ("请先更正数据，再填写更正后的版本", "correct the figure first, then name that revision");
                let field = "answer.corrected_revision";
                reader.fault(field, Reason::FieldInvalid, &message.corrected_revision, rule, action);
            }
        }
        refuse::<Self>(faults)
    }

    fn is_answered(&self) -> bool {
        self.answer.is_some()
    }

    fn complete(&mut self, service: &Sharing, story: &Story<Self>, today: NaiveDate) {
        let life = life(service, story);
        let newest = story.answers().next().and_then(|revision| revision.body.answer.clone());
        self.requester = story.requester.parent();
        self.answer = newest.map(|mut answer| {
            answer.answer_date = life.answered.map(|day| day.to_string()).unwrap_or_default();
            answer
        });
        self.state = state_out(life.state).into();
        self.receive_date = life.received.to_string();
        self.due_date = life.due.day.to_string();
        self.due_date_assumed = life.due.assumed;
        self.due_basis = service.context.sharing_deadlines().of_ticket(&story.node).feedback.basis;
        (self.working_days_left, self.overdue) = standing_out(life.standing(today, service.context.working_days()));
    }
}

/// Whether a revision of a figure was recorded after an entry.
async fn is_newer(txn: &mut WriteTxn, figure: &str, revision: u32, entry: u64) -> Result<bool, DeskError> {
    let name = common::name_to_read(figure, observation::COLLECTION)?;
    let revisions = txn.observation_revisions(&name, MAX_PAGE).await?;
    Ok(revisions.iter().any(|found| found.revision == revision && found.log_index > entry))
}

/// Reads an answer about a figure. `None` when a part of it is missing or wrong; the faults say which.
fn read_answer(reader: &mut Reader<'_>, message: &wire::TicketAnswer, figure: &str) -> Option<TicketAnswer> {
    let wire::TicketAnswer { decision: _, reason, corrected_revision, answer_date: _ } = message;
    match message.decision() {
        wire::TicketDecision::Unspecified => {
            reader.missing("decision");
            None
        }
        wire::TicketDecision::Corrected => {
            let named = reader.required("corrected_revision", corrected_revision)?;
            let revision = match ResourceName::parse_revision(&named) {
                Ok((name, Some(revision))) if name.to_string() == figure => Some(revision),
                Ok(_) | Err(_) => None,
            };
            if revision.is_none() {
                let rule_zh = format!("应为 {figure}@版本号");
                let rule_en = format!("a revision of the figure is {figure}@{{revision}}");
                let action = ("请抄录更正后记录的 revision_name", "copy the revision_name of the corrected figure");
                reader.fault("corrected_revision", Reason::FieldInvalid, &named, (&rule_zh, &rule_en), action);
            }
            revision.map(TicketAnswer::Corrected)
        }
        wire::TicketDecision::Upheld => {
            if !corrected_revision.is_empty() {
                only_for(reader, "corrected_revision", corrected_revision, ("已更正", "CORRECTED"));
            }
            reader.required("reason", reason).map(TicketAnswer::Upheld)
        }
    }
}

fn life(service: &Sharing, story: &Story<wire::QualityTicket>) -> TicketLife {
    let said = story.said(|ticket| {
        let answer = ticket.answer.as_ref()?;
        read_answer(&mut Reader::new(&mut Violations::new()), answer, &ticket.observation)
    });
    let received = story.filed().map(|filed| filed.day).unwrap_or_default();
    let terms = service.context.sharing_deadlines().of_ticket(&story.node);
    TicketLife::of(received, &said, &terms, service.context.working_days())
}

fn state_out(state: TicketState) -> wire::TicketState {
    match state {
        TicketState::Open => wire::TicketState::Open,
        TicketState::Corrected => wire::TicketState::Corrected,
        TicketState::Upheld => wire::TicketState::Upheld,
    }
}
