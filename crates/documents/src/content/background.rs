//! 一、基本情况: basis, money, target.

use domain::Text;
use report::{
    cells::unique,
    charts, format as f,
    model::{FundingEntry, ShareTargetEntry},
    number::{exact, fixed},
};
use rust_decimal::Decimal;

use super::{Block, Cell, Chapter, Column, Run, Table, Writer, scale};
use crate::Error;

pub(super) fn chapter(w: &Writer<'_>) -> Result<Chapter, Error> {
    let report = w.report;
    let line = |zh, en, value: String| vec![Run::text(w.t(zh, en)), Run::text(value)];
    let mut blocks = vec![
        w.section("（一）评价依据", "1.1 Basis"),
        Block::List {
            items: vec![
                vec![
                    Run::text(format!("{}{} ", w.t("评价方案：", "Scheme: "), w.x(&report.scheme_title))),
                    Run::code(&report.run.scheme),
                ],
                line("指标体系：", "Indicator system: ", w.x(&report.catalog_note)),
                line("评价期：", "Period: ", report.run.period.clone()),
                line("基准日：", "As of: ", report.run.as_of_date.to_string()),
            ],
        },
        w.section("（二）资金情况", "1.2 Money"),
    ];
    if report.funding.is_empty() {
        blocks.push(w.note("截至数据快照，没有登记资金。", "No money is recorded up to the data snapshot."));
    } else {
        blocks.push(w.para(
            "各阶段金额（拟申请、推荐、批复、下达、到位、支出、收回）不得相加：同一笔钱会先后出现在几个阶段。表中不设合计。",
            "Amounts of different stages (applied for, recommended, awarded, allocated, arrived, spent, recovered) are never added: the same money passes through several of them. The table has no total.",
        ));
        blocks.push(Block::Table(money(w)));
    }
    blocks.push(w.chart(charts::funding(report)?));
    blocks.push(w.section("（三）绩效目标：“无废城市”建设比例", "1.3 Target: share of zero-waste cities"));
    if let Some(entry) = &report.share_target {
        blocks.push(Block::Para { runs: target(w, entry) });
        blocks.push(Block::Table(counted(w, entry)));
    }
    blocks.push(w.chart(charts::share(report)?));
    Ok(Chapter { title: w.t("一、基本情况", "1. Background").to_owned(), blocks })
}

fn money(w: &Writer<'_>) -> Table {
    let mut table = Table::new(
        w.t("资金", "Money"),
        w.t("资金（按阶段和来源）", "Money by stage and source"),
        vec![
            Column::left(w.t("阶段", "Stage"), 17),
            Column::left(w.t("来源", "Source"), 26),
            Column::right(w.t("金额", "Amount"), 23),
            Column::right(w.t("精确金额（元）", "Exact (yuan)"), 44),
            Column::right(w.t("项目数", "Projects"), 17),
            Column::right(w.t("点名数", "Named"), 17),
            Column::left(w.t("用途", "For"), 37),
        ],
    );
    for (id, entry) in unique("", &w.report.funding, |entry| &entry.cell) {
        table.row(vec![
            Cell::head(w.x(&entry.stage)),
            Cell::text(w.x(&entry.source)),
            Cell::text(scale::money(entry.amount.yuan, w.lang)),
            Cell::of(vec![w.figure(&id, exact(entry.amount.yuan))]).value(entry.amount.yuan),
            Cell::count(entry.project_count),
            Cell::count(entry.named_project_count),
            Cell::of(purpose(w, entry)),
        ]);
    }
    table
}

fn purpose(w: &Writer<'_>, entry: &FundingEntry) -> Vec<Run> {
    let mut runs = vec![Run::text(f::or_dash(&entry.subject))];
    if !entry.named_projects.is_empty() {
        let names = entry.named_projects.join(w.t("；", "; "));
        runs.extend([Run::Break, Run::small(format!("{}{names}", w.t("点名项目：", "Named: ")))]);
    }
    if entry.project_count > entry.named_project_count {
        runs.extend([Run::Break, Run::flag(w.t("组合金额，未拆分到项目", "group amount, not split"))]);
    }
    runs
}

fn target(w: &Writer<'_>, entry: &ShareTargetEntry) -> Vec<Run> {
    let target = exact(entry.target_percent);
    let day = entry.deadline.map(|day| day.to_string());
    let (counted, total) = (entry.counted.len(), entry.total);
    let (before, after) = match w.lang {
        domain::Lang::Zh => (
            format!(
                "目标 {target} %{}；现状 {counted}/{total}，即 ",
                day.map_or_else(String::new, |day| format!("，期限 {day}"))
            ),
            format!("；达标需要 {} 个市，还差 {} 个市。", entry.needed, entry.gap),
        ),
        domain::Lang::En => (
            format!(
                "Target {target} %{}; now {counted} of {total}, which is ",
                day.map_or_else(String::new, |day| format!(", by {day}"))
            ),
            format!("; {} cities are needed, {} are still missing.", entry.needed, entry.gap),
        ),
    };
    vec![Run::text(before), share(w, entry), Run::text(after)]
}

fn share(w: &Writer<'_>, entry: &ShareTargetEntry) -> Run {
    w.figure(&entry.cell, format!("{} %", fixed(entry.share_percent, 1)))
}

fn counted(w: &Writer<'_>, entry: &ShareTargetEntry) -> Table {
    let mut table = Table::new(
        w.t("建设比例", "Share target"),
        w.t("建设比例构成", "What counts towards the share"),
        vec![
            Column::left(w.t("项目", "Item"), 40),
            Column::right(w.t("市数、比例", "Cities, share"), 25),
            Column::left(w.t("名单、算法", "Names, how it follows"), 90),
        ],
    );
    let follows = format!("{} {}/{}", w.t("已计入市数/设区市数", "counted/cities"), entry.counted.len(), entry.total);
    table.row(vec![Cell::head(w.t("建设比例", "Share")), Cell::of(vec![share(w, entry)]), Cell::text(follows)]);
    let mut row = |name: &str, count: Decimal, names: String| {
        table.row(vec![Cell::head(name), Cell::count(count), Cell::text(names)]);
    };
    let names = |cities: &[Text]| if cities.is_empty() { "—".to_owned() } else { w.join(cities) };
    row(w.t("已计入", "Counted"), Decimal::from(entry.counted.len()), names(&entry.counted));
    row(
        w.t("正在准备（未计入）", "In preparation (not counted)"),
        Decimal::from(entry.preparing.len()),
        names(&entry.preparing),
    );
    let rule = format!("{}{}", w.t("计入规则：", "Counting rule: "), w.x(&entry.counting_rule));
    row(w.t("达标还差", "Still missing"), Decimal::from(entry.gap), rule);
    table
}
