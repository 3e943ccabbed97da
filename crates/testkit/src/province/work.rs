//! What goes on in a province: submissions, what the aggregator has followed, runs, reports.

use std::sync::atomic::Ordering;

use anyhow::Context as _;
use client::Connection;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::{DEPARTMENTS, Province};
use crate::{
    configs::AGGREGATOR,
    identities::writer_id,
    letter::{Call, letter},
    wait::PATIENCE,
};

/// A log as its newest checkpoint names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Entries.
    pub size: u64,
    /// Root hash over them.
    pub root: String,
}

impl Province {
    /// Makes calls in their order.
    ///
    /// # Errors
    /// The first refusal, with its method.
    pub async fn submit(&self, caller: &Connection, calls: &[Call]) -> anyhow::Result<Vec<Value>> {
        let mut answers = Vec::with_capacity(calls.len());
        for call in calls {
            let answer = caller.call_json(&call.method, call.request.clone()).await;
            answers.push(answer.with_context(|| format!("{} {}", call.method, call.request))?);
        }
        Ok(answers)
    }

    /// Submits the letter: every running department its own part, the lead department the follow-up.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn submit_letter(&self) -> anyhow::Result<()> {
        for service in DEPARTMENTS.into_iter().chain([AGGREGATOR]).filter(|service| self.address(service).is_ok()) {
            let writer = if service == AGGREGATOR { "ecology" } else { service };
            self.submit(&self.caller(service, &writer_id(writer))?, &letter(service)?).await?;
        }
        Ok(())
    }

    /// The newest checkpoint of a service's own log, as the service tells it.
    ///
    /// # Errors
    /// When it is down.
    pub async fn head(&self, service: &str) -> anyhow::Result<Head> {
        let caller = if service == AGGREGATOR { self.evaluator()? } else { self.writer(service)? };
        let found = caller.call_json("wufei.log.v1.LogService/GetCheckpoint", json!({})).await?;
        let root = found["rootHash"].as_str().context("a checkpoint without a root")?.to_owned();
        Ok(Head { size: number(&found["size"])?, root })
    }

    /// Waits until the aggregator holds everything that a node has logged.
    ///
    /// # Errors
    /// When one of the two is down, or it takes too long.
    pub async fn followed(&self, department: &str) -> anyhow::Result<()> {
        let size = self.head(department).await?.size;
        let watch = json!({ "parent": format!("departments/{department}") });
        let evaluator = self.evaluator()?;
        let method = "wufei.exchange.v1.ObservationQueryService/WatchObservations";
        let mut changes = evaluator.stream_json(method, watch).await?;
        let all = async {
            while let Some(change) = changes.next().await {
                if number(&change?["cursor"])? >= size {
                    return Ok(());
                }
            }
            anyhow::bail!("the aggregator ended the watch")
        };
        let waited = tokio::time::timeout(PATIENCE, all).await;
        waited.with_context(|| format!("{department} was not followed to {size} entries within {PATIENCE:?}"))?
    }

    /// Waits until every running node is followed, evaluates what the aggregator holds by its first scheme, and answers
    /// with the run.
    ///
    /// # Errors
    /// A refusal; a node that is not followed in time.
    pub async fn evaluate(&self) -> anyhow::Result<Value> {
        for department in self.running().filter(|service| *service != AGGREGATOR) {
            self.followed(department).await?;
        }
        let evaluator = self.evaluator()?;
        let mut schemes = evaluator.call_json("wufei.evaluation.v1.SchemeService/ListSchemes", json!({})).await?;
        self.run(json!({ "scheme": schemes["schemes"][0]["name"].take(), "period": "2025" })).await
    }

    /// Starts a run, waits until it has ended, and answers with it. `request` needs no request id.
    ///
    /// # Errors
    /// A refusal.
    pub async fn run(&self, mut request: Value) -> anyhow::Result<Value> {
        const SERVICE: &str = "wufei.evaluation.v1.EvaluationService";
        let evaluator = self.evaluator()?;
        request["requestId"] = self.id().into();
        let mut begun = evaluator.call_json(&format!("{SERVICE}/CreateEvaluationRun"), request).await?;
        let name = json!({ "name": begun["evaluationRun"]["name"].take() });
        let mut states = evaluator.stream_json(&format!("{SERVICE}/WatchEvaluationRun"), name.clone()).await?;
        let ended = async {
            while let Some(state) = states.next().await {
                state?;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(PATIENCE, ended).await.context("the run did not end in time")??;
        let mut answer = evaluator.call_json(&format!("{SERVICE}/GetEvaluationRun"), name).await?;
        Ok(answer["evaluationRun"].take())
    }

    /// A new report about a run.
    ///
    /// # Errors
    /// A refusal.
    pub async fn report(&self, run: &Value) -> anyhow::Result<Value> {
        let request = json!({ "evaluationRun": run["name"], "requestId": self.id() });
        let method = "wufei.evaluation.v1.ReportService/CreateReport";
        let mut answer = self.evaluator()?.call_json(method, request).await?;
        Ok(answer["report"].take())
    }

    /// A request id that was not used before in this world.
    #[must_use]
    pub fn id(&self) -> String {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        client::request_id("test", "", &number.into()).to_string()
    }
}

/// Proto JSON writes 64-bit numbers as texts, and leaves zeros out.
pub(super) fn number(value: &Value) -> anyhow::Result<u64> {
    match value {
        Value::Null => Ok(0),
        Value::String(text) => text.parse().with_context(|| format!("{text:?} is no number")),
        Value::Number(number) => number.as_u64().with_context(|| format!("{number} is no count")),
        other @ (Value::Bool(_) | Value::Array(_) | Value::Object(_)) => anyhow::bail!("{other} is no number"),
    }
}
