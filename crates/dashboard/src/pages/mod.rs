//! One module for each page.

mod cases;
mod catalogue;
mod city;
pub(crate) mod commitment;
mod commitments;
mod common;
mod entry;
mod events;
mod funding;
mod indicator;
mod items;
mod matrix;
mod nodes;
pub(crate) mod outline;
mod overview;
mod parts;
mod public;
mod reports;
mod runs;
pub(crate) mod schemes;
mod sensitivity;
mod trend;
mod value;

use axum::{Router, routing::get};

pub(crate) use public::Kept;

use crate::{
    answer::Page,
    settings::PUBLIC,
    visit::{Site, Visit},
};

pub(crate) fn routes() -> Router<Site> {
    Router::new()
        .route("/", get(overview::page))
        .route("/events", get(events::events))
        .route("/matrix", get(matrix::page))
        .route("/catalogue", get(catalogue::page))
        .route("/cities", get(city::list))
        .route("/cities/{code}", get(city::page))
        .route("/indicators", get(indicator::list))
        .route("/indicators/{code}", get(indicator::page))
        .route("/funding", get(funding::page))
        .route("/commitments", get(commitments::page))
        .route("/commitments/{id}", get(commitment::page))
        .route("/nodes", get(nodes::page))
        .route("/entries/{index}", get(entry::page))
        .route("/schemes", get(schemes::list))
        .route("/schemes/{id}", get(schemes::page))
        .route("/runs", get(runs::list))
        .route("/runs/{id}", get(runs::page))
        .route("/values/{*cell}", get(value::page))
        .route("/reports", get(reports::list))
        .route("/reports/{id}", get(reports::edition))
        .route("/reports/{id}/{file}", get(reports::download))
}

/// The route of the public page.
pub(crate) fn open_routes() -> Router<Site> {
    Router::new().route(PUBLIC, get(public::page))
}

/// The answer at an address that leads to nothing.
pub(crate) async fn nothing_here(visit: Visit) -> Page {
    Err(visit.nothing("这个地址没有页面", "there is no page at this address"))
}
