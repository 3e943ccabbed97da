//! Screening of units by their data.

use super::{Screen, ScreenBy};

/// The share that a screening looks at, for one unit. `weights` are the effective weights of the indicators.
///
/// Of no indicators, or of a unit without any value, the share is 0.
pub(in super::super) fn share(by: ScreenBy, values: &[f64], weights: &[f64]) -> f64 {
    let present = values.iter().filter(|value| !value.is_nan()).count() as f64;
    let share = match by {
        ScreenBy::Count => present / values.len() as f64,
        ScreenBy::NonZero => values.iter().filter(|value| !value.is_nan() && **value != 0.0).count() as f64 / present,
        ScreenBy::Weight => {
            let all: f64 = weights.iter().sum();
            let there = values.iter().zip(weights).filter(|(value, _)| !value.is_nan());
            there.map(|(_, weight)| weight).sum::<f64>() / all
        }
    };
    if share.is_finite() { share } else { 0.0 }
}

/// Whether a unit stays in. To be named wins over the share; to be left out wins over to stay in.
pub(in super::super) fn stays(rule: &Screen, unit: &str, share: f64) -> bool {
    let named = |list: &[String]| list.iter().any(|name| name == unit);
    !named(&rule.exclude) && (named(&rule.include) || share >= rule.min_share.get())
}
