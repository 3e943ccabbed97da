//! How many witnesses have to cosign a checkpoint before it is relied on.

use crate::cosignature::{CosignatureVerifier, cosigners};

/// Why witnesses and a number are not a quorum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuorumError {
    /// The number is zero, or more than there are witnesses.
    #[error(
        "a quorum of {threshold} cannot be had from {witnesses} witnesses: it is at least 1 and at most their number"
    )]
    Threshold {
        /// The number asked for.
        threshold: usize,
        /// How many witnesses there are.
        witnesses: usize,
    },
    /// Two witnesses have the same name, or the same key under two names, and would be counted twice.
    #[error("witness {0} is listed twice, by its name or by its key")]
    Twice(String),
}

/// A set of witnesses, and how many of them are enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    witnesses: Vec<CosignatureVerifier>,
    threshold: usize,
}

impl Quorum {
    /// Any `threshold` of these witnesses. A log must not be among its own witnesses; that is for the caller to see to.
    ///
    /// # Errors
    /// [`QuorumError`].
    pub fn new(witnesses: Vec<CosignatureVerifier>, threshold: usize) -> Result<Self, QuorumError> {
        if threshold == 0 || threshold > witnesses.len() {
            return Err(QuorumError::Threshold { threshold, witnesses: witnesses.len() });
        }
        for (at, witness) in witnesses.iter().enumerate() {
            let same = |other: &CosignatureVerifier| {
                other.name() == witness.name() || other.public_key() == witness.public_key()
            };
            if witnesses.iter().take(at).any(same) {
                return Err(QuorumError::Twice(witness.name().to_owned()));
            }
        }
        Ok(Self { witnesses, threshold })
    }

    /// The witnesses.
    pub fn witnesses(&self) -> &[CosignatureVerifier] {
        &self.witnesses
    }

    /// How many of them are enough.
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// Whether enough witnesses have cosigned the checkpoint. A note that is malformed, or that carries a wrong
    /// cosignature of one of the witnesses, has not reached it: [`cosigners`] says why.
    ///
    /// Says nothing of the log's own signature; believe the note with [`open`](crate::open) first.
    pub fn reached(&self, note: &str) -> bool {
        cosigners(note, &self.witnesses).is_ok_and(|found| found.len() >= self.threshold)
    }
}
