//! Money by stage and source. Bars stand beside each other and are never stacked: stages are not added, and neither are sources.

use plotly::{
    Bar, Trace,
    common::{HoverInfo, Marker, Pattern, PatternShape},
    layout::BarMode,
};
use rust_decimal::Decimal;

use super::{APART, Chart, layout, names, numbers, place};
use crate::shell::Shell;

/// The amounts of one source.
#[derive(Debug)]
pub(crate) struct Amounts {
    pub(crate) source: String,
    /// By stage: 万元, and the words of the table; none where nothing is on record.
    pub(crate) stages: Vec<Option<(Decimal, String)>>,
}

/// The sources beside each other, stage by stage; stages that nobody reached are left out. None without an amount.
pub(crate) fn funding(s: &Shell, stages: &[&str], sources: &[Amounts]) -> Option<Chart> {
    const HATCHES: [PatternShape; 3] = [PatternShape::None, PatternShape::RightDiagonalLine, PatternShape::Dot];
    let reached: Vec<usize> = (0..stages.len())
        .filter(|at| sources.iter().any(|source| source.stages.get(*at).is_some_and(Option::is_some)))
        .collect();
    if reached.is_empty() {
        return None;
    }
    let hatches = HATCHES.iter().flat_map(|hatch| std::iter::repeat_n(hatch, APART.len())).cycle();
    let traces = sources.iter().zip(APART.iter().cycle()).zip(hatches).map(|((source, colour), hatch)| {
        let known: Vec<(&str, &(Decimal, String))> =
            reached.iter().filter_map(|at| Some((*stages.get(*at)?, source.stages.get(*at)?.as_ref()?))).collect();
        let bars: Box<dyn Trace> = Bar::new(
            known.iter().map(|(stage, _)| (*stage).to_owned()).collect(),
            known.iter().map(|(_, (amount, _))| place(*amount)).collect(),
        )
        .name(&source.source)
        .marker(Marker::new().color(*colour).pattern(Pattern::new().shape(hatch.clone())))
        .hover_text_array(
            known.iter().map(|(stage, (_, words))| format!("{} {stage}<br>{words}", source.source)).collect::<Vec<_>>(),
        )
        .hover_info(HoverInfo::Text);
        bars
    });
    let order: Vec<String> = reached.iter().filter_map(|at| stages.get(*at)).map(|stage| (*stage).to_owned()).collect();
    let layout = layout(s)
        .bar_mode(BarMode::Group)
        .show_legend(true)
        .x_axis(names().category_order(plotly::layout::CategoryOrder::Array).category_array(order))
        .y_axis(numbers(s.t("万元", "10,000 yuan")));
    let label = s.t(
        "柱状图：各阶段各来源的资金，并列而不相加",
        "Bar chart: money by stage and source, side by side and not added",
    );
    Some(Chart::of(s, label.to_owned(), traces.collect(), layout))
}
