//! An indicator: the cities side by side with their targets, and through time.

use plotly::{
    Bar, Scatter, Trace,
    common::{DashType, HoverInfo, Line as Stroke, Marker, MarkerSymbol, Mode},
    layout::{AxisType, HoverMode},
};
use rust_decimal::Decimal;

use super::{APART, BLUE, Chart, RED, layout, names, numbers, place};
use crate::shell::Shell;

/// Where a city stands.
#[derive(Debug)]
pub(crate) struct Stand {
    pub(crate) name: String,
    /// None: not reported, which leaves its place empty.
    pub(crate) value: Option<Decimal>,
    /// The value as the table prints it.
    pub(crate) printed: String,
    pub(crate) target: Option<Decimal>,
}

/// The cities from the largest figure to the smallest, those without one at the end; a red mark is a city's own target. None with fewer
/// than two figures.
pub(crate) fn side_by_side(s: &Shell, mut cities: Vec<Stand>, unit: &str) -> Option<Chart> {
    if cities.iter().filter(|city| city.value.is_some()).count() < 2 {
        return None;
    }
    cities.sort_by_key(|city| std::cmp::Reverse(city.value));
    let all: Vec<String> = cities.iter().map(|city| city.name.clone()).collect();
    let values: Vec<Option<f64>> = cities.iter().map(|city| city.value.map(place)).collect();
    let read: Vec<String> = cities.iter().map(|city| format!("{} {}", city.name, city.printed)).collect();
    let reported = s.t("数值", "value");
    let bars = Bar::new(all.clone(), values)
        .name(reported)
        .marker(Marker::new().color(BLUE))
        .hover_text_array(read)
        .hover_info(HoverInfo::Text);
    let with_target: Vec<(&String, Decimal)> =
        cities.iter().filter_map(|city| Some((&city.name, city.target?))).collect();
    let mut traces: Vec<Box<dyn Trace>> = vec![bars];
    let target = s.t("本市目标", "own target");
    if !with_target.is_empty() {
        let at = with_target.iter().map(|(name, _)| (*name).clone()).collect();
        let words: Vec<String> = with_target
            .iter()
            .map(|(name, value)| format!("{name} {target} {}", report::number::quantity(*value, None, unit)))
            .collect();
        let marks = Scatter::new(at, with_target.iter().map(|(_, value)| place(*value)).collect())
            .mode(Mode::Markers)
            .name(target)
            .marker(
                Marker::new()
                    .symbol(MarkerSymbol::LineEWOpen)
                    .color(RED)
                    .size(22)
                    .line(Stroke::new().color(RED).width(3.0)),
            )
            .hover_text_array(words)
            .hover_info(HoverInfo::Text);
        traces.push(marks);
    }
    let label = format!(
        "{}{}",
        s.t("柱状图：各市数值从大到小", "Bar chart: the cities from the largest figure to the smallest"),
        if with_target.is_empty() {
            ""
        } else {
            s.t("，红线为各市自己的目标", "; a red mark is a city's own target")
        }
    );
    let layout = layout(s).show_legend(traces.len() > 1).x_axis(names()).y_axis(numbers(unit));
    Some(Chart::of(s, label, traces, layout))
}

/// A city through time: period, value, value as printed, from the oldest to the newest.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(String, Decimal, String)>,
}

/// The cities through time, told apart by colour, stroke and mark. None unless a city has two periods.
pub(crate) fn through_time(s: &Shell, lines: &[Line], unit: &str) -> Option<Chart> {
    const STROKES: [DashType; 3] = [DashType::Solid, DashType::Dash, DashType::Dot];
    const MARKS: [MarkerSymbol; 4] =
        [MarkerSymbol::Circle, MarkerSymbol::Square, MarkerSymbol::Diamond, MarkerSymbol::TriangleUp];
    if lines.iter().all(|line| line.points.len() < 2) {
        return None;
    }
    let looks = APART.iter().zip(MARKS.iter().cycle()).cycle();
    let strokes = STROKES.iter().flat_map(|stroke| std::iter::repeat_n(stroke, APART.len())).cycle();
    let traces = lines.iter().zip(looks).zip(strokes).map(|((line, (colour, mark)), stroke)| {
        let read: Vec<String> =
            line.points.iter().map(|(period, _, printed)| format!("{} {period} {printed}", line.name)).collect();
        let trace: Box<dyn Trace> = Scatter::new(
            line.points.iter().map(|(period, ..)| period.clone()).collect(),
            line.points.iter().map(|(_, value, _)| place(*value)).collect(),
        )
        .mode(Mode::LinesMarkers)
        .name(&line.name)
        .line(Stroke::new().color(*colour).width(2.0).dash(stroke.clone()))
        .marker(Marker::new().color(*colour).symbol(mark.clone()).size(7))
        .hover_text_array(read)
        .hover_info(HoverInfo::Text);
        trace
    });
    let layout = layout(s)
        .show_legend(true)
        .hover_mode(HoverMode::Closest)
        .x_axis(names().type_(AxisType::Category))
        .y_axis(numbers(unit));
    let label = s.t("折线图：各市历年数值", "Line chart: the cities through time").to_owned();
    Some(Chart::of(s, label, traces.collect(), layout))
}
