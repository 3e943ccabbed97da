//! Reporting progress of a commitment, and correcting a report.

use askama::Template;
use axum::response::Response;
use contracts::{common::v1 as common, followup::v1 as pb};
use domain::{Text, Violations};
use rust_decimal::Decimal;

use super::{
    corrected::Why,
    documents::{self, Documents},
    fault,
    form::{self, Draft, Fields, Frame, Ids},
    form_page, message, method, number, request_of,
};
use crate::{
    pages::commitment::{PARENT, Promise, commitment},
    port::{Refusal, RefusalKind},
    shell::Shell,
    visit::Visit,
    writing::{faults::Faults, form::Posted, said::Said},
};

/// Most characters of a report.
const LONGEST: usize = 5_000;

#[derive(Template)]
#[template(path = "evaluator/progress.html")]
struct Page {
    s: Shell,
    id: String,
    /// Where the form is.
    at: String,
    promise: Promise,
    /// Unit of what is measured; empty where nothing is.
    unit: String,
    form: Form,
    faults: Faults,
    token: String,
}

/// What was typed.
pub(super) struct Form {
    as_of: String,
    percent: String,
    measured: String,
    summary: String,
    documents: Documents,
    /// None of a new report.
    why: Option<Why>,
    request: String,
}

/// A commitment and its id, and the report that is corrected; none when a new one is made.
pub(super) struct About {
    id: String,
    commitment: pb::Commitment,
    corrects: Option<pb::ProgressReport>,
}

impl About {
    /// The unit in which it was measured, else that of the target.
    fn unit(&self) -> String {
        let measured = self.corrects.as_ref().and_then(|report| report.measured.as_ref());
        let target = self.commitment.target.as_ref().and_then(|target| target.value.as_ref());
        measured.or(target).map(|value| value.unit.clone()).unwrap_or_default()
    }
}

impl Form {
    /// The report, of which the faults say what is wrong.
    fn read(&self, about: &About, faults: &mut Violations) -> pb::ProgressReport {
        if self.as_of.parse::<chrono::NaiveDate>().is_err() {
            faults.push(fault(
                "as-of",
                &self.as_of,
                ("须写明截至哪一天", "say up to which day it is"),
                ("请按 2025-06-30 的写法填写日期", "write the day like 2025-06-30"),
            ));
        }
        let percent = number("percent", &self.percent, faults);
        if percent.is_some_and(|percent| percent < Decimal::ZERO || percent > Decimal::ONE_HUNDRED) {
            faults.push(fault(
                "percent",
                &self.percent,
                ("进度应在 0 到 100 之间", "progress lies between 0 and 100"),
                ("请按百分数填写，如 35", "give it in percent, for example 35"),
            ));
        }
        let measured = number("measured", &self.measured, faults);
        let length = self.summary.chars().count();
        if length == 0 || length > LONGEST {
            let most = format!("须写明做了什么，至多 {LONGEST} 字");
            let most_en = format!("say what was done, in at most {LONGEST} characters");
            let value = if length == 0 { String::new() } else { length.to_string() };
            let rule = (most.as_str(), most_en.as_str());
            faults.push(fault("summary", &value, rule, ("请补充或缩短", "add it, or shorten it")));
        }
        self.documents.check(false, faults);
        pb::ProgressReport {
            name: about.corrects.as_ref().map(|report| report.name.clone()).unwrap_or_default(),
            citation: about.corrects.as_ref().and_then(|report| report.citation.clone()),
            commitment: about.commitment.name.clone(),
            as_of_date: self.as_of.clone(),
            fraction: percent.map(|percent| decimal((percent / Decimal::ONE_HUNDRED).normalize())),
            measured: measured.map(|value| common::Quantity { value: Some(decimal(value)), unit: about.unit() }),
            summary: self.summary.clone(),
            evidence: self.documents.evidence(),
            record: None,
        }
    }

    fn said(&self, about: &About, report: &pb::ProgressReport) -> Vec<Said> {
        let share = report.fraction.as_ref().map(|_share| format!("{} %", self.percent)).unwrap_or_default();
        let measured = report.measured.as_ref().map(|found| format!("{} {}", self.measured, found.unit));
        let mut said = vec![
            Said::paragraphs("承诺事项", "Commitment", &about.commitment.text),
            Said::line("截至", "As of", &report.as_of_date),
            Said::line("进度", "Progress", &share),
            Said::line("实测值", "Measured", &measured.unwrap_or_default()),
            Said::paragraphs("做了什么", "What was done", &report.summary),
        ];
        said.extend(documents::said(&report.evidence));
        said.extend(self.why.iter().flat_map(Why::said));
        said
    }
}

impl form::Form for Form {
    type About = About;

    const FIELDS: &'static [(&'static str, &'static str)] = &[
        ("progress_report.name", ""),
        ("progress_report.as_of_date", "as-of"),
        ("progress_report.fraction", "percent"),
        ("progress_report.measured", "measured"),
        ("progress_report.summary", "summary"),
        ("progress_report.evidence", "title-0"),
        ("progress_report.commitment", ""),
        ("correction", "reason"),
        ("correction.note", "note"),
        ("etag", ""),
    ];

    fn method(ids: &Ids) -> &'static str {
        if ids.get("report").is_empty() { method::REPORT_PROGRESS } else { method::UPDATE_PROGRESS }
    }

    async fn about(visit: &Visit, ids: Ids) -> Result<About, Refusal> {
        let id = ids.get("id").to_owned();
        let commitment = commitment(visit, &id).await?;
        if ids.get("report").is_empty() {
            return Ok(About { id, commitment, corrects: None });
        }
        let name = format!("{PARENT}/progressReports/{}", ids.get("report"));
        let report = visit.ask(pb::GetProgressReportRequest { name, as_of: None }).await?.progress_report;
        let Some(report) = report.filter(|report| report.commitment == commitment.name) else {
            // Corrected here, it would become a report of another commitment.
            let text = Text::new("这项承诺没有这份进展报告", "this commitment has no such report of progress");
            let text = text.get(visit.lang).to_owned();
            return Err(Refusal { kind: RefusalKind::NotFound, reason: String::new(), text });
        };
        Ok(About { id, commitment, corrects: Some(report) })
    }

    fn begun(about: &About) -> Self {
        let Some(found) = about.corrects.clone() else {
            return Self {
                // The day of the lights is today on the clock of the service.
                as_of: about.commitment.light_date.clone(),
                percent: String::new(),
                measured: String::new(),
                summary: String::new(),
                documents: Documents::empty(),
                why: None,
                request: request_of(""),
            };
        };
        let share = crate::format::decimal(found.fraction.as_ref());
        Self {
            as_of: found.as_of_date,
            percent: share.map(|share| (share * Decimal::ONE_HUNDRED).normalize().to_string()).unwrap_or_default(),
            measured: found.measured.and_then(|measured| measured.value).map(|value| value.value).unwrap_or_default(),
            summary: found.summary,
            documents: Documents::of_evidence(&found.evidence),
            why: Some(Why::of_revision(found.record.as_ref())),
            request: request_of(""),
        }
    }

    fn of(posted: &Posted) -> Self {
        let get = |name: &str| posted.field(name).trim().to_owned();
        Self {
            as_of: get("as-of"),
            percent: get("percent"),
            measured: get("measured"),
            // A browser ends the lines of a form with CR LF.
            summary: get("summary").replace("\r\n", "\n"),
            documents: Documents::of(posted),
            why: Some(Why::of(posted)).filter(|why| !why.etag.is_empty()),
            request: request_of(posted.field("request")),
        }
    }

    fn fields(&self) -> Fields {
        let mut fields: Fields = vec![
            ("as-of", self.as_of.clone()),
            ("percent", self.percent.clone()),
            ("measured", self.measured.clone()),
            ("summary", self.summary.clone()),
            ("request", self.request.clone()),
        ];
        fields.extend(self.documents.fields());
        fields.extend(self.why.iter().flat_map(Why::fields));
        fields
    }

    fn at(about: &About) -> String {
        let at = format!("/commitments/{}/progress", about.id);
        match &about.corrects {
            None => at,
            Some(report) => format!("{at}/{}/correction", crate::format::id(&report.name)),
        }
    }

    fn done(&self, about: &About) -> String {
        format!("/commitments/{}", about.id)
    }

    fn title(about: &About) -> Text {
        let sequence = &about.commitment.sequence;
        match about.corrects {
            None => Text::new(format!("填报进展：{sequence}"), format!("Report progress: {sequence}")),
            Some(_) => {
                Text::new(format!("更正进展报告：{sequence}"), format!("Correct a report of progress: {sequence}"))
            }
        }
    }

    fn draft(&self, about: &About) -> Result<Draft, Violations> {
        let mut faults = Violations::new();
        let report = self.read(about, &mut faults);
        let correction = about.corrects.as_ref().map(|_| self.why.clone().unwrap_or_default().read(&mut faults));
        faults.into_result(())?;
        let said = self.said(about, &report);
        let (sequence, day) = (&about.commitment.sequence, &self.as_of);
        let request_id = self.request.clone();
        let (title, what, message) = match correction {
            None => {
                let create = pb::CreateProgressReportRequest {
                    parent: PARENT.to_owned(),
                    // Nobody has to think of a name; that of the request is one.
                    progress_report_id: format!("p-{}", self.request),
                    progress_report: Some(report),
                    request_id,
                    validate_only: false,
                };
                let what = Text::new(
                    format!("报告承诺事项 {sequence} 截至 {day} 的进展"),
                    format!("progress of the commitment {sequence} up to {day}"),
                );
                let title = Text::new("签名并提交进展", "Sign and submit the progress");
                (title, what, message(method::REPORT_PROGRESS, &create))
            }
            Some(correction) => {
                let update = pb::UpdateProgressReportRequest {
                    progress_report: Some(report),
                    etag: self.why.as_ref().map(|why| why.etag.clone()).unwrap_or_default(),
                    correction,
                    request_id,
                    validate_only: false,
                };
                let what = Text::new(
                    format!("更正承诺事项 {sequence} 截至 {day} 的进展报告"),
                    format!("a correction of the progress of the commitment {sequence} up to {day}"),
                );
                (Text::new("签名并更正", "Sign and correct"), what, message(method::UPDATE_PROGRESS, &update))
            }
        };
        Ok(Draft { title, what, said, message })
    }

    fn shown(self, about: &About, Frame { s, faults, token }: Frame) -> Response {
        let faulty = !faults.is_empty();
        let (promise, unit) = (Promise::of(&about.commitment), about.unit());
        let page = Page { s, id: about.id.clone(), at: Self::at(about), promise, unit, form: self, faults, token };
        form_page(&page, faulty)
    }
}

fn decimal(value: Decimal) -> common::Decimal {
    common::Decimal { value: value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(percent: &str, measured: &str, as_of: &str, summary: &str) -> Result<pb::ProgressReport, Vec<String>> {
        let form = Form {
            as_of: as_of.to_owned(),
            percent: percent.to_owned(),
            measured: measured.to_owned(),
            summary: summary.to_owned(),
            documents: Documents::empty(),
            why: None,
            request: "r".to_owned(),
        };
        let about = About { id: "c1".to_owned(), commitment: pb::Commitment::default(), corrects: None };
        let mut faults = Violations::new();
        let report = form.read(&about, &mut faults);
        faults.into_result(report).map_err(|faults| faults.iter().map(|fault| fault.field.clone()).collect())
    }

    #[test]
    fn percent_becomes_a_fraction_and_every_fault_is_named_at_its_field() {
        let read = typed("35", "", "2025-06-30", "已开工").unwrap();
        assert_eq!((read.fraction.unwrap().value.as_str(), read.measured), ("0.35", None));
        assert_eq!(typed("135", "many", "6月", "").unwrap_err(), ["as-of", "percent", "measured", "summary"]);
        assert_eq!(typed("a half", "", "2025-06-30", "已开工").unwrap_err(), ["percent"]);
    }
}
