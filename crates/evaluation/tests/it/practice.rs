//! What stands behind an evaluation of practice.

use evaluation::analysis::{compare, gains, leave_one_out, lift};
use evaluation::{Cell, Exact, Scheme};
use proptest::prelude::*;

use crate::support::{S1, against, decimal, input, run, scheme};

const IDS: [&str; 4] = ["a", "b", "c", "d"];

fn marks(marks: [u32; 4]) -> Scheme {
    let texts = marks.map(|it| it.to_string());
    let rows: Vec<_> = IDS.iter().zip(&texts).map(|(id, marks)| (*id, marks.as_str(), S1)).collect();
    scheme("0", &rows)
}

fn cells<'n>(names: &'n [String], values: &[[u32; 4]]) -> Vec<(&'n str, &'static str, Cell)> {
    let row = |(name, row): (&'n String, &[u32; 4])| {
        let cell = |(id, value): (&&'static str, &u32)| (name.as_str(), *id, against(&value.to_string(), "10"));
        IDS.iter().zip(row).map(cell).collect::<Vec<_>>()
    };
    names.iter().zip(values).flat_map(row).collect()
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|unit| format!("u{unit}")).collect()
}

#[test]
fn leaving_an_item_out_gives_its_marks_to_the_others_in_proportion() {
    let scheme = marks([40, 30, 20, 10]);
    let names = names(3);
    let all = cells(&names, &[[10, 0, 0, 0], [0, 10, 10, 0], [0, 0, 0, 10]]);
    let evaluation = run(&scheme, &all);
    // 40, 50, 10: second, first, third. Without b: 57.14, 28.57, 14.29.
    let found = leave_one_out(&scheme, &input(&all), &evaluation);
    let b = found.iter().find(|it| it.node == "b").unwrap();
    assert_eq!(b.shifts.values().copied().collect::<Vec<_>>(), [-1, 1, 0]);
    assert_eq!((b.mean_shift.to_string(), b.max_shift), ("2/3".into(), 1));
    assert!(found.iter().find(|it| it.node == "g").unwrap().shifts.is_empty());
}

type Tables = (Vec<[u32; 4]>, Vec<[u32; 4]>);

fn tables() -> impl Strategy<Value = Tables> {
    let row = || proptest::array::uniform4(0u32..=10);
    (proptest::collection::vec(row(), 2..5), proptest::collection::vec(row(), 2..5))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_fewest_items_that_lift_do_lift_and_no_fewer((rows, _) in tables()) {
        let scheme = marks([40, 30, 20, 10]);
        let names = names(rows.len());
        let evaluation = run(&scheme, &cells(&names, &rows));
        let unit = &evaluation.units[0];
        let found = lift(&scheme, &input(&cells(&names, &rows)), unit, "良").unwrap();
        let reached = |set: usize| {
            let mut rows = rows.clone();
            (0..4).filter(|at| set >> at & 1 == 1).for_each(|at| rows[0][at] = 10);
            run(&scheme, &cells(&names, &rows)).units[0].score >= decimal("80")
        };
        let fewest = (0..16_usize).filter(|set| reached(*set)).map(usize::count_ones).min();
        prop_assert_eq!(found.reachable, fewest.is_some());
        prop_assert_eq!(Some(found.items.len()), fewest.map(|it| it as usize));
        let set = found.items.iter().map(|id| 1 << IDS.iter().position(|it| it == id).unwrap()).sum();
        prop_assert!(reached(set));
        let all: Exact = gains(&scheme, &input(&cells(&names, &rows)), unit).iter().map(|it| &it.gain).sum();
        prop_assert_eq!(&all + &unit.exact_score, Exact::integer(100));
    }

    #[test]
    fn the_causes_of_a_change_of_rank_add_up_exactly((before, after) in tables()) {
        let (old, new) = (marks([40, 30, 20, 10]), marks([10, 20, 30, 40]));
        let (first, last) = (names(before.len()), names(after.len()));
        let found = compare((&old, &input(&cells(&first, &before))), (&new, &input(&cells(&last, &after)))).unwrap();
        prop_assert_eq!(found.len(), before.len().min(after.len()));
        for change in found {
            let sum: Exact = change.parts.values().sum();
            prop_assert_eq!(sum, Exact::integer(i64::from(change.after) - i64::from(change.before)));
        }
        let same = compare((&old, &input(&cells(&first, &before))), (&old, &input(&cells(&first, &before)))).unwrap();
        prop_assert!(same.iter().all(|it| it.parts.values().all(Exact::is_zero) && it.parts.len() == 2));
    }
}
