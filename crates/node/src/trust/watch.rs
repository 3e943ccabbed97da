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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chrono::{TimeDelta, TimeZone as _, Utc};
    use directory::{Directory, Document, directory_key_name};
    use ledger::NoteSigner;
    use runtime::{clock::FixedClock, telemetry::TelemetryGuard};

    use super::*;
    use crate::trust::{TrustConfig, UnsignedWrites};

    const INSTANCE: &str = "wufei.test";

    /// A note of this version that counts for so many days.
    fn note(signer: &NoteSigner, version: u64, days: i64) -> String {
        let issued = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let document = Document { version, ..Document::first(INSTANCE, issued, issued + TimeDelta::days(days)) };
        Directory::sign(&document, signer).unwrap()
    }

    fn open(dir: &Path, clock: &FixedClock) -> Result<Trust, TrustError> {
        let config = TrustConfig {
            directory: dir.join("directory.note").into(),
            directory_key: dir.join("directory.vkey").into(),
            unsigned_writes: UnsignedWrites::Refuse,
        };
        Trust::open(&config, INSTANCE, dir, Arc::new(clock.clone()))
    }

    #[test]
    fn a_higher_version_is_taken_and_whatever_else_is_found_is_refused_and_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let signer = pki::make_note_key(&directory_key_name(INSTANCE)).unwrap();
        pki::write_note_key(dir.path(), "directory", &signer, pki::PLAIN_NOTE).unwrap();
        let put = |note: &str| std::fs::write(dir.path().join("directory.note"), note).unwrap();
        let clock = FixedClock::at(Utc.with_ymd_and_hms(2026, 1, 2, 0, 0, 0).unwrap());
        put(&note(&signer, 5, 90));
        let trust = open(dir.path(), &clock).unwrap();

        let telemetry = TelemetryGuard::detached("ecology").unwrap();
        let metrics = DirectoryMetrics::new(&telemetry.meter("ecology"));
        let mut told = None;
        let other = NoteSigner::generate(directory_key_name(INSTANCE), [7; 32]).unwrap();
        let bad = [note(&signer, 4, 90), note(&signer, 5, 91), note(&other, 6, 90), note(&signer, 6, 1), String::new()];
        for text in &bad {
            put(text);
            trust.look(&mut told, &metrics);
            trust.look(&mut told, &metrics);
            assert_eq!(trust.newest().directory.version(), 5, "{text}");
        }
        put(&note(&signer, 7, 90));
        trust.look(&mut told, &metrics);
        assert_eq!(trust.newest().directory.version(), 7);
        let text = telemetry.scrape().text().unwrap();
        let refused = text.lines().find(|line| line.starts_with("wufei_directory_refused_total")).unwrap();
        assert!(refused.ends_with(&format!(" {}", bad.len())), "{refused}");

        // The node that starts again remembers what it took.
        put(&note(&signer, 6, 90));
        assert!(matches!(open(dir.path(), &clock), Err(TrustError::Lower { found: 6, known: 7, .. })));
        clock.advance(TimeDelta::days(90));
        put(&note(&signer, 8, 90));
        assert!(matches!(open(dir.path(), &clock), Err(TrustError::Directory { .. })), "expired");
    }
}
