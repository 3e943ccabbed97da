//! Between what a score, a rank and a grade lie, whatever the missing values are.
//!
//! Every missing value that is not approved as not applicable is taken to lie within the bounds of its indicator
//! ([`Indicator::bounds`](super::Indicator::bounds)), whatever the policy of its state; the set of units and their ranking
//! stay as they are. The ends of a score are exact, not sampled: each is attained by a table of admissible values.
//!
//! | what moves | why the ends are exact |
//! |---|---|
//! | `goalposts`, `attainment`, `bands`, `none` | the scale is fixed: a unit's score rises with its own values and depends on no other unit's |
//! | `minmax`, `distance_to_max`, `rank`, `percentile_rank`, `borda` | the score rises with the unit's own values and falls with those of the others, which stretch the scale; so the upper end has the unit's gaps at their best and all others at their worst, and the lower end the reverse |
//!
//! That holds for the aggregations that never fall when a value rises: arithmetic, geometric, harmonic and generalised
//! mean, median, minimum, maximum and OWA. Where the scale cannot move, the ranks at the ends are exact too, since a unit
//! can be at its best while all others are at their worst. Where it can, all units share it, and the ranks given are bounds
//! that no fill can leave (`rank_exact: false`).
//!
//! Everything else is refused with its reason instead of being printed as if it were exact: other normalisations, best
//! ranges, treatment of outliers in a column with gaps, weights computed from the data, Mazziotta–Pareto, methods of whole
//! tables, imputation after the normalisation, and a column whose reported values do not span a scale.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::aggregate::Aggregate;
use super::data::{Absence, Data};
use super::run::Computed;
use super::scheme::{Direction, IndexScheme, Indicator, Ties};
use super::stage::normalise::{Facts, normalise};
use super::stage::{Normalise, Stage, denominate::denominate, moments};
use super::tree::Leaves;
use super::weighting::Weighting;
use crate::text::Text;

/// Between what the result of a unit lies.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Interval {
    /// The lowest score, not rounded.
    pub score_low: f64,
    /// The highest score, not rounded.
    pub score_high: f64,
    /// The best rank among the units that are ranked; none for a unit that is not, and under `ties: dense`.
    pub rank_best: Option<f64>,
    /// The worst rank.
    pub rank_worst: Option<f64>,
    /// Whether both ranks can be reached. If not, no fill leads beyond them, but they may be wider than needed.
    pub rank_exact: bool,
    /// The grade of the lowest score.
    pub grade_low: Option<String>,
    /// The grade of the highest score.
    pub grade_high: Option<String>,
    /// Whether the two grades differ, so that the grade is provisional.
    pub provisional: bool,
}

/// The scores of all rows at their ends, by place.
pub(super) struct Ends {
    pub(super) low: Vec<f64>,
    pub(super) high: Vec<f64>,
    /// Whether missing values can move a scale that units share.
    pub(super) moves: bool,
}

/// A column on its scale at the two ends of each row.
struct Column {
    low: Vec<f64>,
    high: Vec<f64>,
    moves: bool,
}

type Refused<T> = Result<T, Text>;

fn refuse<T>(zh: impl Into<String>, en: impl Into<String>) -> Refused<T> {
    Err(Text::new(zh, en))
}

/// The ends of every score; none where nothing is missing.
pub(super) fn ends(scheme: &IndexScheme, data: &Data, computed: &Computed) -> Refused<Option<Ends>> {
    let leaves = scheme.indicators();
    let mut columns: Vec<(Vec<f64>, Vec<usize>)> = Vec::with_capacity(leaves.len());
    for (leaf, node) in leaves.iter().enumerate() {
        let Some(indicator) = node.indicator() else { continue };
        let values = before_normalisation(scheme, data, computed, leaf, indicator);
        let whole = values.iter().any(|value| !value.is_nan()) || !indicator.optional;
        let open =
            |at: &usize| values[*at].is_nan() && data.absence(computed.rows[*at], leaf) != Absence::NotApplicable;
        let open = (0..values.len()).filter(open).filter(|_| whole).collect();
        columns.push((values, open));
    }
    if columns.iter().all(|(_, open)| open.is_empty()) {
        return Ok(None);
    }
    monotone(scheme, computed)?;
    independent(scheme, &columns)?;
    let (mut low, mut high, mut moves) = (Vec::new(), Vec::new(), false);
    for (leaf, (node, (values, open))) in leaves.iter().zip(&columns).enumerate() {
        let turned = &computed.leaves.turned[leaf];
        let column = match node.indicator() {
            Some(indicator) if !open.is_empty() => column(scheme, (&node.id, indicator), values, open, turned)?,
            Some(_) | None => Column { low: turned.clone(), high: turned.clone(), moves: false },
        };
        low.push(column.low);
        high.push(column.high);
        moves |= column.moves;
    }
    let top = |turned: Vec<Vec<f64>>| {
        let leaves = Leaves { units: Arc::default(), turned, raw: None };
        computed.tree.index(&leaves, &computed.weights).map_err(|_| {
            Text::new("缺失值的取值范围内有汇总方法不接受的值", "an aggregation is not defined at an admissible value")
        })
    };
    Ok(Some(Ends { low: top(low)?, high: top(high)?, moves }))
}

/// The values of an indicator as they reach the normalisation, with its gaps.
fn before_normalisation(
    scheme: &IndexScheme,
    data: &Data,
    computed: &Computed,
    leaf: usize,
    indicator: &Indicator,
) -> Vec<f64> {
    let mut values: Vec<f64> = computed.rows.iter().map(|&row| data.indicators[leaf][row]).collect();
    let divides = scheme.stages().contains(&Stage::Denominate);
    if let Some(below) = indicator.denominator.as_ref().filter(|_| divides)
        && let Some(column) = data.denominators.get(&below.column)
    {
        let column: Vec<f64> = computed.rows.iter().map(|&row| column[row]).collect();
        denominate(&mut values, &column, below.factor.get());
    }
    values
}

/// Whether a score never falls when a value rises, and what it is made of stands still.
fn monotone(scheme: &IndexScheme, computed: &Computed) -> Refused<()> {
    for node in computed.tree.nodes.iter().filter(|node| node.leaf.is_none()) {
        let id = &node.id;
        match &node.method {
            Aggregate::Arithmetic
            | Aggregate::Geometric
            | Aggregate::Harmonic
            | Aggregate::Generalised { .. }
            | Aggregate::Median
            | Aggregate::Min
            | Aggregate::Max
            | Aggregate::Owa { .. } => {}
            Aggregate::MazziottaPareto { .. } | Aggregate::Ranking { .. } => {
                return refuse(
                    format!("节点 {id} 的汇总方法不随各值单调上升"),
                    format!("the aggregation of {id} may fall when a value rises"),
                );
            }
        }
        if let Weighting::Computed { .. } = node.weighting {
            return refuse(
                format!("节点 {id} 的权重由数据算出，随缺失值改变"),
                format!("the weights of {id} are computed from the data and move with what is missing"),
            );
        }
    }
    let after = scheme.stages().iter().skip_while(|stage| !matches!(stage, Stage::Normalise { .. }));
    if after.clone().any(|stage| matches!(stage, Stage::Impute(_))) {
        return refuse("标准化之后还有插补", "there is an imputation after the normalisation");
    }
    Ok(())
}

/// Whether the gaps can be filled without regard to each other: derived values that share a part cannot.
fn independent(scheme: &IndexScheme, columns: &[(Vec<f64>, Vec<usize>)]) -> Refused<()> {
    let leaves = scheme.indicators();
    let mut parts: BTreeSet<&str> = leaves.iter().map(|leaf| leaf.id.as_str()).collect();
    for (node, _) in leaves.iter().zip(columns).filter(|(_, (_, open))| !open.is_empty()) {
        let Some(formula) = node.indicator().and_then(|indicator| indicator.formula.as_ref()) else { continue };
        if !formula.names().iter().all(|name| parts.insert(name)) {
            let id = &node.id;
            return refuse(
                format!("指标 {id} 由公式算出且有缺失值，其组成又用于其他指标"),
                format!("{id} is computed and has gaps, and a part of it belongs to another indicator"),
            );
        }
    }
    Ok(())
}

/// One column at its ends. `values` are as reported, `open` its gaps, `turned` the column of the run.
fn column(
    scheme: &IndexScheme,
    (id, indicator): (&str, &Indicator),
    values: &[f64],
    open: &[usize],
    turned: &[f64],
) -> Refused<Column> {
    let Some((least, greatest)) = indicator.bounds() else {
        return refuse(
            format!("指标 {id} 有缺失值，但没有取值范围（admissible 或 goalposts）"),
            format!("{id} has gaps and no bounds (admissible or goalposts)"),
        );
    };
    let (worst, best) = match indicator.direction {
        Direction::HigherBetter => (least, greatest),
        Direction::LowerBetter => (greatest, least),
        Direction::Range { .. } => {
            return refuse(format!("指标 {id} 为区间型，有缺失值"), format!("{id} has a best range and gaps"));
        }
    };
    if indicator.treat && scheme.stages().iter().any(|stage| matches!(stage, Stage::Treat(_))) {
        return refuse(
            format!("指标 {id} 有缺失值且要做离群值处理"),
            format!("{id} has gaps and its outliers are treated"),
        );
    }
    let stage = scheme.stages().iter().find_map(|stage| match stage {
        Stage::Normalise { by } => Some(by),
        Stage::Denominate | Stage::Screen(_) | Stage::Impute(_) | Stage::Treat(_) | Stage::Aggregate(_) => None,
    });
    let method = indicator.normalise.as_ref().or(stage).filter(|_| stage.is_some()).unwrap_or(&Normalise::None);
    let facts = Facts::of(indicator, None);
    let on_scale = |values: &[f64]| normalise(method, values, &facts).unwrap_or_default();
    let column = match method {
        Normalise::None | Normalise::Goalposts { .. } => {
            let fill = |value: f64| {
                let own = on_scale(&[value]).first().copied().unwrap_or(f64::NAN);
                let mut column = turned.to_vec();
                open.iter().for_each(|&at| column[at] = own);
                column
            };
            Column { low: fill(worst), high: fill(best), moves: false }
        }
        // Between two ends of a line, and between the starts of bands, the score has no other extreme.
        Normalise::Attainment { .. } | Normalise::Bands { .. } => {
            let starts = facts.bands.iter().map(|(from, _)| *from).filter(|from| least < *from && *from <= greatest);
            let images = on_scale(&[least, greatest].into_iter().chain(starts).collect::<Vec<_>>());
            let fill = |own: Option<(f64, f64)>, pick: fn((f64, f64)) -> f64| {
                let mut column = turned.to_vec();
                open.iter().for_each(|&at| column[at] = own.map_or(f64::NAN, pick));
                column
            };
            let ends = moments::range(&images).filter(|_| images.iter().all(|image| !image.is_nan()));
            Column { low: fill(ends, |(low, _)| low), high: fill(ends, |(_, high)| high), moves: false }
        }
        Normalise::MinMax { lower, upper } => {
            spread(values, open, (worst, best), indicator.direction, (lower.get(), upper.get()))
        }
        Normalise::DistanceToMax => spread(values, open, (worst, best), indicator.direction, (0.0, 1.0)),
        Normalise::Rank { ties } | Normalise::PercentileRank { ties } | Normalise::Borda { ties }
            if *ties != Ties::Dense =>
        {
            let end = |own: f64, others: f64| {
                let mut filled = values.to_vec();
                open.iter().for_each(|&at| filled[at] = others);
                let mut found = on_scale(&filled);
                for &at in open {
                    filled[at] = own;
                    let alone = on_scale(&filled).get(at).copied();
                    filled[at] = others;
                    if let (Some(place), Some(value)) = (found.get_mut(at), alone) {
                        *place = value;
                    }
                }
                found
            };
            Column { low: end(worst, best), high: end(best, worst), moves: true }
        }
        Normalise::Rank { .. }
        | Normalise::PercentileRank { .. }
        | Normalise::Borda { .. }
        | Normalise::ZScore { .. }
        | Normalise::MeanRatio
        | Normalise::DistanceToTarget { .. }
        | Normalise::DistanceToReference { .. }
        | Normalise::FractionOfMax
        | Normalise::Family { .. } => {
            return refuse(
                format!("指标 {id} 有缺失值，其标准化的尺度随之改变，无法给出精确区间"),
                format!("{id} has gaps, which move the scale of its normalisation in no one direction"),
            );
        }
    };
    if open.iter().any(|&at| column.low[at].is_nan() || column.high[at].is_nan()) {
        return refuse(
            format!("指标 {id} 的已报数值不足以构成尺度，或取值范围的端点无法标准化"),
            format!("the reported values of {id} span no scale, or an end of its bounds cannot be normalised"),
        );
    }
    Ok(column)
}

/// A column between the least and the greatest value, which the gaps can move.
fn spread(
    values: &[f64],
    open: &[usize],
    (worst, best): (f64, f64),
    direction: Direction,
    (lower, upper): (f64, f64),
) -> Column {
    let sign = if direction == Direction::LowerBetter { -1.0 } else { 1.0 };
    let turned: Vec<f64> = values.iter().map(|value| sign * value).collect();
    let (worst, best) = (sign * worst, sign * best);
    let nothing = || vec![f64::NAN; values.len()];
    // Without two reported values there is a fill for which the column has no scale at all.
    let Some((min, max)) = moments::range(&turned).filter(|(min, max)| min < max) else {
        return Column { low: nothing(), high: nothing(), moves: true };
    };
    let end = |own: f64, others: f64| {
        let within = |x: f64, fills: &[f64]| {
            let low = fills.iter().copied().fold(min, f64::min);
            let high = fills.iter().copied().fold(max, f64::max);
            (x - low) / (high - low) * (upper - lower) + lower
        };
        let mut column: Vec<f64> = turned.iter().map(|&x| within(x, &[others])).collect();
        let gap = if open.len() > 1 { within(own, &[own, others]) } else { within(own, &[own]) };
        open.iter().for_each(|&at| column[at] = gap);
        column
    };
    Column { low: end(worst, best), high: end(best, worst), moves: worst < min || best > max }
}

/// The best and the worst rank of each unit whose score lies between two ends, the others being at theirs independently;
/// the largest score is the best. None under `dense`, whose ranks count the distinct scores of the others.
pub(super) fn ranks(low: &[f64], high: &[f64], ties: Ties) -> Vec<Option<(f64, f64)>> {
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let (lows, highs) = (sorted(low), sorted(high));
    let above = |sorted: &[f64], score: f64| (sorted.len() - sorted.partition_point(|other| *other <= score)) as f64;
    let level = |sorted: &[f64], score: f64| (sorted.len() - sorted.partition_point(|other| *other < score)) as f64;
    let of = |(&low, &high): (&f64, &f64)| {
        // Its own end stands in the lists: it is never above itself, and level with itself only where low and high agree.
        let own = f64::from(u8::from(low == high));
        let (best, worst) = match ties {
            Ties::Min => (above(&lows, high), above(&highs, low) - (1.0 - own)),
            Ties::Max => (level(&lows, high) - own, level(&highs, low) - 1.0),
            Ties::Average => (
                (above(&lows, high) + level(&lows, high) - own) / 2.0,
                (above(&highs, low) - (1.0 - own) + level(&highs, low) - 1.0) / 2.0,
            ),
            Ties::Dense => return None,
        };
        Some((best + 1.0, worst + 1.0))
    };
    low.iter().zip(high).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_at_the_ends_are_those_of_the_best_and_the_worst_case() {
        // a is fixed at 5; b lies between 4 and 6; c between 5 and 5.
        let (low, high) = ([5.0, 4.0, 5.0], [5.0, 6.0, 5.0]);
        let of = |ties| ranks(&low, &high, ties).into_iter().map(Option::unwrap).collect::<Vec<_>>();
        assert_eq!(of(Ties::Min), [(1.0, 2.0), (1.0, 3.0), (1.0, 2.0)]);
        assert_eq!(of(Ties::Max), [(2.0, 3.0), (1.0, 3.0), (2.0, 3.0)]);
        assert_eq!(of(Ties::Average), [(1.5, 2.5), (1.0, 3.0), (1.5, 2.5)]);
        assert_eq!(ranks(&low, &high, Ties::Dense), [None, None, None]);
    }
}
