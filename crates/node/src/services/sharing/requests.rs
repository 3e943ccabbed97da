//! Share requests (Order 809, Art. 20–22).

use chrono::NaiveDate;
use contracts::sharing::v1 as wire;
use domain::{
    DataResource, DomainError, Due, Party, Reason, ShareAnswer, ShareLife, ShareMode, ShareState, ShareTerms,
    SharingAttribute, Standing, Violations,
};
use store::WriteTxn;

use super::{
    Sharing,
    cases::{Case, only_for, others_part, refuse, unchanged},
    story::Story,
};
use crate::{
    caller::Caller,
    convert::{Reader, common},
    desk::DeskError,
};

const PREFIX: &str = "dataResources/";

impl Case for wire::ShareRequest {
    fn check(&self, service: &Sharing, reader: &mut Reader<'_>) {
        check_resource(service, reader, &self.data_resource);
        for (field, statement) in [("basis", &self.basis), ("scenario", &self.scenario), ("scope", &self.scope)] {
            reader.required(field, statement);
        }
        if reader.required("mode", &self.mode).is_some() && ShareMode::parse(&self.mode).is_none() {
            let rule = ("共享方式为三种之一（第809号令第二十二条）", "the mode is one of three (Order 809, Art. 22)");
            let allowed = ShareMode::ALL.iter().map(|mode| mode.zh());
            reader.fault_allowing("mode", Reason::FieldInvalid, &self.mode, rule, allowed);
        }
        let last = reader.required("expire_date", &self.expire_date);
        let last = last.and_then(|day| common::date(reader, "expire_date", &day));
        if last.is_some_and(|last| last < service.context.today()) {
            let rule = ("使用时限已过", "the last day of use is past");
            let action = ("请填写今天或以后的日期", "give today or a later day");
            reader.fault("expire_date", Reason::FieldInvalid, &self.expire_date, rule, action);
        }
    }

    async fn check_filed(&self, _service: &Sharing, _caller: &Caller, _txn: &mut WriteTxn) -> Result<(), DeskError> {
        Ok(())
    }

    fn check_change(&self, service: &Sharing, story: &Story<Self>, reader: &mut Reader<'_>) -> Result<(), DomainError> {
        life(service, story).may_change()?;
        if self.answer.as_ref().is_some_and(|answer| Some(bare(answer)) != newest_answer(story).map(bare)) {
            return Err(others_part(Party::Provider));
        }
        let same = story.newest().is_some_and(|before| before.data_resource == self.data_resource);
        let rule = ("申请的数据不能改，请另行申请", "the data that are asked for never change; file another request");
        unchanged(reader, &[("data_resource", same)], rule);
        Ok(())
    }

    async fn check_answer(&self, service: &Sharing, story: &Story<Self>, _txn: &mut WriteTxn) -> Result<(), DeskError> {
        let (life, terms, today) = (life(service, story), terms(service, story), service.context.today());
        let before = story.newest().cloned().unwrap_or_default();
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        let same = [
            ("data_resource", before.data_resource == self.data_resource),
            ("basis", before.basis == self.basis),
            ("scenario", before.scenario == self.scenario),
            ("scope", before.scope == self.scope),
            ("mode", before.mode == self.mode),
            ("expire_date", before.expire_date == self.expire_date),
        ];
        unchanged(&mut reader, &same, ("申请内容由申请单位填写", "the statements are the requester's"));
        let Some(message) = &self.answer else {
            reader.missing("answer");
            return refuse::<Self>(faults);
        };
        let answer = read_answer(&mut reader.at("answer"), message);
        if let Some(answer) = &answer {
            check_grant(&mut reader.at("answer"), answer, message, story, today);
        }
        if let Some(answer) = answer.filter(|_| faults.is_empty()) {
            life.may_answer(&answer, today)?;
            if let ShareAnswer::Extended { days, reason: _ } = answer {
                faults.extend(life.check_extension(days, &terms).under("answer."));
            }
        }
        refuse::<Self>(faults)
    }

    fn is_answered(&self) -> bool {
        self.answer.is_some()
    }

    fn complete(&mut self, service: &Sharing, story: &Story<Self>, today: NaiveDate) {
        let (life, terms) = (life(service, story), terms(service, story));
        let dues = [life.answer_due, life.delivery_due];
        let date = |due: Option<Due>| due.map(|due| due.day.to_string()).unwrap_or_default();
        let standing = life.standing(today, service.context.working_days());
        self.requester = story.requester.parent();
        self.answer = newest_answer(story).cloned().map(|mut answer| {
            answer.answer_date = life.answered.map(|day| day.to_string()).unwrap_or_default();
            answer.grant_expire_date = granted(story).unwrap_or_default();
            answer
        });
        self.state = state_out(life.state).into();
        self.receive_date = life.received.to_string();
        self.due_date = date(life.answer_due);
        self.delivery_due_date = date(life.delivery_due);
        self.due_basis = if life.delivery_due.is_some() { terms.delivery.basis } else { terms.answer.basis };
        self.due_date_assumed = dues.into_iter().flatten().any(|due| due.assumed);
        (self.working_days_left, self.overdue) = standing_out(standing);
    }
}

/// Working days left, and whether it is overdue.
pub(super) fn standing_out(standing: Option<Standing>) -> (Option<i32>, bool) {
    match standing {
        None => (None, false),
        Some(Standing::Left(days)) => (Some(i32::try_from(days).unwrap_or(i32::MAX)), false),
        Some(Standing::Overdue) => (None, true),
    }
}

fn check_resource(service: &Sharing, reader: &mut Reader<'_>, name: &str) {
    let Some(name) = reader.required("data_resource", name) else { return };
    let node = service.context.department();
    let resources = service.context.data_resources();
    let found = name.strip_prefix(PREFIX).and_then(|id| resources.get(id)).filter(|found| found.is_held_by(node));
    match found {
        None => {
            let rule =
                ("目录中没有这项数据，或本节点不持有", "the catalogue has no such data, or this node does not hold it");
            let shared = |held: &&DataResource| held.is_held_by(node) && held.sharing != SharingAttribute::NotShared;
            let allowed = resources.iter().filter(shared).map(|held| format!("{PREFIX}{}", held.id));
            reader.fault_allowing("data_resource", Reason::FieldInvalid, &name, rule, allowed);
        }
        Some(DataResource { sharing: SharingAttribute::NotShared, conditions, .. }) => {
            let rule_zh = format!("不予共享：{conditions}");
            let rule_en = format!("it is not shared: {conditions}");
            let action =
                ("请改用可共享的数据，或与提供单位协商", "ask for data that are shared, or talk to the provider");
            reader.fault("data_resource", Reason::FieldInvalid, &name, (&rule_zh, &rule_en), action);
        }
        Some(_) => {}
    }
}

/// Reads an answer. `None` when a part of it is missing; the faults say which.
fn read_answer(reader: &mut Reader<'_>, message: &wire::ShareAnswer) -> Option<ShareAnswer> {
    let wire::ShareAnswer { decision: _, reason, missing_items, extension_days, grant_expire_date, answer_date: _ } =
        message;
    let decision = message.decision();
    if *extension_days != 0 && decision != wire::ShareDecision::Extended {
        only_for(reader, "extension_days", extension_days, ("延期", "EXTENDED"));
    }
    if !missing_items.is_empty() && decision != wire::ShareDecision::Incomplete {
        only_for(reader, "missing_items", missing_items.join("；"), ("待补正", "INCOMPLETE"));
    }
    let grants = matches!(decision, wire::ShareDecision::Granted | wire::ShareDecision::Delivered);
    if !grant_expire_date.is_empty() && !grants {
        only_for(reader, "grant_expire_date", grant_expire_date, ("同意共享", "GRANTED"));
    }
    match decision {
        wire::ShareDecision::Unspecified => {
            reader.missing("decision");
            None
        }
        wire::ShareDecision::Granted => {
            let before = reader.fault_count();
            let last = common::date(reader, "grant_expire_date", grant_expire_date);
            (reader.fault_count() == before).then_some(ShareAnswer::Granted(last))
        }
        wire::ShareDecision::Refused => reader.required("reason", reason).map(ShareAnswer::Refused),
        wire::ShareDecision::Incomplete => {
            let named = missing_items.iter().all(|item| !item.trim().is_empty());
            if missing_items.is_empty() || !named {
                reader.missing("missing_items");
                return None;
            }
            Some(ShareAnswer::Incomplete(missing_items.clone()))
        }
        wire::ShareDecision::Extended => {
            let reason = reader.required("reason", reason)?;
            let days = u32::try_from(*extension_days).unwrap_or_default();
            Some(ShareAnswer::Extended { days, reason })
        }
        wire::ShareDecision::Delivered => Some(ShareAnswer::Delivered),
    }
}

/// Checks the last day of use that is granted: not past, no later than was asked for, and the same when it is said again.
fn check_grant(
    reader: &mut Reader<'_>,
    answer: &ShareAnswer,
    message: &wire::ShareAnswer,
    story: &Story<wire::ShareRequest>,
    today: NaiveDate,
) {
    let given = &message.grant_expire_date;
    match answer {
        ShareAnswer::Granted(Some(last)) => {
            let asked = story.newest().and_then(|request| request.expire_date.parse().ok());
            if *last < today || asked.is_some_and(|asked: NaiveDate| *last > asked) {
                let rule = (
                    "授权的最后使用日不早于今天，不晚于申请的使用时限",
                    "the last day of use is not past, and no later than was asked for",
                );
                reader.fault("grant_expire_date", Reason::FieldInvalid, given, rule, ("请改正", "correct it"));
            }
        }
        ShareAnswer::Delivered if !given.is_empty() && granted(story).as_ref() != Some(given) => {
            let rule = ("授权的最后使用日已定", "the last day of use was granted already");
            reader.fault(
                "grant_expire_date",
                Reason::FieldInvalid,
                given,
                rule,
                ("请按读到的原样填写", "leave it as it was read"),
            );
        }
        ShareAnswer::Granted(None)
        | ShareAnswer::Refused(_)
        | ShareAnswer::Incomplete(_)
        | ShareAnswer::Extended { .. }
        | ShareAnswer::Delivered => {}
    }
}

/// The last day of use that was granted; none before.
fn granted(story: &Story<wire::ShareRequest>) -> Option<String> {
    let answers = story.answers().filter_map(|revision| Some((&revision.body, revision.body.answer.as_ref()?)));
    let mut grants = answers.filter(|(_, answer)| answer.decision() == wire::ShareDecision::Granted);
    let (request, answer) = grants.next()?;
    let given = &answer.grant_expire_date;
    Some(if given.is_empty() { request.expire_date.clone() } else { given.clone() })
}

/// The answer as the provider gave it, without what is computed.
fn bare(answer: &wire::ShareAnswer) -> wire::ShareAnswer {
    wire::ShareAnswer { answer_date: String::new(), grant_expire_date: String::new(), ..answer.clone() }
}

fn newest_answer(story: &Story<wire::ShareRequest>) -> Option<&wire::ShareAnswer> {
    story.answers().next().and_then(|revision| revision.body.answer.as_ref())
}

/// What the request is held to: by the attribute of the data as the catalogue has it now.
fn terms(service: &Sharing, story: &Story<wire::ShareRequest>) -> ShareTerms {
    let id = story.filed().and_then(|filed| filed.body.data_resource.strip_prefix(PREFIX)).unwrap_or_default();
    let found = service.context.data_resources().get(id);
    let sharing = found.map_or(SharingAttribute::Conditional, |found| found.sharing);
    service.context.sharing_deadlines().of_request(sharing, &story.node)
}

fn life(service: &Sharing, story: &Story<wire::ShareRequest>) -> ShareLife {
    let said = story.said(|request| {
        let answer = request.answer.as_ref()?;
        read_answer(&mut Reader::new(&mut Violations::new()), answer)
    });
    let received = story.filed().map(|filed| filed.day).unwrap_or_default();
    ShareLife::of(received, &said, &terms(service, story), service.context.working_days())
}

fn state_out(state: ShareState) -> wire::ShareRequestState {
    match state {
        ShareState::Submitted => wire::ShareRequestState::Submitted,
        ShareState::Incomplete => wire::ShareRequestState::Incomplete,
        ShareState::Granted => wire::ShareRequestState::Granted,
        ShareState::Refused => wire::ShareRequestState::Refused,
        ShareState::Delivered => wire::ShareRequestState::Delivered,
    }
}
