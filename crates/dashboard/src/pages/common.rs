//! What several pages ask for.

use contracts::{evaluation::v1 as pb, exchange::v1 as exchange};

use crate::{
    port::{Refusal, RefusalKind},
    visit::Visit,
};

/// Name of the newest edition.
pub(super) const LATEST: &str = "departments/aggregator/reports/latest";
/// Rows of a page of a listing.
const PAGE: i32 = 1000;

/// The newest edition of the report; none before the first.
pub(super) async fn latest(visit: &Visit) -> Result<Option<pb::Report>, Refusal> {
    match visit.ask(pb::GetReportRequest { name: LATEST.to_owned() }).await {
        Ok(answer) => Ok(answer.report),
        Err(refusal) if refusal.kind == RefusalKind::NotFound => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// All figures that the visitor sees and that the filter lets through.
pub(super) async fn observations(
    visit: &Visit,
    filter: exchange::ObservationFilter,
) -> Result<Vec<exchange::Observation>, Refusal> {
    let mut found = Vec::new();
    let mut request = exchange::ListObservationsRequest {
        parent: "departments/-".to_owned(),
        page_size: PAGE,
        page_token: String::new(),
        filter: Some(filter),
        as_of: None,
    };
    loop {
        let mut answer = visit.ask(request.clone()).await?;
        found.append(&mut answer.observations);
        if answer.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = answer.next_page_token;
    }
}

/// An edition as pages name it.
#[derive(Clone, Debug)]
pub(super) struct Edition {
    /// Last part of its name.
    pub(super) id: String,
    pub(super) number: u32,
    pub(super) time: String,
    pub(super) period: String,
    /// First digits of the result's digest.
    pub(super) digest: String,
}

impl Edition {
    pub(super) fn of(report: &pb::Report) -> Self {
        let run = report.run.clone().unwrap_or_default();
        Self {
            id: crate::format::id(&report.name).to_owned(),
            number: report.edition,
            time: crate::format::time(report.create_time.as_ref()),
            period: run.period,
            digest: run.result_digest.chars().take(12).collect(),
        }
    }
}
