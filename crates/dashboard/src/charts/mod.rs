//! Interactive charts: built here with the plotly crate, drawn in the browser by the plotly.js that the crate brings along.
//!
//! A chart stands beside a table that says the same, so a page without script, and a screen reader, miss nothing. Numbers become floats
//! only here, as places on a screen; what is read (labels, the text under the pointer) is printed from the decimals.

mod city;
mod funding;
mod indicator;
mod run;

use domain::Lang;
use plotly::{
    Configuration, Layout, Plot, Trace,
    common::{Anchor, ExponentFormat, Font, Label, Orientation},
    configuration::{DisplayModeBar, ModeBarButtonName},
    layout::{Annotation, Axis, HoverMode, Legend, Margin},
};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};

pub(crate) use city::{Group, groups};
pub(crate) use funding::{Amounts, funding};
pub(crate) use indicator::{Line, Stand, side_by_side, through_time};
pub(crate) use run::{Ranked, Shift, ranks, shifts};

use crate::shell::Shell;

/// The blue of bars, the red of targets, and the ground, as in the style sheet.
const BLUE: &str = "#2a70a8";
const RED: &str = "#b3121d";
const INK: &str = "#1b2733";
const LINE: &str = "#d5dce3";
const SHEET: &str = "#ffffff";
/// Told apart by readers who see no red or no green (Okabe and Ito, Color Universal Design, 2008), darkened where they are too pale for
/// white paper.
const APART: [&str; 7] = ["#0072b2", "#d55e00", "#00775a", "#8a4b8f", "#9a6b00", "#2f8fc4", "#1b2733"];
/// What the text is set in; the names are those of the style sheet.
const FONT: &str =
    "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, system-ui, sans-serif";
/// Height of a chart in pixels, as the style sheet reserves it.
const HEIGHT: usize = 360;

/// A chart of a page.
#[derive(Debug)]
pub(crate) struct Chart {
    /// What it shows, in words.
    pub(crate) label: String,
    /// Data, layout and settings for plotly.js, as JSON.
    pub(crate) json: String,
}

impl Chart {
    fn of(s: &Shell, label: String, traces: Vec<Box<dyn Trace>>, layout: Layout) -> Self {
        let mut plot = Plot::new();
        plot.add_traces(traces);
        plot.set_layout(layout);
        plot.set_configuration(settings(s));
        Self { label, json: plot.to_json() }
    }
}

fn settings(s: &Shell) -> Configuration {
    let locale = match s.lang {
        Lang::Zh => "zh-CN",
        Lang::En => "en",
    };
    Configuration::new()
        .responsive(true)
        .display_logo(false)
        .display_mode_bar(DisplayModeBar::Hover)
        .mode_bar_buttons_to_remove(vec![
            ModeBarButtonName::Select2d,
            ModeBarButtonName::Lasso2d,
            ModeBarButtonName::AutoScale2d,
        ])
        .locale(locale)
}

/// What all charts have. One of synthetic data says so in itself, because a picture of it may be taken elsewhere.
fn layout(s: &Shell) -> Layout {
    let above = Legend::new().orientation(Orientation::Horizontal).x(0.0).y(1.02).y_anchor(Anchor::Bottom);
    let layout = Layout::new()
        .height(HEIGHT)
        .auto_size(true)
        .font(Font::new().family(FONT).size(13).color(INK))
        .margin(Margin::new().left(8).right(16).top(36).bottom(8).auto_expand(true))
        .paper_background_color(SHEET)
        .plot_background_color(SHEET)
        .hover_mode(HoverMode::Closest)
        .hover_label(Label::new().background_color(SHEET).font(Font::new().family(FONT).size(13).color(INK)))
        .legend(above);
    if !s.synthetic {
        return layout;
    }
    let mark = Annotation::new()
        .text(s.t("模拟数据", "SYNTHETIC DATA"))
        .show_arrow(false)
        .x_ref("paper")
        .y_ref("paper")
        .x(1.0)
        .y(1.0)
        .x_anchor(Anchor::Right)
        .y_anchor(Anchor::Bottom)
        .font(Font::new().family(FONT).size(13).color("#7a0010"));
    layout.annotations(vec![mark])
}

/// An axis of names.
fn names() -> Axis {
    Axis::new().auto_margin(true).fixed_range(false).show_grid(false).line_color(LINE)
}

/// An axis of numbers that begins at zero or below.
fn numbers(title: &str) -> Axis {
    Axis::new()
        .auto_margin(true)
        .grid_color(LINE)
        .zero_line_color(LINE)
        .separate_thousands(true)
        .exponent_format(ExponentFormat::None)
        .range_mode(plotly::layout::RangeMode::ToZero)
        .title(plotly::common::Title::with_text(title))
}

/// A decimal as a place on a screen.
fn place(value: Decimal) -> f64 {
    value.to_f64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::Text;
    use plotly::Bar;

    use super::*;
    use crate::shell::Here;

    fn shell(synthetic: bool) -> Shell {
        Shell {
            lang: Lang::Zh,
            synthetic,
            clerks: false,
            writes: false,
            here: Here::Elsewhere,
            title: Text::new("", ""),
            visitor: String::new(),
            session: false,
            path: String::new(),
            kept: None,
        }
    }

    fn chart(s: &Shell) -> Chart {
        Chart::of(s, String::new(), vec![Bar::new(vec!["太原市"], vec![1.0])], layout(s))
    }

    #[test]
    fn a_picture_of_synthetic_data_says_so_in_itself() {
        assert!(chart(&shell(true)).json.contains("模拟数据"));
        assert!(!chart(&shell(false)).json.contains("模拟数据"));
    }
}
