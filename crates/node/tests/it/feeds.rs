//! The log as a feed, and the watch over it.

use contracts::{
    exchange::v1::{ObservationFilter, WatchObservationsRequest},
    log::v1::{
        FollowEntriesRequest, FollowEntriesResponse, GetCheckpointRequest, GetInclusionProofRequest, ListEntriesRequest,
    },
};
use ledger::{CompactRange, leaf_hash};
use node::{
    feeds::Feeds,
    services::stream::{HEARTBEAT, Woken, wait},
};
use runtime::CancellationToken;
use tokio_stream::StreamExt;
use tonic::Code;

use crate::world::{World, rate, reason};

/// What a follower does with a chunk: leaf hashes, then the root against the signed checkpoint.
fn accept(world: &World, range: &mut CompactRange, chunk: &FollowEntriesResponse) {
    for entry in &chunk.entries {
        assert_eq!(entry.index, range.size());
        let hash = leaf_hash(&entry.leaf);
        assert_eq!(entry.leaf_hash, hash.to_string());
        range.append(hash);
    }
    if !chunk.checkpoint.is_empty() {
        let checkpoint = ledger::open(&chunk.checkpoint, &[world.desk.signer().verifier()]).unwrap();
        assert_eq!((checkpoint.size, checkpoint.root), (range.size(), range.root()));
    }
}

#[tokio::test]
async fn a_feed_catches_up_goes_on_live_and_resumes_where_it_was() {
    let world = World::city().await;
    for year in 2000..2025 {
        world.submit(vec![rate(&year.to_string(), "35.0")]).await;
    }
    let mut range = CompactRange::empty();
    let mut feed = world.log().follow_entries(FollowEntriesRequest { start_index: 0 }).await.unwrap().into_inner();
    let first = feed.next().await.unwrap().unwrap();
    accept(&world, &mut range, &first);
    assert!(first.caught_up && range.size() == 25);

    world.submit(vec![rate("1999", "35.0")]).await;
    let live = feed.next().await.unwrap().unwrap();
    accept(&world, &mut range, &live);
    assert_eq!((live.entries.len(), live.caught_up), (1, true));

    drop(feed);
    world.submit(vec![rate("1998", "35.0")]).await;
    let resumed = FollowEntriesRequest { start_index: range.size() };
    let mut feed = world.log().follow_entries(resumed).await.unwrap().into_inner();
    accept(&world, &mut range, &feed.next().await.unwrap().unwrap());
    assert_eq!(range.size(), 27);

    world.stop.cancel();
    let end = feed.next().await.unwrap().unwrap_err();
    assert_eq!((end.code(), reason(&end).as_str()), (Code::Unavailable, "SERVICE_UNAVAILABLE"));
    assert!(feed.next().await.is_none());
}

#[tokio::test]
async fn a_feed_of_an_empty_log_starts_with_the_checkpoint_of_the_empty_tree() {
    let world = World::city().await;
    let mut feed = world.log().follow_entries(FollowEntriesRequest { start_index: 0 }).await.unwrap().into_inner();
    let first = feed.next().await.unwrap().unwrap();
    assert!(first.entries.is_empty() && first.caught_up && !first.checkpoint.is_empty());
    accept(&world, &mut CompactRange::empty(), &first);
}

#[tokio::test(start_paused = true)]
async fn a_silent_feed_looks_at_the_log_every_ten_seconds_and_ends_with_the_process() {
    let feeds = Feeds::new();
    let log = domain::DepartmentId::ecology();
    let mut grown = feeds.subscribe(&log);
    let stop = CancellationToken::new();
    let start = tokio::time::Instant::now();
    assert_eq!(wait(&mut grown, &stop).await, Woken::Look);
    assert_eq!(start.elapsed(), HEARTBEAT);
    feeds.announce(&log, 1);
    assert_eq!(wait(&mut grown, &stop).await, Woken::Look);
    assert_eq!(start.elapsed(), HEARTBEAT);
    stop.cancel();
    assert_eq!(wait(&mut grown, &stop).await, Woken::Stopping);
}

#[tokio::test]
async fn a_cursor_beyond_the_end_is_out_of_range() {
    let world = World::city().await;
    let empty = world.log().get_checkpoint(GetCheckpointRequest {}).await.unwrap().into_inner();
    assert_eq!(empty.size, 0);
    world.submit(vec![rate("2024", "35.0")]).await;
    let feed = world.log().follow_entries(FollowEntriesRequest { start_index: 2 }).await.unwrap_err();
    let request = WatchObservationsRequest { parent: world.parent(), cursor: 2, filter: None };
    let watch = world.query().watch_observations(request).await.unwrap_err();
    let list = world.log().list_entries(ListEntriesRequest { start_index: 2, page_size: 0 }).await.unwrap_err();
    let proof = GetInclusionProofRequest { log_index: 1, tree_size: 0 };
    let proof = world.log().get_inclusion_proof(proof).await.unwrap_err();
    for refused in [feed, watch, list, proof] {
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::OutOfRange, "CURSOR_OUT_OF_RANGE"));
    }
}

#[tokio::test]
async fn entries_are_listed_in_pages() {
    let world = World::city().await;
    for year in 2000..2005 {
        world.submit(vec![rate(&year.to_string(), "35.0")]).await;
    }
    let page =
        world.log().list_entries(ListEntriesRequest { start_index: 1, page_size: 3 }).await.unwrap().into_inner();
    let indices: Vec<u64> = page.entries.iter().map(|entry| entry.index).collect();
    assert_eq!((indices, page.next_index), (vec![1, 2, 3], 4));
    assert!(
        page.entries.iter().all(|entry| entry.trace_parent.is_empty()),
        "a process without telemetry has no traces"
    );
    let end = world.log().list_entries(ListEntriesRequest { start_index: 5, page_size: 3 }).await.unwrap().into_inner();
    assert_eq!((end.entries.len(), end.next_index), (0, 5));
}

#[tokio::test]
async fn a_watch_sends_what_its_filter_selects_and_resumes_from_its_cursor() {
    let world = World::city().await;
    world.submit(vec![rate("2023", "34.0"), rate("2024", "35.0")]).await;
    let filter = Some(ObservationFilter { period: "2024".to_owned(), ..Default::default() });
    let request = WatchObservationsRequest { parent: world.parent(), cursor: 0, filter };
    let mut watch = world.query().watch_observations(request.clone()).await.unwrap().into_inner();
    let first = watch.next().await.unwrap().unwrap();
    assert_eq!((first.observations.len(), first.cursor, first.caught_up), (1, 1, true));
    assert_eq!(first.observations[0].name, world.rate_name("2024"));
    world.submit(vec![rate("2022", "33.0")]).await;
    let none = watch.next().await.unwrap().unwrap();
    assert_eq!((none.observations.len(), none.cursor), (0, 2));

    let resumed = WatchObservationsRequest { cursor: first.cursor, filter: None, ..request };
    let mut watch = world.query().watch_observations(resumed).await.unwrap().into_inner();
    let rest = watch.next().await.unwrap().unwrap();
    assert_eq!(rest.observations[0].name, world.rate_name("2022"));
}
