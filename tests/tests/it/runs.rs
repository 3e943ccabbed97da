//! Evaluation runs: they are long, they can be watched, cancelled, repeated, compared and played with, and neither many of
//! them nor a crash does any harm.

use std::time::{Duration, Instant};

use client::Connection;
use contracts::{
    common::v1::Decimal,
    evaluation::v1::{self as pb, evaluation_service_client::EvaluationServiceClient},
};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use testkit::{AGGREGATOR, Engine, Province, until};

use crate::{figures::CITY, schemes::publish};

pub(crate) const SERVICE: &str = "wufei.evaluation.v1.EvaluationService";
/// So many that a run takes far longer than a call.
const LONG: u32 = 1_000_000;

/// Two indicators, full marks at 50 % each; no city is left out of the ranking.
pub(crate) const SMALL: &str = "
id: small
version: '1'
title: {zh: 小例, en: small example}
min_coverage: 0
over_fulfilment_flag: 1.3
grades:
  - {title: {zh: 优, en: Excellent}, from: 90}
  - {title: {zh: 差, en: Poor}, from: 0}
groups:
  - id: B
    title: {zh: 资源化利用, en: Use}
    weight: 100
    indicators:
      - {id: ZWC2021-25, title: {zh: 建筑垃圾, en: rubble}, unit: '%', direction: higher_better, method: S1, fallback_target: {value: 50, source: 测试}}
      - {id: ZWC2021-26, title: {zh: 生活垃圾, en: household}, unit: '%', direction: higher_better, method: S1, fallback_target: {value: 50, source: 测试}}
";

/// The same two as an index; the second has three quarters of the weight.
pub(crate) const INDEX: &str = "
kind: index
id: small-index
version: '1'
title: {zh: 小指数, en: small index}
stages:
  - {stage: normalise, method: minmax}
  - {stage: aggregate, method: arithmetic}
result: {decimals: 2}
index:
  id: I
  children:
    - {id: rubble, columns: [ZWC2021-25], direction: higher_better}
    - {id: ZWC2021-26, weight: 3, direction: higher_better}
";

/// A figure of a city, submitted by a node; the answer's observation.
pub(crate) async fn report(province: &Province, node: &str, region: &str, indicator: &str, value: &str) -> Value {
    report_for(province, node, (region, "SCOPE_WHOLE_CITY", "2024"), indicator, value).await
}

/// The same for a region, scope and period.
async fn report_for(
    province: &Province,
    node: &str,
    (region, scope, period): (&str, &str, &str),
    indicator: &str,
    value: &str,
) -> Value {
    let figure = json!({ "observation": {
        "indicator": indicator, "region": region, "period": { "value": period },
        "scope": scope, "measure": "MEASURE_ACTUAL", "qualifier": "QUALIFIER_EQUAL",
        "value": { "value": { "value": value }, "unit": "%" }, "status": "OBSERVATION_STATUS_NORMAL",
        "reportingParty": "测试", "sourceDepartment": "住建/城管",
    } });
    let request = json!({ "parent": format!("departments/{node}"), "requests": [figure], "requestId": province.id() });
    let method = "wufei.exchange.v1.ObservationIngestService/BatchCreateObservations";
    let answer = province.writer(node).unwrap().call_json(method, request).await.unwrap();
    province.followed(node).await.unwrap();
    answer["observations"][0].clone()
}

async fn correct(province: &Province, node: &str, mut figure: Value, value: &str) {
    let etag = figure["record"]["etag"].clone();
    figure["value"] = json!({ "value": { "value": value }, "unit": "%" });
    figure.as_object_mut().unwrap().remove("record");
    let correction = json!({ "reason": "CORRECTION_REASON_CLERICAL_ERROR", "note": "测试" });
    let request = json!({
        "observation": figure, "etag": etag, "correction": correction, "requestId": province.id(),
    });
    let method = "wufei.exchange.v1.ObservationIngestService/UpdateObservation";
    province.writer(node).unwrap().call_json(method, request).await.unwrap();
    province.followed(node).await.unwrap();
}

/// Taiyuan and Datong with both figures, Taiyuan behind; the other nine reported nothing.
pub(crate) async fn two_cities() -> Province {
    let province = Province::of(&["ecology", CITY], Engine::Sqlite).await.unwrap();
    fill(&province).await;
    province
}

/// Figures of two cities.
pub(crate) async fn fill(province: &Province) {
    for (region, node, rubble, household) in [("140100", CITY, "20", "30"), ("140200", "ecology", "40", "40")] {
        report(province, node, region, "ZWC2021-25", rubble).await;
        report(province, node, region, "ZWC2021-26", household).await;
    }
}

pub(crate) async fn small(province: &Province) -> Value {
    publish(province, SMALL).await;
    province.run(json!({ "scheme": "schemes/small", "period": "2024" })).await.unwrap()
}

pub(crate) fn unit<'v>(run: &'v Value, unit: &str) -> &'v Value {
    run["units"].as_array().unwrap().iter().find(|found| found["unit"] == unit).unwrap()
}

pub(crate) async fn call(caller: &Connection, method: &str, request: Value) -> Value {
    caller.call_json(&format!("{SERVICE}/{method}"), request).await.unwrap()
}

pub(crate) async fn refused(caller: &Connection, method: &str, request: Value) -> String {
    caller.call_json(&format!("{SERVICE}/{method}"), request).await.unwrap_err().reason().to_owned()
}

/// Starts a run that takes long; its name.
async fn begin_long(province: &Province, replicates: u32) -> String {
    let request = json!({
        "scheme": "schemes/small-index", "period": "2024", "replicates": replicates, "seed": "7",
        "requestId": province.id(),
    });
    let answer = call(&province.evaluator().unwrap(), "CreateEvaluationRun", request).await;
    assert_eq!(answer["evaluationRun"]["state"], "RUN_STATE_RUNNING");
    assert!(answer["receipt"]["leafHash"].is_string(), "what is asked for is on record before it is answered");
    answer["evaluationRun"]["name"].as_str().unwrap().to_owned()
}

async fn state(caller: &Connection, name: &str) -> String {
    let answer = call(caller, "GetEvaluationRun", json!({ "name": name })).await;
    answer["evaluationRun"]["state"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_watched_to_its_end_and_repeated_it_gives_the_same_bytes() {
    let province = two_cities().await;
    let run = small(&province).await;
    assert_eq!((&run["state"], &run["progressPercent"]), (&json!("RUN_STATE_SUCCEEDED"), &json!(100)));
    assert_eq!((&run["provisional"], &run["schemeKind"]), (&Value::Null, &json!("SCHEME_KIND_PRACTICE")));
    assert!(run["endTime"].is_string());
    // (20/50 + 30/50) / 2 and (40/50 + 40/50) / 2.
    let score = |city: &str| unit(&run, city)["score"]["value"].as_str().unwrap().to_owned();
    assert_eq!((score("140100").as_str(), score("140200").as_str()), ("50.00", "80.00"));

    // What is reported afterwards, and a scheme that is published afterwards, change nothing in it.
    report(&province, CITY, "140100", "ZWC2021-15", "80").await;
    publish(&province, &SMALL.replace("version: '1'", "version: '2'").replace("{value: 50,", "{value: 60,")).await;
    let again = province.run(json!({ "repeats": run["name"] })).await.unwrap();
    assert_ne!(again["name"], run["name"]);
    assert_eq!(again["repeats"], run["name"]);
    for same in ["checkpoints", "schemeDigest", "dataDigest", "resultDigest", "units", "period"] {
        assert_eq!(again[same], run[same], "{same}");
    }

    // Both are listed, newest first, without their units.
    let evaluator = province.evaluator().unwrap();
    let listed = call(&evaluator, "ListEvaluationRuns", json!({})).await;
    let names: Vec<_> = listed["evaluationRuns"].as_array().unwrap().iter().map(|run| run["name"].clone()).collect();
    assert_eq!(names, [again["name"].clone(), run["name"].clone()]);
    // A run that has ended is watched too: the stream has its last state.
    let mut states =
        evaluator.stream_json(&format!("{SERVICE}/WatchEvaluationRun"), json!({ "name": run["name"] })).await.unwrap();
    let last = states.next().await.unwrap().unwrap();
    assert_eq!(last["evaluationRun"]["state"], "RUN_STATE_SUCCEEDED");
    assert!(states.next().await.is_none());
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_answered_while_runs_compute_and_a_run_that_is_cancelled_ends() {
    let province = two_cities().await;
    publish(&province, INDEX).await;
    let evaluator = province.evaluator().unwrap();
    let runs = [begin_long(&province, LONG).await, begin_long(&province, LONG).await];
    // One computes, the other waits or computes too.
    until("a run that computes", async || {
        let states = call(&evaluator, "ListEvaluationRuns", json!({})).await;
        let stages = states["evaluationRuns"].to_string();
        Ok(stages.contains("computing the replicates").then_some(()))
    })
    .await
    .unwrap();
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let asked = Instant::now();
        let method = "wufei.exchange.v1.ObservationQueryService/ListObservations";
        evaluator.call_json(method, json!({ "parent": "departments/-" })).await.unwrap();
        slowest = slowest.max(asked.elapsed());
    }
    for run in &runs {
        assert_eq!(state(&evaluator, run).await, "RUN_STATE_RUNNING", "the calls were answered while it computed");
    }
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    assert_eq!(
        refused(&evaluator, "ExplainScore", json!({ "name": runs[0], "unit": "140100" })).await,
        "RUN_STATE_INVALID"
    );

    // A watcher hears of the end.
    let watched = json!({ "name": runs[0] });
    let mut states = evaluator.stream_json(&format!("{SERVICE}/WatchEvaluationRun"), watched).await.unwrap();
    assert_eq!(states.next().await.unwrap().unwrap()["evaluationRun"]["state"], "RUN_STATE_RUNNING");
    let cancel = json!({ "name": runs[0], "requestId": province.id() });
    let cancelled = call(&evaluator, "CancelEvaluationRun", cancel.clone()).await;
    assert_eq!(cancelled["evaluationRun"]["state"], "RUN_STATE_CANCELLED");
    assert_eq!(call(&evaluator, "CancelEvaluationRun", cancel).await, cancelled, "sent again it is the same");
    let mut last = Value::Null;
    while let Some(state) = states.next().await {
        last = state.unwrap()["evaluationRun"]["state"].clone();
    }
    assert_eq!(last, "RUN_STATE_CANCELLED");
    let once_more = json!({ "name": runs[0], "requestId": province.id() });
    assert_eq!(refused(&evaluator, "CancelEvaluationRun", once_more).await, "RUN_STATE_INVALID");
    let report = json!({ "evaluationRun": runs[0], "requestId": province.id() });
    let method = "wufei.evaluation.v1.ReportService/CreateReport";
    assert_eq!(evaluator.call_json(method, report).await.unwrap_err().reason(), "RUN_STATE_INVALID");

    // The place is free for the other one, and nothing comes after a cancelled run.
    let cancel = json!({ "name": runs[1], "requestId": province.id() });
    call(&evaluator, "CancelEvaluationRun", cancel).await;
    province.run(json!({ "scheme": "schemes/small-index", "period": "2024" })).await.unwrap();
    for run in &runs {
        assert_eq!(state(&evaluator, run).await, "RUN_STATE_CANCELLED");
    }
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_a_crash_broke_off_is_computed_after_the_next_start() {
    const REPLICATES: u32 = 100_000;
    let mut province = two_cities().await;
    publish(&province, INDEX).await;
    let name = begin_long(&province, REPLICATES).await;
    province.kill(AGGREGATOR).await.unwrap();
    province.restart(AGGREGATOR).await.unwrap();
    let evaluator = province.evaluator().unwrap();
    until("the run that was broken off", async || {
        Ok((state(&evaluator, &name).await != "RUN_STATE_RUNNING").then_some(()))
    })
    .await
    .unwrap();
    let answer = call(&evaluator, "GetEvaluationRun", json!({ "name": name })).await;
    let run = &answer["evaluationRun"];
    assert_eq!(run["state"], "RUN_STATE_SUCCEEDED", "{run}");
    let again = province.run(json!({ "repeats": name })).await.unwrap();
    assert_eq!(again["resultDigest"], run["resultDigest"]);
    assert_eq!(run["replicates"], REPLICATES);
    assert!(unit(run, "140100")["rankP05"]["value"].is_string());
    province.end().await.unwrap();
}

/// The effects on a unit, by cause: score and places.
fn effects(comparison: &Value, unit: &str) -> Vec<(String, f64, Option<f64>)> {
    let units = comparison["units"].as_array().unwrap();
    let unit = units.iter().find(|found| found["unit"] == unit).unwrap();
    let number = |value: &Value| value["value"].as_str().and_then(|text| text.parse::<f64>().ok());
    let effect = |effect: &Value| {
        let cause = effect["cause"].as_str().unwrap().trim_start_matches("CHANGE_CAUSE_").to_owned();
        (cause, number(&effect["score"]).unwrap_or(0.0), number(&effect["places"]))
    };
    unit["causes"].as_array().map(|causes| causes.iter().map(effect).collect()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_are_compared_by_what_moved_them() {
    let province = Province::of(&["ecology", CITY], Engine::Sqlite).await.unwrap();
    let first = report(&province, CITY, "140100", "ZWC2021-26", "30").await;
    report(&province, "ecology", "140200", "ZWC2021-26", "35").await;
    let before = small(&province).await;
    // A correction, a new figure of its own, a new figure of another city, and another scheme.
    correct(&province, CITY, first, "40").await;
    report(&province, CITY, "140100", "ZWC2021-25", "20").await;
    report(&province, "ecology", "140200", "ZWC2021-25", "50").await;
    publish(&province, &SMALL.replace("version: '1'", "version: '2'").replace("value: 50,", "value: 40,")).await;
    let after = province.run(json!({ "scheme": "schemes/small", "period": "2024" })).await.unwrap();

    let evaluator = province.evaluator().unwrap();
    let request = json!({ "first": before["name"], "second": after["name"] });
    let found = call(&evaluator, "CompareRuns", request).await;
    assert_eq!(
        (&found["sameScheme"], &found["sameData"], &found["remarks"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let taiyuan = effects(&found, "140100");
    let causes: Vec<_> = taiyuan.iter().map(|(cause, ..)| cause.as_str()).collect();
    assert_eq!(causes, ["SCHEME", "CORRECTION", "OWN", "OTHERS"], "{taiyuan:?}");
    // 30/50 of one half was 30 points; 40/40 and 20/40 of one half are 75.
    let sum: f64 = taiyuan.iter().map(|(_, score, _)| score).sum();
    assert!((sum - 45.0).abs() < 1e-5, "{taiyuan:?}");
    // Others move its rank, never its score.
    let (_, score, places) = taiyuan.iter().find(|(cause, ..)| cause == "OTHERS").unwrap();
    assert!(*score == 0.0 && places.unwrap() < 0.0, "{taiyuan:?}");
    let all: f64 = taiyuan.iter().filter_map(|(.., places)| *places).sum();
    let rank = |run: &Value| unit(run, "140100")["rank"].as_f64().unwrap();
    assert!((all - (rank(&before) - rank(&after))).abs() < 1e-5, "{taiyuan:?}");

    let changes = found["changes"].as_array().unwrap();
    let of = |unit: &str, indicator: &str| {
        changes.iter().find(|change| change["unit"] == unit && change["indicator"] == indicator).unwrap()
    };
    let corrected = of("140100", "ZWC2021-26");
    assert_eq!(corrected["cause"], "CHANGE_CAUSE_CORRECTION");
    assert_eq!((&corrected["valueBefore"]["value"], &corrected["valueAfter"]["value"]), (&json!("30"), &json!("40")));
    assert!(corrected["revisionAfter"].as_str().unwrap().ends_with("@2"), "{corrected}");
    assert_eq!(of("140100", "ZWC2021-25")["cause"], "CHANGE_CAUSE_OWN");

    // A run beside itself has not changed; a city may not look at all of them.
    let same = call(&evaluator, "CompareRuns", json!({ "first": after["name"], "second": after["name"] })).await;
    assert_eq!((&same["changes"], &same["sameScheme"], &same["sameData"]), (&Value::Null, &json!(true), &json!(true)));
    let city = province.caller(AGGREGATOR, &testkit::writer_id(CITY)).unwrap();
    let request = json!({ "first": before["name"], "second": after["name"] });
    assert_eq!(refused(&city, "CompareRuns", request).await, "PURPOSE_REQUIRED");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_what_if_says_what_the_figure_then_does_and_stores_nothing() {
    let province = two_cities().await;
    let run = small(&province).await;
    publish(&province, INDEX).await;
    let index = province.run(json!({ "scheme": "schemes/small-index", "period": "2024" })).await.unwrap();
    let evaluator = province.evaluator().unwrap();
    let head = province.head(AGGREGATOR).await.unwrap();
    let ask = |run: &Value, value: &str| json!({ "name": run["name"], "unit": "140100", "indicator": "ZWC2021-25", "value": { "value": value } });
    let assumed = call(&evaluator, "SimulateRun", ask(&run, "50")).await;
    assert_eq!(assumed["before"]["score"]["value"], "50.00");
    assert_eq!((&assumed["unit"]["score"]["value"], &assumed["unit"]["rank"]), (&json!("80.00"), &json!(1)));
    // It draws level with Datong; the nine without figures stay behind the two.
    assert_eq!(
        assumed["moves"][0],
        json!({
            "unit": "140100", "displayName": assumed["unit"]["displayName"], "rankBefore": 2, "rankAfter": 1,
        })
    );
    let assumed_index = call(&evaluator, "SimulateRun", ask(&index, "50")).await;
    let gone = json!({ "name": run["name"], "unit": "140100", "indicator": "ZWC2021-25", "missing": true });
    assert_eq!(call(&evaluator, "SimulateRun", gone).await["unit"]["score"]["value"], "30.00");
    for (field, wrong) in [
        ("value", json!({ "name": run["name"], "unit": "140100", "indicator": "ZWC2021-25" })),
        ("indicator", json!({ "name": run["name"], "unit": "140100", "indicator": "ZWC2021-01", "missing": true })),
        ("unit", json!({ "name": run["name"], "unit": "110000", "indicator": "ZWC2021-25", "missing": true })),
    ] {
        let error = evaluator.call_json(&format!("{SERVICE}/SimulateRun"), wrong).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().violations[0].field, field);
    }
    // The same questions in one call. Each is about the run as it is; a bad one ends the session with its reason.
    let question = |value: &str| pb::SimulateRunSessionRequest {
        question: Some(pb::SimulateRunRequest {
            name: run["name"].as_str().unwrap().to_owned(),
            unit: "140100".to_owned(),
            indicator: "ZWC2021-25".to_owned(),
            value: Some(Decimal { value: value.to_owned() }),
            missing: false,
        }),
    };
    let questions =
        tokio_stream::iter([question("50"), question("25"), question("50"), question("many"), question("50")]);
    let mut session = EvaluationServiceClient::new(evaluator.channel());
    let mut answers = session.simulate_run_session(questions).await.unwrap().into_inner();
    let (mut scores, mut before) = (Vec::new(), Vec::new());
    let refusal = loop {
        match answers.message().await {
            Ok(message) => {
                let answer = message.unwrap().answer.unwrap();
                before.push(answer.before.is_some());
                scores.push(answer.unit.unwrap().score.unwrap().value);
            }
            Err(status) => break status,
        }
    };
    assert_eq!(scores[0], "80.00");
    assert_ne!(scores[1], scores[0]);
    assert_eq!(scores[2..], scores[..1]);
    assert_eq!(before, [true, false, false]);
    assert_eq!(refusal.code(), tonic::Code::InvalidArgument, "{refusal}");
    let nothing = tokio_stream::iter([pb::SimulateRunSessionRequest::default()]);
    let mut answers = session.simulate_run_session(nothing).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap_err().code(), tonic::Code::InvalidArgument);
    assert_eq!(province.head(AGGREGATOR).await.unwrap(), head, "nothing was stored");

    // The same figure, reported.
    let listed = json!({ "parent": "departments/-", "filter": { "region": "140100", "indicator": "ZWC2021-25" } });
    let method = "wufei.exchange.v1.ObservationQueryService/ListObservations";
    let figure = evaluator.call_json(method, listed).await.unwrap()["observations"][0].clone();
    correct(&province, CITY, figure, "50").await;
    for (scheme, assumed) in [("schemes/small", &assumed), ("schemes/small-index", &assumed_index)] {
        let real = province.run(json!({ "scheme": scheme, "period": "2024" })).await.unwrap();
        for same in ["score", "rank", "grade", "coverage", "nodes"] {
            assert_eq!(unit(&real, "140100")[same], assumed["unit"][same], "{scheme} {same}");
        }
    }
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sensitivity_of_a_run_leaves_out_each_item_and_says_whose_rank_moves() {
    let province = two_cities().await;
    report(&province, "ecology", "140300", "ZWC2021-25", "50").await;
    report(&province, "ecology", "140300", "ZWC2021-26", "5").await;
    // Marks: Datong 80, Yangquan 55, Taiyuan 50; the eight others 0.
    let run = small(&province).await;
    publish(&province, INDEX).await;
    let index = province.run(json!({ "scheme": "schemes/small-index", "period": "2024" })).await.unwrap();
    let evaluator = province.evaluator().unwrap();
    let head = province.head(AGGREGATOR).await.unwrap();
    let found = call(&evaluator, "AnalyzeRun", json!({ "name": run["name"] })).await;
    assert_eq!(found["rankedUnits"], 11);
    let node = |found: &Value, id: &str| {
        found["nodes"].as_array().unwrap().iter().find(|node| node["node"] == id).cloned().unwrap()
    };
    let moves = |node: &Value| -> Vec<(String, i64, i64)> {
        let all = node["moves"].as_array().cloned().unwrap_or_default();
        let rank = |it: &Value, field: &str| it[field].as_i64().unwrap();
        all.iter()
            .map(|it| (it["unit"].as_str().unwrap().to_owned(), rank(it, "rankBefore"), rank(it, "rankAfter")))
            .collect()
    };
    let household = node(&found, "ZWC2021-26");
    assert_eq!(moves(&household), [("140200".to_owned(), 1, 2), ("140300".to_owned(), 2, 1)]);
    assert_eq!(
        (&household["meanRankShift"]["value"], &household["maxRankShift"]["value"]),
        (&json!("0.18"), &json!("1"))
    );
    assert!(
        !household["displayName"]["zh"].as_str().unwrap().is_empty() && household["group"].is_null(),
        "{household}"
    );
    assert_eq!(moves(&node(&found, "ZWC2021-25")), [("140100".to_owned(), 3, 2), ("140300".to_owned(), 2, 3)]);
    let group = node(&found, "B");
    assert_eq!(
        (moves(&group).len(), &group["group"]),
        (0, &json!(true)),
        "without the only group nothing is left to rank by"
    );

    let found = call(&evaluator, "AnalyzeRun", json!({ "name": index["name"] })).await;
    let household = node(&found, "ZWC2021-26");
    let expected =
        [("140100", 2, 3), ("140200", 1, 2), ("140300", 3, 1)].map(|(unit, from, to)| (unit.to_owned(), from, to));
    assert_eq!(moves(&household), expected);
    assert_eq!((&household["meanRankShift"]["value"], &found["rankedUnits"]), (&json!("1.33"), &json!(3)));
    assert_eq!(moves(&node(&found, "rubble")), []);
    assert_eq!(province.head(AGGREGATOR).await.unwrap(), head, "nothing was stored");

    let city = province.caller(AGGREGATOR, &testkit::writer_id(CITY)).unwrap();
    assert_eq!(refused(&city, "AnalyzeRun", json!({ "name": run["name"] })).await, "PURPOSE_REQUIRED");
    let error = evaluator.call_json(&format!("{SERVICE}/AnalyzeRun"), json!({})).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().violations[0].field, "name");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_computed_over_what_the_cities_reported() {
    let province = two_cities().await;
    report(&province, "ecology", "140300", "ZWC2021-26", "35").await;
    publish(&province, INDEX).await;
    let request = json!({ "scheme": "schemes/small-index", "period": "2024", "replicates": 200, "seed": "7" });
    let run = province.run(request).await.unwrap();
    assert_eq!((&run["schemeKind"], run["units"].as_array().unwrap().len()), (&json!("SCHEME_KIND_INDEX"), 11));
    let of = |city: &str, field: &str| unit(&run, city)[field]["value"].as_str().unwrap_or("none").to_owned();
    // Min–max over the cities: Datong is best in both; Yangquan lies half way in the one that it reported.
    assert_eq!([of("140200", "score"), of("140100", "score"), of("140300", "score")], ["100.00", "0.00", "50.00"]);
    assert_eq!(unit(&run, "140400")["ranked"], Value::Null, "a city that reported nothing has no rank");
    assert_eq!(of("140400", "score"), "none");
    assert_eq!((of("140200", "rankP05").as_str(), of("140200", "rankP95").as_str()), ("1", "1"));
    let items = unit(&run, "140200")["items"].as_array().unwrap();
    let parts: Vec<_> = items.iter().map(|item| item["contribution"]["value"].as_str().unwrap()).collect();
    assert_eq!(parts, ["25", "75"]);
    assert!(items[0]["provenance"]["leafHash"].is_string(), "{items:?}");
    let evaluator = province.evaluator().unwrap();
    let explained = call(&evaluator, "ExplainScore", json!({ "name": run["name"], "unit": "140200" })).await;
    assert!(explained["steps"][0]["en"].as_str().unwrap().contains("normalised 100, adds 25"), "{explained}");

    // The same seed gives the same bands, and a panel puts an earlier year on the same scale.
    let again = province.run(json!({ "repeats": run["name"] })).await.unwrap();
    assert_eq!(again["resultDigest"], run["resultDigest"]);
    let panel = json!({ "scheme": "schemes/small-index", "period": "2024", "panelPeriods": ["2023"] });
    let panel = province.run(panel).await.unwrap();
    assert_eq!(panel["panelUnits"].as_array().unwrap().len(), 11);
    assert_eq!(panel["panelUnits"][0]["period"], "2023");
    let practice =
        json!({ "scheme": "schemes/zwc-2021", "period": "2024", "panelPeriods": ["2023"], "requestId": province.id() });
    assert_eq!(refused(&evaluator, "CreateEvaluationRun", practice).await, "FIELD_INVALID");

    // It stands in the report beside the official evaluation, never in its place.
    let official = small(&province).await;
    let create = "wufei.evaluation.v1.ReportService/CreateReport";
    let alone = json!({ "evaluationRun": run["name"], "requestId": province.id() });
    assert_eq!(evaluator.call_json(create, alone).await.unwrap_err().reason(), "FIELD_INVALID");
    let both = json!({ "evaluationRun": official["name"], "indexRuns": [run["name"]], "requestId": province.id() });
    let answer = evaluator.call_json(create, both).await.unwrap();
    assert_eq!(answer["report"]["indexRuns"][0]["resultDigest"], run["resultDigest"]);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_lists_the_figures_of_its_period_and_cities_and_counts_the_others() {
    let province = two_cities().await;
    for (region, scope, period) in [
        ("140105", "SCOPE_COUNTY", "2024"),
        ("140106", "SCOPE_COUNTY", "2023"),
        ("140100", "SCOPE_WHOLE_CITY", "2023"),
        ("140100", "SCOPE_WHOLE_CITY", "2024-Q3"),
    ] {
        report_for(&province, CITY, (region, scope, period), "ZWC2021-26", "31").await;
    }
    let run = small(&province).await;
    let report = province.report(&run).await.unwrap();
    let mut listed: Vec<(&str, &str)> = report["facts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| (fact["cell"].as_str().unwrap(), fact["period"].as_str().unwrap()))
        .collect();
    listed.sort_unstable();
    let periods: Vec<&str> = listed.iter().map(|(_, period)| *period).collect();
    assert_eq!(listed.len(), 5, "{listed:?}");
    assert!(!periods.iter().any(|period| period.starts_with("2023")), "{listed:?}");
    assert_eq!(report["unlistedFigures"], 3);
    province.end().await.unwrap();
}
