//! What an evaluator and the lead department do from the pages: write chapters of the report, start runs, make editions, bring schemes
//! into force, put commitments on record, report their progress and accept them. Each is signed with the person's own key, in their browser or by file, and
//! goes the way of every write.
//!
//! A form leads to the page on which the exact bytes are signed, and its fields go along. What comes back makes the same bytes
//! again; other bytes than those signed are refused. What is wrong is told on the form, with everything that was typed.
//!
//! | module | holds |
//! |---|---|
//! | `texts` | chapters of the report |
//! | `runs`, `reports`, `runs_of` | evaluations and editions |
//! | `schemes` | a scheme from its file to its publication |
//! | `promise`, `progress`, `acceptance` | commitments |
//! | `form`, `documents`, `corrected` | what their forms share: the steps, the evidence, why something is corrected |

mod acceptance;
mod corrected;
mod documents;
mod form;
mod progress;
mod promise;
mod reports;
mod runs;
mod runs_of;
mod schemes;
mod texts;

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use chrono::NaiveDate;
use domain::{Text, Violations};
use rust_decimal::Decimal;

use crate::{
    answer,
    port::{Refusal, RefusalKind},
    shell::{Here, Kept},
    visit::{Site, Visit},
    writing::{
        Answer, Bounds, Writing,
        faults::Faults,
        form::{Posted, bounded},
        port::Message,
        said::Said,
        signing::{self, Shown, SignPage},
    },
};

/// The largest form: a text of twenty thousand characters twice, and its signature.
pub(crate) const BOUNDS: Bounds = Bounds { form: 256 * 1024, content: 60 * 1024 };

/// Methods that these pages call.
pub(crate) mod method {
    pub(crate) use crate::port::{
        ACCEPT, CREATE_COMMITMENT, CREATE_REPORT, CREATE_RUN, CREATE_SCHEME, PROPOSE_SCHEME, PUBLISH_SCHEME,
        REPORT_PROGRESS, UPDATE_COMMITMENT, UPDATE_PROGRESS,
    };

    /// Records a text.
    pub(crate) const CREATE_TEXT: &str = "/wufei.evaluation.v1.ReportService/CreateReportText";
    /// Writes a new revision of a text.
    pub(crate) const UPDATE_TEXT: &str = "/wufei.evaluation.v1.ReportService/UpdateReportText";
}

/// The routes; `site` and `writing` are of the pages around them.
pub(crate) fn routes(site: &Site, writing: &Writing) -> Router<Site> {
    Router::new()
        .route("/texts", get(texts::list).post(texts::submit))
        .route("/texts/new", get(texts::new).post(texts::edit))
        // Who asks for it without a form gets an empty one.
        .route("/texts/sign", get(texts::new).post(texts::sign))
        .route("/texts/{id}", get(texts::page))
        .route("/runs/new", get(runs::new))
        .route("/runs/new/sign", get(runs::sign))
        .route("/runs", post(runs::submit))
        .route("/reports/new", get(reports::new))
        .route("/reports/new/sign", get(reports::sign))
        .route("/reports", post(reports::submit))
        .route("/schemes", post(schemes::submit))
        .route("/schemes/new", get(schemes::new).post(schemes::edit))
        .route("/schemes/sign", get(schemes::new).post(schemes::sign))
        .route("/schemes/{id}/{step}", get(schemes::sign_step).post(schemes::submit_step))
        .merge(of_form::<promise::Form>("/commitments/new"))
        .merge(of_form::<promise::Form>("/commitments/{id}/correction"))
        .merge(of_form::<progress::Form>("/commitments/{id}/progress"))
        .merge(of_form::<progress::Form>("/commitments/{id}/progress/{report}/correction"))
        .merge(of_form::<acceptance::Form>("/commitments/{id}/acceptance"))
        .layer(DefaultBodyLimit::max(writing.most()))
        .layer(axum::middleware::from_fn_with_state(site.clone(), bounded))
        .layer(Extension(writing.clone()))
}

/// The routes of a form: who asks for one of its steps without a form gets an empty one.
fn of_form<F: form::Form + 'static>(at: &str) -> Router<Site> {
    Router::new()
        .route(at, get(form::new::<F>).post(form::submit::<F>))
        .route(&format!("{at}/form"), get(form::new::<F>).post(form::edit::<F>))
        .route(&format!("{at}/sign"), get(form::new::<F>).post(form::sign::<F>))
}

/// A write that waits for its signature.
struct Prepared {
    here: Here,
    title: Text,
    /// What is signed, in one sentence.
    what: Text,
    /// What the message says.
    said: Vec<Said>,
    /// More of it, as HTML that a template made.
    more: String,
    message: Message,
    /// What the form said; it goes along and makes the same message again.
    fields: Vec<(&'static str, String)>,
    /// Where the signature goes.
    action: String,
    /// Where the way back leads, whether or not it is signed.
    back: Back,
}

/// Where one goes back to.
enum Back {
    /// An address; what was typed stands in it.
    Page(String),
    /// A form that is sent with what was typed: where the form is, and where it goes to be signed.
    Form { edit: String, sign: String },
}

/// Why something was not sent, or not taken.
enum Unsent {
    /// A page says so.
    Page(Response),
    /// Something is wrong with what was typed.
    Faults(Faults),
}

impl Prepared {
    /// The page on which it is signed.
    fn page(self, visit: &Visit, writing: &Writing) -> Answer {
        let messages = [self.message];
        let file = signing::to_sign(&messages).map_err(|error| writing.fault(visit, &error))?;
        let token = writing.token(visit);
        let mut s = visit.shell(self.here, self.title);
        let (back, edit) = match self.back {
            Back::Page(address) => (address, None),
            Back::Form { edit, sign } => {
                // The page answers a form, so its other language has to be asked for with the form.
                s = s.keeping(Kept { action: sign, token: token.clone(), fields: self.fields.clone() });
                (String::new(), Some(edit))
            }
        };
        Ok(answer::page(&SignPage {
            s,
            what: self.what,
            said: self.said,
            more: self.more,
            messages: messages.iter().map(Shown::of).collect(),
            action: self.action,
            // A form may hold more than an address can, so the file stands in the page itself.
            file: format!("data:application/json;base64,{}", BASE64_STANDARD.encode(file)),
            fields: self.fields,
            back,
            edit,
            token,
        }))
    }

    /// Sends it with the signature that came back; the answer of the service. `fields` names the field of the form for the beginning
    /// of a path in the request.
    async fn send(
        self,
        visit: &Visit,
        writing: &Writing,
        posted: &mut Posted,
        fields: &[(&str, &'static str)],
    ) -> Result<Bytes, Unsent> {
        let message = self.message;
        let signatures = signing::signatures(visit, writing, posted, std::slice::from_ref(&message));
        let signature = signatures.map_err(Unsent::Page)?.into_iter().next().unwrap_or_default();
        let sent = writing.writer().write(&visit.visitor, visit.lang, &message, signature).await;
        sent.map_err(|denied| {
            let typed = !denied.faults.is_empty() || denied.refusal.kind == RefusalKind::Invalid;
            if typed {
                return Unsent::Faults(Faults::refused(denied, fields));
            }
            let back = match &self.back {
                Back::Page(address) => address,
                Back::Form { edit, .. } => edit,
            };
            Unsent::Page(signing::denial(visit, writing, &message, denied, back))
        })
    }
}

/// The page of a form: as it is asked for, or with what is wrong with it.
fn form_page(page: &impl askama::Template, faulty: bool) -> Response {
    let status = if faulty { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    answer::with_status(status, page)
}

/// Refuses who may not call a method; the policies decide, and the refusal is recorded.
async fn may(visit: &Visit, writing: &Writing, method: &'static str) -> Result<(), Response> {
    writing.writer().may(&visit.visitor, visit.lang, method).await.map_err(|refusal| refused(visit, refusal))
}

fn refused(visit: &Visit, refusal: Refusal) -> Response {
    answer::refused(visit.refuse(refusal))
}

/// A request id for what a person begins to do: sent twice, it is done once.
fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The request id of a form; a new one where it has none.
fn request_of(sent: &str) -> String {
    Some(sent.trim()).filter(|sent| !sent.is_empty()).map_or_else(request_id, str::to_owned)
}

fn message(method: &'static str, request: &impl prost::Message) -> Message {
    Message { method: method.trim_start_matches('/'), bytes: request.encode_to_vec().into(), rows: Vec::new() }
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

/// A day of a field; none when it is empty, or when it is none, which is a fault.
fn day(field: &str, text: &str, faults: &mut Violations) -> Option<NaiveDate> {
    let read = text.parse().ok();
    if read.is_none() && !text.is_empty() {
        let rule = ("日期应为 年-月-日", "a date is year-month-day");
        faults.push(fault(field, text, rule, ("请按 2025-06-30 的写法填写", "write it like 2025-06-30")));
    }
    read
}

/// A fault of a field of a form.
fn fault(field: &str, value: &str, rule: (&str, &str), action: (&str, &str)) -> domain::Violation {
    let reason = if value.is_empty() { domain::Reason::FieldRequired } else { domain::Reason::FieldInvalid };
    domain::Violation::new(field, reason, value, Text::new(rule.0, rule.1), Text::new(action.0, action.1))
}
