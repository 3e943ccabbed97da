//! What nobody waits for: refusals, counted while they repeat, and ends of streams.
//!
//! Refusals are kept apart from the queue of reads, so that whoever is refused a thousand times a second keeps no department
//! from reading. Their number is bounded: what differs in more ways than [`MOST`] is counted without its details.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use contracts::log::v1::{AuditEvent, AuditRecord};
use tokio::{sync::Notify, time::Instant};

/// Refusals that are alike are listed at most this often.
const LISTED_EVERY: Duration = Duration::from_secs(1);
/// Refusals that differ and are told apart at one time.
const MOST: usize = 1024;

/// What makes two refusals alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Likeness {
    event: i32,
    principal: String,
    fingerprint: String,
    method: String,
    reason: String,
    rule: String,
}

/// A kind of refusal.
#[derive(Debug, Default)]
struct Kind {
    /// What is still to be listed, with its count.
    pending: Option<AuditRecord>,
    /// When one was listed last.
    listed: Option<Instant>,
}

impl Kind {
    fn due(&self, now: Instant) -> Option<Instant> {
        self.pending.as_ref().map(|_| self.listed.map_or(now, |listed| listed + LISTED_EVERY))
    }
}

#[derive(Debug, Default)]
struct Pages {
    refusals: HashMap<Likeness, Kind>,
    ends: Vec<AuditRecord>,
}

/// What is to be listed with the next commit.
#[derive(Debug, Default)]
pub(super) struct Noted {
    refusals: Vec<AuditRecord>,
    ends: Vec<AuditRecord>,
}

impl Noted {
    pub(super) fn is_empty(&self) -> bool {
        self.refusals.is_empty() && self.ends.is_empty()
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &AuditRecord> + Clone {
        self.ends.iter().chain(&self.refusals)
    }
}

/// The book. One for each audit log, shared by the layers and the writer.
#[derive(Debug)]
pub(super) struct Book {
    pages: Mutex<Pages>,
    wake: Notify,
    sound: AtomicBool,
}

impl Default for Book {
    fn default() -> Self {
        Self { pages: Mutex::default(), wake: Notify::new(), sound: AtomicBool::new(true) }
    }
}

impl Book {
    /// Whether the last commit worked.
    pub(super) fn sound(&self) -> bool {
        self.sound.load(Ordering::Acquire)
    }

    pub(super) fn set_sound(&self, sound: bool) {
        self.sound.store(sound, Ordering::Release);
    }

    pub(super) fn note(&self, record: AuditRecord) {
        self.pages().note(record);
        self.wake.notify_one();
    }

    pub(super) fn ended(&self, record: AuditRecord) {
        self.pages().ends.push(record);
        self.wake.notify_one();
    }

    /// Waits until there is something to list.
    pub(super) async fn due(&self) {
        loop {
            let woken = self.wake.notified();
            let due = self.pages().due(Instant::now());
            match due {
                None => woken.await,
                Some(due) if due <= Instant::now() => return,
                Some(due) => {
                    tokio::select! {
                        () = woken => {}
                        () = tokio::time::sleep_until(due) => {}
                    }
                }
            }
        }
    }

    /// What is due now, or everything at the end.
    pub(super) fn take(&self, everything: bool) -> Noted {
        self.pages().take(Instant::now(), everything)
    }

    /// Puts back what could not be written.
    pub(super) fn give_back(&self, noted: Noted) {
        let mut pages = self.pages();
        noted.refusals.into_iter().for_each(|record| pages.note(record));
        let later = std::mem::replace(&mut pages.ends, noted.ends);
        pages.ends.extend(later);
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn note(&mut self, record: AuditRecord) {
        let likeness = |record: &AuditRecord| Likeness {
            event: record.event,
            principal: record.principal.clone(),
            fingerprint: record.certificate_fingerprint.clone(),
            method: record.method.clone(),
            reason: record.reason.clone(),
            rule: record.rule.clone(),
        };
        let mut key = likeness(&record);
        let mut record = record;
        if self.refusals.len() >= MOST && !self.refusals.contains_key(&key) {
            let AuditRecord { version, node, event, time, reason, count, .. } = record;
            record = AuditRecord { version, node, event, time, reason, count, ..AuditRecord::default() };
            key = likeness(&record);
        }
        let kind = self.refusals.entry(key).or_default();
        match &mut kind.pending {
            Some(pending) => pending.count = pending.count.saturating_add(record.count),
            None => kind.pending = Some(record),
        }
    }

    /// When there is something to list.
    fn due(&self, now: Instant) -> Option<Instant> {
        if !self.ends.is_empty() {
            return Some(now);
        }
        self.refusals.values().filter_map(|kind| kind.due(now)).min()
    }

    fn take(&mut self, now: Instant, everything: bool) -> Noted {
        let mut refusals = Vec::new();
        self.refusals.retain(|_, kind| {
            if everything || kind.due(now).is_some_and(|due| due <= now) {
                refusals.extend(kind.pending.take());
                kind.listed = Some(now);
            }
            kind.pending.is_some() || kind.listed.is_some_and(|listed| listed + LISTED_EVERY > now)
        });
        refusals.sort_by_key(|record| record.time.map(|time| (time.seconds, time.nanos)));
        Noted { refusals, ends: std::mem::take(&mut self.ends) }
    }
}

/// The event of a record; what a later release wrote is unspecified here.
pub(super) fn event(record: &AuditRecord) -> AuditEvent {
    AuditEvent::try_from(record.event).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(method: &str) -> AuditRecord {
        AuditRecord {
            event: AuditEvent::AccessDenied.into(),
            method: method.to_owned(),
            reason: "PERMISSION_DENIED".to_owned(),
            count: 1,
            ..AuditRecord::default()
        }
    }

    fn listed(noted: &Noted) -> Vec<(String, u32)> {
        let mut all: Vec<_> = noted.records().map(|record| (record.method.clone(), record.count)).collect();
        all.sort();
        all
    }

    fn pairs(expected: &[(&str, u32)]) -> Vec<(String, u32)> {
        expected.iter().map(|(method, count)| ((*method).to_owned(), *count)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_is_listed_at_once_and_those_like_it_are_counted_for_a_second() {
        let book = Book::default();
        book.note(refusal("a"));
        book.due().await;
        assert_eq!(listed(&book.take(false)), pairs(&[("a", 1)]));
        for _ in 0..1000 {
            book.note(refusal("a"));
        }
        book.note(refusal("b"));
        let began = Instant::now();
        book.due().await;
        assert_eq!(listed(&book.take(false)), pairs(&[("b", 1)]), "another one does not wait");
        assert_eq!(began.elapsed(), Duration::ZERO);
        book.due().await;
        assert_eq!(listed(&book.take(false)), pairs(&[("a", 1000)]));
        assert_eq!(began.elapsed(), LISTED_EVERY);
    }

    #[tokio::test(start_paused = true)]
    async fn what_could_not_be_written_is_listed_later_and_nothing_is_left_at_the_end() {
        let book = Book::default();
        book.note(refusal("a"));
        book.ended(refusal("stream"));
        let noted = book.take(false);
        book.note(refusal("a"));
        book.give_back(noted);
        assert_eq!(listed(&book.take(true)), pairs(&[("a", 2), ("stream", 1)]));
        assert!(book.take(true).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn more_kinds_than_fit_are_counted_without_their_details() {
        let book = Book::default();
        for method in 0..3 * MOST {
            book.note(refusal(&method.to_string()));
        }
        let noted = listed(&book.take(false));
        assert_eq!(noted.len(), MOST + 1);
        assert_eq!(noted[0], (String::new(), u32::try_from(2 * MOST).unwrap()));
        tokio::time::advance(LISTED_EVERY).await;
        assert!(book.take(false).is_empty());
        assert!(book.pages().refusals.is_empty(), "kinds that do not repeat are let go");
    }
}
