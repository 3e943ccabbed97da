//! What differs from the edition before.

use std::collections::HashMap;

use domain::Lang;
use report::{CellRef, cells, facts, model::UnitResult, number::fixed};
use rust_decimal::Decimal;

use super::{Block, Cell, Column, Run, Table, Writer};

pub(super) fn blocks(w: &Writer<'_>) -> Vec<Block> {
    let Some(previous) = w.previous else {
        return vec![if w.report.edition <= 1 {
            w.para("本报告是第 1 版，没有可比较的上一版。", "This is edition 1; there is none to compare with.")
        } else {
            w.para("没有给出上一版，未作比较。", "The previous edition was not given; nothing was compared.")
        }];
    };
    let (before, now) = (cells(previous), cells(w.report));
    let known: HashMap<&str, &CellRef> = before.iter().map(|cell| (cell.id.as_str(), cell)).collect();
    let present: HashMap<&str, &CellRef> = now.iter().map(|cell| (cell.id.as_str(), cell)).collect();
    let changed: Vec<(&CellRef, &CellRef)> = now
        .iter()
        .filter_map(|cell| known.get(cell.id.as_str()).map(|old| (*old, cell)))
        .filter(|(old, new)| old.value != new.value)
        .collect();
    let added: Vec<&CellRef> = now.iter().filter(|cell| !known.contains_key(cell.id.as_str())).collect();
    let gone: Vec<&CellRef> = before.iter().filter(|cell| !present.contains_key(cell.id.as_str())).collect();
    let mut blocks = vec![Block::Para {
        runs: vec![
            Run::text(match w.lang {
                Lang::Zh => format!("与第 {} 版（评价期 {}，校验值 ", previous.edition, previous.run.period),
                Lang::En => {
                    format!("Compared with edition {} (period {}, digest ", previous.edition, previous.run.period)
                }
            }),
            Run::code(&previous.content_digest),
            Run::text(match w.lang {
                Lang::Zh => {
                    format!("）比较：{} 个数字有变化，新增 {} 个，减少 {} 个。", changed.len(), added.len(), gone.len())
                }
                Lang::En => {
                    format!("): {} figures changed, {} are new, {} are gone.", changed.len(), added.len(), gone.len())
                }
            }),
        ],
    }];
    if !w.report.run.units.is_empty() {
        blocks.push(Block::Table(cities(w, &previous.run.units)));
    }
    let others: Vec<_> = changed.iter().filter(|(_, new)| !is_of_a_city(new)).collect();
    let listed = others.len() + added.len() + gone.len();
    if listed > 0 {
        blocks.push(Block::Table(figures(w, &others, &added, &gone)));
    }
    blocks
}

/// Scores, ranks and coverage have a table of their own.
fn is_of_a_city(cell: &CellRef) -> bool {
    ["score/", "rank/", "coverage/"].iter().any(|start| cell.id.starts_with(start))
}

fn cities(w: &Writer<'_>, before: &[UnitResult]) -> Table {
    let mut table = Table::new(
        w.t("与上一版比较", "Compared"),
        w.t("各市与上一版比较（上一版 → 本版）", "The cities compared with the previous edition (previous → this)"),
        vec![
            Column::left(w.t("市", "City"), 30),
            Column::right(w.t("得分", "Score"), 40),
            Column::right(w.t("变化", "Change"), 24),
            Column::right(w.t("排名", "Rank"), 36),
            Column::right(w.t("覆盖", "Coverage"), 36),
        ],
    );
    for unit in facts::by_rank(w.report) {
        let old = before.iter().find(|old| old.unit == unit.unit);
        let dash = || "—".to_owned();
        let pair = |of: &dyn Fn(&UnitResult) -> String| format!("{} → {}", old.map_or_else(dash, of), of(unit));
        let score = |unit: &UnitResult| {
            if report::format::silent(unit) { dash() } else { fixed(unit.score, 2) }
        };
        let change = old
            .filter(|old| !report::format::silent(old) && !report::format::silent(unit))
            .map(|old| unit.score - old.score);
        let change = change.map_or_else(|| Cell::text("—"), |change| Cell::text(signed(change)).value(change));
        table.row(vec![
            Cell::head(w.x(&unit.display_name)),
            Cell::text(pair(&score)),
            change,
            Cell::text(pair(&|unit| unit.rank.map_or_else(dash, |rank| rank.to_string()))),
            Cell::text(pair(&|unit| format!("{}/{}", unit.coverage.reported, unit.coverage.mandatory))),
        ]);
    }
    table
}

fn figures(w: &Writer<'_>, changed: &[&(&CellRef, &CellRef)], added: &[&CellRef], gone: &[&CellRef]) -> Table {
    let mut table = Table::new(
        w.t("数字变化", "Changes"),
        w.t("其他有变化的数字", "Other figures that changed"),
        vec![
            Column::left(w.t("数字", "Figure"), 75),
            Column::right(w.t("上一版", "Previous"), 35),
            Column::right(w.t("本版", "This edition"), 45),
        ],
    );
    let now = |cell: &CellRef| Cell::of(vec![Run::text(&cell.value), Run::text(" "), w.mention(&cell.id)]);
    for (old, new) in changed {
        table.row(vec![Cell::head(w.x(&new.label)), Cell::text(&old.value), now(new)]);
    }
    for cell in added {
        table.row(vec![Cell::head(w.x(&cell.label)), Cell::text(w.t("（无）", "(none)")), now(cell)]);
    }
    for cell in gone {
        table.row(vec![Cell::head(w.x(&cell.label)), Cell::text(&cell.value), Cell::text(w.t("（无）", "(none)"))]);
    }
    table
}

fn signed(change: Decimal) -> String {
    let text = fixed(change, 2);
    if change > Decimal::ZERO { format!("+{text}") } else { text }
}
