//! An evaluation of practice as tables.

use evaluation::{Evaluation, Scheme, UnitResult};

use crate::screen::Screen;

pub(super) fn show(screen: &Screen, scheme: &Scheme, result: &Evaluation) {
    let title = scheme.title();
    screen.say(
        format_args!("{}（{}）", title.zh, result.scheme_version),
        format_args!("{} ({})", title.en, result.scheme_version),
    );
    let groups: Vec<(&str, &str, &str)> = scheme
        .groups()
        .iter()
        .map(|group| (group.id.as_str(), group.title.zh.as_str(), group.title.en.as_str()))
        .collect();
    let mut headers =
        vec![("单位", "unit"), ("得分", "score"), ("名次", "rank"), ("等级", "grade"), ("覆盖", "coverage")];
    headers.extend(groups.iter().map(|(_, zh, en)| (*zh, *en)));
    let mut table = screen.table(&headers);
    for unit in &result.units {
        let mut row = vec![
            unit.name.clone(),
            format!("{:.2}", unit.score),
            rank(screen, unit),
            unit.grade
                .as_ref()
                .map(|grade| screen.text(&grade.title.zh, &grade.title.en).to_owned())
                .unwrap_or_default(),
            format!("{}/{}", unit.coverage.reported, unit.coverage.mandatory_total),
        ];
        let score = |id: &str| unit.nodes.get(id).map(|node| format!("{:.2}", node.score)).unwrap_or_default();
        row.extend(groups.iter().map(|(id, _, _)| score(id)));
        table.add_row(row);
    }
    screen.line(table);
    for unit in &result.units {
        items(screen, unit);
    }
    screen.line(format_args!(
        "{}: {} {} · {}",
        screen.text("计算依据", "computed from"),
        result.engine_version,
        result.scheme_digest,
        result.data_digest
    ));
}

fn rank(screen: &Screen, unit: &UnitResult) -> String {
    unit.rank.map_or_else(|| screen.text("不参与排名", "not ranked").to_owned(), |rank| rank.to_string())
}

fn items(screen: &Screen, unit: &UnitResult) {
    screen.line(&unit.name);
    let mut table = screen.table(&[
        ("指标", "indicator"),
        ("数值", "value"),
        ("目标", "target"),
        ("方法", "method"),
        ("得分", "marks"),
        ("满分", "of"),
        ("说明", "remarks"),
    ]);
    for item in &unit.items {
        let flags: Vec<&str> = item.flags.iter().map(|flag| screen.text(&flag.text.zh, &flag.text.en)).collect();
        let number =
            |value: Option<rust_decimal::Decimal>| value.map(|v| v.normalize().to_string()).unwrap_or_default();
        let value = number(item.inputs.value);
        let sign = if value.is_empty() { "" } else { item.inputs.qualifier.sign() };
        table.add_row([
            format!("{} {}", item.indicator, screen.text(&item.title.zh, &item.title.en)),
            format!("{}{value}", sign.trim_start_matches('=')),
            number(item.inputs.target),
            item.method.clone(),
            format!("{:.2}", item.capped_score),
            format!("{:.2}", item.weight),
            flags.join("；"),
        ]);
    }
    screen.line(table);
}
