//! Cosignatures of a log, and the memory of a witness.

use ledger::{Hash, leaf_hash};
use store::Cosigned;

use crate::{
    samples::{ecology, june},
    world::{World, note},
};

const ORIGIN: &str = "wufei.test/dept/commerce";

async fn grow(world: &World, leaf: &str) {
    let mut write = world.store.begin(&ecology()).await.unwrap();
    write.append(leaf.as_bytes(), leaf_hash(leaf.as_bytes()), None).await.unwrap();
    write.set_head(&note(write.size()), june(1)).await.unwrap();
    write.commit().await.unwrap();
}

fn root(byte: u8) -> Hash {
    Hash::from([byte; 32])
}

pub(crate) async fn each_witness_has_one_line_under_a_checkpoint(world: &World) {
    grow(world, "a").await;
    for (witness, line) in [("c", "— c 1\n"), ("a", "— a 1\n"), ("b", "— b 1\n"), ("a", "— a 2\n")] {
        world.store.keep_cosignature(&ecology(), 1, witness, line).await.unwrap();
    }
    assert_eq!(world.store.cosignatures(&ecology(), 1).await.unwrap(), ["— a 2\n", "— b 1\n", "— c 1\n"]);
    assert!(world.store.cosignatures(&ecology(), 2).await.unwrap().is_empty());
}

pub(crate) async fn the_smallest_witnessed_tree_over_an_entry_is_found(world: &World) {
    for leaf in ["a", "b", "c", "d"] {
        grow(world, leaf).await;
    }
    assert_eq!(world.store.newest_witnessed(&ecology()).await.unwrap(), 0);
    for size in [4, 2] {
        world.store.mark_witnessed(&ecology(), size).await.unwrap();
    }
    for (index, size) in [(0, Some(2)), (1, Some(2)), (2, Some(4)), (3, Some(4)), (4, None)] {
        let found = world.store.witnessed_over(&ecology(), index).await.unwrap();
        assert_eq!(found, size.map(|size| (size, note(size))), "{index}");
    }
    assert_eq!(world.store.newest_witnessed(&ecology()).await.unwrap(), 4);
}

pub(crate) async fn a_witness_goes_on_from_what_it_cosigned_only(world: &World) {
    let store = &world.store;
    assert_eq!(store.cosigned(ORIGIN).await.unwrap(), None);
    assert!(store.go_on_cosigning(ORIGIN, None, (3, root(3)), "three").await.unwrap());
    assert!(!store.go_on_cosigning(ORIGIN, None, (4, root(4)), "four").await.unwrap(), "it is known by now");
    for wrong in [(2, root(3)), (3, root(2))] {
        assert!(!store.go_on_cosigning(ORIGIN, Some(wrong), (4, root(4)), "four").await.unwrap());
    }
    let three = Cosigned { size: 3, root: root(3), note: "three".to_owned(), forked_note: None };
    assert_eq!(store.cosigned(ORIGIN).await.unwrap(), Some(three));
    store.keep_fork(ORIGIN, "fork").await.unwrap();
    store.keep_fork(ORIGIN, "another").await.unwrap();
    assert!(store.go_on_cosigning(ORIGIN, Some((3, root(3))), (5, root(5)), "five").await.unwrap());
    let five = Cosigned { size: 5, root: root(5), note: "five".to_owned(), forked_note: Some("fork".to_owned()) };
    assert_eq!(store.cosigned(ORIGIN).await.unwrap(), Some(five));
}

pub(crate) async fn two_who_go_on_at_one_time_do_not_both_succeed(world: &World) {
    let store = &world.store;
    assert!(store.go_on_cosigning(ORIGIN, None, (1, root(1)), "one").await.unwrap());
    let step = |size: u8| store.go_on_cosigning(ORIGIN, Some((1, root(1))), (u64::from(size), root(size)), "next");
    let (first, second) = tokio::join!(step(2), step(3));
    assert!(first.unwrap() != second.unwrap());
}

pub(crate) async fn a_leaf_of_the_open_write_can_be_read(world: &World) {
    grow(world, "a").await;
    let mut write = world.store.begin(&ecology()).await.unwrap();
    write.append(b"b", leaf_hash(b"b"), None).await.unwrap();
    assert_eq!(write.leaf(0).await.unwrap(), Some(b"a".to_vec()));
    assert_eq!(write.leaf(1).await.unwrap(), Some(b"b".to_vec()));
    assert_eq!(write.leaf(2).await.unwrap(), None);
    write.set_head(&note(write.size()), june(1)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(world.store.head(&ecology()).await.unwrap().unwrap().size, 2);
}
