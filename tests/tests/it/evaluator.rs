//! What an evaluator does from the aggregator's pages: chapters, runs, editions, each signed with their own key. Over mutual TLS, as a
//! browser of each person.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::StatusCode;
use scraper::{Html, Selector};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{AGGREGATOR, Engine, Province, auditor_id, evaluator_id, until};

use crate::{
    figures::CITY,
    intake::{
        browser::{equip, in_chromium},
        person::{Browser, Got, all, attribute, one},
        signed, signer,
    },
    runs::{SMALL, fill},
    schemes::publish,
};

const REPORTS: &str = "wufei.evaluation.v1.ReportService";

pub(crate) async fn province() -> Province {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    for department in ["ecology", CITY] {
        province.add_department(department).await.unwrap();
    }
    province.add_aggregator_with_sign_in().await.unwrap();
    fill(&province).await;
    publish(&province, SMALL).await;
    province
}

fn evaluator(province: &Province) -> Browser {
    Browser::of(province, AGGREGATOR, &evaluator_id())
}

async fn entries(province: &Province) -> u64 {
    province.head(AGGREGATOR).await.unwrap().size
}

/// The file to sign that a page holds, and the fields that go along with the signature.
pub(crate) fn to_sign(page: &Html) -> (String, Vec<(String, String)>) {
    let address = attribute(page, "a[download]", "href");
    let file = BASE64_STANDARD.decode(address.strip_prefix("data:application/json;base64,").unwrap()).unwrap();
    let hidden = Selector::parse("form[data-sign] input[type=hidden]").unwrap();
    let fields = page.select(&hidden).map(|field| {
        let get = |name: &str| field.value().attr(name).unwrap_or_default().to_owned();
        (get("name"), get("value"))
    });
    let fields = fields.filter(|(name, _)| name != "token" && name != "signatures").collect();
    (String::from_utf8(file).unwrap(), fields)
}

/// Signs what a page shows, and sends it with these fields changed.
async fn sign_with(province: &Province, person: &Browser, page: &Got, action: &str, changed: &[(&str, &str)]) -> Got {
    let (file, fields) = to_sign(&page.html());
    let signatures = signed(&file, &signer(province, &evaluator_id())).to_string();
    let value = |name: &str, value: &str| {
        let new = changed.iter().find(|(changed, _)| *changed == name);
        new.map_or_else(|| value.to_owned(), |(_, new)| (*new).to_owned())
    };
    let fields: Vec<(String, String)> = fields.iter().map(|(name, old)| (name.clone(), value(name, old))).collect();
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("signatures", &signatures));
    person.post_with_file(action, &fields, None).await
}

async fn sign(province: &Province, person: &Browser, page: &Got, action: &str) -> Got {
    sign_with(province, person, page, action, &[]).await
}

async fn texts(province: &Province) -> Value {
    let list = format!("{REPORTS}/ListReportTexts");
    let parent = json!({ "parent": "departments/aggregator" });
    province.evaluator().unwrap().call_json(&list, parent).await.unwrap()["reportTexts"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chapter_is_written_edited_and_signed_from_the_page() {
    let province = province().await;
    let person = evaluator(&province);
    let list = person.get("/texts").await.html();
    assert!(one(&list, "main").contains("还没有文字") && one(&list, "a.button").contains("写一段文字"));
    let before = entries(&province).await;
    // A browser ends lines with CR LF.
    let mut form = vec![
        ("id", "practice"),
        ("period", "2024"),
        ("chapter", "experience"),
        ("text", "按季召开联席会议。\r\n数据由各部门<签名>报送。\r\n"),
        ("etag", ""),
    ];
    let page = person.post_with_file("/texts/sign", &form, None).await;
    assert!(one(&page.html(), "main").contains("主要经验及做法"), "{}", page.text);
    let said = all(&page.html(), ".said p");
    assert_eq!(said, ["按季召开联席会议。", "数据由各部门<签名>报送。"], "the page shows what is signed");
    assert_eq!(entries(&province).await, before, "nothing is recorded before it is signed");

    // What is sent is what was signed, or nothing.
    let other = sign_with(&province, &person, &page, "/texts", &[("text", "另一段话。")]).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "{}", other.text);
    assert_eq!(entries(&province).await, before);

    let stored = sign(&province, &person, &page, "/texts").await;
    assert_eq!(
        (stored.status, stored.header("location")),
        (StatusCode::SEE_OTHER, "/texts/practice"),
        "{}",
        stored.text
    );
    let again = sign(&province, &person, &page, "/texts").await;
    assert_eq!(again.header("location"), "/texts/practice", "sent again it is the same request");
    assert_eq!(entries(&province).await, before + 1);
    let found = texts(&province).await;
    assert_eq!(found[0]["text"], "按季召开联席会议。\n数据由各部门<签名>报送。");
    assert_eq!(found[0]["record"]["provenance"]["principal"], evaluator_id());

    let shown = person.get("/texts/practice").await.html();
    assert!(all(&shown, "section p").iter().any(|line| line == "数据由各部门<签名>报送。"));
    let etag = attribute(&shown, "input[name=etag]", "value");
    (form[3].1, form[4].1) = ("按月召开联席会议。", &etag);
    let page = person.post_with_file("/texts/sign", &form, None).await;
    assert_eq!(sign(&province, &person, &page, "/texts").await.header("location"), "/texts/practice");
    let shown = person.get("/texts/practice").await.html();
    assert_eq!(all(&shown, "details").len(), 2, "every revision is there");
    // Somebody else has written meanwhile: the old form is refused with its reason.
    let page = person.post_with_file("/texts/sign", &form, None).await;
    let stale = sign(&province, &person, &page, "/texts").await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stale.text.contains("STALE_ETAG") || stale.text.contains("已有更新的版本"), "{}", stale.text);
    assert_eq!(texts(&province).await[0]["record"]["revision"], 2);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_is_started_and_an_edition_made_from_the_pages() {
    let province = province().await;
    let person = evaluator(&province);
    let asked = person.get("/runs/new").await.html();
    assert!(one(&asked, "select[name=scheme]").contains("schemes/small"));
    let without = person.get("/runs/new/sign?scheme=schemes%2Fsmall&period=").await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    let odd = person.get("/runs/new/sign?scheme=schemes%2Fsmall&period=2024&replicates=many").await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = Html::parse_document(&odd.text);
    assert_eq!(attribute(&form, "#replicates", "value"), "many", "what was typed stays");
    assert!(one(&form, "#replicates-fault").contains("应为 0 到 1000000 的整数；填报值：many"), "{}", odd.text);
    let page = person.get("/runs/new/sign?scheme=schemes%2Fsmall&period=2024").await;
    let begun = sign(&province, &person, &page, "/runs").await;
    let run = begun.header("location").to_owned();
    assert!(run.starts_with("/runs/"), "{}", begun.text);
    let name = run.replace("/runs/", "departments/aggregator/evaluationRuns/");
    let get = "wufei.evaluation.v1.EvaluationService/GetEvaluationRun";
    until("the end of the run", async || {
        let found = province.evaluator()?.call_json(get, json!({ "name": name })).await?;
        Ok((found["evaluationRun"]["state"] == "RUN_STATE_SUCCEEDED").then_some(()))
    })
    .await
    .unwrap();

    let choose = person.get("/reports/new").await.html();
    assert_eq!(attribute(&choose, "select[name=run] option", "value"), name);
    let page = person.get(&format!("/reports/new/sign?run={}", name.replace('/', "%2F"))).await;
    let made = sign(&province, &person, &page, "/reports").await;
    assert_eq!((made.status, made.header("location")), (StatusCode::SEE_OTHER, "/reports"), "{}", made.text);
    let list = person.get("/reports").await.html();
    assert_eq!(all(&list, "tbody tr").len(), 1);
    assert!(person.get("/reports/edition-1").await.text.contains("小例"));
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_write_finds_no_form_and_a_forged_one_is_refused() {
    let province = province().await;
    let auditor = Browser::of(&province, AGGREGATOR, &auditor_id());
    for (path, offered) in [("/texts", "/texts/new"), ("/runs", "/runs/new"), ("/reports", "/reports/new")] {
        let page = auditor.get(path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.text.contains(offered), "{path} offers {offered}");
        assert_eq!(auditor.get(offered).await.status, StatusCode::FORBIDDEN, "{offered}");
    }
    let person = evaluator(&province);
    let before = entries(&province).await;
    let form = [("id", "practice"), ("period", "2024"), ("chapter", "other"), ("text", "话"), ("etag", "")];
    let page = person.post_with_file("/texts/sign", &form, None).await;
    let (file, fields) = to_sign(&page.html());
    let signatures = signed(&file, &signer(&province, &evaluator_id())).to_string();
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("signatures", &signatures));
    // The signature is the evaluator's, the certificate the auditor's.
    let by_another = auditor.post_with_file("/texts", &fields, None).await;
    assert_eq!(by_another.status, StatusCode::FORBIDDEN, "{}", by_another.text);
    let without = person.upload_with(&person.token_of_nothing(), "/texts", &fields, "x", b"").await;
    assert_eq!(without.status, StatusCode::FORBIDDEN);
    let large = "字".repeat(100_000);
    let too_large =
        [("id", "practice"), ("period", "2024"), ("chapter", "other"), ("text", large.as_str()), ("etag", "")];
    assert_eq!(person.post_with_file("/texts/sign", &too_large, None).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(entries(&province).await, before, "nothing was recorded");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluator_writes_evaluates_publishes_and_downloads_in_a_browser() {
    let province = province().await;
    let folder = TempDir::new().unwrap();
    equip(&province, folder.path(), "evaluator", &evaluator_id());
    in_chromium("evaluator.mjs", province.pages_of(AGGREGATOR).unwrap(), folder.path()).await;
    let found = texts(&province).await;
    assert_eq!((found[0]["record"]["revision"].as_u64(), found.as_array().unwrap().len()), (Some(2), 1), "{found}");
    province.end().await.unwrap();
}
