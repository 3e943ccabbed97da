//! Commitments from the aggregator's pages: put on record, reported on, corrected, accepted. Over mutual TLS, as a browser of each person.

use http::StatusCode;
use policy::Role;
use serde_json::{Value, json};
use testkit::{AGGREGATOR, Province, evaluator_id, until, writer_id};

use crate::{
    evaluator::{province, to_sign},
    intake::person::{all, attribute, one},
    officer::{browser, entries, parsed, sign},
};

const FOLLOW_UP: &str = "wufei.followup.v1.FollowUpService";
/// A document on which something is accepted.
pub(crate) const DOCUMENT: [(&str, &str); 4] =
    [("title", "验收意见（模拟数据）"), ("number", "测试〔2025〕1号"), ("issued", "2025-06-20"), ("uri", "")];

/// Two commitments that are measured and due at the end of the year.
pub(crate) async fn promise(province: &Province) {
    let lead = province.caller(AGGREGATOR, &writer_id("ecology")).unwrap();
    for id in ["c1", "c2"] {
        let target = json!({
            "indicator": "建成项目", "value": { "value": { "value": "10" }, "unit": "项" }, "countingRule": "测试",
        });
        let commitment = json!({
            "sequence": id.to_uppercase(), "text": "建成十个示范项目（模拟数据）", "responsible": ["测试单位"],
            "responsibleBasis": "测试", "target": target, "startDate": "2025-01-01", "deadline": "2025-12-31",
            "suggestedEvidence": "验收意见",
        });
        let request = json!({
            "parent": "departments/aggregator", "commitmentId": id, "commitment": commitment,
            "requestId": province.id(),
        });
        lead.call_json(&format!("{FOLLOW_UP}/CreateCommitment"), request).await.unwrap();
    }
}

/// The lead department's writer is an evaluator too: whom the policies let report and accept.
pub(crate) async fn two_hats(province: &Province) {
    let change = |document: &mut directory::Document| {
        let both = document.members.iter_mut().find(|member| member.principal.to_string() == writer_id("ecology"));
        both.unwrap().roles.insert(Role::Evaluator);
    };
    province.identities().publish(change).unwrap();
    let person = browser(province, &writer_id("ecology"));
    until("the directory with both roles", async || {
        Ok((person.get("/commitments/c1/acceptance").await.status == StatusCode::OK).then_some(()))
    })
    .await
    .unwrap();
}

pub(crate) async fn commitment(province: &Province, id: &str) -> Value {
    let name = json!({ "name": format!("departments/aggregator/commitments/{id}") });
    let found = province.evaluator().unwrap().call_json(&format!("{FOLLOW_UP}/GetCommitment"), name).await.unwrap();
    found["commitment"].clone()
}

/// A report of progress as a form.
fn report<'a>(percent: &'a str, as_of: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields =
        vec![("as-of", as_of), ("percent", percent), ("measured", "6"), ("summary", "已建成六个。\r\n其余在建。")];
    fields.extend(DOCUMENT);
    fields
}

async fn reported(province: &Province, id: &str) {
    let lead = browser(province, &writer_id("ecology"));
    let form = lead.get(&format!("/commitments/{id}/progress")).await.html();
    let page =
        lead.post_from(&form, &format!("/commitments/{id}/progress/sign"), &report("60", "2025-07-01"), None).await;
    let done = sign(province, &writer_id("ecology"), &page.html()).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, format!("/commitments/{id}").as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_reported_from_the_page_and_what_is_wrong_is_told_on_the_form() {
    let province = province().await;
    promise(&province).await;
    let lead = browser(&province, &writer_id("ecology"));
    assert!(lead.get("/commitments").await.text.contains("/commitments/c1"));
    let shown = lead.get("/commitments/c1").await.html();
    let offered = all(&shown, "a.button");
    assert!(
        one(&shown, "main").contains("还没有人报告进展") && offered.contains(&"填报进展".to_owned()),
        "{offered:?}"
    );
    let before = entries(&province).await;
    let form = lead.get("/commitments/c1/progress").await.html();
    assert_eq!(attribute(&form, "#as-of", "value"), commitment(&province, "c1").await["lightDate"]);

    // Every fault at once, each at its field, with what was typed.
    let mut wrong = report("135", "6月底");
    wrong.push(("title", ""));
    wrong.push(("uri", "https://example.gov.cn/a"));
    let page = lead.post_from(&form, "/commitments/c1/progress/sign", &wrong, None).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = parsed(&page);
    assert_eq!(all(&page, "#faults li").len(), 3, "{:?}", all(&page, "#faults li"));
    assert!(one(&page, "#percent-fault").contains("进度应在 0 到 100 之间；填报值：135；请按百分数填写"));
    assert!(one(&page, "#as-of-fault").contains("填报值：6月底"));
    assert!(one(&page, "#title-1-fault").contains("佐证材料须写名称"));
    assert_eq!(attribute(&page, "#percent", "value"), "135");
    assert!(one(&page, "#summary").contains("已建成六个。"));

    let page = lead.post_from(&form, "/commitments/c1/progress/sign", &report("60", "2025-07-01"), None).await.html();
    let said = one(&page, ".said");
    for words in ["建成十个示范项目", "2025-07-01", "60 %", "6 项", "已建成六个。", "其余在建。", "测试〔2025〕1号"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(entries(&province).await, before, "nothing is recorded before it is signed");
    // In the other language, and back on the form, it is all there still.
    let (_, fields) = to_sign(&page);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let english = lead.post_from(&page, "/commitments/c1/progress/sign?lang=en", &fields, None).await.html();
    assert!(one(&english, ".said").contains("What was done") && one(&english, ".said").contains("已建成六个。"));
    let again = lead.post_from(&page, "/commitments/c1/progress/form", &fields, None).await.html();
    assert_eq!(
        (attribute(&again, "#percent", "value"), attribute(&again, "#title-0", "value")),
        ("60".to_owned(), DOCUMENT[0].1.to_owned())
    );

    let done = sign(&province, &writer_id("ecology"), &page).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/commitments/c1"), "{}", done.text);
    assert_eq!(entries(&province).await, before + 1);
    assert_eq!(commitment(&province, "c1").await["light"], "LIGHT_GREEN");
    let shown = lead.get("/commitments/c1").await.html();
    let line = one(&shown, "tbody tr");
    for words in ["2025-07-01", "60 %", "已建成六个。 其余在建。", "验收意见", "dept/ecology/writer"] {
        assert!(line.contains(words), "{words}: {line}");
    }
    let entry = lead.get(&attribute(&shown, "tbody a", "href")).await.html();
    assert!(
        one(&entry, "main").contains("CreateProgressReport") && one(&entry, "pre").contains("c2sp.org"),
        "{}",
        entry.html()
    );
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_accepts_what_they_reported_and_another_person_does() {
    let province = province().await;
    promise(&province).await;
    let both = writer_id("ecology");
    let lead = browser(&province, &both);
    assert_eq!(lead.get("/commitments/c1/acceptance").await.status, StatusCode::FORBIDDEN, "the policies");
    two_hats(&province).await;
    // This page was opened before the report.
    let form = lead.get("/commitments/c1/acceptance").await.html();
    let early = lead.post_from(&form, "/commitments/c1/acceptance/sign", &DOCUMENT, None).await.html();
    reported(&province, "c1").await;
    let before = entries(&province).await;
    for refused in [
        // Before anybody signs, and by the service after it.
        lead.post_from(&form, "/commitments/c1/acceptance/sign", &DOCUMENT, None).await,
        sign(&province, &both, &early).await,
    ] {
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        let page = parsed(&refused);
        assert!(one(&page, "#faults").contains("办结须由报送人以外的人认定"), "{}", refused.text);
        assert_eq!(attribute(&page, "#title-0", "value"), DOCUMENT[0].1, "what was typed stays");
    }
    assert_eq!(entries(&province).await, before);

    let other = browser(&province, &evaluator_id());
    let form = other.get("/commitments/c1/acceptance").await.html();
    assert!(one(&form, "main").contains("dept/ecology/writer"), "it says who reported");
    let without = other.post_from(&form, "/commitments/c1/acceptance/sign", &[("title", " ")], None).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(one(&parsed(&without), "#title-0-fault").contains("办结须有佐证材料"));
    let page = other.post_from(&form, "/commitments/c1/acceptance/sign", &DOCUMENT, None).await.html();
    assert!(one(&page, ".said").contains("测试〔2025〕1号"));
    let done = sign(&province, &evaluator_id(), &page).await;
    assert_eq!(done.header("location"), "/commitments/c1", "{}", done.text);
    let closed = commitment(&province, "c1").await;
    assert_eq!(
        (&closed["light"], &closed["acceptance"]["evidence"][0]["title"]),
        (&json!("LIGHT_BLUE"), &json!(DOCUMENT[0].1))
    );
    assert_eq!(closed["acceptance"]["record"]["provenance"]["principal"], evaluator_id());
    let shown = one(&other.get("/commitments/c1").await.html(), "main");
    assert!(shown.contains("蓝灯") && shown.contains("evaluator/test") && shown.contains("测试〔2025〕1号"), "{shown}");
    assert!(!shown.contains("填报进展"), "what is closed is not reported on");
    province.end().await.unwrap();
}

/// A commitment as a form.
const PROMISE: [(&str, &str); 12] = [
    ("id", "c9-1"),
    ("sequence", "C9-1"),
    ("text", "建成五个示范点（模拟数据）"),
    ("responsible", "测试单位\r\n另一单位"),
    ("basis", "推定"),
    ("indicator", "示范点"),
    ("value", "5"),
    ("unit", "个"),
    ("rule", ""),
    ("start", "2025-01-01"),
    ("deadline", "2025-12-31"),
    ("document", "测试〔2025〕2号"),
];

/// The same with other values in some fields, and some fields more.
fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = PROMISE.into_iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name));
    kept.chain(changes.iter().copied()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commitment_is_put_on_record_from_the_page_and_corrected_with_its_reason() {
    let province = province().await;
    let lead = browser(&province, &writer_id("ecology"));
    assert!(one(&lead.get("/commitments").await.html(), "a.button").contains("登记承诺事项"));
    let form = lead.get("/commitments/new").await.html();
    let before = entries(&province).await;
    let wrong = [("id", ""), ("responsible", " "), ("value", "五"), ("unit", ""), ("deadline", "2024-12-31")];
    let page = lead.post_from(&form, "/commitments/new/sign", &with(&wrong), None).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
    let page = parsed(&page);
    for (field, words) in [
        ("id", "须有标识"),
        ("responsible", "须写明责任单位"),
        ("unit", "量化目标须写全"),
        ("value", "应为数字；填报值：五"),
        ("deadline", "时限不能早于开始日期 2025-01-01；填报值：2024-12-31"),
    ] {
        let told = one(&page, &format!("#{field}-fault"));
        assert!(told.contains(words), "{field}: {told}");
    }
    assert_eq!(attribute(&page, "#sequence", "value"), "C9-1", "what was typed stays");
    let page = lead.post_from(&form, "/commitments/new/sign", &with(&[("unit", "斗")]), None).await;
    let told = one(&parsed(&page), "#unit-fault");
    assert!(told.contains("单位不在单位表内；填报值：斗"), "a target is not dropped for its unit: {told}");

    let page = lead.post_from(&form, "/commitments/new/sign", &with(&[]), None).await.html();
    for words in ["建成五个示范点", "测试单位、另一单位", "示范点 5 个", "2025-12-31", "测试〔2025〕2号"]
    {
        assert!(one(&page, ".said").contains(words), "{words}: {}", one(&page, ".said"));
    }
    assert_eq!(entries(&province).await, before, "nothing is recorded before it is signed");
    let done = sign(&province, &writer_id("ecology"), &page).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/commitments/c9-1"), "{}", done.text);
    let recorded = commitment(&province, "c9-1").await;
    assert_eq!(
        (&recorded["responsible"], &recorded["target"]["value"]["value"]["value"], &recorded["light"]),
        (&json!(["测试单位", "另一单位"]), &json!("5"), &json!("LIGHT_RED"))
    );
    // A second one of this id is told on the form.
    let page = lead.post_from(&form, "/commitments/new/sign", &with(&[("request", "")]), None).await.html();
    let again = sign(&province, &writer_id("ecology"), &page).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", again.text);
    assert!(one(&parsed(&again), "#faults").contains("已存在"), "{}", again.text);

    // The target is dropped: the light counts no progress any more, and the page says which revision it is.
    let form = lead.get("/commitments/c9-1/correction").await.html();
    assert_eq!(attribute(&form, "#unit option[selected]", "value"), "个");
    let etag = attribute(&form, "input[name=etag]", "value");
    let none = [("indicator", ""), ("value", ""), ("unit", ""), ("etag", etag.as_str()), ("reason", ""), ("note", "")];
    let page = lead.post_from(&form, "/commitments/c9-1/correction/sign", &with(&none), None).await;
    assert!(!one(&parsed(&page), "#reason-fault").is_empty() && !one(&parsed(&page), "#note-fault").is_empty());
    let mut none = none.to_vec();
    none.truncate(4);
    none.extend([("reason", "definition-change"), ("note", "目标未商定")]);
    let page = lead.post_from(&form, "/commitments/c9-1/correction/sign", &with(&none), None).await.html();
    let said = one(&page, ".said");
    assert!(said.contains("无量化目标") && said.contains("目标未商定"), "{said}");
    // Two open the same revision: the second is told.
    let done = sign(&province, &writer_id("ecology"), &page).await;
    assert_eq!(done.header("location"), "/commitments/c9-1", "{}", done.text);
    let page = lead.post_from(&form, "/commitments/c9-1/correction/sign", &with(&none), None).await.html();
    let late = sign(&province, &writer_id("ecology"), &page).await;
    assert!(one(&parsed(&late), "#faults").contains("已有更新的版本"), "{}", late.text);
    let corrected = commitment(&province, "c9-1").await;
    assert_eq!((&corrected["light"], &corrected["record"]["revision"]), (&json!("LIGHT_YELLOW"), &json!(2)));
    assert!(corrected["lightReason"]["zh"].as_str().unwrap().contains("无量化目标"), "{corrected}");
    assert!(one(&lead.get("/commitments/c9-1").await.html(), "main").contains("第 2 版"));
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_progress_is_corrected_and_keeps_its_evidence() {
    let province = province().await;
    promise(&province).await;
    reported(&province, "c1").await;
    let lead = browser(&province, &writer_id("ecology"));
    let shown = lead.get("/commitments/c1").await.html();
    let address = attribute(&shown, "tbody a[href$='/correction']", "href");
    let form = lead.get(&address).await.html();
    let get = |id: &str| attribute(&form, id, "value");
    assert_eq!((get("#percent"), get("#measured"), get("#title-0")), ("60".into(), "6".into(), DOCUMENT[0].1.into()));
    let etag = get("input[name=etag]");
    let mut fields = report("40", "2025-07-01");
    fields.extend([("etag", etag.as_str()), ("reason", "clerical-error"), ("note", "笔误，应为四成")]);
    let page = lead.post_from(&form, &format!("{address}/sign"), &fields, None).await.html();
    let said = one(&page, ".said");
    assert!(said.contains("40 %") && said.contains("笔误，应为四成") && said.contains(DOCUMENT[0].1), "{said}");
    let done = sign(&province, &writer_id("ecology"), &page).await;
    assert_eq!(done.header("location"), "/commitments/c1", "{}", done.text);
    let shown = lead.get("/commitments/c1").await.html();
    let lines = all(&shown, "#reports-h ~ .scroll tbody tr");
    let [line] = lines.as_slice() else { panic!("one report: {lines:?}") };
    assert!(line.contains("40 %") && line.contains("第 2 版"), "{line}");
    assert_eq!(lead.get("/commitments/c1/progress/none/correction").await.status, StatusCode::NOT_FOUND);
    // A report is corrected where it belongs; elsewhere it would become a report of another commitment.
    let elsewhere = address.replace("/c1/", "/c2/");
    assert_eq!(lead.get(&elsewhere).await.status, StatusCode::NOT_FOUND);
    let moved = lead.post_from(&form, &format!("{elsewhere}/sign"), &fields, None).await;
    assert_eq!(moved.status, StatusCode::NOT_FOUND, "{}", moved.text);
    // Who may not correct is offered nothing.
    let auditor = browser(&province, &testkit::auditor_id());
    assert!(!auditor.get("/commitments/c1").await.text.contains("/correction"));
    for path in ["/commitments/new", "/commitments/c1/correction", address.as_str()] {
        assert_eq!(auditor.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    province.end().await.unwrap();
}
