//! Annexes: facts as reported, digests, and the source of every figure.

use report::{
    CellRef,
    cells::unique,
    format as f,
    model::{FactEntry, Provenance},
};
use rust_decimal::Decimal;

use super::{Block, Cell, Chapter, Column, Run, Table, Writer, definitions::fact_value, figures::is_missing};

pub(super) fn chapter(w: &Writer<'_>, cells: &[CellRef]) -> Chapter {
    let mut blocks = vec![w.section("附件1　事实与数据（按报送原样）", "Annex 1. Facts and figures as reported")];
    if w.report.facts.is_empty() {
        blocks.push(w.note("没有登记事实与数据。", "Nothing is recorded."));
    } else {
        blocks.push(Block::Table(facts(w)));
    }
    blocks.extend([
        Block::NewPage,
        w.section("附件2　数据快照编号与校验值", "Annex 2. Data snapshot and digests"),
        Block::Table(digests(w)),
        Block::Table(checkpoints(w)),
        Block::NewPage,
        w.section("附件3　溯源", "Annex 3. Sources"),
        w.note(
            "方括号中的编号与正文数字后的编号一致。没有任何节点报送的数字（缺报）没有编号。叶哈希可用节点日志的包含证明离线核验。",
            "The numbers in brackets are those after the figures. What no node reported (missing) has no number. A leaf hash can be checked offline with an inclusion proof of the node's log.",
        ),
        Block::Table(sources(w, cells)),
        Block::Table(submissions(w, cells)),
    ]);
    Chapter { title: w.t("附件", "Annexes").to_owned(), blocks }
}

fn facts(w: &Writer<'_>) -> Table {
    let mut table = Table::new(
        w.t("事实与数据", "Facts"),
        w.t("事实与数据", "Facts and figures"),
        vec![
            Column::left(w.t("报送方", "Reported by"), 23),
            Column::left(w.t("地区、范围", "Place, scope"), 18),
            Column::left(w.t("内容", "What"), 38),
            Column::right(w.t("值", "Value"), 23),
            Column::left(w.t("时间", "Time"), 33),
            Column::left(w.t("原文与标注", "Quote and flags"), 42),
        ],
    );
    for (id, entry) in unique("", &w.report.facts, |entry| &entry.cell) {
        let mut place = vec![Run::text(w.x(&entry.region))];
        if !entry.scope.zh.is_empty() {
            place.extend([Run::Break, Run::small(w.x(&entry.scope))]);
        }
        let mut subject = vec![Run::text(&entry.subject)];
        if !entry.indicator.is_empty() {
            subject.extend([Run::Break, Run::code(&entry.indicator)]);
        }
        let mut time = vec![Run::text(f::or_dash(&entry.period))];
        if entry.period_assumed {
            time.extend([Run::text(" "), Run::flag(w.t("推定", "assumed"))]);
        }
        table.row(vec![
            Cell::text(w.x(&entry.party)),
            Cell::of(place),
            Cell { head: true, ..Cell::of(subject) },
            Cell::of(vec![fact_value(w, &id, entry)]),
            Cell::of(time),
            Cell::of(quote_and_flags(w, entry)),
        ]);
    }
    table
}

fn quote_and_flags(w: &Writer<'_>, entry: &FactEntry) -> Vec<Run> {
    let mut runs = Vec::new();
    let citation = entry.provenance.as_ref().and_then(|source| source.citation.as_ref());
    if let Some(citation) = citation.filter(|citation| !citation.quote.is_empty()) {
        runs.push(Run::text(quoted(&citation.quote)));
    }
    if !entry.flags.is_empty() {
        if !runs.is_empty() {
            runs.push(Run::Break);
        }
        let flags: Vec<String> = entry.flags.iter().map(|flag| w.x(flag)).collect();
        runs.push(Run::flag(flags.join(w.t("；", "; "))));
    }
    runs
}

/// Words in quotation marks; those inside them become single ones (GB/T 15834-2011, 4.8.3.2).
fn quoted(words: &str) -> String {
    format!("“{}”", words.replace('“', "‘").replace('”', "’"))
}

fn digests(w: &Writer<'_>) -> Table {
    let report = w.report;
    let mut table = Table::new(
        w.t("校验值", "Digests"),
        w.t("校验值（SHA-256）", "Digests (SHA-256)"),
        vec![Column::left(w.t("对象", "Of"), 45), Column::left(w.t("校验值", "Digest"), 110)],
    );
    for (name, digest) in [
        (w.t("数据快照编号", "Data snapshot"), &report.snapshot_id),
        (w.t("评价方案", "Scheme"), &report.run.scheme_digest),
        (w.t("评价数据", "Data"), &report.run.data_digest),
        (w.t("评价结果", "Results"), &report.run.result_digest),
        (w.t("本报告的数字", "Figures of this report"), &report.content_digest),
    ] {
        table.row(vec![Cell::head(name), Cell::code(f::or_dash(digest))]);
    }
    table
}

fn checkpoints(w: &Writer<'_>) -> Table {
    let mut table = Table::new(
        w.t("检查点", "Checkpoints"),
        w.t("各节点日志检查点", "Checkpoints of the logs"),
        vec![
            Column::left(w.t("节点", "Node"), 38),
            Column::right(w.t("条目数", "Entries"), 14),
            Column::left(w.t("根哈希", "Root hash"), 107),
        ],
    );
    for checkpoint in &w.report.run.checkpoints {
        table.row(vec![
            Cell { head: true, ..Cell::code(&checkpoint.node) },
            Cell::count(Decimal::from(checkpoint.size)),
            Cell::code(&checkpoint.root_hash),
        ]);
    }
    if table.rows.is_empty() {
        table.row(vec![Cell::text(w.t("没有检查点。", "No checkpoint."))]);
    }
    table
}

fn sources(w: &Writer<'_>, cells: &[CellRef]) -> Table {
    let mut table = Table::new(
        w.t("数字溯源", "Sources"),
        w.t("数字溯源", "Sources of the figures"),
        vec![
            Column::left(w.t("编号", "No."), 14),
            Column::left(w.t("数字", "Figure"), 46),
            Column::right(w.t("值", "Value"), 28),
            Column::left(w.t("怎样得来", "How it follows"), 68),
        ],
    );
    for cell in cells.iter().filter(|cell| !is_missing(cell)) {
        let Some(number) = w.figures.number(&cell.id) else { continue };
        let mut follows = vec![Run::text(w.x(&cell.formula))];
        let mut places: Vec<String> = cell.provenance.iter().map(f::place).collect();
        places.dedup();
        if !places.is_empty() {
            follows.extend([Run::Break, Run::code(places.join("  "))]);
        }
        let inputs: Vec<usize> = cell.inputs.iter().filter_map(|id| w.figures.number(id)).collect();
        if !inputs.is_empty() {
            follows.push(Run::Break);
            follows.extend(mentions(&inputs));
        }
        table.row(vec![
            Cell::of(vec![Run::Anchor { number }]),
            Cell::head(w.x(&cell.label)),
            Cell::text(&cell.value),
            Cell::of(follows),
        ]);
    }
    table
}

/// Figures that another is computed from; three or more in a row as the first and the last.
fn mentions(numbers: &[usize]) -> Vec<Run> {
    let mut runs = Vec::new();
    for row in numbers.chunk_by(|a, b| a + 1 == *b) {
        match row {
            [first, _, .., last] => {
                runs.extend([Run::Mention { number: *first }, Run::text("–"), Run::Mention { number: *last }]);
                runs.push(Run::text(" "));
            }
            _ => runs.extend(row.iter().flat_map(|number| [Run::Mention { number: *number }, Run::text(" ")])),
        }
    }
    runs
}

fn submissions(w: &Writer<'_>, cells: &[CellRef]) -> Table {
    let mut table = Table::new(
        w.t("提交", "Submissions"),
        w.t("提交", "Submissions"),
        vec![
            Column::left(w.t("节点、日志序号、位置", "Node, log index, position"), 50),
            Column::left(w.t("提交主体、接收时间、叶哈希", "Principal, received, leaf hash"), 60),
            Column::left(w.t("原文", "Quote"), 46),
        ],
    );
    let mut known = std::collections::HashSet::new();
    for provenance in cells.iter().flat_map(|cell| &cell.provenance) {
        if known.insert((&provenance.node, provenance.log_index, provenance.position)) {
            table.row(submission(provenance));
        }
    }
    if table.rows.is_empty() {
        table.row(vec![Cell::text(w.t("没有提交。", "No submission."))]);
    }
    table
}

fn submission(from: &Provenance) -> Vec<Cell> {
    let place = vec![Run::code(f::place(from)), Run::Break, Run::small(&from.revision_name)];
    let by = vec![
        Run::code(f::or_dash(&from.principal)),
        Run::Break,
        Run::text(f::beijing_or_dash(&from.receive_time)),
        Run::Break,
        Run::code(f::or_dash(&from.leaf_hash)),
    ];
    let mut quote = Vec::new();
    match &from.citation {
        Some(citation) => {
            if !citation.quote.is_empty() {
                quote.extend([Run::text(quoted(&citation.quote)), Run::Break]);
            }
            let gap = if citation.fact.is_empty() { "" } else { " " };
            quote.push(Run::small(format!("{}{gap}{}", citation.document, citation.fact)));
        }
        None => quote.push(Run::text("—")),
    }
    vec![Cell { head: true, ..Cell::of(place) }, Cell::of(by), Cell::of(quote)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_inside_a_quotation_are_single() {
        assert_eq!(quoted("建设“无废城市”的要求"), "“建设‘无废城市’的要求”");
        assert_eq!(quoted("综合利用率"), "“综合利用率”");
    }
}
