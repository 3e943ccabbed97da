//! `FollowUpService`: commitments and progress in the aggregator's own log; lights are computed for every answer.

use contracts::followup::v1::{self as wire, follow_up_service_server::FollowUpService};
use domain::Violations;
use node::{
    caller::{Caller, RawRequest},
    convert::{Reader, common},
    desk::{DeskError, Submission},
    pages::Page,
    projection::method,
    services::{NodeContext, reply},
};
use store::ResourceQuery;
use tonic::{Request, Response, Status};

use super::{COMMITMENTS, PROGRESS_REPORTS};
use crate::writes::{Write, not_found};

const SERVICE: &str = "wufei.followup.v1.FollowUpService";

/// Serves the follow-up.
#[derive(Clone, Debug)]
pub(crate) struct FollowUp {
    pub(crate) context: NodeContext,
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
            caller.must_see(self.context.department(), "")?;
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
            caller.must_see(self.context.department(), "")?;
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
            caller.must_see(self.context.department(), "")?;
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
            caller.must_see(self.context.department(), "")?;
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
