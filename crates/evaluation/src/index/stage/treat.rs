//! Treatment of outliers.
//!
//! The rule of COINr 1.1.14 (`qTreat`): a column passes if |skewness| is below its threshold **or** kurtosis is. One that
//! does not is winsorised point by point; one that still does not pass is transformed from its values before the
//! winsorisation. Skewness and kurtosis are of type 2 and pass over missing values.

use serde::Serialize;

use super::super::number::Number;
use super::moments::{Shape, present, range, rough_shape, shape};

/// The rule of a treatment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Treat {
    /// Most points of a column that may be winsorised; 0 winsorises none.
    pub winsorise: u32,
    /// |skewness| below it passes.
    pub skewness: Number,
    /// Excess kurtosis below it passes.
    pub kurtosis: Number,
    /// What is done to a column that winsorisation does not bring to pass.
    pub then: Transform,
}

/// A transformation of a whole column.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// None: the winsorised values stay.
    None,
    /// `ln(x − min + 0.01 (max − min))`. COINr `log_CT`.
    Log,
    /// The same for a positive skew; `−ln(max + 0.01 (max − min) − x)` for a negative one. COINr `log_CT_plus`.
    LogBySkew,
    /// `ln(x − min + 1)`. COINr `log_CT_orig`.
    LogShifted,
    /// `ln((max − 1)(x − min) ÷ (max − min) + 1)`, the rule of the Global Innovation Index. (COINr's `log_GII` returns its
    /// argument unchanged.)
    LogGii,
    /// `((x − min + 1)^λ − 1) ÷ λ`, the logarithm for λ = 0. COINr `boxcox(makepos = TRUE)`.
    BoxCox {
        /// λ
        lambda: Number,
    },
}

/// What was done to a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Lowered to the largest value that stayed.
    WinsorisedHigh,
    /// Raised to the smallest value that stayed.
    WinsorisedLow,
    /// Transformed with its column.
    Transformed,
}

/// What became of a column.
#[derive(Clone, Debug)]
pub(in super::super) struct Treated {
    pub(in super::super) values: Vec<f64>,
    /// The values before, of a column of which some were changed.
    pub(in super::super) before: Option<Vec<f64>>,
    /// The rows that were changed, in order.
    pub(in super::super) changes: Vec<(usize, Change)>,
    /// Whether the column passes at the end. `None` where skewness or kurtosis do not exist: it is left as it is.
    pub(in super::super) passes: Option<bool>,
}

/// Treats one column.
///
/// | case | result |
/// |---|---|
/// | fewer than four values, or a constant column | untouched: it has no shape |
/// | capping would leave a constant column | capping stops before; the transformation follows |
/// | several rows tied at the end | capped together, counted each |
/// | missing | stays missing |
/// | the transformation is not defined for a value | the column stays as it was winsorised |
pub(in super::super) fn treat(rule: &Treat, column: Vec<f64>) -> Treated {
    let first = told_shape(rule, &column);
    let passes = passing(rule, first);
    if passes != Some(false) {
        return Treated { values: column, before: None, changes: Vec::new(), passes };
    }
    let (values, changes, last) = winsorise(rule, &column, first);
    let done = passing(rule, last);
    let treated = |values, changes, passes, before| Treated { values, changes, passes, before: Some(before) };
    if done != Some(false) {
        return treated(values, changes, done, column);
    }
    match transformed(rule.then, &column) {
        None => treated(values, changes, done, column),
        Some(values) => {
            let rows = (0..column.len()).filter(|&row| !column[row].is_nan());
            let changes = rows.map(|row| (row, Change::Transformed)).collect();
            let done = passing(rule, told_shape(rule, &values));
            treated(values, changes, done, column)
        }
    }
}

/// The shape, roughly where that leaves no doubt about which side of zero and of each threshold it is on.
fn told_shape(rule: &Treat, column: &[f64]) -> Shape {
    const DOUBT: f64 = 1e-6;
    let rough = rough_shape(column);
    let clear = |value: Option<f64>, threshold: f64| {
        value.is_some_and(|value| value.abs() > DOUBT && (value.abs() - threshold).abs() > DOUBT * value.abs().max(1.0))
    };
    // A kurtosis beyond 10⁶ comes of a few values that the sums of the others drown in.
    let tame = rough.kurtosis.is_some_and(|kurtosis| kurtosis < 1e6);
    let kurtosis = rough.kurtosis.map(|kurtosis| kurtosis - rule.kurtosis.get());
    if tame && clear(rough.skewness, rule.skewness.get()) && clear(kurtosis, 0.0) { rough } else { shape(column) }
}

fn passing(rule: &Treat, shape: Shape) -> Option<bool> {
    let (skew, kurt) = (shape.skewness?, shape.kurtosis?);
    Some(skew.abs() < rule.skewness.get() || kurt < rule.kurtosis.get())
}

/// Replaces the extreme value on the side of the skew, with its ties, by the next one, until the column passes or the
/// number of points is reached. A tie may overshoot the number, as in COINr: points are counted after they are capped. `first`
/// is the shape of the column; that of the result is returned too.
fn winsorise(rule: &Treat, column: &[f64], first: Shape) -> (Vec<f64>, Vec<(usize, Change)>, Shape) {
    let (mut values, mut shape) = (column.to_vec(), first);
    let (mut high, mut low): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    let most = usize::try_from(rule.winsorise).unwrap_or(usize::MAX);
    while high.len() + low.len() < most {
        if passing(rule, shape) != Some(false) {
            break;
        }
        let (Some((least, greatest)), Some(skew)) = (range(&values), shape.skewness) else { break };
        let end = if skew >= 0.0 { greatest } else { least };
        let rest: Vec<f64> = present(&values).filter(|value| *value != end).collect();
        let Some((next_low, next_high)) = range(&rest) else { break };
        if next_low == next_high {
            break;
        }
        let at: Vec<usize> = (0..values.len()).filter(|&row| values[row] == end).collect();
        let next = if skew >= 0.0 { next_high } else { next_low };
        at.iter().for_each(|&row| values[row] = next);
        if skew >= 0.0 {
            high = at
        } else {
            low = at
        }
        shape = told_shape(rule, &values);
    }
    let changed = |rows: Vec<usize>, change| rows.into_iter().map(move |row| (row, change));
    let mut changes: Vec<_> =
        changed(high, Change::WinsorisedHigh).chain(changed(low, Change::WinsorisedLow)).collect();
    changes.sort_by_key(|(row, _)| *row);
    (values, changes, shape)
}

/// The transformed column; none if there is nothing to do or a value has no image.
fn transformed(transform: Transform, column: &[f64]) -> Option<Vec<f64>> {
    let (min, max) = range(column)?;
    let margin = 0.01 * (max - min);
    let image: Box<dyn Fn(f64) -> f64> = match transform {
        Transform::None => return None,
        Transform::Log => Box::new(move |x| libm::log(x - min + margin)),
        Transform::LogBySkew if shape(column).skewness? > 0.0 => Box::new(move |x| libm::log(x - min + margin)),
        Transform::LogBySkew => Box::new(move |x| -libm::log(max + margin - x)),
        Transform::LogShifted => Box::new(move |x| libm::log(x - min + 1.0)),
        Transform::LogGii => Box::new(move |x| libm::log((max - 1.0) * (x - min) / (max - min) + 1.0)),
        Transform::BoxCox { lambda } => {
            let lambda = lambda.get();
            Box::new(move |x| match x - min + 1.0 {
                shifted if lambda == 0.0 => libm::log(shifted),
                shifted => (libm::pow(shifted, lambda) - 1.0) / lambda,
            })
        }
    };
    let values: Vec<f64> = column.iter().map(|&x| if x.is_nan() { x } else { image(x) }).collect();
    values.iter().zip(column).all(|(value, x)| x.is_nan() || value.is_finite()).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(winsorise: u32, then: Transform) -> Treat {
        Treat { winsorise, skewness: Number::of(2.0), kurtosis: Number::of(3.5), then }
    }

    #[test]
    fn one_far_point_is_lowered_to_the_next() {
        let mut column: Vec<f64> = (1..=20).map(f64::from).collect();
        column.push(1000.0);
        let treated = treat(&rule(5, Transform::Log), column);
        assert_eq!((treated.values[20], treated.passes), (20.0, Some(true)));
        assert_eq!(treated.changes, [(20, Change::WinsorisedHigh)]);
    }

    #[test]
    fn a_column_of_ties_is_transformed_and_not_made_constant() {
        // COINr stops with an error here: capping the two values would leave 62 equal ones.
        let mut column = vec![0.0; 60];
        column.extend([5.0, 9.0]);
        let treated = treat(&rule(5, Transform::Log), column);
        assert!(treated.values.iter().all(|value| value.is_finite()));
        assert!(range(&treated.values).is_some_and(|(low, high)| low < high));
    }

    #[test]
    fn the_gii_logarithm_changes_its_argument() {
        let values = transformed(Transform::LogGii, &[1.0, 2.0, 11.0]).unwrap();
        assert_eq!(values, [0.0, libm::log(2.0), libm::log(11.0)]);
    }

    #[test]
    fn a_constant_column_is_left_alone() {
        let treated = treat(&rule(5, Transform::Log), vec![3.0; 8]);
        assert_eq!((treated.values, treated.passes), (vec![3.0; 8], None));
    }
}
