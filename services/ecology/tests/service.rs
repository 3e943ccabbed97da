//! The ecology department's node, as its callers meet it: real wiring, mutual TLS, SQLite.

use chrono::{DateTime, TimeDelta, Utc};
use domain::DepartmentId;
use ecology::{config::Config, wiring};
use node::department::testing::{Caller, World, fields, reason};
use serde_json::{Value, json};
use tonic::Code;

const SERVICE: &str = "wufei.ecology.v1.EcologyService";
const LETTER: &str = include_str!("../../../deploy/demo/letter/ecology/calls.json");

fn now() -> DateTime<Utc> {
    "2025-07-01T02:00:00Z".parse().unwrap_or_default()
}

async fn world() -> anyhow::Result<(World, Caller)> {
    let build = |config, ctx| wiring::build(Config(config), ctx);
    let world = World::start(DepartmentId::ecology(), now(), build).await?;
    let writer = world.writer().await?;
    Ok((world, writer))
}

fn step(region: &str, stage: &str, period: &str) -> Value {
    json!({ "region": region, "stage": format!("CITY_STAGE_{stage}"), "period": { "value": period } })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_letter_is_accepted_and_stands_at_two_of_eleven_cities() {
    let (world, writer) = world().await.unwrap();
    assert_eq!(writer.load(LETTER).await.unwrap(), 8);

    let target = writer.call(&format!("{SERVICE}/GetShareTarget"), json!({})).await.unwrap();
    assert_eq!(target["share"], json!({ "value": { "value": "18.18" }, "unit": "%" }));
    assert_eq!((&target["totalCities"], &target["neededCities"], &target["gap"]), (&json!(11), &json!(7), &json!(5)));
    assert_eq!(target["countedCities"], json!(["140100", "140500"]));
    assert_eq!(target["preparingCities"], json!(["141100"]));
    assert_eq!(target["deadline"], "2027-12-31");

    let list =
        writer.call(&format!("{SERVICE}/ListCityStageRecords"), json!({ "parent": world.parent() })).await.unwrap();
    let records = list["cityStageRecords"].as_array().unwrap();
    assert_eq!(records.len(), 6);
    let provenance = &records[0]["record"]["provenance"];
    assert_eq!(provenance["citation"]["fact"], "F033");
    assert_eq!(provenance["principal"], "spiffe://wufei.test/dept/ecology/writer");
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_designation_before_its_recommendation_is_refused_and_nothing_is_stored() {
    let (world, writer) = world().await.unwrap();
    let designated = step("140100", "DESIGNATED", "2022");
    let refused = writer.create(SERVICE, "city_stage_record", "d1", designated.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "STAGE_TRANSITION_INVALID");
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(fields(&refused), ["city_stage_record.stage"]);
    let name = format!("{}/cityStageRecords/d1", world.parent());
    let missing = writer.call(&format!("{SERVICE}/GetCityStageRecord"), json!({ "name": name })).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);

    writer.create(SERVICE, "city_stage_record", "r1", step("140100", "RECOMMENDED", "2021")).await.unwrap();
    writer.create(SERVICE, "city_stage_record", "d1", designated).await.unwrap();
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_record_is_named_at_once() {
    let (world, writer) = world().await.unwrap();
    let county = json!({ "region": "140109", "period": { "value": "2027" }, "evidence": [{ "issueDate": "June" }] });
    let refused = writer.create(SERVICE, "city_stage_record", "s1", county).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let expected = ["region", "stage", "period.value", "evidence[0].title", "evidence[0].issue_date"];
    let mut found = fields(&refused);
    found.sort_unstable();
    let mut expected = expected.map(|field| format!("city_stage_record.{field}"));
    expected.sort_unstable();
    assert_eq!(found, expected);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_that_takes_away_a_ground_is_refused() {
    let (world, writer) = world().await.unwrap();
    let made = writer.create(SERVICE, "city_stage_record", "r1", step("140100", "RECOMMENDED", "2021")).await.unwrap();
    writer.create(SERVICE, "city_stage_record", "d1", step("140100", "DESIGNATED", "2022")).await.unwrap();
    let record = &made["cityStageRecord"];
    let etag = record["record"]["etag"].as_str().unwrap();
    let mut moved = step("140500", "RECOMMENDED", "2021");
    moved["name"] = record["name"].clone();
    let refused = writer.update(SERVICE, "city_stage_record", etag, moved).await.unwrap_err();
    assert_eq!(reason(&refused), "STAGE_TRANSITION_INVALID");

    let mut later = step("140100", "RECOMMENDED", "2021-06");
    later["name"] = record["name"].clone();
    let corrected = writer.update(SERVICE, "city_stage_record", etag, later).await.unwrap();
    assert_eq!(corrected["cityStageRecord"]["record"]["revision"], 2);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_share_is_known_as_of_an_earlier_time() {
    let (world, writer) = world().await.unwrap();
    writer.load(LETTER).await.unwrap();
    world.clock().advance(TimeDelta::days(90));
    writer.create(SERVICE, "city_stage_record", "i1", step("141100", "PLAN_ISSUED", "2025-09")).await.unwrap();
    let counted = async |as_of: Value| {
        let target = writer.call(&format!("{SERVICE}/GetShareTarget"), as_of).await.unwrap();
        target["countedCities"].as_array().unwrap().len()
    };
    assert_eq!(counted(json!({})).await, 3);
    assert_eq!(counted(json!({ "asOf": "2025-07-02T00:00:00Z" })).await, 2);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_reviewed_once_and_never_the_departments_own() {
    let (world, writer) = world().await.unwrap();
    let review = |evidence: &str| {
        json!({
            "evidence": evidence, "indicator": "ZWC2021-38", "verdict": "VERDICT_ACCEPTED", "reason": "方案已印发",
        })
    };
    let policy = review("departments/city-140100/statements/f011");
    writer.create(SERVICE, "evidence_review", "r1", policy.clone()).await.unwrap();
    let again = writer.create(SERVICE, "evidence_review", "r2", policy).await.unwrap_err();
    assert_eq!((reason(&again).as_str(), again.code()), ("DUPLICATE_RESOURCE", Code::AlreadyExists));
    let own = writer.create(SERVICE, "evidence_review", "r3", review("departments/ecology/statements/f036")).await;
    assert_eq!(fields(&own.unwrap_err()), ["evidence_review.evidence"]);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_department_reads_what_is_shared_without_conditions_and_nothing_else() {
    let (world, _writer) = world().await.unwrap();
    let commerce = world.caller("spiffe://wufei.test/dept/commerce/writer").await.unwrap();
    commerce.call(&format!("{SERVICE}/GetShareTarget"), json!({})).await.unwrap();
    let list = json!({ "parent": world.parent() });
    let refused = commerce.call(&format!("{SERVICE}/ListEnforcementRecords"), list).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "PURPOSE_REQUIRED"));
    let refused = commerce.create(SERVICE, "enforcement_record", "e1", json!({})).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "PERMISSION_DENIED"));
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_does_not_start_with_the_certificate_of_another() {
    let build = |config, ctx| wiring::build(Config(config), ctx);
    let error = World::start(DepartmentId::commerce(), now(), build).await.unwrap_err().to_string();
    assert!(error.contains("dept/commerce") && error.contains("dept/ecology"), "{error}");
}
