//! A naive interpreter of schemes in exact fractions, written from the method book (docs/evaluation.md) and not from the
//! engine, against the engine on random schemes and data.
//!
//! Schemes of practice must agree exactly. Of composite indices the stages whose arithmetic is rational are covered (minmax,
//! goalposts, distance to target, attainment, bands, ranks; arithmetic and harmonic means, minimum, maximum, median): their
//! scores agree to 1e-9, since the engine computes in `f64`, and their ranks agree.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write;

use evaluation::index::{IndexScheme, Options, Ties};
use evaluation::{Scheme, evaluate, read_csv};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use proptest::prelude::*;

type Q = BigRational;

fn whole(value: i64) -> Q {
    Q::from_integer(BigInt::from(value))
}

/// Hundredths, as they are written in files.
fn cents(value: i64) -> Q {
    Q::new(BigInt::from(value), BigInt::from(100))
}

fn text(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", value.abs() / 100, value.abs() % 100)
}

fn clamp(value: Q, low: Q, high: Q) -> Q {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Practice

#[derive(Clone, Debug)]
struct Item {
    rule: usize,
    mandatory: bool,
}

/// The rules of one indicator with the words of the scheme file; see §11 of the method book.
const RULES: [&str; 10] = [
    "direction: higher_better, method: S1",
    "direction: lower_better, method: S2",
    "direction: higher_better, method: S3",
    "direction: lower_better, method: S3",
    "direction: higher_better, method: {id: S4, pass_line: 40}",
    "direction: higher_better, method: {id: S5, deduct_per_unit: 0.25}",
    "direction: lower_better, method: {id: S5, deduct_per_unit: 1.5}",
    "direction: higher_better, method: {id: S8, rate: decline, then: S1}",
    "direction: higher_better, method: {id: S8, rate: growth, then: S3}",
    "direction: qualitative, method: S6",
];

#[derive(Clone, Debug)]
enum Fact {
    Missing,
    NotApplicable,
    Value { value: i64, target: Option<i64>, baseline: Option<i64> },
}

#[derive(Clone, Debug)]
struct Practice {
    /// Groups of weights that sum to 100, each with its items.
    groups: Vec<(i64, Vec<Item>)>,
    /// By unit, then by item in order.
    units: Vec<Vec<Fact>>,
    /// Bonus value and deduction value of each unit, and whether a veto is in force.
    outside: Vec<(i64, i64, bool)>,
}

fn practice() -> impl Strategy<Value = Practice> {
    let item = (0..RULES.len(), prop::bool::weighted(0.8)).prop_map(|(rule, mandatory)| Item { rule, mandatory });
    let groups = prop::collection::vec((1i64..40, prop::collection::vec(item, 1..4)), 1..4).prop_map(|mut groups| {
        let others: i64 = groups.iter().skip(1).map(|(weight, _)| *weight).sum();
        groups[0].0 = 100 - others;
        groups
    });
    let fact = prop_oneof![
        1 => Just(Fact::Missing),
        1 => Just(Fact::NotApplicable),
        8 => (-2000i64..20_000, prop::option::weighted(0.9, -500i64..15_000), prop::option::weighted(0.9, -500i64..15_000))
            .prop_map(|(value, target, baseline)| Fact::Value { value, target, baseline }),
    ];
    groups.prop_flat_map(move |groups| {
        let items: usize = groups.iter().map(|(_, items)| items.len()).sum();
        let units = prop::collection::vec(prop::collection::vec(fact.clone(), items), 1..6);
        units.prop_flat_map(move |units| {
            let groups = groups.clone();
            let outside = prop::collection::vec((0i64..900, 0i64..900, prop::bool::weighted(0.2)), units.len());
            outside.prop_map(move |outside| Practice { groups: groups.clone(), units: units.clone(), outside })
        })
    })
}

impl Practice {
    fn items(&self) -> Vec<&Item> {
        self.groups.iter().flat_map(|(_, items)| items).collect()
    }

    fn yaml(&self) -> String {
        let mut yaml = "id: s\nversion: '1'\ntitle: {zh: 甲, en: A}\nmin_coverage: 0.5\nover_fulfilment_flag: 1.3\n\
             grades:\n  - {title: {zh: 优, en: Excellent}, from: 90}\n  - {title: {zh: 差, en: Poor}, from: 0}\n\
             bonus: {cap: 5, items: [{id: plus, title: {zh: 加, en: P}, unit: 项, per_unit: 2, max: 4}]}\n\
             deductions: {items: [{id: minus, title: {zh: 扣, en: M}, unit: 次, per_unit: 0.5}]}\n\
             veto: [{id: no, title: {zh: 否, en: N}, score_at_most: 30}]\ngroups:\n"
            .to_owned();
        let mut number = 0;
        for (group, (weight, items)) in self.groups.iter().enumerate() {
            writeln!(yaml, "  - id: g{group}\n    title: {{zh: 组, en: G}}\n    weight: {weight}\n    indicators:")
                .unwrap();
            for item in items {
                let rule = RULES[item.rule];
                writeln!(
                    yaml,
                    "      - {{id: i{number}, title: {{zh: 项, en: I}}, unit: 分, mandatory: {}, {rule}}}",
                    item.mandatory
                )
                .unwrap();
                number += 1;
            }
        }
        yaml
    }

    fn csv(&self) -> String {
        let items = self.items().len();
        let mut csv = "unit,plus,minus,no".to_owned();
        (0..items).for_each(|i| write!(csv, ",i{i},i{i}:target,i{i}:baseline,i{i}:evidence").unwrap());
        for (unit, (facts, (plus, minus, no))) in self.units.iter().zip(&self.outside).enumerate() {
            write!(csv, "\nu{unit},{},{},{}", text(*plus), text(*minus), u8::from(*no)).unwrap();
            for fact in facts {
                match fact {
                    Fact::Missing => csv.push_str(",,,,"),
                    Fact::NotApplicable => csv.push_str(",n/a,,,"),
                    Fact::Value { value, target, baseline } => {
                        let optional = |value: &Option<i64>| value.map(text).unwrap_or_default();
                        write!(csv, ",{},{},{},accepted", text(*value), optional(target), optional(baseline)).unwrap();
                    }
                }
            }
        }
        csv
    }

    /// The marks of each item: equal parts of the group among its mandatory items, or among all if none is mandatory; an
    /// optional item is worth as much as a mandatory one.
    fn marks(&self) -> Vec<Q> {
        let mut marks = Vec::new();
        for (weight, items) in &self.groups {
            let mandatory = items.iter().filter(|item| item.mandatory).count();
            let sharing = if mandatory == 0 { items.len() } else { mandatory };
            items.iter().for_each(|_| marks.push(whole(*weight) / whole(sharing as i64)));
        }
        marks
    }

    /// Exact weighted and final score of each unit.
    fn scores(&self) -> Vec<(Q, Q)> {
        let (items, marks) = (self.items(), self.marks());
        let score = |(facts, (plus, minus, no)): (&Vec<Fact>, &(i64, i64, bool))| {
            let (mut earned, mut of) = (Q::zero(), Q::zero());
            for ((fact, item), marks) in facts.iter().zip(&items).zip(&marks) {
                match fact {
                    Fact::NotApplicable => {}
                    Fact::Missing => {
                        if item.mandatory {
                            of += marks;
                        }
                    }
                    Fact::Value { value, target, baseline } => {
                        of += marks;
                        let share = share(item.rule, cents(*value), target.map(cents), baseline.map(cents), marks);
                        earned += clamp(share.unwrap_or_else(Q::zero), Q::zero(), Q::one()) * marks;
                    }
                }
            }
            let weighted = if of.is_zero() { Q::zero() } else { earned / of * whole(100) };
            let bonus = (cents(*plus) * whole(2)).min(whole(4)).min(whole(5));
            let total = (&weighted + bonus - cents(*minus) / whole(2)).max(Q::zero());
            let total = if *no { total.min(whole(30)) } else { total };
            (weighted, total)
        };
        self.units.iter().zip(&self.outside).map(score).collect()
    }
}

/// The share of the marks that a value earns; none where it cannot be scored.
fn share(rule: usize, a: Q, t: Option<Q>, b: Option<Q>, marks: &Q) -> Option<Q> {
    let up = |a: &Q, t: &Q| t.is_positive().then(|| a / t);
    let down = |a: &Q, t: &Q| match () {
        () if t.is_negative() => None,
        () if a <= t => Some(Q::one()),
        () => Some(t / a),
    };
    let way = |a: &Q, t: &Q, b: &Q, rises: bool| {
        if t == b {
            let met = if rises { a >= t } else { a <= t };
            return if met {
                Some(Q::one())
            } else if rises {
                up(a, t)
            } else {
                down(a, t)
            };
        }
        ((t > b) == rises).then(|| (a - b) / (t - b))
    };
    let off = |short: Q, k: Q| Some(if short.is_positive() { Q::one() - k * short / marks } else { Q::one() });
    match rule {
        0 => up(&a, &t?),
        1 => down(&a, &t?),
        2 => way(&a, &t?, &b?, true),
        3 => way(&a, &t?, &b?, false),
        4 => {
            let (t, f) = (t?, whole(40));
            if f >= t {
                None
            } else if a >= t {
                Some(Q::one())
            } else if a >= f {
                Some((whole(60) + whole(40) * (&a - &f) / (&t - &f)) / whole(100))
            } else {
                Some(whole(60) * a / f / whole(100))
            }
        }
        5 => off(t? - a, cents(25)),
        6 => off(a - t?, cents(150)),
        7 | 8 => {
            let b = b.filter(Signed::is_positive)?;
            let rate = if rule == 7 { (&b - &a) / &b } else { (&a - &b) / &b } * whole(100);
            if rule == 7 { up(&rate, &t?) } else { way(&rate, &t?, &Q::zero(), true) }
        }
        _ => (!a.is_negative() && a <= whole(100)).then(|| a / whole(100)),
    }
}

/// Half-up, on a number that is not negative.
fn printed(score: &Q) -> Q {
    ((score * whole(100) + Q::new(1.into(), 2.into())).floor()) / whole(100)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn schemes_of_practice_agree_exactly(practice in practice()) {
        let scheme = Scheme::from_yaml(&practice.yaml()).unwrap_or_else(|errors| panic!("{errors}\n{}", practice.yaml()));
        let result = evaluate(&scheme, &read_csv(&practice.csv(), &scheme).unwrap()).unwrap();
        let scores = practice.scores();
        let number = |text: String| -> Q {
            let (above, below) = text.split_once('/').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap_or((text, "1".into()));
            let decimals = above.split_once('.').map_or(0, |(_, after)| after.len()) as u32;
            let digits: BigInt = above.replace('.', "").parse().unwrap();
            Q::new(digits, BigInt::from(10).pow(decimals) * below.parse::<BigInt>().unwrap())
        };
        let ranked: Vec<(&Q, bool)> = scores.iter().map(|(_, last)| last).zip(result.units.iter().map(|unit| unit.ranked)).collect();
        for (unit, (weighted, last)) in result.units.iter().zip(&scores) {
            prop_assert_eq!(&number(unit.exact_score.to_string()), weighted, "{}", practice.csv());
            let adjustment = unit.adjustment.as_ref().unwrap();
            prop_assert_eq!(&number(adjustment.final_exact.to_string()), last);
            prop_assert_eq!(number(adjustment.final_score.to_string()), printed(last));
            if unit.ranked {
                let better = ranked.iter().filter(|(other, ranked)| *ranked && printed(other) > printed(last)).count();
                prop_assert_eq!(unit.rank, Some(better as u32 + 1));
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Composite indices

#[derive(Clone, Debug)]
enum Tree {
    Leaf(usize),
    Group { aggregate: usize, children: Vec<(i64, Tree)> },
}

const MEANS: [&str; 5] = ["arithmetic", "min", "max", "median", "harmonic"];

const NORMS: [&str; 8] = [
    "{method: minmax, lower: 1, upper: 10}",
    "{method: goalposts, scale: 5}",
    "{method: distance_to_target, cap: true}",
    "{method: attainment}",
    "{method: bands}",
    "{method: bands, interpolate: true}",
    "{method: rank, ties: average}",
    "{method: distance_to_max}",
];

#[derive(Clone, Debug)]
struct Index {
    tree: Tree,
    /// Normalisation and whether less is better.
    leaves: Vec<(usize, bool)>,
    /// By unit, then by leaf.
    units: Vec<Vec<Option<i64>>>,
    ties: usize,
    /// Whether a node refuses a value.
    refused: Cell<bool>,
}

fn index() -> impl Strategy<Value = Index> {
    let leaf = Just(Tree::Leaf(0));
    let tree = leaf.prop_recursive(3, 12, 4, |inner| {
        let children = prop::collection::vec((1i64..9, inner), 1..5);
        (0..MEANS.len(), children).prop_map(|(aggregate, children)| Tree::Group { aggregate, children })
    });
    let top = (0..MEANS.len(), prop::collection::vec((1i64..9, tree), 2..4))
        .prop_map(|(aggregate, children)| Tree::Group { aggregate, children });
    top.prop_flat_map(|mut tree| {
        let count = numbered(&mut tree, 0);
        let leaves = prop::collection::vec((0..NORMS.len(), prop::bool::ANY), count);
        let cell = prop::option::weighted(0.85, 0i64..2000);
        let units = prop::collection::vec(prop::collection::vec(cell, count), 1..9);
        (Just(tree), leaves, units, 0usize..4).prop_map(|(tree, leaves, units, ties)| Index {
            tree,
            leaves,
            units,
            ties,
            refused: Cell::new(false),
        })
    })
}

fn numbered(tree: &mut Tree, next: usize) -> usize {
    match tree {
        Tree::Leaf(number) => {
            *number = next;
            next + 1
        }
        Tree::Group { children, .. } => children.iter_mut().fold(next, |next, (_, child)| numbered(child, next)),
    }
}

/// What every indicator states: goalposts 2–15, target 12, baseline 3 and three bands; where less is better target and
/// baseline are exchanged.
const BANDS: [(i64, i64); 3] = [(4, 10), (8, 50), (16, 70)];

impl Index {
    fn yaml(&self) -> String {
        let ties = ["min", "max", "average", "dense"][self.ties];
        let mut yaml = format!(
            "kind: index\nid: i\nversion: '1'\ntitle: {{zh: 数, en: I}}\nstages:\n  \
             - {{stage: normalise, method: none}}\n  - {{stage: aggregate, method: arithmetic}}\n\
             result: {{ties: {ties}}}\nindex:\n"
        );
        let mut ids = 0;
        self.node(&self.tree, 1, None, &mut ids, &mut yaml);
        yaml
    }

    fn node(&self, tree: &Tree, depth: usize, weight: Option<i64>, ids: &mut usize, yaml: &mut String) {
        let pad = "  ".repeat(depth);
        let (first, rest) =
            if weight.is_some() { (format!("{pad}- "), format!("{pad}  ")) } else { (pad.clone(), pad) };
        let weight = weight.map(|weight| format!("weight: {weight}")).unwrap_or_default();
        match tree {
            Tree::Leaf(number) => {
                let (norm, falls) = self.leaves[*number];
                let bands: Vec<String> =
                    BANDS.iter().map(|(from, score)| format!("{{from: {from}, score: {score}}}")).collect();
                let (direction, target, baseline) =
                    if falls { ("lower_better", 3, 12) } else { ("higher_better", 12, 3) };
                writeln!(
                    yaml,
                    "{first}{{id: x{number}, {weight}, direction: {direction}, target: {target}, baseline: {baseline}, \
                     goalposts: {{min: 2, max: 15}}, bands: [{}], normalise: {}}}",
                    bands.join(", "),
                    NORMS[norm]
                )
                .unwrap();
            }
            Tree::Group { aggregate, children } => {
                *ids += 1;
                writeln!(yaml, "{first}id: g{ids}").unwrap();
                if !weight.is_empty() {
                    writeln!(yaml, "{rest}{weight}").unwrap();
                }
                writeln!(yaml, "{rest}aggregate: {}\n{rest}children:", MEANS[*aggregate]).unwrap();
                for (weight, child) in children {
                    self.node(child, rest.len() / 2 + 1, Some(*weight), ids, yaml);
                }
            }
        }
    }

    fn csv(&self) -> String {
        let header: Vec<String> = (0..self.leaves.len()).map(|leaf| format!("x{leaf}")).collect();
        let mut csv = format!("unit,{}\n", header.join(","));
        for (unit, cells) in self.units.iter().enumerate() {
            let cells: Vec<String> = cells.iter().map(|cell| cell.map(text).unwrap_or_default()).collect();
            writeln!(csv, "u{unit},{}", cells.join(",")).unwrap();
        }
        csv
    }

    /// The normalised column of a leaf.
    fn column(&self, leaf: usize) -> Vec<Option<Q>> {
        let (norm, falls) = self.leaves[leaf];
        let raw: Vec<Option<Q>> = self.units.iter().map(|unit| unit[leaf].map(cents)).collect();
        let turned: Vec<Option<Q>> = raw.iter().map(|x| x.clone().map(|x| if falls { -x } else { x })).collect();
        let there: Vec<Q> = turned.iter().flatten().cloned().collect();
        let (Some(low), Some(high)) = (there.iter().min().cloned(), there.iter().max().cloned()) else {
            return vec![None; raw.len()];
        };
        let (target, base) = if falls { (whole(3), whole(12)) } else { (whole(12), whole(3)) };
        let divided = |above: Q, below: Q| (!below.is_zero()).then(|| above / below);
        let each = |values: &[Option<Q>], f: &dyn Fn(Q) -> Option<Q>| -> Vec<Option<Q>> {
            values.iter().map(|value| value.clone().and_then(f)).collect()
        };
        match norm {
            0 => each(&turned, &|x| divided(x - &low, &high - &low).map(|share| whole(1) + share * whole(9))),
            1 => each(&raw, &|x| {
                let share = clamp((x - whole(2)) / whole(13), Q::zero(), Q::one());
                Some(if falls { Q::one() - share } else { share } * whole(5))
            }),
            2 => {
                let target = if falls { -target } else { target };
                each(&turned, &|x| divided(x - &low, &target - &low).map(|share| share.min(Q::one())))
            }
            3 => each(&raw, &|x| Some(clamp((x - &base) / (&target - &base), Q::zero(), Q::one()))),
            4 => each(&raw, &|x| {
                let reached = BANDS.iter().rev().find(|(from, _)| x >= whole(*from));
                Some(reached.map_or_else(Q::zero, |(_, score)| whole(*score)))
            }),
            5 => each(&raw, &|x| {
                let points: Vec<(Q, Q)> = BANDS.iter().map(|(from, score)| (whole(*from), whole(*score))).collect();
                if x <= points[0].0 {
                    return Some(points[0].1.clone());
                }
                let line = points.windows(2).find(|line| x <= line[1].0);
                Some(line.map_or_else(
                    || points[2].1.clone(),
                    |line| &line[0].1 + (&x - &line[0].0) / (&line[1].0 - &line[0].0) * (&line[1].1 - &line[0].1),
                ))
            }),
            6 => each(&turned, &|x| {
                let below = there.iter().filter(|other| **other < x).count() as i64;
                let same = there.iter().filter(|other| **other == x).count() as i64;
                // The mean of the places below + 1 … below + same.
                Some(whole(below) + (whole(same) + Q::one()) / whole(2))
            }),
            _ => each(&turned, &|x| divided(&high - x, &high - &low).map(|share| Q::one() - share)),
        }
    }

    fn score(&self, tree: &Tree, unit: usize, columns: &[Vec<Option<Q>>]) -> Option<Q> {
        let Tree::Group { aggregate, children } = tree else {
            let Tree::Leaf(number) = tree else { return None };
            return columns[*number][unit].clone();
        };
        let there: Vec<(Q, Q)> = children
            .iter()
            .filter_map(|(weight, child)| Some((whole(*weight), self.score(child, unit, columns)?)))
            .collect();
        if there.is_empty() {
            return None;
        }
        let weights: Q = there.iter().map(|(weight, _)| weight.clone()).sum();
        let mut values: Vec<Q> = there.iter().map(|(_, value)| value.clone()).collect();
        values.sort();
        Some(match aggregate {
            0 => there.iter().map(|(weight, value)| weight * value).sum::<Q>() / weights,
            1 => values[0].clone(),
            2 => values[values.len() - 1].clone(),
            3 => (&values[(values.len() - 1) / 2] + &values[values.len() / 2]) / whole(2),
            // The harmonic mean of a negative value is refused; with a zero its limit is zero.
            _ if values[0].is_negative() => {
                self.refused.set(true);
                return None;
            }
            _ if values.iter().any(Zero::is_zero) => Q::zero(),
            _ => weights / there.iter().map(|(weight, value)| weight / value).sum::<Q>(),
        })
    }
}

fn rank(score: &Q, scores: &[Q], ties: Ties) -> f64 {
    let better = scores.iter().filter(|other| *other > score).count() as f64;
    let same = scores.iter().filter(|other| *other == score).count() as f64;
    match ties {
        Ties::Min => better + 1.0,
        Ties::Max => better + same,
        Ties::Average => better + (same + 1.0) / 2.0,
        Ties::Dense => {
            let mut above: Vec<&Q> = scores.iter().filter(|other| *other > score).collect();
            above.sort();
            above.dedup();
            above.len() as f64 + 1.0
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn composite_indices_agree_to_nine_digits_and_in_every_rank(index in index()) {
        let scheme = IndexScheme::from_yaml(&index.yaml()).unwrap_or_else(|errors| panic!("{errors}\n{}", index.yaml()));
        let data = evaluation::index::read_csv(&index.csv(), &scheme).unwrap();
        let result = evaluation::index::evaluate(&scheme, &data, Options::default());
        let columns: Vec<Vec<Option<Q>>> = (0..index.leaves.len()).map(|leaf| index.column(leaf)).collect();
        let scores: BTreeMap<String, Option<Q>> = (0..index.units.len())
            .map(|unit| (format!("u{unit}"), index.score(&index.tree, unit, &columns)))
            .collect();
        let there: Vec<Q> = scores.values().flatten().cloned().collect();
        prop_assert_eq!(result.is_err(), index.refused.get(), "{}\n{}", index.yaml(), index.csv());
        for unit in result.iter().flat_map(|result| &result.units) {
            match &scores[&unit.unit] {
                None => prop_assert!(unit.score.is_nan() && unit.rank.is_none()),
                Some(exact) => {
                    let near = exact.to_f64().unwrap();
                    prop_assert!((unit.exact_score - near).abs() <= 1e-9 * near.abs().max(1.0), "{} {near}", unit.exact_score);
                    prop_assert_eq!(unit.rank, Some(rank(exact, &there, scheme.result().ties)), "{}\n{}", index.yaml(), index.csv());
                }
            }
        }
    }
}
