//! Readiness is a guard that is dropped: a process is ready when nothing it waits for is left.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::watch;

/// Whether the process can do its work. Clones share the state. With nothing to wait for, it is ready.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<watch::Sender<Pending>>);

/// What is still waited for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    next: u64,
    waiting: BTreeMap<u64, String>,
}

impl Pending {
    /// Whether nothing is waited for.
    pub fn is_ready(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What is waited for, oldest first.
    pub fn names(&self) -> Vec<String> {
        self.waiting.values().cloned().collect()
    }
}

/// While this value lives, the process is not ready.
#[must_use = "the process counts as ready again as soon as the guard is dropped"]
#[derive(Debug)]
pub struct Waiting {
    readiness: Readiness,
    id: u64,
}

impl Readiness {
    /// Ready, with nothing to wait for.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Pending::default())))
    }

    /// Not ready until the returned guard is dropped. The name is for the operator who reads `/readyz`.
    pub fn wait_for(&self, name: impl Into<String>) -> Waiting {
        let mut id = 0;
        self.0.send_modify(|pending| {
            id = pending.next;
            pending.next += 1;
            pending.waiting.insert(id, name.into());
        });
        Waiting { readiness: self.clone(), id }
    }

    /// Whether nothing is waited for.
    pub fn is_ready(&self) -> bool {
        self.0.borrow().is_ready()
    }

    /// What is waited for, oldest first.
    pub fn pending(&self) -> Vec<String> {
        self.0.borrow().names()
    }

    /// Follows the changes, e.g. for the gRPC health service.
    pub fn watch(&self) -> watch::Receiver<Pending> {
        self.0.subscribe()
    }

    /// Comes back when the process is ready.
    pub async fn ready(&self) {
        let mut watch = self.watch();
        // It fails only when the sender is gone, and we hold one.
        let _never = watch.wait_for(Pending::is_ready).await;
    }
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.readiness.0.send_modify(|pending| {
            pending.waiting.remove(&self.id);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_ready_when_the_last_guard_is_dropped() {
        let readiness = Readiness::new();
        assert!(readiness.is_ready());
        let (log, keys) = (readiness.wait_for("log catch-up"), readiness.wait_for("keys"));
        assert_eq!((readiness.is_ready(), readiness.pending()), (false, vec!["log catch-up".into(), "keys".into()]));
        drop(log);
        assert_eq!((readiness.is_ready(), readiness.pending()), (false, vec!["keys".into()]));
        drop(keys);
        assert!(readiness.is_ready());
    }

    #[test]
    fn two_guards_of_one_name_are_two() {
        let readiness = Readiness::new();
        let (first, second) = (readiness.wait_for("follow"), readiness.wait_for("follow"));
        drop(first);
        assert!(!readiness.is_ready());
        drop(second);
        assert!(readiness.is_ready());
    }

    #[tokio::test]
    async fn a_watcher_hears_of_readiness() {
        let readiness = Readiness::new();
        let guard = readiness.wait_for("start-up");
        let mut watch = readiness.watch();
        assert!(!watch.borrow_and_update().is_ready());
        drop(guard);
        watch.changed().await.unwrap();
        assert!(watch.borrow().is_ready());
        readiness.ready().await;
    }
}
