//! An evaluation: scores, or ranks with their bands; and what the ranks hang on.

use plotly::{
    Bar, Scatter, Trace,
    common::{ErrorData, ErrorType, HoverInfo, Marker, Mode, Orientation},
    layout::{Axis, BarMode, CategoryOrder},
};
use rust_decimal::Decimal;

use super::{APART, BLUE, Chart, INK, layout, names, numbers, place};
use crate::shell::Shell;

/// A unit that is ranked.
#[derive(Debug)]
pub(crate) struct Ranked {
    pub(crate) name: String,
    pub(crate) score: Decimal,
    pub(crate) rank: u32,
    /// The 5 % and the 95 % quantile of its rank.
    pub(crate) band: Option<(Decimal, Decimal)>,
}

/// The ranks with their bands, or the scores of a run without replicates, the first above. None with fewer than two ranked units.
pub(crate) fn ranks(s: &Shell, mut units: Vec<Ranked>) -> Option<Chart> {
    if units.len() < 2 {
        return None;
    }
    units.sort_by(|one, other| (one.rank, &one.name).cmp(&(other.rank, &other.name)));
    units.reverse();
    let name = |unit: &Ranked| unit.name.clone();
    let bands: Vec<(&Ranked, (Decimal, Decimal))> = units.iter().filter_map(|unit| Some((unit, unit.band?))).collect();
    let ranked = units.iter().map(|unit| unit.rank).max().unwrap_or(1);
    if bands.is_empty() {
        let read: Vec<String> = units
            .iter()
            .map(|unit| format!("{} {} {}", unit.rank, unit.name, report::number::fixed(unit.score, 2)))
            .collect();
        let bars: Box<dyn Trace> =
            Bar::new(units.iter().map(|unit| place(unit.score)).collect(), units.iter().map(name).collect())
                .orientation(Orientation::Horizontal)
                .marker(Marker::new().color(BLUE))
                .hover_text_array(read)
                .hover_info(HoverInfo::Text);
        let layout = layout(s).show_legend(false).x_axis(numbers(s.t("得分", "score"))).y_axis(names());
        let label = s.t("条形图：各市得分", "Bar chart: scores of the cities").to_owned();
        return Some(Chart::of(s, label, vec![bars], layout));
    }
    let rank = |unit: &Ranked| Decimal::from(unit.rank);
    let read: Vec<String> = bands
        .iter()
        .map(|(unit, (low, high))| {
            let (low, high) = (report::number::exact(*low), report::number::exact(*high));
            format!("{} {} {}<br>5 %–95 %: {low}–{high}", unit.name, s.t("名次", "rank"), unit.rank)
        })
        .collect();
    let below = bands.iter().map(|(unit, (low, _))| place((rank(unit) - low).max(Decimal::ZERO))).collect();
    let above = bands.iter().map(|(unit, (_, high))| place((high - rank(unit)).max(Decimal::ZERO))).collect();
    let reach = ErrorData::new(ErrorType::Data).symmetric(false).array(above).array_minus(below).color(BLUE);
    let dots: Box<dyn Trace> = Scatter::new(
        bands.iter().map(|(unit, _)| place(rank(unit))).collect(),
        bands.iter().map(|(unit, _)| name(unit)).collect(),
    )
    .mode(Mode::Markers)
    .marker(Marker::new().color(INK).size(9))
    .error_x(reach.thickness(6.0).width(0))
    .hover_text_array(read)
    .hover_info(HoverInfo::Text);
    let axis = Axis::new()
        .auto_margin(true)
        .grid_color(super::LINE)
        .dtick(1.0)
        .zero_line(false)
        .range(vec![0.5, f64::from(ranked) + 0.5])
        .title(plotly::common::Title::with_text(s.t("名次（1 为最好）", "rank (1 is the best)")));
    let layout = layout(s).show_legend(false).x_axis(axis).y_axis(names());
    let label = s.t(
        "点图：各市名次（圆点）与 5 %–95 % 区间（横线）",
        "Dot plot: the rank of each city (dot) and its 5 %–95 % band (line)",
    );
    Some(Chart::of(s, label.to_owned(), vec![dots], layout))
}

/// What leaving out a node does to the ranks.
#[derive(Debug)]
pub(crate) struct Shift {
    pub(crate) name: String,
    /// A group or a part, not an indicator.
    pub(crate) group: bool,
    /// Mean shift of a rank.
    pub(crate) mean: Decimal,
    /// Largest shift, as it is printed.
    pub(crate) most: String,
}

/// The nodes by the mean shift of a rank, the first above, groups and indicators apart. None without a shift.
pub(crate) fn shifts(s: &Shell, nodes: &[Shift]) -> Option<Chart> {
    if nodes.is_empty() {
        return None;
    }
    let from_below = || nodes.iter().rev();
    let bars = |group: bool, name: &str, colour: &'static str| -> Box<dyn Trace> {
        let own: Vec<&Shift> = from_below().filter(|node| node.group == group).collect();
        let read: Vec<String> = own
            .iter()
            .map(|node| {
                let mean = report::number::fixed(node.mean, 2);
                format!("{}<br>{} {mean} · {} {}", node.name, s.t("平均", "mean"), s.t("最大", "most"), node.most)
            })
            .collect();
        Bar::new(own.iter().map(|node| place(node.mean)).collect(), own.iter().map(|node| node.name.clone()).collect())
            .orientation(Orientation::Horizontal)
            .name(name)
            .marker(Marker::new().color(colour))
            .hover_text_array(read)
            .hover_info(HoverInfo::Text)
    };
    let [_, orange, ..] = APART;
    let traces: Vec<Box<dyn Trace>> = [(true, s.t("组", "group"), orange), (false, s.t("指标", "indicator"), BLUE)]
        .into_iter()
        .filter(|(group, ..)| nodes.iter().any(|node| node.group == *group))
        .map(|(group, name, colour)| bars(group, name, colour))
        .collect();
    let order: Vec<String> = from_below().map(|node| node.name.clone()).collect();
    let layout = layout(s)
        .show_legend(true)
        .bar_mode(BarMode::Overlay)
        .x_axis(numbers(s.t("名次平均变动", "mean shift of a rank")))
        .y_axis(names().category_order(CategoryOrder::Array).category_array(order));
    let label = s.t(
        "条形图：剔除后名次平均变动最大的组和指标",
        "Bar chart: groups and indicators that shift the ranks most when they are left out",
    );
    Some(Chart::of(s, label.to_owned(), traces, layout))
}
