//! Evaluates what was submitted and fetches the report, as the evaluator does it: through the public endpoints.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::dataset::{Dataset, request_id};
use crate::{
    download::{self, Format},
    failure::{Failure, Outcome},
    link::Link,
    profile::AGGREGATOR,
    records::at,
};

/// How long the aggregator may take to follow every node.
const FOLLOW_LIMIT: Duration = Duration::from_secs(60);
/// First and longest pause between two questions.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));
/// What the aggregator answers until it has followed a node up to the checkpoint.
const CHECKPOINT_UNKNOWN: &str = "CHECKPOINT_UNKNOWN";

/// A finished evaluation.
#[derive(Clone, Debug)]
pub(crate) struct Evaluated {
    /// Resource name of the run.
    pub(crate) run: String,
    /// Resource name of the report.
    pub(crate) report: String,
    /// Digest over the results.
    pub(crate) result_digest: String,
}

/// Stores the scheme, runs the evaluation over exactly what the nodes hold now, makes the report and writes it into `out`.
pub(crate) async fn evaluate(
    dataset: &Dataset,
    nodes: &BTreeMap<String, Link>,
    evaluator: &Link,
    approver: impl FnOnce() -> Outcome<Link>,
    out: &Path,
) -> Outcome<Evaluated> {
    let scheme = store_scheme(dataset, evaluator, approver).await?;
    let checkpoints = checkpoints(dataset, nodes).await?;
    let run = create_run(&scheme, &dataset.period, &checkpoints, evaluator).await?;
    let name = at(&run, "/evaluationRun/name");
    let run = crate::runs::ended(evaluator, &name, |_| {}).await?;
    let id = request_id(&["CreateReport", &name]).to_string();
    let report = evaluator
        .call("wufei.evaluation.v1.ReportService/CreateReport", json!({"evaluationRun": name, "requestId": id}))
        .await?;
    let report = at(&report, "/report/name");
    for format in [Format::Json, Format::Html] {
        download::to_file(evaluator, &report, format, &out.join(format.file_name())).await?;
    }
    Ok(Evaluated { run: name, report, result_digest: at(&run, "/resultDigest") })
}

/// The name of the data set's scheme. Where the aggregator does not have it, the evaluator writes and proposes it, and the
/// approver, who is another principal, publishes it.
async fn store_scheme(
    dataset: &Dataset,
    evaluator: &Link,
    approver: impl FnOnce() -> Outcome<Link>,
) -> Outcome<String> {
    let listed = evaluator.call("wufei.evaluation.v1.SchemeService/ListSchemes", json!({})).await?;
    let schemes = listed.get("schemes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let in_force = |scheme: &&Value| at(scheme, "/state") == "SCHEME_STATE_PUBLISHED";
    if let Some(known) = schemes.iter().filter(in_force).find(|scheme| at(scheme, "/yaml") == dataset.scheme) {
        return Ok(at(known, "/name"));
    }
    let id = request_id(&["CreateScheme", &dataset.scheme]).to_string();
    let request = json!({"scheme": {"yaml": dataset.scheme}, "requestId": id});
    let mut stored = evaluator.call("wufei.evaluation.v1.SchemeService/CreateScheme", request).await?;
    let approver = approver()?;
    for (step, by) in [("ProposeScheme", evaluator), ("PublishScheme", &approver)] {
        let id = request_id(&[step, &dataset.scheme]).to_string();
        let request = json!({"scheme": stored.get("scheme"), "requestId": id});
        stored = by.call(&format!("wufei.evaluation.v1.SchemeService/{step}"), request).await?;
    }
    Ok(at(&stored, "/scheme/name"))
}

/// What every node holds now. The aggregator must have followed this far, so the run rests on all that was submitted.
async fn checkpoints(dataset: &Dataset, nodes: &BTreeMap<String, Link>) -> Outcome<Vec<Value>> {
    let mut all = Vec::new();
    for department in dataset.departments() {
        let Some(link) = nodes.get(department) else { continue };
        let head = link.call("wufei.log.v1.LogService/GetCheckpoint", json!({})).await?;
        all.push(json!({
            "node": format!("departments/{department}"), "size": at(&head, "/size"), "rootHash": at(&head, "/rootHash"),
        }));
    }
    Ok(all)
}

async fn create_run(scheme: &str, period: &str, checkpoints: &[Value], evaluator: &Link) -> Outcome<Value> {
    let id = request_id(&["CreateEvaluationRun", scheme, period, &Value::from(checkpoints).to_string()]).to_string();
    let request = json!({"scheme": scheme, "period": period, "checkpoints": checkpoints, "requestId": id});
    let (start, mut pause) = (Instant::now(), PAUSES.0);
    loop {
        match evaluator.call("wufei.evaluation.v1.EvaluationService/CreateEvaluationRun", request.clone()).await {
            Err(failure) if failure.reason == CHECKPOINT_UNKNOWN => {
                if start.elapsed() > FOLLOW_LIMIT {
                    return Err(behind(&failure));
                }
                sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
            other => return other,
        }
    }
}

/// Says which node the aggregator has not followed.
fn behind(failure: &Failure) -> Failure {
    let node = failure.facts.iter().find(|(key, _)| key == "node").map_or("", |(_, node)| node.as_str());
    let seconds = FOLLOW_LIMIT.as_secs();
    Failure {
        text: domain::Text::new(
            format!("{AGGREGATOR} 在 {seconds} 秒内未同步完成，落后的节点：{node}。{}", failure.text.zh),
            format!("{AGGREGATOR} did not catch up within {seconds} s; the node behind: {node}. {}", failure.text.en),
        ),
        ..failure.clone()
    }
}
