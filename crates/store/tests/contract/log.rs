//! The log: its entries, its tree, its head.

use ledger::{CompactRange, EMPTY_ROOT, NodeId, inclusion_nodes, inclusion_proof, leaf_hash, verify_inclusion};
use store::{Beside, FollowState, LogCheck, Store, StoreError};

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

/// Appends a leaf with this beside it; what is beside all entries.
async fn append_beside(store: &Store, leaf: &[u8], beside: Option<Beside>) -> Vec<Option<Beside>> {
    let mut write = store.begin(&ecology()).await.unwrap();
    write.append(leaf, leaf_hash(leaf), beside).await.unwrap();
    write.set_head(&note(write.size()), june(1)).await.unwrap();
    write.commit().await.unwrap();
    store.entries(&ecology(), 0, 10).await.unwrap().into_iter().map(|entry| entry.beside).collect()
}

fn beside(request: &[u8], trace_parent: Option<&str>) -> Option<Beside> {
    let trace_parent = trace_parent.map(str::to_owned);
    Some(Beside { request: request.to_vec(), row_seed: vec![7; 32], trace_parent })
}

pub(crate) async fn what_stands_beside_a_leaf_is_kept(world: &World) {
    let traced = beside(b"request", Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    append_beside(&world.store, b"traced", traced.clone()).await;
    append_beside(&world.store, b"leaf alone", None).await;
    let found = append_beside(&world.store, b"not traced", beside(b"", None)).await;
    assert_eq!(found, [traced, None, beside(b"", None)]);

    let sound = world.store.check(&ecology()).await.unwrap();
    assert_eq!(world.tamper("UPDATE log_entry SET trace_parent = 'of no account'").await, 3);
    assert_eq!(world.store.check(&ecology()).await.unwrap(), sound, "no hash covers a trace");
}

pub(crate) async fn the_note_of_every_commit_can_be_found_again(world: &World) {
    for entries in [1, 3] {
        let mut write = world.store.begin(&ecology()).await.unwrap();
        for _ in 0..entries {
            write.append(b"leaf", leaf_hash(b"leaf"), None).await.unwrap();
        }
        write.set_head(&note(write.size()), june(1)).await.unwrap();
        write.commit().await.unwrap();
    }
    let over = async |index| world.store.checkpoint_over(&ecology(), index).await.unwrap();
    assert_eq!(over(0).await, Some(note(1)));
    for index in 1..4 {
        assert_eq!(over(index).await, Some(note(4)), "the smallest tree that holds entry {index}");
    }
    assert_eq!(over(4).await, None);
    assert_eq!(world.store.checkpoint_over(&taiyuan(), 0).await.unwrap(), None);
}

pub(crate) async fn what_a_batch_expects_changes_no_answer(world: &World) {
    let (ecology, digest) = (ecology(), leaf_hash(b""));
    world.submit(&ecology, june(1), &[put(&ecology, rate(2023, "39"))]).await;
    let mut write = world.store.begin(&ecology).await.unwrap();
    write.remember("p", "old", "m", digest, 0, b"r").await.unwrap();
    write.set_head(&note(1), june(1)).await.unwrap();
    write.commit().await.unwrap();

    let mut write = world.store.begin(&ecology).await.unwrap();
    let names = [2022, 2023, 2024].map(|year| rate_name(&ecology, year));
    let requests = ["old", "new", "other"].map(|id| ("p".to_owned(), id.to_owned())).to_vec();
    write.expect(store::Expected { requests, observations: names.to_vec() }).await.unwrap();
    let old = store::Claim::Replay { log_index: 0, response: b"r".to_vec(), pending: false };
    assert_eq!(write.claim("p", "old", "m", digest).await.unwrap(), old);
    assert_eq!(write.claim("q", "old", "m", digest).await.unwrap(), store::Claim::First);
    assert_eq!(write.claim("p", "new", "m", digest).await.unwrap(), store::Claim::First);
    let found = write.observations_named(&names).await.unwrap();
    assert_eq!(found.iter().map(|row| &row.name).collect::<Vec<_>>(), [&names[1]]);

    // What was not there is there once it is written, as the first revision and then as the second.
    for (value, revision) in [("40", 1), ("41", 2)] {
        let index = write.append(b"leaf", leaf_hash(b"leaf"), None).await.unwrap();
        let meta = store::EntryMeta { origin: ecology.clone(), log_index: index, time: june(2) };
        write.apply(&[put(&ecology, rate(2023, value)), put(&ecology, rate(2024, value))], &meta).await.unwrap();
        let found = write.observations_named(&names).await.unwrap();
        let mut revisions: Vec<_> = found.iter().map(|row| (row.name.clone(), row.revision)).collect();
        revisions.sort();
        assert_eq!(revisions, [(names[1].clone(), revision + 1), (names[2].clone(), revision)]);
    }
    write.remember("p", "new", "m", digest, 1, b"s").await.unwrap();
    let new = store::Claim::Replay { log_index: 1, response: b"s".to_vec(), pending: true };
    assert_eq!(write.claim("p", "new", "m", digest).await.unwrap(), new);
    write.set_head(&note(3), june(2)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(world.store.observation_revisions(&names[2], None, 10).await.unwrap().len(), 2);
}

pub(crate) async fn a_write_reads_what_it_holds_back(world: &World) {
    let mut write = world.store.begin(&ecology()).await.unwrap();
    for (year, value) in [(2023, "39"), (2024, "40"), (2024, "41")] {
        let index = write.append(b"leaf", leaf_hash(b"leaf"), None).await.unwrap();
        let meta = store::EntryMeta { origin: ecology(), log_index: index, time: june(1) };
        write.apply(&[put(&ecology(), rate(year, value))], &meta).await.unwrap();
    }
    let read = write.observation(&rate_name(&ecology(), 2024)).await.unwrap().unwrap();
    assert_eq!((read.revision, read.log_index), (2, 2));
    assert!(write.observation(&rate_name(&ecology(), 2020)).await.unwrap().is_none());
    write.remember("p", "id", "m", leaf_hash(b""), 2, b"r").await.unwrap();
    let pending = store::Claim::Replay { log_index: 2, response: b"r".to_vec(), pending: true };
    assert_eq!(write.claim("p", "id", "m", leaf_hash(b"")).await.unwrap(), pending);
    assert_eq!(write.claim("p", "id", "m", leaf_hash(b"x")).await.unwrap(), store::Claim::OtherBody);
    write.set_head(&note(3), june(1)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(world.store.counts(&ecology()).await.unwrap().observations, 2);
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
