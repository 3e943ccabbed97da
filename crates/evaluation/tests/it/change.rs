//! What moved between two evaluations.

use evaluation::{Exact, changes};
use proptest::prelude::*;

use crate::support::*;

fn five() -> evaluation::Scheme {
    scheme("0", &[("a", "30", S1), ("b", "30", S1), ("c", "20", S1), ("d", "10", S1), ("e", "10", S1)])
}

#[test]
fn the_three_largest_gains_and_losses_are_named_in_order() {
    let scheme = five();
    let cells = |values: [&str; 5]| {
        ["a", "b", "c", "d", "e"].into_iter().zip(values).map(|(id, v)| ("u", id, against(v, "10"))).collect::<Vec<_>>()
    };
    let before = run(&scheme, &cells(["1", "1", "1", "1", "9"]));
    let after = run(&scheme, &cells(["2", "9", "5", "9", "1"]));
    let all = changes(&before, &after);
    let unit = &all.units[0];
    let named = |list: &[evaluation::ItemChange]| {
        list.iter().map(|c| (c.indicator.clone(), c.delta.to_string())).collect::<Vec<_>>()
    };
    assert!(all.same_scheme);
    assert_eq!(named(&unit.gains), [("b".into(), "24".into()), ("c".into(), "8".into()), ("d".into(), "8".into())]);
    assert_eq!(named(&unit.losses), [("e".into(), "-8".into())]);
    assert_eq!(unit.printed_delta.to_string(), "35.00");
}

#[test]
fn units_that_come_and_go_are_named() {
    let scheme = five();
    let before = run(&scheme, &[("old", "a", against("1", "1")), ("same", "a", against("1", "1"))]);
    let after = run(&scheme, &[("new", "a", against("1", "1")), ("same", "a", against("1", "1"))]);
    let all = changes(&before, &after);
    assert_eq!((all.appeared, all.disappeared), (vec!["new".to_owned()], vec!["old".to_owned()]));
    assert!(all.units[0].items.is_empty());
}

/// A value in tenths, missing, or not applicable.
fn cell() -> impl Strategy<Value = evaluation::Cell> {
    prop_oneof![
        6 => (0u32..2000).prop_map(|v| against(&format!("{}.{}", v / 10, v % 10), "77")),
        1 => Just(missing(evaluation::MissingState::Late)),
        1 => Just(not_applicable()),
    ]
}

proptest! {
    #[test]
    fn the_change_of_the_total_is_exactly_the_sum_of_the_changes_of_its_items(
        before in proptest::collection::vec(cell(), 5),
        after in proptest::collection::vec(cell(), 5),
    ) {
        let scheme = five();
        let cells = |values: Vec<evaluation::Cell>| {
            ["a", "b", "c", "d", "e"].into_iter().zip(values).map(|(id, cell)| ("u", id, cell)).collect::<Vec<_>>()
        };
        let (before, after) = (run(&scheme, &cells(before)), run(&scheme, &cells(after)));
        let unit = changes(&before, &after).units.remove(0);
        let sum: Exact = unit.items.iter().map(|item| &item.delta).sum();
        prop_assert_eq!(&sum, &unit.delta);
        prop_assert_eq!(unit.delta, &after.units[0].exact_score - &before.units[0].exact_score);
    }
}
