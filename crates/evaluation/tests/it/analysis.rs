//! Sensitivity and explanation of a composite index: what is said must hold when it is tried.

use std::collections::BTreeMap;
use std::fmt::Write;

use evaluation::Exact;
use evaluation::index::analysis::{
    Alternative, Edition, audit, compare, explain, leave_one_out, lift, shares, weight_reach,
};
use evaluation::index::{Data, IndexEvaluation, IndexScheme, Options, evaluate, read_csv};
use evaluation::sensitivity::Design;
use proptest::prelude::*;

const GRADES: &str = "result: {decimals: 1, grades: [{title: {zh: 优, en: A}, from: 80}, {title: {zh: 良, en: B}, from: 60}, \
                      {title: {zh: 差, en: C}, from: 0}]}";
const POSTS: &str = "{stage: normalise, method: goalposts, scale: 100}";
const MINMAX: &str = "{stage: normalise, method: minmax, lower: 1}";

/// Four indicators in two groups, each node with its weight; what is in `without` is left out.
fn yaml(scale: &str, mean: &str, weights: [u32; 6], without: &[&str]) -> String {
    let mut text = format!(
        "kind: index\nid: t\nversion: '1'\ntitle: {{zh: 析, en: analysis}}\n\
         stages: [{scale}, {{stage: aggregate, method: {mean}}}]\n{GRADES}\nindex:\n  id: I\n  children:\n"
    );
    for (group, weight, leaves) in [
        ("A", weights[0], [("a", weights[1]), ("b", weights[2])]),
        ("B", weights[3], [("c", weights[4]), ("d", weights[5])]),
    ] {
        let left: Vec<_> = leaves.iter().filter(|(id, _)| !without.contains(id)).collect();
        if without.contains(&group) || left.is_empty() {
            continue;
        }
        write!(text, "    - id: {group}\n      weight: {weight}\n      children:\n").unwrap();
        for (id, weight) in left {
            let direction = if *id == "b" { "lower_better" } else { "higher_better" };
            writeln!(
                text,
                "        - {{id: {id}, weight: {weight}, direction: {direction}, goalposts: {{min: 0, max: 10}}}}"
            )
            .unwrap();
        }
    }
    text
}

fn csv(rows: &[Vec<Option<i32>>], without: &[&str]) -> String {
    let ids: Vec<(usize, &str)> =
        ["a", "b", "c", "d"].into_iter().enumerate().filter(|(_, id)| !without.contains(id)).collect();
    let mut text = format!("unit,{}\n", ids.iter().map(|(_, id)| *id).collect::<Vec<_>>().join(","));
    for (unit, row) in rows.iter().enumerate() {
        let cells: Vec<String> =
            ids.iter().map(|(at, _)| row[*at].map(|it| it.to_string()).unwrap_or_default()).collect();
        writeln!(text, "u{unit},{}", cells.join(",")).unwrap();
    }
    text
}

fn read(yaml: &str, csv: &str) -> (IndexScheme, Data) {
    let scheme = IndexScheme::from_yaml(yaml).unwrap_or_else(|errors| panic!("{errors}"));
    let data = read_csv(csv, &scheme).unwrap_or_else(|faults| panic!("{}", faults[0]));
    (scheme, data)
}

fn plain(scheme: &IndexScheme, data: &Data) -> IndexEvaluation {
    evaluate(scheme, data, Options { replicates: Some(0), ..Options::default() }).unwrap()
}

fn table(gaps: bool) -> impl Strategy<Value = Vec<Vec<Option<i32>>>> {
    let cell = prop_oneof![9 => (0i32..=10).prop_map(Some), u32::from(gaps) => Just(None)];
    proptest::collection::vec(proptest::collection::vec(cell, 4), 3..7)
}

const EVEN: [u32; 6] = [1; 6];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn leaving_one_out_is_a_run_that_never_had_it(rows in table(true), weights in [1u32..5, 1..5, 1..5, 1..5, 1..5, 1..5], scale in 0..2usize) {
        let scale = [POSTS, MINMAX][scale];
        let (scheme, data) = read(&yaml(scale, "geometric", weights, &[]), &csv(&rows, &[]));
        let full = plain(&scheme, &data);
        let found = leave_one_out(&scheme, &data, &full);
        prop_assert_eq!(found.len(), 6);
        for left in &found {
            let gone: Vec<&str> = match left.node.as_str() {
                "A" => vec!["A", "a", "b"],
                "B" => vec!["B", "c", "d"],
                leaf => vec![leaf],
            };
            let (scheme, data) = read(&yaml(scale, "geometric", weights, &gone), &csv(&rows, &gone));
            for (before, after) in full.units.iter().zip(&plain(&scheme, &data).units) {
                let shift = before.rank.zip(after.rank).map(|(before, after)| after - before);
                prop_assert_eq!(left.shifts.get(&before.unit).copied(), shift, "{}", &left.node);
            }
        }
    }

    #[test]
    fn the_parts_of_a_difference_add_up_to_it(rows in table(true), mean in 0..5usize) {
        let mean = ["arithmetic", "geometric", "harmonic", "min", "mazziotta_pareto"][mean];
        let (scheme, data) = read(&yaml(MINMAX, mean, EVEN, &[]), &csv(&rows, &[]));
        let full = plain(&scheme, &data);
        let found = explain(&scheme, &data, &full, "u0", None).unwrap();
        if let (Some(score), Some(reference)) = (found.score, found.reference) {
            let sum: f64 = found.differences.iter().map(|it| it.share).sum();
            prop_assert!((sum - (score - reference)).abs() < 1e-9, "{sum} is not {score} − {reference}");
        }
    }

    #[test]
    fn a_weight_within_its_reach_changes_nothing_and_beyond_it_something(rows in table(false), weights in [1u32..5, 1..5, 1..5, 1..5, 1..5, 1..5], geometric in any::<bool>()) {
        let mean = if geometric { "geometric" } else { "arithmetic" };
        let (scheme, data) = read(&yaml(POSTS, mean, weights, &[]), &csv(&rows, &[]));
        let full = plain(&scheme, &data);
        // The weight of A among A and B; B has the rest.
        let moved = |share: f64| {
            let text = yaml(POSTS, mean, [7777, weights[1], weights[2], 9999, weights[4], weights[5]], &[]);
            let text = text.replace("weight: 7777\n", &format!("weight: {share}\n"));
            let text = text.replace("weight: 9999\n", &format!("weight: {}\n", 1.0 - share));
            let (scheme, data) = read(&text, &csv(&rows, &[]));
            plain(&scheme, &data)
        };
        let ranks = |it: &IndexEvaluation| it.units.iter().map(|unit| unit.rank).collect::<Vec<_>>();
        let grades = |it: &IndexEvaluation| it.units.iter().map(|unit| unit.grade.clone()).collect::<Vec<_>>();
        // Ties of now are broken by any move, and are no matter of reach.
        let mut distinct = ranks(&full);
        distinct.sort_by(|a, b| a.partial_cmp(b).unwrap());
        distinct.dedup();
        prop_assume!(distinct.len() == rows.len());
        let found = weight_reach(&scheme, &data, &full, None).unwrap();
        let reach = found.iter().find(|it| it.node == "A").unwrap();
        for (limit, out, rank) in [
            (reach.rank_above, 1.0, true), (reach.rank_below, -1.0, true),
            (reach.grade_above, 1.0, false), (reach.grade_below, -1.0, false),
        ] {
            let Some(limit) = limit else { continue };
            prop_assert!(geometric || limit.tolerance == 0.0);
            let same = |share: f64| {
                let it = moved(share);
                if rank { ranks(&it) == ranks(&full) } else { grades(&it) == grades(&full) }
            };
            let step = 1e-6;
            if (limit.at - reach.weight).abs() > 2.0 * step {
                prop_assert!(same(limit.at - out * step), "changes before {limit:?}");
            }
            let beyond = limit.at + out * step;
            if (0.0..=1.0).contains(&beyond) {
                prop_assert!(!same(beyond), "does not change after {limit:?}");
            }
        }
    }

    #[test]
    fn the_set_that_lifts_does_lift_and_no_smaller_one_does(rows in table(true), scale in 0..2usize, mean in 0..4usize) {
        let mean = ["arithmetic", "geometric", "min", "mazziotta_pareto"][mean];
        let (scheme, data) = read(&yaml([POSTS, MINMAX][scale], mean, EVEN, &[]), &csv(&rows, &[]));
        let full = plain(&scheme, &data);
        let found = lift(&scheme, &data, &full, ("u0", "良"), &BTreeMap::new()).unwrap();
        prop_assert!(found.smallest);
        let reached = |set: usize| {
            let mut rows = rows.clone();
            for (at, cell) in rows[0].iter_mut().enumerate().filter(|(at, _)| set >> at & 1 == 1) {
                *cell = Some(if at == 1 { 0 } else { 10 });
            }
            let (scheme, data) = read(&yaml([POSTS, MINMAX][scale], mean, EVEN, &[]), &csv(&rows, &[]));
            matches!(plain(&scheme, &data).units[0].grade.as_deref(), Some("优" | "良"))
        };
        let smallest = (0..16_usize).filter(|set| reached(*set)).map(usize::count_ones).min();
        prop_assert_eq!(found.reachable, smallest.is_some());
        if let Some(smallest) = smallest {
            prop_assert_eq!(found.changes.len(), usize::try_from(smallest).unwrap());
            let set = found.changes.iter().map(|it| 1 << "abcd".find(&it.indicator).unwrap()).sum();
            prop_assert!(reached(set), "{found:?}");
        }
    }

    #[test]
    fn the_causes_of_a_change_of_rank_add_up_to_it_exactly(before in table(true), after in table(true), weights in [1u32..5, 1..5, 1..5, 1..5, 1..5, 1..5]) {
        let (old, old_data) = read(&yaml(MINMAX, "arithmetic", EVEN, &[]), &csv(&before, &[]));
        let (new, new_data) = read(&yaml(POSTS, "arithmetic", weights, &["d"]), &csv(&after, &["d"]));
        let found = compare(Edition { scheme: &old, data: &old_data }, None, Edition { scheme: &new, data: &new_data });
        // With gaps a unit may be without a score in some mixture; that is said and not glossed over.
        let Ok(found) = found else { return Ok(()) };
        for change in found {
            let sum: Exact = change.parts.values().sum();
            let moved = Exact::integer((change.after - change.before) as i64);
            prop_assert_eq!(sum, moved, "{:?}", change);
            prop_assert_eq!(change.parts.contains_key("units"), before.len() != after.len());
        }
    }
}

fn small(mean: &str) -> (IndexScheme, Data) {
    let rows = [[8, 2, 5, 5], [5, 5, 9, 6], [2, 1, 3, 9], [9, 9, 1, 2]];
    let rows: Vec<Vec<Option<i32>>> = rows.iter().map(|row| row.iter().map(|it| Some(*it)).collect()).collect();
    read(&yaml(POSTS, mean, EVEN, &[]), &csv(&rows, &[]))
}

#[test]
fn shares_of_uncertainty_add_up_and_a_choice_that_changes_nothing_has_none() {
    let (scheme, data) = small("arithmetic");
    let full = plain(&scheme, &data);
    let design = Design { points: 128, repetitions: 4, seed: 3 };
    let first = Alternative { scheme: &scheme, data: &data };
    let same = shares(first, &[first], &full, design).unwrap();
    assert_eq!(same.inputs, ["weights of A", "weights of B", "weights of I", "choice of scheme"]);
    assert_eq!((same.mean_rank_shift.first[3].value, same.mean_rank_shift.total[3].value), (0.0, 0.0));
    let (other, other_data) = read(
        &yaml(POSTS, "min", EVEN, &[]),
        &csv(
            &[
                vec![Some(8), Some(2), Some(5), Some(5)],
                vec![Some(5), Some(5), Some(9), Some(6)],
                vec![Some(2), Some(1), Some(3), Some(9)],
                vec![Some(9), Some(9), Some(1), Some(2)],
            ],
            &[],
        ),
    );
    let with = shares(first, &[Alternative { scheme: &other, data: &other_data }], &full, design).unwrap();
    // The minimum asks for no weights and orders the units otherwise: the choice dominates.
    assert!(with.mean_rank_shift.total[3].value > 0.5, "{:?}", with.mean_rank_shift);
    assert!(with.mean_rank_shift.total.iter().all(|it| it.half_width.is_finite()));
    assert_eq!(with, shares(first, &[Alternative { scheme: &other, data: &other_data }], &full, design).unwrap());
    assert_eq!(with.ranks.len(), 4);
}

#[test]
fn equal_weights_are_not_equally_important_when_one_indicator_hardly_varies() {
    // a is 0 or 10, b is 4 or 5, in all four combinations twice: variances 25 and 0.25.
    let text = "kind: index\nid: t\nversion: '1'\ntitle: {zh: 权, en: w}\nstages: [{stage: aggregate, method: arithmetic}]\n\
                index: {id: I, children: [{id: a, direction: higher_better}, {id: b, direction: higher_better}]}\n";
    let rows: String = (0..8).map(|n| format!("u{n},{},{}\n", n % 2 * 10, 4 + n / 2 % 2)).collect();
    let (scheme, data) = read(text, &format!("unit,a,b\n{rows}"));
    let found = &audit(&scheme, &data).unwrap()[0];
    let wanted = 25.0 / 25.25;
    assert!((found.children[0].squared_correlation - wanted).abs() < 1e-12);
    assert!((found.children[0].effective - wanted).abs() < 1e-12);
    assert_eq!(found.children[0].nominal, 0.5);
    // Two groups of four: 1 − 7/6 · 0.25/25.25.
    let ratio = found.children[0].correlation_ratio.unwrap();
    assert!((ratio - (1.0 - 7.0 / 6.0 * (0.25 / 25.25))).abs() < 1e-12, "{ratio}");
    assert!(
        (found.max_discrepancy.unwrap() - 99.0).abs() < 1e-9 || (found.max_discrepancy.unwrap() - 0.99).abs() < 1e-9
    );
}

#[test]
fn an_explanation_says_what_a_recalculation_shows() {
    let (scheme, data) = small("arithmetic");
    let full = plain(&scheme, &data);
    let found = explain(&scheme, &data, &full, "u0", None).unwrap();
    // u0: a 80, b 80, c 50, d 50 → 65; means: a 60, b 57.5, c 45, d 55.
    assert_eq!(found.score, Some(65.0));
    let share = |node: &str| found.differences.iter().find(|it| it.node == node).unwrap().share;
    assert!((share("A") - 0.5 * (80.0 - 58.75)).abs() < 1e-12);
    assert!((share("B") - 0.5 * (50.0 - 50.0)).abs() < 1e-12);
    let gain = found.gains.iter().find(|it| it.indicator == "b").unwrap();
    assert_eq!((gain.best, gain.gain_to_best), (0.0, 5.0));
    assert!((gain.gain.unwrap() - 0.25).abs() < 1e-12);
    // 65 falls below 59.95 when a falls by 2.02 (a quarter of the weight, ten points a unit).
    let value = found.values.iter().find(|it| it.indicator == "a").unwrap();
    let limit = value.grade_below.unwrap();
    assert!((limit.at - (8.0 - 5.05 / 2.5)).abs() < 1e-6, "{limit:?}");
    assert!(limit.tolerance < 1e-9);
    assert!(explain(&scheme, &data, &full, "nobody", None).is_err());
}

#[test]
fn strengths_are_told_against_the_peers_of_the_group() {
    let text = "kind: index\nid: t\nversion: '1'\ntitle: {zh: 组, en: g}\ndata: {groups: [kind]}\n\
                stages: [{stage: normalise, method: minmax}, {stage: aggregate, method: arithmetic}]\n\
                index: {id: I, children: [{id: a, direction: higher_better}, {id: b, direction: lower_better}]}\n";
    let rows = "x,n,9,9\np,n,1,1\nq,n,2,2\nr,n,3,3\ns,n,4,4\nt,m,99,0\n";
    let (scheme, data) = read(text, &format!("unit,kind,a,b\n{rows}"));
    let found = explain(&scheme, &data, &plain(&scheme, &data), "x", None).unwrap();
    assert_eq!((found.peers, found.peer_group), (4, Some(("kind".into(), "n".into()))));
    assert_eq!(
        (found.strengths.len(), found.strengths[0].indicator.as_str(), found.strengths[0].percentile),
        (1, "a", 1.0)
    );
    assert_eq!(
        (found.weaknesses.len(), found.weaknesses[0].indicator.as_str(), found.weaknesses[0].percentile),
        (1, "b", 0.0)
    );
}

#[test]
fn a_correction_is_told_apart_from_what_the_unit_did() {
    let at = |a: i32| {
        csv(
            &[vec![Some(a), Some(5), Some(5), Some(5)], vec![Some(5); 4], vec![Some(3), Some(5), Some(5), Some(5)]],
            &[],
        )
    };
    let (scheme, before) = read(&yaml(POSTS, "arithmetic", EVEN, &[]), &at(1));
    let (_, corrected) = read(&yaml(POSTS, "arithmetic", EVEN, &[]), &at(4));
    let (_, after) = read(&yaml(POSTS, "arithmetic", EVEN, &[]), &at(9));
    let found = compare(
        Edition { scheme: &scheme, data: &before },
        Some(&corrected),
        Edition { scheme: &scheme, data: &after },
    );
    let first = &found.unwrap()[0];
    let part = |name: &str| first.parts[name].to_string();
    // Third as published, second as corrected, first now.
    assert_eq!((first.before, first.after), (3.0, 1.0));
    assert_eq!((part("correction"), part("own"), part("others")), ("-1".into(), "-1".into(), "0".into()));
}
