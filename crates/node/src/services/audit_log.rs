//! The audit log of this node, for auditors.

use contracts::{
    common::v1::ReceiptLevel,
    log::v1::{self as wire, AuditEvent, AuditRecord, audit_log_service_server::AuditLogService},
};
use domain::{DepartmentId, DomainError, Reason, Text, Violation, text::Lang};
use futures_util::stream;
use ledger::{Checkpoint, CheckpointError, EMPTY_ROOT, Hash, LogProof, LogProofError, NodeId, NoteSigner, TreeError};
use prost::Message as _;
use std::collections::HashMap;
use store::{LogEntry, LogHead, Store, StoreError};
use tonic::{Request, Response, Status};

use super::stream::{Answers, beyond_end};
use crate::{
    caller::Caller,
    pages::{DEFAULT_SIZE, MAX_SIZE},
    status::{internal, status, store_status},
};

/// Records read at a time.
const STEP: u32 = 500;
/// Records that one call looks at, however few of them it was asked for.
const MOST_LOOKED_AT: u64 = 20_000;

/// A log that cannot be served.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Refused(#[from] DomainError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the tree of the audit log is damaged")]
    Tree(#[from] TreeError),
    #[error("a proof cannot be put together")]
    Proof(#[from] LogProofError),
    #[error("a checkpoint cannot be signed")]
    Sign(#[from] CheckpointError),
    #[error("entry {index} of the audit log is no audit record")]
    Leaf {
        index: u64,
        #[source]
        source: prost::DecodeError,
    },
}

impl Fault {
    fn status(&self, lang: Lang) -> Status {
        match self {
            Self::Refused(error) => status(error, lang),
            Self::Store(error) => store_status(error, lang),
            Self::Tree(_) | Self::Proof(_) | Self::Sign(_) | Self::Leaf { .. } => internal(self, lang),
        }
    }
}

/// Serves the audit log.
#[derive(Clone, Debug)]
pub struct AuditLog {
    store: Store,
    log: DepartmentId,
    signer: NoteSigner,
}

/// An export under way.
struct Export {
    log: AuditLog,
    next: u64,
    head: LogHead,
    lang: Lang,
    done: bool,
}

impl AuditLog {
    /// Serves the audit log of this department's node.
    #[must_use]
    pub fn new(store: Store, log: DepartmentId, signer: NoteSigner) -> Self {
        Self { store, log, signer }
    }

    /// The newest head. A log without records has the checkpoint of the empty tree.
    async fn head(&self) -> Result<LogHead, Fault> {
        if let Some(head) = self.store.head(&self.log).await? {
            return Ok(head);
        }
        let empty = Checkpoint { origin: self.signer.name().to_owned(), size: 0, root: EMPTY_ROOT };
        let note = ledger::sign(&empty, &self.signer)?;
        Ok(LogHead { size: 0, root: EMPTY_ROOT, note, last_time: None })
    }

    async fn list(&self, request: wire::ListAuditRecordsRequest) -> Result<wire::ListAuditRecordsResponse, Fault> {
        let wire::ListAuditRecordsRequest { start_index, page_size, event, principal, with_proofs } = request;
        let wanted = page(page_size)?;
        let event = AuditEvent::try_from(event).map_err(|_| unknown_event(event))?;
        let head = self.head().await?;
        if start_index > head.size {
            return Err(beyond_end(start_index, head.size).into());
        }
        let end = head.size.min(start_index.saturating_add(MOST_LOOKED_AT));
        let (mut found, mut next) = (Vec::new(), start_index);
        while next < end && found.len() < wanted {
            let limit = STEP.min(u32::try_from(end - next).unwrap_or(STEP));
            let entries = self.store.entries(&self.log, next, limit).await?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                next = entry.index + 1;
                let entry = entry_out(&entry)?;
                if wanted_by(&entry, event, &principal) {
                    found.push(entry);
                }
                if found.len() >= wanted {
                    break;
                }
            }
        }
        if with_proofs {
            self.prove(&mut found, &head).await?;
        }
        Ok(wire::ListAuditRecordsResponse { entries: found, next_index: next, checkpoint: head.note })
    }

    /// Adds the proof of each entry under the head.
    async fn prove(&self, entries: &mut [wire::AuditEntry], head: &LogHead) -> Result<(), Fault> {
        let mut ids = Vec::new();
        for entry in entries.iter() {
            ids.extend(ledger::inclusion_nodes(entry.index, head.size)?);
        }
        ids.sort_unstable_by_key(|id: &NodeId| (id.level, id.index));
        ids.dedup();
        let nodes: HashMap<NodeId, Hash> = self.store.tree_nodes(&self.log, &ids).await?;
        for entry in entries {
            let path = ledger::inclusion_proof(entry.index, head.size, |id| nodes.get(&id).copied())?;
            entry.proof_file = LogProof::new(entry.index, path, head.note.clone())?.to_string();
        }
        Ok(())
    }

    async fn export(&self, start: u64, lang: Lang) -> Result<Export, Fault> {
        let head = self.head().await?;
        if start > head.size {
            return Err(beyond_end(start, head.size).into());
        }
        Ok(Export { log: self.clone(), next: start, head, lang, done: false })
    }
}

impl Export {
    async fn next(mut self) -> Option<(Result<wire::ExportAuditEntriesResponse, Status>, Self)> {
        if self.done {
            return None;
        }
        let chunk = self.chunk().await.map_err(|fault| fault.status(self.lang));
        self.done |= chunk.is_err();
        Some((chunk, self))
    }

    async fn chunk(&mut self) -> Result<wire::ExportAuditEntriesResponse, Fault> {
        let limit = STEP.min(u32::try_from(self.head.size - self.next).unwrap_or(STEP));
        let found = match limit {
            0 => Vec::new(),
            limit => self.log.store.entries(&self.log.log, self.next, limit).await?,
        };
        self.next = found.last().map_or(self.next, |entry| entry.index + 1);
        let entries = found.into_iter().map(|LogEntry { index, leaf_hash, leaf, beside: _ }| wire::Entry {
            index,
            leaf_hash: leaf_hash.to_string(),
            leaf: leaf.unwrap_or_default(),
            ..wire::Entry::default()
        });
        let entries: Vec<_> = entries.collect();
        if limit > 0 && entries.is_empty() {
            return Err(
                StoreError::Corrupt { what: format!("audit entry {} is missing", self.next), source: None }.into()
            );
        }
        self.done = self.next >= self.head.size;
        let (checkpoint, level) = if self.done {
            // The record of this export's opening was on disk before the head was read.
            (self.head.note.clone(), ReceiptLevel::Logged)
        } else {
            (String::new(), ReceiptLevel::Unspecified)
        };
        Ok(wire::ExportAuditEntriesResponse { entries, checkpoint, level: level.into() })
    }
}

#[tonic::async_trait]
impl AuditLogService for AuditLog {
    async fn get_audit_checkpoint(
        &self,
        request: Request<wire::GetAuditCheckpointRequest>,
    ) -> Result<Response<wire::GetAuditCheckpointResponse>, Status> {
        let lang = Caller::of(&request)?.lang;
        let LogHead { size, note, .. } = self.head().await.map_err(|fault| fault.status(lang))?;
        Ok(Response::new(wire::GetAuditCheckpointResponse { checkpoint: note, size }))
    }

    async fn list_audit_records(
        &self,
        request: Request<wire::ListAuditRecordsRequest>,
    ) -> Result<Response<wire::ListAuditRecordsResponse>, Status> {
        let lang = Caller::of(&request)?.lang;
        self.list(request.into_inner()).await.map(Response::new).map_err(|fault| fault.status(lang))
    }

    type ExportAuditEntriesStream = Answers<wire::ExportAuditEntriesResponse>;

    async fn export_audit_entries(
        &self,
        request: Request<wire::ExportAuditEntriesRequest>,
    ) -> Result<Response<Self::ExportAuditEntriesStream>, Status> {
        let lang = Caller::of(&request)?.lang;
        let start = request.into_inner().start_index;
        let export = self.export(start, lang).await.map_err(|fault| fault.status(lang))?;
        Ok(Response::new(Box::pin(stream::unfold(export, Export::next))))
    }
}

fn page(size: i32) -> Result<usize, DomainError> {
    let wanted = match u32::try_from(size) {
        Ok(0) => DEFAULT_SIZE,
        Ok(size) => size.min(MAX_SIZE),
        Err(_negative) => {
            return Err(Violation::new(
                "page_size",
                Reason::PageSizeInvalid,
                size,
                Text::new("每页条数不能为负", "page_size is not negative"),
                Text::new("请填0（默认100）至1000", "give 0 (for 100) to 1000"),
            )
            .into());
        }
    };
    Ok(usize::try_from(wanted).unwrap_or(usize::MAX))
}

fn unknown_event(number: i32) -> DomainError {
    Violation::new(
        "event",
        Reason::FieldInvalid,
        number,
        Text::new("没有这个审计事件", "there is no such audit event"),
        Text::new("请按 docs/audit-events.md 填写，或不填", "give one of docs/audit-events.md, or none"),
    )
    .into()
}

fn entry_out(entry: &LogEntry) -> Result<wire::AuditEntry, Fault> {
    let LogEntry { index, leaf_hash, leaf, beside: _ } = entry;
    let record = leaf.as_deref().map(AuditRecord::decode).transpose();
    let record = record.map_err(|source| Fault::Leaf { index: *index, source })?;
    Ok(wire::AuditEntry { index: *index, leaf_hash: leaf_hash.to_string(), record, proof_file: String::new() })
}

/// A record that was forgotten is only in a page of everything.
fn wanted_by(entry: &wire::AuditEntry, event: AuditEvent, principal: &str) -> bool {
    let any_event = event == AuditEvent::Unspecified;
    match &entry.record {
        Some(record) => {
            (any_event || record.event == i32::from(event)) && (principal.is_empty() || record.principal == principal)
        }
        None => any_event && principal.is_empty(),
    }
}
