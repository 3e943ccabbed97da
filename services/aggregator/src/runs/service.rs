//! `EvaluationService`.

use std::sync::Arc;

use contracts::evaluation::v1::{self as pb, evaluation_service_server::EvaluationService};
use domain::{DepartmentId, DomainError, Reason, Recorded, ResourceName, Text, Violations};
use node::{
    caller::{Caller, RawRequest},
    convert::{Reader, common},
    desk::{self, DeskError, Submission},
    pages::Page,
    services::{NodeContext, reply, stream::Answers},
};
use prost::Message as _;
use store::{ResourceQuery, StoredResource};
use tonic::{Request, Response, Status, Streaming};

use super::{
    RUNS, Workers, explain,
    live::{Live, Progress, Stage},
    session::Session,
    side::Sides,
    state_error,
    watched::Watched,
    work::TYPE,
};
use crate::schemes::Schemes;

const CREATE: &str = "wufei.evaluation.v1.EvaluationService/CreateEvaluationRun";
const CANCEL: &str = "wufei.evaluation.v1.EvaluationService/CancelEvaluationRun";

/// Computes, keeps and serves runs.
#[derive(Clone, Debug)]
pub(crate) struct Evaluations {
    pub(crate) context: NodeContext,
    pub(crate) schemes: Schemes,
    pub(crate) nodes: Arc<Vec<DepartmentId>>,
    pub(crate) workers: Workers,
    /// Who the aggregator is, in the entries that it writes for itself.
    pub(crate) principal: Arc<str>,
    pub(super) live: Live,
    pub(super) sides: Sides,
}

impl Evaluations {
    /// Nothing runs yet; see [`Self::resume`].
    pub(crate) fn new(
        context: NodeContext,
        schemes: Schemes,
        nodes: Arc<Vec<DepartmentId>>,
        workers: Workers,
        principal: String,
    ) -> Self {
        let (live, sides) = (Live::default(), Sides::default());
        Self { context, schemes, nodes, workers, principal: principal.into(), live, sides }
    }

    /// A run as it is recorded, with its record.
    ///
    /// # Errors
    /// [`Reason::ResourceNotFound`]; the faults of the store.
    pub(crate) async fn run(&self, name: &str) -> Result<pb::EvaluationRun, DeskError> {
        let parsed = ResourceName::parse(name).ok().filter(|name| name.collection() == RUNS);
        let found = match &parsed {
            Some(name) => self.stored(name).await?,
            None => None,
        };
        found.ok_or_else(|| not_found(name).into())
    }

    fn show_progress(&self, run: &mut pb::EvaluationRun) {
        match run.state() {
            pb::RunState::Running => {
                let progress = self.live.progress(&run.name).map(|progress| *progress.borrow());
                progress.unwrap_or(Progress { stage: Stage::Waiting, percent: 0 }).show(run);
            }
            pb::RunState::Succeeded => run.progress_percent = 100,
            pb::RunState::Unspecified | pb::RunState::Failed | pb::RunState::Cancelled => {}
        }
    }

    async fn create(
        &self,
        caller: &Caller,
        raw: bytes::Bytes,
        message: pb::CreateEvaluationRunRequest,
    ) -> Result<pb::CreateEvaluationRunResponse, DeskError> {
        let request_id = message.request_id.clone();
        let mut faults = Violations::new();
        desk::request_id(&mut Reader::new(&mut faults), &request_id);
        let submission = Submission { method: CREATE, request: raw, request_id: &request_id, validate_only: false };
        if faults.is_empty()
            && let Some(answer) = self.context.desk().replay(caller, &submission).await?
        {
            return Ok(answer);
        }
        let run = self.asked(message).await?;
        let name = ResourceName::parse(&run.name).map_err(|error| crate::internal(&error))?;
        let ticket = self.live.enter(&run.name, self.workers.process())?;
        let answer = |outcome: &desk::Outcome| {
            let mut run = run.clone();
            run.record = outcome.recorded(0, 0, ()).map(|row| common::record_out(&row, None, Some(&outcome.source)));
            Progress { stage: Stage::Waiting, percent: 0 }.show(&mut run);
            pb::CreateEvaluationRunResponse { evaluation_run: Some(run), receipt: outcome.receipt.clone() }
        };
        let new = async |txn: &mut store::WriteTxn| match txn.resource(&name).await? {
            None => Ok(()),
            Some(_) => Err(there_already(&name).into()),
        };
        let answer = self.context.desk().publish_if(caller, submission, TYPE, &run, new, answer).await?;
        // As it is recorded, so that what is computed knows its place in the log.
        if let (Some(run), Some(ticket)) = (self.stored(&name).await?, ticket) {
            self.start(run, ticket);
        }
        Ok(answer)
    }

    async fn cancel(
        &self,
        caller: &Caller,
        raw: bytes::Bytes,
        message: pb::CancelEvaluationRunRequest,
    ) -> Result<pb::CancelEvaluationRunResponse, DeskError> {
        let pb::CancelEvaluationRunRequest { name, request_id } = message;
        let mut faults = Violations::new();
        let mut reader = Reader::new(&mut faults);
        desk::request_id(&mut reader, &request_id);
        reader.required("name", &name);
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let submission = Submission { method: CANCEL, request: raw, request_id: &request_id, validate_only: false };
        if let Some(answer) = self.context.desk().replay(caller, &submission).await? {
            return Ok(answer);
        }
        let mut run = self.run(&name).await?;
        let before = run.record.take().map_or(0, |record| record.revision);
        must_run(&run)?;
        let stored = ResourceName::parse(&run.name).map_err(|error| crate::internal(&error))?;
        run.set_state(pb::RunState::Cancelled);
        run.end_time = Some(common::time_out(self.context.now()));
        let check = async |txn: &mut store::WriteTxn| {
            let row = txn.resource(&stored).await?;
            let now = row.map(|row| pb::EvaluationRun::decode(row.body.body.as_slice())).transpose()?;
            Ok(must_run(&now.ok_or_else(|| not_found(&name))?)?)
        };
        let answer = |outcome: &desk::Outcome| {
            let mut run = run.clone();
            let recorded = outcome.recorded(0, before, ());
            run.record = recorded.map(|row| common::record_out(&row, None, Some(&outcome.source)));
            pb::CancelEvaluationRunResponse { evaluation_run: Some(run), receipt: outcome.receipt.clone() }
        };
        let answer = self.context.desk().publish_if(caller, submission, TYPE, &run, check, answer).await?;
        self.live.stop(&name);
        Ok(answer)
    }

    /// As [`Self::run`], with the units that the caller sees: a city sees its own.
    pub(super) async fn seen_run(&self, caller: &Caller, name: &str) -> Result<pb::EvaluationRun, DeskError> {
        let mut run = self.run(name).await?;
        self.show_progress(&mut run);
        self.keep_seen(caller, &mut run);
        if run.units.is_empty() {
            caller.must_see(self.context.department(), "")?;
        }
        Ok(run)
    }

    fn keep_seen(&self, caller: &Caller, run: &mut pb::EvaluationRun) {
        let sees = |unit: &pb::UnitResult| caller.sees(self.context.department(), &unit.unit);
        run.units.retain(sees);
        run.panel_units.retain(sees);
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
            run.panel_units.clear();
            self.show_progress(&mut run);
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

    pub(super) async fn rows(&self) -> Result<Vec<Recorded<StoredResource>>, DeskError> {
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

    async fn explained(
        &self,
        caller: &Caller,
        message: pb::ExplainScoreRequest,
    ) -> Result<pb::ExplainScoreResponse, DeskError> {
        let pb::ExplainScoreRequest { name, unit } = message;
        caller.must_see(self.context.department(), &unit)?;
        let run = self.run(&name).await?;
        super::must_have_succeeded(&run)?;
        let found = run.units.into_iter().find(|result| result.unit == unit);
        let unit = found.ok_or_else(|| not_found(&format!("{name} / {unit}")))?;
        let kind = pb::SchemeKind::try_from(run.scheme_kind).unwrap_or_default();
        Ok(pb::ExplainScoreResponse { steps: explain::steps(&unit, kind), unit: Some(unit) })
    }
}

pub(super) fn decode(row: &Recorded<StoredResource>) -> Result<pb::EvaluationRun, DeskError> {
    let mut run = pb::EvaluationRun::decode(row.body.body.as_slice())?;
    run.record = Some(common::record_out(row, None, None));
    Ok(run)
}

fn must_run(run: &pb::EvaluationRun) -> Result<(), DomainError> {
    if run.state() == pb::RunState::Running {
        return Ok(());
    }
    let zh = format!("{} 已结束，不能取消", run.name);
    Err(state_error(run, &zh, &format!("{} has ended and cannot be cancelled", run.name)))
}

fn there_already(name: &ResourceName) -> DomainError {
    let text = Text::new(
        format!("已有评价运行 {name}，请换用新的请求标识"),
        format!("there is a run {name} already; take a new request id"),
    );
    DomainError::new(Reason::DuplicateResource, text).with_fact("name", name)
}

pub(super) fn not_found(name: &str) -> DomainError {
    DomainError::new(
        Reason::ResourceNotFound,
        Text::new(format!("没有评价运行 {name}"), format!("there is no evaluation run {name}")),
    )
    .with_fact("name", name)
}

#[tonic::async_trait]
impl EvaluationService for Evaluations {
    type SimulateRunSessionStream = Answers<pb::SimulateRunSessionResponse>;
    type WatchEvaluationRunStream = Answers<pb::WatchEvaluationRunResponse>;

    async fn create_evaluation_run(
        &self,
        request: Request<pb::CreateEvaluationRunRequest>,
    ) -> Result<Response<pb::CreateEvaluationRunResponse>, Status> {
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        reply(caller.lang, Box::pin(self.create(&caller, raw, request.into_inner())).await)
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
        let (caller, raw) = (Caller::of(&request)?, RawRequest::of(&request)?);
        reply(caller.lang, Box::pin(self.cancel(&caller, raw, request.into_inner())).await)
    }

    async fn watch_evaluation_run(
        &self,
        request: Request<pb::WatchEvaluationRunRequest>,
    ) -> Result<Response<Self::WatchEvaluationRunStream>, Status> {
        let caller = Caller::of(&request)?;
        let lang = caller.lang;
        let name = request.into_inner().name;
        // Before the stream begins, so that a run that is not there or not seen is refused at once.
        let outcome = self.seen_run(&caller, &name).await;
        reply(lang, outcome.map(|_run| Watched::new(self.clone(), caller, name).states()))
    }

    async fn explain_score(
        &self,
        request: Request<pb::ExplainScoreRequest>,
    ) -> Result<Response<pb::ExplainScoreResponse>, Status> {
        let caller = Caller::of(&request)?;
        let outcome = self.explained(&caller, request.into_inner()).await;
        reply(caller.lang, outcome)
    }

    async fn compare_runs(
        &self,
        request: Request<pb::CompareRunsRequest>,
    ) -> Result<Response<pb::CompareRunsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let outcome = Box::pin(self.compared(&caller, request.into_inner())).await;
        reply(caller.lang, outcome)
    }

    async fn analyze_run(
        &self,
        request: Request<pb::AnalyzeRunRequest>,
    ) -> Result<Response<pb::AnalyzeRunResponse>, Status> {
        let caller = Caller::of(&request)?;
        let outcome = Box::pin(self.analyzed(&caller, request.into_inner())).await;
        reply(caller.lang, outcome)
    }

    async fn simulate_run(
        &self,
        request: Request<pb::SimulateRunRequest>,
    ) -> Result<Response<pb::SimulateRunResponse>, Status> {
        let caller = Caller::of(&request)?;
        let outcome = Box::pin(self.simulated(&caller, request.into_inner())).await;
        reply(caller.lang, outcome)
    }

    async fn simulate_run_session(
        &self,
        request: Request<Streaming<pb::SimulateRunSessionRequest>>,
    ) -> Result<Response<Self::SimulateRunSessionStream>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(Session::new(self.clone(), caller, request.into_inner()).answers()))
    }
}
