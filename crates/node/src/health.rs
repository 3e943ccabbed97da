//! The standard health service, told by the process's readiness.

use runtime::{CancellationToken, readiness::Readiness};
use tonic_health::{ServingStatus, server::HealthReporter};

/// Reports the state of the server (`""`) and of each service until the server stops; then they are `NOT_SERVING`, so that
/// callers go elsewhere while the last calls drain.
pub(crate) async fn report(
    reporter: HealthReporter,
    services: Vec<&'static str>,
    readiness: Readiness,
    stop: CancellationToken,
) {
    let mut state = readiness.watch();
    loop {
        let ready = state.borrow_and_update().is_ready();
        set(&reporter, &services, if ready { ServingStatus::Serving } else { ServingStatus::NotServing }).await;
        tokio::select! {
            () = stop.cancelled() => break,
            changed = state.changed() => if changed.is_err() { break },
        }
    }
    set(&reporter, &services, ServingStatus::NotServing).await;
}

async fn set(reporter: &HealthReporter, services: &[&'static str], status: ServingStatus) {
    for service in std::iter::once(&"").chain(services) {
        reporter.set_service_status(service, status).await;
    }
}
