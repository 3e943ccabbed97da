//! Departments' own resources, served by one piece of code: create, update, get, list.
//!
//! A department writes its rules ([`Rules`]) and names its resources in [`department_service!`](crate::department_service);
//! the rest (request ids, parents, names, etags, corrections, the log, pages, provenance) is the same for all and is here.
//! The resource is kept as its protobuf bytes, so that a new one needs no table and no migration; nothing is searched by its
//! fields in the database.
//!
//! The traits have the service as a parameter, because the messages are of another crate than the rules.

mod calls;
mod service;

use std::future::Future;

use contracts::common::v1 as common_wire;
use domain::{Recorded, ResourceName, RuleContext, Violations};
use prost::Message;
use prost_types::Timestamp;
use store::WriteTxn;

use crate::desk::DeskError;

pub(crate) use calls::written;
pub use calls::{all, create, get, list, update};

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
        records.into_iter().map(calls::decode::<S, T>).collect()
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
