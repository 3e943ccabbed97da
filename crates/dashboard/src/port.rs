//! Where the pages get their data: the services of the aggregator, asked as the person who looks at the page.
//!
//! A page is a reader like any other. What it shows is the answer of a gRPC method to this person, so the policies decide here
//! as they decide there, and the audit log records it.

use std::{fmt::Debug, pin::Pin, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use contracts::{catalog, evaluation, exchange, followup, funding, log, sharing};
use domain::Lang;
use futures_util::Stream;

/// Somebody who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// SPIFFE identity.
    pub principal: String,
    /// SHA-256 of the certificate that stands for it, lower-case hex; empty where there is none.
    pub fingerprint: String,
    /// Whether they signed in with a session, which they can end.
    pub session: bool,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of answer this is for a page.
    pub kind: RefusalKind,
    /// Machine-readable reason, as in `docs/errors`; empty when there is none.
    pub reason: String,
    /// The text for the person, in their language.
    pub text: String,
}

/// Kinds of refusals, as far as a page shows them differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// There is no such thing.
    NotFound,
    /// The policies do not allow it, or the person is no member any more.
    Denied,
    /// What was asked breaks a rule.
    Invalid,
    /// Right now it cannot be answered.
    Unavailable,
    /// A fault of the program.
    Fault,
}

/// Wakes up when something that pages show may have changed. It carries no data.
pub type Changes = Pin<Box<dyn Stream<Item = ()> + Send>>;

/// The services, asked in the name of a visitor.
#[async_trait]
pub trait Source: Debug + Send + Sync {
    /// Calls a method with one answer. `method` is `/service/method`, the message and the answer are protobuf.
    async fn call(&self, visitor: &Visitor, lang: Lang, method: &'static str, message: Bytes)
    -> Result<Bytes, Refusal>;

    /// Calls a method whose answer is a stream that ends by itself.
    async fn collect(
        &self,
        visitor: &Visitor,
        lang: Lang,
        method: &'static str,
        message: Bytes,
    ) -> Result<Vec<Bytes>, Refusal>;

    /// Tells of changes.
    fn changes(&self) -> Changes;
}

/// Starts a run.
pub(crate) const CREATE_RUN: &str = "/wufei.evaluation.v1.EvaluationService/CreateEvaluationRun";
/// Makes an edition.
pub(crate) const CREATE_REPORT: &str = "/wufei.evaluation.v1.ReportService/CreateReport";
/// Stores the draft of a scheme.
pub(crate) const CREATE_SCHEME: &str = "/wufei.evaluation.v1.SchemeService/CreateScheme";
/// Puts a draft forward.
pub(crate) const PROPOSE_SCHEME: &str = "/wufei.evaluation.v1.SchemeService/ProposeScheme";
/// Puts a scheme into force.
pub(crate) const PUBLISH_SCHEME: &str = "/wufei.evaluation.v1.SchemeService/PublishScheme";
/// Reports progress of a commitment.
pub(crate) const REPORT_PROGRESS: &str = "/wufei.followup.v1.FollowUpService/CreateProgressReport";
/// Corrects a report of progress.
pub(crate) const UPDATE_PROGRESS: &str = "/wufei.followup.v1.FollowUpService/UpdateProgressReport";
/// Puts a commitment on record.
pub(crate) const CREATE_COMMITMENT: &str = "/wufei.followup.v1.FollowUpService/CreateCommitment";
/// Corrects a commitment.
pub(crate) const UPDATE_COMMITMENT: &str = "/wufei.followup.v1.FollowUpService/UpdateCommitment";
/// Closes a commitment.
pub(crate) const ACCEPT: &str = "/wufei.followup.v1.FollowUpService/AcceptCommitment";

/// The services, shared by all handlers.
pub type SharedSource = Arc<dyn Source>;

/// A request with its method and the type of its answer.
pub(crate) trait Call: prost::Message {
    const METHOD: &'static str;
    type Answer: prost::Message + Default;
}

macro_rules! calls {
    ($($module:ident $service:literal: $($method:literal $request:ident $answer:ident),+;)+) => {
        $($(impl Call for $module::v1::$request {
            const METHOD: &'static str = concat!("/wufei.", stringify!($module), ".v1.", $service, "/", $method);
            type Answer = $module::v1::$answer;
        })+)+
    };
}

// Every method that pages call with one answer. All of them read.
calls! {
    catalog "CatalogService":
        "GetIndicator" GetIndicatorRequest GetIndicatorResponse,
        "ListIndicators" ListIndicatorsRequest ListIndicatorsResponse,
        "ListRegions" ListRegionsRequest ListRegionsResponse,
        "ListDataResources" ListDataResourcesRequest ListDataResourcesResponse;
    evaluation "EvaluationService":
        "GetEvaluationRun" GetEvaluationRunRequest GetEvaluationRunResponse,
        "ListEvaluationRuns" ListEvaluationRunsRequest ListEvaluationRunsResponse,
        "AnalyzeRun" AnalyzeRunRequest AnalyzeRunResponse,
        "CompareRuns" CompareRunsRequest CompareRunsResponse,
        "SimulateRun" SimulateRunRequest SimulateRunResponse;
    evaluation "SchemeService":
        "CheckScheme" CheckSchemeRequest CheckSchemeResponse,
        "GetScheme" GetSchemeRequest GetSchemeResponse,
        "ListSchemes" ListSchemesRequest ListSchemesResponse;
    evaluation "ReportService":
        "GetReport" GetReportRequest GetReportResponse,
        "ListReports" ListReportsRequest ListReportsResponse,
        "ExplainCell" ExplainCellRequest ExplainCellResponse,
        "ListReportTexts" ListReportTextsRequest ListReportTextsResponse,
        "ListReportTextRevisions" ListReportTextRevisionsRequest ListReportTextRevisionsResponse;
    exchange "ObservationQueryService":
        "ListObservations" ListObservationsRequest ListObservationsResponse,
        "ListObservationRevisions" ListObservationRevisionsRequest ListObservationRevisionsResponse;
    followup "FollowUpService":
        "GetCommitment" GetCommitmentRequest GetCommitmentResponse,
        "ListCommitments" ListCommitmentsRequest ListCommitmentsResponse,
        "GetProgressReport" GetProgressReportRequest GetProgressReportResponse,
        "ListProgressReports" ListProgressReportsRequest ListProgressReportsResponse;
    funding "FundingQueryService":
        "SummarizeFunding" SummarizeFundingRequest SummarizeFundingResponse,
        "ListFundingLines" ListFundingLinesRequest ListFundingLinesResponse,
        "ListFundingProjects" ListFundingProjectsRequest ListFundingProjectsResponse,
        "ListFundingGroups" ListFundingGroupsRequest ListFundingGroupsResponse;
    exchange "EndorsementService":
        "ListEndorsements" ListEndorsementsRequest ListEndorsementsResponse;
    sharing "SharingService":
        "ListShareRequests" ListShareRequestsRequest ListShareRequestsResponse,
        "ListQualityTickets" ListQualityTicketsRequest ListQualityTicketsResponse;
    log "LogService":
        "GetCheckpoint" GetCheckpointRequest GetCheckpointResponse,
        "GetInclusionProof" GetInclusionProofRequest GetInclusionProofResponse,
        "GetReceipt" GetReceiptRequest GetReceiptResponse,
        "ListEntries" ListEntriesRequest ListEntriesResponse;
    log "FollowedLogService":
        "ListFollowedLogs" ListFollowedLogsRequest ListFollowedLogsResponse;
}
