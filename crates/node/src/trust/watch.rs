//! Takes a newer directory, other policies and other grants while the node runs; so with its certificates.

use std::{sync::Arc, time::Duration};

use chrono::{NaiveDate, TimeDelta};
use directory::changes;
use runtime::{CancellationToken, metrics::TrustMetrics};

use super::{InForce, Trust, TrustError};
use crate::{
    access::Access,
    tls::{Held, ServerTls},
};

/// How often the files are looked at. A member that was removed is refused, and its streams end, this long after the file was
/// exchanged; so it is with a grant that was withdrawn.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// From here on a certificate ends soon.
const SOON: TimeDelta = TimeDelta::days(30);

impl Access {
    /// Looks at the files until the token is cancelled, and takes what may be taken.
    pub async fn watch(self, tls: ServerTls, metrics: TrustMetrics, stop: CancellationToken) {
        let (mut directory, mut rules, mut certificates) = (None, None, None);
        let mut day = self.day();
        let mut warned = None;
        let mut looks = tokio::time::interval(LOOK_EVERY);
        metrics.directory(self.trust().newest().directory.version());
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = looks.tick() => {}
            }
            self.trust().look(&mut directory, &metrics);
            self.look(&mut rules, &metrics);
            look_at_certificates(&tls, &mut certificates, &metrics);
            self.lasting(&tls, &mut warned, &metrics);
            let today = self.day();
            if today != day {
                day = today;
                self.new_day();
            }
        }
    }

    /// Measures how long the certificates last, and warns once a day of those that end soon.
    fn lasting(&self, tls: &ServerTls, warned: &mut Option<NaiveDate>, metrics: &TrustMetrics) {
        let (now, today) = (self.now(), self.day());
        let warn = *warned != Some(today);
        for Held { role, info } in tls.certificates() {
            let left = info.left(now);
            metrics.certificate(role, &info.spiffe_id, left.num_seconds());
            if warn && left < SOON {
                let (subject, ends) = (&info.spiffe_id, info.not_after);
                tracing::warn!(role, subject, %ends, days = left.num_days(), "a certificate ends soon; renew it");
            }
        }
        *warned = Some(today);
    }

    /// One look at policies and grants. `refused` is what was told last, so that it is told once.
    fn look(&self, refused: &mut Option<String>, metrics: &TrustMetrics) {
        match self.reload() {
            Ok(_taken) => *refused = None,
            Err(error) => {
                let error = error.to_string();
                if refused.as_ref() != Some(&error) {
                    tracing::warn!(%error, "policies or grants are not taken; those in force stay");
                    metrics.refused_rules();
                    *refused = Some(error);
                }
            }
        }
    }
}

/// One look at the TLS files. `refused` is what was told last, so that it is told once.
fn look_at_certificates(tls: &ServerTls, refused: &mut Option<String>, metrics: &TrustMetrics) {
    match tls.reload() {
        Ok(taken) => {
            *refused = None;
            if taken {
                tracing::info!(certificates = ?tls.certificates(), "the certificates were exchanged");
            }
        }
        Err(error) => {
            let error = error.to_string();
            if refused.as_ref() != Some(&error) {
                tracing::warn!(%error, "TLS files are not taken; what is in force stays");
                metrics.refused_certificates();
                *refused = Some(error);
            }
        }
    }
}

impl Trust {
    /// One look. `refused` is the text that was refused last, so that it is told once.
    fn look(&self, refused: &mut Option<String>, metrics: &TrustMetrics) {
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
                metrics.directory(version);
            }
            Err(error) if *refused != Some(text.clone().unwrap_or_default()) => {
                let version = newest.directory.version();
                tracing::warn!(%error, version, "a directory is not taken; the one in force stays");
                metrics.refused_directory();
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
            policy: None,
            grants: None,
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
        let metrics = TrustMetrics::new(&telemetry.meter("ecology"));
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
