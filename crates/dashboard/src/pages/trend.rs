//! Figures of several periods as a small line.

use std::collections::BTreeMap;

use contracts::exchange::v1 as exchange;
use rust_decimal::Decimal;

use crate::format;

/// Size of the drawing, in its own units.
const WIDTH: i64 = 100;
const HEIGHT: i64 = 24;
/// What is left free above and below, so that the line is not cut.
const MARGIN: i64 = 3;

/// A line through figures of the same indicator, region and scope.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Trend {
    /// Corners of the line: `x,y` in a box of 100 by 24, from the oldest to the newest.
    pub(super) points: String,
    /// The same in words: `2024 61 → 2025 64.5`.
    pub(super) words: String,
    /// The figures themselves, from the oldest to the newest.
    figures: Vec<(String, Decimal)>,
}

impl Trend {
    /// Through the figures that are like this one but for their period; none unless there are two periods. Periods of another length
    /// (a quarter beside years) are left out.
    pub(super) fn through<'a>(
        figures: impl IntoIterator<Item = &'a exchange::Observation>,
        like: &exchange::Observation,
    ) -> Option<Self> {
        let length = period(like).len();
        let alike = figures.into_iter().filter(|found| {
            found.indicator == like.indicator
                && found.region == like.region
                && found.scope == like.scope
                && found.measure == like.measure
                && period(found).len() == length
        });
        let value = |found: &exchange::Observation| {
            format::decimal(
                found.canonical_value.as_ref().or(found.value.as_ref().and_then(|value| value.value.as_ref())),
            )
        };
        let values: BTreeMap<&str, Decimal> = alike.filter_map(|found| Some((period(found), value(found)?))).collect();
        Self::of(&values)
    }

    fn of(values: &BTreeMap<&str, Decimal>) -> Option<Self> {
        let steps = Decimal::from(values.len().checked_sub(1).filter(|steps| *steps > 0)?);
        let (least, most) = (*values.values().min()?, *values.values().max()?);
        let range = if most > least { most - least } else { Decimal::ONE };
        let free = Decimal::from(HEIGHT - 2 * MARGIN);
        let corner = |(at, value): (usize, &Decimal)| {
            let x = Decimal::from(at) * Decimal::from(WIDTH) / steps;
            let y = Decimal::from(HEIGHT - MARGIN) - (value - least) / range * free;
            format!("{},{}", report::number::half_up(x, 1).normalize(), report::number::half_up(y, 1).normalize())
        };
        let points: Vec<String> = values.values().enumerate().map(corner).collect();
        let words: Vec<String> =
            values.iter().map(|(period, value)| format!("{period} {}", report::number::exact(*value))).collect();
        let figures = values.iter().map(|(period, value)| ((*period).to_owned(), *value)).collect();
        Some(Self { points: points.join(" "), words: words.join(" → "), figures })
    }

    /// Period, value, and value as it is printed.
    pub(super) fn printed(&self, unit: &str) -> Vec<(String, Decimal, String)> {
        let print = |value| report::number::quantity(value, None, unit);
        self.figures.iter().map(|(period, value)| (period.clone(), *value, print(*value))).collect()
    }
}

fn period(figure: &exchange::Observation) -> &str {
    figure.period.as_ref().map_or("", |period| &period.value)
}

#[cfg(test)]
mod tests {
    use contracts::common::v1 as common;

    use super::*;

    fn figure(period: &str, value: &str, scope: common::Scope) -> exchange::Observation {
        exchange::Observation {
            period: Some(common::Period { value: period.to_owned(), ..Default::default() }),
            canonical_value: Some(common::Decimal { value: value.to_owned() }),
            scope: scope.into(),
            ..Default::default()
        }
    }

    #[test]
    fn a_line_goes_from_the_oldest_to_the_newest_and_leaves_out_what_is_not_alike() {
        let city = common::Scope::WholeCity;
        let all = [
            figure("2025", "70", city),
            figure("2023", "60", city),
            figure("2024", "65", city),
            figure("2024", "99", common::Scope::MainUrban),
            figure("2024-Q1", "1", city),
        ];
        let found = Trend::through(&all, &all[0]).unwrap();
        assert_eq!((found.points.as_str(), found.words.as_str()), ("0,21 50,12 100,3", "2023 60 → 2024 65 → 2025 70"));
    }

    #[test]
    fn one_period_is_no_trend_and_equal_figures_are_a_level_line() {
        let city = common::Scope::WholeCity;
        let all = [figure("2024", "5", city), figure("2025", "5", city)];
        assert_eq!(Trend::through(&all[..1], &all[0]), None);
        assert_eq!(Trend::through(&all, &all[0]).unwrap().points, "0,21 100,21");
    }
}
