//! The joint evaluation: its parts side by side, and what the scheme combines of them.

use domain::Lang;
use report::{
    model::{JointCell, JointPart, JointRow, JointTable},
    number::{exact, fixed},
};
use rust_decimal::Decimal;

use super::{Block, Cell, Column, Row, Run, Table, Writer};

/// The section; nothing without a joint evaluation.
pub(super) fn blocks(w: &Writer<'_>) -> Vec<Block> {
    let Some(joint) = &w.report.joint else { return Vec::new() };
    let after_indices = !w.report.indices.is_empty();
    let title = match (w.lang, after_indices) {
        (Lang::Zh, false) => "（五）联合评价：各部分并列",
        (Lang::Zh, true) => "（六）联合评价：各部分并列",
        (Lang::En, false) => "3.5 Joint evaluation, part by part",
        (Lang::En, true) => "3.6 Joint evaluation, part by part",
    };
    let note = if joint.combines() {
        w.note(
            "各部分分别得分、分别排名；综合得分只按方案写明的权重合成。缺失的部分不按零分计。",
            "Each part is scored and ranked by itself; the combined score follows from the weights that the scheme states. A part that is missing is not a zero.",
        )
    } else {
        w.note(
            "各部分分别得分、分别排名，并列显示；方案未写明权重，不合成总分。缺失的部分不按零分计。",
            "Each part is scored and ranked by itself and shown beside the others; the scheme states no weights, so nothing is combined. A part that is missing is not a zero.",
        )
    };
    let colon = w.t("：", ": ");
    let basis = |part: &JointPart| vec![Run::text(format!("{}{colon}{}", w.x(&part.title), w.x(&part.basis)))];
    vec![
        Block::Heading { level: 2, text: title.to_owned() },
        note,
        Block::Table(table(w, joint)),
        Block::List { items: joint.parts.iter().map(basis).collect() },
        Block::Note {
            runs: vec![
                Run::text(w.t("运行 ", "Run ")),
                Run::code(&joint.run),
                Run::text(w.t("；结果校验值 ", "; digest of the results ")),
                Run::code(&joint.result_digest),
            ],
        },
    ]
}

fn table(w: &Writer<'_>, joint: &JointTable) -> Table {
    let combines = joint.combines();
    let mut columns = vec![Column::left(w.t("市", "City"), 26)];
    columns.extend(joint.parts.iter().map(|part| Column::right(part_title(w, part), 26)));
    if combines {
        columns.push(Column::right(w.t("综合得分", "Combined"), 22));
        columns.push(Column::left(w.t("排名", "Rank"), 22));
        columns.push(Column::center(w.t("等级", "Grade"), 16));
    }
    columns.push(Column::left(w.t("说明", "Remarks"), 34));
    let mut table =
        Table::new(w.t("联合评价", "Joint evaluation"), format!("{}，{}", joint.scheme, joint.period), columns);
    for row in &joint.rows {
        let mut cells = vec![Cell::head(w.x(&row.display_name))];
        cells.extend(row.cells.iter().map(|cell| Cell::text(place(w, cell))));
        if combines {
            cells.extend(combined(w, row));
        }
        cells.push(Cell::of(row.flags.iter().flat_map(|flag| [Run::flag(w.x(flag)), Run::text(" ")]).collect()));
        table.rows.push(Row { grey: combines && row.rank.is_none(), ..Row::of(cells) });
    }
    table
}

fn part_title(w: &Writer<'_>, part: &JointPart) -> String {
    let weight = part.weight.map(|weight| format!(" {}%", exact(weight))).unwrap_or_default();
    format!("{}{weight}", w.x(&part.title))
}

/// Score and rank of one part, or why there is none.
fn place(w: &Writer<'_>, cell: &JointCell) -> String {
    let Some(score) = cell.score else { return w.x(&cell.state) };
    let score = fixed(score, 2);
    match (cell.rank, w.lang) {
        (Some(rank), Lang::Zh) => format!("{score} 第{rank}名"),
        (Some(rank), Lang::En) => format!("{score} rank {rank}"),
        (None, Lang::Zh | Lang::En) => score,
    }
}

fn combined(w: &Writer<'_>, row: &JointRow) -> [Cell; 3] {
    let score = match row.score {
        Some(score) => Cell::text(fixed(score, 2)).value(score),
        None => Cell::text("—"),
    };
    let rank = match row.rank {
        Some(rank) => Cell::count(Decimal::from(rank)),
        None => Cell::text(w.t("不参与排名", "not ranked")),
    };
    let grade = row.grade.as_ref().map_or_else(|| "—".to_owned(), |grade| w.x(grade));
    [score, rank, Cell::text(grade)]
}
