//! `EvaluationService`.

use std::sync::Arc;

use contracts::evaluation::v1::{self as pb, evaluation_service_server::EvaluationService};
use domain::{DepartmentId, DomainError, Period, Reason, Recorded, ResourceName, Text, Violations};
use node::{
    caller::{Caller, RawRequest},
    convert::{Reader, common},
    desk::{self, DeskError, Submission},
    pages::Page,
    services::{NodeContext, reply},
    status,
};
use prost::Message as _;
use store::{ResourceQuery, StoredResource, View};
use tonic::{Request, Response, Status, codegen::BoxStream};

use crate::{
    internal,
    runs::{self, Question, RUNS, explain, pin},
    schemes::Schemes,
    snapshot::Snapshot,
};

const CREATE: &str = "wufei.evaluation.v1.EvaluationService/CreateEvaluationRun";

/// Computes, keeps and serves runs.
#[derive(Clone, Debug)]
pub(crate) struct Evaluations {
    pub(crate) context: NodeContext,
    pub(crate) schemes: Schemes,
    pub(crate) nodes: Arc<Vec<DepartmentId>>,
}

impl Evaluations {
    /// A recorded run with its record.
    ///
    /// # Errors
    /// [`Reason::ResourceNotFound`]; the faults of the store.
    pub(crate) async fn run(&self, name: &str) -> Result<pb::EvaluationRun, DeskError> {
        let parsed = ResourceName::parse(name).ok().filter(|name| name.collection() == RUNS);
        let row = match &parsed {
            Some(name) => self.context.store().resource(name, &View::Now).await?,
            None => None,
        };
        match row {
            Some(row) => decode(&row),
            None => Err(not_found(name)),
        }
    }

    async fn create(
        &self,
        caller: &Caller,
        raw: bytes::Bytes,
        message: pb::CreateEvaluationRunRequest,
    ) -> Result<pb::CreateEvaluationRunResponse, DeskError> {
        let pb::CreateEvaluationRunRequest { scheme, period, checkpoints, request_id } = message;
        let mut faults = Violations::new();
        let period = {
            let mut reader = Reader::new(&mut faults);
            desk::request_id(&mut reader, &request_id);
            reader.required("scheme", &scheme);
            reader.required("period", &period).and_then(|text| {
                let rule = "a period is 2024, 2024-H1, 2024-Q3, 2024-06 or an interval";
                reader.parse("period", &text, Reason::PeriodInvalid, rule, Period::parse)
            })
        };
        let Some(period) = period.filter(|_| faults.is_empty()) else { return Err(faults.into()) };
        let submission = Submission { method: CREATE, request: raw, request_id: &request_id, validate_only: false };
        if let Some(answer) = self.context.desk().replay(caller, &submission).await? {
            return Ok(answer);
        }
        let known = self.schemes.find(&scheme).await?;
        let store = self.context.store();
        let checkpoints = if checkpoints.is_empty() {
            pin::newest(store, &self.nodes).await?
        } else {
            pin::check(store, &self.nodes, &checkpoints).await?
        };
        let snapshot = Snapshot::read(store, &runs::sizes(&checkpoints)).await.map_err(|error| internal(&error))?;
        let question = Question { scheme_name: &known.wire.name, scheme: &known.scheme, period: &period, checkpoints };
        let mut run = runs::compute(question, &snapshot, self.context.catalogue(), self.context.regions())
            .map_err(|error| internal(&error))?;
        run.name = format!("{}/{RUNS}/{}", self.context.department().parent(), request_id.to_ascii_lowercase());
        run.as_of_date = self.context.today().to_string();
        let answer = |outcome: &desk::Outcome| {
            let mut run = run.clone();
            run.record = outcome.recorded(0, 0, ()).map(|row| common::record_out(&row, None, Some(&outcome.source)));
            pb::CreateEvaluationRunResponse { evaluation_run: Some(run), receipt: outcome.receipt.clone() }
        };
        self.context.desk().publish(caller, submission, "wufei.evaluation.v1.EvaluationRun", &run, answer).await
    }

    /// As [`Self::run`], with the units that the caller sees: a city sees its own.
    async fn seen_run(&self, caller: &Caller, name: &str) -> Result<pb::EvaluationRun, DeskError> {
        let mut run = self.run(name).await?;
        self.keep_seen(caller, &mut run);
        if run.units.is_empty() {
            caller.must_see(self.context.department(), "")?;
        }
        Ok(run)
    }

    fn keep_seen(&self, caller: &Caller, run: &mut pb::EvaluationRun) {
        run.units.retain(|unit| caller.sees(self.context.department(), &unit.unit));
    }

    async fn list(
        &self,
        caller: &Caller,
        message: pb::ListEvaluationRunsRequest,
    ) -> Result<pb::ListEvaluationRunsResponse, DeskError> {
        let query = pb::ListEvaluationRunsRequest::default();
        let page = Page::read("ListEvaluationRuns", &query, message.page_size, &message.page_token)?;
        let mut found = Vec::new();
        for row in self.rows().await? {
            let mut run = decode(&row)?;
            self.keep_seen(caller, &mut run);
            if run.units.is_empty() && !caller.sees(self.context.department(), "") {
                continue;
            }
            run.units.clear();
            found.push((u64::MAX - row.log_index, run));
        }
        found.sort_by_key(|(newest_first, _)| *newest_first);
        let token_of = |order: u64| format!("{order:020}");
        if let Some(after) = &page.after {
            found.retain(|(order, _)| token_of(*order) > *after);
        }
        let next_page_token = page.cut(&mut found, |(order, _)| token_of(*order));
        Ok(pb::ListEvaluationRunsResponse {
            evaluation_runs: found.into_iter().map(|(_, run)| run).collect(),
            next_page_token,
        })
    }

    async fn rows(&self) -> Result<Vec<Recorded<StoredResource>>, DeskError> {
        let mut query = ResourceQuery {
            origin: Some(self.context.department().clone()),
            collection: Some(RUNS.to_owned()),
            limit: store::MAX_PAGE,
            ..ResourceQuery::default()
        };
        let mut rows = Vec::new();
        loop {
            let page = self.context.store().resources(&query).await?;
            query.after_name = page.last().map(|row| row.name.to_string());
            let full = page.len() >= store::MAX_PAGE as usize;
            rows.extend(page);
            if !full {
                return Ok(rows);
            }
        }
    }
}

fn decode(row: &Recorded<StoredResource>) -> Result<pb::EvaluationRun, DeskError> {
    let mut run = pb::EvaluationRun::decode(row.body.body.as_slice())?;
    run.record = Some(common::record_out(row, None, None));
    Ok(run)
}

fn not_found(name: &str) -> DeskError {
    DomainError::new(
        Reason::ResourceNotFound,
        Text::new(format!("没有评价运行 {name}"), format!("there is no evaluation run {name}")),
    )
    .with_fact("name", name)
    .into()
}

#[tonic::async_trait]
impl EvaluationService for Evaluations {
    type WatchEvaluationRunStream = BoxStream<pb::WatchEvaluationRunResponse>;

    async fn create_evaluation_run(
        &self,
        request: Request<pb::CreateEvaluationRunRequest>,
    ) -> Result<Response<pb::CreateEvaluationRunResponse>, Status> {
        let caller = Caller::of(&request)?;
        let raw = RawRequest::of(&request)?;
        let outcome = Box::pin(self.create(&caller, raw, request.into_inner())).await;
        reply(caller.lang, outcome)
    }

    async fn get_evaluation_run(
        &self,
        request: Request<pb::GetEvaluationRunRequest>,
    ) -> Result<Response<pb::GetEvaluationRunResponse>, Status> {
        let caller = Caller::of(&request)?;
        let run = self.seen_run(&caller, &request.into_inner().name).await;
        reply(caller.lang, run.map(|run| pb::GetEvaluationRunResponse { evaluation_run: Some(run) }))
    }

    async fn list_evaluation_runs(
        &self,
        request: Request<pb::ListEvaluationRunsRequest>,
    ) -> Result<Response<pb::ListEvaluationRunsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let outcome = self.list(&caller, request.into_inner()).await;
        reply(caller.lang, outcome)
    }

    async fn cancel_evaluation_run(
        &self,
        request: Request<pb::CancelEvaluationRunRequest>,
    ) -> Result<Response<pb::CancelEvaluationRunResponse>, Status> {
        let caller = Caller::of(&request)?;
        Err(status::unimplemented("wufei.evaluation.v1.EvaluationService/CancelEvaluationRun", caller.lang))
    }

    async fn watch_evaluation_run(
        &self,
        request: Request<pb::WatchEvaluationRunRequest>,
    ) -> Result<Response<Self::WatchEvaluationRunStream>, Status> {
        let caller = Caller::of(&request)?;
        let run = self.seen_run(&caller, &request.into_inner().name).await;
        // A run has ended when it is recorded, so the stream has one state.
        let stream = run.map(|mut run| {
            run.units.clear();
            let state = pb::WatchEvaluationRunResponse { evaluation_run: Some(run) };
            Box::pin(tokio_stream::once(Ok(state))) as Self::WatchEvaluationRunStream
        });
        reply(caller.lang, stream)
    }

    async fn explain_score(
        &self,
        request: Request<pb::ExplainScoreRequest>,
    ) -> Result<Response<pb::ExplainScoreResponse>, Status> {
        let caller = Caller::of(&request)?;
        let pb::ExplainScoreRequest { name, unit } = request.into_inner();
        let outcome = async {
            caller.must_see(self.context.department(), &unit)?;
            let run = self.run(&name).await?;
            let found = run.units.into_iter().find(|result| result.unit == unit);
            found.ok_or_else(|| not_found(&format!("{name} / {unit}")))
        };
        let answer = |unit| pb::ExplainScoreResponse { steps: explain::steps(&unit), unit: Some(unit) };
        reply(caller.lang, outcome.await.map(answer))
    }

    async fn compare_runs(
        &self,
        request: Request<pb::CompareRunsRequest>,
    ) -> Result<Response<pb::CompareRunsResponse>, Status> {
        let caller = Caller::of(&request)?;
        // About all cities.
        caller.must_see(self.context.department(), "").map_err(|error| status::status(&error, caller.lang))?;
        Err(status::unimplemented("wufei.evaluation.v1.EvaluationService/CompareRuns", caller.lang))
    }

    async fn simulate_run(
        &self,
        request: Request<pb::SimulateRunRequest>,
    ) -> Result<Response<pb::SimulateRunResponse>, Status> {
        let caller = Caller::of(&request)?;
        // About all cities.
        caller.must_see(self.context.department(), "").map_err(|error| status::status(&error, caller.lang))?;
        Err(status::unimplemented("wufei.evaluation.v1.EvaluationService/SimulateRun", caller.lang))
    }
}
