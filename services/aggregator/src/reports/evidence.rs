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
use ledger::{LogProof, NoteVerifier};
use node::{
    caller::Caller,
    desk::DeskError,
    services::{NodeContext, rows_seen},
    shown::{RowError, ShownEntry},
};
use prost::Message as _;
use store::{Beside, LogEntry, View};

use crate::internal;

/// Collection of the endorsements of a department.
const ENDORSEMENTS: &str = "endorsements";

/// Keys of the logs, by department.
pub(crate) type LogKeys = BTreeMap<DepartmentId, NoteVerifier>;

/// An entry of a log.
type Key = (DepartmentId, u64);

/// Collects the evidence for an explanation. Each entry is read once.
pub(crate) struct Evidence<'a> {
    context: &'a NodeContext,
    caller: &'a Caller,
    keys: &'a LogKeys,
    entries: BTreeMap<Key, Kept>,
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
        Self { context, caller, keys, entries: BTreeMap::new() }
    }

    /// Puts the evidence into a tree. What the aggregator may not read stays without.
    ///
    /// # Errors
    /// The faults of the store; a mirror that is damaged.
    pub(crate) async fn fill(&mut self, tree: &mut Explanation) -> Result<(), DeskError> {
        let mut wanted = BTreeSet::new();
        collect(tree, &mut wanted);
        for key in wanted {
            if let Some(kept) = self.read(&key).await? {
                self.entries.insert(key, kept);
            }
        }
        self.put(tree)
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
        let Some((key, head)) = self.keys.get(log).zip(self.context.store().head(log).await?) else { return Ok(None) };
        let first = self.context.store().checkpoint_over(log, index).await?;
        for note in [Some(head.note), first].into_iter().flatten() {
            let checkpoint = ledger::open(&note, std::slice::from_ref(key)).map_err(|error| internal(&error))?;
            if index >= checkpoint.size || checkpoint.size > head.size {
                continue;
            }
            let wanted = ledger::inclusion_nodes(index, checkpoint.size).map_err(|error| internal(&error))?;
            let nodes = self.context.store().tree_nodes(log, &wanted).await?;
            let hashes = ledger::inclusion_proof(index, checkpoint.size, |id| nodes.get(&id).copied());
            let proof = LogProof::new(index, hashes.map_err(|error| internal(&error))?, note);
            return Ok(Some(proof.map_err(|error| internal(&error))?.to_string()));
        }
        Ok(None)
    }

    fn put(&self, tree: &mut Explanation) -> Result<(), DeskError> {
        if let Some(provenance) = &tree.provenance {
            tree.evidence = self.of(provenance).map_err(|error| internal(&error))?;
        }
        tree.inputs.iter_mut().try_for_each(|input| self.put(input))
    }

    fn of(&self, provenance: &Provenance) -> Result<Option<SubmissionEvidence>, RowError> {
        let Some((key, kept)) = key(provenance).and_then(|key| self.entries.get_key_value(&key)) else {
            return Ok(None);
        };
        let Kept { leaf, envelope, beside, seen, proof_file, endorsements } = kept;
        let at = usize::try_from(provenance.position).unwrap_or(usize::MAX);
        let row_proof = if seen.get(at) == Some(&true) {
            let entry = ShownEntry { log_index: key.1, leaf, beside, proof_file };
            entry.row(provenance.position)?.encode_to_vec()
        } else {
            // The figure stands in the report; the row itself has a class of its own.
            Vec::new()
        };
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
