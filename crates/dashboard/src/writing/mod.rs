//! What pages need that write: forms with their token, the page on which a person signs, and how a refusal is told.
//!
//! | module | holds |
//! |---|---|
//! | [`port`] | the way to write |
//! | `token` | the token of forms |
//! | `form` | what a form sends |
//! | `faults` | what is wrong with a form, told on it |
//! | `said` | what is signed, in words |
//! | `signing` | what is signed, in the browser or by file |

pub(crate) mod faults;
pub(crate) mod form;
pub mod port;
pub(crate) mod said;
pub(crate) mod signing;
mod token;

use std::sync::Arc;

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::Text;

use self::{port::SharedWriter, token::Tokens};
use crate::{
    address::escaped,
    answer,
    shell::{Here, Shell},
    visit::Visit,
};

/// What a handler comes to; either way it is an answer.
pub(crate) type Answer = Result<Response, Response>;

/// How large a form may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Bytes of the whole form.
    pub(crate) form: usize,
    /// Bytes of what a person puts into it, as they are told.
    pub(crate) content: usize,
}

/// The way to write, and what its forms are held to.
#[derive(Clone, Debug)]
pub(crate) struct Writing(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    writer: SharedWriter,
    tokens: Tokens,
    bounds: Bounds,
    here: Here,
}

impl Writing {
    /// `here` is the place of its pages in the navigation.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub(crate) fn new(writer: SharedWriter, bounds: Bounds, here: Here) -> std::io::Result<Self> {
        Ok(Self(Arc::new(Inner { writer, tokens: Tokens::new()?, bounds, here })))
    }

    pub(crate) fn writer(&self) -> &SharedWriter {
        &self.0.writer
    }

    /// The largest form in bytes.
    pub(crate) fn most(&self) -> usize {
        self.0.bounds.form
    }

    /// The token of the visitor's forms.
    pub(crate) fn token(&self, visit: &Visit) -> String {
        self.0.tokens.of(&visit.visitor)
    }

    /// A page that says why something was not done.
    pub(crate) fn told(&self, visit: &Visit, status: StatusCode, heading: Text, text: Text) -> Response {
        told_at(self.0.here, visit, status, heading, text)
    }

    /// A page that says why what was signed was not taken, with the way back.
    pub(crate) fn told_back(&self, visit: &Visit, heading: Text, text: Text, back: String) -> Response {
        let s = visit.shell(self.0.here, heading);
        let page = Told { s, text, faults: Vec::new(), reason: String::new(), back };
        answer::with_status(StatusCode::UNPROCESSABLE_ENTITY, &page)
    }

    /// A fault of the program: the cause goes to the log.
    pub(crate) fn fault(&self, visit: &Visit, error: &dyn std::fmt::Display) -> Response {
        fault_at(self.0.here, visit, error)
    }
}

/// Does what takes the processor or the disk a while, beside the threads that answer.
pub(crate) async fn blocking<T: Send + 'static>(
    visit: &Visit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Response> {
    tokio::task::spawn_blocking(work).await.map_err(|error| fault_at(Here::Elsewhere, visit, &error))
}

/// A fault of the program, told at a place of the navigation.
pub(crate) fn fault_at(here: Here, visit: &Visit, error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "a page that writes cannot be made");
    let text = Text::new("程序出错，原因已写入节点日志", "a fault of the program; the cause is in the log of the node");
    told_at(here, visit, StatusCode::INTERNAL_SERVER_ERROR, Text::new("程序出错", "A fault of the program"), text)
}

/// A page that says why something was not done, at a place of the navigation.
pub(crate) fn told_at(here: Here, visit: &Visit, status: StatusCode, heading: Text, text: Text) -> Response {
    let s = visit.shell(here, heading);
    answer::with_status(status, &Told { s, text, faults: Vec::new(), reason: String::new(), back: "/".to_owned() })
}

/// Why something was not done.
#[derive(Template)]
#[template(path = "writing/told.html")]
pub(crate) struct Told {
    pub(crate) s: Shell,
    pub(crate) text: Text,
    /// Each fault with its place.
    pub(crate) faults: Vec<(String, String)>,
    pub(crate) reason: String,
    pub(crate) back: String,
}

/// To another page after something was done.
pub(crate) fn to(address: &str) -> Response {
    axum::response::Redirect::to(address).into_response()
}

/// A file to keep.
pub(crate) fn download(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    // RFC 6266 and RFC 8187: the name in UTF-8, percent-encoded.
    let escaped = escaped(name);
    let disposition = HeaderValue::try_from(format!("attachment; filename*=UTF-8''{escaped}"));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response()
}
