//! The pages for people (看板): what a leader, an officer or an auditor looks at in a browser.
//!
//! Server-rendered, with a small script that pages do without; every asset is in the program, nothing comes from elsewhere.
//! The crate knows no gRPC, no database and no clock: it asks the [`Source`] in the name of the [`Visitor`], so a page shows
//! what the person may read, and nothing else.
//!
//! | module | holds |
//! |---|---|
//! | [`port`] | the source of all data |
//! | [`settings`] | what the operator set: who is let in, whether the data are synthetic |
//! | `visit` | one request: who, in which language |
//! | `shell` | what every page has: head, navigation, language, marks |
//! | `charts` | interactive charts, for the browser's plotly.js |
//! | `address` | parts of addresses, percent-encoded |
//! | `pages` | one module for each page: its route, its view model |
//! | `evaluator` | what an evaluator writes from the pages: chapters, runs, editions (feature `writing`) |
//! | `writing` | forms and signing, for pages that write (feature `writing`) |
//! | `intake` | the pages of a department's clerks: workbooks in, drafts, signing (feature `intake`) |

mod address;
mod answer;
mod assets;
mod charts;
#[cfg(feature = "writing")]
mod evaluator;
mod format;
#[cfg(feature = "intake")]
pub mod intake;
mod pages;
pub mod port;
pub mod settings;
mod shell;
mod visit;
#[cfg(feature = "writing")]
pub mod writing;

use axum::Router;

pub use port::{Changes, Refusal, RefusalKind, SharedSource, Source, Visitor};
pub use settings::{LOGIN, LOGOUT, PUBLIC, Settings, SignIn};

/// The pages. They come at `/`, the editions of the report at `/reports/{id}`. `sign_in` has the routes with which people sign in and
/// out; what holds for every answer of the pages holds for theirs.
pub fn router(settings: Settings, source: SharedSource, sign_in: Router) -> Router {
    assembled(visit::Site::new(settings, source), Router::new(), sign_in)
}

/// The same with the pages on which an evaluator writes: chapters of the report, runs, editions.
///
/// # Errors
/// When the system gives no random bytes.
#[cfg(feature = "writing")]
pub fn writing_router(
    settings: Settings,
    writer: writing::port::SharedWriter,
    sign_in: Router,
) -> std::io::Result<Router> {
    let source: SharedSource = writer.clone();
    let writing = writing::Writing::new(writer, evaluator::BOUNDS, shell::Here::Elsewhere)?;
    let site = visit::Site::writing(settings, source, writing.clone(), false);
    let routes = evaluator::routes(&site, &writing);
    Ok(assembled(site, routes, sign_in))
}

fn assembled(site: visit::Site, more: Router<visit::Site>, sign_in: Router) -> Router {
    let public = if site.settings().public.is_some() { pages::open_routes() } else { Router::new() };
    Router::new()
        .merge(pages::routes())
        .merge(more)
        .merge(public)
        .merge(assets::routes())
        .fallback(pages::nothing_here)
        .with_state(site.clone())
        .merge(sign_in)
        .layer(axum::middleware::from_fn_with_state(site, visit::rules))
}
