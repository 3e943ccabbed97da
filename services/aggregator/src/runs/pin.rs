//! Checkpoints of a run: the newest that were followed, or those that the caller names.

use contracts::evaluation::v1 as pb;
use domain::{DepartmentId, DomainError, Reason, Text};
use ledger::{CompactRange, Hash};
use node::desk::DeskError;
use store::{Store, StoreError};

/// The newest state of each followed log; a log of which nothing was followed is left out.
pub(crate) async fn newest(store: &Store, nodes: &[DepartmentId]) -> Result<Vec<pb::NodeCheckpoint>, StoreError> {
    let mut found = Vec::with_capacity(nodes.len());
    for node in nodes {
        if let Some(head) = store.head(node).await? {
            found.push(pb::NodeCheckpoint { node: node.parent(), size: head.size, root_hash: head.root.to_string() });
        }
    }
    Ok(crate::wire::sorted(found))
}

/// Checks the checkpoints that a caller names: each node is followed, and what was followed up to that size has exactly
/// that root hash.
///
/// # Errors
/// [`Reason::CheckpointUnknown`] naming the node; [`DeskError::Store`].
pub(crate) async fn check(
    store: &Store,
    nodes: &[DepartmentId],
    asked: &[pb::NodeCheckpoint],
) -> Result<Vec<pb::NodeCheckpoint>, DeskError> {
    let mut seen = std::collections::BTreeSet::new();
    for at in asked {
        let node = DepartmentId::parse_parent(&at.node).ok().filter(|node| nodes.contains(node));
        let Some(node) = node.filter(|node| seen.insert(node.clone())) else {
            let zh = format!("{} 不是所汇聚的节点，或重复出现", at.node);
            return Err(unknown(at, zh, format!("{} is not a followed node, or stands twice", at.node)));
        };
        let followed = store.head(&node).await?.map_or(0, |head| head.size);
        if at.size > followed {
            let zh = format!("{} 只同步到 {followed} 条，尚未到 {} 条", at.node, at.size);
            let en = format!("{} was followed up to {followed} entries, not yet {}", at.node, at.size);
            return Err(unknown(at, zh, en));
        }
        if root_at(store, &node, at.size).await? != at.root_hash.parse::<Hash>().ok() {
            let zh = format!("{} 在 {} 条处的根哈希与所同步的不一致：日志可能分叉", at.node, at.size);
            let en = format!("{} has another root hash at size {}: the log may be forked", at.node, at.size);
            return Err(unknown(at, zh, en));
        }
    }
    Ok(crate::wire::sorted(asked.to_vec()))
}

async fn root_at(store: &Store, node: &DepartmentId, size: u64) -> Result<Option<Hash>, StoreError> {
    let ids = CompactRange::right_edge_ids(size);
    let hashes = store.tree_nodes(node, &ids).await?;
    Ok(CompactRange::from_nodes(size, |id| hashes.get(&id).copied()).ok().map(|range| range.root()))
}

fn unknown(at: &pb::NodeCheckpoint, zh: String, en: String) -> DeskError {
    DomainError::new(Reason::CheckpointUnknown, Text::new(zh, en))
        .with_fact("node", at.node.clone())
        .with_fact("size", at.size.to_string())
        .into()
}
