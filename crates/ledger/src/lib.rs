//! The verifiable half of the exchange log: hashes, the Merkle tree, signatures, signed notes and checkpoints, witnesses,
//! rows, tiles and proofs.
//!
//! Everything here is a pure function of its arguments: no clock, no files, no random source. Formats are those that
//! others can check with their own tools: the tree of [RFC 6962] §2.1, C2SP [signed-note], [tlog-checkpoint],
//! [tlog-cosignature], [tlog-proof] and [tlog-tiles]; keys are Ed25519 ([RFC 8032]) or SM2 with SM3 (GB/T 32918,
//! GB/T 32905), the algorithm being a property of the key. The SM algorithms are those of the RustCrypto project; nobody
//! has certified them.
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
//! [RFC 8032]: https://www.rfc-editor.org/rfc/rfc8032.html
//! [signed-note]: https://c2sp.org/signed-note
//! [tlog-checkpoint]: https://c2sp.org/tlog-checkpoint
//! [tlog-cosignature]: https://c2sp.org/tlog-cosignature
//! [tlog-proof]: https://c2sp.org/tlog-proof
//! [tlog-tiles]: https://c2sp.org/tlog-tiles

mod algorithm;
mod checkpoint;
mod cosignature;
mod hash;
mod key;
mod mac;
mod note;
mod proof;
mod quorum;
mod request;
mod rows;
mod shown_row;
mod suite;
mod text;
mod tile;
mod tile_path;
mod tree;
mod verify;
mod vkey;
mod wire;

pub use algorithm::{Algorithm, SignatureAlgorithm, UnknownAlgorithm, body_digest};
pub use checkpoint::{Checkpoint, CheckpointError, open, sign};
pub use cosignature::{CosignError, Cosignature, CosignatureSigner, CosignatureVerifier, cosigners};
pub use hash::{EMPTY_ROOT, Hash, HashParseError, leaf_hash, node_hash};
pub use key::{KeyError, NoteSigner, NoteVerifier};
pub use note::{MAX_SIGNATURES, NoteError, add_signature, open_note, sign_note, signature_line};
pub use proof::{LogProof, LogProofError, MAX_PROOF_HASHES};
pub use quorum::{Quorum, QuorumError};
pub use request::{RequestKey, RequestSignatureError, RequestSigner};
pub use rows::{RowTree, SALT_LEN, row_hash, row_proof, row_salt, rows_root, verify_row};
pub use shown_row::{ShownRow, ShownRowError};
pub use suite::SIGNATURE_LEN;
pub use tile::{HashTiles, MAX_ENTRY_LEN, TileError, entry_bundle, hash_tile, read_entry_bundle};
pub use tile_path::{TILE_WIDTH, TileKind, TilePath, TilePathError, tiles_for, tiles_of};
pub use tree::{
    CompactRange, MAX_SIZE, NodeId, TreeError, consistency_nodes, consistency_proof, inclusion_nodes, inclusion_proof,
};
pub use verify::{VerifyError, verify_consistency, verify_inclusion};
pub use wire::{WireError, split_repeated};
