//! What several pages ask for.

use std::collections::HashMap;

use contracts::{catalog::v1 as catalog, evaluation::v1 as pb, exchange::v1 as exchange};
use domain::Text;

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

/// All figures that the visitor sees and that the filter lets through; none when they may read no figures at all, because what a report
/// says of them may be read all the same.
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
        let mut answer = match visit.ask(request.clone()).await {
            Err(refusal) if refusal.kind == RefusalKind::Denied => return Ok(Vec::new()),
            answer => answer?,
        };
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

/// Names of the divisions.
#[derive(Debug, Default)]
pub(super) struct Regions(HashMap<String, Text>);

impl Regions {
    /// The divisions of the catalogue.
    pub(super) async fn all(visit: &Visit) -> Result<Self, Refusal> {
        let mut names = HashMap::new();
        let mut request = catalog::ListRegionsRequest { page_size: PAGE, ..Default::default() };
        loop {
            let answer = visit.ask(request.clone()).await?;
            names.extend(answer.regions.into_iter().map(|region| {
                let name = region.display_name.unwrap_or_default();
                (region.code, Text::new(name.zh, name.en))
            }));
            if answer.next_page_token.is_empty() {
                return Ok(Self(names));
            }
            request.page_token = answer.next_page_token;
        }
    }

    /// What people call a division; its code where the catalogue does not have it.
    pub(super) fn name(&self, code: &str) -> Text {
        self.0.get(code).cloned().unwrap_or_else(|| Text::new(code, code))
    }
}
