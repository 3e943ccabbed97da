//! Filing, going on with, reading and listing a case, the same for share requests and tickets.

use std::{collections::HashMap, future::Future};

use bytes::Bytes;
use chrono::NaiveDate;
use contracts::common::v1 as common_wire;
use domain::{DepartmentId, DomainError, Party, Reason, Recorded, ResourceName, Text, Violations};
use policy::day_in_china;
use prost::Message;
use prost_types::Timestamp;
use store::{ResourceQuery, StoredResource, WriteTxn};

use super::{
    Sharing, provider_at,
    story::{Revision, Story},
};
use crate::{
    caller::Caller,
    convert::{Reader, common},
    desk::{DeskError, Outcome, Submission, own_parent, request_id},
    pages::{Page, Sieve},
    resources::{Create, List, Resource, Update},
    services::{already_there, check_etag, check_owner, not_found},
};

/// A share request or a ticket.
pub(super) trait Case: Resource<Sharing> {
    /// Checks what the requester states, by itself. Paths are relative to the case.
    fn check(&self, service: &Sharing, reader: &mut Reader<'_>);

    /// Checks what is filed against what the node holds, inside the transaction that will write it.
    fn check_filed(
        &self,
        service: &Sharing,
        caller: &Caller,
        txn: &mut WriteTxn,
    ) -> impl Future<Output = Result<(), DeskError>> + Send;

    /// Checks that a change by the requester follows from the story, and changes only what it may. Paths are relative to the case.
    fn check_change(&self, service: &Sharing, story: &Story<Self>, reader: &mut Reader<'_>) -> Result<(), DomainError>;

    /// Checks that an answer of the provider follows from the story, and that it changes nothing else.
    fn check_answer(
        &self,
        service: &Sharing,
        story: &Story<Self>,
        txn: &mut WriteTxn,
    ) -> impl Future<Output = Result<(), DeskError>> + Send;

    /// Whether it carries an answer.
    fn is_answered(&self) -> bool;

    /// Fills in what follows from the story and a day.
    fn complete(&mut self, service: &Sharing, story: &Story<Self>, today: NaiveDate);
}

/// Files a case.
///
/// # Errors
/// The faults of request and case, all at once; [`Reason::DuplicateResource`]; the refusals of [`Case::check_filed`]; those of
/// the desk.
pub(super) async fn create<M: Case, R: Message + Default>(
    service: &Sharing,
    caller: &Caller,
    raw: Bytes,
    request: Create<M>,
    respond: impl FnOnce(M, Option<common_wire::Receipt>) -> R,
) -> Result<R, DeskError> {
    let Create { method, parent, id, resource, request_id: request, validate_only } = request;
    let requester = speaker(caller)?;
    let context = &service.context;
    let mut faults = Violations::new();
    let mut reader = Reader::new(&mut faults);
    own_parent(&mut reader, &parent, context.department());
    if requester == service.provider() {
        let rule = ("本单位的数据不需向自己申请或提出校核", "a department asks nothing of itself");
        reader.fault(
            "parent",
            Reason::ParentMismatch,
            &parent,
            rule,
            (
                "请向持有数据的单位的节点提出；本单位数据有误请直接更正",
                "file it at the node of the department that holds the data; correct what is wrong in your own",
            ),
        );
    }
    request_id(&mut reader, &request);
    let id_field = format!("{}_id", M::FIELD);
    let name = common::new_name(&mut reader, &id_field, context.department(), M::COLLECTION, &id);
    match &resource {
        None => reader.missing(M::FIELD),
        Some(resource) => {
            let mut place = reader.at(M::FIELD);
            resource.check(service, &mut place);
            if resource.is_answered() {
                let rule = ("答复由提供单位填写", "the provider answers");
                place.fault("answer", Reason::FieldInvalid, "", rule, ("请去掉该字段", "leave the field out"));
            }
        }
    }
    let (Some(name), Some(resource), true) = (name, resource, faults.is_empty()) else { return Err(faults.into()) };

    let submission = Submission { method, request: raw, request_id: &request, validate_only };
    let check = async |txn: &mut WriteTxn| {
        if txn.resource(&name).await?.is_some() {
            // Whose it is and what it says is not for everybody, so it is named and no more.
            return Err(DomainError::from(already_there(id_field, &name)).with_fact("name", &name).into());
        }
        resource.check_filed(service, caller, txn).await
    };
    let respond = |outcome: &Outcome, ()| {
        let (case, receipt) = (written(service, caller, outcome, None), outcome.receipt.clone());
        respond(case, receipt)
    };
    context.desk().submit(caller, submission, check, respond).await
}

/// Changes or answers a case.
///
/// # Errors
/// The faults of the request; [`Reason::PermissionDenied`] for a department that has no part in the case, and for a part that is
/// the other side's; [`Reason::StaleEtag`]; [`Reason::StageTransitionInvalid`]; the faults of the case; those of the desk.
pub(super) async fn update<M: Case, R: Message + Default>(
    service: &Sharing,
    caller: &Caller,
    raw: Bytes,
    request: Update<M>,
    respond: impl FnOnce(M, Option<common_wire::Receipt>) -> R,
) -> Result<R, DeskError> {
    let Update { method, resource, etag, correction, request_id: request, validate_only } = request;
    let speaker = speaker(caller)?;
    let mut faults = Violations::new();
    let mut reader = Reader::new(&mut faults);
    request_id(&mut reader, &request);
    reader.required("etag", &etag);
    common::correction(&mut reader.at("correction"), correction.as_ref());
    let name = match &resource {
        None => {
            reader.missing(M::FIELD);
            None
        }
        Some(resource) => {
            let mut place = reader.at(M::FIELD);
            let name = common::resource_name(&mut place, "name", resource.name(), M::COLLECTION);
            name.filter(|name| check_owner(&mut place, name, &service.context).is_some())
        }
    };
    let (Some(name), Some(resource), true) = (name, resource, faults.is_empty()) else { return Err(faults.into()) };

    let submission = Submission { method, request: raw, request_id: &request, validate_only };
    let check = async |txn: &mut WriteTxn| {
        let current = txn.resource(&name).await?;
        let (Some(current), Some(story)) = (current, Story::<M>::read_in(txn, &name).await?) else {
            return Err(if speaker == service.provider() { not_found(&name) } else { no_part(caller, &name) }.into());
        };
        let Some(party) = story.party(&speaker) else { return Err(no_part(caller, &name).into()) };
        check_etag(&current, &etag)?;
        if story.is_full() {
            let text = Text::new(format!("{name} 版本过多，请另行提出"), format!("{name} has too many revisions"));
            return Err(DomainError::new(Reason::StageTransitionInvalid, text).with_fact("name", &name).into());
        }
        match party {
            Party::Requester => {
                let mut faults = Violations::new();
                let mut reader = Reader::new(&mut faults);
                let mut place = reader.at(M::FIELD);
                resource.check(service, &mut place);
                resource.check_change(service, &story, &mut place)?;
                faults.into_result(())?;
            }
            Party::Provider => resource.check_answer(service, &story, txn).await?,
        }
        Ok((current.revision, story))
    };
    let respond = |outcome: &Outcome, before: (u32, Story<M>)| {
        let (case, receipt) = (written(service, caller, outcome, Some(before)), outcome.receipt.clone());
        respond(case, receipt)
    };
    service.context.desk().submit(caller, submission, check, respond).await
}

/// One case, now or as of an earlier time.
///
/// # Errors
/// [`Reason::ResourceNotFound`], faults of the name, the store; the refusal of a case in which the caller has no part.
pub(super) async fn get<M: Case>(
    service: &Sharing,
    caller: &Caller,
    name: &str,
    as_of: Option<&Timestamp>,
) -> Result<M, DeskError> {
    let context = &service.context;
    let name = common::name_to_read(name, M::COLLECTION)?;
    let view = context.view(as_of)?;
    let record = context.store().resource(&name, &view).await?;
    let Some(record) = record else { return Err(caller.absent(&name).into()) };
    let story = Story::<M>::read(context, &record).await?;
    if !sees(caller, &story) {
        caller.must_see(&record.origin, "")?;
    }
    out(service, &record, story, day(service, as_of)?).await
}

/// A page of the cases that the caller sees, ordered by name, and the token of the next. `query` is the request without page
/// size and token.
///
/// # Errors
/// Faults of the request, the store.
pub(super) async fn list<M: Case>(
    service: &Sharing,
    caller: &Caller,
    request: List<'_>,
    query: &impl Message,
) -> Result<(Vec<M>, String), DeskError> {
    let List { method, parent, page_size, page_token, as_of } = request;
    let context = &service.context;
    let page = Page::read(method, query, page_size, page_token)?;
    let mut selection = ResourceQuery {
        origin: context.parent(parent)?,
        collection: Some(M::COLLECTION.to_owned()),
        view: context.view(as_of)?,
        ..ResourceQuery::default()
    };
    let today = day(service, as_of)?;
    let (mut sieve, mut stories) = (Sieve::new(&page), HashMap::new());
    while let Some((after, limit)) = sieve.wants() {
        (selection.after_name, selection.limit) = (after, limit);
        let records = context.store().resources(&selection).await?;
        for record in &records {
            let story = Story::<M>::read(context, record).await?;
            if sees(caller, &story) {
                stories.insert(record.name.clone(), story);
            }
        }
        sieve.take(records, |record| stories.contains_key(&record.name));
    }
    let (records, token) = sieve.cut(&page);
    let mut cases = Vec::with_capacity(records.len());
    for record in records {
        if let Some(story) = stories.remove(&record.name) {
            cases.push(out(service, &record, story, today).await?);
        }
    }
    Ok((cases, token))
}

/// The refusal of what the other side of a case says.
pub(super) fn others_part(part: Party) -> DomainError {
    let text = Text::new(format!("此项由{}填写", part.zh()), format!("this part is the {}'s", part.en()));
    DomainError::new(Reason::PermissionDenied, text).with_fact("party", part)
}

/// Adds a fault for each field of the other side's that was changed; pairs of field and whether it is the same.
pub(super) fn unchanged(reader: &mut Reader<'_>, fields: &[(&str, bool)], rule: (&str, &str)) {
    for (field, same) in fields {
        if !same {
            let action = ("请按读到的原样填写", "leave it as it was read");
            reader.fault(field, Reason::FieldInvalid, "", rule, action);
        }
    }
}

/// Faults of a case, with their paths in the request.
pub(super) fn refuse<M: Case>(faults: Violations) -> Result<(), DeskError> {
    faults.under(&format!("{}.", M::FIELD)).into_result(()).map_err(DeskError::from)
}

/// The department that the caller speaks for.
fn speaker(caller: &Caller) -> Result<DepartmentId, DomainError> {
    caller.department().ok_or_else(|| {
        let text = Text::new(
            "证书身份中没有单位（/dept/…），不能代表单位提出或办理",
            "the identity in the certificate names no department (/dept/…), so it speaks for none",
        );
        DomainError::new(Reason::PermissionDenied, text).with_fact("principal", &caller.principal)
    })
}

/// The refusal of a case that the caller has no part in, whether there is one or not.
fn no_part(caller: &Caller, name: &ResourceName) -> DomainError {
    let text = Text::new(
        format!("{name} 不是本单位提出或收到的；只有申请单位和提供单位可以办理"),
        format!("{name} was not filed or received by your department; only those two go on with it"),
    );
    DomainError::new(Reason::PermissionDenied, text).with_fact("principal", &caller.principal).with_fact("name", name)
}

/// Who filed it and who received it see it, wherever it is held, and who sees everything.
fn sees<M: Case>(caller: &Caller, story: &Story<M>) -> bool {
    [&story.requester, &story.node, &provider_at(&story.node)].into_iter().any(|side| caller.sees(side, ""))
}

/// The day that what is due is compared with.
fn day(service: &Sharing, as_of: Option<&Timestamp>) -> Result<NaiveDate, DomainError> {
    match as_of {
        None => Ok(service.context.today()),
        Some(time) => common::time("as_of", time).map(day_in_china),
    }
}

async fn out<M: Case>(
    service: &Sharing,
    record: &Recorded<StoredResource>,
    story: Story<M>,
    today: NaiveDate,
) -> Result<M, DeskError> {
    let source = service.context.sources().of(record).await?;
    let mut case = story.newest().cloned().unwrap_or_default();
    case.set_name(record.name.to_string());
    case.complete(service, &story, today);
    case.set_record(Some(common::record_out(record, None, source.as_ref())));
    Ok(case)
}

/// The case as it was written; after a check only, without a record.
fn written<M: Case>(service: &Sharing, caller: &Caller, outcome: &Outcome, before: Option<(u32, Story<M>)>) -> M {
    let body = outcome.changes.first().and_then(|change| match change {
        domain::Change::PutResource { body, .. } => M::decode(body.as_slice()).ok(),
        domain::Change::PutObservation { .. } | domain::Change::PutFundingLine { .. } => None,
    });
    let mut case: M = body.unwrap_or_default();
    let day = day_in_china(outcome.time);
    let principal = caller.principal.as_str().to_owned();
    let revision = Revision { principal, day, log_index: outcome.log_index, body: case.clone() };
    let (before, story) = match before {
        Some((before, story)) => (before, Some(story.with(revision))),
        None => (0, Story::of(&outcome.origin, vec![revision]).ok()),
    };
    if let Some(story) = &story {
        case.complete(service, story, day);
    }
    let record = outcome.recorded(0, before, ());
    let record = record.map(|record| common::record_out(&record, None, Some(&outcome.source)));
    case.set_record(record.filter(|_| outcome.receipt.is_some()));
    case
}

/// A fault of a field that a decision does not take.
pub(super) fn only_for(reader: &mut Reader<'_>, field: &str, value: impl ToString, decision: (&str, &str)) {
    let rule_zh = format!("此项只用于{}", decision.0);
    let rule_en = format!("this field goes with {} only", decision.1);
    let action = ("请去掉该字段", "leave the field out");
    reader.fault(field, Reason::FieldInvalid, value, (&rule_zh, &rule_en), action);
}
