//! The audit log's database beside the node's.

use ledger::{consistency_nodes, consistency_proof, leaf_hash, verify_consistency};
use store::{LogCheck, LogHead, Store};

use crate::{
    samples::{ecology, june, taiyuan},
    world::{World, note},
};

async fn open(world: &World) -> Store {
    Store::open_audit(&world.url).await.unwrap()
}

/// Appends leaves in one write and returns the head.
async fn append(store: &Store, leaves: &[&[u8]]) -> LogHead {
    let mut write = store.begin(&ecology()).await.unwrap();
    for leaf in leaves {
        write.append(leaf, leaf_hash(leaf), None).await.unwrap();
    }
    write.set_head(&note(write.size()), june(1)).await.unwrap();
    write.commit().await.unwrap();
    store.head(&ecology()).await.unwrap().unwrap()
}

pub(crate) async fn the_audit_log_is_kept_apart(world: &World) {
    let audit = open(world).await;
    let head = append(&audit, &[b"read"]).await;
    assert_eq!(world.store.head(&ecology()).await.unwrap(), None);
    world.submit(&ecology(), june(1), &[]).await;
    world.submit(&ecology(), june(1), &[]).await;
    assert_eq!(audit.head(&ecology()).await.unwrap(), Some(head.clone()));
    audit.close().await;
    let again = open(world).await;
    assert_eq!(again.head(&ecology()).await.unwrap(), Some(head));
    again.close().await;
}

pub(crate) async fn a_locked_node_does_not_hold_up_its_audit_log(world: &World) {
    let audit = open(world).await;
    let write = world.store.begin(&ecology()).await.unwrap();
    assert_eq!(append(&audit, &[b"read"]).await.size, 1);
    drop(write);
    let locked = audit.begin(&ecology()).await.unwrap();
    assert_eq!(world.submit(&ecology(), june(1), &[]).await, 0);
    drop(locked);
    audit.close().await;
}

pub(crate) async fn several_processes_may_open_an_audit_log_at_once(world: &World) {
    let (first, second, third) = tokio::join!(open(world), open(world), open(world));
    append(&first, &[b"first"]).await;
    append(&second, &[b"second"]).await;
    assert_eq!(append(&third, &[b"third"]).await.size, 3);
    for store in [first, second, third] {
        store.close().await;
    }
}

pub(crate) async fn every_head_extends_those_before(world: &World) {
    let audit = open(world).await;
    let leaves: Vec<[u8; 1]> = (0..40).map(|leaf| [leaf]).collect();
    let mut heads = Vec::new();
    for (round, batch) in leaves.chunks(7).enumerate() {
        let batch: Vec<&[u8]> = batch.iter().map(<[u8; 1]>::as_slice).take(round + 1).collect();
        heads.push(append(&audit, &batch).await);
    }
    for new in &heads {
        for old in heads.iter().filter(|old| old.size <= new.size) {
            let ids = consistency_nodes(old.size, new.size).unwrap();
            let nodes = audit.tree_nodes(&ecology(), &ids).await.unwrap();
            let proof = consistency_proof(old.size, new.size, |id| nodes.get(&id).copied()).unwrap();
            verify_consistency(old.size, old.root, new.size, new.root, &proof).unwrap();
        }
    }
    audit.close().await;
}

pub(crate) async fn forgotten_leaves_leave_their_hashes(world: &World) {
    let audit = open(world).await;
    let head = append(&audit, &[b"oldest", b"old", b"new"]).await;
    assert_eq!(audit.forget_leaves(&taiyuan(), 9).await.unwrap(), 0);
    assert_eq!(audit.forget_leaves(&ecology(), 2).await.unwrap(), 2);
    assert_eq!(audit.forget_leaves(&ecology(), 2).await.unwrap(), 0);
    let entries = audit.entries(&ecology(), 0, 9).await.unwrap();
    let leaves: Vec<_> = entries.iter().map(|entry| (entry.leaf.as_deref(), entry.leaf_hash)).collect();
    assert_eq!(
        leaves,
        [(None, leaf_hash(b"oldest")), (None, leaf_hash(b"old")), (Some(b"new".as_slice()), leaf_hash(b"new"))]
    );
    let sound = LogCheck::Sound { size: 3, root: head.root, hash_only: 2 };
    assert_eq!(audit.check(&ecology()).await.unwrap(), sound);
    assert_eq!(append(&audit, &[b"newest"]).await.size, 4);
    audit.close().await;
}
