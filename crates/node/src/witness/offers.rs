//! Offers the checkpoints of the own log to the witnesses.
//!
//! In rounds: the newest checkpoint is offered to all witnesses at one time, and the next one when it is witnessed, or after
//! [`LONGEST_ROUND`]. So all cosign the same tree, which a quorum needs, and a log that grows without a break costs a round
//! for many commits rather than one for each. A witness that does not answer is asked again after pauses that double, for
//! the newest round only. Nothing of this is on the way of a write: a commit announces its size and goes on.

use std::{sync::Arc, time::Duration};

use client::{CallError, ConnectError, Connection, Endpoint, Identity, Options, Retry};
use contracts::log::v1::{AddCheckpointRequest, witness_service_client::WitnessServiceClient};
use directory::Directory;
use domain::DepartmentId;
use futures_util::future::join_all;
use ledger::{Checkpoint, CheckpointError, CosignatureVerifier, NoteVerifier, RequestSigner, TreeError};
use runtime::{CancellationToken, config::Tls};
use store::{Store, StoreError};
use tokio::sync::watch;

use super::cosignatures::{CosignatureError, Cosignatures};
use crate::{feeds::Feeds, trust::Trust};

/// After this time the next checkpoint is offered though the quorum of this one is not complete.
const LONGEST_ROUND: Duration = Duration::from_secs(2);
/// Pause between two rounds, so that witnessing costs a busy log little.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(100);
/// Time for the answer of a witness.
const DEADLINE: Duration = Duration::from_secs(5);
/// Pauses while a witness does not answer, or refuses.
const PAUSES: Retry =
    Retry { tries: u32::MAX, first_pause: Duration::from_millis(200), longest_pause: Duration::from_secs(15) };

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
enum OfferError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the witness cannot be called: {0}")]
    Connect(#[from] ConnectError),
    #[error("the witness has cosigned {known} entries, and this log has {own}: this log was rolled back")]
    RolledBack { known: u64, own: u64 },
    #[error("what the witness answered is not a cosignature: {0}")]
    Cosignature(#[from] CosignatureError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the tree of the log is damaged: {0}")]
    Tree(#[from] TreeError),
    #[error("a kept checkpoint is not signed by the log's key: {0}")]
    Checkpoint(#[from] CheckpointError),
    #[error("there is no checkpoint of {0} entries")]
    NoCheckpoint(u64),
}

impl OfferError {
    /// Whether the log itself is at fault, which no patience mends.
    fn is_alarm(&self) -> bool {
        match self {
            Self::Call(error) => error.reason() == domain::Reason::LogForked.as_str(),
            Self::RolledBack { .. } | Self::Tree(_) | Self::Checkpoint(_) | Self::NoCheckpoint(_) => true,
            Self::Connect(_) | Self::Cosignature(_) | Self::Store(_) => false,
        }
    }
}

/// Failures in a row before one is told: services that start together do not all know each other at once.
const TOLD_AFTER: u32 = 4;

/// What offers are made of.
#[derive(Clone, Debug)]
pub(crate) struct OfferParts {
    /// The log.
    pub(crate) log: DepartmentId,
    /// Key of the log.
    pub(crate) verifier: NoteVerifier,
    pub(crate) store: Store,
    pub(crate) feeds: Feeds,
    pub(crate) trust: Trust,
    pub(crate) cosignatures: Cosignatures,
    /// The node as a caller, read again for every connection: a certificate that was renewed is used without a restart.
    pub(crate) tls: Tls,
    /// Signs its calls.
    pub(crate) signer: RequestSigner,
}

/// Offers the checkpoints of one log.
#[derive(Clone, Debug)]
pub(crate) struct Offers(Arc<OfferParts>);

/// A witness as the directory describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Peer {
    endpoint: Endpoint,
    key: CosignatureVerifier,
}

impl Offers {
    pub(crate) fn new(parts: OfferParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Offers until the token is cancelled, always to the witnesses of the directory in force.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut versions = self.0.trust.versions();
        loop {
            let peers = self.peers(&versions.borrow_and_update().directory);
            let others = async {
                loop {
                    if versions.changed().await.is_err() {
                        std::future::pending::<()>().await; // Not reached: `self` holds the sender.
                    }
                    if self.peers(&versions.borrow_and_update().directory) != peers {
                        return;
                    }
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = others => {}
                () = self.offer_to_all(&peers) => {}
            }
        }
    }

    fn peers(&self, directory: &Directory) -> Vec<Peer> {
        let peer = |(node, key): (&directory::NodeEntry, CosignatureVerifier)| Peer {
            endpoint: Endpoint { address: node.address.clone(), server_name: node.server_name.clone() },
            key,
        };
        directory.witnesses_of(&self.0.log).map(peer).collect()
    }

    /// Runs until it is dropped.
    async fn offer_to_all(&self, peers: &[Peer]) {
        let round = watch::Sender::new(0);
        if peers.is_empty() {
            return std::future::pending().await;
        }
        let each = join_all(peers.iter().map(|peer| self.offer_to(peer, round.subscribe())));
        tokio::join!(self.lead(&round), each);
    }

    fn connect(&self, peer: &Peer) -> Result<Connection, ConnectError> {
        let OfferParts { tls, signer, .. } = &*self.0;
        let identity = Identity::from_files(&tls.ca, &tls.cert, &tls.key)?;
        let options =
            Options { deadline: DEADLINE, retry: Retry::NEVER, signer: Some(signer.clone()), ..Options::default() };
        Connection::connect(peer.endpoint.clone(), &identity, &options)
    }

    /// Says which checkpoint all are to cosign.
    async fn lead(&self, round: &watch::Sender<u64>) {
        let mut grown = self.0.feeds.subscribe(&self.0.log);
        loop {
            let size = *grown.borrow_and_update();
            if size > *round.borrow() {
                round.send_replace(size);
                let _late = tokio::time::timeout(LONGEST_ROUND, self.0.cosignatures.witnessed(size)).await;
                tokio::time::sleep(BETWEEN_ROUNDS).await;
            } else if grown.changed().await.is_err() {
                std::future::pending::<()>().await; // Not reached: `self` holds the sender.
            }
        }
    }

    /// Asks one witness for its cosignature in every round.
    async fn offer_to(&self, peer: &Peer, mut round: watch::Receiver<u64>) {
        let witness = peer.key.name();
        let mut connection = None;
        // What the witness has cosigned, as far as it told.
        let mut known = 0;
        let mut done = 0;
        let mut failed = 0;
        while round.wait_for(|size| *size > done).await.is_ok() {
            let size = *round.borrow_and_update();
            match self.offer(peer, &mut connection, size, &mut known).await {
                Ok(()) => {
                    tracing::debug!(witness, size, "a checkpoint was cosigned");
                    (done, failed) = (size, 0);
                }
                Err(error) => {
                    (connection, failed) = (None, failed + 1);
                    if error.is_alarm() {
                        tracing::error!(witness, size, %error, "a witness does not cosign this log");
                    } else if failed == TOLD_AFTER {
                        tracing::warn!(witness, size, %error, "a witness does not answer; it is asked again");
                    }
                    tokio::time::sleep(PAUSES.pause_after(failed)).await;
                }
            }
        }
    }

    /// Asks once, and once more when the witness knows another tree than was thought.
    async fn offer(
        &self,
        peer: &Peer,
        connection: &mut Option<Connection>,
        size: u64,
        known: &mut u64,
    ) -> Result<(), OfferError> {
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(self.connect(peer)?),
        };
        let OfferParts { log, store, verifier, cosignatures, .. } = &*self.0;
        let last = size.checked_sub(1).ok_or(OfferError::NoCheckpoint(size))?;
        let note = store.checkpoint_over(log, last).await?.ok_or(OfferError::NoCheckpoint(size))?;
        let Checkpoint { size, .. } = ledger::open(&note, std::slice::from_ref(verifier))?;
        let mut answer = self.ask(connection, &note, *known, size).await;
        if let Err(OfferError::Call(error)) = &answer
            && let Some(told) = told_size(error)
        {
            *known = told;
            answer = self.ask(connection, &note, told, size).await;
        }
        let line = answer?;
        *known = size;
        Ok(cosignatures.add(size, &note, &peer.key, &line).await?)
    }

    async fn ask(&self, connection: &Connection, note: &str, known: u64, size: u64) -> Result<String, OfferError> {
        if known > size {
            return Err(OfferError::RolledBack { known, own: size });
        }
        let ids = ledger::consistency_nodes(known, size)?;
        let nodes = self.0.store.tree_nodes(&self.0.log, &ids).await?;
        let proof = ledger::consistency_proof(known, size, |id| nodes.get(&id).copied())?;
        let request = AddCheckpointRequest {
            old_size: known,
            consistency: proof.iter().map(|hash| hash.as_bytes().to_vec()).collect(),
            checkpoint: note.to_owned(),
        };
        let answer = WitnessServiceClient::new(connection.channel()).add_checkpoint(request).await;
        Ok(answer.map_err(CallError::from)?.into_inner().cosignature)
    }
}

/// The size that a witness says it has cosigned, when it is not the one that was thought.
fn told_size(error: &CallError) -> Option<u64> {
    let refusal = error.refusal().filter(|refusal| refusal.reason == domain::Reason::WitnessSizeMismatch.as_str())?;
    refusal.facts.get("size")?.parse().ok()
}
