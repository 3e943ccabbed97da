//! Logs and submissions: signed checkpoint, its extension of the evaluation's, and every submission from its bytes outwards.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contracts::log::v1::{Envelope, Signature};
use directory::KeyRefused;
use ledger::{Checkpoint, Hash, body_digest, leaf_hash, rows_root, verify_consistency, verify_inclusion};
use policy::Principal;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde_json::Value;

use crate::{
    file::{Bundle, Log, SubmissionEntry},
    keys::Keys,
    message,
    wrong::Wrong,
};

/// Submissions whose every byte has been checked, by node and index.
#[derive(Default)]
pub(crate) struct Submissions {
    by_place: BTreeMap<(String, u64), Submission>,
    signed: usize,
}

/// A submission that can be believed.
pub(crate) struct Submission {
    pub(crate) leaf_hash: Hash,
    pub(crate) principal: String,
    pub(crate) method: String,
    rows: Vec<Vec<u8>>,
    row_type: Option<MessageDescriptor>,
}

impl Submission {
    /// How many rows it has.
    pub(crate) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// What a row says.
    pub(crate) fn row(&self, position: u32) -> Option<DynamicMessage> {
        let row = self.rows.get(usize::try_from(position).ok()?)?;
        message::decode(self.row_type.as_ref()?, row)
    }
}

impl Submissions {
    /// How many there are.
    pub(crate) fn submissions(&self) -> usize {
        self.by_place.len()
    }

    /// How many of them are signed by who sent them.
    pub(crate) fn signed(&self) -> usize {
        self.signed
    }

    /// The submission at a place.
    pub(crate) fn get(&self, node: &str, index: u64) -> Option<&Submission> {
        self.by_place.get(&(node.to_owned(), index))
    }
}

/// State of a log that the evaluation used.
struct Used {
    size: u64,
    root: Hash,
}

/// Checks every log of a bundle, and that all that the evaluation used are there.
pub(crate) fn check(bundle: &Bundle, keys: &Keys<'_>) -> Result<Submissions, Wrong> {
    let used = used(&bundle.report)?;
    let mut found = Submissions::default();
    let mut seen: Vec<&str> = Vec::new();
    for (at, log) in bundle.logs.iter().enumerate() {
        let place = format!("logs[{at}]");
        if seen.contains(&log.node.as_str()) {
            return Err(Wrong::LogTwice { place, node: log.node.clone() });
        }
        seen.push(&log.node);
        let checkpoint = head(log, &place, used.get(log.node.as_str()), keys)?;
        for (number, entry) in log.entries.iter().enumerate() {
            let place = format!("{place}.entries[{number}]");
            let submission = submission(log, entry, &checkpoint, &place)?;
            found.signed += usize::from(signed(entry, &submission.0, &place, keys)?);
            found.by_place.insert((log.node.clone(), entry.index), submission.1);
        }
    }
    match used.keys().find(|node| !seen.contains(node)) {
        Some(node) => Err(Wrong::NoLog { node: (*node).to_owned() }),
        None => Ok(found),
    }
}

/// The checkpoints of the evaluation, by node.
fn used(report: &Value) -> Result<BTreeMap<&str, Used>, Wrong> {
    let mut all = BTreeMap::new();
    let checkpoints = report.pointer("/run/checkpoints").and_then(Value::as_array).into_iter().flatten();
    for (at, checkpoint) in checkpoints.enumerate() {
        let text = |name: &str| checkpoint.get(name).and_then(Value::as_str).unwrap_or_default();
        let place = || format!("report.run.checkpoints[{at}]");
        // Proto JSON leaves a zero out.
        let size = if text("size").is_empty() { Ok(0) } else { text("size").parse() };
        let size = size.map_err(|_| Wrong::Unreadable { place: place(), what: "size".to_owned() })?;
        let root = text("rootHash").parse();
        let root = root.map_err(|_| Wrong::Unreadable { place: place(), what: "rootHash".to_owned() })?;
        all.insert(text("node"), Used { size, root });
    }
    Ok(all)
}

/// The signed checkpoint of a log, which extends that of the evaluation.
fn head(log: &Log, place: &str, used: Option<&Used>, keys: &Keys<'_>) -> Result<Checkpoint, Wrong> {
    let key = keys.log(&log.node)?;
    let checkpoint = ledger::open(&log.checkpoint, std::slice::from_ref(key))
        .map_err(|error| Wrong::Checkpoint { place: format!("{place}.checkpoint"), error })?;
    if let Some(Used { size, root }) = used {
        let hashes = log.consistency.as_ref().map_or(&[][..], |proof| proof.hashes.as_slice());
        verify_consistency(*size, *root, checkpoint.size, checkpoint.root, hashes)
            .map_err(|error| Wrong::Inconsistent { place: format!("{place}.consistency"), error })?;
    }
    Ok(checkpoint)
}

/// The bytes of a submission: its leaf in the log, its request and rows under the digests of the leaf.
fn submission(
    log: &Log,
    entry: &SubmissionEntry,
    checkpoint: &Checkpoint,
    place: &str,
) -> Result<(Envelope, Submission), Wrong> {
    let SubmissionEntry { index, leaf, request, row_seed, path } = entry;
    let hash = leaf_hash(leaf);
    verify_inclusion(hash, *index, checkpoint.size, path, checkpoint.root)
        .map_err(|error| Wrong::NotIncluded { place: format!("{place}.leaf"), error })?;
    let unreadable = |part: &str, what: String| Wrong::Unreadable { place: format!("{place}.{part}"), what };
    let envelope = Envelope::decode(leaf.as_slice()).map_err(|error| unreadable("leaf", error.to_string()))?;
    let same = |part: &str, expected: &[u8], found: &[u8]| {
        if expected == found {
            Ok(())
        } else {
            Err(Wrong::contradiction(format!("{place}.{part}"), hex::encode(expected), hex::encode(found)))
        }
    };
    if envelope.node != log.node {
        return Err(Wrong::contradiction(format!("{place}.leaf.node"), &log.node, &envelope.node));
    }
    same("request", &envelope.request_digest, body_digest(request).as_bytes())?;
    let (rows, row_type) =
        message::rows(&envelope.method, request).map_err(|error| unreadable("request", error.to_string()))?;
    let seed = row_seed.as_slice().try_into();
    let seed = seed.map_err(|_| unreadable("rowSeed", "a seed has 32 bytes".to_owned()))?;
    same("rowSeed", &envelope.rows_root, rows_root(&seed, &rows).as_bytes())?;
    if usize::try_from(envelope.row_count) != Ok(rows.len()) {
        return Err(Wrong::contradiction(format!("{place}.leaf.row_count"), rows.len(), envelope.row_count));
    }
    let submission = Submission {
        leaf_hash: hash,
        principal: envelope.principal.clone(),
        method: envelope.method.clone(),
        rows: rows.into_iter().map(<[u8]>::to_vec).collect(),
        row_type,
    };
    Ok((envelope, submission))
}

/// Whether a submission is signed by who sent it, with a key that counted when the node received it.
fn signed(entry: &SubmissionEntry, envelope: &Envelope, place: &str, keys: &Keys<'_>) -> Result<bool, Wrong> {
    // What the node recorded by itself stands under the signature of its log alone: the call that led to it was signed
    // over other bytes.
    if message::is_own(&envelope.method) || envelope.signatures.is_empty() {
        return Ok(false);
    }
    let version = envelope.directory_version;
    let directory = keys.directory(version).ok_or_else(|| Wrong::NoDirectory { place: place.to_owned(), version })?;
    let unreadable = |part: &str| Wrong::Unreadable { place: format!("{place}.leaf.{part}"), what: part.to_owned() };
    let principal = Principal::parse(&envelope.principal).map_err(|_| unreadable("principal"))?;
    let received = received(envelope).ok_or_else(|| unreadable("receive_time"))?;
    for (at, Signature { algorithm, key_id, value }) in envelope.signatures.iter().enumerate() {
        let place = format!("{place}.leaf.signatures[{at}]");
        let key = directory
            .signing_key(&principal, key_id, received)
            .map_err(|error: KeyRefused| Wrong::Key { place: place.clone(), error })?;
        if key.key.algorithm().as_str() != algorithm {
            return Err(Wrong::contradiction(format!("{place}.algorithm"), key.key.algorithm(), algorithm));
        }
        key.key.verify(&envelope.method, &entry.request, value).map_err(|error| Wrong::Signature { place, error })?;
    }
    Ok(true)
}

fn received(envelope: &Envelope) -> Option<DateTime<Utc>> {
    let time = envelope.receive_time.as_ref()?;
    DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?)
}
