//! The log: its entries, its tree, its head.

use ledger::{CompactRange, EMPTY_ROOT, NodeId, inclusion_nodes, inclusion_proof, leaf_hash, verify_inclusion};
use store::{FollowState, LogCheck, Store, StoreError};

use crate::{
    samples::{ecology, june, put, rate, rate_name, taiyuan},
    world::{World, note},
};

pub(crate) async fn a_log_without_a_head_is_unknown(world: &World) {
    assert_eq!(world.store.head(&ecology()).await.unwrap(), None);
    let write = world.store.begin(&ecology()).await.unwrap();
    assert_eq!((write.size(), write.last_time(), write.range().root()), (0, None, EMPTY_ROOT));
    write.commit().await.unwrap();
    assert_eq!(world.store.head(&ecology()).await.unwrap(), None);
    assert!(world.store.log_sizes().await.unwrap().is_empty());
}

pub(crate) async fn a_dropped_write_leaves_nothing(world: &World) {
    let mut write = world.store.begin(&ecology()).await.unwrap();
    let index = write.append(b"leaf", leaf_hash(b"leaf"), None).await.unwrap();
    let meta = store::EntryMeta { origin: ecology(), log_index: index, time: june(1) };
    write.apply(&[put(&ecology(), rate(2024, "40"))], &meta).await.unwrap();
    write.set_head(&note(1), june(1)).await.unwrap();
    write.remember("p", "id", "m", leaf_hash(b""), index, b"r").await.unwrap();
    drop(write);

    assert_eq!(world.store.head(&ecology()).await.unwrap(), None);
    assert!(world.store.entries(&ecology(), 0, 10).await.unwrap().is_empty());
    assert_eq!(world.store.counts(&ecology()).await.unwrap(), store::Counts::default());
    let mut write = world.store.begin(&ecology()).await.unwrap();
    assert_eq!(write.claim("p", "id", "m", leaf_hash(b"")).await.unwrap(), store::Claim::First);
}

pub(crate) async fn a_failed_step_cannot_be_committed(world: &World) {
    world.submit(&ecology(), june(1), &[]).await;
    let mut write = world.store.begin(&ecology()).await.unwrap();
    let elsewhere = store::EntryMeta { origin: ecology(), log_index: 7, time: june(1) };
    assert!(matches!(write.apply(&[], &elsewhere).await, Err(StoreError::Internal { .. })));
    let index = write.append(b"leaf", leaf_hash(b"leaf"), None).await.unwrap();
    write.apply(&[], &store::EntryMeta { log_index: index, ..elsewhere }).await.unwrap();
    write.set_head(&note(2), june(1)).await.unwrap();
    assert!(matches!(write.commit().await, Err(StoreError::Internal { .. })));
    assert_eq!(world.store.head(&ecology()).await.unwrap().unwrap().size, 1);
}

pub(crate) async fn entries_without_a_signed_head_cannot_be_committed(world: &World) {
    let mut write = world.store.begin(&ecology()).await.unwrap();
    write.append(b"leaf", leaf_hash(b"leaf"), None).await.unwrap();
    assert!(matches!(write.commit().await, Err(StoreError::Internal { .. })));
    assert!(world.store.entries(&ecology(), 0, 10).await.unwrap().is_empty());
}

pub(crate) async fn a_leaf_with_another_hash_is_refused(world: &World) {
    let mut write = world.store.begin(&ecology()).await.unwrap();
    let refused = write.append(b"leaf", leaf_hash(b"loaf"), None).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { .. }));
}

/// One byte stands for one leaf; each list is one write.
pub(crate) async fn appending_keeps_the_tree(world: &World, batches: &[Vec<u8>]) {
    let mut recomputed = CompactRange::empty();
    for batch in batches {
        let mut write = world.store.begin(&ecology()).await.unwrap();
        assert_eq!(write.range(), &recomputed);
        for byte in batch {
            let leaf = [*byte];
            let index = write.append(&leaf, leaf_hash(&leaf), None).await.unwrap();
            assert_eq!(index, recomputed.size());
            recomputed.append(leaf_hash(&leaf));
        }
        write.set_head(&note(write.size()), june(1)).await.unwrap();
        write.commit().await.unwrap();
        let head = world.store.head(&ecology()).await.unwrap().unwrap();
        assert_eq!((head.size, head.root), (recomputed.size(), recomputed.root()));
    }
    let (size, root) = (recomputed.size(), recomputed.root());
    let sound = LogCheck::Sound { size, root, hash_only: 0 };
    assert_eq!(world.store.check(&ecology()).await.unwrap(), sound);
    for (index, byte) in batches.concat().iter().enumerate().step_by(17) {
        let index = index as u64;
        let ids = inclusion_nodes(index, size).unwrap();
        let nodes = world.store.tree_nodes(&ecology(), &ids).await.unwrap();
        let proof = inclusion_proof(index, size, |id| nodes.get(&id).copied()).unwrap();
        verify_inclusion(leaf_hash(&[*byte]), index, size, &proof, root).unwrap();
    }
}

pub(crate) async fn entries_are_read_from_any_index(world: &World) {
    for day in 1..=5 {
        world.submit(&ecology(), june(day), &[put(&ecology(), rate(2000 + day, "1"))]).await;
    }
    let indices = async |start, limit| {
        let entries = world.store.entries(&ecology(), start, limit).await.unwrap();
        entries.iter().for_each(|it| assert_eq!(leaf_hash(it.leaf.as_deref().unwrap()), it.leaf_hash));
        entries.iter().map(|entry| entry.index).collect::<Vec<_>>()
    };
    assert_eq!(indices(0, 10).await, [0, 1, 2, 3, 4]);
    assert_eq!(indices(2, 2).await, [2, 3]);
    assert!(indices(5, 2).await.is_empty());
}

/// Appends a leaf with this trace; the traces of all entries.
async fn append_traced(store: &Store, leaf: &[u8], trace: Option<&str>) -> Vec<Option<String>> {
    let mut write = store.begin(&ecology()).await.unwrap();
    write.append(leaf, leaf_hash(leaf), trace).await.unwrap();
    write.set_head(&note(write.size()), june(1)).await.unwrap();
    write.commit().await.unwrap();
    store.entries(&ecology(), 0, 10).await.unwrap().into_iter().map(|entry| entry.trace_parent).collect()
}

pub(crate) async fn the_trace_of_a_call_is_kept_beside_its_leaf(world: &World) {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    append_traced(&world.store, b"traced", Some(trace)).await;
    let traces = append_traced(&world.store, b"not traced", None).await;
    assert_eq!(traces, [Some(trace.to_owned()), None]);

    let sound = world.store.check(&ecology()).await.unwrap();
    assert_eq!(world.tamper("UPDATE log_entry SET trace_parent = 'of no account'").await, 2);
    assert_eq!(world.store.check(&ecology()).await.unwrap(), sound, "no hash covers a trace");
}

pub(crate) async fn a_database_from_before_traces_goes_on(world: &World) {
    append_traced(&world.store, b"before", None).await;
    world.tamper("ALTER TABLE log_entry DROP COLUMN trace_parent").await;
    assert_eq!(world.tamper("DELETE FROM seaql_migrations WHERE version LIKE 'm0002%'").await, 1);

    let store = world.open_again().await;
    let traces = append_traced(&store, b"after", Some("a trace")).await;
    assert_eq!(traces, [None, Some("a trace".to_owned())]);
    assert!(matches!(store.check(&ecology()).await.unwrap(), LogCheck::Sound { size: 2, .. }));
    store.close().await;
}

pub(crate) async fn tree_nodes_of_every_level_are_found(world: &World) {
    for _ in 0..4 {
        world.submit(&ecology(), june(1), &[]).await;
    }
    let ids = [(0, 3), (1, 1), (2, 0), (3, 0), (1, 9)].map(|(level, index)| NodeId { level, index });
    let found = world.store.tree_nodes(&ecology(), &ids).await.unwrap();
    let mut levels: Vec<_> = found.keys().map(|id| (id.level, id.index)).collect();
    levels.sort_unstable();
    assert_eq!(levels, [(0, 3), (1, 1), (2, 0)]);
    let root = world.store.head(&ecology()).await.unwrap().unwrap().root;
    assert_eq!(found[&NodeId { level: 2, index: 0 }], root);
}

pub(crate) async fn hash_only_entries_keep_the_tree(world: &World) {
    let mut write = world.store.begin(&taiyuan()).await.unwrap();
    write.append(b"readable", leaf_hash(b"readable"), None).await.unwrap();
    let index = write.append_hash_only(leaf_hash(b"secret")).await.unwrap();
    write.set_head(&note(2), june(1)).await.unwrap();
    write.commit().await.unwrap();

    let entries = world.store.entries(&taiyuan(), index, 1).await.unwrap();
    assert_eq!((entries[0].leaf.as_ref(), entries[0].leaf_hash), (None, leaf_hash(b"secret")));
    let root = ledger::node_hash(leaf_hash(b"readable"), leaf_hash(b"secret"));
    let sound = LogCheck::Sound { size: 2, root, hash_only: 1 };
    assert_eq!(world.store.check(&taiyuan()).await.unwrap(), sound);
}

pub(crate) async fn logs_do_not_touch_each_other(world: &World) {
    world.submit(&ecology(), june(1), &[put(&ecology(), rate(2024, "40"))]).await;
    world.submit(&taiyuan(), june(2), &[put(&taiyuan(), rate(2024, "41"))]).await;
    world.submit(&taiyuan(), june(3), &[]).await;
    let sizes = world.store.log_sizes().await.unwrap();
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [(taiyuan(), 2), (ecology(), 1)]);
    let ours = world.store.observation(&rate_name(&ecology(), 2024), &store::View::Now).await.unwrap().unwrap();
    assert_eq!((ours.revision, ours.origin, ours.log_index), (1, ecology(), 0));
}

pub(crate) async fn what_was_committed_survives_reopening(world: &World) {
    world.submit(&ecology(), june(1), &[put(&ecology(), rate(2024, "40"))]).await;
    let head = world.store.head(&ecology()).await.unwrap();
    world.store.clone().close().await;
    let again = world.open_again().await;
    assert_eq!(again.head(&ecology()).await.unwrap(), head);
    assert_eq!(again.counts(&ecology()).await.unwrap().observations, 1);
    assert_eq!(again.begin(&ecology()).await.unwrap().last_time(), Some(june(1)));
    again.close().await;
}

pub(crate) async fn follow_states_are_replaced(world: &World) {
    let lost = FollowState {
        log: taiyuan(),
        last_contact: None,
        last_error: Some("连接被拒绝".to_owned()),
        announced_size: 0,
    };
    world.store.set_follow_state(&lost).await.unwrap();
    let found = FollowState { last_contact: Some(june(2)), last_error: None, announced_size: 12, ..lost };
    world.store.set_follow_state(&found).await.unwrap();
    assert_eq!(world.store.follow_states().await.unwrap(), [found]);
}
