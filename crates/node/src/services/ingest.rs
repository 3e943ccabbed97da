//! Writing figures and qualitative facts.

use std::collections::BTreeMap;

use bytes::Bytes;
use contracts::exchange::v1::{self as wire, observation_ingest_service_server::ObservationIngestService};
use domain::{
    Change, Observation, Reason, Recorded, ResourceName, Statement, Text, Violation, Violations, check_observation,
    check_statement,
};
use prost::Message;
use store::WriteTxn;
use tonic::{Request, Response, Status, Streaming};

use super::{
    context::{NodeContext, not_found, reply},
    endorsement::was_returned,
    upload::{self, Upload},
};
use crate::{
    caller::{Caller, RawRequest, Verifier},
    convert::{
        Reader,
        common::{self, new_name},
        observation, statement,
    },
    desk::{DeskError, Outcome, Submission, own_parent, request_id},
    projection::{method, observation_name},
    status::status,
};

/// Most items of a batch (AIP-233), which the contracts promise callers.
pub(crate) const MAX_BATCH: usize = 1000;

/// Writes the figures of one department.
#[derive(Clone, Debug)]
pub struct ObservationIngest {
    context: NodeContext,
    max_batch: usize,
}

impl ObservationIngest {
    /// Writes to the node's desk, at most `max_batch` items at a time.
    #[must_use]
    pub fn new(context: NodeContext, max_batch: usize) -> Self {
        Self { context, max_batch }
    }

    async fn batch(
        &self,
        caller: &Caller,
        method: &str,
        raw: Bytes,
        request: wire::BatchCreateObservationsRequest,
        max_items: usize,
    ) -> Result<wire::BatchCreateObservationsResponse, DeskError> {
        let wire::BatchCreateObservationsRequest { parent, requests, request_id: id, validate_only } = request;
        let names = self.check_batch(&parent, requests, &id, max_items)?;
        let submission = Submission { method, request: raw, request_id: &id, validate_only };
        self.context.desk().expect(&names);
        let check = async |txn: &mut WriteTxn| refuse_known(txn, &names).await;
        self.context.desk().submit(caller, submission, check, |outcome, ()| created(outcome)).await
    }

    /// Everything that can be checked without the log; gives the names in the order of the request.
    fn check_batch(
        &self,
        parent: &str,
        requests: Vec<wire::CreateObservationRequest>,
        id: &str,
        max_items: usize,
    ) -> Result<Vec<ResourceName>, Violations> {
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        own_parent(&mut reader, parent, self.context.department());
        request_id(&mut reader, id);
        check_size(&mut reader, requests.len(), max_items);
        if requests.len() > max_items {
            return Err(faults);
        }
        let rules = self.context.rules();
        let mut names = Vec::with_capacity(requests.len());
        let mut seen = BTreeMap::new();
        for (index, wire::CreateObservationRequest { observation: message }) in requests.into_iter().enumerate() {
            let mut item = reader.item("requests", index);
            let Some(read) = observation::read(&mut item.at("observation"), message) else { continue };
            if let Err(found) = check_observation(&read, &rules) {
                item.extend(found);
            }
            let mut item = item.at("observation");
            let Some(name) = observation_name(&mut item, self.context.department(), &read) else { continue };
            if let Some(first) = seen.insert(name.clone(), index) {
                duplicate_in_batch(&mut item, &name, first);
            }
            names.push(name);
        }
        faults.into_result(names)
    }

    async fn update(
        &self,
        caller: &Caller,
        raw: Bytes,
        request: wire::UpdateObservationRequest,
    ) -> Result<wire::UpdateObservationResponse, DeskError> {
        let wire::UpdateObservationRequest {
            observation: message,
            update_mask,
            etag,
            correction,
            request_id: id,
            validate_only,
        } = request;
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        request_id(&mut reader, &id);
        reader.required("etag", &etag);
        common::figure_correction(&mut reader.at("correction"), correction.as_ref());
        if message.is_none() {
            reader.missing("observation");
        }
        let message = message.unwrap_or_default();
        let name = own_name(&mut reader.at("observation"), &message.name, &self.context);
        let mask = update_mask.map(|mask| mask.paths).unwrap_or_default();
        check_mask(&mut reader, &mask);
        let Some(name) = name.filter(|_| faults.is_empty()) else { return Err(faults.into()) };

        let submission =
            Submission { method: method::UPDATE_OBSERVATION, request: raw, request_id: &id, validate_only };
        let check = async |txn: &mut WriteTxn| {
            let current = txn.observation(&name).await?.ok_or_else(|| not_found(&name))?;
            check_etag(&current, &etag)?;
            // What was returned may be submitted once more as it is.
            if !self.check_correction(&current, message, &mask)? && !was_returned(txn, current.log_index).await? {
                return Err(nothing_differs().into());
            }
            Ok(current.revision)
        };
        let respond = |outcome: &Outcome, before: u32| wire::UpdateObservationResponse {
            observation: observations_of(outcome, before).into_iter().next(),
            receipt: outcome.receipt.clone(),
        };
        self.context.desk().submit(caller, submission, check, respond).await
    }

    /// Whether a correction changes anything.
    fn check_correction(
        &self,
        current: &Recorded<Observation>,
        message: wire::Observation,
        mask: &[String],
    ) -> Result<bool, Violations> {
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        let merged = observation::merge(&current.body, message, mask).map_err(|_paths| mask_fault(mask))?;
        let Some(read) = observation::read(&mut reader.at("observation"), Some(merged)) else { return Err(faults) };
        if read.key != current.body.key {
            let rule = (
                "指标、区域、期间、范围和数据类别不能更改",
                "indicator, region, period, scope and measure cannot change",
            );
            let action = ("请另报一条，原条目以更正说明", "record another figure");
            reader.fault("observation", Reason::FieldInvalid, read.key.id(), rule, action);
            return Err(faults);
        }
        check_observation(&read, &self.context.rules()).map(|checked| checked != current.body)
    }

    async fn batch_statements(
        &self,
        caller: &Caller,
        raw: Bytes,
        request: wire::BatchCreateStatementsRequest,
    ) -> Result<wire::BatchCreateStatementsResponse, DeskError> {
        let wire::BatchCreateStatementsRequest { parent, requests, request_id: id, validate_only } = request;
        let names = self.check_statements(&parent, requests, &id)?;
        let submission =
            Submission { method: method::BATCH_CREATE_STATEMENTS, request: raw, request_id: &id, validate_only };
        let check = async |txn: &mut WriteTxn| {
            let mut known = Vec::new();
            for (index, name) in names.iter().enumerate() {
                known.extend(txn.resource(name).await?.map(|record| (index, record.name, record.etag)));
            }
            refuse(known, "statement_id")
        };
        let respond = |outcome: &Outcome, ()| wire::BatchCreateStatementsResponse {
            statements: statements_of(outcome),
            receipt: outcome.receipt.clone(),
        };
        self.context.desk().submit(caller, submission, check, respond).await
    }

    fn check_statements(
        &self,
        parent: &str,
        requests: Vec<wire::CreateStatementRequest>,
        id: &str,
    ) -> Result<Vec<ResourceName>, Violations> {
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        own_parent(&mut reader, parent, self.context.department());
        request_id(&mut reader, id);
        check_size(&mut reader, requests.len(), self.max_batch);
        if requests.len() > self.max_batch {
            return Err(faults);
        }
        let rules = self.context.rules();
        let mut names = Vec::with_capacity(requests.len());
        let mut seen = BTreeMap::new();
        for (index, wire::CreateStatementRequest { statement_id, statement: message }) in
            requests.into_iter().enumerate()
        {
            let mut item = reader.item("requests", index);
            let department = self.context.department();
            let name = new_name(&mut item, "statement_id", department, statement::COLLECTION, &statement_id);
            let read: Option<Statement> = statement::read(&mut item.at("statement"), message);
            if let Some(Err(found)) = read.map(|read| check_statement(&read, &rules)) {
                item.extend(found);
            }
            let Some(name) = name else { continue };
            if let Some(first) = seen.insert(name.clone(), index) {
                duplicate_in_batch(&mut item.at("statement_id"), &name, first);
            }
            names.push(name);
        }
        faults.into_result(names)
    }
}

#[tonic::async_trait]
impl ObservationIngestService for ObservationIngest {
    async fn batch_create_observations(
        &self,
        request: Request<wire::BatchCreateObservationsRequest>,
    ) -> Result<Response<wire::BatchCreateObservationsResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let method = method::BATCH_CREATE_OBSERVATIONS;
        reply(caller.lang, self.batch(&caller, method, raw, request.into_inner(), self.max_batch).await)
    }

    async fn update_observation(
        &self,
        request: Request<wire::UpdateObservationRequest>,
    ) -> Result<Response<wire::UpdateObservationResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        reply(caller.lang, self.update(&caller, raw, request.into_inner()).await)
    }

    async fn upload_submission(
        &self,
        request: Request<Streaming<wire::UploadSubmissionRequest>>,
    ) -> Result<Response<wire::UploadSubmissionResponse>, Status> {
        let (mut caller, verifier) = (Caller::of(&request)?, Verifier::of(&request)?);
        let Upload { bytes, batch, signature } = upload::receive(request.into_inner(), caller.lang).await?;
        verifier
            .admit(&mut caller, method::UPLOAD_SUBMISSION, &bytes, signature)
            .map_err(|refused| status(&refused, caller.lang))?;
        let result = self.batch(&caller, method::UPLOAD_SUBMISSION, bytes, batch, upload::MAX_ITEMS).await;
        let result = result.map(|wire::BatchCreateObservationsResponse { observations, receipt }| {
            let observation_count = u32::try_from(observations.len()).unwrap_or(u32::MAX);
            wire::UploadSubmissionResponse { observation_count, receipt }
        });
        reply(caller.lang, result)
    }

    async fn batch_create_statements(
        &self,
        request: Request<wire::BatchCreateStatementsRequest>,
    ) -> Result<Response<wire::BatchCreateStatementsResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        reply(caller.lang, self.batch_statements(&caller, raw, request.into_inner()).await)
    }
}

/// Checks the number of items of a batch (AIP-233).
pub(crate) fn check_size(reader: &mut Reader<'_>, items: usize, max_items: usize) {
    if items == 0 {
        let rule = ("批次为空", "the batch is empty");
        reader.fault("requests", Reason::BatchEmpty, "", rule, ("请至少填一条", "give at least one item"));
    }
    if items > max_items {
        let rule = (format!("一批至多{max_items}条"), format!("a batch has at most {max_items} items"));
        let action = ("请分批提交，或用 UploadSubmission", "split it, or use UploadSubmission");
        reader.fault("requests", Reason::BatchTooLarge, items, (&rule.0, &rule.1), action);
    }
}

/// Adds the fault of two items with one name; `reader` stands at the later one.
pub(crate) fn duplicate_in_batch(reader: &mut Reader<'_>, name: &ResourceName, first: usize) {
    let rule = (format!("与同批 requests[{first}] 重复"), format!("the same as requests[{first}]"));
    reader.fault("", Reason::DuplicateInBatch, name, (&rule.0, &rule.1), ("请只保留一条", "keep one of them"));
}

async fn refuse_known(txn: &mut WriteTxn, names: &[ResourceName]) -> Result<(), DeskError> {
    let known: BTreeMap<_, _> =
        txn.observations_named(names).await?.into_iter().map(|record| (record.name, record.etag)).collect();
    let each = names.iter().enumerate();
    let known = each.filter_map(|(index, name)| known.get(name).map(|etag| (index, name.clone(), etag.clone())));
    refuse(known.collect(), "observation")
}

/// Refuses items that exist: index in the request, name, etag.
pub(crate) fn refuse(known: Vec<(usize, ResourceName, String)>, field: &str) -> Result<(), DeskError> {
    let Some((_, name, etag)) = known.first().cloned() else { return Ok(()) };
    let faults: Violations =
        known.into_iter().map(|(index, name, _)| already_there(format!("requests[{index}].{field}"), &name)).collect();
    Err(domain::DomainError::from(faults).with_fact("name", name).with_fact("etag", etag).into())
}

/// The fault of a correction that corrects nothing.
fn nothing_differs() -> Violations {
    let rule = Text::new(
        "与现行版本没有差别，现行版本也未被退回",
        "nothing differs from the current revision, which was not returned either",
    );
    let action = Text::new("请填写要更正的内容", "give what is to change");
    Violation::new("observation", Reason::FieldInvalid, "", rule, action).into()
}

/// The fault of a new resource whose name is taken.
pub(crate) fn already_there(field: String, name: &ResourceName) -> Violation {
    Violation::new(
        field,
        Reason::DuplicateResource,
        name,
        Text::new("已有同名记录", "it is on record already"),
        Text::new("要更正请用 Update 方法并附原记录的 etag", "to correct it, use Update with the etag of the record"),
    )
}

/// Refuses an update of another revision than the current one.
pub(crate) fn check_etag<T>(current: &Recorded<T>, etag: &str) -> Result<(), DeskError> {
    if current.etag == etag {
        return Ok(());
    }
    let name = &current.name;
    Err(domain::DomainError::new(
        Reason::StaleEtag,
        Text::new(
            format!("{name} 已被更正为第{}版，请重新读取后再改", current.revision),
            format!("{name} is at revision {} now; read it again, then change it", current.revision),
        ),
    )
    .with_fact("name", name)
    .with_fact("etag", &current.etag)
    .into())
}

/// The name of a figure that is to be corrected: one of this node's.
fn own_name(reader: &mut Reader<'_>, text: &str, context: &NodeContext) -> Option<ResourceName> {
    let name = common::resource_name(reader, "name", text, observation::COLLECTION)?;
    check_owner(reader, &name, context)?;
    Some(name)
}

/// Refuses a name of another department.
pub(crate) fn check_owner(reader: &mut Reader<'_>, name: &ResourceName, context: &NodeContext) -> Option<()> {
    if name.department() == context.department() {
        return Some(());
    }
    let rule = ("只能更正本单位的数据", "a node corrects its own department's data only");
    reader.fault_allowing("name", Reason::ParentMismatch, name, rule, [context.department().parent()]);
    None
}

fn check_mask(reader: &mut Reader<'_>, mask: &[String]) {
    if mask.iter().any(|path| path != "*" && !observation::UPDATABLE.contains(&path.as_str())) {
        reader.extend(mask_fault(mask));
    }
}

fn mask_fault(mask: &[String]) -> Violations {
    let unknown = mask.iter().filter(|path| *path != "*" && !observation::UPDATABLE.contains(&path.as_str()));
    unknown
        .map(|path| {
            Violation::new(
                "update_mask",
                Reason::FieldInvalid,
                path,
                Text::new("此项不能更正", "this field cannot be corrected"),
                Text::new("请只列出可更正的字段", "name only fields that can change"),
            )
            .allowing(observation::UPDATABLE)
        })
        .collect()
}

fn created(outcome: &Outcome) -> wire::BatchCreateObservationsResponse {
    wire::BatchCreateObservationsResponse {
        observations: observations_of(outcome, 0),
        receipt: outcome.receipt.clone(),
    }
}

/// The figures as recorded; after a check only, without a record.
fn observations_of(outcome: &Outcome, before: u32) -> Vec<wire::Observation> {
    let each = outcome.changes.iter().enumerate().filter_map(|(position, change)| match change {
        Change::PutObservation { observation, .. } => {
            let recorded = outcome.recorded(position, before, observation.as_ref().clone())?;
            let mut message = observation::out(&recorded, Some(&outcome.source));
            if outcome.receipt.is_none() {
                message.record = None;
            }
            Some(message)
        }
        Change::PutFundingLine { .. } | Change::PutResource { .. } => None,
    });
    each.collect()
}

fn statements_of(outcome: &Outcome) -> Vec<wire::Statement> {
    let each = outcome.changes.iter().enumerate().filter_map(|(position, change)| match change {
        Change::PutResource { body, .. } => {
            let mut message = wire::Statement::decode(body.as_slice()).ok()?;
            let recorded = outcome.recorded(position, 0, ())?;
            let record = common::record_out(&recorded, message.citation.clone(), Some(&outcome.source));
            message.record = outcome.receipt.is_some().then_some(record);
            Some(message)
        }
        Change::PutObservation { .. } | Change::PutFundingLine { .. } => None,
    });
    each.collect()
}
