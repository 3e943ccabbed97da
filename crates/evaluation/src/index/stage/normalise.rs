//! Normalisation: one scale for all indicators, on which more is better.

use serde::Serialize;

use super::super::number::Number;
use super::super::rank;
use super::super::scheme::{Direction, Goalposts, Indicator, Ties};
use super::moments::{deviation, mean, present, range};
use crate::matrix::{Matrix, MatrixError};
use crate::rank_methods::{self, Norm};
use crate::sense::Sense;

/// A method of normalisation. x is the value in its direction: negated where less is better, unless the method says
/// otherwise. Missing values stay missing and take no part in any statistic.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Normalise {
    /// The values as they are, negated where less is better.
    None,
    /// `l + (x − min) ÷ (max − min) · (u − l)`. COINr `n_minmax`. A constant column has no order: it is missing.
    MinMax {
        /// l
        lower: Number,
        /// u
        upper: Number,
    },
    /// `m + (x − mean) ÷ s · d`, s of the sample (n − 1). COINr `n_zscore`. A constant column is missing.
    ZScore {
        /// m
        mean: Number,
        /// d
        deviation: Number,
    },
    /// `x ÷ mean · 100` in the direction of the index form of the handbook (ratio to the mean); for 成本型, `mean ÷ x`.
    /// Missing where the divisor is zero.
    MeanRatio,
    /// Rank from the worst, 1 … n. COINr `n_rank`.
    Rank {
        /// Which rank equal values share.
        ties: Ties,
    },
    /// `(rank − 1) ÷ (n − 1)`. COINr `n_prank`. One value alone is missing.
    PercentileRank {
        /// Which rank equal values share.
        ties: Ties,
    },
    /// `rank − 1`. COINr `n_borda`.
    Borda {
        /// Which rank equal values share.
        ties: Ties,
    },
    /// `1 − (max − x) ÷ (max − min)`. COINr `n_dist2max`. A constant column is missing.
    DistanceToMax,
    /// `(x − min) ÷ (target − min)`; `(max − x) ÷ (max − target)` where less is better. COINr `n_dist2targ`. Missing where
    /// the indicator has no target or the target is the end of the data.
    DistanceToTarget {
        /// Whether what is beyond the target counts as 1.
        cap: bool,
    },
    /// `(x − baseline) ÷ (target − baseline)`, the way gone from the base period to the target, in either direction. Missing
    /// where the two are the same; the rule S3 of practice.
    Attainment {
        /// Whether it is held between 0 and 1.
        cap: bool,
    },
    /// The score of the band that a value is in, whatever the direction: that of the highest `from` it reaches, and 0 below the
    /// lowest; with `interpolate`, on the lines between the bands, and constant beyond their ends.
    Bands {
        /// Whether values between two bands are scored on the line between them.
        interpolate: bool,
    },
    /// `1 − (x_ref − x) ÷ (x_ref − min)`. COINr `n_dist2ref`. Missing where the reference is missing or the minimum.
    DistanceToReference {
        /// The unit referred to.
        unit: String,
        /// Whether what is beyond the reference counts as 1.
        cap: bool,
    },
    /// `x ÷ max` of the values as reported; where less is better, `min ÷ x`. COINr `n_fracmax` (of which only the first
    /// half is defined). Missing where the divisor is zero.
    FractionOfMax,
    /// `(x − lower) ÷ (upper − lower) · scale` with the fixed ends of each indicator, reversed where less is better, in
    /// logarithms where the ends say so, cut at the ends as they say. COINr `n_goalposts`, `n_scaled`.
    Goalposts {
        /// The value of the best end.
        scale: Number,
    },
    /// A normalisation of the multi-criteria family, [`Norm`]: `max`, `sum`, `vector`, `linear`, `logarithmic`, `nonlinear`,
    /// `enhanced_accuracy`, `zavadskas_turskis`, over the values that are there.
    Family {
        /// Which one.
        by: Norm,
    },
}

/// What a column is normalised with, besides the method.
#[derive(Clone, Debug)]
pub(in super::super) struct Facts {
    pub(in super::super) direction: Direction,
    pub(in super::super) target: Option<f64>,
    pub(in super::super) baseline: Option<f64>,
    /// Where each band starts, rising, and its score.
    pub(in super::super) bands: Vec<(f64, f64)>,
    pub(in super::super) goalposts: Option<Goalposts>,
    /// The row of the reference unit.
    pub(in super::super) reference: Option<usize>,
}

impl Facts {
    /// What an indicator states; `reference` is the row of the reference unit.
    pub(in super::super) fn of(indicator: &Indicator, reference: Option<usize>) -> Self {
        Self {
            direction: indicator.direction,
            target: indicator.target.map(Number::get),
            baseline: indicator.baseline.map(Number::get),
            bands: indicator.bands.iter().map(|band| (band.from.get(), band.score.get())).collect(),
            goalposts: indicator.goalposts,
            reference,
        }
    }
}

impl Normalise {
    /// The unit that values are compared with.
    pub(in super::super) fn reference(&self) -> Option<&str> {
        if let Self::DistanceToReference { unit, .. } = self { Some(unit) } else { None }
    }

    /// The lowest value of the scale, where it has one whatever the data.
    pub(in super::super) fn low_end(&self) -> Option<f64> {
        match self {
            Self::MinMax { lower, .. } => Some(lower.get()),
            Self::PercentileRank { .. }
            | Self::Borda { .. }
            | Self::DistanceToMax
            | Self::Goalposts { .. }
            | Self::Attainment { cap: true } => Some(0.0),
            Self::None
            | Self::ZScore { .. }
            | Self::MeanRatio
            | Self::Rank { .. }
            | Self::DistanceToTarget { .. }
            | Self::DistanceToReference { .. }
            | Self::FractionOfMax
            | Self::Attainment { cap: false }
            | Self::Bands { .. }
            | Self::Family { .. } => None,
        }
    }
}

/// What a column lacks to be normalised.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Unfit {
    /// Goalposts are needed.
    Goalposts,
    /// A target is needed.
    Target,
    /// A baseline is needed.
    Baseline,
    /// Bands are needed.
    Bands,
    /// The reference unit has no row.
    Reference,
    /// A value that the normalisation is not defined for.
    Refused(MatrixError),
}

/// Normalises one column in its place.
pub(in super::super) fn apply(method: &Normalise, column: &mut Vec<f64>, facts: &Facts) -> Result<(), Unfit> {
    // The common case needs no memory of its own.
    let (lower, upper) = match (method, facts.direction) {
        (Normalise::MinMax { lower, upper }, Direction::HigherBetter | Direction::LowerBetter) => {
            (lower.get(), upper.get())
        }
        _ => {
            *column = normalise(method, column, facts)?;
            return Ok(());
        }
    };
    if facts.direction == Direction::LowerBetter {
        column.iter_mut().for_each(|x| *x = -*x);
    }
    let (min, max) = range(column).unwrap_or((f64::NAN, f64::NAN));
    column.iter_mut().for_each(|x| *x = finite(between(*x, (min, max), (lower, upper))));
    Ok(())
}

/// Normalises one column.
pub(in super::super) fn normalise(method: &Normalise, column: &[f64], facts: &Facts) -> Result<Vec<f64>, Unfit> {
    let turned = turned(column, facts.direction);
    let reversed = facts.direction == Direction::LowerBetter;
    Ok(match method {
        Normalise::None => turned,
        Normalise::MinMax { lower, upper } => stretched(&turned, lower.get(), upper.get()),
        Normalise::DistanceToMax => stretched(&turned, 0.0, 1.0),
        Normalise::ZScore { mean: centre, deviation: spread } => {
            let (Some(middle), Some(s)) = (mean(&turned), deviation(&turned)) else { return Ok(missing(column)) };
            each(&turned, |x| (x - middle) / s * spread.get() + centre.get())
        }
        Normalise::MeanRatio => {
            let Some(middle) = mean(column) else { return Ok(missing(column)) };
            if reversed { each(column, |x| middle / x) } else { each(column, |x| x / middle) }
        }
        Normalise::Rank { ties } => rank::ascending(&turned, *ties),
        Normalise::Borda { ties } => each(&rank::ascending(&turned, *ties), |rank| rank - 1.0),
        Normalise::PercentileRank { ties } => {
            let others = present(&turned).count() as f64 - 1.0;
            each(&rank::ascending(&turned, *ties), |rank| (rank - 1.0) / others)
        }
        Normalise::DistanceToTarget { cap } => {
            let target = facts.target.ok_or(Unfit::Target)? * if reversed { -1.0 } else { 1.0 };
            let Some((min, _)) = range(&turned) else { return Ok(missing(column)) };
            each(&turned, |x| capped((x - min) / (target - min), *cap))
        }
        Normalise::Attainment { cap } => {
            let (target, base) = (facts.target.ok_or(Unfit::Target)?, facts.baseline.ok_or(Unfit::Baseline)?);
            each(column, |x| {
                let share = (x - base) / (target - base);
                if *cap && !share.is_nan() { share.clamp(0.0, 1.0) } else { share }
            })
        }
        Normalise::Bands { interpolate } => {
            if facts.bands.is_empty() {
                return Err(Unfit::Bands);
            }
            each(column, |x| banded(&facts.bands, x, *interpolate))
        }
        Normalise::DistanceToReference { cap, .. } => {
            let reference = turned[facts.reference.ok_or(Unfit::Reference)?];
            let Some((min, _)) = range(&turned) else { return Ok(missing(column)) };
            each(&turned, |x| capped(1.0 - (reference - x) / (reference - min), *cap))
        }
        Normalise::FractionOfMax => {
            let Some((min, max)) = range(column) else { return Ok(missing(column)) };
            if reversed { each(column, |x| min / x) } else { each(column, |x| x / max) }
        }
        Normalise::Goalposts { scale } => {
            let posts = facts.goalposts.ok_or(Unfit::Goalposts)?;
            each(column, |x| post(posts, x, reversed) * scale.get())
        }
        Normalise::Family { by } => family(*by, column, facts.direction).map_err(Unfit::Refused)?,
    })
}

fn family(norm: Norm, column: &[f64], direction: Direction) -> Result<Vec<f64>, MatrixError> {
    let fit = match direction {
        Direction::HigherBetter | Direction::LowerBetter => column.to_vec(),
        Direction::Range { .. } => turned(column, direction),
    };
    let sense = if direction == Direction::LowerBetter { Sense::Cost } else { Sense::Benefit };
    let there: Vec<usize> = (0..fit.len()).filter(|&row| !fit[row].is_nan()).collect();
    let values = there.iter().map(|&row| fit[row]).collect();
    let matrix = rank_methods::normalise(&Matrix::unnamed(there.len(), 1, values)?, norm, &[sense])?;
    let mut found = missing(column);
    there.into_iter().zip(matrix.column(0)).for_each(|(row, value)| found[row] = *value);
    Ok(found)
}

/// The score of a value by bands, which are in rising order.
fn banded(bands: &[(f64, f64)], x: f64, interpolate: bool) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    let above = bands.iter().position(|(from, _)| *from > x).unwrap_or(bands.len());
    match (above.checked_sub(1).and_then(|below| bands.get(below)), bands.get(above)) {
        (Some((low, a)), Some((high, b))) if interpolate => a + (x - low) / (high - low) * (b - a),
        (Some((_, score)), _) => *score,
        (None, Some((_, score))) if interpolate => *score,
        (None, _) => 0.0,
    }
}

/// The share of the way between two goalposts.
fn post(posts: Goalposts, x: f64, reversed: bool) -> f64 {
    let form = |x: f64| if posts.log { libm::log(x) } else { x };
    // A value at or below zero has no logarithm; it is below the lower end all the same.
    if posts.log && x <= 0.0 && !x.is_nan() {
        return if posts.floor { f64::from(u8::from(reversed)) } else { f64::NAN };
    }
    let (low, high) = (form(posts.min.get()), form(posts.max.get()));
    let mut share = (form(x) - low) / (high - low);
    if posts.cap && share > 1.0 {
        share = 1.0;
    }
    if posts.floor && share < 0.0 {
        share = 0.0;
    }
    if reversed { 1.0 - share } else { share }
}

/// The values in their direction: negated for 成本型, the degree of fit for 区间型 and 中间型.
///
/// A range [a, b] gives `1 − max(a − x, x − b, 0) ÷ M`, M the largest of these distances in the data; where all values are
/// in the range, all are 1.
fn turned(column: &[f64], direction: Direction) -> Vec<f64> {
    match direction {
        Direction::HigherBetter => column.to_vec(),
        Direction::LowerBetter => column.iter().map(|x| -x).collect(),
        Direction::Range { from, to } => {
            let distance = |x: f64| f64::max(f64::max(from.get() - x, x - to.get()), 0.0);
            let most = present(column).map(distance).fold(0.0, f64::max);
            let fit = |x: f64| if most == 0.0 { 1.0 } else { 1.0 - distance(x) / most };
            column.iter().map(|&x| if x.is_nan() { x } else { fit(x) }).collect()
        }
    }
}

fn stretched(column: &[f64], lower: f64, upper: f64) -> Vec<f64> {
    let Some(ends) = range(column) else { return missing(column) };
    each(column, |x| between(x, ends, (lower, upper)))
}

fn between(x: f64, (min, max): (f64, f64), (lower, upper): (f64, f64)) -> f64 {
    (x - min) / (max - min) * (upper - lower) + lower
}

fn capped(value: f64, cap: bool) -> f64 {
    if cap && value > 1.0 { 1.0 } else { value }
}

/// Applies a formula; what it cannot compute is missing.
fn each(column: &[f64], formula: impl Fn(f64) -> f64) -> Vec<f64> {
    column.iter().map(|&x| finite(formula(x))).collect()
}

fn finite(y: f64) -> f64 {
    if y.is_finite() { y } else { f64::NAN }
}

fn missing(column: &[f64]) -> Vec<f64> {
    vec![f64::NAN; column.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(direction: Direction) -> Facts {
        Facts { direction, target: None, baseline: None, bands: Vec::new(), goalposts: None, reference: None }
    }

    fn run(method: &Normalise, column: &[f64], direction: Direction) -> Vec<f64> {
        normalise(method, column, &facts(direction)).unwrap()
    }

    const PERCENT: Normalise = Normalise::MinMax { lower: Number::of(0.0), upper: Number::of(100.0) };

    #[test]
    fn less_is_better_turns_the_scale() {
        assert_eq!(run(&PERCENT, &[1.0, 2.0, 5.0], Direction::LowerBetter), [100.0, 75.0, 0.0]);
        let ranks = run(&Normalise::Rank { ties: Ties::Min }, &[3.0, 1.0, 1.0], Direction::LowerBetter);
        assert_eq!(ranks, [1.0, 2.0, 2.0]);
    }

    #[test]
    fn in_its_place_a_column_gets_the_same_bits() {
        let column = [3.5, f64::NAN, -1.25, 7.0, 0.1];
        for (direction, column) in [
            (Direction::HigherBetter, column.to_vec()),
            (Direction::LowerBetter, column.to_vec()),
            (Direction::LowerBetter, vec![2.0; 3]),
            (Direction::HigherBetter, vec![f64::NAN; 2]),
        ] {
            let mut own = column.clone();
            apply(&PERCENT, &mut own, &facts(direction)).unwrap();
            let bits = |column: &[f64]| column.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&own), bits(&run(&PERCENT, &column, direction)));
        }
    }

    #[test]
    fn a_constant_column_is_missing_and_missing_values_stay_so() {
        assert!(run(&PERCENT, &[4.0, 4.0], Direction::HigherBetter).iter().all(|x| x.is_nan()));
        let some = run(&PERCENT, &[0.0, f64::NAN, 10.0], Direction::HigherBetter);
        assert_eq!((some[0], some[2]), (0.0, 100.0));
        assert!(some[1].is_nan());
    }

    #[test]
    fn a_range_is_best_inside_and_falls_outside() {
        let range = Direction::Range { from: Number::of(10.0), to: Number::of(20.0) };
        assert_eq!(run(&Normalise::None, &[15.0, 5.0, 40.0], range), [1.0, 0.75, 0.0]);
    }

    #[test]
    fn goalposts_are_fixed_and_cut() {
        let posts = Goalposts { min: Number::of(20.0), max: Number::of(85.0), log: false, floor: true, cap: true };
        let facts = Facts { goalposts: Some(posts), ..facts(Direction::HigherBetter) };
        let method = Normalise::Goalposts { scale: Number::of(1.0) };
        assert_eq!(normalise(&method, &[20.0, 52.5, 90.0, 10.0], &facts), Ok(vec![0.0, 0.5, 1.0, 0.0]));
        let none = Facts { goalposts: None, ..facts };
        assert_eq!(normalise(&method, &[1.0], &none), Err(Unfit::Goalposts));
    }
}
