//! What is kept as evidence of a write: the envelope that becomes the leaf, and the receipt that the caller takes home.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use contracts::{
    common::v1::{Receipt, ReceiptLevel},
    log::v1::Envelope,
};
use domain::DepartmentId;
use ledger::{Hash, body_digest};
use prost::Message as _;
use prost_reflect::Kind;
use runtime::trace_context::TraceParent;
use store::{Beside, EVIDENCE};

use super::{DeskError, Outcome, Submission};
use crate::{
    caller::Caller,
    convert::common,
    projection::{pool, rows},
};

/// What an entry is about.
#[derive(Clone, Debug)]
pub(super) struct Content<'a> {
    /// Method as the envelope names it.
    pub(super) method: String,
    /// The exact bytes that the entry binds.
    pub(super) request: Bytes,
    /// Who speaks in it.
    pub(super) by: By<'a>,
    pub(super) request_id: &'a str,
}

/// Who speaks in an entry.
#[derive(Clone, Copy, Debug)]
pub(super) enum By<'a> {
    /// A caller, who signed what it sent.
    Caller(&'a Caller),
    /// The node itself, by this principal: nobody called, so there is no certificate and no signature but that of the log.
    Node(&'a str),
}

/// Everything of an envelope but its time. Made before the write waits for its turn, so that no hashing holds up the others.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    envelope: Envelope,
    beside: Beside,
}

impl Content<'_> {
    /// Binds the request by digests, with a fresh seed for the salts of its rows.
    ///
    /// # Errors
    /// [`DeskError::Random`], [`DeskError::Rows`].
    pub(super) fn evidence(self) -> Result<Evidence, DeskError> {
        let Content { method, request, by, request_id } = self;
        if !EVIDENCE {
            return Ok(Evidence::of_nothing(method, request, by));
        }
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(DeskError::Random)?;
        let rows = rows(&method, &request)?;
        let row_count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let mut envelope = Envelope {
            version: 2,
            method,
            request_id_digest: body_digest(request_id.as_bytes()).as_bytes().to_vec(),
            digest_algorithm: "sha256".to_owned(),
            request_digest: body_digest(&request).as_bytes().to_vec(),
            rows_root: ledger::rows_root(&seed, &rows).as_bytes().to_vec(),
            row_count,
            ..Envelope::default()
        };
        match by {
            By::Caller(caller) => {
                caller.principal.as_str().clone_into(&mut envelope.principal);
                envelope.certificate_fingerprint.clone_from(&caller.fingerprint);
                envelope.signatures.clone_from(&caller.signatures);
                envelope.directory_version = caller.directory_version;
            }
            By::Node(principal) => principal.clone_into(&mut envelope.principal),
        }
        let trace_parent = TraceParent::current().map(|trace| trace.to_string());
        Ok(Evidence { envelope, beside: Beside { request: request.to_vec(), row_seed: seed.to_vec(), trace_parent } })
    }
}

impl Evidence {
    /// What the tables are made from, and no digest of anything: see [`EVIDENCE`].
    fn of_nothing(method: String, request: Bytes, by: By<'_>) -> Self {
        let principal = match by {
            By::Caller(caller) => caller.principal.as_str(),
            By::Node(principal) => principal,
        };
        Self {
            envelope: Envelope { method, principal: principal.to_owned(), ..Envelope::default() },
            beside: Beside { request: request.to_vec(), row_seed: Vec::new(), trace_parent: None },
        }
    }

    /// The envelope of an entry of this log and time, and what stands beside it.
    pub(super) fn envelope(self, department: &DepartmentId, time: DateTime<Utc>) -> (Envelope, Beside) {
        let Self { mut envelope, beside } = self;
        envelope.node = department.parent();
        envelope.receive_time = Some(common::time_out(time));
        (envelope, beside)
    }
}

/// Digest of the whole request, so that the same id with another method is another request.
pub(super) fn digest(submission: &Submission<'_>) -> Hash {
    let mut bytes = Vec::with_capacity(submission.method.len() + 1 + submission.request.len());
    bytes.extend_from_slice(submission.method.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&submission.request);
    body_digest(&bytes)
}

/// The receipt of an entry, without the checkpoint, which is signed when the batch ends.
pub(super) fn receipt(outcome: &Outcome, request_id: &str) -> Receipt {
    Receipt {
        node: common::node_out(&outcome.origin),
        log_index: outcome.log_index,
        leaf_hash: outcome.source.leaf_hash.to_string(),
        checkpoint: String::new(),
        level: ReceiptLevel::Unspecified.into(),
        request_id: request_id.to_owned(),
        receive_time: Some(common::time_out(outcome.time)),
    }
}

/// Bytes that, appended to a serialized answer of a method, set checkpoint and level of its receipt: protobuf merges a
/// message field that occurs twice (Encoding, "Last One Wins"). Empty when the answer has no receipt.
pub(super) fn receipt_patch(method: &str, checkpoint: String, level: ReceiptLevel) -> Vec<u8> {
    let Some(number) = receipt_field(method) else { return Vec::new() };
    let part = Receipt { checkpoint, level: level.into(), ..Receipt::default() };
    let mut patch = Vec::with_capacity(part.encoded_len() + 8);
    prost::encoding::message::encode(number, &part, &mut patch);
    patch
}

/// Number of the field of a method's answer that holds the receipt.
fn receipt_field(method: &str) -> Option<u32> {
    let (service, name) = method.split_once('/')?;
    let method = pool().get_service_by_name(service)?.methods().find(|candidate| candidate.name() == name)?;
    let field = method.output().get_field_by_name("receipt")?;
    matches!(field.kind(), Kind::Message(_)).then(|| field.number())
}
