//! Marks of the groups in percent of their full marks, for the ranked cities.

use charts_rs::{Error, HeatmapChart};
use domain::{Lang, Text};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Chart, draw, label, options};
use crate::{
    model::{NodeScore, Report, UnitResult},
    number::half_up,
};

/// A grid of cities and groups; the number stands in each cell, so that the colour only helps.
///
/// # Errors
/// When the chart library refuses what it is given.
pub fn groups(report: &Report) -> Result<Chart, Error> {
    let mut units: Vec<&UnitResult> = report.run.units.iter().filter(|unit| unit.ranked).collect();
    units.sort_by_key(|unit| (unit.rank.unwrap_or(u32::MAX), unit.unit.clone()));
    let Some(columns) = units.first().map(|unit| &unit.nodes).filter(|nodes| !nodes.is_empty()) else {
        return Ok(Chart::Nothing(Text::new(
            "没有参与排名的城市，分类得分图从略",
            "No city is ranked; the chart of group marks is left out",
        )));
    };
    let title = Text::new("各市分类得分率（%，得分 ÷ 满分）", "Marks of the groups in % of full marks");
    let line = |lang: Lang| -> String {
        let rows: Vec<String> = units
            .iter()
            .map(|unit| {
                let parts: Vec<String> = columns
                    .iter()
                    .filter_map(|column| share(unit, column).map(|share| format!("{} {share} %", column.node)))
                    .collect();
                format!("{} {}", unit.display_name.get(lang), parts.join(", "))
            })
            .collect();
        rows.join("; ")
    };
    let describe = Text { zh: line(Lang::Zh), en: line(Lang::En) };
    draw("chart-groups", title, &describe, |lang| {
        // The library counts rows from the bottom; the best city belongs at the top.
        let rows: Vec<&UnitResult> = units.iter().rev().copied().collect();
        let cells: Vec<Value> = rows
            .iter()
            .enumerate()
            .flat_map(|(y, unit)| {
                columns.iter().enumerate().filter_map(move |(x, column)| {
                    let share = share(unit, column)?;
                    Some(json!([y * columns.len() + x, super::coordinate(share)]))
                })
            })
            .collect();
        let mut json = options(720, 80 + 34 * rows.len());
        json.insert(
            "x_axis_data".into(),
            columns
                .iter()
                .map(|column| match lang {
                    Lang::Zh => label(&format!("{} {}", column.node, column.title.zh)),
                    Lang::En => label(&column.node),
                })
                .collect(),
        );
        json.insert("y_axis_data".into(), rows.iter().map(|unit| label(unit.display_name.get(lang))).collect());
        json.insert("x_axis_font_size".into(), 11.into());
        json.insert("x_axis_label_overflow".into(), "ellipsis".into());
        json.insert(
            "series".into(),
            json!({
                "min": 0, "max": 100,
                "colors": ["#F1F6FA", "#D3E4F1", "#A8CDE6", "#5C9BCB", "#08519C"], "thresholds": [20, 40, 60, 80],
                "min_font_color": "#1A1A1A", "max_font_color": "#FFFFFF", "data": cells,
            }),
        );
        HeatmapChart::from_json(&Value::Object(json).to_string())?.svg()
    })
}

/// Marks in percent of full marks, a whole number, half up.
fn share(unit: &UnitResult, column: &NodeScore) -> Option<Decimal> {
    let node = unit.nodes.iter().find(|node| node.node == column.node)?;
    (node.weight > Decimal::ZERO).then(|| half_up(node.score * Decimal::ONE_HUNDRED / node.weight, 0))
}
