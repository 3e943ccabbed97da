//! 三、综合评价情况及评价结论: scores, grades, ranks, groups, the edition before, indices, the joint evaluation.

use domain::Lang;
use report::{
    charts, facts, format as f,
    model::{IndexTable, WrittenChapter},
    number::{exact, fixed},
};

use super::{Block, Cell, Chapter, Column, Row, Run, Table, Writer, compare, joint, writing};
use crate::Error;

pub(super) fn chapter(w: &Writer<'_>) -> Result<Chapter, Error> {
    let report = w.report;
    let mut blocks = vec![
        w.section("（一）得分、等级和排名", "3.1 Scores, grades and ranks"),
        Block::Table(scores(w)),
        w.note(
            "覆盖率低于方案下限的市不参与排名、不定等级；其得分只反映已报送的指标，不可与其他市比较。没有报送任何指标的市以“—”表示，缺报不是零分。",
            "A city below the minimum coverage is neither ranked nor graded; its score reflects only what was reported and cannot be compared. A dash marks a city that reported nothing: missing is not zero.",
        ),
        w.chart(charts::score(report)?),
        w.section("（二）分类得分", "3.2 Marks of the groups"),
    ];
    if facts::groups(report).is_empty() {
        blocks.push(w.note("没有分类得分。", "There are no group marks."));
    } else {
        blocks.push(Block::Table(groups(w)));
    }
    blocks.push(w.chart(charts::groups(report)?));
    blocks.push(w.section("（三）与上一版比较", "3.3 Compared with the previous edition"));
    blocks.extend(compare::blocks(w));
    blocks.push(w.section("（四）评价结论", "3.4 Conclusion"));
    blocks.extend(writing::written(w, WrittenChapter::Conclusion));
    blocks.push(w.para("可引用的事实：", "Facts to draw on:"));
    blocks.push(Block::List { items: conclusions(w) });
    if !report.indices.is_empty() {
        blocks.push(w.section("（五）参考：综合指数", "3.5 For reference: composite indices"));
        blocks.push(w.note(
            "综合指数不是正式评价结果：各指标先标准化再汇总，得分只表示各市之间的相对位置，与百分制得分不可比较。没有数据的市不计算。",
            "A composite index is not the official result: indicators are normalised and aggregated, so a score only places the cities among each other and cannot be compared with the scores above. A city without data has none.",
        ));
        for (number, index) in report.indices.iter().enumerate() {
            blocks.push(Block::Table(self::index(w, number + 1, index)));
            blocks.push(Block::Note { runs: index_note(w, index) });
        }
    }
    blocks.extend(joint::blocks(w));
    Ok(Chapter {
        title: w.t("三、综合评价情况及评价结论", "3. Results and conclusion").to_owned(), blocks
    })
}

fn scores(w: &Writer<'_>) -> Table {
    let mut table = Table::new(
        "",
        w.t("得分、等级和排名（满分100）", "Scores of 100, grades and ranks"),
        vec![
            Column::left(w.t("排名", "Rank"), 38),
            Column::left(w.t("市", "City"), 35),
            Column::right(w.t("得分", "Score"), 30),
            Column::right(w.t("必选指标覆盖", "Coverage"), 30),
            Column::center(w.t("等级", "Grade"), 22),
        ],
    );
    for unit in facts::by_rank(w.report) {
        let rank = unit.rank.map_or_else(|| w.t("不参与排名", "not ranked").to_owned(), |rank| rank.to_string());
        let score = if f::silent(unit) { "—".to_owned() } else { fixed(unit.score, 2) };
        let coverage = format!("{}/{}", unit.coverage.reported, unit.coverage.mandatory);
        let grade = unit.grade.as_ref().map_or_else(|| "—".to_owned(), |grade| w.x(grade));
        let cells = vec![
            Cell::of(vec![w.figure(&format!("rank/{}", unit.unit), rank)]),
            Cell::head(w.x(&unit.display_name)),
            Cell::of(vec![w.figure(&format!("score/{}", unit.unit), score)]),
            Cell::text(coverage),
            Cell::text(grade),
        ];
        table.rows.push(Row { grey: !unit.ranked, ..Row::of(cells) });
    }
    table
}

fn groups(w: &Writer<'_>) -> Table {
    let groups = facts::groups(w.report);
    let mut columns = vec![Column::left(w.t("市", "City"), 22)];
    columns.extend(groups.iter().map(|group| {
        let full = exact(group.weight);
        Column::right(
            match w.lang {
                Lang::Zh => format!("{} {}（满分 {full}）", group.node, group.title.zh),
                Lang::En => format!("{} {} (of {full})", group.node, w.x(&group.title)),
            },
            26,
        )
    }));
    let mut table = Table::new("", w.t("分类得分", "Marks of the groups"), columns);
    for unit in facts::by_rank(w.report) {
        let mut cells = vec![Cell::head(w.x(&unit.display_name))];
        for group in &groups {
            let found = unit.nodes.iter().find(|node| node.node == group.node);
            cells.push(found.map_or_else(Cell::default, |node| {
                let text = if f::silent(unit) { "—".to_owned() } else { fixed(node.score, 2) };
                Cell::of(vec![w.figure(&format!("group/{}/{}", unit.unit, node.node), text)])
            }));
        }
        table.rows.push(Row { grey: !unit.ranked, ..Row::of(cells) });
    }
    table
}

fn conclusions(w: &Writer<'_>) -> Vec<Vec<Run>> {
    let units = &w.report.run.units;
    let ranked = units.iter().filter(|unit| unit.ranked).count();
    let mut items = vec![vec![Run::text(match w.lang {
        Lang::Zh => {
            format!("参评 {} 个市，参与排名 {ranked} 个市，不参与排名 {} 个市。", units.len(), units.len() - ranked)
        }
        Lang::En => format!("Evaluated {}; ranked {ranked}; not ranked {}.", units.len(), units.len() - ranked),
    })]];
    for unit in units.iter().filter(|unit| unit.rank == Some(1)) {
        let text = format!("{}{} {}", w.t("第1名：", "Rank 1: "), w.x(&unit.display_name), fixed(unit.score, 2));
        items.push(vec![Run::text(text), w.mention(&format!("score/{}", unit.unit))]);
    }
    items
}

fn index(w: &Writer<'_>, number: usize, index: &IndexTable) -> Table {
    let mut table = Table::new(
        &format!("{}{number}", w.t("综合指数", "Index ")),
        format!("{}，{}", index.scheme, index.period),
        vec![
            Column::left(w.t("排名", "Rank"), 30),
            Column::left(w.t("市", "City"), 35),
            Column::right(w.t("指数", "Index"), 25),
            Column::right(w.t("指标覆盖", "Coverage"), 22),
            Column::center(w.t("等级", "Grade"), 20),
            Column::right(w.t("名次区间 5%–95%", "Rank 5–95 %"), 30),
        ],
    );
    for row in facts::index_rows(index) {
        let dash = || "—".to_owned();
        let score = row.score.map_or_else(dash, exact);
        let score = Cell { value: row.score, ..Cell::text(score) };
        let cells = vec![
            Cell::text(row.rank.map_or_else(|| w.t("不参与排名", "not ranked").to_owned(), |rank| rank.to_string())),
            Cell::head(w.x(&row.display_name)),
            score,
            Cell::text(format!("{}/{}", row.reported, row.applicable)),
            Cell::text(row.grade.as_ref().map_or_else(dash, |grade| w.x(grade))),
            Cell::text(row.band.map_or_else(dash, |(low, high)| format!("{}–{}", exact(low), exact(high)))),
        ];
        table.rows.push(Row { grey: row.rank.is_none(), ..Row::of(cells) });
    }
    table
}

fn index_note(w: &Writer<'_>, index: &IndexTable) -> Vec<Run> {
    let mut runs = vec![
        Run::text(w.t("运行 ", "Run ")),
        Run::code(&index.run),
        Run::text(w.t("；结果校验值 ", "; digest of the results ")),
        Run::code(&index.result_digest),
    ];
    if index.replicates > 0 {
        runs.push(Run::text(format!("{}{}", w.t("；权重扰动次数 ", "; replicates of the weights "), index.replicates)));
    }
    runs
}
