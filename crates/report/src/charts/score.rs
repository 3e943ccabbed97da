//! Scores of the cities, with the coverage in each label.

use charts_rs::{Error, HorizontalBarChart};
use domain::{Lang, Text};
use serde_json::{Value, json};

use super::{Chart, coordinate, draw, label, options};
use crate::{
    model::{Report, UnitResult},
    number::fixed,
};

/// One bar per city; a city that reported nothing has none, because missing is not zero.
///
/// # Errors
/// When the chart library refuses what it is given.
pub fn score(report: &Report) -> Result<Chart, Error> {
    let mut units: Vec<&UnitResult> = report.run.units.iter().collect();
    if units.iter().all(|unit| unit.coverage.reported == 0) {
        return Ok(Chart::Nothing(Text::new(
            "没有城市报送指标数据，无图可绘",
            "No city has reported a figure; there is nothing to draw",
        )));
    }
    units.sort_by_key(|unit| (unit.rank.unwrap_or(u32::MAX), unit.unit.clone()));
    let title =
        Text::new("各市得分与必选指标覆盖（已报送/应报送）", "Scores of the cities and coverage (reported/obligatory)");
    let line = |lang: Lang| -> String {
        let lines: Vec<String> = units.iter().map(|unit| row(unit, lang)).collect();
        lines.join(match lang {
            Lang::Zh => "；",
            Lang::En => "; ",
        })
    };
    let describe = Text { zh: line(Lang::Zh), en: line(Lang::En) };
    draw("chart-score", title, &describe, |lang| {
        let (ranked, unranked) = match lang {
            Lang::Zh => ("参与排名", "不参与排名（覆盖率不足）"),
            Lang::En => ("ranked", "not ranked (coverage too low)"),
        };
        // The library draws from the bottom; the best city belongs at the top.
        let bars = |of_ranked: bool| -> Vec<Value> {
            units
                .iter()
                .rev()
                .map(|unit| {
                    if unit.ranked == of_ranked && unit.coverage.reported > 0 {
                        coordinate(unit.score)
                    } else {
                        Value::Null
                    }
                })
                .collect()
        };
        let mut json = options(720, 90 + 30 * units.len());
        json.insert("x_axis_data".into(), units.iter().rev().map(|unit| label(&row(unit, lang))).collect());
        json.insert(
            "y_axis_configs".into(),
            json!([{"axis_min": 0, "axis_max": 100, "axis_split_number": 5, "axis_font_size": 12}]),
        );
        json.insert(
            "series_list".into(),
            json!([
                {"name": ranked, "data": bars(true), "stack": "score"},
                {"name": unranked, "data": bars(false), "stack": "score"},
            ]),
        );
        HorizontalBarChart::from_json(&Value::Object(json).to_string())?.svg()
    })
}

fn row(unit: &UnitResult, lang: Lang) -> String {
    let name = unit.display_name.get(lang);
    let coverage = format!("{}/{}", unit.coverage.reported, unit.coverage.mandatory);
    if unit.coverage.reported == 0 {
        return match lang {
            Lang::Zh => format!("{name} 未报送（{coverage}）"),
            Lang::En => format!("{name} nothing reported ({coverage})"),
        };
    }
    let score = fixed(unit.score, 2);
    match lang {
        Lang::Zh => format!("{name} {score} 分（{coverage}）"),
        Lang::En => format!("{name} {score} ({coverage})"),
    }
}
