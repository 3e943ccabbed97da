//! Funding: stages, groups, splits, totals.

use contracts::{
    common::v1::{Decimal, Money, Period},
    funding::v1::{
        BasisDocument, BatchCreateFundingLinesRequest, BatchCreateFundingLinesResponse, CreateFundingGroupRequest,
        CreateFundingLineRequest, CreateFundingProjectRequest, FundSource, FundingGroup, FundingLine, FundingProject,
        FundingStage, GetFundingLineRequest, ListFundingGroupsRequest, ListFundingLinesRequest,
        ListFundingProjectsRequest, SummarizeFundingRequest, UpdateFundingLineRequest, funding_line::Subject,
    },
};
use node::rebuild;
use tonic::{Code, Status};

use crate::world::{World, correction, faults, quantity, reason, request_id};

async fn project(world: &World, id: &str) -> Result<FundingProject, Status> {
    let project = FundingProject {
        title: "废钢铁加工项目".to_owned(),
        region: "140100".to_owned(),
        design_capacity: Some(quantity("250", "万吨/年")),
        ..FundingProject::default()
    };
    let request = CreateFundingProjectRequest {
        parent: world.parent(),
        funding_project_id: id.to_owned(),
        funding_project: Some(project),
        request_id: request_id(),
        validate_only: false,
    };
    world.funding().create_funding_project(request).await.map(|answer| answer.into_inner().funding_project.unwrap())
}

async fn group(world: &World, id: &str, projects: &[&str], count: u32) -> Result<FundingGroup, Status> {
    let named = projects.iter().map(|id| format!("{}/fundingProjects/{id}", world.parent())).collect();
    let group = FundingGroup {
        title: "大规模设备更新项目".to_owned(),
        region: "140100".to_owned(),
        project_count: count,
        named_projects: named,
        ..FundingGroup::default()
    };
    let request = CreateFundingGroupRequest {
        parent: world.parent(),
        funding_group_id: id.to_owned(),
        funding_group: Some(group),
        request_id: request_id(),
        validate_only: false,
    };
    world.funding().create_funding_group(request).await.map(|answer| answer.into_inner().funding_group.unwrap())
}

fn line(world: &World, subject: &str, stage: FundingStage, amount: &str) -> FundingLine {
    let name = format!("{}/{subject}", world.parent());
    let subject = if subject.starts_with("fundingGroups") { Subject::Group(name) } else { Subject::Project(name) };
    FundingLine {
        subject: Some(subject),
        stage: stage.into(),
        source: FundSource::UltraLongTreasuryBond.into(),
        amount: Some(Money {
            amount: Some(Decimal { value: amount.to_owned() }),
            unit: "万元".to_owned(),
            ..Money::default()
        }),
        budget_year: 2024,
        period: Some(Period { value: "2024".to_owned(), assumed: true }),
        citation: Some(contracts::common::v1::Citation {
            document: "晋环提函〔2025〕35号".to_owned(),
            fact: "F019".to_owned(),
            quote: "争取到大规模设备更新超长期特别国债资金11086万元".to_owned(),
        }),
        ..FundingLine::default()
    }
}

async fn submit(world: &World, lines: Vec<(&str, FundingLine)>) -> Result<BatchCreateFundingLinesResponse, Status> {
    let each = lines
        .into_iter()
        .map(|(id, line)| CreateFundingLineRequest { funding_line_id: id.to_owned(), funding_line: Some(line) });
    let request = BatchCreateFundingLinesRequest {
        parent: world.parent(),
        requests: each.collect(),
        request_id: request_id(),
        validate_only: false,
    };
    world.funding().batch_create_funding_lines(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_group_amount_stays_a_group_amount_and_stages_are_never_added() {
    let world = World::city().await;
    project(&world, "p1").await.unwrap();
    project(&world, "p2").await.unwrap();
    group(&world, "g1", &["p1"], 3).await.unwrap();
    let awarded = line(&world, "fundingGroups/g1", FundingStage::Awarded, "11086");
    let applied = line(&world, "fundingProjects/p2", FundingStage::Applied, "2525");
    let written = submit(&world, vec![("f019", awarded), ("f021", applied)]).await.unwrap();
    let first = &written.funding_lines[0];
    assert_eq!(first.amount.as_ref().unwrap().yuan.as_ref().unwrap().value, "110860000");
    assert!(first.period.as_ref().unwrap().assumed);
    let read = GetFundingLineRequest { name: first.name.clone(), as_of: None };
    assert_eq!(world.funds().get_funding_line(read).await.unwrap().into_inner().funding_line.as_ref(), Some(first));

    let on_member = line(&world, "fundingProjects/p1", FundingStage::Awarded, "5000");
    let refused = submit(&world, vec![("f020", on_member)]).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "FUNDING_GROUP_AMOUNT_ON_MEMBER")
    );
    assert!(faults(&refused)[0].0.starts_with("requests[0].funding_line."), "{:?}", faults(&refused));

    let request = SummarizeFundingRequest { parent: world.parent(), ..Default::default() };
    let totals = world.funds().summarize_funding(request).await.unwrap().into_inner().totals;
    let totals: Vec<_> = totals
        .iter()
        .map(|total| {
            let yuan = total.amount.as_ref().unwrap().amount.as_ref().unwrap().value.clone();
            (total.stage(), yuan, total.project_count, total.named_project_count, total.funding_lines.len())
        })
        .collect();
    assert_eq!(
        totals,
        [
            (FundingStage::Applied, "25250000".to_owned(), 1, 1, 1),
            (FundingStage::Awarded, "110860000".to_owned(), 3, 1, 1)
        ]
    );
    let listed = ListFundingLinesRequest { parent: "departments/-".to_owned(), ..Default::default() };
    assert_eq!(world.funds().list_funding_lines(listed).await.unwrap().into_inner().funding_lines.len(), 2);
    rebuild::rebuild(&world.store, &world.projection, &world.department).await.unwrap();
    assert_eq!(world.counts().await.funding_lines, 2);
}

#[tokio::test]
async fn money_moves_to_the_next_stage_only_with_its_document() {
    let world = World::city().await;
    project(&world, "p1").await.unwrap();
    submit(&world, vec![("f021", line(&world, "fundingProjects/p1", FundingStage::Applied, "2525"))]).await.unwrap();
    let mut moved = line(&world, "fundingProjects/p1", FundingStage::Awarded, "2525");
    moved.moved_from = format!("{}/fundingLines/f021", world.parent());
    let refused = submit(&world, vec![("f021-a", moved.clone())]).await.unwrap_err();
    assert_eq!(reason(&refused), "FUNDING_STAGE_WITHOUT_BASIS");
    moved.basis = Some(BasisDocument {
        title: "批复".to_owned(),
        document_number: "晋发改〔2025〕1号".to_owned(),
        ..Default::default()
    });
    let written = submit(&world, vec![("f021-a", moved.clone())]).await.unwrap();
    assert_eq!(written.funding_lines[0].moved_from, moved.moved_from);
    let refused = submit(&world, vec![("f021-a", moved)]).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::AlreadyExists, "DUPLICATE_RESOURCE"));
}

#[tokio::test]
async fn money_never_moves_back_and_splits_never_exceed_their_group() {
    let world = World::city().await;
    project(&world, "p1").await.unwrap();
    group(&world, "g1", &["p1"], 3).await.unwrap();
    let basis = || {
        Some(BasisDocument {
            title: "批复".to_owned(), document_number: "1号".to_owned(), ..BasisDocument::default()
        })
    };
    let whole = line(&world, "fundingGroups/g1", FundingStage::Awarded, "100");
    submit(&world, vec![("g", whole)]).await.unwrap();
    let mut split = line(&world, "fundingProjects/p1", FundingStage::Awarded, "101");
    split.split_of = format!("{}/fundingLines/g", world.parent());
    split.basis = basis();
    let refused = submit(&world, vec![("s", split.clone())]).await.unwrap_err();
    assert_eq!(reason(&refused), "FUNDING_SPLIT_EXCEEDS_GROUP", "{:?}", faults(&refused));
    split.amount = line(&world, "fundingProjects/p1", FundingStage::Awarded, "60").amount;
    submit(&world, vec![("s", split)]).await.unwrap();

    let mut back = line(&world, "fundingProjects/p1", FundingStage::Applied, "60");
    back.moved_from = format!("{}/fundingLines/s", world.parent());
    back.basis = basis();
    let refused = submit(&world, vec![("b", back)]).await.unwrap_err();
    assert_eq!(reason(&refused), "FUNDING_STAGE_ORDER", "{:?}", faults(&refused));
    assert_eq!(world.counts().await.funding_lines, 2);
}

#[tokio::test]
async fn a_line_is_corrected_with_etag_and_reason_and_keeps_its_stage() {
    let world = World::city().await;
    project(&world, "p1").await.unwrap();
    let good = line(&world, "fundingProjects/p1", FundingStage::Applied, "2525");
    let first = submit(&world, vec![("f021", good.clone())]).await.unwrap().funding_lines.remove(0);
    let update = |line: FundingLine, etag: &str| UpdateFundingLineRequest {
        funding_line: Some(FundingLine { name: first.name.clone(), ..line }),
        etag: etag.to_owned(),
        correction: correction(),
        request_id: request_id(),
        validate_only: false,
    };
    let etag = first.record.as_ref().unwrap().etag.clone();
    let other_stage = FundingLine { stage: FundingStage::Awarded.into(), ..good.clone() };
    let refused = world.funding().update_funding_line(update(other_stage, &etag)).await.unwrap_err();
    assert!(faults(&refused).contains(&("funding_line.stage".to_owned(), "FIELD_INVALID".to_owned())));
    let refused = world.funding().update_funding_line(update(good.clone(), "0")).await.unwrap_err();
    assert_eq!(reason(&refused), "STALE_ETAG");
    let changed = line(&world, "fundingProjects/p1", FundingStage::Applied, "2500");
    let changed = world.funding().update_funding_line(update(changed, &etag)).await.unwrap().into_inner();
    assert_eq!(changed.funding_line.unwrap().record.unwrap().revision, 2);
}

#[tokio::test]
async fn every_fault_of_an_amount_is_named_with_its_field() {
    let world = World::city().await;
    project(&world, "p1").await.unwrap();
    let good = line(&world, "fundingProjects/p1", FundingStage::Applied, "2525");
    type Change = fn(&mut FundingLine);
    let cases: &[(&str, &str, Change)] = &[
        ("amount.unit", "CURRENCY_UNIT_INVALID", |line| line.amount.as_mut().unwrap().unit = "美元".to_owned()),
        ("amount.unit", "CURRENCY_UNIT_INVALID", |line| line.amount.as_mut().unwrap().unit = "吨".to_owned()),
        ("amount.currency_code", "CURRENCY_UNIT_INVALID", |line| {
            line.amount.as_mut().unwrap().currency_code = "USD".to_owned()
        }),
        ("amount.amount", "AMOUNT_NEGATIVE", |line| {
            line.amount.as_mut().unwrap().amount = Some(Decimal { value: "-1".to_owned() });
        }),
        ("amount", "FIELD_REQUIRED", |line| line.amount = None),
        ("stage", "FIELD_REQUIRED", |line| line.stage = 0),
        ("source", "FIELD_REQUIRED", |line| line.source = 0),
        ("project", "FIELD_REQUIRED", |line| line.subject = None),
        ("project", "FIELD_INVALID", |line| line.subject = Some(Subject::Project("p1".to_owned()))),
        ("period.value", "PERIOD_IN_FUTURE", |line| line.period.as_mut().unwrap().value = "2027".to_owned()),
        ("budget_year", "FIELD_INVALID", |line| line.budget_year = 24),
        ("split_of", "FIELD_INVALID", |line| line.split_of = "f019".to_owned()),
    ];
    for (field, expected, change) in cases {
        let mut bad = good.clone();
        change(&mut bad);
        let refused = submit(&world, vec![("f021", bad)]).await.unwrap_err();
        let path = format!("requests[0].funding_line.{field}");
        let found = faults(&refused);
        assert!(found.contains(&(path.clone(), (*expected).to_owned())), "{path} {expected}: {found:?}");
    }
    let missing = line(&world, "fundingProjects/p9", FundingStage::Applied, "1");
    let refused = submit(&world, vec![("f1", missing)]).await.unwrap_err();
    assert_eq!(faults(&refused), [("requests[0].funding_line.project".to_owned(), "RESOURCE_NOT_FOUND".to_owned())]);
    assert_eq!(world.counts().await.funding_lines, 0);
}

#[tokio::test]
async fn projects_and_groups_are_listed_and_checked() {
    let world = World::city().await;
    let written = project(&world, "p1").await.unwrap();
    let request = ListFundingProjectsRequest { parent: world.parent(), ..Default::default() };
    let listed = world.funds().list_funding_projects(request).await.unwrap().into_inner().funding_projects;
    assert_eq!(listed, [written]);
    let refused = project(&world, "p1").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::AlreadyExists, "DUPLICATE_RESOURCE"));
    let refused = project(&world, "P1").await.unwrap_err();
    assert_eq!(faults(&refused), [("funding_project_id".to_owned(), "FIELD_INVALID".to_owned())]);
    let refused = group(&world, "g1", &["p1", "p2"], 1).await.unwrap_err();
    assert_eq!(faults(&refused), [("funding_group.project_count".to_owned(), "VALUE_INVALID".to_owned())]);
    let written = group(&world, "g1", &["p1"], 3).await.unwrap();
    let request = ListFundingGroupsRequest { parent: world.parent(), ..Default::default() };
    assert_eq!(world.funds().list_funding_groups(request).await.unwrap().into_inner().funding_groups, [written]);
}
