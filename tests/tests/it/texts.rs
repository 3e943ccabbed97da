//! The chapters that people write: recorded and versioned, printed by the editions that are made after them.

use client::Connection;
use serde_json::{Value, json};
use testkit::{AGGREGATOR, Province, evaluator_id};

use crate::{
    faults::page,
    runs::{small, two_cities},
};

const SERVICE: &str = "wufei.evaluation.v1.ReportService";
const NAME: &str = "departments/aggregator/reportTexts/practice";

async fn call(who: &Connection, method: &str, message: Value) -> Value {
    who.call_json(&format!("{SERVICE}/{method}"), message).await.unwrap()
}

async fn refused(who: &Connection, method: &str, message: Value) -> String {
    who.call_json(&format!("{SERVICE}/{method}"), message).await.unwrap_err().reason().to_owned()
}

fn experience(text: &str) -> Value {
    json!({ "name": NAME, "period": "2024", "chapter": "REPORT_CHAPTER_EXPERIENCE", "text": text })
}

fn new(province: &Province, id: &str, text: &Value) -> Value {
    let parent = "departments/aggregator";
    json!({ "parent": parent, "reportTextId": id, "reportText": text, "requestId": province.id() })
}

fn edited(province: &Province, etag: &Value, text: &str) -> Value {
    json!({ "reportText": experience(text), "etag": etag, "requestId": province.id() })
}

fn words(texts: &Value) -> Vec<&str> {
    texts.as_array().unwrap().iter().map(|text| text["text"].as_str().unwrap_or_default()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_prints_the_revision_of_a_text_that_was_current_when_it_was_made() {
    let province = two_cities().await;
    let evaluator = province.evaluator().unwrap();
    let run = small(&province).await;
    let without = province.report(&run).await.unwrap();
    assert_eq!(without["texts"], Value::Null);

    let text = experience("部门联席会议按季召开。\n数据由各部门签名报送。");
    let answer = call(&evaluator, "CreateReportText", new(&province, "practice", &text)).await;
    assert!(answer["receipt"]["logIndex"].is_string(), "{answer}");
    let first = &answer["reportText"];
    assert_eq!((&first["name"], &first["record"]["revision"]), (&json!(NAME), &json!(1)));
    let other_period = json!({ "period": "2023", "chapter": "REPORT_CHAPTER_PROBLEMS", "text": "去年的问题。" });
    call(&evaluator, "CreateReportText", new(&province, "of-last-year", &other_period)).await;

    let report = province.report(&run).await.unwrap();
    assert_eq!(words(&report["texts"]), [text["text"].as_str().unwrap()]);
    assert_eq!(report["texts"][0]["record"]["provenance"]["principal"], evaluator_id());

    let answer = call(&evaluator, "UpdateReportText", edited(&province, &first["record"]["etag"], "按月召开。")).await;
    assert_eq!(answer["reportText"]["record"]["revision"], 2);
    let stale = edited(&province, &first["record"]["etag"], "按年召开。");
    assert_eq!(refused(&evaluator, "UpdateReportText", stale).await, "STALE_ETAG");
    let again = new(&province, "practice", &text);
    assert_eq!(refused(&evaluator, "CreateReportText", again).await, "DUPLICATE_RESOURCE");

    let listed = call(&evaluator, "ListReportTexts", json!({ "parent": "departments/aggregator" })).await;
    assert_eq!(words(&listed["reportTexts"]), ["去年的问题。", "按月召开。"]);
    let of_period = json!({ "parent": "departments/aggregator", "period": "2024" });
    assert_eq!(words(&call(&evaluator, "ListReportTexts", of_period).await["reportTexts"]), ["按月召开。"]);
    let mut page_of_one = json!({ "name": NAME, "pageSize": 1 });
    let newest = call(&evaluator, "ListReportTextRevisions", page_of_one.clone()).await;
    assert_eq!(words(&newest["reportTexts"]), ["按月召开。"]);
    page_of_one["pageToken"] = newest["nextPageToken"].clone();
    let older = call(&evaluator, "ListReportTextRevisions", page_of_one).await;
    assert_eq!(
        (words(&older["reportTexts"]), &older["nextPageToken"]),
        (vec!["部门联席会议按季召开。\n数据由各部门签名报送。"], &Value::Null)
    );

    // Each edition keeps its own; a text that was emptied is printed no more, and the place for it is there again.
    let printed = page(&province, report["name"].as_str().unwrap()).await;
    assert!(printed.contains("<p>部门联席会议按季召开。</p>\n<p>数据由各部门签名报送。</p>"));
    assert!(printed.contains("文字 practice 第1版") && !printed.contains("去年的问题"));
    let newer = province.report(&run).await.unwrap();
    assert_eq!(words(&newer["texts"]), ["按月召开。"]);
    let etag = &answer["reportText"]["record"]["etag"];
    call(&evaluator, "UpdateReportText", edited(&province, etag, "")).await;
    let emptied = province.report(&run).await.unwrap();
    assert_eq!(emptied["texts"], Value::Null);
    assert!(page(&province, "latest").await.contains("由评价组填写"));
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_without_period_or_chapter_too_long_or_with_hidden_characters_is_refused_field_by_field() {
    let province = Province::of(&["ecology"], testkit::Engine::Sqlite).await.unwrap();
    let evaluator = province.evaluator().unwrap();
    let head = province.head(AGGREGATOR).await.unwrap();
    for (text, field) in [
        (json!({ "chapter": "REPORT_CHAPTER_OTHER", "text": "话" }), "report_text.period"),
        (json!({ "period": "去年", "chapter": "REPORT_CHAPTER_OTHER", "text": "话" }), "report_text.period"),
        (json!({ "period": "2024", "text": "话" }), "report_text.chapter"),
        (
            json!({ "period": "2024", "chapter": "REPORT_CHAPTER_OTHER", "text": "话".repeat(20_001) }),
            "report_text.text",
        ),
        (json!({ "period": "2024", "chapter": "REPORT_CHAPTER_OTHER", "text": "话\u{7}" }), "report_text.text"),
    ] {
        let request = new(&province, "practice", &text);
        let error = evaluator.call_json(&format!("{SERVICE}/CreateReportText"), request).await.unwrap_err();
        let fields: Vec<_> =
            error.refusal().unwrap().violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, [field], "{error}");
    }
    let mut upper = new(&province, "Practice 1", &experience("话"));
    assert_eq!(refused(&evaluator, "CreateReportText", upper.clone()).await, "FIELD_INVALID");
    upper["reportTextId"] = "practice".into();
    upper["validateOnly"] = true.into();
    assert_eq!(call(&evaluator, "CreateReportText", upper).await["receipt"], Value::Null);
    let absent = json!({ "name": NAME });
    assert_eq!(refused(&evaluator, "ListReportTextRevisions", absent).await, "RESOURCE_NOT_FOUND");
    assert_eq!(province.head(AGGREGATOR).await.unwrap(), head, "nothing was stored");
    province.end().await.unwrap();
}
