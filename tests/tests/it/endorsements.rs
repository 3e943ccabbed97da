//! Submitter, reviewer and signatory: who may say what of a submission, and what a scheme that asks for it makes of that.

use std::fs;

use client::{CallError, Connection, OnRecord, Table, Why};
use serde_json::{Value, json};
use testkit::{AGGREGATOR, Engine, Province, approver_id, signatory_id, writer_id};

use crate::{
    figures::{CITY, submission},
    schemes::publish,
};

const CREATE: &str = "wufei.exchange.v1.EndorsementService/CreateEndorsement";
const LIST: &str = "wufei.exchange.v1.EndorsementService/ListEndorsements";

/// The city's node, its submission, and the two who endorse.
struct Desk {
    province: Province,
    reviewer: Connection,
    signatory: Connection,
    receipt: Value,
}

async fn desk() -> Desk {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department(CITY).await.unwrap();
    let reviewer = province.caller(CITY, &approver_id(CITY)).unwrap();
    let signatory = province.caller(CITY, &signatory_id(CITY)).unwrap();
    let receipt = submitted(&province, 0).await;
    Desk { province, reviewer, signatory, receipt }
}

async fn submitted(province: &Province, day: u64) -> Value {
    let call = submission(day, 1);
    let answer = province.writer(CITY).unwrap().call_json(&call.method, call.request).await;
    answer.unwrap()["receipt"].clone()
}

/// Proto JSON leaves the first index out.
fn index(receipt: &Value) -> &str {
    receipt["logIndex"].as_str().unwrap_or("0")
}

fn request(province: &Province, receipt: &Value, part: &str, verdict: &str) -> Value {
    let note = if verdict == "RETURNED" { "第3行单位有误" } else { "" };
    json!({
        "parent": format!("departments/{CITY}"), "endorsementId": format!("{}-{part}", index(receipt)),
        "requestId": province.id(),
        "endorsement": {
            "logIndex": index(receipt), "leafHash": receipt["leafHash"],
            "role": format!("ENDORSEMENT_ROLE_{}", part.to_uppercase()),
            "verdict": format!("ENDORSEMENT_VERDICT_{verdict}"), "note": note,
        },
    })
}

async fn refused(caller: &Connection, request: Value) -> String {
    let error = caller.call_json(CREATE, request).await.unwrap_err();
    let CallError::Refused(refusal) = error else { panic!("{error}") };
    refusal.reason
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_is_reviewed_then_signed_by_two_others_and_is_final() {
    let Desk { province, reviewer, signatory, receipt } = desk().await;
    let ask = |part: &str| request(&province, &receipt, part, "APPROVED");

    assert_eq!(refused(&signatory, ask("signatory")).await, "ENDORSEMENT_ORDER");
    let review = ask("reviewer");
    let first = reviewer.call_json(CREATE, review.clone()).await.unwrap();
    assert_eq!(first["endorsement"]["name"], format!("departments/{CITY}/endorsements/0-reviewer"));
    assert_eq!(first["endorsement"]["record"]["provenance"]["principal"], approver_id(CITY));
    assert_eq!(reviewer.call_json(CREATE, review).await.unwrap(), first, "sent again it is the same");
    assert_eq!(refused(&reviewer, ask("signatory")).await, "ROLE_CONFLICT");
    assert_eq!(refused(&reviewer, ask("reviewer")).await, "ENDORSEMENT_ORDER");
    signatory.call_json(CREATE, ask("signatory")).await.unwrap();
    for (caller, part) in [(&reviewer, "reviewer"), (&signatory, "signatory")] {
        assert_eq!(refused(caller, ask(part)).await, "ENDORSEMENT_ORDER", "final");
    }

    let listed = reviewer.call_json(LIST, json!({ "parent": format!("departments/{CITY}") })).await.unwrap();
    let names: Vec<_> = listed["endorsements"].as_array().unwrap().iter().map(|found| found["role"].clone()).collect();
    assert_eq!(names, ["ENDORSEMENT_ROLE_REVIEWER", "ENDORSEMENT_ROLE_SIGNATORY"]);
    // An endorsement is an entry of the log like any other.
    assert_eq!(province.head(CITY).await.unwrap().size, 3);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_endorsed_is_the_submission_with_this_leaf_hash() {
    let Desk { province, reviewer, signatory, receipt } = desk().await;
    let other = submitted(&province, 1).await;
    let before = province.head(CITY).await.unwrap();
    let fault = async |change: &dyn Fn(&mut Value)| {
        let mut request = request(&province, &receipt, "reviewer", "APPROVED");
        change(&mut request);
        let error = reviewer.call_json(CREATE, request).await.unwrap_err();
        let CallError::Refused(refusal) = error else { panic!("{error}") };
        refusal.violations.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
    };
    let hash = other["leafHash"].clone();
    assert_eq!(fault(&|request| request["endorsement"]["leafHash"] = hash.clone()).await, ["endorsement.leaf_hash"]);
    assert_eq!(fault(&|request| request["endorsementId"] = "mine".into()).await, ["endorsement_id"]);
    let empty = fault(&|request| request["endorsement"] = json!({ "leafHash": "" })).await;
    assert_eq!(empty, ["endorsement.role", "endorsement.leaf_hash", "endorsement.verdict"]);
    let unsaid = |request: &mut Value| request["endorsement"]["verdict"] = "ENDORSEMENT_VERDICT_RETURNED".into();
    assert_eq!(fault(&unsaid).await, ["endorsement.note"]);
    let beyond = json!({ "logIndex": "9", "leafHash": receipt["leafHash"] });
    assert_eq!(refused(&reviewer, request(&province, &beyond, "reviewer", "APPROVED")).await, "CURSOR_OUT_OF_RANGE");
    assert_eq!(province.head(CITY).await.unwrap(), before);

    // An endorsement is no submission.
    let answer = reviewer.call_json(CREATE, request(&province, &receipt, "reviewer", "APPROVED")).await.unwrap();
    let own = request(&province, &answer["receipt"], "reviewer", "APPROVED");
    assert_eq!(refused(&signatory, own).await, "FIELD_INVALID");
    // Who submits is not granted to endorse.
    let writer = province.writer(CITY).unwrap();
    assert_eq!(refused(&writer, request(&province, &other, "reviewer", "APPROVED")).await, "PERMISSION_DENIED");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returned_submission_is_corrected_by_a_new_one() {
    let Desk { province, reviewer, signatory, receipt } = desk().await;
    reviewer.call_json(CREATE, request(&province, &receipt, "reviewer", "RETURNED")).await.unwrap();
    let signing = request(&province, &receipt, "signatory", "APPROVED");
    assert_eq!(refused(&signatory, signing).await, "ENDORSEMENT_ORDER");
    let corrected = submitted(&province, 1).await;
    reviewer.call_json(CREATE, request(&province, &corrected, "reviewer", "APPROVED")).await.unwrap();
    signatory.call_json(CREATE, request(&province, &corrected, "signatory", "APPROVED")).await.unwrap();
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_returned_is_submitted_anew_as_it_is_and_nothing_else_is() {
    const WHY: Why<'_> = Why { reason: "CORRECTION_REASON_CLERICAL_ERROR", note: "单位已核" };
    let Desk { province, reviewer, receipt, .. } = desk().await;
    let writer = province.writer(CITY).unwrap();
    let list = async |method: &str, field: &str| {
        let answer = writer.call_json(method, json!({ "parent": format!("departments/{CITY}") })).await.unwrap();
        answer[field].as_array().cloned().unwrap_or_default()
    };
    // As `wufei submit --corrects` does it with the same table.
    let split = async || {
        let figures = list("wufei.exchange.v1.ObservationQueryService/ListObservations", "observations").await;
        let table = submission(0, 1).request;
        let table = client::Submission { method: Table::Observations.method(), request: table, lines: vec![2] };
        let split = OnRecord::new(&figures, &list(LIST, "endorsements").await).split(table, WHY);
        (split, figures)
    };
    let (before, figures) = split().await;
    assert_eq!((before.submissions.len(), before.unchanged), (0, 1), "it is on record as it is");
    let record = &figures[0];
    let (name, etag) = (record["name"].as_str().unwrap(), record["record"]["etag"].as_str().unwrap());
    let mut same = client::correction(&submission(0, 1).request["requests"][0]["observation"], name, etag, WHY);
    same["requestId"] = json!(province.id());
    let method = "wufei.exchange.v1.ObservationIngestService/UpdateObservation";
    let error = writer.call_json(method, same).await.unwrap_err();
    assert!(matches!(&error, CallError::Refused(refusal) if refusal.reason == "FIELD_INVALID"), "{error}");

    reviewer.call_json(CREATE, request(&province, &receipt, "reviewer", "RETURNED")).await.unwrap();
    let mut anew = split().await.0.submissions.remove(0);
    anew.request["requestId"] = json!(province.id());
    let answer = writer.call_json(anew.method, anew.request).await.unwrap();
    let record = &answer["observation"]["record"];
    assert_eq!(
        (&record["revision"], &record["correction"]["note"]),
        (&json!(2), &json!("替换已退回的第 0 条报送：单位已核"))
    );
    reviewer.call_json(CREATE, request(&province, &answer["receipt"], "reviewer", "APPROVED")).await.unwrap();
    let after = split().await.0;
    assert_eq!((after.submissions.len(), after.unchanged), (0, 1), "the new one was not returned");
    province.end().await.unwrap();
}

/// The scheme of the release, with these approvals demanded.
fn scheme(demanded: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/schemes/zwc-2021.yaml");
    let text = fs::read_to_string(path).unwrap();
    text.replace("id: zwc-2021\n", &format!("id: signed-{}\nendorsements: [{demanded}]\n", demanded.len()))
}

/// The city's item in a run by this scheme over what is followed now.
async fn item(province: &Province, demanded: &str) -> Value {
    let run = run(province, demanded).await;
    let unit = run["units"].as_array().unwrap().iter().find(|unit| unit["unit"] == "140100").unwrap();
    let found = unit["items"].as_array().unwrap().iter().find(|item| item["indicator"] == "ZWC2021-26");
    found.unwrap().clone()
}

/// A run by this scheme over what is followed now.
async fn run(province: &Province, demanded: &str) -> Value {
    province.followed(CITY).await.unwrap();
    let scheme = publish(province, &scheme(demanded)).await;
    province.run(json!({ "scheme": scheme["name"], "period": "2024" })).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheme_that_demands_endorsements_counts_a_figure_when_its_submission_has_them() {
    let mut province = Province::of(&[CITY], Engine::Sqlite).await.unwrap();
    let mut call = submission(0, 1);
    call.request["requests"][0]["observation"]["period"]["value"] = "2024".into();
    let writer = province.writer(CITY).unwrap();
    let receipt = writer.call_json(&call.method, call.request).await.unwrap()["receipt"].clone();
    let (reviewer, signatory) =
        (province.caller(CITY, &approver_id(CITY)).unwrap(), province.caller(CITY, &signatory_id(CITY)).unwrap());
    let flagged = |item: &Value| item["flags"].to_string().contains("not reviewed or signed");

    let both = item(&province, "reviewer, signatory").await;
    assert_eq!((&both["state"], flagged(&both)), (&Value::from("ITEM_STATE_MISSING"), true), "{both}");
    reviewer.call_json(CREATE, request(&province, &receipt, "reviewer", "APPROVED")).await.unwrap();
    let one = item(&province, "reviewer").await;
    assert_eq!((&one["state"], flagged(&one)), (&Value::from("ITEM_STATE_SCORED"), false), "{one}");
    assert_eq!(item(&province, "reviewer, signatory").await["state"], "ITEM_STATE_MISSING");
    signatory.call_json(CREATE, request(&province, &receipt, "signatory", "APPROVED")).await.unwrap();
    let both = item(&province, "reviewer, signatory").await;
    assert_eq!((&both["state"], &both["value"]), (&Value::from("ITEM_STATE_SCORED"), &json!({ "value": "36" })));
    // Whoever asks how the figure came about is told who stood for it.
    let report = province.report(&run(&province, "reviewer, signatory").await).await.unwrap();
    let ask = json!({ "name": report["name"], "cell": "item/140100/ZWC2021-26" });
    let evaluator = province.evaluator().unwrap();
    let tree = evaluator.call_json("wufei.evaluation.v1.ReportService/ExplainCell", ask).await.unwrap();
    let said = ["reviewer approved", "signatory approved"].into_iter().zip([approver_id(CITY), signatory_id(CITY)]);
    let said: Vec<_> = said.zip(1..).map(|((what, who), entry)| format!("{what} {who} entry {entry}")).collect();
    assert_eq!(tree["explanation"]["evidence"]["endorsements"], json!(said));
    // The aggregator can start anew on what it followed.
    province.kill(AGGREGATOR).await.unwrap();
    province.restart(AGGREGATOR).await.unwrap();
    assert_eq!(item(&province, "reviewer, signatory").await["state"], "ITEM_STATE_SCORED");
    assert_ne!(writer_id(CITY), approver_id(CITY));
    province.end().await.unwrap();
}
