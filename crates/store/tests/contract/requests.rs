//! One answer for each request id.

use ledger::{Hash, leaf_hash};
use store::{Claim, StoreError};

use crate::{
    samples::{ecology, june},
    world::{World, note},
};

const WRITER: &str = "spiffe://wufei.test/dept/ecology/writer";
const METHOD: &str = "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations";

fn digest(body: &str) -> Hash {
    leaf_hash(body.as_bytes())
}

async fn answer(world: &World, principal: &str, request_id: &str, body: &str, response: &[u8]) {
    let mut write = world.store.begin(&ecology()).await.unwrap();
    assert_eq!(write.claim(principal, request_id, METHOD, digest(body)).await.unwrap(), Claim::First);
    let index = write.append(body.as_bytes(), leaf_hash(body.as_bytes()), None).await.unwrap();
    write.set_head(&note(write.size()), june(1)).await.unwrap();
    write.remember(principal, request_id, METHOD, digest(body), index, response).await.unwrap();
    write.commit().await.unwrap();
}

async fn claim(world: &World, principal: &str, request_id: &str, method: &str, body: &str) -> Claim {
    let mut write = world.store.begin(&ecology()).await.unwrap();
    write.claim(principal, request_id, method, digest(body)).await.unwrap()
}

pub(crate) async fn a_replay_returns_the_first_response(world: &World) {
    answer(world, WRITER, "first", "other", b"").await;
    answer(world, WRITER, "second", "body", b"\x00receipt").await;
    let replay = Claim::Replay { log_index: 1, response: b"\x00receipt".to_vec() };
    assert_eq!(claim(world, WRITER, "second", METHOD, "body").await, replay);
    assert_eq!(claim(world, WRITER, "second", METHOD, "body").await, replay);
    assert_eq!(claim(world, WRITER, "third", METHOD, "body").await, Claim::First);
}

pub(crate) async fn another_body_under_the_same_request_id_is_detected(world: &World) {
    answer(world, WRITER, "id", "body", b"receipt").await;
    assert_eq!(claim(world, WRITER, "id", METHOD, "Body").await, Claim::OtherBody);
}

pub(crate) async fn another_method_under_the_same_request_id_is_detected(world: &World) {
    answer(world, WRITER, "id", "body", b"receipt").await;
    assert_eq!(claim(world, WRITER, "id", "other/Method", "body").await, Claim::OtherBody);
}

pub(crate) async fn two_principals_may_use_one_request_id(world: &World) {
    answer(world, WRITER, "id", "body", b"receipt").await;
    answer(world, "spiffe://wufei.test/dept/ecology", "id", "second body", b"second").await;
    let replay = Claim::Replay { log_index: 0, response: b"receipt".to_vec() };
    assert_eq!(claim(world, WRITER, "id", METHOD, "body").await, replay);
}

pub(crate) async fn a_taken_request_id_is_refused(world: &World) {
    answer(world, WRITER, "id", "body", b"receipt").await;
    let mut write = world.store.begin(&ecology()).await.unwrap();
    let taken = write.remember(WRITER, "id", METHOD, digest("x"), 0, b"x").await.unwrap_err();
    assert!(matches!(taken, StoreError::Conflict { .. }), "{taken:?}");
}
