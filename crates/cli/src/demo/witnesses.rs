//! The witnesses of the demo: the first departments cosign the logs of all, two of them are enough, and at the end every log
//! shows how far it got.

use std::{collections::BTreeMap, path::Path};

use ::directory::{Directory, NodeEntry};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::try_join_all;
use pki::{read, write_public};
use serde_json::json;

use super::{
    identities::{CERTIFICATE_DAYS, failure},
    membership::{NOTE, key, of},
};
use crate::{failure::Outcome, link::Link, records::at};

/// How many nodes cosign. Four departments are enough for trust, and every further one costs each log a connection.
const WITNESSES: usize = 4;
/// How many of them must cosign a checkpoint.
const QUORUM: usize = 2;

/// Lists the nodes in the directory, the first of them as witnesses. A directory that says so already stays as it is.
/// Running nodes take the new version by themselves.
pub(super) fn enter(dir: &Path, nodes: Vec<NodeEntry>, now: DateTime<Utc>) -> Outcome<()> {
    let signer = key(dir)?;
    let path = dir.join(NOTE);
    let old =
        Directory::inspect(&read(&path).map_err(failure)?, &[signer.verifier()]).map_err(|error| of(error.text()))?;
    let mut document = old.document().next(now, now + TimeDelta::days(CERTIFICATE_DAYS.into()));
    document.nodes = nodes;
    for node in document.nodes.iter_mut().skip(WITNESSES) {
        node.witness_key = None;
    }
    // No log is its own witness.
    let most = document.nodes.len().min(WITNESSES).saturating_sub(1);
    document.witness_quorum = u32::try_from(QUORUM.min(most)).ok().filter(|quorum| *quorum > 0);
    let known = old.document();
    if known.nodes == document.nodes && known.witness_quorum == document.witness_quorum {
        return Ok(());
    }
    let note = Directory::sign(&document, &signer).map_err(|error| of(error.text()))?;
    write_public(&path, &note).map_err(failure)
}

/// How many logs there are, and of how many the newest entry is witnessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Witnessed {
    /// Logs with entries.
    pub(crate) logs: usize,
    /// Those whose newest entry is under a checkpoint that the quorum cosigned.
    pub(crate) witnessed: usize,
    /// Cosignatures under the newest checkpoint of the log that has the fewest.
    pub(crate) fewest: usize,
}

/// Asks every log for the receipt of its newest entry and waits until it is witnessed, as long as a call may take.
pub(super) async fn witnessed(links: &BTreeMap<String, Link>) -> Outcome<Witnessed> {
    let each = try_join_all(links.values().map(newest)).await?;
    let cosigned: Vec<usize> = each.into_iter().flatten().collect();
    Ok(Witnessed {
        logs: cosigned.len(),
        witnessed: cosigned.iter().filter(|lines| **lines > 0).count(),
        fewest: cosigned.into_iter().min().unwrap_or_default(),
    })
}

/// Cosignatures under the receipt of the newest entry when it is witnessed, otherwise 0; none for a log without entries.
async fn newest(link: &Link) -> Outcome<Option<usize>> {
    let head = link.call("wufei.log.v1.LogService/GetCheckpoint", json!({})).await?;
    let Some(last) = at(&head, "/size").parse::<u64>().ok().and_then(|size| size.checked_sub(1)) else {
        return Ok(None);
    };
    let request = json!({ "logIndex": last.to_string(), "waitFor": "RECEIPT_LEVEL_WITNESSED" });
    let answer = link.call("wufei.log.v1.LogService/GetReceipt", request).await?;
    if at(&answer, "/receipt/level") != "RECEIPT_LEVEL_WITNESSED" {
        return Ok(Some(0));
    }
    // The first signature is the log's own.
    let lines = at(&answer, "/receipt/checkpoint").lines().filter(|line| line.starts_with("— ")).count();
    Ok(Some(lines.saturating_sub(1)))
}
