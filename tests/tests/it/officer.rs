//! What an evaluator and the lead department do from the aggregator's pages beside chapters and editions: schemes from the file to their
//! publication, joint evaluations, and all of it in a real browser. Over mutual TLS, as a browser of each person.

use http::StatusCode;
use scraper::Html;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{AGGREGATOR, Province, approver_id, auditor_id, evaluator_id, until, writer_id};

use crate::{
    commitments::{commitment, promise, two_hats},
    evaluator::{province, to_sign},
    intake::{
        browser::{equip, in_chromium},
        person::{Browser, Got, all, attribute, one},
        signed, signer,
    },
    runs::SMALL,
    schemes::publish,
    sharing::cases_of_ecology,
};

const SCHEMES: &str = "wufei.evaluation.v1.SchemeService";
const JOINT: &str = include_str!("../../../deploy/schemes/zwc-joint.yaml");

pub(crate) fn browser(province: &Province, principal: &str) -> Browser {
    Browser::of(province, AGGREGATOR, principal)
}

pub(crate) async fn entries(province: &Province) -> u64 {
    province.head(AGGREGATOR).await.unwrap().size
}

pub(crate) fn parsed(got: &Got) -> Html {
    Html::parse_document(&got.text)
}

/// Signs what a page shows, by a person's own key, and sends it.
pub(crate) async fn sign(province: &Province, principal: &str, page: &Html) -> Got {
    let (file, fields) = to_sign(page);
    let signatures = signed(&file, &signer(province, principal)).to_string();
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("signatures", &signatures));
    let action = attribute(page, "form[data-sign]", "action");
    browser(province, principal).post_from(page, &action, &fields, None).await
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
    cases_of_ecology(&province).await;
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
