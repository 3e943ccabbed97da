//! Money per stage and source.

use charts_rs::{Error, HorizontalBarChart};
use domain::{Lang, Text};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{BLUE, Chart, coordinate, draw, label, options};
use crate::{
    model::{FundingEntry, Report},
    number::wan_yuan,
};

/// One bar per stage and source; never a bar of several stages.
///
/// # Errors
/// When the chart library refuses what it is given.
pub fn funding(report: &Report) -> Result<Chart, Error> {
    let entries: Vec<&FundingEntry> = report.funding.iter().filter(|entry| entry.amount.yuan > Decimal::ZERO).collect();
    if entries.is_empty() {
        return Ok(Chart::Nothing(Text::new("没有登记资金", "No money is recorded")));
    }
    let title = Text::new(
        "各阶段、各来源资金（万元；阶段之间不相加）",
        "Money by stage and source (10,000 yuan; stages are never added)",
    );
    let rows = |lang: Lang| entries.iter().map(|entry| row(entry, lang)).collect::<Vec<_>>().join("; ");
    let describe = Text { zh: rows(Lang::Zh), en: rows(Lang::En) };
    draw("chart-funding", title, &describe, |lang| {
        // The library draws from the bottom; the order is that of the table. The axis has no numbers: it would round
        // them, and the exact ones stand in the labels.
        let mut json = options(720, 40 + 36 * entries.len());
        json.insert("x_axis_data".into(), entries.iter().rev().map(|entry| label(&row(entry, lang))).collect());
        json.insert("legend_show".into(), false.into());
        json.insert("y_axis_configs".into(), json!([{"axis_min": 0, "axis_split_number": 4, "axis_formatter": " "}]));
        let bars: Vec<Value> =
            entries.iter().rev().map(|entry| coordinate(entry.amount.yuan / Decimal::from(10_000))).collect();
        json.insert("series_list".into(), json!([{"name": "", "data": bars}]));
        json.insert("series_colors".into(), json!([BLUE]));
        HorizontalBarChart::from_json(&Value::Object(json).to_string())?.svg()
    })
}

fn row(entry: &FundingEntry, lang: Lang) -> String {
    let amount = wan_yuan(entry.amount.yuan);
    match lang {
        Lang::Zh => format!("{}·{} {amount} 万元", entry.stage.zh, entry.source.zh),
        Lang::En => format!("{}, {}: {amount}", entry.stage.en, entry.source.en),
    }
}
