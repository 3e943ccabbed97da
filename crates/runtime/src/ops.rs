//! The operations server: `/livez`, `/readyz`, `/metrics`. Plain HTTP for the operator's network; it shows no data of a
//! department and takes no orders.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{readiness::Readiness, telemetry::Scrape};

/// The text format of Prometheus, version 0.0.4.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The routes.
pub fn router(readiness: Readiness, scrape: Scrape) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(move || async move { readyz(&readiness) }))
        .route("/metrics", get(move || async move { metrics(&scrape) }))
}

/// A bound operations server that does not serve yet.
#[derive(Debug)]
pub struct OpsServer {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
}

impl OpsServer {
    /// Binds. Port 0 lets the system choose.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(address: SocketAddr, readiness: Readiness, scrape: Scrape) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("无法监听运维地址 {address}，请检查 listen.ops / cannot listen on the operations address {address}; check listen.ops")
        })?;
        let address = listener.local_addr().context("the operations address is not known")?;
        Ok(Self { listener, address, router: router(readiness, scrape) })
    }

    /// The address it is bound to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the token is cancelled.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn serve(self, stop: CancellationToken) -> anyhow::Result<()> {
        let until = stop.cancelled_owned();
        axum::serve(self.listener, self.router)
            .with_graceful_shutdown(until)
            .await
            .context("the operations server failed")
    }
}

fn readyz(readiness: &Readiness) -> Response {
    let pending = readiness.pending();
    if pending.is_empty() {
        return "ready\n".into_response();
    }
    let lines: String = pending.iter().map(|name| format!("waiting for: {name}\n")).collect();
    (StatusCode::SERVICE_UNAVAILABLE, lines).into_response()
}

fn metrics(scrape: &Scrape) -> Response {
    match scrape.text() {
        Ok(text) => ([(CONTENT_TYPE, PROMETHEUS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics could not be encoded");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
