//! 八、其他需说明的问题: definitions and corrections.

use domain::{Colour, Lang};
use report::{
    cells::unique,
    facts, format as f,
    model::{FactEntry, WrittenChapter},
};

use super::{Block, Cell, Chapter, Column, Run, Table, Writer, writing};

pub(super) fn chapter(w: &Writer<'_>) -> Chapter {
    let mut blocks = Vec::new();
    if w.report.written.iter().any(|written| written.chapter == WrittenChapter::Other) {
        blocks.extend(writing::written(w, WrittenChapter::Other));
    }
    blocks.push(w.section("（一）口径说明", "8.1 Definitions"));
    blocks.push(Block::Terms { terms: terms(w) });
    blocks.push(w.section("（二）更正记录", "8.2 Corrections"));
    if w.report.corrections.is_empty() {
        blocks.push(w.para("没有更正记录。", "There is no correction."));
    } else {
        blocks.push(Block::Table(corrections(w)));
    }
    // The annexes follow.
    blocks.push(Block::NewPage);
    Chapter { title: w.t("八、其他需说明的问题", "8. Other matters").to_owned(), blocks }
}

/// Words and what they mean.
pub(crate) fn terms(w: &Writer<'_>) -> Vec<(String, Vec<Run>)> {
    let term = |zh, en, zh_text, en_text| (w.t(zh, en).to_owned(), vec![Run::text(w.t(zh_text, en_text))]);
    let mut terms = vec![
        (w.t("指标目录", "Indicator catalogue").to_owned(), vec![Run::text(w.x(&w.report.catalog_note))]),
        term(
            "缺报、零、不适用",
            "Missing, zero, not applicable",
            "三者不同：缺报记0分并计入未覆盖；零是数值；不适用经批准后其权重退出分母。",
            "Three different things: missing has no marks and is not covered; zero is a value; an approved not-applicable leaves the denominator.",
        ),
        term(
            "按下限计",
            "Lower bounds",
            "“以上”是下限（≥），不是点值；越高越好的指标按下限计分并标注。",
            "“以上” is a lower bound (≥), not a point value; where higher is better it is scored with the bound and flagged.",
        ),
        term(
            "范围",
            "Scope",
            "主城区的数字不是全市的数字；范围是指标的组成部分，随值印出。",
            "A figure of the main urban area is not one of the whole city; the scope is part of the figure and printed with it.",
        ),
        term(
            "推定日期",
            "Assumed dates",
            "来源没有写明时间的，由报送方推定并标“推定”。",
            "Where the source states no time, the reporter assumed it; marked “assumed”.",
        ),
        term(
            "金额",
            "Money",
            "单位为元，精确到分；万元、亿元为四舍五入显示，精确值在旁边一栏。只在同一阶段、同一来源内相加，阶段之间不相加；组合金额不平均拆分到项目。",
            "In yuan, exact to the fen; millions are rounded for display, the exact amount stands in the next column. Added within one stage and source only, never across stages; a group amount is never divided among its projects.",
        ),
        term(
            "大数",
            "Large amounts",
            "一万吨以上以万吨、一亿元以上以亿元显示，精确值印在同一格内。",
            "From 10,000 t on in units of 10,000 t, from 100 million yuan on in units of 100 million yuan; the exact value stands in the same cell.",
        ),
        term(
            "得分修约",
            "Rounding",
            "只在最后四舍五入到两位小数；等级按印出的得分确定。",
            "Half up to two decimals, once, at the end; the grade follows the printed score.",
        ),
        lights(w),
    ];
    let (bounds, assumed) = (facts::bounds(w.report), facts::assumed_periods(w.report).len());
    if !bounds.is_empty()
        && let Some((_, runs)) = terms.get_mut(2)
    {
        runs.push(Run::text(w.t("本报告中：", " In this report: ")));
        for (at, (id, unit, item)) in bounds.iter().enumerate() {
            let gap = if at == 0 { "" } else { w.t("；", "; ") };
            let (city, value) = (w.x(&unit.display_name), w.x(&f::both_value(item)));
            runs.extend([Run::text(format!("{gap}{city} {} {value} ", item.indicator)), w.mention(id)]);
        }
        runs.push(Run::text(w.t("。", ".")));
    }
    if let Some((_, runs)) = terms.get_mut(4) {
        runs.push(Run::text(match w.lang {
            Lang::Zh => format!("本报告中 {assumed} 条。"),
            Lang::En => format!(" In this report: {assumed} entries."),
        }));
    }
    if w.report.unlisted_figures > 0 {
        let count = w.report.unlisted_figures;
        let told = match w.lang {
            Lang::Zh => {
                format!("在册的县区数据和其他期间的数据不列入本报告，共 {count} 条，可在看板和接口中逐条查看。")
            }
            Lang::En => format!(
                "Figures of counties and of other periods are on record and not listed in this report: {count}, to be seen in the \
                 dashboard and by the services."
            ),
        };
        terms.push((w.t("未列出的数据", "Figures not listed").to_owned(), vec![Run::text(told)]));
    }
    terms
}

fn lights(w: &Writer<'_>) -> (String, Vec<Run>) {
    let meanings = [
        (Colour::Red, "超期或严重滞后", "overdue or seriously behind"),
        (Colour::Yellow, "滞后、临近期限或久无进展", "behind, near the deadline, or long without news"),
        (Colour::Green, "正常", "on time"),
        (Colour::Blue, "办结", "closed"),
        (Colour::Grey, "无量化目标或无期限，常态推进", "no measurable target or no deadline"),
    ];
    let mut runs = Vec::new();
    for (at, (colour, zh, en)) in meanings.into_iter().enumerate() {
        let end = if at + 1 == meanings.len() { w.t("。", ".") } else { w.t("；", "; ") };
        runs.extend([w.light(colour), Run::text(format!(" {}{end}", w.t(zh, en)))]);
    }
    (w.t("亮灯", "Lights").to_owned(), runs)
}

fn corrections(w: &Writer<'_>) -> Table {
    let mut table = Table::new(
        w.t("更正记录", "Corrections"),
        w.t("更正记录", "Corrections"),
        vec![
            Column::left(w.t("报送方", "Reported by"), 30),
            Column::left(w.t("内容", "What"), 46),
            Column::right(w.t("更正后", "Corrected value"), 28),
            Column::left(w.t("时间", "Time"), 27),
            Column::left(w.t("说明", "Remarks"), 30),
        ],
    );
    for (id, entry) in unique("correction", &w.report.corrections, |entry| &entry.cell) {
        table.row(vec![
            Cell::text(w.x(&entry.party)),
            Cell::head(format!("{} {}", w.x(&entry.region), entry.subject)),
            Cell::of(vec![fact_value(w, &id, entry)]),
            Cell::text(f::or_dash(&entry.period)),
            Cell::text(w.join(&entry.flags)),
        ]);
    }
    table
}

/// The value of a fact as it was reported.
pub(super) fn fact_value(w: &Writer<'_>, id: &str, entry: &FactEntry) -> Run {
    let value = if entry.value.is_empty() { w.t("定性", "qualitative") } else { &entry.value };
    w.figure(id, value)
}
