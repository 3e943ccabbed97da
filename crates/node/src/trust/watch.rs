//! Takes a newer directory while the node runs.

use std::{sync::Arc, time::Duration};

use directory::changes;
use runtime::{CancellationToken, metrics::DirectoryMetrics};

use super::{InForce, Trust, TrustError};

/// How often the file is looked at. A member that was removed is refused, and its streams end, this long after the file was
/// exchanged.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Trust {
    /// Looks at the file until the token is cancelled, and takes what may be taken.
    pub async fn watch(self, metrics: DirectoryMetrics, stop: CancellationToken) {
        let mut refused = None;
        let mut looks = tokio::time::interval(LOOK_EVERY);
        metrics.in_force(self.newest().directory.version());
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = looks.tick() => {}
            }
            self.look(&mut refused, &metrics);
        }
    }

    /// One look. `refused` is the text that was refused last, so that it is told once.
    fn look(&self, refused: &mut Option<String>, metrics: &DirectoryMetrics) {
        let newest = self.newest();
        if newest.directory.in_force(self.0.clock.now()).is_err() {
            // Wakes those who wait for the end of a membership.
            self.0.in_force.send_modify(|_| {});
        }
        let text = self.0.source.text();
        if text.as_ref() == Some(&newest.note) {
            *refused = None;
            return;
        }
        match self.take(&newest) {
            Ok(version) => {
                *refused = None;
                metrics.in_force(version);
            }
            Err(error) if *refused != Some(text.clone().unwrap_or_default()) => {
                let version = newest.directory.version();
                tracing::warn!(%error, version, "a directory is not taken; the one in force stays");
                metrics.refused();
                *refused = Some(text.unwrap_or_default());
            }
            Err(_told) => {}
        }
    }

    fn take(&self, newest: &InForce) -> Result<u64, TrustError> {
        let source = &self.0.source;
        let found = source.read(&*self.0.clock)?;
        let version = found.directory.version();
        // The file of versions may be gone; what is in force counts too.
        let known = newest.directory.version();
        if version < known {
            return Err(TrustError::Lower { path: source.directory.clone(), found: version, known });
        }
        if version == known {
            return Err(TrustError::SameVersion { path: source.directory.clone(), version });
        }
        source.keep(&found)?;
        for change in changes(&newest.directory, &found.directory) {
            tracing::info!(version, change = %change.text().en, "the directory changed");
        }
        self.0.in_force.send_replace(Arc::new(found));
        Ok(version)
    }
}
