//! What a service needs beside a result: a pace, data that are no file, and one cell changed.

use std::collections::BTreeMap;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use evaluation::index::{Absence, Data, GivenRow, Options, evaluate, evaluate_paced};
use evaluation::robust::{Extent, rank_bands};
use evaluation::{Input, MissingState, Pace, Step, evaluate as evaluate_practice, what_if};
use proptest::prelude::*;

use crate::golden::{TAI, TAI_DATA, data, scheme};
use crate::support::{S1, against, input, missing, not_applicable, reported};

/// Counts the steps and stops after so many.
fn until(last: u32) -> (Pace, Arc<AtomicU32>) {
    let taken = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&taken);
    (Pace::told(move |_| counted.fetch_add(1, Ordering::Relaxed) < last), taken)
}

#[test]
fn an_evaluation_that_is_stopped_has_no_result_and_takes_no_further_step() {
    let scheme = scheme(TAI);
    let table = data(TAI_DATA, &scheme);
    let options = Options { replicates: Some(500), seed: Some(7), ..Options::default() };
    let whole = evaluate(&scheme, &table, options).unwrap();
    let (pace, taken) = until(u32::MAX);
    assert_eq!(evaluate_paced(&scheme, &table, options, &pace).unwrap(), whole, "being told changes nothing");
    let steps = taken.load(Ordering::Relaxed);
    assert!(steps >= 500, "a step for each replicate, and those before: {steps}");
    for last in [0, 1, 100] {
        let (pace, taken) = until(last);
        assert!(evaluate_paced(&scheme, &table, options, &pace).is_err());
        assert_eq!(taken.load(Ordering::Relaxed), last + 1);
    }
}

#[test]
fn the_steps_of_a_run_of_practice_are_its_replicates() {
    let scheme = crate::support::scheme("0", &[("i", "60", S1), ("j", "40", S1)]);
    let cells = [("a", "i", against("30", "50")), ("a", "j", against("50", "50")), ("b", "i", against("40", "50"))];
    let evaluation = evaluate_practice(&scheme, &input(&cells)).unwrap();
    let extent = Extent { replicates: 50, seed: 7, ..Extent::default() };
    let bands = rank_bands(&evaluation, extent, &Pace::free()).unwrap();
    assert_eq!(bands.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert!(bands.values().all(|band| band.p05 <= band.p50 && band.p50 <= band.p95));
    let stop = Pace::told(|step| !matches!(step, Step::Replicate { number: 10, of: 50 }));
    assert!(rank_bands(&evaluation, extent, &stop).is_none());
    assert!(
        rank_bands(&evaluation, Extent::default(), &stop).unwrap().is_empty(),
        "nothing is asked without replicates"
    );
}

#[test]
fn given_rows_are_the_data_of_the_same_file_in_any_order() {
    let scheme = scheme(TAI);
    let read = data(TAI_DATA, &scheme);
    let mut table = csv::Reader::from_reader(TAI_DATA.as_bytes());
    let head = table.headers().unwrap().clone();
    let ids: Vec<(usize, &str)> = scheme
        .indicators()
        .into_iter()
        .map(|node| {
            let names = node.indicator().unwrap().columns.iter().map(String::as_str);
            let place =
                std::iter::once(node.id.as_str()).chain(names).find_map(|name| head.iter().position(|h| h == name));
            (place.unwrap(), node.id.as_str())
        })
        .collect();
    let rows = table.records().map(|cells| {
        let cells = cells.unwrap();
        let known = ids.iter().filter_map(|(place, id)| Some(((*id).to_owned(), Ok(cells[*place].parse().ok()?))));
        GivenRow { unit: cells[0].to_owned(), cells: known.collect(), ..GivenRow::default() }
    });
    let mut rows: Vec<GivenRow> = rows.collect();
    rows.reverse();
    let given = Data::given(&scheme, rows.clone()).unwrap();
    assert_eq!(given.digest(), read.digest());
    rows.push(rows[0].clone());
    assert_eq!(Data::given(&scheme, rows.clone()).unwrap_err(), (rows[0].unit.clone(), None));
    // Why a value is not there is part of the data.
    rows.pop();
    rows[0].cells.insert(ids[0].1.to_owned(), Err(Absence::NotApplicable));
    let excused = Data::given(&scheme, rows.clone()).unwrap();
    rows[0].cells.insert(ids[0].1.to_owned(), Err(Absence::Missing(MissingState::Late)));
    assert_ne!(excused.digest(), Data::given(&scheme, rows).unwrap().digest());
}

proptest! {
    /// The shortcut of a what-if is the evaluation of the changed input, whatever the cells hold.
    #[test]
    fn a_what_if_is_the_evaluation_of_the_changed_input(
        kinds in prop::collection::vec(0_u8..4, 12), values in prop::collection::vec(0_u32..120, 13), place in 0_usize..12,
    ) {
        let scheme = crate::support::scheme("0.4", &[("i", "50", S1), ("j", "30", S1), ("k", "20", S1)]);
        let cell = |kind: u8, value: u32| match kind {
            0 => missing(MissingState::Unknown),
            1 => not_applicable(),
            2 => reported(&value.to_string()),
            _ => against(&value.to_string(), "50"),
        };
        let (units, indicators) = (["a", "b", "c", "d"], ["i", "j", "k"]);
        let cells: BTreeMap<_, _> = (0..12)
            .map(|at| ((units[at / 3].to_owned(), indicators[at % 3].to_owned()), cell(kinds[at], values[at])))
            .collect();
        let units = units.map(|id| evaluation::Unit { id: id.to_owned(), name: id.to_owned() }).to_vec();
        let before = Input { units, cells };
        let evaluation = evaluate_practice(&scheme, &before).unwrap();
        let key = (["a", "b", "c", "d"][place / 3], indicators[place % 3]);
        let assumed = against(&values[12].to_string(), "50");
        let own = |unit: &str| -> BTreeMap<_, _> {
            let own = before.cells.iter().filter(|((of, _), _)| of == unit);
            own.map(|((_, indicator), cell)| (indicator.clone(), cell.clone())).collect()
        };
        let found = what_if(&scheme, &evaluation, (key.0, own(key.0)), (key.1, assumed.clone())).unwrap();
        let mut after = before.clone();
        after.cells.insert((key.0.to_owned(), key.1.to_owned()), assumed);
        let expected = evaluate_practice(&scheme, &after).unwrap().units;
        prop_assert_eq!(Some(&found.unit), expected.iter().find(|unit| unit.unit == key.0));
        prop_assert_eq!(found.ranks, expected.iter().map(|unit| unit.rank).collect::<Vec<_>>());
        prop_assert!(what_if(&scheme, &evaluation, ("x", own("x")), ("i", reported("1"))).is_none());
        prop_assert!(what_if(&scheme, &evaluation, ("a", own("a")), ("x", reported("1"))).is_none());
    }
}
