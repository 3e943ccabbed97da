//! The commerce department's node, as its callers meet it: real wiring, mutual TLS, SQLite.

use chrono::{DateTime, Utc};
use commerce::{config::Config, wiring};
use domain::DepartmentId;
use node::department::testing::{Caller, World, fields, reason};
use serde_json::{Value, json};
use tonic::Code;

const SERVICE: &str = "wufei.commerce.v1.CommerceService";
const LETTER: &str = include_str!("../../../deploy/demo/letter/commerce/calls.json");
const CRITERIA: [&str; 4] = ["RECOVERY_VOLUME", "NETWORK_COVERAGE", "DIGITAL_LEVEL", "INNOVATION"];

/// The node after the letter's data.
async fn world() -> anyhow::Result<(World, Caller)> {
    let now: DateTime<Utc> = "2025-07-01T02:00:00Z".parse()?;
    let build = |config, ctx| wiring::build(Config(config), ctx);
    let world = World::start(DepartmentId::commerce(), now, build).await?;
    let writer = world.writer().await?;
    writer.load(LETTER).await?;
    Ok((world, writer))
}

fn enterprise(title: &str, criteria: &[&str]) -> Value {
    let result = |criterion: &&str| json!({ "criterion": format!("SCREENING_CRITERION_{criterion}"), "met": true, "basis": "现场核查" });
    json!({
        "title": title, "region": "140100", "programme": "departments/commerce/backboneProgrammes/f008",
        "results": criteria.iter().map(result).collect::<Vec<_>>(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_letters_programme_has_criteria_and_no_number_of_enterprises() {
    let (world, writer) = world().await.unwrap();
    let name = "departments/commerce/backboneProgrammes/f008";
    let found = writer.call(&format!("{SERVICE}/GetBackboneProgramme"), json!({ "name": name })).await.unwrap();
    let programme = &found["backboneProgramme"];
    assert_eq!(programme["criteria"].as_array().unwrap().len(), 4);
    assert_eq!(programme.get("enterpriseCount"), None);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enterprise_is_screened_by_every_criterion_of_its_programme() {
    let (world, writer) = world().await.unwrap();
    let short = enterprise("甲公司", &CRITERIA[..3]);
    let refused = writer.create(SERVICE, "backbone_enterprise", "a", short).await.unwrap_err();
    assert_eq!(
        (refused.code(), fields(&refused)),
        (Code::InvalidArgument, vec!["backbone_enterprise.results".to_owned()])
    );

    let mut failed = enterprise("甲公司", &CRITERIA);
    failed["results"][1]["met"] = false.into();
    let refused = writer.create(SERVICE, "backbone_enterprise", "a", failed).await.unwrap_err();
    assert_eq!(fields(&refused), ["backbone_enterprise.results[1].met"]);

    writer.create(SERVICE, "backbone_enterprise", "a", enterprise("甲公司", &CRITERIA)).await.unwrap();
    let twice =
        writer.create(SERVICE, "backbone_enterprise", "b", enterprise("“甲公司”", &CRITERIA)).await.unwrap_err();
    assert_eq!(reason(&twice), "DUPLICATE_RESOURCE");
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn criteria_stay_while_enterprises_were_screened_by_them() {
    let (world, writer) = world().await.unwrap();
    writer.create(SERVICE, "backbone_enterprise", "a", enterprise("甲公司", &CRITERIA)).await.unwrap();
    let name = "departments/commerce/backboneProgrammes/f008";
    let found = writer.call(&format!("{SERVICE}/GetBackboneProgramme"), json!({ "name": name })).await.unwrap();
    let mut programme = found["backboneProgramme"].clone();
    let etag = programme["record"]["etag"].as_str().unwrap().to_owned();
    programme["criteria"].as_array_mut().unwrap().pop();
    programme["enterpriseCount"] = 0.into();
    let refused = writer.update(SERVICE, "backbone_programme", &etag, programme.clone()).await.unwrap_err();
    assert_eq!(fields(&refused), ["backbone_programme.criteria", "backbone_programme.enterprise_count"]);

    programme["criteria"] = found["backboneProgramme"]["criteria"].clone();
    programme["enterpriseCount"] = 1.into();
    writer.update(SERVICE, "backbone_programme", &etag, programme).await.unwrap();
    let full = writer.create(SERVICE, "backbone_enterprise", "b", enterprise("乙公司", &CRITERIA)).await.unwrap_err();
    assert_eq!(fields(&full), ["backbone_enterprise.programme"]);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capacity_is_no_amount_and_an_amount_no_capacity() {
    let (world, writer) = world().await.unwrap();
    let quantity = |unit: &str| json!({ "value": { "value": "12.5" }, "unit": unit });
    let centre = |unit: &str| json!({ "title": "分拣中心", "region": "140100", "period": { "value": "2024" }, "capacity": quantity(unit) });
    let refused = writer.create(SERVICE, "sorting_centre", "c", centre("万吨")).await.unwrap_err();
    assert_eq!(reason(&refused), "UNIT_MISMATCH");
    writer.create(SERVICE, "sorting_centre", "c", centre("万吨/年")).await.unwrap();

    let channel = |unit: &str| json!({ "title": "以旧换新", "region": "140000", "period": { "value": "2024" }, "recovered": quantity(unit) });
    let refused = writer.create(SERVICE, "trade_in_channel", "t", channel("万吨/年")).await.unwrap_err();
    assert_eq!(reason(&refused), "CAPACITY_AS_OUTPUT");
    writer.create(SERVICE, "trade_in_channel", "t", channel("万吨")).await.unwrap();
    world.stop().await.unwrap();
}
