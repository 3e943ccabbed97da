//! Every refusal names its field and reason, and stores nothing.

use contracts::{
    common::v1::{Citation, Evidence, Period, Scope},
    exchange::v1::{BatchCreateObservationsRequest, Observation, ObservationStatus},
};
use tonic::{Code, Request};

use crate::world::{World, faults, quantity, rate};

type Change = fn(&mut Observation);

#[tokio::test]
async fn every_fault_of_a_figure_is_named_with_its_field() {
    let world = World::city().await;
    let cases: &[(&str, &str, Change)] = &[
        ("indicator", "FIELD_REQUIRED", |o| o.indicator.clear()),
        ("indicator", "INDICATOR_UNKNOWN", |o| o.indicator = "ZWC2021-99".to_owned()),
        ("indicator", "INDICATOR_UNKNOWN", |o| o.indicator = "回收率".to_owned()),
        ("region", "REGION_UNKNOWN", |o| o.region = "140171".to_owned()),
        ("region", "REGION_UNKNOWN", |o| o.region = "太原".to_owned()),
        ("region", "REGION_NOT_OWNED", |o| o.region = "141100".to_owned()),
        ("region", "REGION_LEVEL_MISMATCH", |o| o.region = "140109".to_owned()),
        ("period.value", "PERIOD_INVALID", |o| o.period = period("2024年上半年")),
        ("period.value", "PERIOD_IN_FUTURE", |o| o.period = period("2025")),
        ("period", "FIELD_REQUIRED", |o| o.period = None),
        ("scope", "SCOPE_MISMATCH", |o| o.scope = 0),
        ("scope", "SCOPE_MISMATCH", |o| o.scope = Scope::WholeCityOperating.into()),
        ("measure", "FIELD_REQUIRED", |o| o.measure = 0),
        ("status", "FIELD_REQUIRED", |o| o.status = 99),
        ("qualifier", "FIELD_REQUIRED", |o| o.qualifier = 0),
        ("value.unit", "UNIT_UNKNOWN", |o| o.value = Some(quantity("35", "顿"))),
        ("value.unit", "UNIT_MISMATCH", |o| o.value = Some(quantity("21", "个"))),
        ("value.value", "VALUE_INVALID", |o| o.value = Some(quantity("1,234.5万", "%"))),
        ("value.value", "RATE_OUT_OF_RANGE", |o| o.value = Some(quantity("135", "%"))),
        ("value.value", "VALUE_STATUS_CONFLICT", |o| o.status = ObservationStatus::Missing.into()),
        ("value.value", "VALUE_STATUS_CONFLICT", |o| o.value = None),
        ("reported_label", "INDICATOR_LABEL_MISMATCH", |o| o.reported_label = "资源化利用率".to_owned()),
        ("evidence[0].sha256", "FIELD_INVALID", |o| {
            o.evidence = vec![Evidence { title: "文件".to_owned(), sha256: "ABC".to_owned(), ..Evidence::default() }];
        }),
        ("evidence[0].issue_date", "FIELD_INVALID", |o| {
            o.evidence =
                vec![Evidence {
                    title: "文件".to_owned(), issue_date: "2025年6月".to_owned(), ..Evidence::default()
                }];
        }),
    ];
    for (field, expected, change) in cases {
        let mut bad = rate("2024", "35.0");
        change(&mut bad);
        let refused = world.ingest().batch_create_observations(world.batch(vec![rate("2023", "34"), bad])).await;
        let refused = refused.unwrap_err();
        let path = format!("requests[1].observation.{field}");
        let found = faults(&refused);
        assert!(found.contains(&(path.clone(), (*expected).to_owned())), "{path} {expected}: {found:?}");
        assert!(found.iter().all(|(field, _)| field.starts_with("requests[1].")), "{found:?}");
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    assert_eq!(world.counts().await, store::Counts::default(), "a refused submission leaves nothing");
}

#[tokio::test]
async fn a_rate_agrees_with_its_parts_a_capacity_is_no_amount_and_a_mechanism_needs_evidence() {
    let world = World::city().await;
    let mut rate = rate("2024", "35.0");
    rate.numerator = Some(contracts::common::v1::Decimal { value: "30".to_owned() });
    rate.denominator = Some(contracts::common::v1::Decimal { value: "100".to_owned() });
    let mut output = rate.clone();
    output.numerator = None;
    output.denominator = None;
    output.indicator = "ZWC2021-11".to_owned();
    output.value = Some(quantity("250", "万吨/年"));
    let mut evidence = output.clone();
    evidence.indicator = "ZWC2021-39".to_owned();
    evidence.value = None;
    for (observation, field, expected) in [
        (rate, "value.value", "RATE_PARTS_MISMATCH"),
        (output, "value.unit", "CAPACITY_AS_OUTPUT"),
        (evidence, "evidence", "EVIDENCE_REQUIRED"),
    ] {
        let refused = world.ingest().batch_create_observations(world.batch(vec![observation])).await.unwrap_err();
        let path = format!("requests[0].observation.{field}");
        assert_eq!(faults(&refused), [(path, expected.to_owned())]);
    }
    assert_eq!(world.counts().await, store::Counts::default());
}

#[tokio::test]
async fn all_faults_of_all_items_come_in_one_answer() {
    let world = World::city().await;
    let mut one = rate("2024", "35.0");
    one.indicator.clear();
    one.measure = 0;
    let mut two = rate("2023", "135");
    two.citation = Some(Citation::default());
    let mut batch = world.batch(vec![one, two, rate("2022", "30"), rate("2022", "31")]);
    batch.request_id = "42".to_owned();
    batch.parent = "departments/ecology".to_owned();
    let refused = world.ingest().batch_create_observations(batch).await.unwrap_err();
    let found = faults(&refused);
    for expected in [
        ("parent", "PARENT_MISMATCH"),
        ("request_id", "REQUEST_ID_INVALID"),
        ("requests[0].observation.indicator", "FIELD_REQUIRED"),
        ("requests[0].observation.measure", "FIELD_REQUIRED"),
        ("requests[1].observation.value.value", "RATE_OUT_OF_RANGE"),
        ("requests[3].observation", "DUPLICATE_IN_BATCH"),
    ] {
        assert!(
            found.iter().any(|(field, reason)| (field.as_str(), reason.as_str()) == expected),
            "{expected:?}: {found:?}"
        );
    }
    assert_eq!(world.counts().await, store::Counts::default());
}

#[tokio::test]
async fn a_batch_has_one_to_a_thousand_items() {
    let world = World::city().await;
    let refused = world.ingest().batch_create_observations(world.batch(Vec::new())).await.unwrap_err();
    assert_eq!(faults(&refused), [("requests".to_owned(), "BATCH_EMPTY".to_owned())]);
    let many = vec![rate("2024", "35.0"); 1001];
    let refused = world.ingest().batch_create_observations(world.batch(many)).await.unwrap_err();
    assert_eq!(faults(&refused), [("requests".to_owned(), "BATCH_TOO_LARGE".to_owned())]);
}

#[tokio::test]
async fn texts_are_chinese_unless_english_is_asked_for() {
    let world = World::city().await;
    let batch: BatchCreateObservationsRequest = world.batch(Vec::new());
    let chinese = world.ingest().batch_create_observations(batch.clone()).await.unwrap_err();
    assert!(chinese.message().contains("批次为空"), "{}", chinese.message());
    let mut request = Request::new(batch);
    request.metadata_mut().insert("accept-language", "en".parse().unwrap());
    let english = world.ingest().batch_create_observations(request).await.unwrap_err();
    assert!(english.message().contains("the batch is empty"), "{}", english.message());
}

fn period(text: &str) -> Option<Period> {
    Some(Period { value: text.to_owned(), assumed: false })
}
