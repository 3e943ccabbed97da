//! The joint evaluation in the service: indicators, commitments and reporting of each city side by side, combined only by
//! weights that a scheme states.

use serde_json::{Value, json};
use testkit::{AGGREGATOR, Province, writer_id};

use crate::{
    runs::{SERVICE, SMALL, call, refused, two_cities, unit},
    schemes::publish,
};

const JOINT: &str = include_str!("../../../deploy/schemes/zwc-joint.yaml");
const REPORTS: &str = "wufei.evaluation.v1.ReportService/CreateReport";

/// The shipped scheme with weights for two of its parts.
fn weighted() -> String {
    JOINT
        .replace("id: zwc-joint", "id: weighted-joint")
        .replace("    from: score\n    basis: {zh: 按指标", "    from: score\n    weight: 60\n    basis: {zh: 按指标")
        .replace("    from: {method: reporting", "    weight: 40\n    from: {method: reporting")
}

/// Taiyuan promised two things: one is done and not due yet, the other is due and not done.
async fn promises(province: &Province) {
    let service = "wufei.followup.v1.FollowUpService";
    let lead = province.caller(AGGREGATOR, &writer_id("ecology")).unwrap();
    for id in ["c1", "c2"] {
        let target = json!({ "indicator": "测试", "value": { "value": { "value": "1" }, "unit": "项" } });
        let commitment = json!({
            "sequence": id, "text": "测试", "responsible": ["太原市人民政府"], "responsibleBasis": "测试", "target": target,
            "startDate": "2025-01-01", "deadline": if id == "c1" { "2025-07-10" } else { "2025-06-30" },
        });
        let request = json!({
            "parent": "departments/aggregator", "commitmentId": id, "commitment": commitment, "requestId": province.id(),
        });
        lead.call_json(&format!("{service}/CreateCommitment"), request).await.unwrap();
    }
    let done = json!({
        "name": "departments/aggregator/commitments/c1", "evidence": [{ "title": "测试材料" }], "requestId": province.id(),
    });
    province.evaluator().unwrap().call_json(&format!("{service}/AcceptCommitment"), done).await.unwrap();
}

fn part<'v>(run: &'v Value, city: &str, part: &str) -> &'v Value {
    let parts = unit(run, city)["parts"].as_array().unwrap();
    parts.iter().find(|found| found["part"] == part).unwrap()
}

fn facts(part: &Value) -> Vec<(&str, &str)> {
    part["facts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| (fact["fact"].as_str().unwrap(), fact["value"]["value"].as_str().unwrap_or("-")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_city_stand_side_by_side_and_are_combined_by_stated_weights_only() {
    let province = two_cities().await;
    promises(&province).await;
    publish(&province, SMALL).await;
    publish(&province, JOINT).await;
    publish(&province, &weighted()).await;
    let evaluator = province.evaluator().unwrap();
    let indicators = province.run(json!({ "scheme": "schemes/small", "period": "2024" })).await.unwrap();
    let joint = |scheme: &str| {
        json!({
            "scheme": format!("schemes/{scheme}"), "period": "2024", "reportingDeadline": "2030-01-01",
            "partRuns": [{ "part": "indicators", "run": indicators["name"] }],
        })
    };
    let run = province.run(joint("zwc-joint")).await.unwrap();
    assert_eq!((&run["schemeKind"], run["units"].as_array().unwrap().len()), (&json!("SCHEME_KIND_JOINT"), 11));
    assert_eq!(run["checkpoints"], indicators["checkpoints"], "what is put side by side rests on the same data");
    assert_eq!(run["partRuns"][0]["resultDigest"], indicators["resultDigest"]);

    // 20 and 30 of 50 each: half of the marks. No city has funding scores, and that is no zero.
    let of = |name: &str| part(&run, "140100", name);
    assert_eq!((&of("indicators")["score"]["value"], &of("indicators")["rank"]), (&json!("50.00"), &json!(2)));
    assert_eq!((&of("funding")["state"], &of("funding")["score"]), (&json!("PART_STATE_MISSING"), &Value::Null));
    assert_eq!(facts(of("commitments")), [("due", "1"), ("kept", "0"), ("made_up", "0")]);
    assert_eq!(part(&run, "140200", "commitments")["state"], "PART_STATE_NOT_APPLICABLE", "Datong promised nothing");
    assert_eq!(facts(of("reporting")), [("corrected", "0"), ("due", "2"), ("on_time", "2"), ("reported", "2")]);
    assert_eq!(
        facts(part(&run, "140300", "reporting")),
        [("corrected", "0"), ("due", "2"), ("on_time", "0"), ("reported", "0")]
    );
    assert_eq!(unit(&run, "140100")["score"], Value::Null, "without weights nothing is combined");

    // Weights that a scheme states combine what they name: 60 % of 50 and 40 % of 100.
    let combined = province.run(joint("weighted-joint")).await.unwrap();
    let taiyuan = unit(&combined, "140100");
    assert_eq!((&taiyuan["score"]["value"], &taiyuan["rank"]), (&json!("70.00"), &json!(2)));
    let explained = call(&evaluator, "ExplainScore", json!({ "name": combined["name"], "unit": "140100" })).await;
    let steps: Vec<&str> =
        explained["steps"].as_array().unwrap().iter().map(|step| step["en"].as_str().unwrap()).collect();
    assert!(steps[0].contains("weight 60, adds 30") && steps[4].contains("combined score 70.00"), "{steps:?}");

    // One cell changed, and the two schemes compared.
    let assumed =
        json!({ "name": combined["name"], "unit": "140100", "indicator": "indicators", "value": { "value": "100" } });
    let assumed = call(&evaluator, "SimulateRun", assumed).await;
    assert_eq!((&assumed["unit"]["score"]["value"], &assumed["moves"][0]["rankAfter"]), (&json!("100.00"), &json!(1)));
    // Without the one part the other decides: Taiyuan and Datong have reported everything in time, and draw level.
    let found = call(&evaluator, "AnalyzeRun", json!({ "name": combined["name"] })).await;
    let left_out = found["nodes"].as_array().unwrap().iter().find(|node| node["node"] == "indicators").unwrap().clone();
    assert_eq!((&left_out["group"], &left_out["maxRankShift"]["value"]), (&json!(true), &json!("1")), "{found}");
    assert_eq!((&left_out["moves"][0]["rankBefore"], &left_out["moves"][0]["rankAfter"]), (&json!(2), &json!(1)));
    let compared = call(&evaluator, "CompareRuns", json!({ "first": run["name"], "second": combined["name"] })).await;
    assert_eq!((&compared["sameScheme"], &compared["sameData"]), (&Value::Null, &json!(true)));

    // Repeated on another day it is the same, and it stands in the report beside the official evaluation.
    province.clock().advance(chrono::TimeDelta::days(20));
    let again = province.run(json!({ "repeats": combined["name"] })).await.unwrap();
    assert_eq!(again["resultDigest"], combined["resultDigest"]);
    let request =
        json!({ "evaluationRun": indicators["name"], "jointRun": combined["name"], "requestId": province.id() });
    let report = evaluator.call_json(REPORTS, request).await.unwrap()["report"].clone();
    assert_eq!(report["jointRun"]["resultDigest"], combined["resultDigest"]);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_a_joint_evaluation_is_refused_by_field() {
    let province = two_cities().await;
    publish(&province, SMALL).await;
    publish(&province, JOINT).await;
    let evaluator = province.evaluator().unwrap();
    let indicators = province.run(json!({ "scheme": "schemes/small", "period": "2024" })).await.unwrap();
    let parts = |part: &str, run: &Value| json!([{ "part": part, "run": run["name"] }]);
    let whole = province.run(json!({ "scheme": "schemes/zwc-joint", "period": "2024" })).await.unwrap();
    for (field, wrong) in [
        ("part_runs[0].part", json!({ "scheme": "schemes/zwc-joint", "partRuns": parts("reporting", &indicators) })),
        ("part_runs[0].run", json!({ "scheme": "schemes/zwc-joint", "partRuns": parts("indicators", &whole) })),
        (
            "part_runs[0].run",
            json!({ "scheme": "schemes/zwc-joint", "period": "2023", "partRuns": parts("funding", &indicators) }),
        ),
        (
            "part_runs[0].run",
            json!({ "scheme": "schemes/zwc-joint", "checkpoints": [], "partRuns": parts("funding", &whole) }),
        ),
        ("reporting_deadline", json!({ "scheme": "schemes/zwc-joint", "reportingDeadline": "tomorrow" })),
        ("replicates", json!({ "scheme": "schemes/zwc-joint", "replicates": 10 })),
        ("panel_periods", json!({ "scheme": "schemes/zwc-joint", "panelPeriods": ["2023"] })),
        ("part_runs", json!({ "scheme": "schemes/small", "partRuns": parts("indicators", &indicators) })),
    ] {
        let mut request = json!({ "period": "2024", "requestId": province.id() });
        request.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let error = evaluator.call_json(&format!("{SERVICE}/CreateEvaluationRun"), request).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().violations[0].field, field, "{error}");
    }
    let official = json!({ "evaluationRun": whole["name"], "requestId": province.id() });
    assert_eq!(evaluator.call_json(REPORTS, official).await.unwrap_err().reason(), "FIELD_INVALID");
    let nothing = json!({ "name": whole["name"], "unit": "140100", "indicator": "ZWC2021-26", "missing": true });
    assert_eq!(refused(&evaluator, "SimulateRun", nothing).await, "FIELD_INVALID");
    province.end().await.unwrap();
}
