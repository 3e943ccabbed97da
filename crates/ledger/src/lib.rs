//! The verifiable half of the exchange log: hashes, the Merkle tree, signed checkpoints and entry proofs.
//!
//! Everything here is a pure function of its arguments: no clock, no files, no random source. Formats are those that
//! others can check with their own tools: the tree of [RFC 6962] §2.1, C2SP [signed-note], [tlog-checkpoint] and
//! [tlog-proof].
//!
//! ```
//! use ledger::{Checkpoint, CompactRange, LogProof, NodeId, NoteSigner, inclusion_proof, leaf_hash, sign};
//! use std::collections::HashMap;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut tree = CompactRange::empty();
//! let mut nodes = HashMap::new();
//! for leaf in ["first", "second", "third"] {
//!     nodes.extend(tree.append(leaf_hash(leaf.as_bytes())));
//! }
//!
//! let signer = NoteSigner::generate("wufei.demo/dept/ecology", [7; 32])?;
//! let note = sign(&Checkpoint { origin: signer.name().to_owned(), size: tree.size(), root: tree.root() }, &signer)?;
//! let path = inclusion_proof(1, tree.size(), |id: NodeId| nodes.get(&id).copied())?;
//!
//! let file = LogProof::new(1, path, note)?.to_string();
//! let checkpoint = LogProof::parse(&file)?.verify_leaf(b"second", &[signer.verifier()])?;
//! assert_eq!(checkpoint.size, 3);
//! # Ok(())
//! # }
//! ```
//!
//! [RFC 6962]: https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1
//! [signed-note]: https://c2sp.org/signed-note
//! [tlog-checkpoint]: https://c2sp.org/tlog-checkpoint
//! [tlog-proof]: https://c2sp.org/tlog-proof

mod algorithm;
mod checkpoint;
mod hash;
mod key;
mod note;
mod proof;
mod text;
mod tree;
mod verify;

pub use algorithm::{Algorithm, UnknownAlgorithm, body_digest};
pub use checkpoint::{Checkpoint, CheckpointError, open, sign};
pub use hash::{EMPTY_ROOT, Hash, HashParseError, leaf_hash, node_hash};
pub use key::{KeyError, NoteSigner, NoteVerifier};
pub use note::{MAX_SIGNATURES, NoteError, open_note, sign_note};
pub use proof::{LogProof, LogProofError, MAX_PROOF_HASHES};
pub use tree::{
    CompactRange, MAX_SIZE, NodeId, TreeError, consistency_nodes, consistency_proof, inclusion_nodes, inclusion_proof,
};
pub use verify::{VerifyError, verify_consistency, verify_inclusion};
