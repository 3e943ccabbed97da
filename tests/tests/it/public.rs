//! The public page: what is open, for whoever looks; asked in the name of an identity that the policies let read nothing else.

use std::net::{Ipv4Addr, SocketAddr};

use aggregator::config::Web;
use directory::Document;
use http::StatusCode;
use scraper::{Html, Selector};
use serde_json::{Value, json};
use testkit::{AGGREGATOR, Engine, Province, evaluator_id, public_id};
use tokio::net::TcpStream;

use crate::{
    dashboard::{Got, exchange},
    sign_in,
};

/// Open by the list of the release, with a figure in the letter; the second has one and is not open.
const OPEN: [&str; 2] = ["ZWC2021-26", "SX2025-02"];
const CLOSED: &str = "ZWC2021-12";

/// The letter, with pages for everybody on this machine; `public` says in whose name the public page asks.
async fn letter(public: Option<String>) -> Province {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    for department in testkit::DEPARTMENTS {
        province.add_department(department).await.unwrap();
    }
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let everybody_is = Some(province.identities().certificate_file(&evaluator_id()).unwrap().into());
    let web = Web { listen, everybody_is, tls: None, openid: None, public };
    province.add_aggregator_with(web).await.unwrap();
    province.submit_letter().await.unwrap();
    province
}

async fn report(province: &Province) {
    let run = province.evaluate().await.unwrap();
    province.report(&run).await.unwrap();
}

async fn get(province: &Province, path: &str) -> Got {
    let address = province.pages().unwrap();
    exchange(TcpStream::connect(address).await.unwrap(), &address.to_string(), path, None).await.unwrap()
}

fn all(html: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    html.select(&selector).map(|found| found.text().collect::<String>()).collect()
}

/// The newest edition as the public gets it at the door.
async fn edition(province: &Province) -> Value {
    let public = province.caller(AGGREGATOR, &public_id()).unwrap();
    let asked = json!({ "name": "departments/aggregator/reports/latest" });
    public.call_json("wufei.evaluation.v1.ReportService/GetReport", asked).await.unwrap()["report"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_page_shows_the_printed_figures_of_open_indicators_and_no_others() {
    let province = letter(Some(public_id())).await;
    report(&province).await;
    for (lang, title, name) in
        [("zh", "公开数据", "生活垃圾回收利用率"), ("en", "Open data", "Household waste recovery")]
    {
        let got = get(&province, &format!("/public?lang={lang}")).await;
        let html = got.html();
        assert_eq!(all(&html, "h1"), [title]);
        let groups = all(&html, "tr.group").concat();
        assert!(OPEN.iter().all(|code| groups.contains(code)) && groups.contains(name), "{groups}");
        assert_eq!(all(&html, "tbody tr:not(.group)").len(), OPEN.len());
        assert!(all(&html, "tbody td").iter().any(|cell| cell == "≥35%"), "{}", got.text);
        assert!(!got.text.contains(CLOSED) && !got.text.contains("100%"), "{}", got.text);
        // No words of reporters, no score, no money, no way into the other pages, nobody's identity.
        for other in
            ["承前省略主语", "回收利用率稳定达到", "综合得分", "万元", "spiffe://", "href=\"/matrix\"", "href=\"/\""]
        {
            assert!(!got.text.contains(other), "{other} in {}", got.text);
        }
        assert!(got.text.contains("晋环提函〔2025〕35号"), "the basis");
    }
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_public_gets_at_the_door_is_the_open_part_of_the_edition_and_nothing_else() {
    let province = letter(Some(public_id())).await;
    report(&province).await;
    let edition = edition(&province).await;
    let facts = edition["facts"].as_array().unwrap();
    let mut found: Vec<_> = facts.iter().map(|fact| fact["indicator"].as_str().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, ["SX2025-02", "ZWC2021-26"]);
    for left_out in
        ["run", "funding", "commitments", "shareTarget", "reporting", "corrections", "manifest", "indexRuns", "texts"]
    {
        let empty = match &edition[left_out] {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
        };
        assert!(empty, "{left_out}: {}", edition[left_out]);
    }
    // The evaluator gets all of it.
    let evaluator = province.caller(AGGREGATOR, &evaluator_id()).unwrap();
    let asked = json!({ "name": "departments/aggregator/reports/latest" });
    let whole = evaluator.call_json("wufei.evaluation.v1.ReportService/GetReport", asked).await.unwrap();
    assert!(whole["report"]["facts"].as_array().unwrap().len() > facts.len());
    assert_eq!(whole["report"]["contentDigest"], edition["contentDigest"]);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_no_edition_prints_is_not_published() {
    let province = letter(Some(public_id())).await;
    let got = get(&province, "/public").await;
    assert!(got.html().html().contains("还没有公开的数据"), "{}", got.text);
    assert!(!got.text.contains("ZWC2021-26"));
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_there_is_no_public_page_and_without_the_member_it_shows_nothing() {
    let province = letter(None).await;
    assert_eq!(get(&province, "/public").await.status, StatusCode::NOT_FOUND);
    province.end().await.unwrap();

    let province = letter(Some(public_id())).await;
    let leave = |document: &mut Document| document.members.retain(|member| member.principal.as_str() != public_id());
    province.identities().publish(leave).unwrap();
    let refused = testkit::until("the directory without the public", async || {
        let public = province.caller(AGGREGATOR, &public_id()).unwrap();
        let asked = json!({ "name": "departments/aggregator/reports/latest" });
        let answer = public.call_json("wufei.evaluation.v1.ReportService/GetReport", asked).await;
        Ok(answer.err().filter(|error| format!("{error:?}").contains("MEMBER_UNKNOWN")))
    });
    refused.await.unwrap();
    let got = get(&province, "/public").await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    assert!(got.text.contains("MEMBER_UNKNOWN") && !got.text.contains("href=\"/matrix\""), "{}", got.text);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_see_the_public_page_over_tls_and_no_other_and_fill_no_audit_log() {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department("ecology").await.unwrap();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let tls = Some(province.identities().service(AGGREGATOR).unwrap());
    let web = Web { listen, everybody_is: None, tls, openid: None, public: Some(public_id()) };
    province.add_aggregator_with(web).await.unwrap();
    let identities = province.identities();
    for _ in 0..20 {
        let page = sign_in::get(&province, &identities, None, "/public").await.unwrap();
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    }
    for path in ["/", "/matrix", "/indicators", "/reports/latest", "/nodes", "/no/such/page", "/events"] {
        let refused = sign_in::get(&province, &identities, None, path).await.unwrap();
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    // Who has a certificate sees the same public page, and the other pages as themselves.
    let page = sign_in::get(&province, &identities, Some(&evaluator_id()), "/public").await.unwrap();
    assert!(page.status == StatusCode::OK && !page.text.contains(&evaluator_id()));
    let page = sign_in::get(&province, &identities, Some(&evaluator_id()), "/commitments").await.unwrap();
    assert!(page.status == StatusCode::OK && page.text.contains(&evaluator_id()));

    let auditor = province.auditor(AGGREGATOR).unwrap();
    let method = "wufei.log.v1.AuditLogService/ListAuditRecords";
    let records = auditor.call_json(method, json!({ "pageSize": 1000 })).await.unwrap();
    let reads = records["entries"].as_array().unwrap();
    let public = reads.iter().filter(|record| record.to_string().contains(&public_id())).count();
    assert!((1..=8).contains(&public), "{public} records of {}", reads.len());
    province.end().await.unwrap();
}
