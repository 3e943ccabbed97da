//! One entry of the aggregator's own log: who signed what, when, and the proof that it is in the log.

use askama::Template;
use axum::{extract::Path, response::Response};
use contracts::log::v1 as pb;
use domain::Text;
use prost::Message as _;

use crate::{
    answer::{self, Page},
    format,
    port::{Refusal, RefusalKind},
    shell::{Here, Shell},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "entry.html")]
struct Entry {
    s: Shell,
    leaf_hash: String,
    /// None when the visitor sees the hash only.
    envelope: Option<Envelope>,
    /// C2SP proof with the checkpoint that it leads to.
    proof: String,
}

/// What the leaf says.
struct Envelope {
    node: String,
    method: String,
    principal: String,
    time: String,
    signatures: Vec<String>,
    certificate: String,
    directory: u64,
    digest: String,
}

impl Envelope {
    fn of(leaf: &[u8]) -> Option<Self> {
        let found = pb::Envelope::decode(leaf).ok().filter(|_found| !leaf.is_empty())?;
        let signature = |one: &pb::Signature| format!("{} {}", one.algorithm, one.key_id);
        Some(Self {
            node: found.node,
            method: found.method,
            principal: found.principal,
            time: format::time(found.receive_time.as_ref()),
            signatures: found.signatures.iter().map(signature).collect(),
            certificate: found.certificate_fingerprint,
            directory: found.directory_version,
            digest: hex::encode(found.request_digest),
        })
    }
}

pub(super) async fn page(visit: Visit, Path(index): Path<u64>) -> Page {
    shown(&visit, index).await.map_err(|refusal| visit.refuse(refusal))
}

async fn shown(visit: &Visit, index: u64) -> Result<Response, Refusal> {
    let entries = pb::ListEntriesRequest { start_index: index, page_size: 1 };
    let receipt = pb::GetReceiptRequest { log_index: index, wait_for: 0 };
    let asked = tokio::try_join!(visit.ask(entries), visit.ask(receipt));
    // To the log, an index after its end is a fault of the request; to a page it is an address with nothing there.
    let (entries, receipt) = asked.map_err(|refusal| match refusal.kind {
        RefusalKind::Invalid => nothing(visit, index),
        RefusalKind::NotFound | RefusalKind::Denied | RefusalKind::Unavailable | RefusalKind::Fault => refusal,
    })?;
    let Some(entry) = entries.entries.into_iter().find(|entry| entry.index == index) else {
        return Err(nothing(visit, index));
    };
    let title = Text::new(format!("汇总端日志第 {index} 条"), format!("Entry {index} of the aggregator's log"));
    Ok(answer::page(&Entry {
        s: visit.shell(Here::Nodes, title),
        envelope: Envelope::of(&entry.leaf),
        leaf_hash: entry.leaf_hash,
        proof: receipt.proof_file,
    }))
}

fn nothing(visit: &Visit, index: u64) -> Refusal {
    let text = Text::new(format!("日志里没有第 {index} 条"), format!("the log has no entry {index}"));
    Refusal { kind: RefusalKind::NotFound, reason: String::new(), text: text.get(visit.lang).to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_that_may_not_be_read_says_nothing() {
        assert!(Envelope::of(&[]).is_none());
        let leaf = pb::Envelope { method: "m".to_owned(), ..Default::default() }.encode_to_vec();
        assert_eq!(Envelope::of(&leaf).unwrap().method, "m");
    }
}
