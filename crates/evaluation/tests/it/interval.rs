//! Policies of missing values, coverage by department, and the intervals over what is missing.

use std::fmt::Write;

use evaluation::FlagCode;
use evaluation::index::{IndexEvaluation, IndexScheme, IndexUnit, Options};
use proptest::prelude::*;

use crate::missing::{run, scheme, yaml};

const ALL: Options = Options { replicates: Some(0), seed: None, stages: false, threads: 1, intervals: true };

const GRADES: &str = "grades: [{title: {zh: 优, en: A}, from: 80}, {title: {zh: 良, en: B}, from: 50}, \
                      {title: {zh: 差, en: C}, from: 0}]";

const MINMAX: &str = "{stage: normalise, method: minmax}, {stage: aggregate, method: arithmetic}";
const POSTS: &str = "{stage: normalise, method: goalposts, scale: 100}, {stage: aggregate, method: arithmetic}";
const POST: &str = ", goalposts: {min: 0, max: 10}";

fn unit<'e>(result: &'e IndexEvaluation, id: &str) -> &'e IndexUnit {
    result.units.iter().find(|unit| unit.unit == id).unwrap()
}

fn codes(unit: &IndexUnit) -> Vec<FlagCode> {
    unit.flags.iter().map(|flag| flag.code).collect()
}

/// Four units of which x has lost one of two values, in the state that `status` says.
fn lost(policy: &str, status: &str) -> IndexEvaluation {
    let rest = format!("result: {{decimals: 1, {GRADES}}}\nmissing: {{{policy}}}");
    let stages = format!("{{stage: impute, method: mean}}, {MINMAX}");
    let scheme = scheme(&stages, &rest, &[("a", ""), ("b", "")]);
    let mut csv = "unit,indicator,value,status\n".to_owned();
    for (unit, a, b) in [("p", 0, 0), ("q", 5, 5), ("r", 10, 10)] {
        writeln!(csv, "{unit},a,{a},\n{unit},b,{b},").unwrap();
    }
    writeln!(csv, "x,a,10,\nx,b,,{status}").unwrap();
    run(&scheme, &csv, ALL)
}

#[test]
fn each_state_of_missing_has_the_policy_that_the_scheme_gives_it() {
    let score = |policy, status| unit(&lost(policy, status), "x").score;
    // By default the mean of the column (5, that is 50) fills it: (100 + 50) ÷ 2.
    assert_eq!(score("", "late"), 75.0);
    assert_eq!(score("late: leave_out", "late"), 100.0);
    assert_eq!(score("late: leave_out", "refused"), 75.0);
    assert_eq!(score("refused: zero", "refused"), 50.0);
    let held = lost("not_due: hold", "not_due");
    assert_eq!((unit(&held, "x").score, unit(&held, "x").grade.as_deref()), (100.0, None));
    assert!(codes(unit(&held, "x")).contains(&FlagCode::GradeHeld));
    assert!(codes(unit(&lost("refused: zero", "refused"), "x")).contains(&FlagCode::MissingScoredZero));
    let gap = &unit(&held, "x").missing[0];
    assert_eq!((gap.indicator.as_str(), gap.policy.as_str()), ("b", "hold"));
}

#[test]
fn a_policy_that_does_not_exist_and_a_zero_without_a_low_end_are_faults() {
    let faults = |rest: &str, stages: &str| IndexScheme::from_yaml(&yaml(stages, rest, &[("a", "")])).unwrap_err().0;
    let unknown = faults("missing: {late: forgive}", MINMAX);
    assert_eq!((unknown[0].path.as_str(), unknown[0].line), ("missing.late", Some(6)));
    let scale =
        faults("missing: {late: zero}", "{stage: normalise, method: zscore}, {stage: aggregate, method: arithmetic}");
    assert_eq!(scale[0].path, "(a).normalise");
    let bounds = IndexScheme::from_yaml(&yaml(MINMAX, "", &[("a", ", admissible: [3, 3]")])).unwrap_err().0;
    assert!(bounds[0].path.ends_with("admissible"), "{}", bounds[0]);
}

#[test]
fn coverage_is_told_by_department_and_the_data_win_over_the_scheme() {
    let indicators = [("a", ", department: 生态环境"), ("b", ", weight: 3, department: 住建"), ("c", "")];
    let scheme = scheme(MINMAX, "", &indicators);
    let csv = "unit,indicator,value,status,department\nx,a,1,,\nx,b,,late,\nx,c,3,,住建\ny,a,2,,\ny,b,3,,\ny,c,4,,\n";
    let result = run(&scheme, csv, ALL);
    let of =
        |id: &str, name: &str| unit(&result, id).coverage_by_department.get(name).map(|it| (it.reported, it.total));
    assert_eq!(of("x", "生态环境"), Some((1, 1)));
    assert_eq!(of("x", "住建"), Some((1, 2)));
    assert_eq!(of("y", "住建"), Some((1, 1)));
    assert_eq!(unit(&result, "x").coverage_by_department["住建"].weight_share, 0.25);
}

#[test]
fn on_a_fixed_scale_the_ends_of_score_rank_and_grade_are_the_best_and_the_worst_case() {
    let scheme = scheme(POSTS, &format!("result: {{decimals: 1, {GRADES}}}"), &[("a", POST), ("b", POST)]);
    let result = run(&scheme, "unit,a,b\nx,8,\ny,6,6\nz,10,10\n", ALL);
    let x = unit(&result, "x").interval.as_ref().unwrap();
    assert_eq!((x.score_low, x.score_high), (40.0, 90.0));
    assert_eq!((x.rank_best, x.rank_worst, x.rank_exact), (Some(2.0), Some(3.0), true));
    assert_eq!((x.grade_low.as_deref(), x.grade_high.as_deref(), x.provisional), (Some("差"), Some("优"), true));
    assert!(codes(unit(&result, "x")).contains(&FlagCode::Provisional));
    let y = unit(&result, "y").interval.as_ref().unwrap();
    assert_eq!((y.score_low, y.score_high, y.provisional), (60.0, 60.0, false));
    assert_eq!((y.rank_best, y.rank_worst), (Some(2.0), Some(3.0)));
}

#[test]
fn what_cannot_be_exact_is_refused_with_its_reason() {
    let refused = |stages: &str, more: &str| {
        let result = run(&scheme(stages, "", &[("a", more), ("b", more)]), "unit,a,b\nx,8,\ny,6,6\nz,9,10\n", ALL);
        assert!(result.units.iter().all(|unit| unit.interval.is_none()));
        result.interval_refused.unwrap().en
    };
    let bounds = ", admissible: [0, 10]";
    assert!(refused(MINMAX, "").contains("no bounds"));
    let zscore = "{stage: normalise, method: zscore}, {stage: aggregate, method: arithmetic}";
    assert!(refused(zscore, bounds).contains("scale of its normalisation"));
    assert!(refused(&format!("{{stage: treat}}, {MINMAX}"), bounds).contains("outliers"));
    let entropy = "{stage: normalise, method: minmax}, {stage: aggregate, method: arithmetic, weights: entropy}";
    assert!(refused(entropy, bounds).contains("computed from the data"));
    let topsis = "{stage: normalise, method: minmax}, {stage: aggregate, method: topsis}";
    assert!(refused(topsis, bounds).contains("may fall"));
    let complete = run(&scheme(zscore, "", &[("a", ""), ("b", "")]), "unit,a,b\nx,8,1\ny,6,6\n", ALL);
    assert_eq!(complete.interval_refused, None);
}

/// A table of two-digit values with gaps, and the fills of the gaps.
fn table() -> impl Strategy<Value = (Vec<Vec<Option<i32>>>, Vec<i32>)> {
    let cell = prop_oneof![3 => (0i32..=10).prop_map(Some), 1 => Just(None)];
    (proptest::collection::vec(proptest::collection::vec(cell, 3), 3..7), proptest::collection::vec(0i32..=10, 21))
}

fn csv(rows: &[Vec<Option<i32>>], fills: Option<&[i32]>) -> String {
    let mut text = "unit,a,b,c\n".to_owned();
    for (unit, row) in rows.iter().enumerate() {
        write!(text, "u{unit}").unwrap();
        for (at, cell) in row.iter().enumerate() {
            let value = cell.or_else(|| fills.map(|fills| fills[unit * 3 + at]));
            write!(text, ",{}", value.map(|value| value.to_string()).unwrap_or_default()).unwrap();
        }
        text.push('\n');
    }
    text
}

const SCALES: [&str; 5] = [
    "{stage: normalise, method: goalposts, scale: 100}",
    "{stage: normalise, method: minmax, lower: 1}",
    "{stage: normalise, method: distance_to_max}",
    "{stage: normalise, method: rank}",
    "{stage: normalise, method: percentile_rank, ties: average}",
];
const MEANS: [&str; 5] = ["arithmetic", "geometric", "{method: owa, alpha: 2}", "median", "min"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the missing values are, score and rank lie within their interval, and where the scale is fixed the ends
    /// are reached.
    #[test]
    fn no_admissible_fill_leads_out_of_the_interval((rows, fills) in table(), scale in 0..5usize, mean in 0..5usize, lower in any::<bool>()) {
        let direction = |id: &str| if lower && id == "b" { "lower_better" } else { "higher_better" };
        let mut text = format!(
            "kind: index\nid: m\nversion: '1'\ntitle: {{zh: 缺, en: gaps}}\nstages: [{}, {{stage: aggregate, method: arithmetic}}]\nindex:\n  id: I\n  aggregate: {}\n  children:\n",
            SCALES[scale], MEANS[mean],
        );
        for id in ["a", "b", "c"] {
            writeln!(text, "    - {{id: {id}, direction: {}{POST}}}", direction(id)).unwrap();
        }
        let scheme = IndexScheme::from_yaml(&text).unwrap();
        let open = run(&scheme, &csv(&rows, None), ALL);
        prop_assume!(open.interval_refused.is_none());
        let filled = run(&scheme, &csv(&rows, Some(&fills)), ALL);
        let every = rows.iter().flatten().all(Option::is_some);
        let all_ranked = open.units.iter().all(|unit| unit.rank.is_some());
        for (open, filled) in open.units.iter().zip(&filled.units) {
            let Some(interval) = &open.interval else {
                prop_assert!(every);
                continue;
            };
            let score = filled.exact_score;
            prop_assert!(interval.score_low - 1e-9 <= score && score <= interval.score_high + 1e-9,
                "{}: {score} outside {interval:?}", open.unit);
            // A unit without any value on its scale is not ranked, and then there is one rank less to be had.
            if let (Some(best), Some(worst), true) = (interval.rank_best, interval.rank_worst, all_ranked) {
                let rank = filled.rank.unwrap();
                prop_assert!(best <= rank && rank <= worst, "{}: {rank} outside {interval:?}", open.unit);
            }
        }
        if scale == 0 {
            for (at, unit) in open.units.iter().enumerate() {
                let Some(interval) = &unit.interval else { continue };
                let (mut best, mut worst) = (vec![0; 21], vec![0; 21]);
                for cell in 0..rows.len() * 3 {
                    let own = cell / 3 == at;
                    let good = if lower && cell % 3 == 1 { 0 } else { 10 };
                    best[cell] = if own { good } else { 10 - good };
                    worst[cell] = 10 - best[cell];
                }
                for (fills, score, rank) in [
                    (best, interval.score_high, interval.rank_best),
                    (worst, interval.score_low, interval.rank_worst),
                ] {
                    let end = &run(&scheme, &csv(&rows, Some(&fills)), ALL).units[at];
                    prop_assert!((end.exact_score - score).abs() < 1e-9);
                    if interval.rank_exact && all_ranked {
                        prop_assert_eq!(end.rank, rank);
                    }
                }
            }
        }
    }
}
