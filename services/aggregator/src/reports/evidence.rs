//! The evidence below a figure: for every submission that it rests on the row itself, who signed it, and the proof that it is
//! in the department's log, made from the mirror. Whoever has the log's key needs nobody else to check it.

use std::collections::{BTreeMap, BTreeSet};

use contracts::{
    common::v1::Provenance,
    evaluation::v1::{Explanation, SubmissionEvidence},
    exchange::v1::Endorsement,
    log::v1::Envelope,
};
use domain::{DepartmentId, ResourceName};
use ledger::{Checkpoint, LogProof, NoteVerifier};
use node::{
    caller::Caller,
    desk::DeskError,
    services::{NodeContext, rows_seen},
    shown::{RowError, ShownEntry},
};
use prost::Message as _;
use store::{Beside, LogEntry, ResourceQuery, View};

use crate::internal;

/// Collection of the endorsements of a department.
const ENDORSEMENTS: &str = "endorsements";

/// Keys of the logs, by department.
pub(crate) type LogKeys = BTreeMap<DepartmentId, NoteVerifier>;

/// An entry of a log.
type Key = (DepartmentId, u64);

/// Entries with the trees of their rows.
type Shown<'a> = BTreeMap<Key, ShownEntry<'a>>;

/// Collects the evidence for an explanation. Each entry is read once.
pub(crate) struct Evidence<'a> {
    context: &'a NodeContext,
    caller: &'a Caller,
    keys: &'a LogKeys,
    entries: BTreeMap<Key, Kept>,
    logs: BTreeMap<DepartmentId, Mirror>,
}

/// What is known of a log.
struct Mirror {
    /// None while the mirror is empty, or nobody gave the log's key.
    head: Option<Proved>,
    /// Whether anything in it was endorsed.
    endorsed: bool,
}

/// The newest note of a mirror.
struct Proved {
    note: String,
    checkpoint: Checkpoint,
    /// Entries that the mirror holds: while it catches up, fewer than the note is about.
    held: u64,
}

/// What is known of an entry.
struct Kept {
    leaf: Vec<u8>,
    envelope: Envelope,
    beside: Beside,
    /// Which of its rows the caller sees.
    seen: Vec<bool>,
    /// Empty while the mirror holds no checkpoint that it could be proved under.
    proof_file: String,
    /// What reviewer and signatory said of it.
    endorsements: Vec<String>,
}

impl<'a> Evidence<'a> {
    /// From the mirrors of a node, for this caller.
    pub(crate) fn new(context: &'a NodeContext, caller: &'a Caller, keys: &'a LogKeys) -> Self {
        Self { context, caller, keys, entries: BTreeMap::new(), logs: BTreeMap::new() }
    }

    /// Puts the evidence into a tree. What the aggregator may not read stays without.
    ///
    /// # Errors
    /// The faults of the store; a mirror that is damaged.
    pub(crate) async fn fill(&mut self, tree: &mut Explanation) -> Result<(), DeskError> {
        let mut wanted = BTreeSet::new();
        collect(tree, &mut wanted);
        for key in wanted {
            if !self.logs.contains_key(&key.0) {
                let mirror = self.mirror(&key.0).await?;
                self.logs.insert(key.0.clone(), mirror);
            }
            if let Some(kept) = self.read(&key).await? {
                self.entries.insert(key, kept);
            }
        }
        let mut shown = Shown::new();
        for (key, kept) in &self.entries {
            let entry = ShownEntry::new(key.1, &kept.leaf, &kept.beside, &kept.proof_file);
            shown.insert(key.clone(), entry.map_err(|error| internal(&error))?);
        }
        self.put(tree, &shown)
    }

    async fn mirror(&self, log: &DepartmentId) -> Result<Mirror, DeskError> {
        let store = self.context.store();
        let any = ResourceQuery {
            origin: Some(log.clone()),
            collection: Some(ENDORSEMENTS.to_owned()),
            limit: 1,
            ..ResourceQuery::default()
        };
        let endorsed = !store.resources(&any).await?.is_empty();
        let head = match self.keys.get(log).zip(store.head(log).await?) {
            Some((key, head)) => {
                let checkpoint =
                    ledger::open(&head.note, std::slice::from_ref(key)).map_err(|error| internal(&error))?;
                Some(Proved { note: head.note, checkpoint, held: head.size })
            }
            None => None,
        };
        Ok(Mirror { head, endorsed })
    }

    async fn read(&self, key: &Key) -> Result<Option<Kept>, DeskError> {
        let (log, index) = key;
        let found = self.context.store().entries(log, *index, 1).await?.into_iter().find(|entry| entry.index == *index);
        let Some(LogEntry { leaf: Some(leaf), beside: Some(beside), .. }) = found else { return Ok(None) };
        let envelope = Envelope::decode(leaf.as_slice()).map_err(|error| internal(&error))?;
        let proof_file = self.proof(log, *index).await?.unwrap_or_default();
        let seen = rows_seen(self.context, self.caller, log, &envelope.method, &beside.request).await;
        let endorsements = self.endorsements(log, *index, &ledger::leaf_hash(&leaf).to_string()).await?;
        Ok(Some(Kept { leaf, envelope, beside, seen, proof_file, endorsements }))
    }

    /// What was said of a submission so far, in the order review and signature: part, verdict, who, and the entry of the log
    /// that says so. An endorsement of another leaf is none of this submission.
    async fn endorsements(&self, log: &DepartmentId, index: u64, leaf_hash: &str) -> Result<Vec<String>, DeskError> {
        let mut found = Vec::new();
        if self.logs.get(log).is_none_or(|mirror| !mirror.endorsed) {
            return Ok(found);
        }
        for part in ["reviewer", "signatory"] {
            let name = ResourceName::new(log.clone(), ENDORSEMENTS, &format!("{index}-{part}"));
            let name = name.map_err(|error| internal(&error))?;
            let Some(row) = self.context.store().resource(&name, &View::Now).await? else { continue };
            let said = Endorsement::decode(row.body.body.as_slice()).map_err(|error| internal(&error))?;
            if said.leaf_hash != leaf_hash {
                continue;
            }
            let entry = self.context.store().entries(log, row.log_index, 1).await?.into_iter().next();
            let Some(leaf) = entry.and_then(|entry| entry.leaf) else { continue };
            let principal = Envelope::decode(leaf.as_slice()).map_err(|error| internal(&error))?.principal;
            let verdict = said.verdict().as_str_name().rsplit('_').next().unwrap_or_default().to_lowercase();
            found.push(format!("{part} {verdict} {principal} entry {}", row.log_index));
        }
        Ok(found)
    }

    /// Proof of an entry under a checkpoint that the mirror covers: the newest, or the one that first covered the entry.
    /// While a mirror catches up, its newest note may be about a tree that it does not hold yet.
    async fn proof(&self, log: &DepartmentId, index: u64) -> Result<Option<String>, DeskError> {
        let Some(head) = self.logs.get(log).and_then(|mirror| mirror.head.as_ref()) else { return Ok(None) };
        let covers = |size: u64| index < size && size <= head.held;
        let (size, note) = if covers(head.checkpoint.size) {
            (head.checkpoint.size, head.note.clone())
        } else {
            let (store, key) = (self.context.store(), self.keys.get(log));
            let Some((key, note)) = key.zip(store.checkpoint_over(log, index).await?) else { return Ok(None) };
            let first = ledger::open(&note, std::slice::from_ref(key)).map_err(|error| internal(&error))?;
            if !covers(first.size) {
                return Ok(None);
            }
            (first.size, note)
        };
        let wanted = ledger::inclusion_nodes(index, size).map_err(|error| internal(&error))?;
        let nodes = self.context.store().tree_nodes(log, &wanted).await?;
        let hashes = ledger::inclusion_proof(index, size, |id| nodes.get(&id).copied());
        let proof = LogProof::new(index, hashes.map_err(|error| internal(&error))?, note);
        Ok(Some(proof.map_err(|error| internal(&error))?.to_string()))
    }

    fn put(&self, tree: &mut Explanation, shown: &Shown<'_>) -> Result<(), DeskError> {
        if let Some(provenance) = &tree.provenance {
            tree.evidence = self.of(provenance, shown).map_err(|error| internal(&error))?;
        }
        tree.inputs.iter_mut().try_for_each(|input| self.put(input, shown))
    }

    fn of(&self, provenance: &Provenance, shown: &Shown<'_>) -> Result<Option<SubmissionEvidence>, RowError> {
        let Some((key, kept)) = key(provenance).and_then(|key| self.entries.get_key_value(&key)) else {
            return Ok(None);
        };
        let Kept { envelope, seen, endorsements, leaf: _, beside: _, proof_file: _ } = kept;
        let at = usize::try_from(provenance.position).unwrap_or(usize::MAX);
        // A row that is not seen: the figure stands in the report, the row itself has a class of its own.
        let row = shown.get(key).filter(|_| seen.get(at) == Some(&true));
        let row = row.map(|entry| entry.row(provenance.position)).transpose()?;
        let row_proof = row.map(|row| row.encode_to_vec()).unwrap_or_default();
        let signatures = envelope.signatures.iter().map(|found| format!("{} {}", found.algorithm, found.key_id));
        Ok(Some(SubmissionEvidence {
            principal: envelope.principal.clone(),
            certificate_fingerprint: envelope.certificate_fingerprint.clone(),
            signatures: signatures.collect(),
            directory_version: envelope.directory_version,
            row_proof,
            endorsements: endorsements.clone(),
        }))
    }
}

fn key(provenance: &Provenance) -> Option<Key> {
    Some((DepartmentId::parse_parent(&provenance.node).ok()?, provenance.log_index))
}

fn collect(tree: &Explanation, wanted: &mut BTreeSet<Key>) {
    wanted.extend(tree.provenance.as_ref().and_then(key));
    tree.inputs.iter().for_each(|input| collect(input, wanted));
}
