//! Tells streams that a log has grown, so that they need not poll.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::DepartmentId;
use tokio::sync::watch;

/// Sizes of the logs that this process holds. The desk announces its own, the aggregator's followers the mirrored ones.
///
/// An announcement is a hint and may be lost with the task that would have made it; a stream therefore also looks at the
/// log itself with every heartbeat.
#[derive(Clone, Debug, Default)]
pub struct Feeds(Arc<Mutex<HashMap<DepartmentId, watch::Sender<u64>>>>);

impl Feeds {
    /// No log has grown yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that a log has this many entries now.
    pub fn announce(&self, log: &DepartmentId, size: u64) {
        self.with(log, |sender| {
            sender.send_if_modified(|known| {
                let grown = *known < size;
                *known = (*known).max(size);
                grown
            });
        });
    }

    /// Wakes up whenever a log grows.
    #[must_use]
    pub fn subscribe(&self, log: &DepartmentId) -> watch::Receiver<u64> {
        self.with(log, watch::Sender::subscribe)
    }

    fn with<T>(&self, log: &DepartmentId, use_sender: impl FnOnce(&watch::Sender<u64>) -> T) -> T {
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        use_sender(senders.entry(log.clone()).or_insert_with(|| watch::Sender::new(0)))
    }
}
