//! The pages of a department's clerks (填报): the open rounds, workbooks in, “this is what I understood”, drafts, signing, receipts, and
//! for approvers what waits for them.
//!
//! They are served by the department's own node. What is uploaded stays a draft, which nobody else sees, until its owner signs the exact
//! bytes of the submission with their own key in their browser. Then it goes the way of every write: authentication, policies,
//! signature, rules, log and audit are those of the node.
//!
//! | module | holds |
//! |---|---|
//! | [`port`] | what the pages need beside the services |
//! | [`drafts`] | uploaded workbooks that nobody has signed yet |
//! | `token` | the token of forms |
//! | `form` | what a form sends |
//! | `reading` | a workbook of a round: the template, what was understood, corrections |
//! | `reported` | what the department has reported before |
//! | `signing` | what is signed, in the browser or by file |
//! | `figures` | the figures of a submission as they were signed |
//! | `rounds`, `draft`, `sign`, `submissions`, `endorse` | the pages |

mod draft;
pub mod drafts;
mod endorse;
mod figures;
mod form;
pub mod port;
mod reading;
mod reported;
mod rounds;
mod sign;
mod signing;
mod submissions;
mod token;

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use domain::Text;

use self::{drafts::DraftError, port::SharedDesk, token::Tokens};
use crate::{
    answer,
    port::{Refusal, SharedSource},
    settings::Settings,
    shell::{Here, Shell},
    visit::{self, Site, Visit},
};

pub use drafts::{DraftLimits, Drafts};
pub use port::{Correction, Denied, Desk, Facts, Fault, Message, OpenRound};

/// Submits figures.
const SUBMIT: &str = "/wufei.exchange.v1.ObservationIngestService/BatchCreateObservations";
/// Reviews and signs submissions.
const ENDORSE: &str = "/wufei.exchange.v1.EndorsementService/CreateEndorsement";
/// Kind of the workbooks that go out.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Beside the workbook, a form has little.
const FORM_BYTES: usize = 256 * 1024;

/// What a handler comes to; either way it is an answer.
type Answer = Result<Response, Response>;

/// What the handlers share.
#[derive(Clone, Debug)]
struct Clerks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    desk: SharedDesk,
    tokens: Tokens,
}

/// The pages of the clerks.
///
/// # Errors
/// When the system gives no random bytes.
pub fn router(settings: Settings, desk: SharedDesk) -> std::io::Result<Router> {
    let source: SharedSource = desk.clone();
    let site = Site::for_clerks(settings, source);
    let clerks = Clerks(Arc::new(Inner { desk, tokens: Tokens::new()? }));
    let most = clerks.most();
    Ok(Router::new()
        .route("/", get(rounds::list))
        .route("/rounds/{period}", get(rounds::page))
        .route("/rounds/{period}/template.xlsx", get(rounds::template))
        .route("/drafts", post(draft::upload))
        .route("/drafts/{id}", get(draft::page))
        .route("/drafts/{id}/cells", post(draft::correct))
        .route("/drafts/{id}/replace", post(draft::replace))
        .route("/drafts/{id}/delete", post(draft::delete))
        .route("/drafts/{id}/marked.xlsx", get(draft::marked))
        .route("/drafts/{id}/sign", get(sign::page).post(sign::submit))
        .route("/drafts/{id}/to-sign.json", get(sign::to_sign))
        .route("/submissions", get(submissions::list))
        .route("/submissions/endorse", get(endorse::page_of_many).post(endorse::submit_many))
        .route("/submissions/to-sign.json", get(endorse::to_sign_many))
        .route("/submissions/{index}", get(submissions::page))
        .route("/submissions/{index}/receipt.json", get(submissions::receipt))
        .route("/submissions/{index}/endorse", get(endorse::page).post(endorse::submit))
        .route("/submissions/{index}/to-sign.json", get(endorse::to_sign))
        .merge(crate::assets::routes())
        .fallback(crate::pages::nothing_here)
        .layer(DefaultBodyLimit::max(most))
        .layer(axum::middleware::from_fn_with_state(site.clone(), form::bounded))
        .layer(Extension(clerks))
        .layer(axum::middleware::from_fn_with_state(site.clone(), visit::rules))
        .with_state(site))
}

impl Clerks {
    fn desk(&self) -> &SharedDesk {
        &self.0.desk
    }

    /// The largest form in bytes.
    fn most(&self) -> usize {
        self.desk().drafts().limits().file_bytes.saturating_add(FORM_BYTES)
    }

    /// The token of the visitor's forms.
    fn token(&self, visit: &Visit) -> String {
        self.0.tokens.of(&visit.visitor)
    }

    /// Refuses who may not submit here; the policies decide, and the refusal is recorded.
    async fn may_submit(&self, visit: &Visit) -> Result<(), Response> {
        self.desk().may(&visit.visitor, visit.lang, SUBMIT).await.map_err(|refusal| refused(visit, refusal))
    }

    /// Refuses who neither submits nor endorses here, in the same way.
    async fn belongs(&self, visit: &Visit) -> Result<(), Response> {
        if self.desk().allows(&visit.visitor, visit.lang, ENDORSE) { Ok(()) } else { self.may_submit(visit).await }
    }

    /// Does with the drafts what blocks.
    async fn with_drafts<T: Send + 'static>(
        &self,
        visit: &Visit,
        work: impl FnOnce(&Drafts) -> Result<T, DraftError> + Send + 'static,
    ) -> Result<T, Response> {
        let drafts = Arc::clone(self.desk().drafts());
        let done = blocking(visit, move || work(&drafts)).await?;
        done.map_err(|error| match error {
            DraftError::Unknown => refused_as_nothing(visit),
            DraftError::Full(text) => {
                told(visit, StatusCode::CONFLICT, Text::new("草稿未保存", "The draft was not kept"), text)
            }
            DraftError::Disk(error) => fault(visit, &error),
        })
    }
}

/// Does what takes the processor or the disk a while, beside the threads that answer.
async fn blocking<T: Send + 'static>(visit: &Visit, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Response> {
    tokio::task::spawn_blocking(work).await.map_err(|error| fault(visit, &error))
}

fn refused(visit: &Visit, refusal: Refusal) -> Response {
    answer::refused(visit.refuse(refusal))
}

fn refused_as_nothing(visit: &Visit) -> Response {
    answer::refused(visit.nothing(
        "没有这份草稿：可能已提交、已删除或已过期，或者属于其他人",
        "there is no such draft: it was submitted, deleted or has expired, or is somebody else's",
    ))
}

/// A fault of the program: the cause goes to the log.
fn fault(visit: &Visit, error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "a page of the clerks cannot be made");
    let text = Text::new("程序出错，原因已写入节点日志", "a fault of the program; the cause is in the log of the node");
    told(visit, StatusCode::INTERNAL_SERVER_ERROR, Text::new("程序出错", "A fault of the program"), text)
}

/// A page that says why something was not done.
fn told(visit: &Visit, status: StatusCode, heading: Text, text: Text) -> Response {
    let s = visit.shell(Here::Intake, heading);
    answer::with_status(status, &Told { s, text, faults: Vec::new(), reason: String::new(), back: "/".to_owned() })
}

/// Why something was not done.
#[derive(Template)]
#[template(path = "intake/told.html")]
struct Told {
    s: Shell,
    text: Text,
    /// Each fault with its place.
    faults: Vec<(String, String)>,
    reason: String,
    back: String,
}

/// To another page after something was done.
fn to(address: &str) -> Response {
    axum::response::Redirect::to(address).into_response()
}

/// A file to keep.
fn download(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    // RFC 6266 and RFC 8187: the name in UTF-8, percent-encoded.
    let escaped: String = name
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let disposition = HeaderValue::try_from(format!("attachment; filename*=UTF-8''{escaped}"));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response()
}
