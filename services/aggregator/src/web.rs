//! The report as a page in the browser. Loopback only: people log in elsewhere, this is for the machine it runs on.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use domain::text::Lang;
use node::services::desk_status;
use tonic::Code;

use crate::reports::Reports;

/// Everything a report page may load: nothing from elsewhere, and no script.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/` leads to the newest edition, `/reports/{id}` is one edition.
pub(crate) fn router(reports: Reports) -> Router {
    Router::new()
        .route("/", get(async || Redirect::temporary("/reports/latest")))
        .route("/reports/{id}", get(page))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .with_state(reports)
}

async fn page(State(reports): State<Reports>, Path(id): Path<String>) -> Response {
    match reports.html(&format!("departments/aggregator/reports/{id}")).await {
        Ok(page) => {
            let mut response = Html(page).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => {
            let status = desk_status(&error, Lang::Zh);
            let code =
                if status.code() == Code::NotFound { StatusCode::NOT_FOUND } else { StatusCode::SERVICE_UNAVAILABLE };
            let text = if code == StatusCode::NOT_FOUND {
                "还没有这份报告。先运行一次评价并生成报告。No such report yet: run an evaluation and create a report first."
            } else {
                "报告暂不可用，请稍后再试。The report is not available right now."
            };
            (code, text).into_response()
        }
    }
}
