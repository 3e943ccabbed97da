//! An evaluation of practice as tables.

use evaluation::{Changes, Evaluation, Panel, Scheme, UnitResult};

use crate::screen::Screen;

/// Period by period, then what moved between them.
pub(super) fn show(screen: &Screen, scheme: &Scheme, panel: &Panel) {
    for one in &panel.periods {
        if let Some(period) = one.period.as_deref() {
            screen.say(format_args!("时期 {period}"), format_args!("period {period}"));
        }
        show_period(screen, scheme, &one.evaluation);
    }
    for moved in &panel.changes {
        let (from, to) = (moved.from.as_deref().unwrap_or_default(), moved.to.as_deref().unwrap_or_default());
        screen.say(format_args!("{from} → {to} 的变化"), format_args!("changes from {from} to {to}"));
        changes(screen, &moved.changes);
    }
}

fn changes(screen: &Screen, changes: &Changes) {
    let mut table = screen.table(&[("单位", "unit"), ("得分", "score"), ("变化", "change"), ("名次", "rank")]);
    for unit in &changes.units {
        // Where bonus items, deductions or vetoes stand beside the score, the final one is what is ranked.
        let (before, after) = (unit.final_before.unwrap_or(unit.before), unit.final_after.unwrap_or(unit.after));
        let place = |rank: Option<u32>| rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string());
        table.add_row([
            unit.name.clone(),
            format!("{before} → {after}"),
            format!("{:+}", after - before),
            format!("{} → {}", place(unit.rank_before), place(unit.rank_after)),
        ]);
    }
    screen.line(table);
    for (units, zh, en) in [(&changes.appeared, "新参评", "new"), (&changes.disappeared, "不再参评", "gone")] {
        if !units.is_empty() {
            screen.line(format_args!("{}: {}", screen.text(zh, en), units.join("、")));
        }
    }
}

fn show_period(screen: &Screen, scheme: &Scheme, result: &Evaluation) {
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
