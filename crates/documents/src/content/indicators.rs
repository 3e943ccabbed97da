//! 四、指标分析: what was reported, every indicator of each city, the commitments.

use domain::{Colour, Lang};
use report::{
    cells::{item_id, item_number, unique},
    facts, format as f,
    model::{ItemScore, ItemState, UnitResult},
    number::{exact, fixed, half_up},
};

use super::{Block, Cell, Chapter, Column, Run, Table, Writer, scale};

pub(super) fn chapter(w: &Writer<'_>) -> Chapter {
    let mut blocks = vec![
        w.section("（一）指标报送一览", "4.1 What was reported"),
        Block::Table(matrix(w)),
        w.section("（二）各市指标明细", "4.2 Indicators of each city"),
        w.note(
            "方法：S1 正向比值，S2 反向比值，S3 基期到目标，S4 分段，S5 扣分，S6 定性三档，S7 有无佐证，S8 变化率。",
            "Methods: S1 ratio, higher is better; S2 ratio, lower is better; S3 from baseline to target; S4 bands; S5 deduction; S6 qualitative bands; S7 yes or no with evidence; S8 rate of change.",
        ),
    ];
    let units = &w.report.run.units;
    for unit in units {
        let (missing, shown): (Vec<&ItemScore>, Vec<&ItemScore>) =
            unit.items.iter().partition(|item| item.state == ItemState::Missing);
        if shown.is_empty() {
            continue;
        }
        blocks.push(Block::Heading { level: 3, text: w.x(&unit.display_name) });
        blocks.push(Block::Table(items(w, unit, &shown)));
        if !missing.is_empty() {
            blocks.push(Block::Note { runs: vec![Run::text(named_missing(w, &missing))] });
        }
    }
    let silent: Vec<_> = units.iter().filter(|unit| f::silent(unit)).map(|unit| unit.display_name.clone()).collect();
    if !silent.is_empty() {
        let (names, stop) = (w.join(&silent), w.t("。", "."));
        let text = format!("{}{names}{stop}", w.t("没有报送任何指标的市：", "Cities that reported no indicator: "));
        blocks.push(Block::Para { runs: vec![Run::text(text)] });
    }
    blocks.push(w.section("（三）承诺事项进展", "4.3 Progress of the commitments"));
    if w.report.commitments.is_empty() {
        blocks.push(w.note("没有登记承诺事项。", "No commitment is recorded."));
    } else {
        blocks.push(Block::Para { runs: lights(w) });
        blocks.push(Block::Table(commitments(w)));
    }
    Chapter { title: w.t("四、指标分析", "4. Analysis of the indicators").to_owned(), blocks }
}

fn matrix(w: &Writer<'_>) -> Table {
    let units = &w.report.run.units;
    let mut columns = vec![Column::left(w.t("指标", "Indicator"), 46)];
    columns.extend(units.iter().map(|unit| Column::center(w.x(&unit.display_name), 11)));
    let caption = w.t("指标报送一览（√ 已报送，缺 缺报）", "What was reported (√ reported, – missing)");
    let mut table = Table::new(w.t("报送一览", "What was reported"), caption, columns);
    for row in facts::matrix(w.report) {
        let mut cells = vec![Cell {
            head: true,
            ..Cell::of(vec![
                Run::code(&row.indicator.indicator),
                Run::text(format!(" {}", w.x(&row.indicator.display_name))),
            ])
        }];
        cells.extend(row.cities.iter().map(|(_, item)| match item {
            Some(item) if item.state == ItemState::Missing => Cell::text(w.t("缺", "–")),
            Some(_) => Cell::text("√"),
            None => Cell::default(),
        }));
        table.row(cells);
    }
    table
}

fn items(w: &Writer<'_>, unit: &UnitResult, shown: &[&ItemScore]) -> Table {
    let mut caption = match w.lang {
        Lang::Zh => format!("{}指标明细", unit.display_name.zh),
        Lang::En => format!("Indicators of {}", w.x(&unit.display_name)),
    };
    caption.push_str(&match w.lang {
        Lang::Zh => format!("（覆盖 {}/{}）", unit.coverage.reported, unit.coverage.mandatory),
        Lang::En => format!(" (coverage {}/{})", unit.coverage.reported, unit.coverage.mandatory),
    });
    let mut table = Table::new(
        "",
        caption,
        vec![
            Column::left(w.t("指标", "Indicator"), 48),
            Column::right(w.t("值", "Value"), 28),
            Column::right(w.t("目标", "Target"), 24),
            Column::center(w.t("方法", "Method"), 17),
            Column::right(w.t("得分", "Marks"), 14),
            Column::right(w.t("满分", "Of"), 11),
            Column::left(w.t("标注", "Flags"), 38),
        ],
    );
    for item in shown {
        table.row(vec![
            Cell {
                head: true,
                ..Cell::of(vec![Run::code(&item.indicator), Run::text(format!(" {}", w.x(&item.display_name)))])
            },
            Cell::of(value(w, unit, item)),
            Cell::of(target(w, item)),
            Cell::text(&item.method),
            Cell::text(fixed(item.score, 2)),
            Cell::text(exact(half_up(item.weight, 2))),
            Cell::of(flags(w, item)),
        ]);
    }
    table
}

fn value(w: &Writer<'_>, unit: &UnitResult, item: &ItemScore) -> Vec<Run> {
    let id = item_id(unit, item);
    let printed = f::both_value(item);
    let scaled = item_number(item).and_then(|value| {
        let (shown, kept) = scale::value(value, item.qualifier, &item.unit);
        kept.map(|kept| (shown, kept))
    });
    match scaled {
        Some((shown, kept)) => vec![Run::text(w.x(&shown)), Run::Break, w.figure(&id, w.x(&kept))],
        None => vec![w.figure(&id, w.x(&printed))],
    }
}

fn target(w: &Writer<'_>, item: &ItemScore) -> Vec<Run> {
    // A question that documents answer has no unit, and its target only says that there is one.
    let text = if item.unit == "—" { "—".to_owned() } else { w.x(&f::target(item)) };
    let mut runs = vec![Run::text(text)];
    if let Some(base) = item.baseline {
        let base = w.x(&f::quantity(&base, &item.unit));
        runs.extend([Run::Break, Run::small(format!("{} {base}", w.t("基期", "base")))]);
    }
    runs
}

fn flags(w: &Writer<'_>, item: &ItemScore) -> Vec<Run> {
    let mut flags = Vec::new();
    if item.state != ItemState::Scored {
        flags.push(w.x(&item.state.label()));
    }
    flags.extend(f::other_flags(item).iter().map(|flag| w.x(flag)));
    let mut runs = Vec::new();
    if !flags.is_empty() {
        runs.push(Run::flag(flags.join(w.t("；", "; "))));
    }
    let source = w.x(&item.target_source);
    if !source.is_empty() {
        if !runs.is_empty() {
            runs.push(Run::Break);
        }
        runs.push(Run::small(format!("{}{source}", w.t("目标来源：", "Target: "))));
    }
    runs
}

fn named_missing(w: &Writer<'_>, missing: &[&ItemScore]) -> String {
    let codes: Vec<&str> = missing.iter().map(|item| item.indicator.as_str()).collect();
    match w.lang {
        Lang::Zh => format!("缺报 {} 项：{}。", codes.len(), codes.join("、")),
        Lang::En => format!("Missing ({}): {}.", codes.len(), codes.join(", ")),
    }
}

fn lights(w: &Writer<'_>) -> Vec<Run> {
    let mut runs = vec![Run::text(match w.lang {
        Lang::Zh => format!("共 {} 项：", w.report.commitments.len()),
        Lang::En => format!("In all {}: ", w.report.commitments.len()),
    })];
    for colour in [Colour::Red, Colour::Yellow, Colour::Green, Colour::Blue, Colour::Grey] {
        let count = facts::with_light(w.report, colour).len();
        runs.extend([w.light(colour), Run::text(format!(" {count}　"))]);
    }
    runs
}

fn commitments(w: &Writer<'_>) -> Table {
    let mut table = Table::new(
        w.t("承诺事项", "Commitments"),
        w.t("承诺事项进展", "Progress of the commitments"),
        vec![
            Column::left(w.t("编号", "No."), 13),
            Column::left(w.t("承诺", "Commitment"), 44),
            Column::left(w.t("责任单位", "Responsible"), 28),
            Column::left(w.t("目标与期限", "Target, deadline"), 26),
            Column::left(w.t("亮灯与理由", "Light, reason"), 30),
            Column::left(w.t("最新进展", "Newest progress"), 22),
        ],
    );
    for (id, entry) in unique("", &w.report.commitments, |entry| &entry.cell) {
        let mut responsible = vec![Run::text(entry.responsible.join("、"))];
        if !entry.responsible_basis.is_empty() {
            responsible.extend([Run::Break, Run::small(&entry.responsible_basis)]);
        }
        let mut target = vec![Run::text(w.x(&entry.target))];
        if let Some(day) = entry.deadline {
            target.extend([Run::Break, Run::text(day.to_string())]);
        }
        let word = match w.lang {
            Lang::Zh => format!("{}灯", entry.light.zh()),
            Lang::En => entry.light.en().to_owned(),
        };
        let sign = f::sign(&entry.light);
        let light = vec![
            Run::Light { sign, text: String::new(), colour: entry.light.code() },
            w.figure(&id, word),
            Run::Break,
            Run::small(w.x(&entry.light_reason)),
        ];
        table.row(vec![
            Cell::head(&entry.sequence),
            Cell::text(&entry.text),
            Cell::of(responsible),
            Cell::of(target),
            Cell::of(light),
            Cell::text(f::or_dash(&entry.progress)),
        ]);
    }
    table
}
