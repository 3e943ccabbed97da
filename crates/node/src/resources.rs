//! Departments' own resources, served by one piece of code: create, update, get, list.
//!
//! A department writes its rules ([`Rules`]) and names its resources in [`department_service!`](crate::department_service);
//! the rest (request ids, parents, names, etags, corrections, the log, pages, provenance) is the same for all and is here.
//! The resource is kept as its protobuf bytes, so that a new one needs no table and no migration; nothing is searched by its
//! fields in the database.
//!
//! The traits have the service as a parameter, because the messages are of another crate than the rules.

use std::future::Future;

use bytes::Bytes;
use contracts::common::v1 as common_wire;
use domain::{DomainError, Recorded, ResourceName, RuleContext, Violations};
use prost::Message;
use prost_types::Timestamp;
use store::{ResourceQuery, StoredResource, WriteTxn};

use crate::{
    caller::Caller,
    convert::{Reader, common},
    desk::{DeskError, Outcome, Submission, own_parent, request_id},
    pages::Page,
    services::NodeContext,
    services::{already_there, check_etag, check_owner, not_found},
};

/// A message that is a resource of the service `S`. Written by [`department_service!`](crate::department_service).
pub trait Resource<S>: Message + Default + Clone + Send + Sync + 'static {
    /// Collection, for example `cityStageRecords`.
    const COLLECTION: &'static str;
    /// Field of a request that holds it, for example `city_stage_record`.
    const FIELD: &'static str;

    /// Its name.
    fn name(&self) -> &str;
    /// Sets its name.
    fn set_name(&mut self, name: String);
    /// Sets its record.
    fn set_record(&mut self, record: Option<common_wire::Record>);
}

/// The rules of a resource of the service `S`.
pub trait Rules<S: Sync>: Resource<S> {
    /// Checks it by itself; field paths are relative to it, for example `period.value`.
    fn check(&self, service: &S, name: &ResourceName, rules: &RuleContext<'_>) -> Violations;

    /// Checks it against what is on record, inside the transaction that will write it; field paths are relative to it.
    ///
    /// Errors are faults of the store, or a refusal that is not about the fields.
    fn check_state(
        &self,
        service: &S,
        state: State<'_, Self>,
    ) -> impl Future<Output = Result<Violations, DeskError>> + Send {
        let _ = (service, state);
        std::future::ready(Ok(Violations::new()))
    }

    /// The sentence it was taken from, for its provenance.
    fn citation(&self) -> Option<common_wire::Citation> {
        None
    }
}

/// What is on record when a resource is written.
#[derive(Debug)]
pub struct State<'a, M> {
    /// Name of the resource that is written.
    pub name: &'a ResourceName,
    /// Its current revision; none for a new one.
    pub current: Option<&'a Recorded<M>>,
    /// The open transaction, for looking at other resources.
    pub txn: &'a mut WriteTxn,
}

impl<M> State<'_, M> {
    /// The current resources of a collection of this node.
    ///
    /// # Errors
    /// [`DeskError`] when the store fails or a resource cannot be decoded.
    pub async fn all<S, T: Resource<S>>(&mut self) -> Result<Vec<Recorded<T>>, DeskError> {
        let department = self.txn.log().clone();
        let records = self.txn.resources(&department, T::COLLECTION).await?;
        records.into_iter().map(decode::<S, T>).collect()
    }
}

/// The parts of a Create request.
#[derive(Clone, Debug)]
pub struct Create<M> {
    /// Full method.
    pub method: &'static str,
    /// Parent.
    pub parent: String,
    /// Id.
    pub id: String,
    /// The resource.
    pub resource: Option<M>,
    /// Request id.
    pub request_id: String,
    /// Run every check and store nothing.
    pub validate_only: bool,
}

/// The parts of an Update request.
#[derive(Clone, Debug)]
pub struct Update<M> {
    /// Full method.
    pub method: &'static str,
    /// The resource with its name.
    pub resource: Option<M>,
    /// etag of the revision that the caller read.
    pub etag: String,
    /// Why.
    pub correction: Option<common_wire::Correction>,
    /// Request id.
    pub request_id: String,
    /// Run every check and store nothing.
    pub validate_only: bool,
}

/// The parts of a List request.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    /// Full method.
    pub method: &'static str,
    /// Parent.
    pub parent: &'a str,
    /// Page size.
    pub page_size: i32,
    /// Page token.
    pub page_token: &'a str,
    /// What was known at this time.
    pub as_of: Option<&'a Timestamp>,
}

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
/// [`Reason::ResourceNotFound`](domain::Reason::ResourceNotFound), faults of the name, the store.
pub async fn get<S: Sync, M: Rules<S>>(
    context: &NodeContext,
    name: &str,
    as_of: Option<&Timestamp>,
) -> Result<M, DeskError> {
    let name = common::name_to_read(name, M::COLLECTION)?;
    let view = context.view(as_of)?;
    let record = context.store().resource(&name, &view).await?.ok_or_else(|| not_found(&name))?;
    out(context, record).await
}

/// A page of resources, ordered by name, and the token of the next. `query` is the request without page size and token.
///
/// # Errors
/// Faults of the request, the store.
pub async fn list<S: Sync, M: Rules<S>>(
    context: &NodeContext,
    request: List<'_>,
    query: &impl Message,
) -> Result<(Vec<M>, String), DeskError> {
    let List { method, parent, page_size, page_token, as_of } = request;
    let page = Page::read(method, query, page_size, page_token)?;
    let selection = ResourceQuery {
        origin: context.parent(parent)?,
        collection: Some(M::COLLECTION.to_owned()),
        view: context.view(as_of)?,
        after_name: page.after.clone(),
        limit: page.limit(),
    };
    let mut records = context.store().resources(&selection).await?;
    let token = page.cut(&mut records, |record| record.name.to_string());
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

fn decode<S, M: Resource<S>>(record: Recorded<StoredResource>) -> Result<Recorded<M>, DeskError> {
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
fn written<S: Sync, M: Rules<S>>(outcome: &Outcome, before: u32) -> M {
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

/// Writes a department's whole gRPC service from a list of its resources: [`Resource`] for each, and Create, Update, Get
/// and List of each. The rules stay to be written ([`Rules`]).
///
/// The service type has a method `context(&self) -> &NodeContext`; `messages` is an alias of the contract's module.
/// `rpc` methods of another shape are written by hand in the second braces.
///
/// ```text
/// use contracts::ecology::v1::{self as wire, ecology_service_server::EcologyService};
///
/// node::department_service! {
///     impl EcologyService as Ecology {
///         messages: wire;
///         service: "wufei.ecology.v1.EcologyService";
///         resources: CityStageRecord / CityStageRecords, SupportGroup / SupportGroups;
///     }
///     {
///         async fn get_share_target(&self, request: Request<wire::GetShareTargetRequest>) -> Result<…> { … }
///     }
/// }
/// ```
#[macro_export]
macro_rules! department_service {
    (
        impl $server:path as $ty:ident {
            messages: $messages:ident;
            service: $service:literal;
            resources: $($resource:ident / $plural:ident),+ $(,)?;
        }
        { $($extra:item)* }
    ) => {
        $crate::pastey::paste! {
            $(
                impl $crate::resources::Resource<$ty> for $messages::$resource {
                    const COLLECTION: &'static str = stringify!([<$plural:lower_camel>]);
                    const FIELD: &'static str = stringify!([<$resource:snake>]);

                    fn name(&self) -> &str {
                        &self.name
                    }

                    fn set_name(&mut self, name: String) {
                        self.name = name;
                    }

                    fn set_record(&mut self, record: Option<contracts::common::v1::Record>) {
                        self.record = record;
                    }
                }
            )+

            #[tonic::async_trait]
            impl $server for $ty {
                $(
                    async fn [<create_ $resource:snake>](
                        &self,
                        request: tonic::Request<$messages::[<Create $resource Request>]>,
                    ) -> Result<tonic::Response<$messages::[<Create $resource Response>]>, tonic::Status> {
                        let caller = $crate::caller::Caller::of(&request)?;
                        let raw = $crate::caller::RawRequest::of(&request)?;
                        let $messages::[<Create $resource Request>] {
                            parent, [<$resource:snake _id>]: id, [<$resource:snake>]: resource, request_id, validate_only,
                        } = request.into_inner();
                        let create = $crate::resources::Create {
                            method: concat!($service, "/Create", stringify!($resource)),
                            parent, id, resource, request_id, validate_only,
                        };
                        let respond = |resource, receipt| $messages::[<Create $resource Response>] {
                            [<$resource:snake>]: Some(resource), receipt,
                        };
                        let context = self.context();
                        let created = $crate::resources::create(context, self, &caller, raw, create, respond).await;
                        $crate::services::reply(caller.lang, created)
                    }

                    async fn [<update_ $resource:snake>](
                        &self,
                        request: tonic::Request<$messages::[<Update $resource Request>]>,
                    ) -> Result<tonic::Response<$messages::[<Update $resource Response>]>, tonic::Status> {
                        let caller = $crate::caller::Caller::of(&request)?;
                        let raw = $crate::caller::RawRequest::of(&request)?;
                        let $messages::[<Update $resource Request>] {
                            [<$resource:snake>]: resource, etag, correction, request_id, validate_only,
                        } = request.into_inner();
                        let update = $crate::resources::Update {
                            method: concat!($service, "/Update", stringify!($resource)),
                            resource, etag, correction, request_id, validate_only,
                        };
                        let respond = |resource, receipt| $messages::[<Update $resource Response>] {
                            [<$resource:snake>]: Some(resource), receipt,
                        };
                        let context = self.context();
                        let updated = $crate::resources::update(context, self, &caller, raw, update, respond).await;
                        $crate::services::reply(caller.lang, updated)
                    }

                    async fn [<get_ $resource:snake>](
                        &self,
                        request: tonic::Request<$messages::[<Get $resource Request>]>,
                    ) -> Result<tonic::Response<$messages::[<Get $resource Response>]>, tonic::Status> {
                        let caller = $crate::caller::Caller::of(&request)?;
                        let $messages::[<Get $resource Request>] { name, as_of } = request.into_inner();
                        let context = self.context();
                        let found = $crate::resources::get::<$ty, _>(context, &name, as_of.as_ref()).await;
                        $crate::services::reply(caller.lang, found.map(|resource| {
                            $messages::[<Get $resource Response>] { [<$resource:snake>]: Some(resource) }
                        }))
                    }

                    async fn [<list_ $plural:snake>](
                        &self,
                        request: tonic::Request<$messages::[<List $plural Request>]>,
                    ) -> Result<tonic::Response<$messages::[<List $plural Response>]>, tonic::Status> {
                        let caller = $crate::caller::Caller::of(&request)?;
                        let mut query = request.into_inner();
                        let page_size = std::mem::take(&mut query.page_size);
                        let page_token = std::mem::take(&mut query.page_token);
                        let list = $crate::resources::List {
                            method: concat!($service, "/List", stringify!($plural)),
                            parent: &query.parent,
                            page_size,
                            page_token: &page_token,
                            as_of: query.as_of.as_ref(),
                        };
                        let context = self.context();
                        let found = $crate::resources::list::<$ty, _>(context, list, &query).await;
                        $crate::services::reply(caller.lang, found.map(|(resources, next_page_token)| {
                            $messages::[<List $plural Response>] { [<$plural:snake>]: resources, next_page_token }
                        }))
                    }
                )+

                $($extra)*
            }
        }
    };
}
