//! Nodes, links and the aggregator fail; what is there is served, what is missing is named, and nothing is lost or doubled.

use chrono::TimeDelta;
use domain::DepartmentId;
use serde_json::{Value, json};
use testkit::{AGGREGATOR, Engine, Province, until};

use crate::figures::{CITY, counts, noted_submission, submission, submit};

/// What the report says of a department.
fn party<'a>(report: &'a Value, department: &str) -> &'a Value {
    let node = format!("departments/{department}");
    report["reporting"].as_array().unwrap().iter().find(|party| party["node"] == node.as_str()).unwrap()
}

/// Waits until the aggregator has noted that it can, or cannot, follow a node.
async fn noted(province: &Province, department: &str, failed: bool) -> store::FollowState {
    let id = DepartmentId::parse(department).unwrap();
    let store = province.store(AGGREGATOR).await.unwrap();
    let state = until("a note of the follower", async || {
        let states = store.follow_states().await?;
        Ok(states.into_iter().find(|state| state.log == id && state.last_error.is_some() == failed))
    });
    let state = state.await.unwrap();
    store.close().await;
    state
}

/// What a department holds and what the aggregator holds of it are the same, and every figure is there once.
async fn assert_all_once(province: &Province, figures: u64) {
    let own = counts(province, CITY, CITY).await.unwrap();
    assert_eq!(own.observations, figures);
    assert_eq!(counts(province, AGGREGATOR, CITY).await.unwrap(), own);
    let all = json!({ "parent": "departments/-", "pageSize": 1000 });
    let method = "wufei.exchange.v1.ObservationQueryService/ListObservations";
    let listed = province.evaluator().unwrap().call_json(method, all).await.unwrap();
    let listed = listed["observations"].as_array().unwrap();
    assert_eq!(listed.len() as u64, figures);
    assert!(listed.iter().all(|figure| figure["record"]["revision"] == 1), "a figure was corrected by a repetition");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_down_is_named_with_the_age_of_its_state_and_caught_up_with_later() {
    let mut province = Province::of(&["ecology", CITY], Engine::Sqlite).await.unwrap();
    province.submit_letter().await.unwrap();
    let before = province.evaluate().await.unwrap();
    let held = counts(&province, AGGREGATOR, CITY).await.unwrap();

    // Both go down, and only the aggregator comes back: `restart` returns when it is ready.
    province.stop(AGGREGATOR).await.unwrap();
    submit(&province, 0..3).await.unwrap();
    province.stop(CITY).await.unwrap();
    province.clock().advance(TimeDelta::hours(5));
    province.restart(AGGREGATOR).await.unwrap();
    assert!(noted(&province, CITY, true).await.last_error.unwrap().contains("节点不可达"));

    let run = province.evaluate().await.unwrap();
    assert_eq!(run["resultDigest"], before["resultDigest"], "what is there is served");
    let report = province.report(&run).await.unwrap();
    let city = party(&report, CITY);
    assert_eq!(city["reachable"], Value::Null, "{city}");
    assert_eq!(city["lastContactTime"], "2025-07-01T02:00:00Z");
    assert_eq!(city["submissions"], held.entries.to_string());
    let ecology = party(&report, "ecology");
    assert_eq!((&ecology["reachable"], &ecology["lastContactTime"]), (&true.into(), &"2025-07-01T07:00:00Z".into()));
    let page = page(&province, "latest").await;
    assert!(page.contains("✗ 不可达"), "the page does not name the node as unreachable");

    province.restart(CITY).await.unwrap();
    province.followed(CITY).await.unwrap();
    noted(&province, CITY, false).await;
    let run = province.evaluate().await.unwrap();
    let report = province.report(&run).await.unwrap();
    let city = party(&report, CITY);
    assert_eq!((&city["reachable"], &city["lastContactTime"]), (&true.into(), &"2025-07-01T07:00:00Z".into()));
    assert_eq!(city["submissions"], (held.entries + 3).to_string());
    assert_eq!(counts(&province, AGGREGATOR, CITY).await.unwrap(), counts(&province, CITY, CITY).await.unwrap());
    province.end().await.unwrap();
}

/// The newest report as the page that people read.
/// A report as the aggregator renders it.
pub(crate) async fn page(province: &Province, name: &str) -> String {
    use tokio_stream::StreamExt as _;
    let request = json!({ "name": name, "format": "REPORT_FORMAT_HTML" });
    let method = "wufei.evaluation.v1.ReportService/DownloadReport";
    let mut parts = province.evaluator().unwrap().stream_json(method, request).await.unwrap();
    let mut chunks = Vec::new();
    while let Some(part) = parts.next().await {
        let part: contracts::evaluation::v1::DownloadReportResponse =
            client::dynamic::from_json("wufei.evaluation.v1.DownloadReportResponse", part.unwrap()).unwrap();
        chunks.extend(part.chunk);
    }
    String::from_utf8(chunks).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_breaks_in_the_middle_is_taken_up_where_it_broke() {
    let province = Province::of(&[CITY], Engine::Sqlite).await.unwrap();
    province.followed(CITY).await.unwrap();
    let link = province.link(CITY).unwrap();
    link.cut();
    noted(&province, CITY, true).await;
    // A message of the feed holds 1 MiB; these are four of them.
    let remark = "测试".repeat(1_500);
    let calls: Vec<_> = (0..40).map(|entry| noted_submission(entry * 10, 10, &remark)).collect();
    province.submit(&province.writer(CITY).unwrap(), &calls).await.unwrap();

    for bytes in [100_000, 1_300_000, 2_500_000] {
        link.cut_after(bytes);
        link.is_cut().await;
        let mirrored = counts(&province, AGGREGATOR, CITY).await.unwrap();
        assert!(mirrored.entries < 40, "the cut after {bytes} bytes came too late: {mirrored:?}");
        assert_eq!(mirrored.observations, mirrored.entries * 10, "part of an entry was kept");
    }
    link.restore();
    province.followed(CITY).await.unwrap();
    assert_all_once(&province, 400).await;
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_falls_silent_holds_the_feed_up_and_loses_nothing() {
    let province = Province::of(&[CITY], Engine::Sqlite).await.unwrap();
    submit(&province, 0..5).await.unwrap();
    province.followed(CITY).await.unwrap();
    let link = province.link(CITY).unwrap();
    link.silence();
    submit(&province, 5..10).await.unwrap();
    let mirrored = counts(&province, AGGREGATOR, CITY).await.unwrap();
    assert_eq!(mirrored.entries, 5);
    link.restore();
    province.followed(CITY).await.unwrap();
    assert_all_once(&province, 10).await;
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aggregator_that_is_killed_while_it_follows_goes_on_from_what_it_kept() {
    let mut province = Province::of(&[CITY], Engine::Sqlite).await.unwrap();
    let mut submitted = 0;
    // It is killed at another moment each time: after so many submissions, while so many more arrive.
    for (before, during) in [(0, 6), (4, 6), (12, 12)] {
        submit(&province, submitted..submitted + before).await.unwrap();
        submitted += before;
        let calls: Vec<_> = (submitted..submitted + during).map(|day| submission(day, 1)).collect();
        let writer = province.writer(CITY).unwrap();
        let (done, killed) = tokio::join!(make(&writer, &calls), province.kill(AGGREGATOR));
        done.and(killed).unwrap();
        submitted += during;
        province.restart(AGGREGATOR).await.unwrap();
        province.followed(CITY).await.unwrap();
        assert_all_once(&province, submitted).await;
    }
    province.end().await.unwrap();
}

/// Makes calls while the world itself is being changed.
async fn make(writer: &client::Connection, calls: &[testkit::Call]) -> anyhow::Result<()> {
    for call in calls {
        writer.call_json(&call.method, call.request.clone()).await?;
    }
    Ok(())
}
