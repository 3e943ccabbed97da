//! Share requests and data-quality tickets between real nodes: filed at one, answered there, followed by the aggregator, seen on
//! its pages by those who have a part in them.

use client::{CallError, Connection};
use serde_json::{Value, json};
use testkit::{AGGREGATOR, Engine, Province, evaluator_id, until, writer_id};

use crate::{
    dashboard::{Browser, all},
    figures::{CITY, submission},
};

async fn call(caller: &Connection, method: &str, request: Value) -> Result<Value, String> {
    let answer = caller.call_json(&format!("wufei.sharing.v1.SharingService/{method}"), request).await;
    answer.map_err(|error| {
        let CallError::Refused(refusal) = error else { panic!("{method}: {error}") };
        refusal.reason
    })
}

async fn file(province: &Province, node: &str, requester: &str, id: &str, resource: &str) -> Result<Value, String> {
    let request = json!({
        "parent": format!("departments/{node}"), "shareRequestId": id, "requestId": province.id(),
        "shareRequest": {
            "dataResource": format!("dataResources/{resource}"), "basis": "晋环提函〔2025〕35号（模拟数据）",
            "scenario": "联合核对回收量", "scope": "全省", "mode": "文件下载", "expireDate": "2026-12-31",
        },
    });
    let caller = province.caller(node, &writer_id(requester)).unwrap();
    Ok(call(&caller, "CreateShareRequest", request).await?["shareRequest"].clone())
}

async fn answer(province: &Province, speaker: &str, before: &Value, answer: Value) -> Result<Value, String> {
    let node = before["name"].as_str().unwrap().split('/').nth(1).unwrap();
    let (kind, field) = if before.get("dataResource").is_some() {
        ("ShareRequest", "shareRequest")
    } else {
        ("QualityTicket", "qualityTicket")
    };
    let mut after = before.clone();
    after["answer"] = answer;
    let request = json!({
        field: after, "etag": before["record"]["etag"], "requestId": province.id(),
        "correction": { "reason": "CORRECTION_REASON_PROCEDURE_STEP", "note": "办理" },
    });
    let caller = province.caller(node, &writer_id(speaker)).unwrap();
    Ok(call(&caller, &format!("Update{kind}"), request).await?[field].clone())
}

/// Names of what a member sees at a service.
async fn seen(province: &Province, service: &str, principal: &str, what: &str) -> Result<Vec<String>, String> {
    let caller = province.caller(service, principal).unwrap();
    let field = format!("{}{}", what[..1].to_lowercase(), &what[1..]);
    let found = call(&caller, &format!("List{what}"), json!({ "parent": "departments/-" })).await?;
    let listed = found[&field].as_array().into_iter().flatten();
    Ok(listed.map(|one| one["name"].as_str().unwrap().to_owned()).collect())
}

/// A ticket of a city on a figure that ecology holds. It is about the city, so the city reads it at any node (Order 809, Art. 24).
async fn doubt(province: &Province) -> Value {
    let mut figure = submission(0, 1);
    figure.request["parent"] = "departments/ecology".into();
    let writer = province.writer("ecology").unwrap();
    let figure = writer.call_json(&figure.method, figure.request).await.unwrap()["observations"][0]["name"].clone();
    let reader = province.caller("ecology", &writer_id(CITY)).unwrap();
    let ticket = json!({
        "parent": "departments/ecology", "qualityTicketId": "t1", "requestId": province.id(),
        "qualityTicket": { "observation": figure, "question": "与市级台账不一致（模拟数据）" },
    });
    call(&reader, "CreateQualityTicket", ticket).await.unwrap()["qualityTicket"].clone()
}

/// What a city asks of ecology, seen at the aggregator: a request that waits, one that was granted, a doubt.
pub(crate) async fn cases_of_ecology(province: &Province) {
    file(province, "ecology", CITY, "r1", "enforcement-records").await.unwrap();
    let second = file(province, "ecology", CITY, "r2", "evidence-reviews").await.unwrap();
    answer(province, "ecology", &second, json!({ "decision": "SHARE_DECISION_GRANTED" })).await.unwrap();
    doubt(province).await;
    province.followed("ecology").await.unwrap();
}

async fn a_case_is_followed(engine: Engine) {
    let mut province = Province::new(engine).unwrap();
    for department in ["ecology", "commerce", "scitech"] {
        province.add_department(department).await.unwrap();
    }
    province.add_aggregator().await.unwrap();
    let filed = file(&province, "commerce", "ecology", "r1", "recycling-enterprises").await.unwrap();
    assert_eq!(filed["state"], "SHARE_REQUEST_STATE_SUBMITTED");
    assert_eq!(
        file(&province, "commerce", "ecology", "r2", "research-projects").await,
        Err("FIELD_INVALID".to_owned()),
        "another department holds it"
    );
    let foreign = answer(&province, "scitech", &filed, json!({ "decision": "SHARE_DECISION_GRANTED" })).await;
    assert_eq!(foreign, Err("PERMISSION_DENIED".to_owned()));
    let granted = answer(&province, "commerce", &filed, json!({ "decision": "SHARE_DECISION_GRANTED" })).await.unwrap();
    assert_eq!(granted["deliveryDueDate"], "2025-07-29");

    // Both sides see at the aggregator what they see at the node, worked out from the same log; nobody else does.
    province.followed("commerce").await.unwrap();
    let names = vec!["departments/commerce/shareRequests/r1".to_owned()];
    for side in ["ecology", "commerce"] {
        assert_eq!(seen(&province, AGGREGATOR, &writer_id(side), "ShareRequests").await.unwrap(), names, "{side}");
    }
    assert!(seen(&province, AGGREGATOR, &writer_id("scitech"), "ShareRequests").await.unwrap().is_empty());
    let evaluator = seen(&province, AGGREGATOR, &evaluator_id(), "ShareRequests").await;
    assert_eq!(evaluator, Err("PERMISSION_DENIED".to_owned()));
    let auditor = province.auditor(AGGREGATOR).unwrap();
    let get = json!({ "name": names[0] });
    assert_eq!(call(&auditor, "GetShareRequest", get.clone()).await.unwrap()["shareRequest"], granted);
    province.clock().set("2025-07-30T02:00:00Z".parse().unwrap());
    let late = call(&auditor, "GetShareRequest", get).await.unwrap();
    assert_eq!(late["shareRequest"]["overdue"], true, "nobody typed it in");

    // What the aggregator itself holds is asked for there, and the lead department answers.
    let own = file(&province, AGGREGATOR, "commerce", "r1", "evaluation-runs").await.unwrap();
    let other = file(&province, AGGREGATOR, "commerce", "r2", "recycling-enterprises").await;
    assert_eq!(other, Err("FIELD_INVALID".to_owned()));
    let refusal = json!({ "decision": "SHARE_DECISION_REFUSED", "reason": "评价尚未完成" });
    let refused = answer(&province, "ecology", &own, refusal).await.unwrap();
    assert_eq!(refused["state"], "SHARE_REQUEST_STATE_REFUSED");
    assert_eq!(seen(&province, AGGREGATOR, &writer_id("ecology"), "ShareRequests").await.unwrap().len(), 2);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_filed_with_a_signature_answered_and_followed() {
    a_case_is_followed(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_on_postgres_is_what_it_is_on_sqlite() {
    a_case_is_followed(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_shows_each_side_its_requests_and_tickets() {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    for department in testkit::DEPARTMENTS {
        province.add_department(department).await.unwrap();
    }
    province.add_aggregator_with_pages(&writer_id(CITY)).await.unwrap();
    let browser = Browser::new(province.pages().unwrap());
    let empty = browser.get("/catalogue").await;
    assert!(empty.text.contains("没有您可以看到的共享申请") && empty.text.contains("没有您可以看到的数据校核单"));

    let filed = file(&province, "commerce", CITY, "r1", "recycling-enterprises").await.unwrap();
    file(&province, "commerce", "scitech", "r2", "recycling-network").await.unwrap();
    let ticket = doubt(&province).await;
    let upheld = json!({ "decision": "TICKET_DECISION_UPHELD", "reason": "与函件一致" });
    answer(&province, "ecology", &ticket, upheld).await.unwrap();
    province.clock().set("2025-07-16T02:00:00Z".parse().unwrap());
    for department in ["commerce", "ecology"] {
        province.followed(department).await.unwrap();
    }

    let page = until("the cases of the city", async || {
        let page = browser.get("/catalogue").await;
        Ok(page.text.contains("t1").then_some(page))
    });
    let page = page.await.unwrap().html();
    let rows = all(&page, "#requests tbody tr");
    let [request] = rows.as_slice() else { panic!("only its own: {rows:?}") };
    for words in ["r1", "再生资源回收骨干企业遴选", "太原市", "省商务厅", "待答复", "2025-07-15", "逾期", "commerce #"]
    {
        assert!(request.contains(words), "{words} in {request}");
    }
    let resources = all(&page, "main section:first-of-type tbody tr");
    assert!(resources.iter().any(|row| row.contains("待答复的申请 1")), "{resources:?}");
    let text = page.root_element().text().collect::<String>();
    for words in ["维持原数据", "与函件一致", "ZWC2021-26 太原市 2000-01-01"] {
        assert!(text.contains(words), "the ticket: {words}");
    }
    assert_eq!(filed["dueDate"], "2025-07-15");
    let english = browser.get("/catalogue?lang=en").await;
    assert!(english.text.contains("overdue") && english.text.contains("upheld"), "{}", english.text);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_read_no_case_is_told_so_below_the_catalogue() {
    let mut province = Province::new(Engine::Sqlite).unwrap();
    province.add_department("commerce").await.unwrap();
    province.add_aggregator_with_pages(&evaluator_id()).await.unwrap();
    let page = Browser::new(province.pages().unwrap()).get("/catalogue").await;
    assert!(page.text.contains("您没有读取共享申请的权限"), "{}", page.text);
    province.end().await.unwrap();
}
