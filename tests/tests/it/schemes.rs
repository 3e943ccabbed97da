//! Schemes: written by one principal, published by another, and what a change of one would do is shown before it is stored.

use client::Connection;
use serde_json::{Value, json};
use testkit::{AGGREGATOR, Engine, Province, approver_id};

use crate::runs::{INDEX, SMALL, two_cities, unit};

const SERVICE: &str = "wufei.evaluation.v1.SchemeService";

async fn call(caller: &Connection, method: &str, request: Value) -> Value {
    caller.call_json(&format!("{SERVICE}/{method}"), request).await.unwrap()
}

async fn refused(caller: &Connection, method: &str, request: Value) -> String {
    caller.call_json(&format!("{SERVICE}/{method}"), request).await.unwrap_err().reason().to_owned()
}

/// Who publishes: the approver of the lead department.
fn approver(province: &Province) -> Connection {
    province.caller(AGGREGATOR, &approver_id("ecology")).unwrap()
}

fn about(province: &Province, scheme: &Value) -> Value {
    json!({ "scheme": scheme, "requestId": province.id() })
}

/// The evaluator writes and proposes a scheme, the approver publishes it.
pub(crate) async fn publish(province: &Province, yaml: &str) -> Value {
    let evaluator = province.evaluator().unwrap();
    let draft = call(&evaluator, "CreateScheme", about(province, &json!({ "yaml": yaml }))).await;
    let proposed = call(&evaluator, "ProposeScheme", about(province, &draft["scheme"])).await;
    call(&approver(province), "PublishScheme", about(province, &proposed["scheme"])).await["scheme"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheme_is_published_by_another_principal_than_the_one_that_wrote_it() {
    let province = Province::of(&["ecology"], Engine::Sqlite).await.unwrap();
    let (evaluator, approver) = (province.evaluator().unwrap(), approver(&province));
    let draft = call(&evaluator, "CreateScheme", about(&province, &json!({ "yaml": SMALL }))).await["scheme"].clone();
    assert_eq!((&draft["name"], &draft["state"]), (&json!("schemes/small@draft"), &json!("SCHEME_STATE_DRAFT")));
    assert_eq!(draft["author"], testkit::evaluator_id());
    assert_eq!(refused(&evaluator, "GetScheme", json!({ "name": "schemes/small" })).await, "SCHEME_NOT_FOUND");

    // It is not put forward yet.
    assert_eq!(refused(&approver, "PublishScheme", about(&province, &draft)).await, "STAGE_TRANSITION_INVALID");
    let proposed = call(&evaluator, "ProposeScheme", about(&province, &draft)).await["scheme"].clone();
    assert_eq!(proposed["state"], "SCHEME_STATE_PROPOSED");
    assert_eq!(refused(&evaluator, "ProposeScheme", about(&province, &draft)).await, "STAGE_TRANSITION_INVALID");

    // Four eyes: the author is told who it is and what to do.
    let own = evaluator.call_json(&format!("{SERVICE}/PublishScheme"), about(&province, &proposed)).await.unwrap_err();
    assert_eq!(own.reason(), "ROLE_CONFLICT");
    assert!(own.refusal().unwrap().message.contains("请由另一主体发布"), "{own}");
    // What is published is what was proposed, to the letter.
    let mut other = proposed.clone();
    other["yaml"] = SMALL.replace("min_coverage: 0", "min_coverage: 0.5").into();
    assert_eq!(
        refused(&approver, "PublishScheme", about(&province, &other)).await,
        "SCHEME_INVALID",
        "text and messages"
    );
    other.as_object_mut().unwrap().remove("model");
    assert_eq!(refused(&approver, "PublishScheme", about(&province, &other)).await, "STALE_ETAG");
    let writer = province.caller(AGGREGATOR, &testkit::writer_id("ecology")).unwrap();
    assert_eq!(refused(&writer, "PublishScheme", about(&province, &proposed)).await, "PERMISSION_DENIED");
    assert_eq!(
        refused(&approver, "CreateScheme", about(&province, &json!({ "yaml": SMALL }))).await,
        "PERMISSION_DENIED"
    );

    let published = call(&approver, "PublishScheme", about(&province, &proposed)).await["scheme"].clone();
    assert_eq!(
        (&published["name"], &published["publisher"]),
        (&json!("schemes/small"), &json!(approver_id("ecology")))
    );
    let found = call(&evaluator, "GetScheme", json!({ "name": "schemes/small" })).await;
    assert_eq!(found["scheme"], published);
    let listed = call(&evaluator, "ListSchemes", json!({})).await;
    let names: Vec<_> = listed["schemes"].as_array().unwrap().iter().map(|scheme| scheme["name"].clone()).collect();
    assert_eq!(names, ["schemes/small", "schemes/zwc-2021"], "a published draft is done");
    assert_eq!(listed["schemes"][1]["configured"], true, "the operator answers for what the configuration brings");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_by_a_draft_is_provisional_and_makes_no_report() {
    let province = two_cities().await;
    let evaluator = province.evaluator().unwrap();
    publish(&province, SMALL).await;
    let changed = SMALL.replace("value: 50,", "value: 100,");
    call(&evaluator, "CreateScheme", about(&province, &json!({ "yaml": changed }))).await;
    let run = async |scheme: &str| province.run(json!({ "scheme": scheme, "period": "2024" })).await.unwrap();
    let (trial, real) = (run("schemes/small@draft").await, run("schemes/small").await);
    assert_eq!((&trial["provisional"], &real["provisional"]), (&json!(true), &Value::Null));
    let score = |run: &Value| unit(run, "140100")["score"]["value"].clone();
    assert_eq!((score(&trial), score(&real)), (json!("25.00"), json!("50.00")), "a draft changes nothing for others");
    let report = json!({ "evaluationRun": trial["name"], "requestId": province.id() });
    let method = "wufei.evaluation.v1.ReportService/CreateReport";
    assert_eq!(evaluator.call_json(method, report).await.unwrap_err().reason(), "SCHEME_NOT_PUBLISHED");
    province.report(&real).await.unwrap();
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_scheme_says_what_it_changes_before_it_is_stored() {
    let province = two_cities().await;
    let evaluator = province.evaluator().unwrap();
    publish(&province, SMALL).await;
    let run = province.run(json!({ "scheme": "schemes/small", "period": "2024" })).await.unwrap();
    let head = province.head(AGGREGATOR).await.unwrap();
    let changed = SMALL.replace("value: 50,", "value: 100,");
    let mut request = about(&province, &json!({ "yaml": changed }));
    request["validateOnly"] = true.into();
    let answer = call(&evaluator, "CreateScheme", request).await;
    assert_eq!((&answer["receipt"], &answer["impact"]["run"]), (&Value::Null, &run["name"]));
    let units = answer["impact"]["changes"]["units"].as_array().unwrap();
    let taiyuan = units.iter().find(|unit| unit["unit"] == "140100").unwrap();
    assert_eq!((&taiyuan["scoreBefore"]["value"], &taiyuan["scoreAfter"]["value"]), (&json!("50.00"), &json!("25.00")));
    let causes = taiyuan["causes"].as_array().unwrap();
    assert_eq!((causes.len(), &causes[0]["cause"]), (1, &json!("CHANGE_CAUSE_SCHEME")));
    assert_eq!(causes[0]["score"]["value"], "-25");
    assert_eq!(province.head(AGGREGATOR).await.unwrap(), head, "nothing was stored");

    // The approver sees the same before it publishes.
    let draft = call(&evaluator, "CreateScheme", about(&province, &json!({ "yaml": changed }))).await;
    let proposed = call(&evaluator, "ProposeScheme", about(&province, &draft["scheme"])).await;
    let mut request = about(&province, &proposed["scheme"]);
    request["validateOnly"] = true.into();
    assert_eq!(call(&approver(&province), "PublishScheme", request).await["impact"], answer["impact"]);
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_what_nobody_records_is_refused_with_its_nodes() {
    let province = Province::of(&["ecology"], Engine::Sqlite).await.unwrap();
    let evaluator = province.evaluator().unwrap();
    let yaml = INDEX.replace("columns: [ZWC2021-25]", "columns: [gdp]");
    let request = about(&province, &json!({ "yaml": yaml }));
    let error = evaluator.call_json(&format!("{SERVICE}/CreateScheme"), request).await.unwrap_err();
    assert_eq!(error.reason(), "SCHEME_INVALID");
    assert_eq!(error.refusal().unwrap().violations[0].field, "scheme.yaml:index.rubble");
    province.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheme_may_be_sent_as_messages_and_is_answered_in_both_forms() {
    let province = Province::of(&["ecology"], Engine::Sqlite).await.unwrap();
    let evaluator = province.evaluator().unwrap();
    let written = call(&evaluator, "CreateScheme", about(&province, &json!({ "yaml": SMALL }))).await["scheme"].clone();
    let indicator = &written["model"]["practice"]["groups"][0]["indicators"][0];
    assert_eq!(
        (&indicator["direction"], &indicator["fallbackTarget"]["value"]),
        (&json!("PRACTICE_DIRECTION_HIGHER_BETTER"), &json!("50"))
    );

    // The messages alone make the same scheme.
    let sent =
        call(&evaluator, "CreateScheme", about(&province, &json!({ "model": written["model"] }))).await["scheme"]
            .clone();
    assert_eq!((&sent["digest"], &sent["model"]), (&written["digest"], &written["model"]));
    assert!(sent["yaml"].as_str().unwrap().contains("ZWC2021-26"), "{sent}");
    assert_eq!(call(&evaluator, "GetScheme", json!({ "name": "schemes/small@draft" })).await["scheme"], sent);
    let both = about(&province, &json!({ "yaml": SMALL, "model": written["model"] }));
    assert_eq!(call(&evaluator, "CreateScheme", both).await["scheme"]["digest"], written["digest"]);

    // What is wrong with them is told by path; text and messages that disagree are refused.
    let mut wrong = written["model"].clone();
    wrong["practice"]["groups"][0]["weight"] = "90".into();
    for scheme in [json!({ "model": wrong }), json!({ "yaml": SMALL, "model": wrong }), json!({})] {
        let error =
            evaluator.call_json(&format!("{SERVICE}/CreateScheme"), about(&province, &scheme)).await.unwrap_err();
        let field = error.refusal().unwrap().violations[0].field.clone();
        let expected = if scheme.get("model").is_some() { "scheme.model:groups" } else { "scheme.yaml" };
        assert_eq!(field, expected, "{error}");
    }
    province.end().await.unwrap();
}
