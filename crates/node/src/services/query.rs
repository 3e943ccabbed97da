//! Reading figures and qualitative facts: one department's on its node, all of them on the aggregator.

use std::collections::VecDeque;

use contracts::exchange::v1::{self as wire, observation_query_service_server::ObservationQueryService};
use domain::{DepartmentId, DomainError, IndicatorCode, Observation, Period, Reason, Recorded, RegionCode, Violations};
use futures_util::stream;
use prost::Message;
use store::{ObservationQuery as Selection, ResourceQuery};
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use super::{
    context::{NodeContext, desk_status, reply},
    stream::{Answers, CHUNK, Woken, beyond_end, stopping, wait},
};
use crate::{
    caller::Caller,
    convert::{Reader, common, observation, statement},
    desk::DeskError,
    pages::{Page, Sieve},
};

const SERVICE: &str = "wufei.exchange.v1.ObservationQueryService";
/// Log entries that one step of a watch looks at.
const WATCH_STEP: u64 = 16;

/// Reads figures and qualitative facts.
#[derive(Clone, Debug)]
pub struct ObservationQuery {
    context: NodeContext,
}

impl ObservationQuery {
    /// Reads the node's tables.
    #[must_use]
    pub fn new(context: NodeContext) -> Self {
        Self { context }
    }

    async fn get(
        &self,
        caller: &Caller,
        request: wire::GetObservationRequest,
    ) -> Result<wire::GetObservationResponse, DeskError> {
        let wire::GetObservationRequest { name, as_of } = request;
        let name = common::name_to_read(&name, observation::COLLECTION)?;
        let view = self.context.view(as_of.as_ref())?;
        let recorded = self.context.store().observation(&name, &view).await?.ok_or_else(|| caller.absent(&name))?;
        must_see(caller, &recorded)?;
        let source = self.context.sources().of(&recorded).await?;
        Ok(wire::GetObservationResponse { observation: Some(observation::out(&recorded, source.as_ref())) })
    }

    async fn list(
        &self,
        caller: &Caller,
        request: wire::ListObservationsRequest,
    ) -> Result<wire::ListObservationsResponse, DeskError> {
        let query = wire::ListObservationsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let wire::ListObservationsRequest { parent, page_size, page_token, filter, as_of } = request;
        let page = Page::read(&format!("{SERVICE}/ListObservations"), &query, page_size, &page_token)?;
        let mut selection = self.selection(&parent, filter, as_of.as_ref())?;
        let mut sieve = Sieve::new(&page);
        while let Some((after, limit)) = sieve.wants() {
            (selection.after_name, selection.limit) = (after, limit);
            sieve.take(self.context.store().observations(&selection).await?, |record| sees(caller, record));
        }
        let (records, next_page_token) = sieve.cut(&page);
        let observations = self.context.sources().each(&records, observation::out).await?;
        Ok(wire::ListObservationsResponse { observations, next_page_token })
    }

    async fn revisions(
        &self,
        caller: &Caller,
        request: wire::ListObservationRevisionsRequest,
    ) -> Result<wire::ListObservationRevisionsResponse, DeskError> {
        let query =
            wire::ListObservationRevisionsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let wire::ListObservationRevisionsRequest { name, page_size, page_token } = request;
        let page = Page::read(&format!("{SERVICE}/ListObservationRevisions"), &query, page_size, &page_token)?;
        let name = common::name_to_read(&name, observation::COLLECTION)?;
        let before = page.after.as_ref().and_then(|revision| revision.parse().ok());
        let mut records = self.context.store().observation_revisions(&name, before, page.limit()).await?;
        if records.is_empty() && before.is_none() {
            return Err(caller.absent(&name).into());
        }
        records.iter().try_for_each(|record| must_see(caller, record))?;
        let next_page_token = page.cut(&mut records, |record| record.revision.to_string());
        let observations = self.context.sources().each(&records, observation::out).await?;
        Ok(wire::ListObservationRevisionsResponse { observations, next_page_token })
    }

    async fn list_statements(
        &self,
        caller: &Caller,
        request: wire::ListStatementsRequest,
    ) -> Result<wire::ListStatementsResponse, DeskError> {
        let query = wire::ListStatementsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let wire::ListStatementsRequest { parent, page_size, page_token, as_of } = request;
        let page = Page::read(&format!("{SERVICE}/ListStatements"), &query, page_size, &page_token)?;
        let mut selection = ResourceQuery {
            origin: self.context.parent(&parent)?,
            collection: Some(statement::COLLECTION.to_owned()),
            view: self.context.view(as_of.as_ref())?,
            ..ResourceQuery::default()
        };
        let mut sieve = Sieve::new(&page);
        while let Some((after, limit)) = sieve.wants() {
            (selection.after_name, selection.limit) = (after, limit);
            let records = self.context.store().resources(&selection).await?;
            sieve.take(records, |record| caller.sees_resource(record));
        }
        let (records, next_page_token) = sieve.cut(&page);
        let mut statements = Vec::with_capacity(records.len());
        for record in records {
            let source = self.context.sources().of(&record).await?;
            let mut message = wire::Statement::decode(record.body.body.as_slice())?;
            message.name = record.name.to_string();
            message.record = Some(common::record_out(&record, message.citation.clone(), source.as_ref()));
            statements.push(message);
        }
        Ok(wire::ListStatementsResponse { statements, next_page_token })
    }

    fn selection(
        &self,
        parent: &str,
        filter: Option<wire::ObservationFilter>,
        as_of: Option<&prost_types::Timestamp>,
    ) -> Result<Selection, DeskError> {
        let origin = self.context.parent(parent)?;
        let view = self.context.view(as_of)?;
        Ok(Selection { origin, view, ..read_filter(filter)? })
    }

    fn export(&self, caller: Caller, request: wire::ExportObservationsRequest) -> Result<Export, DeskError> {
        let query = wire::ExportObservationsRequest { cursor: String::new(), ..request.clone() };
        let wire::ExportObservationsRequest { parent, filter, as_of, cursor } = request;
        let page = Page::read(&format!("{SERVICE}/ExportObservations"), &query, 0, &cursor)?;
        let mut selection = self.selection(&parent, filter, as_of.as_ref())?;
        selection.after_name.clone_from(&page.after);
        selection.limit = u32::try_from(CHUNK).unwrap_or(u32::MAX);
        Ok(Export { context: self.context.clone(), caller, selection, page, done: false })
    }

    async fn watch(&self, caller: Caller, request: wire::WatchObservationsRequest) -> Result<Watch, DeskError> {
        let wire::WatchObservationsRequest { parent, cursor, filter } = request;
        let log = self.context.department_parent(&parent)?;
        let filter = read_filter(filter)?;
        let grown = self.context.feeds().subscribe(&log);
        let size = self.context.store().head(&log).await?.map_or(0, |head| head.size);
        if cursor > size {
            return Err(beyond_end(cursor, size).into());
        }
        let context = self.context.clone();
        Ok(Watch { context, caller, log, filter, cursor, grown, ready: VecDeque::new(), started: false, done: false })
    }
}

#[tonic::async_trait]
impl ObservationQueryService for ObservationQuery {
    type ExportObservationsStream = Answers<wire::ExportObservationsResponse>;
    type WatchObservationsStream = Answers<wire::WatchObservationsResponse>;

    async fn get_observation(
        &self,
        request: Request<wire::GetObservationRequest>,
    ) -> Result<Response<wire::GetObservationResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.get(&caller, request.into_inner()).await)
    }

    async fn list_observations(
        &self,
        request: Request<wire::ListObservationsRequest>,
    ) -> Result<Response<wire::ListObservationsResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.list(&caller, request.into_inner()).await)
    }

    async fn list_observation_revisions(
        &self,
        request: Request<wire::ListObservationRevisionsRequest>,
    ) -> Result<Response<wire::ListObservationRevisionsResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.revisions(&caller, request.into_inner()).await)
    }

    async fn export_observations(
        &self,
        request: Request<wire::ExportObservationsRequest>,
    ) -> Result<Response<Self::ExportObservationsStream>, Status> {
        let caller = Caller::of(&request)?;
        let lang = caller.lang;
        let export = self.export(caller, request.into_inner());
        reply(lang, export.map(|export| Box::pin(stream::unfold(export, Export::next)) as Answers<_>))
    }

    async fn watch_observations(
        &self,
        request: Request<wire::WatchObservationsRequest>,
    ) -> Result<Response<Self::WatchObservationsStream>, Status> {
        let caller = Caller::of(&request)?;
        let lang = caller.lang;
        let watch = self.watch(caller, request.into_inner()).await;
        reply(lang, watch.map(|watch| Box::pin(stream::unfold(watch, Watch::next)) as Answers<_>))
    }

    async fn list_statements(
        &self,
        request: Request<wire::ListStatementsRequest>,
    ) -> Result<Response<wire::ListStatementsResponse>, Status> {
        let caller = Caller::of(&request)?;
        reply(caller.lang, self.list_statements(&caller, request.into_inner()).await)
    }
}

/// Reads a filter; empty fields select all.
fn read_filter(filter: Option<wire::ObservationFilter>) -> Result<Selection, Violations> {
    let wire::ObservationFilter { indicator, region, include_counties, period, scope, measure } =
        filter.unwrap_or_default();
    let mut faults = Violations::new();
    let mut reader = Reader::new(&mut faults);
    let mut reader = reader.at("filter");
    let selection = Selection {
        indicator: reader.parse_optional(
            "indicator",
            &indicator,
            Reason::IndicatorUnknown,
            "an indicator code has upper-case letters, digits and hyphens",
            IndicatorCode::parse,
        ),
        region: reader.parse_optional(
            "region",
            &region,
            Reason::RegionUnknown,
            "a region code has six digits",
            RegionCode::parse,
        ),
        include_counties,
        period: reader.parse_optional("period", &period, Reason::PeriodInvalid, "a period as reported", Period::parse),
        scope: if scope == 0 { None } else { common::scope(&mut reader, "scope", scope) },
        measure: if measure == 0 { None } else { observation::read_measure(&mut reader, measure) },
        ..Selection::default()
    };
    faults.into_result(selection)
}

/// True when the filter selects the figure; the same rule as the store's query.
fn selects(filter: &Selection, observation: &Observation) -> bool {
    let key = &observation.key;
    let region = filter.region.as_ref().is_none_or(|region| {
        let counties = filter.include_counties && key.region.as_str().get(..4) == region.as_str().get(..4);
        counties || &key.region == region
    });
    region
        && filter.indicator.as_ref().is_none_or(|indicator| indicator == &key.indicator)
        && filter.period.is_none_or(|period| period == key.period)
        && filter.scope.is_none_or(|scope| scope == key.scope)
        && filter.measure.is_none_or(|measure| measure == key.measure)
}

fn sees(caller: &Caller, record: &Recorded<Observation>) -> bool {
    caller.sees(&record.origin, record.body.key.region.as_str())
}

fn must_see(caller: &Caller, record: &Recorded<Observation>) -> Result<(), DomainError> {
    caller.must_see(&record.origin, record.body.key.region.as_str())
}

/// An export that is under way.
struct Export {
    context: NodeContext,
    caller: Caller,
    selection: Selection,
    page: Page,
    done: bool,
}

impl Export {
    async fn next(mut self) -> Option<(Result<wire::ExportObservationsResponse, Status>, Self)> {
        if self.done {
            return None;
        }
        let chunk = if self.context.stop().is_cancelled() {
            Err(stopping(self.caller.lang))
        } else {
            self.chunk().await.map_err(|error| desk_status(&error, self.caller.lang))
        };
        match chunk {
            Ok(None) => None,
            Ok(Some(chunk)) => Some((Ok(chunk), self)),
            Err(status) => {
                self.done = true;
                Some((Err(status), self))
            }
        }
    }

    async fn chunk(&mut self) -> Result<Option<wire::ExportObservationsResponse>, DeskError> {
        let mut records = Vec::new();
        while records.is_empty() {
            self.caller.renew()?;
            records = self.context.store().observations(&self.selection).await?;
            let Some(last) = records.last().map(|record| record.name.to_string()) else { return Ok(None) };
            self.done = records.len() < CHUNK;
            self.selection.after_name = Some(last);
            records.retain(|record| sees(&self.caller, record));
            if self.done && records.is_empty() {
                return Ok(None);
            }
        }
        // The cursor names the last row that was shown: it must not tell of one that was left out.
        let cursor = records.last().map(|record| self.page.token(&record.name.to_string())).unwrap_or_default();
        let observations = self.context.sources().each(&records, observation::out).await?;
        Ok(Some(wire::ExportObservationsResponse { observations, cursor }))
    }
}

/// A watch that is under way.
struct Watch {
    context: NodeContext,
    caller: Caller,
    log: DepartmentId,
    filter: Selection,
    cursor: u64,
    grown: watch::Receiver<u64>,
    /// Answers that are not sent yet. What the caller sees of them is decided when they are.
    ready: VecDeque<Ready>,
    started: bool,
    done: bool,
}

/// An answer of a watch.
struct Ready {
    records: Vec<Recorded<Observation>>,
    cursor: u64,
    caught_up: bool,
}

impl Watch {
    async fn next(mut self) -> Option<(Result<wire::WatchObservationsResponse, Status>, Self)> {
        if self.done {
            return None;
        }
        let answer = self.answer().await;
        self.done = answer.is_err();
        Some((answer, self))
    }

    async fn answer(&mut self) -> Result<wire::WatchObservationsResponse, Status> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                let answer = self.seen(ready).await.map_err(|error| desk_status(&error, self.caller.lang))?;
                // An answer of which nothing is seen says nothing, unless it says that there is nothing more.
                if !answer.observations.is_empty() || answer.caught_up {
                    return Ok(answer);
                }
            } else {
                self.look().await?;
            }
        }
    }

    /// What the caller sees of an answer, by what is in force when it is sent.
    async fn seen(&mut self, ready: Ready) -> Result<wire::WatchObservationsResponse, DeskError> {
        let Ready { mut records, cursor, caught_up } = ready;
        self.caller.renew()?;
        records.retain(|record| sees(&self.caller, record));
        let observations = self.context.sources().each(&records, observation::out).await?;
        Ok(wire::WatchObservationsResponse { observations, cursor, caught_up })
    }

    /// Reads on from the cursor; waits first when there was nothing more the last time.
    async fn look(&mut self) -> Result<(), Status> {
        let mut size = self.size().await?;
        if self.cursor >= size && self.started {
            match wait(&mut self.grown, self.context.stop()).await {
                Woken::Stopping => return Err(stopping(self.caller.lang)),
                Woken::Look => size = self.size().await?,
            }
        }
        self.started = true;
        if self.context.stop().is_cancelled() {
            return Err(stopping(self.caller.lang));
        }
        let end = size.min(self.cursor.saturating_add(WATCH_STEP)).max(self.cursor);
        let step = self.step(end, end == size).await;
        step.map_err(|error| desk_status(&error, self.caller.lang))
    }

    async fn size(&self) -> Result<u64, Status> {
        let head = self.context.store().head(&self.log).await;
        let head = head.map_err(|error| desk_status(&error.into(), self.caller.lang))?;
        Ok(head.map_or(0, |head| head.size))
    }

    /// Makes the answers for the entries up to `end`. All but the last keep the old cursor: who resumes in between gets the
    /// rest of a large submission again rather than never.
    async fn step(&mut self, end: u64, caught_up: bool) -> Result<(), DeskError> {
        let mut records: Vec<Recorded<Observation>> = if end > self.cursor {
            self.context.store().observation_changes(&self.log, self.cursor..end).await?
        } else {
            Vec::new()
        };
        records.retain(|record| selects(&self.filter, &record.body));
        while records.len() > CHUNK {
            let rest = records.split_off(CHUNK);
            let chunk = std::mem::replace(&mut records, rest);
            self.ready.push_back(Ready { records: chunk, cursor: self.cursor, caught_up: false });
        }
        self.cursor = end;
        if !records.is_empty() || caught_up {
            self.ready.push_back(Ready { records, cursor: end, caught_up });
        }
        Ok(())
    }
}
