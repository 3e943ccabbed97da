//! Proofs of the log: that an entry is in a tree, that a tree is a prefix of another, that a row is in an entry; receipts and
//! tiles.

use contracts::{
    common::v1::{Receipt, ReceiptLevel},
    log::v1::{self as wire, Envelope},
};
use domain::{DomainError, Reason, Text, Violation};
use ledger::{Hash, LogProof, TileKind, TilePath};
use prost::Message as _;
use prost_reflect::DynamicMessage;
use store::{Beside, LogEntry};

use super::{
    Log, LogError, head,
    seen::{must_see_entry, must_see_row},
    tree,
};
use crate::{
    caller::Caller, convert::common, layers::Budget, projection::pool, services::stream::beyond_end, shown::ShownEntry,
};

impl Log {
    pub(super) async fn inclusion(
        &self,
        request: wire::GetInclusionProofRequest,
    ) -> Result<wire::GetInclusionProofResponse, LogError> {
        let wire::GetInclusionProofRequest { log_index, tree_size } = request;
        let head = head(&self.context).await?;
        let size = tree(tree_size, &head)?;
        if log_index >= size {
            return Err(beyond_end(log_index, size).into());
        }
        let nodes = ledger::inclusion_nodes(log_index, size)?;
        let nodes = self.context.store().tree_nodes(self.log(), &nodes).await?;
        let hashes = ledger::inclusion_proof(log_index, size, |id| nodes.get(&id).copied())?;
        let entries = self.context.store().entries(self.log(), log_index, 1).await?;
        let leaf_hash = entries.first().map(|entry| entry.leaf_hash.to_string()).unwrap_or_default();
        let (checkpoint, proof_file) = if size == head.size {
            let note = self.context.desk().cosigned(size, head.note).await?;
            let file = LogProof::new(log_index, hashes.clone(), note.clone())?;
            (note, file.to_string())
        } else {
            (String::new(), String::new())
        };
        let hashes = hashes.iter().map(Hash::to_string).collect();
        Ok(wire::GetInclusionProofResponse { log_index, tree_size: size, hashes, leaf_hash, checkpoint, proof_file })
    }

    pub(super) async fn consistency(
        &self,
        request: wire::GetConsistencyProofRequest,
    ) -> Result<wire::GetConsistencyProofResponse, LogError> {
        let wire::GetConsistencyProofRequest { first_size, second_size } = request;
        let head = head(&self.context).await?;
        let second_size = tree(second_size, &head)?;
        if first_size > second_size {
            return Err(beyond_end(first_size, second_size).into());
        }
        let nodes = ledger::consistency_nodes(first_size, second_size)?;
        let nodes = self.context.store().tree_nodes(self.log(), &nodes).await?;
        let hashes = ledger::consistency_proof(first_size, second_size, |id| nodes.get(&id).copied())?;
        let hashes = hashes.iter().map(Hash::to_string).collect();
        Ok(wire::GetConsistencyProofResponse { first_size, second_size, hashes })
    }

    pub(super) async fn row(
        &self,
        caller: &Caller,
        request: wire::GetRowProofRequest,
    ) -> Result<wire::GetRowProofResponse, LogError> {
        let wire::GetRowProofRequest { log_index, position } = request;
        let entry = self.entry(log_index).await?;
        let (leaf, beside) = readable(entry)?;
        let envelope = Envelope::decode(leaf.as_slice()).map_err(LogError::Leaf)?;
        let at = usize::try_from(position).unwrap_or(usize::MAX);
        must_see_row(&self.context, caller, &envelope.method, &beside.request, at).await?;
        let inclusion = self.inclusion(wire::GetInclusionProofRequest { log_index, tree_size: 0 }).await?;
        Ok(ShownEntry::new(log_index, &leaf, &beside, &inclusion.proof_file)?.row(position)?)
    }

    /// Waits for the level that is asked for until shortly before the call's time is up.
    pub(super) async fn receipt(
        &self,
        caller: &Caller,
        request: wire::GetReceiptRequest,
        budget: Option<Budget>,
    ) -> Result<wire::GetReceiptResponse, LogError> {
        let wire::GetReceiptRequest { log_index, wait_for } = request;
        let entry = self.entry(log_index).await?;
        let leaf_hash = entry.leaf_hash;
        let (leaf, beside) = readable(entry)?;
        let envelope = Envelope::decode(leaf.as_slice()).map_err(LogError::Leaf)?;
        must_see_entry(&self.context, caller, &envelope.method, &beside.request).await?;
        let wanted = ReceiptLevel::try_from(wait_for).unwrap_or(ReceiptLevel::Unspecified);
        let (checkpoint, level) =
            self.context.desk().reached(log_index, wanted, budget.map(Budget::work_until)).await?;
        let receipt = Receipt {
            node: common::node_out(self.log()),
            log_index,
            leaf_hash: leaf_hash.to_string(),
            checkpoint: checkpoint.clone(),
            level: level.into(),
            request_id: request_id(&envelope.method, &beside.request).unwrap_or_default(),
            receive_time: envelope.receive_time,
        };
        let signer = self.context.desk().signer().verifier();
        let size = ledger::open(&checkpoint, &[signer]).map_err(LogError::Checkpoint)?.size;
        let nodes = ledger::inclusion_nodes(log_index, size)?;
        let nodes = self.context.store().tree_nodes(self.log(), &nodes).await?;
        let hashes = ledger::inclusion_proof(log_index, size, |id| nodes.get(&id).copied())?;
        let proof_file = LogProof::new(log_index, hashes, checkpoint)?.to_string();
        Ok(wire::GetReceiptResponse { receipt: Some(receipt), proof_file })
    }

    pub(super) async fn tile(
        &self,
        caller: &Caller,
        request: wire::GetTileRequest,
    ) -> Result<wire::GetTileResponse, LogError> {
        let size = head(&self.context).await?.size;
        let path: TilePath = request.path.parse().map_err(|_| no_tile(&request.path))?;
        if !path.is_in(size) {
            return Err(no_tile(&request.path).into());
        }
        let data = match path.kind() {
            TileKind::Hashes { .. } => {
                let ids: Vec<_> = path.nodes().collect();
                let nodes = self.context.store().tree_nodes(self.log(), &ids).await?;
                ledger::hash_tile(&path, |id| nodes.get(&id).copied())?
            }
            TileKind::Entries => {
                // Leaves of all regions: who submitted what kind of thing, and when.
                caller.must_see(self.log(), "")?;
                let first = path.range().start;
                let found = self.context.store().entries(self.log(), first, u32::from(path.width())).await?;
                let leaves: Vec<_> =
                    found.into_iter().map(|entry| Ok(readable(entry)?.0)).collect::<Result<_, LogError>>()?;
                ledger::entry_bundle(&leaves)?
            }
        };
        Ok(wire::GetTileResponse { data })
    }

    async fn entry(&self, index: u64) -> Result<LogEntry, LogError> {
        let found = self.context.store().entries(self.log(), index, 1).await?;
        let entry = found.into_iter().find(|entry| entry.index == index);
        match entry {
            Some(entry) => Ok(entry),
            None => Err(beyond_end(index, head(&self.context).await?.size).into()),
        }
    }
}

/// Leaf and submission of an entry. A node holds those of its own log.
fn readable(entry: LogEntry) -> Result<(Vec<u8>, Beside), LogError> {
    entry.leaf.zip(entry.beside).ok_or(LogError::HashOnly { index: entry.index })
}

/// The request id that stands in a request; a resource that the service made for a request has none.
fn request_id(method: &str, request: &[u8]) -> Option<String> {
    let (service, name) = method.split_once('/')?;
    let method = pool().get_service_by_name(service)?.methods().find(|method| method.name() == name)?;
    let input = if method.is_client_streaming() {
        pool().get_message_by_name("wufei.exchange.v1.BatchCreateObservationsRequest")?
    } else {
        method.input()
    };
    let message = DynamicMessage::decode(input, request).ok()?;
    Some(message.get_field_by_name("request_id")?.as_str()?.to_owned())
}

pub(super) fn no_row(position: u32, rows: usize) -> DomainError {
    let rule = Text::new(format!("该报文共有 {rows} 行"), format!("the submission has {rows} rows"));
    let action = Text::new("行号从0起", "positions begin with 0");
    Violation::new("position", Reason::CursorOutOfRange, position, rule, action).into()
}

fn no_tile(path: &str) -> DomainError {
    let rule = Text::new("没有这块树瓦片", "the tree has no such tile");
    let action = Text::new(
        "按 C2SP tlog-tiles 书写，例如 tile/0/000",
        "write it as C2SP tlog-tiles does, for example tile/0/000",
    );
    Violation::new("path", Reason::ResourceNotFound, path, rule, action).into()
}
