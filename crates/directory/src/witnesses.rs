//! Whose checkpoints there are, and who cosigns them.

use domain::DepartmentId;
use ledger::{CosignatureVerifier, NoteVerifier, Quorum};

use crate::{document::NodeEntry, open::Directory};

impl NodeEntry {
    /// The key that signs the checkpoints of its log; none when it is of a kind that this program does not read.
    pub fn log(&self) -> Option<NoteVerifier> {
        self.log_key.as_str().parse().ok()
    }

    /// The key with which it cosigns the checkpoints of others; none when it is no witness.
    pub fn witness(&self) -> Option<CosignatureVerifier> {
        self.witness_key.as_ref()?.as_str().parse().ok()
    }
}

impl Directory {
    /// The keys of all logs.
    pub fn logs(&self) -> Vec<NoteVerifier> {
        self.document().nodes.iter().filter_map(NodeEntry::log).collect()
    }

    /// The nodes that cosign the log of a department, with their keys: all witnesses but its own.
    pub fn witnesses_of(&self, log: &DepartmentId) -> impl Iterator<Item = (&NodeEntry, CosignatureVerifier)> {
        let others = self.document().nodes.iter().filter(move |node| node.department != *log);
        others.filter_map(|node| Some((node, node.witness()?)))
    }

    /// Who has to cosign the checkpoints of this log; none while the directory asks for no cosignatures.
    pub fn quorum_of(&self, log: &DepartmentId) -> Option<Quorum> {
        let threshold = usize::try_from(self.document().witness_quorum?).ok()?;
        let witnesses = self.witnesses_of(log).map(|(_, key)| key).collect();
        Quorum::new(witnesses, threshold).ok()
    }
}
