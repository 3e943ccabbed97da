//! What the lead department and an evaluator do from the aggregator's pages beside chapters and editions: progress of commitments and their
//! acceptance, schemes from the file to their publication, joint evaluations. Over mutual TLS, as a browser of each person.

use http::StatusCode;
use policy::Role;
use scraper::Html;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{AGGREGATOR, Province, approver_id, auditor_id, evaluator_id, until, writer_id};

use crate::{
    evaluator::{province, to_sign},
    intake::{
        browser::{equip, in_chromium},
        person::{Browser, Got, all, attribute, one},
        signed, signer,
    },
    runs::SMALL,
    schemes::publish,
};

const FOLLOW_UP: &str = "wufei.followup.v1.FollowUpService";
const SCHEMES: &str = "wufei.evaluation.v1.SchemeService";
const JOINT: &str = include_str!("../../../deploy/schemes/zwc-joint.yaml");
/// A document on which something is accepted.
const DOCUMENT: [(&str, &str); 4] =
    [("title", "验收意见（模拟数据）"), ("number", "测试〔2025〕1号"), ("issued", "2025-06-20"), ("uri", "")];

fn browser(province: &Province, principal: &str) -> Browser {
    Browser::of(province, AGGREGATOR, principal)
}

async fn entries(province: &Province) -> u64 {
    province.head(AGGREGATOR).await.unwrap().size
}

fn parsed(got: &Got) -> Html {
    Html::parse_document(&got.text)
}

/// Signs what a page shows, by a person's own key, and sends it.
async fn sign(province: &Province, principal: &str, page: &Html) -> Got {
    let (file, fields) = to_sign(page);
    let signatures = signed(&file, &signer(province, principal)).to_string();
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("signatures", &signatures));
    let action = attribute(page, "form[data-sign]", "action");
    browser(province, principal).post_from(page, &action, &fields, None).await
}

/// Two commitments that are measured and due at the end of the year.
async fn promise(province: &Province) {
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
async fn two_hats(province: &Province) {
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

async fn commitment(province: &Province, id: &str) -> Value {
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
    assert!(one(&shown, "main").contains("还没有人报告进展") && one(&shown, "a.button").contains("填报进展"));
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

#[tokio::test(flavor = "multi_thread")]
async fn a_scheme_goes_from_its_file_to_its_publication_and_a_run() {
    let province = province().await;
    let person = browser(&province, &evaluator_id());
    assert!(person.get("/runs").await.text.contains("/schemes"));
    let form = person.get("/schemes/new").await.html();
    let before = entries(&province).await;
    let new = SMALL.replace("id: small", "id: small-two");
    let faulty = new.replace("weight: 100", "weight: 90");
    let got =
        person.post_from(&form, "/schemes/sign", &[("yaml", "")], Some(("file", "two.yaml", faulty.as_bytes()))).await;
    assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", got.text);
    let page = parsed(&got);
    assert!(
        one(&page, "#faults").contains("第 ") && one(&page, "#faults").contains("分组权重之和应为 100；填的是 90"),
        "{}",
        got.text
    );
    assert!(one(&page, "#yaml").contains("id: small-two"), "the file is there to be corrected");
    for (file, words) in [(&b"\xff\xfe"[..], "UTF-8"), (b"", "没有方案")] {
        let got = person.post_from(&form, "/schemes/sign", &[("yaml", "")], Some(("file", "x.yaml", file))).await;
        assert!(got.status == StatusCode::UNPROCESSABLE_ENTITY && got.text.contains(words), "{}", got.text);
    }
    // What only the service knows is told before the signature too.
    let unknown = crate::runs::INDEX.replace("columns: [ZWC2021-25]", "columns: [gdp]");
    let got = person.post_from(&form, "/schemes/sign", &[("yaml", &unknown)], None).await;
    assert!(one(&parsed(&got), "#faults").contains("index.rubble"), "{}", got.text);
    assert_eq!(entries(&province).await, before);

    let page = person.post_from(&page, "/schemes/sign", &[("yaml", &new)], None).await.html();
    let main = one(&page, "main");
    for words in
        ["小例", "资源化利用", "越高越好、S1", "优 90、差 0", "还没有完成过评价", "参考目标 值 50", "fallback_target"]
    {
        assert!(main.contains(words), "{words}: {main}");
    }
    let stored = sign(&province, &evaluator_id(), &page).await;
    assert_eq!(stored.header("location"), "/schemes/small-two@draft", "{}", stored.text);
    let draft = person.get("/schemes/small-two@draft").await.html();
    assert!(all(&draft, "a.button").iter().any(|text| text.contains("提交发布")), "{}", draft.html());
    let page = person.get("/schemes/small-two@draft/propose").await.html();
    let proposed = sign(&province, &evaluator_id(), &page).await;
    assert_eq!(proposed.header("location"), "/schemes/small-two@draft", "{}", proposed.text);

    // Four eyes: whoever wrote it is told.
    let own = person.get("/schemes/small-two@draft/publish").await.html();
    let own = sign(&province, &evaluator_id(), &own).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(own.text.contains("ROLE_CONFLICT") && own.text.contains("请由另一主体发布"), "{}", own.text);
    let approver = browser(&province, &approver_id("ecology"));
    let page = approver.get("/schemes/small-two@draft/publish").await.html();
    let published = sign(&province, &approver_id("ecology"), &page).await;
    assert_eq!(published.header("location"), "/schemes/small-two", "{}", published.text);

    let page = person.get("/runs/new/sign?scheme=schemes%2Fsmall-two&period=2024").await.html();
    assert!(one(&page, ".said").contains("schemes/small-two"));
    let begun = sign(&province, &evaluator_id(), &page).await;
    let run = begun.header("location").to_owned();
    ended(&province, &run).await;
    let shown = person.get("/schemes/small-two").await.html();
    assert!(one(&shown, "main").contains("dept/ecology/approver") && one(&shown, "main").contains("已发布"));
    assert_eq!(attribute(&shown, "#runs-h ~ .scroll a", "href"), run);
    // A change of it says what it would change.
    let form = person.get("/schemes/new?from=small-two").await.html();
    let changed = new.replace("{value: 50,", "{value: 100,");
    let page = person.post_from(&form, "/schemes/sign", &[("yaml", &changed)], None).await.html();
    assert!(one(&page, "main").contains("50.00 → 25.00"), "{}", one(&page, "main"));
    province.end().await.unwrap();
}

/// Waits for the end of a run by its address.
async fn ended(province: &Province, run: &str) -> Value {
    let name = run.replace("/runs/", "departments/aggregator/evaluationRuns/");
    let get = "wufei.evaluation.v1.EvaluationService/GetEvaluationRun";
    until("the end of the run", async || {
        let found = province.evaluator()?.call_json(get, json!({ "name": name })).await?["evaluationRun"].take();
        Ok((found["state"] == "RUN_STATE_SUCCEEDED").then_some(found))
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joint_evaluation_is_started_from_the_page_with_the_runs_of_its_parts() {
    let province = province().await;
    publish(&province, JOINT).await;
    let first = province.run(json!({ "scheme": "schemes/small", "period": "2024" })).await.unwrap();
    let person = browser(&province, &evaluator_id());
    let form = person.get("/runs/new").await.html();
    let part = format!("schemes/zwc-joint|indicators|{}", first["name"].as_str().unwrap());
    assert!(form.html().contains(&part), "{}", form.html());
    let escaped = part.replace('/', "%2F").replace('|', "%7C");
    let asked = |deadline: &str, scheme: &str| {
        format!("/runs/new/sign?scheme=schemes%2F{scheme}&period=2024&part={escaped}&deadline={deadline}")
    };
    // The service knows what fits; what was chosen stays.
    let page = person.get(&asked("2025-03-31", "small")).await.html();
    let refused = sign(&province, &evaluator_id(), &page).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    let again = parsed(&refused);
    assert!(!one(&again, "#deadline-fault").is_empty(), "{}", refused.text);
    assert_eq!(attribute(&again, "#deadline", "value"), "2025-03-31");
    assert_eq!(attribute(&again, "option[selected][value*='|indicators|']", "value"), part);
    let page = person.get(&asked("2030-01-01", "zwc-joint")).await.html();
    assert!(one(&page, ".said").contains("indicators = departments/aggregator/evaluationRuns/"));
    let begun = sign(&province, &evaluator_id(), &page).await;
    let run = ended(&province, begun.header("location")).await;
    assert_eq!((&run["partRuns"][0]["run"], &run["reportingDeadline"]), (&first["name"], &json!("2030-01-01")));
    // And an earlier run again.
    let address = begun.header("location");
    let link = attribute(&person.get(address).await.html(), "a[href^='/runs/new/sign?repeats']", "href");
    let page = person.get(&link).await.html();
    let again = sign(&province, &evaluator_id(), &page).await;
    assert_eq!(ended(&province, again.header("location")).await["resultDigest"], run["resultDigest"]);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_act_is_offered_nothing_and_refused() {
    let province = province().await;
    promise(&province).await;
    let auditor = browser(&province, &auditor_id());
    for (path, offered) in [
        ("/commitments/c1", "/commitments/c1/progress"),
        ("/commitments/c1", "/commitments/c1/acceptance"),
        ("/schemes", "/schemes/new"),
        ("/schemes/small", "/schemes/small/publish"),
    ] {
        let page = auditor.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(!page.text.contains(&format!("href=\"{offered}")), "{path} offers {offered}");
        assert_eq!(auditor.get(offered).await.status, StatusCode::FORBIDDEN, "{offered}");
    }
    let lead = browser(&province, &writer_id("ecology"));
    assert_eq!(lead.get("/commitments/none").await.status, StatusCode::NOT_FOUND);
    assert_eq!(lead.get("/commitments/none/progress").await.status, StatusCode::NOT_FOUND);
    assert_eq!(lead.get("/entries/9999").await.status, StatusCode::NOT_FOUND);
    let person = browser(&province, &evaluator_id());
    assert_eq!(person.get("/schemes/none").await.status, StatusCode::NOT_FOUND);
    assert_eq!(person.get("/schemes/small/burn").await.status, StatusCode::NOT_FOUND);
    // A form without its token changes nothing.
    let before = entries(&province).await;
    let bare = Html::parse_document("<input name=token value=00>");
    for path in ["/schemes/sign", "/schemes", "/schemes/small/propose", "/commitments/c1/acceptance"] {
        let got = person.post_from(&bare, path, &[("yaml", SMALL)], None).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{path}: {}", got.text);
    }
    assert_eq!(entries(&province).await, before);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheme_is_checked_without_a_signature_and_nothing_is_stored() {
    let province = province().await;
    let evaluator = province.evaluator().unwrap();
    let before = entries(&province).await;
    let check = async |yaml: &str| {
        let request = json!({ "scheme": { "yaml": yaml } });
        evaluator.call_json(&format!("{SCHEMES}/CheckScheme"), request).await.unwrap()
    };
    let good = check(SMALL).await;
    assert_eq!((&good["scheme"]["name"], &good["faults"]), (&json!("schemes/small"), &Value::Null));
    let two = check(&SMALL.replace("weight: 100", "weight: 90").replace(
        "method: S1, fallback_target: {value: 50, source: 测试}}\n      - {id: ZWC2021-26",
        "method: S9}\n      - {id: ZWC2021-26",
    ))
    .await;
    let faults = two["faults"].as_array().unwrap();
    assert!(faults.len() >= 2 && two["scheme"] == Value::Null, "every fault at once: {two}");
    assert!(faults.iter().all(|fault| fault["line"].as_u64() > Some(0) && fault["action"]["zh"].is_string()), "{two}");
    let none = evaluator.call_json(&format!("{SCHEMES}/CheckScheme"), json!({})).await.unwrap_err();
    assert_eq!(none.refusal().unwrap().violations[0].field, "scheme.yaml");
    assert_eq!(entries(&province).await, before);
    // What it would change is about all cities, which a city does not see.
    let city = province.caller(AGGREGATOR, &writer_id(crate::figures::CITY)).unwrap();
    let refused = city.call_json(&format!("{SCHEMES}/CheckScheme"), json!({ "scheme": { "yaml": SMALL } })).await;
    assert_eq!(refused.unwrap_err().reason(), "PURPOSE_REQUIRED");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_acceptance_and_a_scheme_go_through_a_browser_in_two_languages() {
    let province = province().await;
    promise(&province).await;
    two_hats(&province).await;
    let folder = TempDir::new().unwrap();
    for (name, principal) in
        [("lead", writer_id("ecology")), ("evaluator", evaluator_id()), ("approver", approver_id("ecology"))]
    {
        equip(&province, folder.path(), name, &principal);
    }
    for lang in ["zh", "en"] {
        let good = SMALL.replace("id: small", &format!("id: small-{lang}"));
        std::fs::write(folder.path().join(format!("{lang}-faulty.yaml")), good.replace("weight: 100", "weight: 90"))
            .unwrap();
        std::fs::write(folder.path().join(format!("{lang}-good.yaml")), good).unwrap();
    }
    in_chromium("officer.mjs", province.pages_of(AGGREGATOR).unwrap(), folder.path()).await;
    for id in ["c1", "c2"] {
        assert_eq!(commitment(&province, id).await["light"], "LIGHT_BLUE");
    }
    province.end().await.unwrap();
}
