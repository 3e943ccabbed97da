//! A city: what it reached of each group of the scheme.

use plotly::{
    Bar, Trace,
    common::{HoverInfo, Marker, Orientation},
    layout::BarMode,
};
use rust_decimal::Decimal;

use super::{BLUE, Chart, LINE, layout, names, numbers, place};
use crate::shell::Shell;

/// A group with its marks.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) score: Decimal,
    pub(crate) full: Decimal,
    /// Both as the table prints them.
    pub(crate) printed: String,
}

/// What was reached of the full marks of each group, in the order of the scheme from above; none without groups.
pub(crate) fn groups(s: &Shell, groups: &[Group]) -> Option<Chart> {
    if groups.is_empty() {
        return None;
    }
    // Bars that lie down are drawn from below.
    let from_below = || groups.iter().rev();
    let bars = |name: &str, colour: &'static str, length: fn(&Group) -> Decimal| -> Box<dyn Trace> {
        Bar::new(
            from_below().map(|group| place(length(group))).collect(),
            from_below().map(|group| group.name.clone()).collect(),
        )
        .orientation(Orientation::Horizontal)
        .name(name)
        .marker(Marker::new().color(colour))
        .hover_text_array(from_below().map(|group| format!("{} {}", group.name, group.printed)).collect::<Vec<_>>())
        .hover_info(HoverInfo::Text)
    };
    let traces = vec![
        bars(s.t("满分", "full marks"), LINE, |group| group.full),
        bars(s.t("得分", "score"), BLUE, |group| group.score),
    ];
    let layout =
        layout(s).bar_mode(BarMode::Overlay).show_legend(true).x_axis(numbers(s.t("分", "marks"))).y_axis(names());
    let label = s.t("条形图：各组得分与满分", "Bar chart: scores by group beside the full marks").to_owned();
    Some(Chart::of(s, label, traces, layout))
}
