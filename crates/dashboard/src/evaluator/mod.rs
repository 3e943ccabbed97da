//! What an evaluator does from the pages: write chapters of the report, start a run, make an edition. Each is signed with their own key,
//! in their browser or by file, and goes the way of every write.
//!
//! A form leads to the page on which the exact bytes are signed, and its fields go along. What comes back makes the same bytes
//! again; other bytes than those signed are refused.

mod reports;
mod runs;
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
use domain::Text;

use crate::{
    answer,
    port::Refusal,
    shell::Here,
    visit::{Site, Visit},
    writing::{
        Answer, Bounds, Writing,
        form::{self, Posted},
        port::Message,
        signing::{self, Shown, SignPage},
    },
};

/// The largest form: a text of twenty thousand characters twice, and its signature.
pub(crate) const BOUNDS: Bounds = Bounds { form: 256 * 1024, content: 60 * 1024 };

/// Methods that these pages call.
pub(crate) mod method {
    pub(crate) use crate::port::{CREATE_REPORT, CREATE_RUN};

    /// Records a text.
    pub(crate) const CREATE_TEXT: &str = "/wufei.evaluation.v1.ReportService/CreateReportText";
    /// Writes a new revision of a text.
    pub(crate) const UPDATE_TEXT: &str = "/wufei.evaluation.v1.ReportService/UpdateReportText";
}

/// The routes; `site` and `writing` are of the pages around them.
pub(crate) fn routes(site: &Site, writing: &Writing) -> Router<Site> {
    Router::new()
        .route("/texts", get(texts::list).post(texts::submit))
        .route("/texts/new", get(texts::new))
        // Who asks for it without a form, for example in the other language, gets an empty one.
        .route("/texts/sign", get(texts::new).post(texts::sign))
        .route("/texts/{id}", get(texts::page))
        .route("/runs/new", get(runs::new))
        .route("/runs/new/sign", get(runs::sign))
        .route("/runs", post(runs::submit))
        .route("/reports/new", get(reports::new))
        .route("/reports/new/sign", get(reports::sign))
        .route("/reports", post(reports::submit))
        .layer(DefaultBodyLimit::max(writing.most()))
        .layer(axum::middleware::from_fn_with_state(site.clone(), form::bounded))
        .layer(Extension(writing.clone()))
}

/// A write that waits for its signature.
struct Prepared {
    here: Here,
    title: Text,
    /// What is signed, in words.
    what: Text,
    message: Message,
    /// What the form said; it goes along and makes the same message again.
    fields: Vec<(&'static str, String)>,
    /// Where the signature goes.
    action: &'static str,
    back: String,
}

impl Prepared {
    /// The page on which it is signed.
    fn page(self, visit: &Visit, writing: &Writing) -> Answer {
        let messages = [self.message];
        let file = signing::to_sign(&messages).map_err(|error| writing.fault(visit, &error))?;
        Ok(answer::page(&SignPage {
            s: visit.shell(self.here, self.title),
            what: self.what,
            messages: messages.iter().map(Shown::of).collect(),
            action: self.action.to_owned(),
            // A form may hold more than an address can, so the file stands in the page itself.
            file: format!("data:application/json;base64,{}", BASE64_STANDARD.encode(file)),
            fields: self.fields,
            back: self.back,
            token: writing.token(visit),
        }))
    }

    /// Sends it with the signature that came back; the answer of the service.
    async fn send(self, visit: &Visit, writing: &Writing, posted: &mut Posted) -> Result<Bytes, Response> {
        let messages = [self.message];
        let signatures = signing::signatures(visit, writing, posted, &messages)?;
        let answers = signing::send(visit, writing, &messages, signatures, &self.back).await?;
        Ok(answers.into_iter().next().unwrap_or_default())
    }
}

/// Refuses who may not call a method; the policies decide, and the refusal is recorded.
async fn may(visit: &Visit, writing: &Writing, method: &'static str) -> Result<(), Response> {
    writing.writer().may(&visit.visitor, visit.lang, method).await.map_err(|refusal| refused(visit, refusal))
}

fn refused(visit: &Visit, refusal: Refusal) -> Response {
    answer::refused(visit.refuse(refusal))
}

/// A form that lacks something.
fn incomplete(visit: &Visit, writing: &Writing, zh: &str, en: &str) -> Response {
    let heading = Text::new("还缺内容", "Something is missing");
    writing.told(visit, StatusCode::BAD_REQUEST, heading, Text::new(zh, en))
}

/// A request id for what a person begins to do: sent twice, it is done once.
fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn message(method: &'static str, request: &impl prost::Message) -> Message {
    Message { method: method.trim_start_matches('/'), bytes: request.encode_to_vec().into(), rows: Vec::new() }
}
