//! One writer for each log, whoever they are.

use std::time::Duration;

use store::{LogCheck, Store};
use tokio::task::JoinSet;

use crate::{
    samples::{ecology, june, put, rate},
    world::{World, submit},
};

pub(crate) async fn concurrent_writers_lose_no_index(world: &World) {
    let other_process = world.open_again().await;
    let mut writers = JoinSet::new();
    for number in 0..24 {
        let store = if number % 2 == 0 { world.store.clone() } else { other_process.clone() };
        let change = put(&ecology(), rate(2000 + number, "1"));
        writers.spawn(async move { submit(&store, &ecology(), june(1), &[change]).await.unwrap() });
    }
    let mut indices = writers.join_all().await;
    indices.sort_unstable();
    assert_eq!(indices, (0..24).collect::<Vec<_>>());
    let check = world.store.check(&ecology()).await.unwrap();
    assert!(matches!(check, LogCheck::Sound { size: 24, .. }), "{check:?}");
    assert_eq!(world.store.counts(&ecology()).await.unwrap().observations, 24);
}

pub(crate) async fn readers_go_on_while_writers_queue(world: &World) {
    world.submit(&ecology(), june(1), &[]).await;
    let first = world.store.begin(&ecology()).await.unwrap();
    let mut queue = JoinSet::new();
    for _ in 0..20 {
        let store = world.store.clone();
        queue.spawn(async move { submit(&store, &ecology(), june(1), &[]).await.unwrap() });
    }
    let read = async |store: &Store| store.head(&ecology()).await.unwrap().unwrap().size;
    for _ in 0..20 {
        tokio::task::yield_now().await;
        let size = tokio::time::timeout(Duration::from_secs(5), read(&world.store)).await.expect("a reader waits");
        assert_eq!(size, 1);
    }
    drop(first);
    queue.join_all().await;
    assert_eq!(read(&world.store).await, 21);
}

pub(crate) async fn several_processes_may_open_at_once(world: &World) {
    for table in [
        "follow_state",
        "witness_state",
        "cosignature",
        "request",
        "log_checkpoint",
        "log_node",
        "log_entry",
        "log_head",
        "observation",
        "funding_line",
        "resource",
    ] {
        world.tamper(&format!("DROP TABLE {table}")).await;
    }
    world.tamper("DROP TABLE seaql_migrations").await;
    let mut openers = JoinSet::new();
    for _ in 0..4 {
        let url = world.url.clone();
        openers.spawn(async move { Store::open(&url).await.unwrap().log_sizes().await.unwrap() });
    }
    assert!(openers.join_all().await.iter().all(|sizes| sizes.is_empty()));
}
