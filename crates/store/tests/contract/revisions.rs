//! Nothing is overwritten, and both time axes can be asked.

use std::collections::BTreeMap;

use chrono::Duration;
use domain::{DepartmentId, Observation, Recorded, etag};
use store::{EntryMeta, ObservationQuery, StoreError, View};

use crate::{
    samples::{correct, decimal, ecology, june, put, put_resource, rate, rate_name, resource_name, taiyuan},
    world::{World, leaf, note},
};

async fn all(world: &World, view: View) -> Vec<Recorded<Observation>> {
    let query = ObservationQuery { view, limit: 1000, ..ObservationQuery::default() };
    world.store.observations(&query).await.unwrap()
}

fn values(rows: &[Recorded<Observation>]) -> Vec<String> {
    rows.iter().map(|row| row.body.value.unwrap().to_string()).collect()
}

fn upto(sizes: &[(DepartmentId, u64)]) -> View {
    View::Upto(sizes.iter().cloned().collect::<BTreeMap<_, _>>())
}

pub(crate) async fn a_correction_closes_the_revision_before(world: &World) {
    world.submit(&ecology(), june(1), &[put(&ecology(), rate(2024, "40"))]).await;
    world.submit(&ecology(), june(2), &[]).await;
    let filler = put(&ecology(), rate(2023, "1"));
    world.submit(&ecology(), june(3), &[filler, correct(&ecology(), rate(2024, "39.5"), "审计核减")]).await;

    let name = rate_name(&ecology(), 2024);
    let revisions = world.store.observation_revisions(&name, None, 10).await.unwrap();
    let [new, old] = revisions.as_slice() else { panic!("{revisions:?}") };
    assert_eq!((old.revision, old.log_index, old.position, old.known_from), (1, 0, 0, june(1)));
    assert_eq!((old.known_to, old.superseded_index, &old.correction), (Some(june(3)), Some(2), &None));
    assert_eq!((new.revision, new.log_index, new.position, new.known_from), (2, 2, 1, june(3)));
    assert_eq!((new.known_to, new.superseded_index), (None, None));
    assert_eq!(new.correction.as_ref().unwrap().note, "审计核减");
    assert_eq!(new.etag, etag(&ecology(), 2, 1));
    assert_eq!((old.body.value, new.body.value), (Some(decimal("40")), Some(decimal("39.5"))));
    assert_eq!(world.store.observation(&name, &View::Now).await.unwrap().as_ref(), Some(new));
}

pub(crate) async fn a_write_reads_the_revisions_that_it_goes_on_from(world: &World) {
    let case = |body: &[u8]| put_resource(&ecology(), "shareRequests", "one", body);
    world.submit(&ecology(), june(1), &[put(&ecology(), rate(2024, "40")), case(b"filed")]).await;
    world.submit(&ecology(), june(2), &[correct(&ecology(), rate(2024, "39.5"), ""), case(b"changed")]).await;
    let mut write = world.store.begin(&ecology()).await.unwrap();
    let entry = leaf(&[], june(3));
    let index = write.append(&entry, ledger::leaf_hash(&entry), None).await.unwrap();
    let meta = EntryMeta { origin: ecology(), log_index: index, time: june(3) };
    write.apply(&[case(b"answered")], &meta).await.unwrap();

    let name = resource_name(&ecology(), "shareRequests", "one");
    let told = write.resource_revisions(&name, 10).await.unwrap();
    let told: Vec<_> = told.iter().map(|row| (row.revision, row.log_index, row.body.body.as_slice())).collect();
    assert_eq!(told, [(3, 2, b"answered".as_slice()), (2, 1, b"changed"), (1, 0, b"filed")]);
    assert_eq!(write.resource_revisions(&name, 1).await.unwrap().len(), 1, "the newest");
    let other = resource_name(&ecology(), "shareRequests", "two");
    assert!(write.resource_revisions(&other, 10).await.unwrap().is_empty());
    let figures = write.observation_revisions(&rate_name(&ecology(), 2024), 10).await.unwrap();
    assert_eq!(figures.iter().map(|row| row.revision).collect::<Vec<_>>(), [2, 1]);
    drop(write);
    assert_eq!(world.store.resource_revisions(&name, None, 10).await.unwrap().len(), 2);
}

pub(crate) async fn as_of_finds_what_was_known(world: &World) {
    world.submit(&ecology(), june(1), &[put(&ecology(), rate(2024, "40"))]).await;
    world.submit(&ecology(), june(3), &[correct(&ecology(), rate(2024, "39.5"), "")]).await;
    let tick = Duration::microseconds(1);
    let known = async |time| values(&all(world, View::At(time)).await);
    assert!(known(june(1) - tick).await.is_empty());
    assert_eq!(known(june(1)).await, ["40"]);
    assert_eq!(known(june(3) - tick).await, ["40"]);
    assert_eq!(known(june(3)).await, ["39.5"]);
    assert_eq!(known(june(30)).await, ["39.5"]);
    let name = rate_name(&ecology(), 2024);
    let then = world.store.observation(&name, &View::At(june(2))).await.unwrap().unwrap();
    assert_eq!(then.revision, 1);
}

pub(crate) async fn a_view_of_log_sizes_is_repeatable(world: &World) {
    world.submit(&ecology(), june(1), &[put(&ecology(), rate(2024, "40"))]).await;
    world.submit(&taiyuan(), june(1), &[put(&taiyuan(), rate(2024, "41"))]).await;
    let frozen = View::Upto(world.store.log_sizes().await.unwrap());
    let first = all(world, frozen.clone()).await;
    assert_eq!(values(&first), ["41", "40"]);

    world.submit(&ecology(), june(2), &[correct(&ecology(), rate(2024, "39"), "")]).await;
    world.submit(&taiyuan(), june(2), &[put(&taiyuan(), rate(2023, "30"))]).await;
    let again = all(world, frozen).await;
    assert_eq!(values(&again), values(&first));
    assert_eq!(
        again.iter().map(|row| &row.etag).collect::<Vec<_>>(),
        first.iter().map(|row| &row.etag).collect::<Vec<_>>()
    );
    assert_eq!(values(&all(world, upto(&[(ecology(), 2), (taiyuan(), 1)])).await), ["41", "39"]);
    assert_eq!(values(&all(world, upto(&[(ecology(), u64::MAX), (taiyuan(), 0)])).await), ["39"]);
}

pub(crate) async fn an_origin_outside_the_view_contributes_nothing(world: &World) {
    world.submit(&ecology(), june(1), &[put(&ecology(), rate(2024, "40"))]).await;
    world.submit(&taiyuan(), june(1), &[put(&taiyuan(), rate(2024, "41"))]).await;
    assert_eq!(values(&all(world, upto(&[(taiyuan(), 1)])).await), ["41"]);
    assert!(all(world, upto(&[])).await.is_empty());
    assert_eq!(world.store.observation(&rate_name(&ecology(), 2024), &upto(&[])).await.unwrap(), None);
}

pub(crate) async fn a_name_twice_in_one_entry_makes_two_revisions(world: &World) {
    let changes = [
        put(&ecology(), rate(2024, "1")),
        put(&ecology(), rate(2023, "9")),
        correct(&ecology(), rate(2024, "2"), ""),
        correct(&ecology(), rate(2024, "3"), ""),
    ];
    world.submit(&ecology(), june(1), &changes).await;
    let revisions = world.store.observation_revisions(&rate_name(&ecology(), 2024), None, 10).await.unwrap();
    assert_eq!(values(&revisions), ["3", "2", "1"]);
    assert_eq!(revisions.iter().map(|row| row.position).collect::<Vec<_>>(), [3, 2, 0]);
    for view in [View::Now, View::At(june(1)), upto(&[(ecology(), 1)])] {
        assert_eq!(values(&all(world, view).await), ["9", "3"]);
    }
}

pub(crate) async fn an_entry_is_applied_once(world: &World) {
    let changes = [put(&ecology(), rate(2024, "40"))];
    world.submit(&ecology(), june(1), &changes).await;
    let mut write = world.store.begin(&ecology()).await.unwrap();
    let meta = EntryMeta { origin: ecology(), log_index: 0, time: june(1) };
    write.apply(&changes, &meta).await.unwrap();
    let again = write.commit().await.unwrap_err();
    assert!(matches!(again, StoreError::Conflict { .. }), "{again:?}");
    assert_eq!(world.store.counts(&ecology()).await.unwrap().observations, 1);
}

pub(crate) async fn names_of_other_departments_are_refused(world: &World) {
    let foreign = [put_resource(&taiyuan(), "statements", "s-1", b"")];
    let mut write = world.store.begin(&ecology()).await.unwrap();
    let leaf = leaf(&foreign, june(1));
    let index = write.append(&leaf, ledger::leaf_hash(&leaf), None).await.unwrap();
    write.set_head(&note(1), june(1)).await.unwrap();
    let meta = EntryMeta { origin: ecology(), log_index: index, time: june(1) };
    let refused = write.apply(&foreign, &meta).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
    assert!(write.commit().await.is_err());
}

pub(crate) async fn changes_come_in_log_order(world: &World) {
    for (day, first, second) in [(1, 2024, 2021), (2, 2020, 2022), (3, 2019, 2018)] {
        let changes = [put(&ecology(), rate(first, "1")), put(&ecology(), rate(second, "2"))];
        world.submit(&ecology(), june(day), &changes).await;
    }
    world.submit(&ecology(), june(4), &[correct(&ecology(), rate(2020, "5"), "")]).await;
    let rows = world.store.observation_changes(&ecology(), 1..4).await.unwrap();
    let places: Vec<_> = rows.iter().map(|row| (row.log_index, row.position, row.revision)).collect();
    assert_eq!(places, [(1, 0, 1), (1, 1, 1), (2, 0, 1), (2, 1, 1), (3, 0, 2)]);
}

pub(crate) async fn revisions_come_newest_first(world: &World) {
    for day in 1..=5 {
        world.submit(&ecology(), june(day), &[correct(&ecology(), rate(2024, &day.to_string()), "")]).await;
    }
    let name = rate_name(&ecology(), 2024);
    let page = async |before| {
        let rows = world.store.observation_revisions(&name, before, 2).await.unwrap();
        rows.iter().map(|row| row.revision).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, [5, 4]);
    assert_eq!(page(Some(4)).await, [3, 2]);
    assert_eq!(page(Some(2)).await, [1]);
    assert!(page(Some(1)).await.is_empty());
}
