//! What goes in comes out, digit for digit.

use chrono::Duration;
use store::{Counts, EntryMeta, FundingQuery, ObservationQuery, StoredResource, View};

use crate::{
    samples::{
        correct, decimal, ecology, full_line, full_observation, june, key, line, line_name, observation_name, put,
        put_line, put_resource, rate, rate_name, resource_name, taiyuan,
    },
    world::{World, leaf},
};

pub(crate) async fn every_part_of_a_figure_comes_back(world: &World) {
    let figure = full_observation();
    world.submit(&taiyuan(), june(1), &[correct(&taiyuan(), figure.clone(), "更正")]).await;
    let name = observation_name(&taiyuan(), &figure.key);
    let row = world.store.observation(&name, &View::Now).await.unwrap().unwrap();
    assert_eq!(row.body, figure);
    assert_eq!((row.name, row.origin, row.revision), (name, taiyuan(), 1));
    assert_eq!(row.body.value.unwrap().to_string(), "40.10", "trailing zeros say how exact a figure is");
}

pub(crate) async fn every_part_of_a_funding_line_comes_back(world: &World) {
    let full = full_line(&taiyuan());
    let bare = line(&taiyuan(), "bare", None);
    world.submit(&taiyuan(), june(1), &[put_line(full.clone()), put_line(bare.clone())]).await;
    for line in [full, bare] {
        let row = world.store.funding_line(&line.name, &View::Now).await.unwrap().unwrap();
        assert_eq!(row.body, line);
    }
}

pub(crate) async fn every_part_of_a_resource_comes_back(world: &World) {
    let body: Vec<u8> = (0..=255).collect();
    world.submit(&taiyuan(), june(1), &[put_resource(&taiyuan(), "statements", "s-1", &body)]).await;
    let name = resource_name(&taiyuan(), "statements", "s-1");
    let row = world.store.resource(&name, &View::Now).await.unwrap().unwrap();
    let type_name = "wufei.exchange.v1.Statement".to_owned();
    assert_eq!(row.body, StoredResource { collection: "statements".to_owned(), type_name, body });
}

pub(crate) async fn decimals_of_28_digits_are_exact(world: &World) {
    let texts = [
        "7922816251426433759354395033",
        "0.1234567890123456789012345678",
        "-12345678901234.56789012345678",
        "0.0000000000000000000000000001",
        "79228162514264337593543950335",
        "0",
        "0.10",
    ];
    for (year, text) in (2010..).zip(texts) {
        world.submit(&ecology(), june(1), &[put(&ecology(), rate(year, text))]).await;
        let row = world.store.observation(&rate_name(&ecology(), year), &View::Now).await.unwrap().unwrap();
        assert_eq!(row.body.value.unwrap().to_string(), text);
    }
}

pub(crate) async fn times_are_kept_to_the_microsecond(world: &World) {
    let fine = june(1) + Duration::nanoseconds(123_456_789);
    let kept = june(1) + Duration::microseconds(123_456);
    world.submit(&ecology(), fine, &[put(&ecology(), rate(2024, "40"))]).await;
    assert_eq!(world.store.head(&ecology()).await.unwrap().unwrap().last_time, Some(kept));
    let name = rate_name(&ecology(), 2024);
    let row = world.store.observation(&name, &View::At(fine)).await.unwrap().unwrap();
    assert_eq!(row.known_from, kept);
    let before = kept - Duration::microseconds(1);
    assert_eq!(world.store.observation(&name, &View::At(before)).await.unwrap(), None);
    // Whole seconds, milliseconds and microseconds have texts of different length; they still have to sort as times.
    for micros in [0, 1, 10, 123_000, 123_001, 999_999] {
        let view = View::At(june(1) + Duration::microseconds(micros));
        let known = world.store.observation(&name, &view).await.unwrap().is_some();
        assert_eq!(known, micros >= 123_456, "{micros}");
    }
}

pub(crate) async fn a_batch_of_a_thousand_is_one_entry(world: &World) {
    let figures = |value: u32| -> Vec<_> {
        (0..1000)
            .map(|number| {
                let mut figure = full_observation();
                figure.key = key("ZWC2021-26", &format!("14{number:04}"), "2024");
                figure.value = Some(decimal(&format!("{value}.{number:03}")));
                put(&ecology(), figure)
            })
            .collect()
    };
    world.submit(&ecology(), june(1), &figures(1)).await;
    world.submit(&ecology(), june(2), &figures(2)).await;
    let counts = world.store.counts(&ecology()).await.unwrap();
    assert_eq!(counts, Counts { entries: 2, observations: 1000, funding_lines: 0, resources: 0 });
    for (view, value) in [(View::Now, 2), (View::At(june(1)), 1)] {
        let query = ObservationQuery { view, limit: 1000, ..ObservationQuery::default() };
        let rows = world.store.observations(&query).await.unwrap();
        assert_eq!(rows.len(), 1000);
        for (number, row) in rows.iter().enumerate() {
            assert_eq!(row.position as usize, number);
            assert_eq!(row.body.value, Some(decimal(&format!("{value}.{number:03}"))));
        }
    }
}

pub(crate) async fn rules_see_the_write_they_are_part_of(world: &World) {
    world.submit(&taiyuan(), june(1), &[put_line(line(&taiyuan(), "old", None))]).await;
    let changes = [
        put(&taiyuan(), rate(2024, "40")),
        put_line(line(&taiyuan(), "new", Some(2025))),
        put_resource(&taiyuan(), "fundingGroups", "g-16", b"group"),
        put_resource(&taiyuan(), "statements", "s-1", b"statement"),
    ];
    let mut write = world.store.begin(&taiyuan()).await.unwrap();
    let leaf = leaf(&changes, june(2));
    let log_index = write.append(&leaf, ledger::leaf_hash(&leaf), None).await.unwrap();
    write.apply(&changes, &EntryMeta { origin: taiyuan(), log_index, time: june(2) }).await.unwrap();

    assert!(write.observation(&rate_name(&taiyuan(), 2024)).await.unwrap().is_some());
    let names = [rate_name(&taiyuan(), 2023), rate_name(&taiyuan(), 2024)];
    assert_eq!(write.observations_named(&names).await.unwrap().len(), 1);
    assert!(write.funding_line(&line_name(&taiyuan(), "new")).await.unwrap().is_some());
    let lines = write.funding_lines_of(&taiyuan()).await.unwrap();
    assert_eq!(lines.iter().map(|row| row.name.id()).collect::<Vec<_>>(), ["new", "old"]);
    assert!(write.funding_lines_of(&ecology()).await.unwrap().is_empty());
    let groups = write.resources(&taiyuan(), "fundingGroups").await.unwrap();
    assert_eq!(groups.iter().map(|row| row.body.body.as_slice()).collect::<Vec<_>>(), [b"group"]);
    assert!(write.resource(&resource_name(&taiyuan(), "statements", "s-1")).await.unwrap().is_some());
    drop(write);
    let query = FundingQuery { limit: 10, ..FundingQuery::default() };
    assert_eq!(world.store.funding_lines(&query).await.unwrap().len(), 1);
}

pub(crate) async fn counts_are_of_current_rows(world: &World) {
    let changes = [
        put(&taiyuan(), rate(2024, "40")),
        put(&taiyuan(), rate(2023, "39")),
        put_line(line(&taiyuan(), "l", None)),
        put_resource(&taiyuan(), "statements", "s-1", b"1"),
    ];
    world.submit(&taiyuan(), june(1), &changes).await;
    let revised = [correct(&taiyuan(), rate(2024, "41"), ""), put_resource(&taiyuan(), "statements", "s-1", b"2")];
    world.submit(&taiyuan(), june(2), &revised).await;
    let counts = Counts { entries: 2, observations: 2, funding_lines: 1, resources: 1 };
    assert_eq!(world.store.counts(&taiyuan()).await.unwrap(), counts);
    assert_eq!(world.store.counts(&ecology()).await.unwrap(), Counts::default());
}
