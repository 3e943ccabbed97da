//! Evaluation runs: waiting for their end.

use serde_json::{Value, json};

use crate::{
    failure::{Failure, Outcome},
    link::Link,
    records::at,
};

const SERVICE: &str = "wufei.evaluation.v1.EvaluationService";

/// Waits until a run has ended, telling each state on the way; the run with its results.
pub(crate) async fn ended(link: &Link, name: &str, mut each: impl FnMut(&Value)) -> Outcome<Value> {
    let told = |message: Value| {
        if let Some(run) = message.get("evaluationRun") {
            each(run);
        }
        true
    };
    link.stream(&format!("{SERVICE}/WatchEvaluationRun"), json!({"name": name}), told).await?;
    let answer = link.call(&format!("{SERVICE}/GetEvaluationRun"), json!({"name": name})).await?;
    let run = answer.get("evaluationRun").cloned().unwrap_or(Value::Null);
    match at(&run, "/state").as_str() {
        "RUN_STATE_SUCCEEDED" => Ok(run),
        "RUN_STATE_CANCELLED" => Err(Failure::failed(format!("{name} 已取消"), format!("{name} was cancelled"))),
        _ => {
            let why = at(&run, "/failure");
            let (zh, en) = why.split_once(" / ").unwrap_or((&why, &why));
            Err(Failure::failed(format!("{name} 未能完成：{zh}"), format!("{name} failed: {en}")))
        }
    }
}
