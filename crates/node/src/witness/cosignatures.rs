//! What the witnesses have signed of this node's log, and how far the quorum has come.

use std::sync::Arc;

use domain::DepartmentId;
use ledger::{CheckpointError, CosignatureVerifier, NoteError, Quorum};
use store::{Store, StoreError};
use tokio::sync::watch;

use crate::trust::Trust;

/// A cosignature that is not kept.
#[derive(Debug, thiserror::Error)]
pub enum CosignatureError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The line is none, or too many are there already.
    #[error("the cosignature cannot stand under the checkpoint: {0}")]
    Line(#[from] NoteError),
    /// The line does not fit the checkpoint.
    #[error("the cosignature does not fit the checkpoint: {0}")]
    Wrong(#[from] CheckpointError),
    /// The line is another key's.
    #[error("the cosignature is not of the witness {0}")]
    OtherKey(String),
}

/// The cosignatures of one log. Clones share them.
#[derive(Clone, Debug)]
pub struct Cosignatures(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    log: DepartmentId,
    trust: Trust,
    /// Size of the largest tree that reached the quorum.
    reached: watch::Sender<u64>,
}

impl Cosignatures {
    /// Those of a log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(store: Store, log: DepartmentId, trust: Trust) -> Result<Self, StoreError> {
        let reached = watch::Sender::new(store.newest_witnessed(&log).await?);
        Ok(Self(Arc::new(Inner { store, log, trust, reached })))
    }

    /// Who has to cosign, as the directory in force says; none while it asks for nobody.
    #[must_use]
    pub fn quorum(&self) -> Option<Quorum> {
        self.0.trust.newest().directory.quorum_of(&self.0.log)
    }

    /// Keeps the cosignature of a witness under the checkpoint of this size. `note` is the checkpoint as the log signed it.
    ///
    /// # Errors
    /// [`CosignatureError`]; nothing is kept then.
    pub async fn add(
        &self,
        size: u64,
        note: &str,
        witness: &CosignatureVerifier,
        line: &str,
    ) -> Result<(), CosignatureError> {
        let alone = ledger::add_signature(note, line)?;
        if ledger::cosigners(&alone, std::slice::from_ref(witness))?.is_empty() {
            return Err(CosignatureError::OtherKey(witness.name().to_owned()));
        }
        let Inner { store, log, reached, .. } = &*self.0;
        store.keep_cosignature(log, size, witness.name(), line).await?;
        if *reached.borrow() >= size {
            return Ok(());
        }
        let cosigned = self.under(size, note).await?;
        if self.quorum().is_some_and(|quorum| quorum.reached(&cosigned)) {
            store.mark_witnessed(log, size).await?;
            reached.send_if_modified(|known| {
                let grown = *known < size;
                *known = (*known).max(size);
                grown
            });
        }
        Ok(())
    }

    /// The checkpoint of this size with the cosignatures that there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn under(&self, size: u64, note: &str) -> Result<String, StoreError> {
        let lines = self.0.store.cosignatures(&self.0.log, size).await?;
        Ok(with_lines(note, &lines))
    }

    /// The cosigned checkpoint of the smallest witnessed tree that holds an entry; none when there is none, or when the
    /// quorum in force asks for more than it has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn over(&self, log_index: u64) -> Result<Option<String>, StoreError> {
        let Some(quorum) = self.quorum() else { return Ok(None) };
        let Some((size, note)) = self.0.store.witnessed_over(&self.0.log, log_index).await? else { return Ok(None) };
        let note = self.under(size, &note).await?;
        Ok(quorum.reached(&note).then_some(note))
    }

    /// Waits until a witnessed tree has this size; for ever when the witnesses do not answer. Comes back at once when the
    /// directory asks for no cosignatures, because none will come.
    pub async fn witnessed(&self, size: u64) {
        if self.quorum().is_some() {
            let mut reached = self.0.reached.subscribe();
            // The sender is `self`'s, so it is there.
            let _closed = reached.wait_for(|reached| *reached >= size).await.is_err();
        }
    }
}

/// Lines that cannot stand there are left out: they were checked before they were kept, so none is known to be.
fn with_lines(note: &str, lines: &[String]) -> String {
    lines.iter().fold(note.to_owned(), |note, line| ledger::add_signature(&note, line).unwrap_or(note))
}

#[cfg(test)]
mod tests {
    use ledger::{Checkpoint, CosignatureSigner, EMPTY_ROOT, NoteSigner, cosigners, sign};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_order_in_which_witnesses_sign_changes_nothing_but_the_order_of_lines(
            order in Just((0..6_u8).collect::<Vec<_>>()).prop_shuffle(), threshold in 1..6_usize, signed in 0..7_usize,
        ) {
            let log = NoteSigner::generate("wufei.test/dept/ecology", [9; 32]).unwrap();
            let empty = Checkpoint { origin: log.name().to_owned(), size: 0, root: EMPTY_ROOT };
            let note = sign(&empty, &log).unwrap();
            let witness = |at: u8| CosignatureSigner::generate(format!("wufei.test/w{at}"), [at; 32]).unwrap();
            let quorum = Quorum::new((0..6).map(|at| witness(at).verifier()).collect(), threshold).unwrap();
            let lines: Vec<_> =
                order.iter().take(signed).map(|at| witness(*at).cosign(&note, u64::from(*at) + 1).unwrap()).collect();
            let cosigned = with_lines(&note, &lines);
            prop_assert_eq!(quorum.reached(&cosigned), lines.len() >= threshold);
            prop_assert_eq!(ledger::open(&cosigned, &[log.verifier()]).unwrap(), empty);
            // Once more, and in the opposite order: the same witnesses count, each once.
            let again: Vec<_> = lines.iter().rev().chain(&lines).cloned().collect();
            let found = |note: &str| cosigners(note, quorum.witnesses()).unwrap();
            prop_assert_eq!(found(&with_lines(&note, &again)), found(&cosigned));
        }
    }
}
