//! `ReportService`.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use contracts::evaluation::v1::{self as pb, report_service_server::ReportService};
use domain::{
    DepartmentId, DomainError, Lang, Measure, Observation, Reason, Recorded, ResourceName, Text, Violation, Violations,
};
use node::{
    caller::{Caller, RawRequest},
    convert::{Reader, common},
    desk::{self, DeskError, Submission},
    pages::Page,
    services::{NodeContext, reply},
};
use policy::{OPEN_CLASS, Row};
use prost::Message as _;
use report::manifest;
use sha2::{Digest as _, Sha256};
use store::View;
use tokio::sync::Mutex;
use tonic::{Request, Response, Status, codegen::BoxStream};

use crate::{
    followup::{Measured, rows, standings},
    internal,
    reports::{
        REPORTS,
        build::{self, Sources},
        documents::{self, Kind},
        evidence::{Evidence, LogKeys},
        explain, model, open,
        parties::parties,
    },
    runs::{self, Evaluations},
    schemes::Schemes,
    share,
    snapshot::Snapshot,
    writes::Write,
};

const CREATE: &str = "wufei.evaluation.v1.ReportService/CreateReport";
const CREATE_TEXT: &str = "wufei.evaluation.v1.ReportService/CreateReportText";
const UPDATE_TEXT: &str = "wufei.evaluation.v1.ReportService/UpdateReportText";
const LATEST: &str = "latest";
/// Bytes of a download chunk.
const CHUNK: usize = 64 * 1024;

/// Makes and serves reports.
#[derive(Clone, Debug)]
pub(crate) struct Reports {
    pub(crate) context: NodeContext,
    pub(crate) evaluations: Evaluations,
    pub(crate) schemes: Schemes,
    pub(crate) nodes: Arc<Vec<DepartmentId>>,
    /// Keys of the logs, its own among them.
    pub(crate) log_keys: Arc<LogKeys>,
    pub(crate) synthetic: bool,
    /// One edition at a time, so that editions are numbered without a gap.
    pub(crate) numbering: Arc<Mutex<()>>,
    /// The newest edition that was found so far.
    pub(crate) newest_known: Arc<AtomicU32>,
}

impl Reports {
    /// A report by its name, or the newest edition.
    ///
    /// # Errors
    /// [`Reason::ResourceNotFound`]; the faults of the store.
    pub(crate) async fn report(&self, name: &str) -> Result<pb::Report, DeskError> {
        let id = name.strip_prefix("departments/aggregator/reports/").unwrap_or(name);
        let found = match id.strip_prefix("edition-").map(str::parse) {
            _ if id == LATEST => self.edition(self.newest().await?).await?,
            Some(Ok(edition)) => self.edition(edition).await?,
            Some(Err(_)) | None => None,
        };
        found.filter(|report| id == LATEST || report.name == name).ok_or_else(|| not_found(name).into())
    }

    /// A report as far as the caller sees it: all of it, or what of it is open to the public.
    async fn seen(&self, caller: &Caller, name: &str) -> Result<pb::Report, DeskError> {
        let own = self.context.department();
        if caller.sees(own, "") {
            return self.report(name).await;
        }
        let sees = |department: &str| caller.permit.sees(Row { department, region: "", class: OPEN_CLASS });
        if !sees(own.as_str()) {
            caller.must_see(own, "")?;
        }
        Ok(open::part(self.report(name).await?, self.context.open(), sees))
    }

    /// The report of an edition.
    async fn edition(&self, edition: u32) -> Result<Option<pb::Report>, DeskError> {
        let name = ResourceName::new(self.context.department().clone(), REPORTS, &format!("edition-{edition}"));
        let name = name.map_err(|error| internal(&error))?;
        let row = self.context.store().resource(&name, &View::Now).await?;
        row.map(|row| Ok(pb::Report::decode(row.body.body.as_slice())?)).transpose()
    }

    /// Number of the newest edition; 0 when there is none. Editions are numbered without a gap, so the search goes on from the
    /// newest that was known.
    async fn newest(&self) -> Result<u32, DeskError> {
        let mut newest = self.newest_known.load(Ordering::Relaxed);
        while self.edition(newest + 1).await?.is_some() {
            newest += 1;
        }
        self.newest_known.fetch_max(newest, Ordering::Relaxed);
        Ok(newest)
    }

    /// A report as a page.
    ///
    /// # Errors
    /// As [`Self::report`]; [`Reason::Internal`] when the stored report cannot be rendered.
    pub(crate) async fn html(&self, name: &str) -> Result<String, DeskError> {
        let report = self.report(name).await?;
        let model = model::report(&report).map_err(|error| internal(&error))?;
        let page = report::html::render(&model).map_err(|error| internal(&error))?;
        let signer = self.context.desk().signer();
        manifest::sign_page(&page, &report.name, &report.manifest, signer).map_err(|error| internal(&error))
    }

    async fn all(&self) -> Result<Vec<pb::Report>, DeskError> {
        let rows = rows(self.context.store(), self.context.department(), REPORTS, &View::Now).await?;
        rows.iter().map(|row| Ok(pb::Report::decode(row.body.body.as_slice())?)).collect()
    }

    async fn create(
        &self,
        caller: &Caller,
        raw: bytes::Bytes,
        message: pb::CreateReportRequest,
    ) -> Result<pb::CreateReportResponse, DeskError> {
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        desk::request_id(&mut reader, &message.request_id);
        reader.required("evaluation_run", &message.evaluation_run);
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let submission =
            Submission { method: CREATE, request: raw, request_id: &message.request_id, validate_only: false };
        let _numbered = self.numbering.lock().await;
        if let Some(answer) = self.context.desk().replay(caller, &submission).await? {
            return Ok(answer);
        }
        let run = self.evaluations.run(&message.evaluation_run).await?;
        let index_runs = self.index_runs(&run, &message.index_runs).await?;
        let joint_run = self.joint_run(&run, &message.joint_run).await?;
        let report = Box::pin(self.build(run, index_runs, joint_run)).await?;
        let answer = |outcome: &desk::Outcome| pb::CreateReportResponse {
            report: Some(report.clone()),
            receipt: outcome.receipt.clone(),
        };
        self.context.desk().publish(caller, submission, "wufei.evaluation.v1.Report", &report, answer).await
    }

    async fn build(
        &self,
        run: pb::EvaluationRun,
        index_runs: Vec<pb::EvaluationRun>,
        joint_run: Option<pb::EvaluationRun>,
    ) -> Result<pb::Report, DeskError> {
        let context = &self.context;
        let (store, now, today) = (context.store(), context.now(), context.today());
        let snapshot = Snapshot::read(store, &runs::sizes(&run.checkpoints)).await.map_err(|error| internal(&error))?;
        let share = share::of(&snapshot.milestones, context.regions());
        let measured = Measured { share: &share.share, rule: &share.share.rule, as_of: share.as_of };
        let own = context.department();
        let standings = standings(store, own, &View::Now, today, &measured).await.map_err(|error| internal(&error))?;
        let parties = parties(store, &self.nodes, context.regions(), now).await?;
        let edition = self.newest().await? + 1;
        let corrections = corrections(&snapshot);
        let mut own_sources = std::collections::BTreeMap::new();
        for standing in &standings {
            let row = &standing.commitment;
            if let Some(source) = context.sources().of(row).await? {
                let record = common::record_out(row, None, Some(&source));
                own_sources.insert(format!("{}@{}", row.name, row.revision), record.provenance);
            }
        }
        let provenance = |key: &str| snapshot.provenance(key).or_else(|| own_sources.get(key).cloned().flatten());
        let scheme = self.schemes.of_run(&run).await?;
        let texts = self.printed_texts(&run.period).await?;
        let sources = Sources {
            name: format!("{}/{REPORTS}/edition-{edition}", own.parent()),
            edition,
            now,
            today,
            synthetic: self.synthetic,
            scheme_title: scheme.wire.title.unwrap_or_default(),
            catalogue: context.catalogue(),
            regions: context.regions(),
            snapshot: &snapshot,
            corrections: &corrections,
            commitments: &standings,
            share: &share.share,
            share_rule: domain::CountingRule::v1().text(),
            share_deadline: share::deadline(),
            parties: &parties,
            provenance: &provenance,
            run,
            index_runs,
            joint_run,
            texts,
        };
        let mut report = build::report(&sources).map_err(|error| internal(&error))?;
        let model = model::report(&report).map_err(|error| internal(&error))?;
        report.content_digest = report::digest(&model);
        let signed = manifest::sign_report(&json(&report)?, context.desk().signer());
        report.manifest = signed.map_err(|error| internal(&error))?;
        Ok(report)
    }

    async fn rendered(
        &self,
        message: &pb::DownloadReportRequest,
        lang: Lang,
    ) -> Result<(Vec<u8>, &'static str), DeskError> {
        match message.format() {
            pb::ReportFormat::Json => {
                let json = json(&self.report(&message.name).await?)?;
                let text = serde_json::to_vec_pretty(&json).map_err(|error| internal(&error))?;
                Ok((text, "application/json"))
            }
            pb::ReportFormat::Html => Ok((self.html(&message.name).await?.into_bytes(), "text/html; charset=utf-8")),
            pb::ReportFormat::Pdf => self.document(Kind::Pdf, &message.name, lang).await,
            pb::ReportFormat::Xlsx => self.document(Kind::Xlsx, &message.name, lang).await,
            pb::ReportFormat::Docx => self.document(Kind::Docx, &message.name, lang).await,
            pb::ReportFormat::Unspecified => Err(Violation::new(
                "format",
                Reason::FieldRequired,
                "",
                Text::new("须注明报告格式", "the format is required"),
                Text::new("请选 JSON、HTML、PDF、XLSX 或 DOCX", "choose JSON, HTML, PDF, XLSX or DOCX"),
            )
            .into()),
        }
    }

    /// A report as a document, compared with the edition before.
    async fn document(&self, kind: Kind, name: &str, lang: Lang) -> Result<(Vec<u8>, &'static str), DeskError> {
        let report = self.report(name).await?;
        let previous = match report.edition.checked_sub(1) {
            Some(edition) if edition > 0 => self.edition(edition).await?,
            Some(_) | None => None,
        };
        let bytes = documents::render(kind, &report, previous.as_ref(), lang).await?;
        Ok((bytes, kind.media_type()))
    }
}

/// A report as it is handed out, and signed: proto JSON.
fn json(report: &pb::Report) -> Result<serde_json::Value, DeskError> {
    client::dynamic::to_json("wufei.evaluation.v1.Report", report).map_err(|error| internal(&error))
}

/// Current figures that replaced an earlier revision.
fn corrections(snapshot: &Snapshot) -> Vec<Recorded<Observation>> {
    let actual = snapshot.observations.iter().filter(|row| row.body.key.measure == Measure::Actual);
    actual.filter(|row| row.correction.is_some()).cloned().collect()
}

fn not_found(name: &str) -> DomainError {
    let name = ResourceName::parse(name).map_or_else(|_| name.to_owned(), |name| name.to_string());
    DomainError::new(
        Reason::ResourceNotFound,
        Text::new(format!("没有报告 {name}"), format!("there is no report {name}")),
    )
    .with_fact("name", name)
}

fn no_cell(report: &pb::Report, cell: &str) -> DomainError {
    DomainError::new(
        Reason::ResourceNotFound,
        Text::new(
            format!("{} 中没有数字 {cell}；可用形式：{}", report.name, explain::known_kinds().join("、")),
            format!("{} has no figure {cell}; forms: {}", report.name, explain::known_kinds().join(", ")),
        ),
    )
    .with_fact("cell", cell)
}

#[tonic::async_trait]
impl ReportService for Reports {
    type DownloadReportStream = BoxStream<pb::DownloadReportResponse>;

    async fn create_report(
        &self,
        request: Request<pb::CreateReportRequest>,
    ) -> Result<Response<pb::CreateReportResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        reply(caller.lang, Box::pin(self.create(&caller, raw, request.into_inner())).await)
    }

    async fn get_report(
        &self,
        request: Request<pb::GetReportRequest>,
    ) -> Result<Response<pb::GetReportResponse>, Status> {
        let caller = Caller::of(&request)?;
        let report = self.seen(&caller, &request.into_inner().name).await;
        reply(caller.lang, report.map(|report| pb::GetReportResponse { report: Some(report) }))
    }

    async fn list_reports(
        &self,
        request: Request<pb::ListReportsRequest>,
    ) -> Result<Response<pb::ListReportsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.into_inner();
        let outcome = async {
            caller.must_see(self.context.department(), "")?;
            let query = pb::ListReportsRequest::default();
            let page = Page::read("ListReports", &query, message.page_size, &message.page_token)?;
            let order = |edition: u32| format!("{:010}", u32::MAX - edition);
            let mut reports: Vec<_> = self.all().await?.into_iter().map(summary).collect();
            reports.sort_by_key(|report| order(report.edition));
            if let Some(after) = &page.after {
                reports.retain(|report| order(report.edition) > *after);
            }
            let next_page_token = page.cut(&mut reports, |report| order(report.edition));
            Ok::<_, DeskError>(pb::ListReportsResponse { reports, next_page_token })
        };
        reply(caller.lang, outcome.await)
    }

    async fn download_report(
        &self,
        request: Request<pb::DownloadReportRequest>,
    ) -> Result<Response<Self::DownloadReportStream>, Status> {
        let caller = Caller::of(&request)?;
        let outcome = async {
            caller.must_see(self.context.department(), "")?;
            Box::pin(self.rendered(&request.into_inner(), caller.lang)).await
        };
        let outcome = outcome.await;
        let stream = outcome.map(|(bytes, media_type)| {
            let sha256 = hex::encode(Sha256::digest(&bytes));
            let mut head = Some((media_type.to_owned(), sha256));
            let chunks: Vec<_> = bytes
                .chunks(CHUNK)
                .map(|chunk| {
                    let (media_type, sha256) = head.take().unwrap_or_default();
                    Ok(pb::DownloadReportResponse { chunk: chunk.to_vec(), media_type, sha256 })
                })
                .collect();
            Box::pin(tokio_stream::iter(chunks)) as Self::DownloadReportStream
        });
        reply(caller.lang, stream)
    }

    async fn explain_cell(
        &self,
        request: Request<pb::ExplainCellRequest>,
    ) -> Result<Response<pb::ExplainCellResponse>, Status> {
        let caller = Caller::of(&request)?;
        let message = request.into_inner();
        let outcome = async {
            caller.must_see(self.context.department(), explain::region(&message.cell))?;
            let report = self.report(&message.name).await?;
            let mut explanation =
                explain::cell(&report, &message.cell).ok_or_else(|| no_cell(&report, &message.cell))?;
            let mut evidence = Evidence::new(&self.context, &caller, &self.log_keys);
            Box::pin(evidence.fill(&mut explanation)).await?;
            Ok::<_, DeskError>(pb::ExplainCellResponse { explanation: Some(explanation) })
        };
        reply(caller.lang, outcome.await)
    }

    async fn create_report_text(
        &self,
        request: Request<pb::CreateReportTextRequest>,
    ) -> Result<Response<pb::CreateReportTextResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let message = request.into_inner();
        let submission = Submission {
            method: CREATE_TEXT,
            request: raw,
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let write = Write {
            parent: Some(&message.parent),
            id: &message.report_text_id,
            resource: message.report_text.clone(),
            etag: None,
            correction: None,
        };
        let respond = |text, receipt| pb::CreateReportTextResponse { report_text: Some(text), receipt };
        reply(caller.lang, Box::pin(self.write_text(&caller, submission, write, respond)).await)
    }

    async fn update_report_text(
        &self,
        request: Request<pb::UpdateReportTextRequest>,
    ) -> Result<Response<pb::UpdateReportTextResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        let message = request.into_inner();
        let submission = Submission {
            method: UPDATE_TEXT,
            request: raw,
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let write = Write {
            parent: None,
            id: "",
            resource: message.report_text.clone(),
            etag: Some(&message.etag),
            correction: None,
        };
        let respond = |text, receipt| pb::UpdateReportTextResponse { report_text: Some(text), receipt };
        reply(caller.lang, Box::pin(self.write_text(&caller, submission, write, respond)).await)
    }

    async fn list_report_texts(
        &self,
        request: Request<pb::ListReportTextsRequest>,
    ) -> Result<Response<pb::ListReportTextsResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.list_texts(&caller, request.into_inner()).await)
    }

    async fn list_report_text_revisions(
        &self,
        request: Request<pb::ListReportTextRevisionsRequest>,
    ) -> Result<Response<pb::ListReportTextRevisionsResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.text_revisions(&caller, request.into_inner()).await)
    }
}

fn summary(report: pb::Report) -> pb::ReportSummary {
    pb::ReportSummary {
        name: report.name,
        edition: report.edition,
        create_time: report.create_time,
        evaluation_run: report.run.map(|run| run.name).unwrap_or_default(),
        content_digest: report.content_digest,
    }
}
