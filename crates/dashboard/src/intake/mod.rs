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
//! | `reading` | a workbook of a round: the template, what was understood, corrections |
//! | `reported` | what the department has reported before |
//! | `figures` | the figures of a submission as they were signed |
//! | `rounds`, `draft`, `sign`, `submissions`, `endorse` | the pages |

mod draft;
pub mod drafts;
mod endorse;
mod figures;
pub mod port;
mod reading;
mod reported;
mod rounds;
mod sign;
mod submissions;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use domain::Text;

use self::{drafts::DraftError, port::SharedDesk};
use crate::{
    answer,
    port::{Refusal, SharedSource},
    settings::Settings,
    shell::Here,
    visit::{self, Site, Visit},
    writing::{self, Answer, Bounds, Writing, blocking, download, form, port::SharedWriter, signing, to},
};

pub use drafts::{DraftLimits, Drafts};
pub use port::{Correction, Desk, Facts, OpenRound};

/// Submits figures.
const SUBMIT: &str = "/wufei.exchange.v1.ObservationIngestService/BatchCreateObservations";
/// Reviews and signs submissions.
const ENDORSE: &str = "/wufei.exchange.v1.EndorsementService/CreateEndorsement";
/// Kind of the workbooks that go out.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Beside the workbook, a form has little.
const FORM_BYTES: usize = 256 * 1024;

/// What the handlers share.
#[derive(Clone, Debug)]
struct Clerks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    desk: SharedDesk,
    writing: Writing,
}

impl std::ops::Deref for Clerks {
    type Target = Writing;

    fn deref(&self) -> &Writing {
        &self.0.writing
    }
}

/// The pages of the clerks.
///
/// # Errors
/// When the system gives no random bytes.
pub fn router(settings: Settings, desk: SharedDesk) -> std::io::Result<Router> {
    let source: SharedSource = desk.clone();
    let content = desk.drafts().limits().file_bytes;
    let most = content.saturating_add(FORM_BYTES);
    let writer: SharedWriter = desk.clone();
    let writing = Writing::new(writer, Bounds { form: most, content }, Here::Intake)?;
    let site = Site::writing(settings, source, writing.clone(), true);
    let clerks = Clerks(Arc::new(Inner { desk, writing: writing.clone() }));
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
        .layer(Extension(writing))
        .layer(axum::middleware::from_fn_with_state(site.clone(), visit::rules))
        .with_state(site))
}

impl Clerks {
    fn desk(&self) -> &SharedDesk {
        &self.0.desk
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
    writing::fault_at(Here::Intake, visit, error)
}

/// A page that says why something was not done.
fn told(visit: &Visit, status: StatusCode, heading: Text, text: Text) -> Response {
    writing::told_at(Here::Intake, visit, status, heading, text)
}
