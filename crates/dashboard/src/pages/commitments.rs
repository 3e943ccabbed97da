//! What was promised: the light of each commitment, why, and what was reported of it.

use askama::Template;
use axum::{extract::RawQuery, response::Response};
use contracts::{common::v1 as common, followup::v1 as pb};
use domain::{Colour, Text};

use super::{
    commitment::{PARENT, share},
    items::place,
    overview::{COLOURS, colour},
};
use crate::{
    answer::{self, Page},
    format,
    port::{CREATE_COMMITMENT, Refusal},
    shell::{Here, Shell},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "commitments.html")]
struct Commitments {
    s: Shell,
    day: String,
    counts: Vec<(Colour, usize)>,
    all: usize,
    chosen: Option<Colour>,
    lines: Vec<Line>,
    may_create: bool,
}

impl Commitments {
    fn is_chosen(&self, colour: &Colour) -> bool {
        self.chosen.as_ref() == Some(colour)
    }
}

struct Line {
    id: String,
    sequence: String,
    text: String,
    responsible: String,
    basis: String,
    target: Option<String>,
    proxy: String,
    deadline: String,
    assumed: bool,
    colour: Colour,
    reason: Option<common::Text>,
    reports: Vec<Progress>,
    place: String,
    quote: String,
}

struct Progress {
    date: String,
    summary: String,
    fraction: String,
    by: String,
}

pub(super) async fn page(visit: Visit, RawQuery(query): RawQuery) -> Page {
    let query = query.unwrap_or_default();
    let wanted = query.split('&').find_map(|pair| pair.strip_prefix("light="));
    let chosen = COLOURS.into_iter().find(|colour| Some(colour.code()) == wanted);
    shown(&visit, chosen).await.map_err(|refusal| visit.refuse(refusal))
}

async fn shown(visit: &Visit, chosen: Option<Colour>) -> Result<Response, Refusal> {
    let commitments = pb::ListCommitmentsRequest { parent: PARENT.to_owned(), page_size: 1000, ..Default::default() };
    let reports = pb::ListProgressReportsRequest { parent: PARENT.to_owned(), page_size: 1000, ..Default::default() };
    let (commitments, reports) = tokio::try_join!(visit.ask(commitments), visit.ask(reports))?;
    let all = commitments.commitments;
    let count = |wanted| all.iter().filter(|found| colour(found.light()) == wanted).count();
    let mut lines: Vec<Line> = all.iter().map(|found| line(found, &reports.progress_reports)).collect();
    lines.retain(|line| chosen.is_none_or(|chosen| line.colour == chosen));
    let order = |line: &Line| COLOURS.iter().position(|colour| *colour == line.colour);
    lines.sort_by(|one, other| (order(one), &one.sequence).cmp(&(order(other), &other.sequence)));
    let page = Commitments {
        s: visit.shell(Here::Commitments, Text::new("承诺事项", "Commitments")),
        day: all.first().map(|found| found.light_date.clone()).unwrap_or_default(),
        counts: COLOURS.map(|colour| (colour, count(colour))).into(),
        all: all.len(),
        chosen,
        lines,
        may_create: visit.may_write(CREATE_COMMITMENT),
    };
    Ok(answer::page(&page))
}

fn line(found: &pb::Commitment, reports: &[pb::ProgressReport]) -> Line {
    let target = found.target.as_ref().map(|target| {
        let quantity = target.value.clone().unwrap_or_default();
        let value = format::quantity(quantity.value.as_ref(), common::Qualifier::AtLeast, &quantity.unit);
        format!("{} {value}", target.indicator)
    });
    let of = reports.iter().filter(|report| report.commitment == found.name);
    let mut reports: Vec<Progress> = of.map(progress).collect();
    reports.sort_by(|one, other| other.date.cmp(&one.date));
    Line {
        id: format::id(&found.name).to_owned(),
        sequence: found.sequence.clone(),
        text: found.text.clone(),
        responsible: found.responsible.join("、"),
        basis: found.responsible_basis.clone(),
        target,
        proxy: found.suggested_proxy.clone(),
        deadline: found.deadline.clone(),
        assumed: found.deadline_assumed,
        colour: colour(found.light()),
        reason: found.light_reason.clone(),
        reports,
        place: found.record.as_ref().and_then(|record| record.provenance.as_ref()).map(place).unwrap_or_default(),
        quote: found.citation.as_ref().map(|citation| citation.quote.clone()).unwrap_or_default(),
    }
}

fn progress(report: &pb::ProgressReport) -> Progress {
    let from = report.record.as_ref().and_then(|record| record.provenance.as_ref());
    Progress {
        date: report.as_of_date.clone(),
        summary: report.summary.clone(),
        fraction: report.fraction.as_ref().map(|fraction| share(Some(fraction))).unwrap_or_default(),
        by: from.map(|from| format::identity(&from.principal).to_owned()).unwrap_or_default(),
    }
}
