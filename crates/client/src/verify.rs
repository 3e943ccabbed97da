//! Checking receipts and proofs without the network, against the log's public key only.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use contracts::{
    common::v1::Receipt,
    log::v1::{Envelope, GetInclusionProofRequest, GetInclusionProofResponse, ListEntriesRequest},
};
use domain::Text;
use ledger::{
    Checkpoint, CheckpointError, Hash, LogProof, LogProofError, NoteVerifier, VerifyError, leaf_hash, open,
    verify_inclusion,
};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    connect::Connection,
    dynamic::{from_json, to_json},
    error::CallError,
};

const FORMAT: &str = "wufei.receipt/v1";
const RECEIPT: &str = "wufei.common.v1.Receipt";
const PROOF: &str = "wufei.log.v1.GetInclusionProofResponse";

/// A receipt as a submitter keeps it: what the node answered, and as far as it was fetched, the proof and the logged bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiptFile {
    /// The node's answer to the write.
    pub receipt: Receipt,
    /// The path from the entry to the root of the receipt's checkpoint, or of the proof's own.
    pub proof: Option<GetInclusionProofResponse>,
    /// The exact bytes of the log entry, a serialized envelope.
    pub leaf: Option<Vec<u8>>,
}

/// The file: proto JSON inside, bytes as base64.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: String,
    receipt: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proof: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leaf: Option<String>,
}

impl ReceiptFile {
    /// A receipt alone.
    #[must_use]
    pub fn new(receipt: Receipt) -> Self {
        Self { receipt, proof: None, leaf: None }
    }

    /// The receipt in the JSON answer of a write; none after `validate_only`.
    ///
    /// # Errors
    /// [`CallError::Json`] when it is no receipt.
    pub fn of_answer(answer: &Value) -> Result<Option<Self>, CallError> {
        answer.get("receipt").map(|receipt| from_json(RECEIPT, receipt.clone()).map(Self::new)).transpose()
    }

    /// Reads a file that [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// [`NotVerified::Malformed`].
    pub fn parse(text: &str) -> Result<Self, NotVerified> {
        let malformed = |what: String| NotVerified::Malformed { what };
        let stored: Stored = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        if stored.format != FORMAT {
            return Err(malformed(format!("format is not {FORMAT}")));
        }
        let receipt = from_json(RECEIPT, stored.receipt).map_err(|error| malformed(format!("receipt: {error}")))?;
        let proof = stored.proof.map(|proof| from_json(PROOF, proof)).transpose();
        let proof = proof.map_err(|error| malformed(format!("proof: {error}")))?;
        let leaf = stored.leaf.map(|leaf| BASE64_STANDARD.decode(leaf)).transpose();
        let leaf = leaf.map_err(|error| malformed(format!("leaf: {error}")))?;
        Ok(Self { receipt, proof, leaf })
    }

    /// The file as JSON.
    ///
    /// # Errors
    /// [`CallError::Contracts`] and [`CallError::Json`], both faults of the build.
    pub fn to_json(&self) -> Result<Value, CallError> {
        let stored = Stored {
            format: FORMAT.to_owned(),
            receipt: to_json(RECEIPT, &self.receipt)?,
            proof: self.proof.as_ref().map(|proof| to_json(PROOF, proof)).transpose()?,
            leaf: self.leaf.as_ref().map(|leaf| BASE64_STANDARD.encode(leaf)),
        };
        let fault = |error: serde_json::Error| crate::JsonFault { path: FORMAT.to_owned(), what: error.to_string() };
        serde_json::to_value(stored).map_err(|error| CallError::Json(fault(error)))
    }
}

/// Fetches what makes a receipt provable without the node: the path to the receipt's own checkpoint and, where the caller
/// may read it, the logged bytes.
///
/// # Errors
/// [`CallError`].
pub async fn fetch_receipt_file(connection: &Connection, receipt: Receipt) -> Result<ReceiptFile, CallError> {
    let log_index = receipt.log_index;
    let mut log = connection.log();
    // The tree of the receipt's checkpoint, which many writes may share.
    let tree_size = size_of(&receipt.checkpoint).unwrap_or_else(|| log_index.saturating_add(1));
    let asked = GetInclusionProofRequest { log_index, tree_size };
    let proof = log.get_inclusion_proof(asked).await?.into_inner();
    let page = log.list_entries(ListEntriesRequest { start_index: log_index, page_size: 1 }).await?.into_inner();
    let leaf = page.entries.into_iter().find(|entry| entry.index == log_index).map(|entry| entry.leaf);
    Ok(ReceiptFile { receipt, proof: Some(proof), leaf: leaf.filter(|leaf| !leaf.is_empty()) })
}

/// The size that a checkpoint names, believed by nobody yet.
fn size_of(checkpoint: &str) -> Option<u64> {
    checkpoint.lines().nth(1)?.parse().ok()
}

/// What was proved.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The signed tree head: the log said this, and cannot take it back.
    pub checkpoint: Checkpoint,
    /// Index of the entry.
    pub index: u64,
    /// Leaf hash of the entry.
    pub leaf_hash: Hash,
    /// True when a path from the entry to the signed root was checked. Without it only the signature was.
    pub included: bool,
    /// What was logged, when its bytes were at hand and have the leaf hash.
    pub envelope: Option<Envelope>,
}

/// Why a receipt or a proof is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The file cannot be read.
    #[error("the file cannot be read: {what}")]
    Malformed {
        /// What is wrong with it.
        what: String,
    },
    /// The checkpoint is malformed or not signed by the log's key.
    #[error("the checkpoint cannot be believed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The proof file is malformed or does not hold.
    #[error("the proof does not hold: {0}")]
    ProofFile(#[from] LogProofError),
    /// The entry is not in the signed tree.
    #[error("the entry is not in the signed tree: {0}")]
    NotIncluded(#[from] VerifyError),
    /// Two parts of the file contradict each other.
    #[error("{part} is {found}, the receipt says {claimed}")]
    Contradiction {
        /// The part.
        part: &'static str,
        /// What it says.
        found: String,
        /// What the receipt says.
        claimed: String,
    },
}

impl NotVerified {
    /// What happened, for people.
    #[must_use]
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::Malformed { what } => format!("文件无法读取：{what}"),
            Self::Checkpoint(error) => format!("检查点不可信：{error}"),
            Self::ProofFile(error) => format!("证明不成立：{error}"),
            Self::NotIncluded(error) => format!("该条目不在已签名的日志中：{error}"),
            Self::Contradiction { part, found, claimed } => {
                format!("文件自相矛盾：{part} 为 {found}，回执为 {claimed}")
            }
        };
        Text::new(zh, self.to_string())
    }
}

/// Checks a receipt with everything that is kept beside it. The log is the one whose origin is the name of the key; the
/// caller takes the key from somewhere else than the file.
///
/// # Errors
/// [`NotVerified`] says what does not hold.
pub fn verify_receipt_file(file: &ReceiptFile, key: &NoteVerifier) -> Result<Verdict, NotVerified> {
    let ReceiptFile { receipt, proof, leaf } = file;
    let keys = std::slice::from_ref(key);
    let leaf_hash = parse_hash("receipt.leaf_hash", &receipt.leaf_hash)?;
    let checkpoint = open(&receipt.checkpoint, keys)?;
    check_node(&checkpoint.origin, &receipt.node)?;
    let index = receipt.log_index;
    if index >= checkpoint.size {
        return Err(VerifyError::IndexOutsideTree { index, size: checkpoint.size }.into());
    }
    let envelope = leaf.as_deref().map(|leaf| check_leaf(leaf, leaf_hash, receipt)).transpose()?;
    let included = match proof {
        Some(proof) => {
            check_proof(proof, leaf_hash, receipt, &checkpoint, keys)?;
            true
        }
        None => false,
    };
    Ok(Verdict { checkpoint, index, leaf_hash, included, envelope })
}

/// The entry that a proof file is about.
#[derive(Clone, Copy, Debug)]
pub enum Leaf<'a> {
    /// Its bytes, a serialized envelope.
    Bytes(&'a [u8]),
    /// Its leaf hash, for who may not read the bytes.
    Hash(Hash),
}

/// Checks a C2SP tlog-proof file for an entry.
///
/// # Errors
/// [`NotVerified::ProofFile`] when it does not hold, [`NotVerified::Malformed`] when the bytes are no envelope.
pub fn verify_proof_file(file: &str, leaf: Leaf<'_>, key: &NoteVerifier) -> Result<Verdict, NotVerified> {
    let proof = LogProof::parse(file)?;
    let (leaf_hash, bytes) = match leaf {
        Leaf::Bytes(bytes) => (leaf_hash(bytes), Some(bytes)),
        Leaf::Hash(hash) => (hash, None),
    };
    let checkpoint = proof.verify(leaf_hash, std::slice::from_ref(key))?;
    let envelope = bytes.map(decode).transpose()?;
    Ok(Verdict { checkpoint, index: proof.index(), leaf_hash, included: true, envelope })
}

fn check_proof(
    proof: &GetInclusionProofResponse,
    leaf_hash: Hash,
    receipt: &Receipt,
    signed: &Checkpoint,
    keys: &[NoteVerifier],
) -> Result<(), NotVerified> {
    let GetInclusionProofResponse { log_index, tree_size, hashes, leaf_hash: claimed, checkpoint, proof_file: _ } =
        proof;
    agree("proof.log_index", log_index, &receipt.log_index)?;
    agree("proof.leaf_hash", claimed, &receipt.leaf_hash)?;
    let own = if checkpoint.is_empty() { None } else { Some(open(checkpoint, keys)?) };
    let signed = own.as_ref().filter(|own| own.size == *tree_size).unwrap_or(signed);
    agree("proof.tree_size", tree_size, &signed.size)?;
    let hashes = hashes.iter().map(|hash| parse_hash("proof.hashes", hash)).collect::<Result<Vec<_>, _>>()?;
    Ok(verify_inclusion(leaf_hash, *log_index, *tree_size, &hashes, signed.root)?)
}

/// The origin of a department's log ends with its id: `wufei.demo/dept/ecology` is the log of `departments/ecology`.
fn check_node(origin: &str, node: &str) -> Result<(), NotVerified> {
    let department = origin.rsplit('/').next().unwrap_or(origin);
    agree("checkpoint.origin", &format!("departments/{department}"), &node.to_owned())
}

fn check_leaf(leaf: &[u8], claimed: Hash, receipt: &Receipt) -> Result<Envelope, NotVerified> {
    agree("leaf_hash(leaf)", &leaf_hash(leaf), &claimed)?;
    let envelope = decode(leaf)?;
    agree("leaf.node", &envelope.node, &receipt.node)?;
    let id = ledger::body_digest(receipt.request_id.as_bytes());
    agree("leaf.request_id_digest", &hex(&envelope.request_id_digest), &id.to_string())?;
    Ok(envelope)
}

fn hex(bytes: &[u8]) -> String {
    Hash::try_from(bytes).map_or_else(|error| error.to_string(), |hash| hash.to_string())
}

fn decode(leaf: &[u8]) -> Result<Envelope, NotVerified> {
    Envelope::decode(leaf).map_err(|error| NotVerified::Malformed { what: format!("leaf: {error}") })
}

fn agree<T: PartialEq + ToString>(part: &'static str, found: &T, claimed: &T) -> Result<(), NotVerified> {
    if found == claimed {
        return Ok(());
    }
    Err(NotVerified::Contradiction { part, found: found.to_string(), claimed: claimed.to_string() })
}

fn parse_hash(part: &'static str, text: &str) -> Result<Hash, NotVerified> {
    text.parse().map_err(|error| NotVerified::Malformed { what: format!("{part}: {error}") })
}
