//! Pages and filters.

use domain::{IndicatorCode, Measure, Period, Scope};
use store::{FundingQuery, MAX_PAGE, ObservationQuery, ResourceQuery, View};

use crate::{
    samples::{ecology, june, key, line, put, put_line, put_resource, rate, taiyuan},
    world::World,
};

async fn names(world: &World, query: &ResourceQuery) -> Vec<String> {
    world.store.resources(query).await.unwrap().iter().map(|row| row.name.to_string()).collect()
}

/// Ids that a locale sorts otherwise than bytes do: it looks past the hyphen.
const IDS: [&str; 7] = ["a-b", "a-c", "ab", "a1", "a--b", "b", "a"];

async fn put_ids(world: &World) {
    let changes: Vec<_> = IDS.iter().map(|id| put_resource(&ecology(), "statements", id, id.as_bytes())).collect();
    world.submit(&ecology(), june(1), &changes).await;
}

async fn next(world: &World, after_name: Option<&String>) -> Vec<String> {
    let query = ResourceQuery { after_name: after_name.cloned(), limit: 2, ..ResourceQuery::default() };
    names(world, &query).await
}

pub(crate) async fn pages_are_complete_and_in_byte_order(world: &World) {
    put_ids(world).await;
    let mut all: Vec<String> = Vec::new();
    loop {
        let page = next(world, all.last()).await;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    let mut wanted = IDS.map(|id| format!("departments/ecology/statements/{id}"));
    wanted.sort_unstable();
    assert_eq!(all, wanted);
}

pub(crate) async fn a_new_row_behind_the_page_moves_nothing(world: &World) {
    put_ids(world).await;
    let first = next(world, None).await;
    let before = next(world, first.last()).await;
    world.submit(&ecology(), june(2), &[put_resource(&ecology(), "statements", "0", b"")]).await;
    world.submit(&ecology(), june(2), &[put_resource(&ecology(), "statements", "a", b"revised")]).await;
    assert_eq!(next(world, first.last()).await, before);
}

pub(crate) async fn filters_select_by_every_part_of_the_key(world: &World) {
    let mut target = rate(2024, "50");
    target.key.measure = Measure::Target;
    let mut urban = rate(2024, "60");
    urban.key.scope = Scope::MainUrban;
    let mut other = rate(2024, "70");
    other.key = key("ZWC2021-04", "140100", "2024");
    let figures = [rate(2024, "10"), rate(2023, "20"), target, urban, other];
    world.submit(&taiyuan(), june(1), &figures.map(|figure| put(&taiyuan(), figure))).await;
    world.submit(&ecology(), june(1), &[put(&ecology(), rate(2024, "80"))]).await;

    let found = async |query: ObservationQuery| {
        let rows = world.store.observations(&ObservationQuery { limit: 100, ..query }).await.unwrap();
        let mut values: Vec<_> = rows.iter().map(|row| row.body.value.unwrap().to_string()).collect();
        values.sort_unstable();
        values.join(" ")
    };
    let any = ObservationQuery::default;
    let indicator: Option<IndicatorCode> = Some("ZWC2021-26".parse().unwrap());
    assert_eq!(found(any()).await, "10 20 50 60 70 80");
    assert_eq!(found(ObservationQuery { origin: Some(taiyuan()), ..any() }).await, "10 20 50 60 70");
    assert_eq!(found(ObservationQuery { indicator, ..any() }).await, "10 20 50 60 80");
    assert_eq!(found(ObservationQuery { period: Some(Period::parse("2023").unwrap()), ..any() }).await, "20");
    assert_eq!(found(ObservationQuery { measure: Some(Measure::Target), ..any() }).await, "50");
    assert_eq!(found(ObservationQuery { scope: Some(Scope::MainUrban), ..any() }).await, "60");
    let at_once = ObservationQuery {
        origin: Some(ecology()),
        measure: Some(Measure::Actual),
        scope: Some(Scope::WholeCity),
        view: View::At(june(1)),
        ..any()
    };
    assert_eq!(found(at_once).await, "80");
}

pub(crate) async fn counties_are_included_on_request(world: &World) {
    let figures = ["140100", "140109", "140181", "140200", "140000"].map(|region| {
        let mut figure = rate(2024, "1");
        figure.key = key("ZWC2021-26", region, "2024");
        put(&ecology(), figure)
    });
    world.submit(&ecology(), june(1), &figures).await;
    let found = async |include_counties| {
        let query = ObservationQuery {
            region: Some("140100".parse().unwrap()),
            include_counties,
            limit: 10,
            ..ObservationQuery::default()
        };
        let rows = world.store.observations(&query).await.unwrap();
        rows.iter().map(|row| row.body.key.region.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found(false).await, ["140100"]);
    assert_eq!(found(true).await, ["140100", "140109", "140181"]);
}

pub(crate) async fn funding_lines_are_selected_by_year(world: &World) {
    let lines = [("a", Some(2024)), ("b", Some(2025)), ("c", None)];
    let changes: Vec<_> = lines.iter().map(|(id, year)| put_line(line(&taiyuan(), id, *year))).collect();
    world.submit(&taiyuan(), june(1), &changes).await;
    world.submit(&ecology(), june(1), &[put_line(line(&ecology(), "d", Some(2024)))]).await;
    let found = async |origin, budget_year| {
        let query = FundingQuery { origin, budget_year, limit: 10, ..FundingQuery::default() };
        let rows = world.store.funding_lines(&query).await.unwrap();
        rows.iter().map(|row| row.name.id().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(found(None, None).await, "a b c d");
    assert_eq!(found(None, Some(2024)).await, "a d");
    assert_eq!(found(Some(taiyuan()), Some(2024)).await, "a");
}

pub(crate) async fn resources_are_selected_by_collection(world: &World) {
    let changes = [
        put_resource(&ecology(), "statements", "x", b""),
        put_resource(&ecology(), "commitments", "x", b""),
        put_resource(&ecology(), "commitments", "y", b""),
    ];
    world.submit(&ecology(), june(1), &changes).await;
    let collection = Some("commitments".to_owned());
    let query = ResourceQuery { collection, origin: Some(ecology()), limit: 10, ..ResourceQuery::default() };
    let wanted = ["departments/ecology/commitments/x", "departments/ecology/commitments/y"];
    assert_eq!(names(world, &query).await, wanted);
    assert!(names(world, &ResourceQuery { origin: Some(taiyuan()), ..query }).await.is_empty());
}

pub(crate) async fn a_limit_is_cut_to_the_largest_page(world: &World) {
    let changes: Vec<_> =
        (0..=MAX_PAGE).map(|number| put_resource(&ecology(), "statements", &format!("s-{number}"), b"")).collect();
    world.submit(&ecology(), june(1), &changes).await;
    let found = async |limit| names(world, &ResourceQuery { limit, ..ResourceQuery::default() }).await.len();
    assert_eq!(found(u32::MAX).await, MAX_PAGE as usize);
    assert_eq!(found(0).await, 0);
}
