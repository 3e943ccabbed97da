//! Uploads: a header, then the bytes in chunks.

use contracts::exchange::v1::{
    BatchCreateObservationsRequest, UploadHeader, UploadSubmissionRequest, upload_submission_request::Part,
};
use ledger::body_digest;
use node::rebuild;
use prost::Message;
use tonic::Code;

use crate::world::{World, faults, rate, reason};

fn parts(header: UploadHeader, bytes: &[u8], chunk: usize) -> Vec<UploadSubmissionRequest> {
    let header = UploadSubmissionRequest { part: Some(Part::Header(header)) };
    let chunks = bytes.chunks(chunk).map(|chunk| UploadSubmissionRequest { part: Some(Part::Chunk(chunk.to_vec())) });
    std::iter::once(header).chain(chunks).collect()
}

fn header(batch: &BatchCreateObservationsRequest) -> UploadHeader {
    let bytes = batch.encode_to_vec();
    UploadHeader {
        parent: batch.parent.clone(),
        request_id: batch.request_id.clone(),
        total_bytes: bytes.len() as u64,
        sha256: body_digest(&bytes).to_string(),
    }
}

#[tokio::test]
async fn an_upload_is_one_entry_with_more_than_a_batch_may_hold_and_can_be_repeated() {
    let world = World::city().await;
    let day =
        |index: u64| (chrono::NaiveDate::from_ymd_opt(2015, 1, 1).unwrap() + chrono::Days::new(index)).to_string();
    let batch = world.batch((0..1200).map(|index| rate(&day(index), "35.0")).collect());
    let parts = parts(header(&batch), &batch.encode_to_vec(), 50_000);
    let first = world.ingest().upload_submission(tokio_stream::iter(parts.clone())).await.unwrap().into_inner();
    assert_eq!(first.observation_count, 1200);
    assert_eq!(first.receipt.as_ref().unwrap().log_index, 0);
    let second = world.ingest().upload_submission(tokio_stream::iter(parts)).await.unwrap().into_inner();
    assert_eq!(first, second);
    let counts = world.counts().await;
    assert_eq!((counts.entries, counts.observations), (1, 1200));
    rebuild::rebuild(&world.store, &world.projection, &world.department).await.unwrap();
    assert_eq!(world.counts().await, counts);
}

#[tokio::test]
async fn an_upload_that_is_short_altered_or_without_a_header_is_refused() {
    let world = World::city().await;
    let batch = world.batch(vec![rate("2024", "35.0")]);
    let bytes = batch.encode_to_vec();
    let good = header(&batch);
    let mut digest = good.clone();
    digest.sha256 = body_digest(b"other").to_string();
    let mut large = good.clone();
    large.total_bytes = 64 * 1024 * 1024 + 1;
    let mut other_id = good.clone();
    other_id.request_id = crate::world::request_id();
    let mut headless = parts(good.clone(), &bytes, 10);
    headless.remove(0);
    let mut short = parts(good.clone(), &bytes, 10);
    short.pop();
    let mut long = parts(good.clone(), &bytes, 10);
    long.push(UploadSubmissionRequest { part: Some(Part::Chunk(vec![0])) });
    let mut empty_part = parts(good, &bytes, 10);
    empty_part.push(UploadSubmissionRequest { part: None });
    for (parts, expected) in [
        (headless, "UPLOAD_INCOMPLETE"),
        (short, "UPLOAD_INCOMPLETE"),
        (long, "UPLOAD_INCOMPLETE"),
        (empty_part, "UPLOAD_INCOMPLETE"),
        (Vec::new(), "UPLOAD_INCOMPLETE"),
        (parts(digest, &bytes, 10), "DIGEST_MISMATCH"),
        (parts(large, &bytes, 10), "MESSAGE_TOO_LARGE"),
        (parts(other_id, &bytes, 10), "REQUEST_ID_INVALID"),
    ] {
        let refused = world.ingest().upload_submission(tokio_stream::iter(parts)).await.unwrap_err();
        assert_eq!(reason(&refused), expected, "{refused:?}");
    }
    let mut bad = batch;
    bad.requests[0].observation.as_mut().unwrap().measure = 0;
    let parts = parts(header(&bad), &bad.encode_to_vec(), 1000);
    let refused = world.ingest().upload_submission(tokio_stream::iter(parts)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(faults(&refused)[0].0, "requests[0].observation.measure");
    assert_eq!(world.counts().await, store::Counts::default());
}
