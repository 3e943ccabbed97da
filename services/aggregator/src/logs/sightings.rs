//! What the followers saw of the nodes, kept in memory: it is seen again soon after a start.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use domain::DepartmentId;

/// What was last seen of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// Size of the newest tree that it showed.
    pub(crate) size: u64,
    /// The signed note of that tree, verified, with the cosignatures under it; empty before the first.
    pub(crate) checkpoint: String,
    /// When the certificate ends that it showed; none before the first handshake.
    pub(crate) certificate_ends: Option<DateTime<Utc>>,
}

/// The newest sighting of each node. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sightings(Arc<Mutex<HashMap<DepartmentId, Sighting>>>);

impl Sightings {
    /// What was last seen of a node; nothing before that.
    pub(crate) fn of(&self, node: &DepartmentId) -> Sighting {
        self.with(node, |known| known.clone())
    }

    /// Keeps a checkpoint, if it is not of a smaller tree than the one before.
    pub(crate) fn checkpoint(&self, node: &DepartmentId, size: u64, checkpoint: String) {
        self.with(node, |known| {
            if size >= known.size {
                (known.size, known.checkpoint) = (size, checkpoint);
            }
        });
    }

    /// Keeps when a certificate ends.
    pub(crate) fn certificate(&self, node: &DepartmentId, ends: DateTime<Utc>) {
        self.with(node, |known| known.certificate_ends = Some(ends));
    }

    fn with<T>(&self, node: &DepartmentId, see: impl FnOnce(&mut Sighting) -> T) -> T {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        see(known.entry(node.clone()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_checkpoint_does_not_replace_a_newer_one() {
        let (sightings, node) = (Sightings::default(), DepartmentId::ecology());
        sightings.checkpoint(&node, 5, "five".to_owned());
        sightings.checkpoint(&node, 4, "four".to_owned());
        assert_eq!(sightings.of(&node).checkpoint, "five");
        sightings.checkpoint(&node, 5, "five, cosigned".to_owned());
        assert_eq!(sightings.of(&node).checkpoint, "five, cosigned");
        assert_eq!(sightings.of(&DepartmentId::commerce()), Sighting::default());
    }
}
