//! A city's node, as its callers meet it: real wiring, mutual TLS, SQLite.

use chrono::{DateTime, Utc};
use city::{config::Config, wiring};
use domain::DepartmentId;
use node::department::testing::{Caller, World, fields, reason};
use serde_json::{Value, json};
use tonic::Code;

const SERVICE: &str = "wufei.city.v1.CityService";
const LETTER: &str = include_str!("../../../deploy/demo/letter/city-140100/calls.json");

/// The node of Taiyuan after the letter's data.
async fn world() -> anyhow::Result<(World, Caller)> {
    let now: DateTime<Utc> = "2025-07-01T02:00:00Z".parse()?;
    let build = |config, ctx| wiring::build(Config(config), ctx);
    let world = World::start(DepartmentId::parse("city-140100")?, now, build).await?;
    let writer = world.writer().await?;
    writer.load(LETTER).await?;
    Ok((world, writer))
}

async fn summaries(writer: &Caller) -> Value {
    let answer = writer.call(&format!("{SERVICE}/SummarizeGreenHonours"), json!({})).await;
    answer.map(|mut answer| answer["summaries"].take()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_letters_green_factories_are_not_added_up() {
    let (world, writer) = world().await.unwrap();
    let summaries = summaries(&writer).await;
    let factories = json!({
        "kind": "GREEN_HONOUR_KIND_FACTORY", "national": 21, "provincial": 31, "atLeast": 31, "atMost": 52,
    });
    assert_eq!(summaries[0], factories);
    assert_eq!(summaries.as_array().unwrap().len(), 3);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_counted_once_when_the_nesting_is_known() {
    let (world, writer) = world().await.unwrap();
    let name = "departments/city-140100/greenHonourCounts/f026";
    let found = writer.call(&format!("{SERVICE}/GetGreenHonourCount"), json!({ "name": name })).await.unwrap();
    let mut count = found["greenHonourCount"].clone();
    let etag = count["record"]["etag"].as_str().unwrap().to_owned();
    count["nesting"] = "NESTING_INCLUDES_NATIONAL".into();
    count["count"] = 20.into();
    let refused = writer.update(SERVICE, "green_honour_count", &etag, count.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), "NESTED_COUNT_INVALID");
    count["count"] = 31.into();
    writer.update(SERVICE, "green_honour_count", &etag, count).await.unwrap();
    let factories = summaries(&writer).await[0].clone();
    assert_eq!((&factories["distinct"], &factories["atMost"]), (&json!(31), &json!(31)));
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_count_has_a_scope_that_fits_its_region_and_is_recorded_once() {
    let (world, writer) = world().await.unwrap();
    let count = |region: &str, scope: &str| {
        json!({
            "region": region, "period": { "value": "2025-06-10" }, "level": "NETWORK_LEVEL_STATION_ANY", "count": 960,
            "scope": scope,
        })
    };
    for (region, scope, expected) in [
        ("140100", "SCOPE_UNSPECIFIED", "SCOPE_MISMATCH"),
        ("140100", "SCOPE_PROVINCE", "SCOPE_MISMATCH"),
        ("140109", "SCOPE_WHOLE_CITY", "REGION_LEVEL_MISMATCH"),
        ("140500", "SCOPE_WHOLE_CITY", "REGION_NOT_OWNED"),
    ] {
        let refused = writer.create(SERVICE, "station_count", "s", count(region, scope)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, expected), "{region} {scope}");
    }
    let again = count("140100", "SCOPE_WHOLE_CITY_OPERATING");
    let refused = writer.create(SERVICE, "station_count", "s", again).await.unwrap_err();
    assert_eq!(reason(&refused), "DUPLICATE_RESOURCE");
    writer.create(SERVICE, "station_count", "s", count("140100", "SCOPE_WHOLE_CITY")).await.unwrap();
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_of_the_city_is_the_citys_and_a_park_advances_by_update() {
    let (world, writer) = world().await.unwrap();
    let title = json!({ "title": "新称号", "region": "140109", "period": { "value": "2025-06" } });
    let refused = writer.create(SERVICE, "city_designation", "d", title).await.unwrap_err();
    assert_eq!(fields(&refused), ["city_designation.region"]);
    let park = json!({
        "title": "废旧物资循环利用产业园", "region": "140100", "state": "PARK_STATE_IN_OPERATION",
        "period": { "value": "2025-06" },
    });
    let refused = writer.create(SERVICE, "industry_park", "again", park).await.unwrap_err();
    assert_eq!(reason(&refused), "DUPLICATE_RESOURCE");
    world.stop().await.unwrap();
}
