//! Waiting for what no channel tells.

use std::time::{Duration, Instant};

/// How long anything in a world may take. Far more than it needs, so that a loaded machine fails no test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks until the answer is there: for states that are kept in a database and announced by nobody, such as what an
/// aggregator notes about a node that it cannot follow. Prefer a stream or a readiness where there is one.
///
/// # Errors
/// The first failure of `ask`, or that there was no answer within a minute.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        anyhow::ensure!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
