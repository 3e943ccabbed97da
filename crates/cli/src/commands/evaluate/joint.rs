//! A joint evaluation as a table: its parts side by side.

use evaluation::{
    Text,
    joint::{JointEvaluation, JointScheme, JointUnit, PartState},
};

use crate::screen::Screen;

pub(super) fn show(screen: &Screen, scheme: &JointScheme, result: &JointEvaluation) {
    let title = scheme.title();
    screen.say(
        format_args!("{}（{}）", title.zh, result.scheme_version),
        format_args!("{} ({})", title.en, result.scheme_version),
    );
    let mut headers = vec![("单位", "unit"), ("时期", "period")];
    headers.extend(scheme.parts().iter().map(|part| (part.title.zh.as_str(), part.title.en.as_str())));
    if result.combined {
        headers.extend([("综合得分", "combined"), ("名次", "rank"), ("等级", "grade")]);
    }
    headers.push(("说明", "remarks"));
    let mut table = screen.table(&headers);
    for unit in &result.units {
        table.add_row(row(screen, scheme, result.combined, unit));
    }
    screen.line(table);
    for part in scheme.parts() {
        let weight = part.weight.map_or_else(String::new, |weight| format!(" {}%", weight.normalize()));
        let of = |text: &Text| screen.text(&text.zh, &text.en).to_owned();
        screen.line(format_args!("{}{weight}: {}", of(&part.title), of(&part.basis)));
    }
    screen.line(format_args!(
        "{}: {} {} · {}",
        screen.text("计算依据", "computed from"),
        result.engine_version,
        result.scheme_digest,
        result.data_digest
    ));
}

fn row(screen: &Screen, scheme: &JointScheme, combined: bool, unit: &JointUnit) -> Vec<String> {
    let mut row = vec![unit.name.clone(), unit.period.clone().unwrap_or_default()];
    for part in scheme.parts() {
        let Some(found) = unit.parts.get(&part.id) else {
            row.push(String::new());
            continue;
        };
        let state = match found.state {
            PartState::Scored => "",
            PartState::Missing => screen.text("缺失", "missing"),
            PartState::NotApplicable => screen.text("不适用", "not applicable"),
            PartState::Refused => screen.text("数据有误", "refused"),
        };
        row.push(found.score.map_or_else(|| state.to_owned(), |score| format!("{score:.2}")));
    }
    if combined {
        row.push(unit.score.map_or_else(|| "—".to_owned(), |score| format!("{score:.2}")));
        row.push(unit.rank.map_or_else(|| "—".to_owned(), |rank| rank.to_string()));
        row.push(unit.grade.as_ref().map(|grade| screen.text(&grade.zh, &grade.en).to_owned()).unwrap_or_default());
    }
    let flags = unit.flags.iter().chain(unit.parts.values().flat_map(|part| &part.flags));
    let flags: Vec<&str> = flags.map(|flag| screen.text(&flag.text.zh, &flag.text.en)).collect();
    row.push(flags.join("；"));
    row
}
