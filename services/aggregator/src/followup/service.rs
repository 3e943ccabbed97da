//! `FollowUpService`: commitments and progress in the aggregator's own log; lights are computed for every answer.

use contracts::followup::v1::{self as wire, follow_up_service_server::FollowUpService};
use domain::{
    DomainError, Reason, Recorded, ResourceName, Text, Violation, Violations, check_commitment, check_progress,
};
use node::{
    caller::{Caller, RawRequest},
    convert::{Reader, common},
    desk::{self, DeskError, Outcome, Submission},
    pages::Page,
    projection::{COMMITMENT_ACCEPTANCES, method},
    services::{NodeContext, reply},
};
use prost::Message;
use store::{ResourceQuery, StoredResource, View, WriteTxn};
use tonic::{Request, Response, Status};

use crate::{
    followup::{COMMITMENTS, Measured, PROGRESS_REPORTS, convert, rows, standings},
    internal, share,
};

const SERVICE: &str = "wufei.followup.v1.FollowUpService";

/// Serves the follow-up.
#[derive(Clone, Debug)]
pub(crate) struct FollowUp {
    pub(crate) context: NodeContext,
}

impl FollowUp {
    /// Commitments with their lights, as they are answered.
    async fn with_lights(&self, view: &View) -> Result<Vec<(Recorded<()>, wire::Commitment)>, DeskError> {
        let context = &self.context;
        let standing = share::current(context.store(), context.regions()).await.map_err(|error| internal(&error))?;
        let measured = Measured { share: &standing.share, rule: &standing.share.rule, as_of: standing.as_of };
        let today = context.today();
        let found = standings(context.store(), context.department(), view, today, &measured).await;
        let found = found.map_err(|error| internal(&error))?;
        let mut answers = Vec::with_capacity(found.len());
        for standing in found {
            let mut message = standing.wire;
            convert::set_light(&mut message, &standing.light, today);
            let row = standing.commitment.map(|_body| ());
            let source = context.sources().of(&row).await?;
            message.record = Some(common::record_out(&row, message.citation.clone(), source.as_ref()));
            answers.push((row, message));
        }
        Ok(answers)
    }

    async fn write_commitment<R: Message + Default>(
        &self,
        caller: &Caller,
        submission: Submission<'_>,
        write: Write<'_, wire::Commitment>,
        respond: impl FnOnce(wire::Commitment, Option<contracts::common::v1::Receipt>) -> R,
    ) -> Result<R, DeskError> {
        let mut faults = Violations::new();
        let name = write.name(&mut faults, self.context.department(), COMMITMENTS, "commitment", &submission);
        let parsed = write.resource.as_ref().and_then(|message| {
            let mut reader = Reader::new(&mut faults);
            convert::read_commitment(&mut reader.at("commitment"), name.as_ref().map_or("", |name| name.id()), message)
        });
        if let Some(parsed) = &parsed
            && let Err(more) = check_commitment(parsed)
        {
            faults.extend(more.under("commitment."));
        }
        let (Some(name), Some(message)) = (name.filter(|_| faults.is_empty()), write.resource) else {
            return Err(faults.into());
        };
        let etag = write.etag;
        let check = async |txn: &mut WriteTxn| before(txn, &name, etag).await;
        self.context
            .desk()
            .submit(caller, submission, check, |outcome, before| {
                let answer = recorded(outcome, before, &name, message, |message, record| message.record = record);
                respond(answer, outcome.receipt.clone())
            })
            .await
    }

    async fn write_progress<R: Message + Default>(
        &self,
        caller: &Caller,
        submission: Submission<'_>,
        write: Write<'_, wire::ProgressReport>,
        respond: impl FnOnce(wire::ProgressReport, Option<contracts::common::v1::Receipt>) -> R,
    ) -> Result<R, DeskError> {
        let mut faults = Violations::new();
        let name = write.name(&mut faults, self.context.department(), PROGRESS_REPORTS, "progress_report", &submission);
        let parsed = write.resource.as_ref().and_then(|message| {
            let mut reader = Reader::new(&mut faults);
            convert::read_progress(&mut reader.at("progress_report"), caller.principal.as_str(), message)
        });
        let (Some(name), Some(message), Some(report)) = (name.filter(|_| faults.is_empty()), write.resource, parsed)
        else {
            return Err(faults.into());
        };
        let etag = write.etag;
        let check = async |txn: &mut WriteTxn| {
            let commitment = commitment(txn, &message.commitment, "progress_report.commitment").await?;
            check_progress(&commitment, &report).map_err(|faults| DeskError::from(faults.under("progress_report.")))?;
            before(txn, &name, etag).await
        };
        self.context
            .desk()
            .submit(caller, submission, check, |outcome, before| {
                let answer =
                    recorded(outcome, before, &name, message.clone(), |message, record| message.record = record);
                respond(answer, outcome.receipt.clone())
            })
            .await
    }

    async fn accept(
        &self,
        caller: &Caller,
        submission: Submission<'_>,
        message: &wire::AcceptCommitmentRequest,
    ) -> Result<wire::AcceptCommitmentResponse, DeskError> {
        let mut faults = Violations::new();
        desk::request_id(&mut Reader::new(&mut faults), &message.request_id);
        let name = common::resource_name(&mut Reader::new(&mut faults), "name", &message.name, COMMITMENTS);
        let evidence = common::evidence(&mut Reader::new(&mut faults), "evidence", &message.evidence);
        let Some(name) = name.filter(|_| faults.is_empty()) else { return Err(faults.into()) };
        let reporters = self.reporters(&name).await?;
        let today = self.context.today();
        for reporter in &reporters {
            domain::Closure::accept(reporter, caller.principal.as_str(), today, evidence.clone())?;
        }
        domain::Closure::accept("", caller.principal.as_str(), today, evidence)?;
        let check = async |txn: &mut WriteTxn| {
            commitment(txn, &message.name, "name").await?;
            let acceptance = ResourceName::new(name.department().clone(), COMMITMENT_ACCEPTANCES, name.id());
            match acceptance {
                Ok(acceptance) => before(txn, &acceptance, None).await.map(|_| ()),
                Err(_) => Ok(()),
            }
        };
        let receipt = self
            .context
            .desk()
            .submit(caller, submission, check, |outcome, ()| wire::AcceptCommitmentResponse {
                commitment: None,
                receipt: outcome.receipt.clone(),
            })
            .await?
            .receipt;
        let closed = self.with_lights(&View::Now).await?.into_iter().find(|(row, _)| row.name == name);
        Ok(wire::AcceptCommitmentResponse { commitment: closed.map(|(_, message)| message), receipt })
    }

    /// Principals that reported progress of a commitment, or recorded it.
    async fn reporters(&self, commitment: &ResourceName) -> Result<Vec<String>, DeskError> {
        let mut reporters = Vec::new();
        for row in rows(self.context.store(), self.context.department(), PROGRESS_REPORTS, &View::Now).await? {
            let message = wire::ProgressReport::decode(row.body.body.as_slice())?;
            if message.commitment == commitment.to_string()
                && let Some(source) = self.context.sources().of(&row).await?
            {
                reporters.push(source.principal);
            }
        }
        Ok(reporters)
    }

    async fn progress(&self, name: &str, view: &View) -> Result<wire::ProgressReport, DeskError> {
        let mut faults = Violations::new();
        let name = common::resource_name(&mut Reader::new(&mut faults), "name", name, PROGRESS_REPORTS);
        let Some(name) = name else { return Err(faults.into()) };
        let row = self.context.store().resource(&name, view).await?.ok_or_else(|| not_found(&name))?;
        self.progress_out(&row).await
    }

    async fn progress_out(&self, row: &Recorded<StoredResource>) -> Result<wire::ProgressReport, DeskError> {
        let mut message = wire::ProgressReport::decode(row.body.body.as_slice())?;
        let source = self.context.sources().of(row).await?;
        message.record = Some(common::record_out(row, message.citation.clone(), source.as_ref()));
        Ok(message)
    }
}

/// A create or an update.
struct Write<'a, M> {
    parent: Option<&'a str>,
    id: &'a str,
    resource: Option<M>,
    etag: Option<&'a str>,
    correction: Option<&'a contracts::common::v1::Correction>,
}

impl<M: Named> Write<'_, M> {
    fn name(
        &self,
        faults: &mut Violations,
        department: &domain::DepartmentId,
        collection: &str,
        field: &str,
        submission: &Submission<'_>,
    ) -> Option<ResourceName> {
        let mut reader = Reader::new(faults);
        desk::request_id(&mut reader, submission.request_id);
        if self.resource.is_none() {
            reader.missing(field);
        }
        let Some(parent) = self.parent else {
            common::correction(&mut reader.at("correction"), self.correction);
            let name = self.resource.as_ref().map_or("", Named::name);
            return common::resource_name(&mut reader.at(field), "name", name, collection);
        };
        desk::own_parent(&mut reader, parent, department);
        common::new_name(&mut reader, &format!("{field}_id"), department, collection, self.id)
    }
}

trait Named {
    fn name(&self) -> &str;
    fn set_name(&mut self, name: String);
}

impl Named for wire::Commitment {
    fn name(&self) -> &str {
        &self.name
    }
    fn set_name(&mut self, name: String) {
        self.name = name;
    }
}

impl Named for wire::ProgressReport {
    fn name(&self) -> &str {
        &self.name
    }
    fn set_name(&mut self, name: String) {
        self.name = name;
    }
}

fn recorded<M: Named>(
    outcome: &Outcome,
    before: u32,
    name: &ResourceName,
    mut message: M,
    set: impl FnOnce(&mut M, Option<contracts::common::v1::Record>),
) -> M {
    message.set_name(name.to_string());
    let record = outcome.recorded(0, before, ()).map(|row| common::record_out(&row, None, Some(&outcome.source)));
    set(&mut message, record);
    message
}

/// The revision that a write replaces: none may be there for a create, and the one read for an update.
async fn before(txn: &mut WriteTxn, name: &ResourceName, etag: Option<&str>) -> Result<u32, DeskError> {
    match (txn.resource(name).await?, etag) {
        (None, None) => Ok(0),
        (None, Some(_)) => Err(not_found(name).into()),
        (Some(row), Some(etag)) if row.etag == etag => Ok(row.revision),
        (Some(row), Some(etag)) => Err(Violation::new(
            "etag",
            Reason::StaleEtag,
            etag,
            Text::new(format!("{name} 已有更新的版本"), format!("{name} has a newer revision")),
            Text::new("请重新读取后再更正", "read it again, then correct it"),
        )
        .allowing([row.etag])
        .into()),
        (Some(row), None) => Err(DomainError::new(
            Reason::DuplicateResource,
            Text::new(format!("{name} 已存在，请用更正"), format!("{name} exists; correct it with Update")),
        )
        .with_fact("name", name)
        .with_fact("etag", row.etag)
        .into()),
    }
}

async fn commitment(txn: &mut WriteTxn, name: &str, field: &str) -> Result<domain::Commitment, DeskError> {
    let mut faults = Violations::new();
    let name = common::resource_name(&mut Reader::new(&mut faults), field, name, COMMITMENTS);
    let Some(name) = name else { return Err(faults.into()) };
    let row = txn.resource(&name).await?.ok_or_else(|| not_found(&name))?;
    let message = wire::Commitment::decode(row.body.body.as_slice())?;
    convert::read_commitment(&mut Reader::new(&mut faults), name.id(), &message).ok_or_else(|| faults.into())
}

fn not_found(name: &ResourceName) -> DomainError {
    DomainError::new(Reason::ResourceNotFound, Text::new(format!("没有 {name}"), format!("there is no {name}")))
        .with_fact("name", name)
}

#[tonic::async_trait]
impl FollowUpService for FollowUp {
    async fn create_commitment(
        &self,
        request: Request<wire::CreateCommitmentRequest>,
    ) -> Result<Response<wire::CreateCommitmentResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let message = request.into_inner();
        let method = format!("{SERVICE}/CreateCommitment");
        let submission = Submission {
            method: &method,
            request: raw,
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let write = Write {
            parent: Some(&message.parent),
            id: &message.commitment_id,
            resource: message.commitment.clone(),
            etag: None,
            correction: None,
        };
        let respond = |commitment, receipt| wire::CreateCommitmentResponse { commitment: Some(commitment), receipt };
        reply(caller.lang, Box::pin(self.write_commitment(&caller, submission, write, respond)).await)
    }

    async fn update_commitment(
        &self,
        request: Request<wire::UpdateCommitmentRequest>,
    ) -> Result<Response<wire::UpdateCommitmentResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let message = request.into_inner();
        let method = format!("{SERVICE}/UpdateCommitment");
        let submission = Submission {
            method: &method,
            request: raw,
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let write = Write {
            parent: None,
            id: "",
            resource: message.commitment.clone(),
            etag: Some(&message.etag),
            correction: message.correction.as_ref(),
        };
        let respond = |commitment, receipt| wire::UpdateCommitmentResponse { commitment: Some(commitment), receipt };
        reply(caller.lang, Box::pin(self.write_commitment(&caller, submission, write, respond)).await)
    }

    async fn get_commitment(
        &self,
        request: Request<wire::GetCommitmentRequest>,
    ) -> Result<Response<wire::GetCommitmentResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.into_inner();
        let outcome = async {
            let view = self.context.view(message.as_of.as_ref())?;
            let mut faults = Violations::new();
            let name = common::resource_name(&mut Reader::new(&mut faults), "name", &message.name, COMMITMENTS);
            let Some(name) = name else { return Err(DeskError::from(faults)) };
            let found = self.with_lights(&view).await?.into_iter().find(|(row, _)| row.name == name);
            let (_, commitment) = found.ok_or_else(|| not_found(&name))?;
            Ok(wire::GetCommitmentResponse { commitment: Some(commitment) })
        };
        reply(caller.lang, Box::pin(outcome).await)
    }

    async fn list_commitments(
        &self,
        request: Request<wire::ListCommitmentsRequest>,
    ) -> Result<Response<wire::ListCommitmentsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.into_inner();
        let outcome = async {
            self.context.parent(&message.parent)?;
            let view = self.context.view(message.as_of.as_ref())?;
            let query = wire::ListCommitmentsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read("ListCommitments", &query, message.page_size, &message.page_token)?;
            let mut commitments: Vec<_> = self.with_lights(&view).await?.into_iter().map(|(_, found)| found).collect();
            commitments.sort_by(|a, b| a.name.cmp(&b.name));
            if let Some(after) = &page.after {
                commitments.retain(|found| found.name > *after);
            }
            let next_page_token = page.cut(&mut commitments, |found| found.name.clone());
            Ok::<_, DeskError>(wire::ListCommitmentsResponse { commitments, next_page_token })
        };
        reply(caller.lang, Box::pin(outcome).await)
    }

    async fn create_progress_report(
        &self,
        request: Request<wire::CreateProgressReportRequest>,
    ) -> Result<Response<wire::CreateProgressReportResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let message = request.into_inner();
        let method = format!("{SERVICE}/CreateProgressReport");
        let submission = Submission {
            method: &method,
            request: raw,
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let write = Write {
            parent: Some(&message.parent),
            id: &message.progress_report_id,
            resource: message.progress_report.clone(),
            etag: None,
            correction: None,
        };
        let respond = |report, receipt| wire::CreateProgressReportResponse { progress_report: Some(report), receipt };
        reply(caller.lang, Box::pin(self.write_progress(&caller, submission, write, respond)).await)
    }

    async fn update_progress_report(
        &self,
        request: Request<wire::UpdateProgressReportRequest>,
    ) -> Result<Response<wire::UpdateProgressReportResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let message = request.into_inner();
        let method = format!("{SERVICE}/UpdateProgressReport");
        let submission = Submission {
            method: &method,
            request: raw,
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let write = Write {
            parent: None,
            id: "",
            resource: message.progress_report.clone(),
            etag: Some(&message.etag),
            correction: message.correction.as_ref(),
        };
        let respond = |report, receipt| wire::UpdateProgressReportResponse { progress_report: Some(report), receipt };
        reply(caller.lang, Box::pin(self.write_progress(&caller, submission, write, respond)).await)
    }

    async fn get_progress_report(
        &self,
        request: Request<wire::GetProgressReportRequest>,
    ) -> Result<Response<wire::GetProgressReportResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.into_inner();
        let outcome = async {
            let view = self.context.view(message.as_of.as_ref())?;
            let report = self.progress(&message.name, &view).await?;
            Ok::<_, DeskError>(wire::GetProgressReportResponse { progress_report: Some(report) })
        };
        reply(caller.lang, outcome.await)
    }

    async fn list_progress_reports(
        &self,
        request: Request<wire::ListProgressReportsRequest>,
    ) -> Result<Response<wire::ListProgressReportsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.into_inner();
        let outcome = async {
            self.context.parent(&message.parent)?;
            let query = wire::ListProgressReportsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
            let page = Page::read("ListProgressReports", &query, message.page_size, &message.page_token)?;
            let rows = self
                .context
                .store()
                .resources(&ResourceQuery {
                    origin: Some(self.context.department().clone()),
                    collection: Some(PROGRESS_REPORTS.to_owned()),
                    view: self.context.view(message.as_of.as_ref())?,
                    after_name: page.after.clone(),
                    limit: page.limit(),
                })
                .await?;
            let mut progress_reports = Vec::with_capacity(rows.len());
            for row in &rows {
                progress_reports.push(self.progress_out(row).await?);
            }
            let next_page_token = page.cut(&mut progress_reports, |found| found.name.clone());
            Ok::<_, DeskError>(wire::ListProgressReportsResponse { progress_reports, next_page_token })
        };
        reply(caller.lang, outcome.await)
    }

    async fn accept_commitment(
        &self,
        request: Request<wire::AcceptCommitmentRequest>,
    ) -> Result<Response<wire::AcceptCommitmentResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let message = request.into_inner();
        let submission = Submission {
            method: method::ACCEPT_COMMITMENT,
            request: raw,
            request_id: &message.request_id,
            validate_only: false,
        };
        reply(caller.lang, Box::pin(self.accept(&caller, submission, &message)).await)
    }
}
