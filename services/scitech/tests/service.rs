//! The science and technology department's node, as its callers meet it: real wiring, mutual TLS, SQLite.

use chrono::{DateTime, Utc};
use domain::DepartmentId;
use node::department::testing::{Caller, World, fields, reason};
use scitech::{config::Config, wiring};
use serde_json::{Value, json};
use tonic::Code;

const SERVICE: &str = "wufei.scitech.v1.ScitechService";
const LETTER: &str = include_str!("../../../deploy/demo/letter/scitech/calls.json");
const PROGRAMME: &str = "departments/scitech/researchProgrammes/f001";

/// The node after the letter's data.
async fn world() -> anyhow::Result<(World, Caller)> {
    let now: DateTime<Utc> = "2025-07-01T02:00:00Z".parse()?;
    let build = |config, ctx| wiring::build(Config(config), ctx);
    let world = World::start(DepartmentId::scitech(), now, build).await?;
    let writer = world.writer().await?;
    writer.load(LETTER).await?;
    Ok((world, writer))
}

fn project(title: &str, programme: &str) -> Value {
    json!({ "title": title, "region": "140000", "period": { "value": "2024" }, "programme": programme })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_programme_never_counts_fewer_projects_than_are_named() {
    let (world, writer) = world().await.unwrap();
    let found = writer.call(&format!("{SERVICE}/GetResearchProgramme"), json!({ "name": PROGRAMME })).await.unwrap();
    let mut programme = found["researchProgramme"].clone();
    assert_eq!(programme["projectCount"], 16);
    let etag = programme["record"]["etag"].as_str().unwrap().to_owned();
    programme["projectCount"] = 2.into();
    let refused = writer.update(SERVICE, "research_programme", &etag, programme.clone()).await.unwrap_err();
    assert_eq!(
        (refused.code(), fields(&refused)),
        (Code::InvalidArgument, vec!["research_programme.project_count".to_owned()])
    );

    programme["projectCount"] = 3.into();
    writer.update(SERVICE, "research_programme", &etag, programme).await.unwrap();
    let fourth = writer.create(SERVICE, "research_project", "p4", project("第四个项目", PROGRAMME)).await.unwrap_err();
    assert_eq!(fields(&fourth), ["research_project.programme"]);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_thing_under_two_ids_is_refused_with_the_name_of_the_first() {
    let (world, writer) = world().await.unwrap();
    let again = project("脱硫石膏高端利用关键技术及专用设备研发", "");
    let refused = writer.create(SERVICE, "research_project", "again", again).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::AlreadyExists, "DUPLICATE_RESOURCE"));
    assert!(refused.message().contains("researchProjects/f005"), "{}", refused.message());

    let platform = json!({
        "title": "山西省 黄河实验室", "kind": "PLATFORM_KIND_PILOT_BASE", "region": "140100", "period": { "value": "2024" },
    });
    let refused = writer.create(SERVICE, "innovation_platform", "again", platform).await.unwrap_err();
    assert_eq!(reason(&refused), "DUPLICATE_RESOURCE");
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_names_a_programme_that_is_on_record() {
    let (world, writer) = world().await.unwrap();
    let missing = project("新项目", "departments/scitech/researchProgrammes/none");
    let refused = writer.create(SERVICE, "research_project", "p", missing).await.unwrap_err();
    assert_eq!(
        (reason(&refused).as_str(), fields(&refused)),
        ("RESOURCE_NOT_FOUND", vec!["research_project.programme".to_owned()])
    );
    writer.create(SERVICE, "research_project", "p", project("新项目", PROGRAMME)).await.unwrap();
    world.stop().await.unwrap();
}
