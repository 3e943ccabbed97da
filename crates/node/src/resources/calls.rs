//! Create, update, get and list of a resource, the same for all.

use bytes::Bytes;
use contracts::common::v1 as common_wire;
use domain::{DomainError, Recorded, ResourceName, Violations};
use prost::Message;
use prost_types::Timestamp;
use store::{ResourceQuery, StoredResource, WriteTxn};

use super::{Create, List, Resource, Rules, State, Update};
use crate::{
    caller::Caller,
    convert::{Reader, common},
    desk::{DeskError, Outcome, Submission, own_parent, request_id},
    pages::{Page, Sieve},
    services::NodeContext,
    services::{already_there, check_etag, check_owner, not_found},
};

/// Records a new resource.
///
/// # Errors
/// The faults of request and resource; [`Reason::DuplicateResource`](domain::Reason::DuplicateResource); those of the desk.
pub async fn create<S: Sync, M: Rules<S>, R: Message + Default>(
    context: &NodeContext,
    service: &S,
    caller: &Caller,
    raw: Bytes,
    request: Create<M>,
    respond: impl FnOnce(M, Option<common_wire::Receipt>) -> R,
) -> Result<R, DeskError> {
    let Create { method, parent, id, resource, request_id: request, validate_only } = request;
    let mut faults = Violations::new();
    let mut reader = Reader::new(&mut faults);
    own_parent(&mut reader, &parent, context.department());
    request_id(&mut reader, &request);
    let id_field = format!("{}_id", M::FIELD);
    let name = common::new_name(&mut reader, &id_field, context.department(), M::COLLECTION, &id);
    let checked = check(&mut reader, context, service, name.as_ref(), resource);
    let (Some(name), Some(resource), true) = (name, checked, faults.is_empty()) else { return Err(faults.into()) };

    let submission = Submission { method, request: raw, request_id: &request, validate_only };
    let check = async |txn: &mut WriteTxn| {
        if let Some(known) = txn.resource(&name).await? {
            let fault = DomainError::from(already_there(id_field, &name));
            return Err(fault.with_fact("name", &name).with_fact("etag", known.etag).into());
        }
        let state = State { name: &name, current: None, txn };
        refuse::<S, M>(resource.check_state(service, state).await?)
    };
    let respond = |outcome: &Outcome, ()| respond(written::<S, M>(outcome, 0), outcome.receipt.clone());
    context.desk().submit(caller, submission, check, respond).await
}

/// Replaces a resource by a new revision.
///
/// # Errors
/// The faults of request and resource; [`Reason::ResourceNotFound`](domain::Reason::ResourceNotFound);
/// [`Reason::StaleEtag`](domain::Reason::StaleEtag); those of the desk.
pub async fn update<S: Sync, M: Rules<S>, R: Message + Default>(
    context: &NodeContext,
    service: &S,
    caller: &Caller,
    raw: Bytes,
    request: Update<M>,
    respond: impl FnOnce(M, Option<common_wire::Receipt>) -> R,
) -> Result<R, DeskError> {
    let Update { method, resource, etag, correction, request_id: request, validate_only } = request;
    let mut faults = Violations::new();
    let mut reader = Reader::new(&mut faults);
    request_id(&mut reader, &request);
    reader.required("etag", &etag);
    common::correction(&mut reader.at("correction"), correction.as_ref());
    let text = resource.as_ref().map(|resource| resource.name().to_owned()).unwrap_or_default();
    let mut place = reader.at(M::FIELD);
    let name = common::resource_name(&mut place, "name", &text, M::COLLECTION);
    if let Some(name) = &name {
        check_owner(&mut place, name, context);
    }
    let checked = check(&mut reader, context, service, name.as_ref(), resource);
    let (Some(name), Some(resource), true) = (name, checked, faults.is_empty()) else { return Err(faults.into()) };

    let submission = Submission { method, request: raw, request_id: &request, validate_only };
    let check = async |txn: &mut WriteTxn| {
        let current = txn.resource(&name).await?.ok_or_else(|| not_found(&name))?;
        check_etag(&current, &etag)?;
        let current = decode::<S, M>(current)?;
        let state = State { name: &name, current: Some(&current), txn };
        refuse::<S, M>(resource.check_state(service, state).await?)?;
        Ok(current.revision)
    };
    let respond = |outcome: &Outcome, before: u32| respond(written::<S, M>(outcome, before), outcome.receipt.clone());
    context.desk().submit(caller, submission, check, respond).await
}

/// One resource, now or as of an earlier time.
///
/// # Errors
/// [`Reason::ResourceNotFound`](domain::Reason::ResourceNotFound), faults of the name, the store; the refusal of a row that the
/// caller does not see.
pub async fn get<S: Sync, M: Rules<S>>(
    context: &NodeContext,
    caller: &Caller,
    name: &str,
    as_of: Option<&Timestamp>,
) -> Result<M, DeskError> {
    let name = common::name_to_read(name, M::COLLECTION)?;
    let view = context.view(as_of)?;
    let record = context.store().resource(&name, &view).await?.ok_or_else(|| caller.absent(&name))?;
    caller.must_see_resource(&record)?;
    out(context, record).await
}

/// A page of the resources that the caller sees, ordered by name, and the token of the next. `query` is the request without
/// page size and token.
///
/// # Errors
/// Faults of the request, the store.
pub async fn list<S: Sync, M: Rules<S>>(
    context: &NodeContext,
    caller: &Caller,
    request: List<'_>,
    query: &impl Message,
) -> Result<(Vec<M>, String), DeskError> {
    let List { method, parent, page_size, page_token, as_of } = request;
    let page = Page::read(method, query, page_size, page_token)?;
    let mut selection = ResourceQuery {
        origin: context.parent(parent)?,
        collection: Some(M::COLLECTION.to_owned()),
        view: context.view(as_of)?,
        ..ResourceQuery::default()
    };
    let mut sieve = Sieve::new(&page);
    while let Some((after, limit)) = sieve.wants() {
        (selection.after_name, selection.limit) = (after, limit);
        let records = context.store().resources(&selection).await?;
        sieve.take(records, |record| caller.sees_resource(record));
    }
    let (records, token) = sieve.cut(&page);
    let mut resources = Vec::with_capacity(records.len());
    for record in records {
        resources.push(out(context, record).await?);
    }
    Ok((resources, token))
}

/// Every current resource of one kind that this server holds, without pages. For sums over few records.
///
/// # Errors
/// The store.
pub async fn all<S: Sync, M: Rules<S>>(
    context: &NodeContext,
    as_of: Option<&Timestamp>,
) -> Result<Vec<Recorded<M>>, DeskError> {
    let mut selection = ResourceQuery {
        origin: None,
        collection: Some(M::COLLECTION.to_owned()),
        view: context.view(as_of)?,
        after_name: None,
        limit: store::MAX_PAGE,
    };
    let mut found = Vec::new();
    loop {
        let records = context.store().resources(&selection).await?;
        let Some(last) = records.last().map(|record| record.name.to_string()) else { return Ok(found) };
        selection.after_name = Some(last);
        for record in records {
            found.push(decode::<S, M>(record)?);
        }
    }
}

fn check<S: Sync, M: Rules<S>>(
    reader: &mut Reader<'_>,
    context: &NodeContext,
    service: &S,
    name: Option<&ResourceName>,
    resource: Option<M>,
) -> Option<M> {
    let Some(resource) = resource else {
        reader.missing(M::FIELD);
        return None;
    };
    if let Some(name) = name {
        reader.at(M::FIELD).extend(resource.check(service, name, &context.rules()));
    }
    Some(resource)
}

fn refuse<S, M: Resource<S>>(faults: Violations) -> Result<(), DeskError> {
    let faults = faults.under(&format!("{}.", M::FIELD));
    faults.into_result(()).map_err(DeskError::from)
}

pub(super) fn decode<S, M: Resource<S>>(record: Recorded<StoredResource>) -> Result<Recorded<M>, DeskError> {
    let mut message = M::decode(record.body.body.as_slice())?;
    message.set_name(record.name.to_string());
    Ok(record.map(|_stored| message))
}

async fn out<S: Sync, M: Rules<S>>(context: &NodeContext, record: Recorded<StoredResource>) -> Result<M, DeskError> {
    let source = context.sources().of(&record).await?;
    let record = decode::<S, M>(record)?;
    let mut message = record.body.clone();
    message.set_record(Some(common::record_out(&record, message.citation(), source.as_ref())));
    Ok(message)
}

/// The resource as it was written; after a check only, without a record.
pub(crate) fn written<S: Sync, M: Rules<S>>(outcome: &Outcome, before: u32) -> M {
    let body = outcome.changes.first().and_then(|change| match change {
        domain::Change::PutResource { body, .. } => M::decode(body.as_slice()).ok(),
        domain::Change::PutObservation { .. } | domain::Change::PutFundingLine { .. } => None,
    });
    let mut message: M = body.unwrap_or_default();
    let record = outcome.recorded(0, before, ());
    let record = record.map(|record| common::record_out(&record, message.citation(), Some(&outcome.source)));
    message.set_record(record.filter(|_| outcome.receipt.is_some()));
    message
}
