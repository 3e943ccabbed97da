//! The engine against an interpreter of schemes that is as plain as can be: exact fractions, no statistics library, no
//! order of computation to get wrong. Schemes and data are drawn at random.
//!
//! `naive.rs` covers scoring and the scales; here it is what happens between them: gaps that are filled or not, a least
//! share of the children, methods and weights that a group states for itself, ratios to mean and maximum.

use std::fmt::Write as _;

use evaluation::index::{IndexScheme, Options, evaluate, read_csv};
use num_rational::BigRational;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};
use proptest::prelude::*;

type Q = BigRational;
type Column = Vec<Option<Q>>;

/// A way of normalising, of combining, of filling.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Norm {
    None,
    MinMax,
    Rank,
    Borda,
    PercentileRank,
    DistanceToMax,
    FractionOfMax,
    MeanRatio,
    Goalposts,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mean {
    Arithmetic,
    Harmonic,
    Median,
    Min,
    Max,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fill {
    None,
    Mean,
    Median,
    Constant,
}

#[derive(Clone, Debug)]
enum Node {
    Leaf { lower: bool, norm: Option<Norm> },
    Group { mean: Option<Mean>, equal: bool, children: Vec<(u32, Node)> },
}

#[derive(Clone, Debug)]
struct Scheme {
    fill: Fill,
    norm: Norm,
    mean: Mean,
    /// In eighths.
    min_share: u32,
    root: Vec<(u32, Node)>,
}

const NORMS: [(Norm, &str); 9] = [
    (Norm::None, "none"),
    (Norm::MinMax, "minmax"),
    (Norm::Rank, "rank"),
    (Norm::Borda, "borda"),
    (Norm::PercentileRank, "percentile_rank"),
    (Norm::DistanceToMax, "distance_to_max"),
    (Norm::FractionOfMax, "fraction_of_max"),
    (Norm::MeanRatio, "mean_ratio"),
    (Norm::Goalposts, "goalposts"),
];
const MEANS: [(Mean, &str); 5] = [
    (Mean::Arithmetic, "arithmetic"),
    (Mean::Harmonic, "harmonic"),
    (Mean::Median, "median"),
    (Mean::Min, "min"),
    (Mean::Max, "max"),
];
const FILLS: [(Fill, &str); 4] =
    [(Fill::None, "none"), (Fill::Mean, "mean"), (Fill::Median, "median"), (Fill::Constant, "constant, value: 3")];

fn word<T: PartialEq>(list: &[(T, &'static str)], of: &T) -> &'static str {
    list.iter().find(|(known, _)| known == of).unwrap().1
}

fn any_node() -> impl Strategy<Value = Node> {
    let pick = |list: &[(Norm, &'static str)]| proptest::sample::select(list.iter().map(|it| it.0).collect::<Vec<_>>());
    let leaf = (any::<bool>(), proptest::option::weighted(0.2, pick(&NORMS)))
        .prop_map(|(lower, norm)| Node::Leaf { lower, norm });
    leaf.prop_recursive(2, 8, 3, |inner| {
        let mean = proptest::option::weighted(0.5, proptest::sample::select(MEANS.map(|it| it.0).to_vec()));
        (mean, any::<bool>(), proptest::collection::vec((1u32..5, inner), 1..4))
            .prop_map(|(mean, equal, children)| Node::Group { mean, equal, children })
    })
}

fn any_scheme() -> impl Strategy<Value = Scheme> {
    (
        proptest::sample::select(FILLS.map(|it| it.0).to_vec()),
        proptest::sample::select(NORMS.map(|it| it.0).to_vec()),
        proptest::sample::select(MEANS.map(|it| it.0).to_vec()),
        0u32..8,
        proptest::collection::vec((1u32..5, any_node()), 1..4),
    )
        .prop_map(|(fill, norm, mean, min_share, root)| Scheme { fill, norm, mean, min_share, root })
}

/// The scheme as a file; indicators are called by their number.
fn yaml(scheme: &Scheme) -> String {
    let mut text = format!(
        "kind: index\nid: r\nversion: '1'\ntitle: {{zh: 任意, en: any}}\nstages:\n  - {{stage: impute, method: {}}}\n  \
         - {{stage: normalise, method: {}}}\n  - {{stage: aggregate, method: {}, min_share: {}/8}}\nindex:\n  id: I\n",
        word(&FILLS, &scheme.fill),
        word(&NORMS, &scheme.norm),
        word(&MEANS, &scheme.mean),
        scheme.min_share,
    );
    let mut numbers = (0, 0);
    children(&scheme.root, 2, &mut numbers, &mut text);
    text
}

fn children(nodes: &[(u32, Node)], depth: usize, numbers: &mut (usize, usize), text: &mut String) {
    let indent = " ".repeat(depth);
    writeln!(text, "{indent}children:").unwrap();
    for (weight, node) in nodes {
        match node {
            Node::Leaf { lower, norm } => {
                let direction = if *lower { "lower_better" } else { "higher_better" };
                write!(text, "{indent}  - {{id: i{}, direction: {direction}, weight: {weight}", numbers.0).unwrap();
                text.push_str(", goalposts: {min: 1, max: 9}");
                norm.iter().for_each(|norm| write!(text, ", normalise: {}", word(&NORMS, norm)).unwrap());
                text.push_str("}\n");
                numbers.0 += 1;
            }
            Node::Group { mean, equal, children: below } => {
                writeln!(text, "{indent}  - id: g{}\n{indent}    weight: {weight}", numbers.1).unwrap();
                numbers.1 += 1;
                mean.iter().for_each(|mean| writeln!(text, "{indent}    aggregate: {}", word(&MEANS, mean)).unwrap());
                if *equal {
                    writeln!(text, "{indent}    weights: equal").unwrap();
                }
                children(below, depth + 4, numbers, text);
            }
        }
    }
}

fn leaves(nodes: &[(u32, Node)]) -> usize {
    let of = |(_, node): &(u32, Node)| match node {
        Node::Leaf { .. } => 1,
        Node::Group { children, .. } => leaves(children),
    };
    nodes.iter().map(of).sum()
}

fn q(number: usize) -> Q {
    Q::from_usize(number).unwrap()
}

fn sum<'q>(values: impl IntoIterator<Item = &'q Q>) -> Q {
    values.into_iter().fold(Q::zero(), |sum, value| sum + value)
}

fn there(column: &Column) -> Vec<Q> {
    column.iter().flatten().cloned().collect()
}

fn median(mut values: Vec<Q>) -> Q {
    values.sort();
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half].clone() } else { (&values[half - 1] + &values[half]) / q(2) }
}

fn filled(fill: Fill, column: &Column) -> Column {
    let values = there(column);
    let value = match fill {
        Fill::None => None,
        Fill::Constant => Some(q(3)),
        Fill::Mean | Fill::Median if values.is_empty() => None,
        Fill::Mean => Some(sum(&values) / q(values.len())),
        Fill::Median => Some(median(values)),
    };
    column.iter().map(|cell| cell.clone().or_else(|| value.clone())).collect()
}

/// The quotient, if there is one.
fn over(above: Q, below: &Q) -> Option<Q> {
    (!below.is_zero()).then(|| above / below)
}

fn normalised(norm: Norm, lower: bool, column: &Column) -> Column {
    let turned: Column = column.iter().map(|x| x.as_ref().map(|x| if lower { -x } else { x.clone() })).collect();
    let (raw, values) = (there(column), there(&turned));
    let (Some(min), Some(max)) = (values.iter().min(), values.iter().max()) else { return vec![None; column.len()] };
    let rank = |x: &Q| q(values.iter().filter(|other| *other < x).count() + 1);
    let cell = |(x, t): (&Option<Q>, &Option<Q>)| -> Option<Q> {
        let (x, t) = (x.as_ref()?, t.as_ref()?);
        match norm {
            Norm::None => Some(t.clone()),
            Norm::MinMax => over((t - min) * q(100), &(max - min)),
            Norm::DistanceToMax => over(t - min, &(max - min)),
            Norm::Rank => Some(rank(t)),
            Norm::Borda => Some(rank(t) - q(1)),
            Norm::PercentileRank => over(rank(t) - q(1), &(q(values.len()) - q(1))),
            Norm::FractionOfMax if lower => over(raw.iter().min()?.clone(), x),
            Norm::FractionOfMax => over(x.clone(), raw.iter().max()?),
            Norm::MeanRatio if lower => over(sum(&raw) / q(raw.len()), x),
            Norm::MeanRatio => over(x.clone(), &(sum(&raw) / q(raw.len()))),
            Norm::Goalposts => {
                let share = ((x - q(1)) / q(8)).clamp(Q::zero(), q(1));
                Some(if lower { q(1) - share } else { share })
            }
        }
    };
    column.iter().zip(&turned).map(cell).collect()
}

/// The columns of a node, or nothing where the engine has to refuse.
fn combined(scheme: &Scheme, own: Option<Mean>, equal: bool, children: &[(Q, Column)]) -> Option<Column> {
    let rows = children.first().map_or(0, |(_, column)| column.len());
    let min_share = q(scheme.min_share as usize) / q(8);
    let weight = |weight: &Q| if equal { q(1) } else { weight.clone() };
    let all = children.iter().fold(Q::zero(), |sum, (own, _)| sum + weight(own));
    let row = |row: usize| -> Option<Option<Q>> {
        let values: Vec<(Q, Q)> =
            children.iter().filter_map(|(own, column)| Some((weight(own), column[row].clone()?))).collect();
        let present = sum(values.iter().map(|(weight, _)| weight));
        if values.is_empty() || &present / &all < min_share {
            return Some(None);
        }
        let mean = |f: &dyn Fn(&Q) -> Q| sum(&values.iter().map(|(w, x)| w * f(x)).collect::<Vec<_>>()) / &present;
        Some(match own.unwrap_or(scheme.mean) {
            Mean::Arithmetic => Some(mean(&|x| x.clone())),
            Mean::Harmonic if values.iter().any(|(_, x)| x.is_negative()) => return None,
            Mean::Harmonic if values.iter().any(|(_, x)| x.is_zero()) => Some(Q::zero()),
            Mean::Harmonic => Some(mean(&|x| x.recip()).recip()),
            Mean::Median => Some(median(values.iter().map(|(_, x)| x.clone()).collect())),
            Mean::Min => values.iter().map(|(_, x)| x.clone()).min(),
            Mean::Max => values.iter().map(|(_, x)| x.clone()).max(),
        })
    };
    (0..rows).map(row).collect()
}

fn index(
    scheme: &Scheme,
    nodes: &[(u32, Node)],
    columns: &mut impl Iterator<Item = Column>,
) -> Option<Vec<(Q, Column)>> {
    let of = |(weight, node): &(u32, Node)| {
        let column = match node {
            Node::Leaf { lower, norm } => {
                normalised(norm.unwrap_or(scheme.norm), *lower, &filled(scheme.fill, &columns.next()?))
            }
            Node::Group { mean, equal, children } => {
                let children = index(scheme, children, columns)?;
                combined(scheme, *mean, *equal, &children)?
            }
        };
        Some((q(*weight as usize), column))
    };
    nodes.iter().map(of).collect()
}

fn any_case() -> impl Strategy<Value = (Scheme, Vec<Vec<Option<u32>>>)> {
    any_scheme().prop_flat_map(|scheme| {
        let leaves = leaves(&scheme.root);
        let cell = proptest::option::weighted(0.85, 0u32..80);
        let table = proptest::collection::vec(proptest::collection::vec(cell, 2..7), leaves..=leaves);
        // Columns of one length: that of the first.
        (Just(scheme), table).prop_map(|(scheme, mut table)| {
            let rows = table[0].len();
            table.iter_mut().for_each(|column| column.resize(rows, Some(8)));
            (scheme, table)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_agrees_with_exact_fractions((scheme, table) in any_case()) {
        // Values are eighths: exact in both.
        let columns = table.iter().map(|column| column.iter().map(|x| x.map(|x| q(x as usize) / q(8))).collect());
        let expected = index(&scheme, &scheme.root, &mut columns.collect::<Vec<Column>>().into_iter())
            .and_then(|children| combined(&scheme, None, false, &children));
        let rows = table[0].len();
        let mut csv = String::from("u");
        (0..table.len()).for_each(|at| write!(csv, ",i{at}").unwrap());
        for row in 0..rows {
            write!(csv, "\nu{row}").unwrap();
            for column in &table {
                match column[row] {
                    Some(x) => write!(csv, ",{}", f64::from(x) / 8.0).unwrap(),
                    None => csv.push(','),
                }
            }
        }
        let parsed = IndexScheme::from_yaml(&yaml(&scheme)).unwrap();
        let found = evaluate(&parsed, &read_csv(&csv, &parsed).unwrap(), Options::default());
        let Some(expected) = expected else {
            prop_assert!(found.is_err());
            return Ok(());
        };
        let units = found.unwrap().units;
        for (unit, expected) in units.iter().zip(&expected) {
            match expected {
                None => prop_assert!(unit.score.is_nan(), "{}: {}", unit.unit, unit.score),
                Some(score) => {
                    let score = score.to_f64().unwrap();
                    let close = (unit.score - score).abs() <= 1e-9 * f64::max(1.0, score.abs());
                    prop_assert!(close, "{}: {} is not {score}", unit.unit, unit.score);
                }
            }
        }
        // What cancels to zero in fractions keeps a last bit in f64, and is no tie there.
        let cancelled = units.iter().zip(&expected).any(|(unit, own)| {
            own.as_ref().is_some_and(Zero::is_zero) && unit.score != 0.0
        });
        if cancelled {
            return Ok(());
        }
        for (unit, own) in units.iter().zip(&expected) {
            let rank = own.as_ref().map(|own| expected.iter().flatten().filter(|other| *other > own).count() + 1);
            prop_assert_eq!(unit.rank, rank.map(|rank| rank as f64));
        }
    }
}
