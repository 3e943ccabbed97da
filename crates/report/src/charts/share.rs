//! The share of zero-waste cities against its target.

use charts_rs::{BulletChart, Error};
use domain::{Lang, Text};
use serde_json::{Value, json};

use super::{BLUE, Chart, coordinate, draw, options};
use crate::{
    model::{Report, ShareTargetEntry},
    number::{exact, fixed},
};

/// A bar for what is reached and a line for the target.
///
/// # Errors
/// When the chart library refuses what it is given.
pub fn share(report: &Report) -> Result<Chart, Error> {
    let Some(entry) = &report.share_target else {
        return Ok(Chart::Nothing(Text::new("没有登记建设比例目标", "No share target is recorded")));
    };
    let title = Text::new("“无废城市”建设比例与目标", "Share of zero-waste cities and its target");
    let describe = Text { zh: line(entry, Lang::Zh), en: line(entry, Lang::En) };
    draw("chart-share", title, &describe, |lang| {
        let mut json = options(720, 96);
        let name = match lang {
            Lang::Zh => format!("现状 {} %", fixed(entry.share_percent, 1)),
            Lang::En => format!("now {} %", fixed(entry.share_percent, 1)),
        };
        json.insert("range_colors".into(), json!(["#DCE6EE", "#EEF3F7"]));
        json.insert("target_color".into(), "#8B0000".into());
        json.insert("y_axis_configs".into(), json!([{"axis_font_size": 12, "axis_formatter": "{c}%"}]));
        json.insert(
            "bullets".into(),
            json!([{
                "name": name, "value": coordinate(entry.share_percent), "target": coordinate(entry.target_percent),
                "ranges": [coordinate(entry.target_percent), 100], "min": 0, "max": 100, "color": BLUE,
            }]),
        );
        BulletChart::from_json(&Value::Object(json).to_string())?.svg()
    })
}

fn line(entry: &ShareTargetEntry, lang: Lang) -> String {
    let (reached, target) = (fixed(entry.share_percent, 1), exact(entry.target_percent));
    let (counted, total, gap) = (entry.counted.len(), entry.total, entry.gap);
    match lang {
        Lang::Zh => format!("现状 {reached} %（{counted}/{total}），目标 {target} %，还差 {gap} 个市"),
        Lang::En => format!("now {reached} % ({counted} of {total}), target {target} %, {gap} more cities needed"),
    }
}
