//! A node shows the aggregator another log than before, signed with the same key.

use std::{fs, path::Path};

use domain::DepartmentId;
use serde_json::Value;
use testkit::{AGGREGATOR, Engine, Head, Province, until};

use crate::figures::{CITY, counts, submit};

/// Copies the database files of a service that is down.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("wufei.db") {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Puts an older copy of the database where the newer one was, as a careless restore does; the key stays.
fn restore(copy_of: &Path, folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("wufei.db") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    copy(copy_of, folder);
}

/// What the aggregator holds of the log: size and root of the mirror.
async fn mirrored(province: &Province) -> Head {
    let store = province.store(AGGREGATOR).await.unwrap();
    let head = store.head(&DepartmentId::parse(CITY).unwrap()).await.unwrap().unwrap();
    store.close().await;
    Head { size: head.size, root: head.root.to_string() }
}

/// What the follower noted about the log, as soon as it says this.
async fn fault(province: &Province, words: &str) -> String {
    let store = province.store(AGGREGATOR).await.unwrap();
    let what = format!("a note that says {words}");
    let noted = until(&what, async || {
        let states = store.follow_states().await?;
        let errors = states.into_iter().filter(|state| state.log.as_str() == CITY).filter_map(|state| state.last_error);
        Ok(errors.into_iter().find(|error| error.contains(words)))
    });
    let noted = noted.await.unwrap();
    store.close().await;
    noted
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forked_log_is_refused_named_and_not_stored() {
    let mut province = Province::of(&[CITY], Engine::Sqlite).await.unwrap();
    let older = province.folder("older-copy");
    fs::create_dir(&older).unwrap();
    submit(&province, 0..2).await.unwrap();
    province.followed(CITY).await.unwrap();
    province.stop(CITY).await.unwrap();
    assert!(!province.folder(CITY).join("wufei.db-wal").exists(), "a stopped service has closed its database");
    copy(&province.folder(CITY), &older);
    province.restart(CITY).await.unwrap();
    submit(&province, 2..4).await.unwrap();
    province.followed(CITY).await.unwrap();
    let (believed, run) = (mirrored(&province).await, province.evaluate().await.unwrap());
    let held = counts(&province, AGGREGATOR, CITY).await.unwrap();
    assert_eq!(believed, province.head(CITY).await.unwrap());

    // The node comes back with fewer entries than it has signed for.
    province.stop(CITY).await.unwrap();
    restore(&older, &province.folder(CITY));
    province.restart(CITY).await.unwrap();
    fault(&province, "少于已同步的 4 条").await;
    assert_eq!(mirrored(&province).await, believed);

    // It writes something else to the places that are taken: first as many entries as before, then more. An aggregator that
    // starts anew still knows what it believed.
    for (days, size) in [(10..12, 4), (12..15, 7)] {
        submit(&province, days).await.unwrap();
        province.kill(AGGREGATOR).await.unwrap();
        province.restart(AGGREGATOR).await.unwrap();
        fault(&province, &format!("前{size}条的树根与检查点不符")).await;
        assert_eq!(mirrored(&province).await, believed);
        assert_eq!(counts(&province, AGGREGATOR, CITY).await.unwrap(), held);
    }
    let forked = province.head(CITY).await.unwrap();
    assert_eq!(forked.size, 7);

    // What was believed is served, and the report names the node.
    let report = province.report(&run).await.unwrap();
    let node =
        report["reporting"].as_array().unwrap().iter().find(|party| party["node"] == format!("departments/{CITY}"));
    assert_eq!(node.unwrap()["reachable"], Value::Null);

    // Nobody can evaluate by the fork either.
    let checkpoint = serde_json::json!({
        "node": format!("departments/{CITY}"), "size": believed.size.to_string(), "rootHash": forked.root,
    });
    let request = serde_json::json!({
        "scheme": run["scheme"], "period": "2025", "checkpoints": [checkpoint], "requestId": province.id(),
    });
    let method = "wufei.evaluation.v1.EvaluationService/CreateEvaluationRun";
    let refused = province.evaluator().unwrap().call_json(method, request).await.unwrap_err();
    assert_eq!(refused.reason(), "CHECKPOINT_UNKNOWN");
    province.end().await.unwrap();
}
