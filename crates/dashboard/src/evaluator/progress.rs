//! Reporting progress of a commitment.

use askama::Template;
use axum::{
    Extension,
    extract::{Multipart, Path},
    response::Response,
};
use contracts::{common::v1 as common, followup::v1 as pb};
use domain::{Text, Violations};
use rust_decimal::Decimal;

use super::{
    Back, Prepared, Unsent, documents, documents::Documents, fault, form_page, may, message, method, refused,
    request_of,
};
use crate::{
    pages::commitment::{PARENT, Promise, commitment},
    shell::{Here, Kept, Shell},
    visit::Visit,
    writing::{Answer, Writing, faults::Faults, form::Posted, said::Said, to},
};

/// Most characters of a report.
const LONGEST: usize = 5_000;
/// The field of the form for what a service refuses.
const FIELDS: [(&str, &str); 6] = [
    ("progress_report.as_of_date", "as-of"),
    ("progress_report.fraction", "percent"),
    ("progress_report.measured", "measured"),
    ("progress_report.summary", "summary"),
    ("progress_report.evidence", "title-0"),
    ("progress_report.commitment", ""),
];

#[derive(Template)]
#[template(path = "evaluator/progress.html")]
struct Page {
    s: Shell,
    id: String,
    promise: Promise,
    /// Unit of the target; empty where nothing is measured.
    unit: String,
    form: Form,
    faults: Faults,
    token: String,
}

/// What was typed.
#[derive(Clone)]
struct Form {
    as_of: String,
    percent: String,
    measured: String,
    summary: String,
    documents: Documents,
    request: String,
}

/// A commitment and its id.
struct About {
    id: String,
    commitment: pb::Commitment,
}

impl About {
    /// The commitment of an address, for whoever may report its progress.
    async fn of(visit: &Visit, writing: &Writing, id: String) -> Result<Self, Response> {
        may(visit, writing, method::REPORT_PROGRESS).await?;
        let commitment = commitment(visit, &id).await.map_err(|refusal| refused(visit, refusal))?;
        Ok(Self { id, commitment })
    }

    fn unit(&self) -> String {
        let target = self.commitment.target.as_ref();
        target.and_then(|target| target.value.as_ref()).map(|value| value.unit.clone()).unwrap_or_default()
    }

    /// The form; its language is asked for with what was typed, where something was.
    fn page(&self, visit: &Visit, writing: &Writing, form: Form, faults: Faults, typed: bool) -> Response {
        let promise = Promise::of(&self.commitment);
        let title =
            Text::new(format!("填报进展：{}", promise.sequence), format!("Report progress: {}", promise.sequence));
        let token = writing.token(visit);
        let mut s = visit.shell(Here::Commitments, title);
        if typed {
            let action = format!("/commitments/{}/progress/form", self.id);
            s = s.keeping(Kept { action, token: token.clone(), fields: form.fields() });
        }
        let faulty = !faults.is_empty();
        form_page(&Page { s, id: self.id.clone(), promise, unit: self.unit(), form, faults, token }, faulty)
    }
}

impl Form {
    fn of(posted: &Posted) -> Self {
        let get = |name: &str| posted.field(name).trim().to_owned();
        Self {
            as_of: get("as-of"),
            percent: get("percent"),
            measured: get("measured"),
            // A browser ends the lines of a form with CR LF.
            summary: get("summary").replace("\r\n", "\n"),
            documents: Documents::of(posted),
            request: request_of(posted.field("request")),
        }
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("as-of", self.as_of.clone()),
            ("percent", self.percent.clone()),
            ("measured", self.measured.clone()),
            ("summary", self.summary.clone()),
            ("request", self.request.clone()),
        ];
        fields.extend(self.documents.fields());
        fields
    }

    /// The report, or everything that is wrong with the form.
    fn read(&self, about: &About) -> Result<pb::ProgressReport, Violations> {
        let mut faults = Violations::new();
        if self.as_of.parse::<chrono::NaiveDate>().is_err() {
            faults.push(fault(
                "as-of",
                &self.as_of,
                ("须写明截至哪一天", "say up to which day it is"),
                ("请按 2025-06-30 的写法填写日期", "write the day like 2025-06-30"),
            ));
        }
        let percent = number("percent", &self.percent, &mut faults);
        if percent.is_some_and(|percent| percent < Decimal::ZERO || percent > Decimal::ONE_HUNDRED) {
            faults.push(fault(
                "percent",
                &self.percent,
                ("进度应在 0 到 100 之间", "progress lies between 0 and 100"),
                ("请按百分数填写，如 35", "give it in percent, for example 35"),
            ));
        }
        let measured = number("measured", &self.measured, &mut faults);
        let length = self.summary.chars().count();
        if length == 0 || length > LONGEST {
            let most = format!("须写明做了什么，至多 {LONGEST} 字");
            let most_en = format!("say what was done, in at most {LONGEST} characters");
            let value = if length == 0 { String::new() } else { length.to_string() };
            let rule = (most.as_str(), most_en.as_str());
            faults.push(fault("summary", &value, rule, ("请补充或缩短", "add it, or shorten it")));
        }
        self.documents.check(false, &mut faults);
        faults.into_result(pb::ProgressReport {
            commitment: about.commitment.name.clone(),
            as_of_date: self.as_of.clone(),
            fraction: percent.map(|percent| decimal((percent / Decimal::ONE_HUNDRED).normalize())),
            measured: measured.map(|value| common::Quantity { value: Some(decimal(value)), unit: about.unit() }),
            summary: self.summary.clone(),
            evidence: self.documents.evidence(),
            ..Default::default()
        })
    }

    fn prepared(&self, about: &About) -> Result<Prepared, Violations> {
        let report = self.read(about)?;
        let dash = String::new;
        let mut said = vec![
            Said::paragraphs("承诺事项", "Commitment", &about.commitment.text),
            Said::line("截至", "As of", &report.as_of_date),
            Said::line(
                "进度",
                "Progress",
                &report.fraction.as_ref().map_or_else(dash, |_share| format!("{} %", self.percent)),
            ),
            Said::line(
                "实测值",
                "Measured",
                &report.measured.as_ref().map_or_else(dash, |found| format!("{} {}", self.measured, found.unit)),
            ),
            Said::paragraphs("做了什么", "What was done", &report.summary),
        ];
        said.extend(documents::said(&report.evidence));
        let sequence = &about.commitment.sequence;
        let create = pb::CreateProgressReportRequest {
            parent: PARENT.to_owned(),
            // Nobody has to think of a name; that of the request is one.
            progress_report_id: format!("p-{}", self.request),
            progress_report: Some(report),
            request_id: self.request.clone(),
            validate_only: false,
        };
        let at = format!("/commitments/{}/progress", about.id);
        Ok(Prepared {
            here: Here::Commitments,
            title: Text::new("签名并提交进展", "Sign and submit the progress"),
            what: Text::new(
                format!("报告承诺事项 {sequence} 截至 {} 的进展", self.as_of),
                format!("progress of the commitment {sequence} up to {}", self.as_of),
            ),
            said,
            more: String::new(),
            message: message(method::REPORT_PROGRESS, &create),
            fields: self.fields(),
            back: Back::Form { edit: format!("{at}/form"), sign: format!("{at}/sign") },
            action: at,
        })
    }
}

fn decimal(value: Decimal) -> common::Decimal {
    common::Decimal { value: value.to_string() }
}

/// A number of a field; none when it is empty, or when it is none, which is a fault.
fn number(field: &str, text: &str, faults: &mut Violations) -> Option<Decimal> {
    if text.is_empty() {
        return None;
    }
    let read = Decimal::from_str_exact(text).ok();
    if read.is_none() {
        let rule = ("应为数字", "this is a number");
        faults.push(fault(field, text, rule, ("请只填数字，如 35.5", "give the number alone, like 35.5")));
    }
    read
}

pub(super) async fn new(visit: Visit, Extension(writing): Extension<Writing>, Path(id): Path<String>) -> Answer {
    let about = About::of(&visit, &writing, id).await?;
    let form = Form {
        // The day of the lights is today on the clock of the service.
        as_of: about.commitment.light_date.clone(),
        percent: String::new(),
        measured: String::new(),
        summary: String::new(),
        documents: Documents::empty(),
        request: request_of(""),
    };
    Ok(about.page(&visit, &writing, form, Faults::default(), false))
}

pub(super) async fn edit(
    visit: Visit,
    Extension(writing): Extension<Writing>,
    Path(id): Path<String>,
    form: Multipart,
) -> Answer {
    let posted = Posted::read(&visit, &writing, form).await?;
    let about = About::of(&visit, &writing, id).await?;
    Ok(about.page(&visit, &writing, Form::of(&posted), Faults::default(), true))
}

pub(super) async fn sign(
    visit: Visit,
    Extension(writing): Extension<Writing>,
    Path(id): Path<String>,
    form: Multipart,
) -> Answer {
    let posted = Posted::read(&visit, &writing, form).await?;
    let (about, form) = (About::of(&visit, &writing, id).await?, Form::of(&posted));
    match form.prepared(&about) {
        Ok(prepared) => prepared.page(&visit, &writing),
        Err(faults) => Ok(about.page(&visit, &writing, form, Faults::of(&faults, visit.lang), true)),
    }
}

pub(super) async fn submit(
    visit: Visit,
    Extension(writing): Extension<Writing>,
    Path(id): Path<String>,
    form: Multipart,
) -> Answer {
    let mut posted = Posted::read(&visit, &writing, form).await?;
    let (about, form) = (About::of(&visit, &writing, id).await?, Form::of(&posted));
    let faults = match form.prepared(&about) {
        Err(faults) => Faults::of(&faults, visit.lang),
        Ok(prepared) => match prepared.send(&visit, &writing, &mut posted, &FIELDS).await {
            Ok(_answer) => return Ok(to(&format!("/commitments/{}", about.id))),
            Err(Unsent::Page(page)) => return Err(page),
            Err(Unsent::Faults(faults)) => faults,
        },
    };
    Ok(about.page(&visit, &writing, form, faults, true))
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
            request: "r".to_owned(),
        };
        let about = About { id: "c1".to_owned(), commitment: pb::Commitment::default() };
        form.read(&about).map_err(|faults| faults.iter().map(|fault| fault.field.clone()).collect())
    }

    #[test]
    fn percent_becomes_a_fraction_and_every_fault_is_named_at_its_field() {
        let read = typed("35", "", "2025-06-30", "已开工").unwrap();
        assert_eq!((read.fraction.unwrap().value.as_str(), read.measured), ("0.35", None));
        assert_eq!(typed("135", "many", "6月", "").unwrap_err(), ["as-of", "percent", "measured", "summary"]);
        assert_eq!(typed("a half", "", "2025-06-30", "已开工").unwrap_err(), ["percent"]);
    }
}
