//! Chapters that people write: what they wrote, and facts that the program picks by rule. It words nothing.

use domain::{Colour, Lang};
use report::{
    facts,
    model::{CommitmentEntry, WrittenChapter},
    number::fixed,
};

use super::{Block, Chapter, Run, Writer};

/// What people wrote for a chapter, or the place for it. A line of the text is a paragraph.
pub(super) fn written(w: &Writer<'_>, chapter: WrittenChapter) -> Vec<Block> {
    let mut blocks = Vec::new();
    for text in facts::written(w.report, &chapter) {
        blocks.extend(facts::paragraphs(text).map(|line| Block::Para { runs: vec![Run::text(line)] }));
        blocks.extend(facts::revision_mark(text).map(|mark| w.note(&mark.zh, &mark.en)));
    }
    if blocks.is_empty() { vec![Block::Write] } else { blocks }
}

pub(super) fn experience(w: &Writer<'_>) -> Chapter {
    let mut blocks = written(w, WrittenChapter::Experience);
    blocks.push(w.para("可引用的事实：已登记的政策文件。", "Facts to draw on: policy documents on record."));
    let policies = facts::policies(w.report);
    if policies.is_empty() {
        blocks.push(w.note("没有登记政策文件。", "None is recorded."));
    } else {
        let colon = w.t("：", ": ");
        let item = |(id, entry): &(String, &report::model::FactEntry)| {
            vec![Run::text(format!("{}{colon}{} ", w.x(&entry.party), entry.subject)), w.mention(id)]
        };
        blocks.push(Block::List { items: policies.iter().map(item).collect() });
    }
    Chapter { title: w.t("五、主要经验及做法", "5. Experience and practice").to_owned(), blocks }
}

pub(super) fn problems(w: &Writer<'_>) -> Chapter {
    let mut blocks = written(w, WrittenChapter::Problems);
    blocks.push(w.para(
        "可引用的事实：失分最多的已计分指标（至多10项）。",
        "Facts to draw on: scored indicators that lost most marks (at most 10).",
    ));
    let gaps = facts::largest_gaps(w.report);
    if gaps.is_empty() {
        blocks.push(w.note("没有已计分而失分的指标。", "No scored indicator lost marks."));
    } else {
        let item = |gap: &facts::Gap<'_>| {
            let (city, code, name) = (w.x(&gap.unit.display_name), &gap.item.indicator, w.x(&gap.item.display_name));
            let text = match w.lang {
                Lang::Zh => format!("{city} {code} {name}：失分 {} ", fixed(gap.lost, 2)),
                Lang::En => format!("{city}, {code} {name}: lost {} ", fixed(gap.lost, 2)),
            };
            vec![Run::text(text), w.mention(&gap.cell)]
        };
        blocks.push(Block::List { items: gaps.iter().map(item).collect() });
    }
    blocks.push(w.para("可引用的事实：红灯和黄灯承诺。", "Facts to draw on: red and yellow commitments."));
    let lit: Vec<(String, &CommitmentEntry)> =
        [Colour::Red, Colour::Yellow].into_iter().flat_map(|colour| facts::with_light(w.report, colour)).collect();
    if lit.is_empty() {
        blocks.push(w.note("没有红灯或黄灯承诺。", "There is none."));
    } else {
        let item = |(id, entry): &(String, &CommitmentEntry)| {
            let words = format!(" {} {}（{}） ", entry.sequence, entry.text, w.x(&entry.light_reason));
            vec![w.light(entry.light), Run::text(words), w.mention(id)]
        };
        blocks.push(Block::List { items: lit.iter().map(item).collect() });
    }
    Chapter { title: w.t("六、存在问题及原因分析", "6. Problems and causes").to_owned(), blocks }
}

pub(super) fn recommendations(w: &Writer<'_>) -> Chapter {
    let report = w.report;
    let gaps: usize = report.reporting.iter().map(|state| state.gaps.len()).sum();
    let grey = facts::with_light(report, Colour::Grey).len();
    let commitments = report.commitments.len();
    let mut items = vec![
        vec![Run::text(match w.lang {
            Lang::Zh => format!("待报送 {gaps} 条，见二（四）。"),
            Lang::En => format!("Still to be reported: {gaps} entries, see 2.4."),
        })],
        vec![Run::text(match w.lang {
            Lang::Zh => format!("灰灯承诺（无量化目标或无期限）{grey} 项，共 {commitments} 项。"),
            Lang::En => format!("Grey commitments (no measurable target or no deadline): {grey} of {commitments}."),
        })],
    ];
    if let Some(entry) = &report.share_target {
        items.push(vec![
            Run::text(match w.lang {
                Lang::Zh => format!("建设比例目标还差 {} 个市 ", entry.gap),
                Lang::En => format!("The share target needs {} more cities ", entry.gap),
            }),
            w.mention(&entry.cell),
        ]);
    }
    let mut blocks = written(w, WrittenChapter::Recommendations);
    blocks.push(w.para("可引用的事实：", "Facts to draw on:"));
    blocks.push(Block::List { items });
    Chapter { title: w.t("七、有关建议", "7. Recommendations").to_owned(), blocks }
}
