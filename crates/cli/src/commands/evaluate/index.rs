//! A composite index as tables.

use std::{fs, path::Path};

use evaluation::index::{IndexEvaluation, IndexScheme, IndexUnit};

use crate::{
    failure::{Failure, Outcome},
    screen::Screen,
};

pub(super) fn show(screen: &Screen, scheme: &IndexScheme, result: &IndexEvaluation) {
    let title = scheme.title();
    screen.say(
        format_args!("{}（{}）", title.zh, result.scheme_version),
        format_args!("{} ({})", title.en, result.scheme_version),
    );
    let panel = result.units.iter().any(|unit| unit.period.is_some());
    let nodes = scheme.root().children();
    let mut headers = vec![("单位", "unit")];
    headers.extend(panel.then_some(("时期", "period")));
    headers.extend([("得分", "score"), ("名次", "rank")]);
    headers.extend((result.replicates > 0).then_some(("名次区间（5–95%）", "rank band (5–95 %)")));
    let intervals = result.units.iter().any(|unit| unit.interval.is_some());
    headers.extend(intervals.then_some(("缺失可致得分、名次", "score, rank over gaps")));
    headers.extend([("等级", "grade"), ("覆盖", "coverage")]);
    headers.extend(nodes.iter().map(|node| (node.title.zh.as_str(), node.title.en.as_str())));
    let mut table = screen.table(&headers);
    for unit in by_rank(result) {
        let mut row = vec![unit.name.clone()];
        row.extend(panel.then(|| unit.period.clone().unwrap_or_default()));
        row.push(number(unit.score));
        row.push(unit.rank.map_or_else(|| screen.text("不参与排名", "not ranked").to_owned(), |rank| rank.to_string()));
        row.extend((result.replicates > 0).then(|| band(unit)));
        row.extend(intervals.then(|| interval(unit)));
        let grade = unit.grade.as_deref().zip(unit.grade_en.as_deref());
        let mut grade = grade.map(|(zh, en)| screen.text(zh, en).to_owned()).unwrap_or_default();
        if unit.interval.as_ref().is_some_and(|interval| interval.provisional) {
            grade.push_str(screen.text("（暂定）", " (provisional)"));
        }
        row.push(grade);
        row.push(format!("{}/{}", unit.coverage.reported, unit.coverage.total - unit.coverage.not_applicable));
        row.extend(nodes.iter().map(|node| unit.nodes.get(&node.id).map(|score| number(*score)).unwrap_or_default()));
        table.add_row(row);
    }
    screen.line(table);
    notes(screen, result);
    screen.line(format_args!(
        "{}: {} {} · {} · seed {}",
        screen.text("计算依据", "computed from"),
        result.engine_version,
        result.scheme_digest,
        result.data_digest,
        result.seed
    ));
}

/// Period by period, the best first; who is not ranked stands at the end.
fn by_rank(result: &IndexEvaluation) -> Vec<&IndexUnit> {
    let mut units: Vec<(usize, &IndexUnit)> = Vec::with_capacity(result.units.len());
    let mut period = 0;
    for (at, unit) in result.units.iter().enumerate() {
        if at > 0 && result.units[at - 1].period != unit.period {
            period += 1;
        }
        units.push((period, unit));
    }
    let place = |unit: &IndexUnit| unit.rank.unwrap_or(f64::INFINITY);
    units.sort_by(|(a_period, a), (b_period, b)| a_period.cmp(b_period).then(place(a).total_cmp(&place(b))));
    units.into_iter().map(|(_, unit)| unit).collect()
}

/// What a reader must know of the data and of what was done to them.
fn notes(screen: &Screen, result: &IndexEvaluation) {
    let left_out: Vec<&str> =
        result.screening.iter().filter(|unit| !unit.included).map(|unit| unit.unit.as_str()).collect();
    if !left_out.is_empty() {
        let units = left_out.join("、");
        screen.say(format_args!("数据不足、未纳入计算：{units}"), format_args!("left out for want of data: {units}"));
    }
    if !result.imputed.is_empty() {
        let cells = result.imputed.len();
        screen.say(format_args!("插补 {cells} 格"), format_args!("{cells} cells imputed"));
    }
    for column in result.treatment.iter().filter(|column| !column.points.is_empty()) {
        let (indicator, points) = (&column.indicator, column.points.len());
        screen.say(
            format_args!("离群值处理：{indicator} {points} 个点"),
            format_args!("outliers treated: {points} points of {indicator}"),
        );
    }
    if let Some(reason) = &result.interval_refused {
        screen.say(
            format_args!("缺失值的区间未给出：{}", reason.zh),
            format_args!("no intervals over what is missing: {}", reason.en),
        );
    }
    if !result.ignored_columns.is_empty() {
        let columns = result.ignored_columns.join(", ");
        screen
            .say(format_args!("方案未用到的列：{columns}"), format_args!("columns not used by the scheme: {columns}"));
    }
}

fn band(unit: &IndexUnit) -> String {
    match (unit.rank_p05, unit.rank_p95) {
        (Some(low), Some(high)) => format!("{low:.0}–{high:.0}"),
        (None, _) | (_, None) => String::new(),
    }
}

/// The ends of score and rank over what is missing.
fn interval(unit: &IndexUnit) -> String {
    let Some(interval) = &unit.interval else { return String::new() };
    let ranks = interval.rank_best.zip(interval.rank_worst).map(|(best, worst)| format!("，{best}–{worst}"));
    format!("{}–{}{}", number(interval.score_low), number(interval.score_high), ranks.unwrap_or_default())
}

/// Four digits after the point, without the zeros at the end.
fn number(value: f64) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Writes the table of each stage as CSV.
pub(super) fn write_stages(dir: &Path, result: &IndexEvaluation) -> Outcome<()> {
    let Some(stages) = &result.stages else { return Ok(()) };
    let dir = dir.join("stages");
    fs::create_dir_all(&dir).map_err(|error| Failure::unwritable(&dir, &error))?;
    for (name, table) in stages {
        let file = dir.join(format!("{name}.csv"));
        fs::write(&file, table.to_csv()).map_err(|error| Failure::unwritable(&file, &error))?;
    }
    Ok(())
}
