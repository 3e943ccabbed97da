//! One commitment: what was promised, its light and why, every report of its progress, and how it was closed.

use askama::Template;
use axum::{extract::Path, response::Response};
use contracts::{common::v1 as common, followup::v1 as pb};
use domain::{Colour, Text};
use rust_decimal::Decimal;

use super::{items::place, overview::colour};
use crate::{
    answer::{self, Page},
    format,
    port::{ACCEPT, REPORT_PROGRESS, Refusal, UPDATE_COMMITMENT, UPDATE_PROGRESS},
    shell::{Here, Shell},
    visit::Visit,
};

/// Whose commitments they are.
pub(crate) const PARENT: &str = "departments/aggregator";

#[derive(Template)]
#[template(path = "commitment.html")]
struct Commitment {
    s: Shell,
    id: String,
    promise: Promise,
    reports: Vec<Report>,
    acceptance: Option<Closed>,
    /// Whether the visitor may report progress here, and accept it.
    may_report: bool,
    may_accept: bool,
    /// And correct the commitment, or a report.
    may_correct: bool,
    may_correct_reports: bool,
}

/// What was promised.
pub(crate) struct Promise {
    pub(crate) sequence: String,
    pub(crate) text: String,
    pub(crate) responsible: String,
    pub(crate) basis: String,
    pub(crate) target: Option<String>,
    pub(crate) counting_rule: String,
    pub(crate) proxy: String,
    pub(crate) start: String,
    pub(crate) deadline: String,
    pub(crate) assumed: bool,
    pub(crate) evidence: String,
    pub(crate) document: String,
    pub(crate) quote: String,
    pub(crate) colour: Colour,
    pub(crate) reason: Option<common::Text>,
    pub(crate) day: String,
    pub(crate) recorded: Written,
}

/// Who wrote something, when, and where in the log it is.
pub(crate) struct Written {
    pub(crate) by: String,
    pub(crate) time: String,
    /// In short; empty where it is not known.
    pub(crate) place: String,
    pub(crate) index: u64,
    /// Counted from 1.
    pub(crate) revision: u32,
}

/// A report of progress.
struct Report {
    id: String,
    date: String,
    share: String,
    measured: String,
    summary: String,
    evidence: Vec<common::Evidence>,
    written: Written,
}

/// How it was closed.
struct Closed {
    evidence: Vec<common::Evidence>,
    written: Written,
}

impl Promise {
    pub(crate) fn of(found: &pb::Commitment) -> Self {
        let quantity = found.target.as_ref().and_then(|target| target.value.clone()).unwrap_or_default();
        let value = format::quantity(quantity.value.as_ref(), common::Qualifier::AtLeast, &quantity.unit);
        let citation = found.citation.clone().unwrap_or_default();
        Self {
            sequence: found.sequence.clone(),
            text: found.text.clone(),
            responsible: found.responsible.join("、"),
            basis: found.responsible_basis.clone(),
            target: found.target.as_ref().map(|target| format!("{} {value}", target.indicator)),
            counting_rule: found.target.as_ref().map(|target| target.counting_rule.clone()).unwrap_or_default(),
            proxy: found.suggested_proxy.clone(),
            start: found.start_date.clone(),
            deadline: found.deadline.clone(),
            assumed: found.deadline_assumed,
            evidence: found.suggested_evidence.clone(),
            document: [citation.document, citation.fact].join(" ").trim().to_owned(),
            quote: citation.quote,
            colour: colour(found.light()),
            reason: found.light_reason.clone(),
            day: found.light_date.clone(),
            recorded: Written::of(found.record.as_ref()),
        }
    }
}

impl Written {
    fn of(record: Option<&common::Record>) -> Self {
        let from = record.and_then(|record| record.provenance.as_ref());
        Self {
            by: from.map(|from| format::identity(&from.principal).to_owned()).unwrap_or_default(),
            time: format::time(record.and_then(|record| record.create_time.as_ref())),
            place: from.map(place).unwrap_or_default(),
            index: from.map(|from| from.log_index).unwrap_or_default(),
            revision: record.map(|record| record.revision).unwrap_or_default(),
        }
    }
}

impl Report {
    fn of(report: &pb::ProgressReport) -> Self {
        let measured = report.measured.clone().unwrap_or_default();
        let quantity = format::quantity(measured.value.as_ref(), common::Qualifier::Equal, &measured.unit);
        Self {
            id: format::id(&report.name).to_owned(),
            date: report.as_of_date.clone(),
            share: share(report.fraction.as_ref()),
            measured: report.measured.as_ref().map_or_else(format::dash, |_measured| quantity),
            summary: report.summary.clone(),
            evidence: report.evidence.clone(),
            written: Written::of(report.record.as_ref()),
        }
    }
}

/// A fraction in percent; a dash where there is none.
pub(super) fn share(fraction: Option<&common::Decimal>) -> String {
    let percent = |share: Decimal| format!("{} %", report::number::exact(share * Decimal::ONE_HUNDRED));
    format::decimal(fraction).map_or_else(format::dash, percent)
}

/// A commitment by its id.
pub(crate) async fn commitment(visit: &Visit, id: &str) -> Result<pb::Commitment, Refusal> {
    let request = pb::GetCommitmentRequest { name: format!("{PARENT}/commitments/{id}"), as_of: None };
    Ok(visit.ask(request).await?.commitment.unwrap_or_default())
}

/// Every report of progress, of all commitments.
pub(crate) async fn all_reports(visit: &Visit) -> Result<Vec<pb::ProgressReport>, Refusal> {
    let mut found = Vec::new();
    let mut request =
        pb::ListProgressReportsRequest { parent: PARENT.to_owned(), page_size: 1000, ..Default::default() };
    loop {
        let mut answer = visit.ask(request.clone()).await?;
        found.append(&mut answer.progress_reports);
        if answer.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = answer.next_page_token;
    }
}

pub(super) async fn page(visit: Visit, Path(id): Path<String>) -> Page {
    shown(&visit, id).await.map_err(|refusal| visit.refuse(refusal))
}

async fn shown(visit: &Visit, id: String) -> Result<Response, Refusal> {
    let (found, reports) = tokio::try_join!(commitment(visit, &id), all_reports(visit))?;
    let mut reports: Vec<Report> =
        reports.iter().filter(|report| report.commitment == found.name).map(Report::of).collect();
    reports.sort_by(|one, other| other.date.cmp(&one.date).then_with(|| other.written.index.cmp(&one.written.index)));
    let promise = Promise::of(&found);
    let title = Text::new(format!("承诺事项 {}", promise.sequence), format!("Commitment {}", promise.sequence));
    let open = found.acceptance.is_none();
    Ok(answer::page(&Commitment {
        s: visit.shell(Here::Commitments, title),
        id,
        promise,
        reports,
        acceptance: found.acceptance.as_ref().map(|accepted| Closed {
            evidence: accepted.evidence.clone(),
            written: Written::of(accepted.record.as_ref()),
        }),
        may_report: open && visit.may_write(REPORT_PROGRESS),
        may_accept: open && visit.may_write(ACCEPT),
        may_correct: open && visit.may_write(UPDATE_COMMITMENT),
        may_correct_reports: open && visit.may_write(UPDATE_PROGRESS),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_printed_in_percent_and_none_is_a_dash() {
        let fraction = common::Decimal { value: "0.355".to_owned() };
        assert_eq!((share(Some(&fraction)).as_str(), share(None).as_str()), ("35.5 %", "—"));
    }
}
