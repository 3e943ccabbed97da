//! 二、评价工作开展情况: object, method, coverage, deliveries, what is still to be reported.

use domain::Lang;
use report::{
    cells::reporting_id,
    format as f,
    model::{ReportingState, RunState},
};
use rust_decimal::Decimal;

use super::{Block, Cell, Chapter, Column, Run, Table, Writer};

pub(super) fn chapter(w: &Writer<'_>) -> Chapter {
    let report = w.report;
    let units = &report.run.units;
    let count = units.len();
    let state = match report.run.state {
        RunState::Running => w.t("计算中", "running"),
        RunState::Succeeded => w.t("已完成", "succeeded"),
        RunState::Failed => w.t("失败", "failed"),
        RunState::Cancelled => w.t("已取消", "cancelled"),
    };
    let failure = if report.run.failure.is_empty() { String::new() } else { format!(": {}", report.run.failure) };
    let reported = units.iter().filter(|unit| unit.coverage.reported > 0).count();
    let ranked = units.iter().filter(|unit| unit.ranked).count();
    let mut blocks = vec![
        w.section("（一）对象、范围和方法", "2.1 Object, scope and method"),
        Block::List {
            items: vec![
                vec![Run::text(match w.lang {
                    Lang::Zh => format!("对象：{count} 个设区市"),
                    Lang::En => format!("Evaluated: {count} prefecture-level cities"),
                })],
                vec![Run::text(w.t(
                    "方法：按评价方案由程序计算；相同的日志检查点、方案和引擎版本得到逐字节相同的结果",
                    "Method: computed from the scheme; the same checkpoints, scheme and engine version give the same bytes",
                ))],
                vec![
                    Run::text(w.t("运行：", "Run: ")),
                    Run::code(&report.run.name),
                    Run::text(format!(
                        " {state}{} {}{failure}",
                        w.t("，引擎", ", engine"),
                        report.run.engine_version
                    )),
                ],
            ],
        },
        w.section("（二）参评单位与数据覆盖率", "2.2 Evaluated cities and coverage"),
        Block::Para {
            runs: vec![Run::text(match w.lang {
                Lang::Zh => format!("参评 {count} 个市，其中 {reported} 个市已有指标数据，{ranked} 个市达到覆盖率下限、参与排名。缺报不等于零。"),
                Lang::En => format!("Evaluated are {count} cities, of which {reported} have reported figures and {ranked} reach the minimum coverage and are ranked. Missing is not zero."),
            })],
        },
        Block::Table(coverage(w)),
        w.section("（三）各部门报送情况", "2.3 Deliveries of the departments"),
    ];
    if report.reporting.is_empty() {
        blocks.push(w.note("没有登记参与部门。", "No department is registered."));
    } else {
        blocks.push(Block::Table(deliveries(w)));
    }
    blocks.push(w.section("（四）待报送事项", "2.4 Still to be reported"));
    let gaps: usize = report.reporting.iter().map(|state| state.gaps.len()).sum();
    if gaps == 0 {
        blocks.push(w.para("没有待报送事项。", "Nothing is missing."));
    } else {
        blocks.push(Block::Para {
            runs: vec![Run::text(match w.lang {
                Lang::Zh => format!("共 {gaps} 条待报送，按部门列出（尚无节点的市记为一条）。"),
                Lang::En => format!("In all {gaps} entries, by department (a city without a node is one entry)."),
            })],
        });
        blocks.push(Block::Table(pending(w)));
    }
    Chapter { title: w.t("二、评价工作开展情况", "2. How the evaluation was done").to_owned(), blocks }
}

fn coverage(w: &Writer<'_>) -> Table {
    let mut table = Table::new(
        w.t("覆盖", "Coverage"),
        w.t("必选指标覆盖", "Coverage of the obligatory indicators"),
        vec![
            Column::left(w.t("代码", "Code"), 20),
            Column::left(w.t("市", "City"), 30),
            Column::right(w.t("已报送/应报送", "Reported/obligatory"), 40),
            Column::right(w.t("按权重（%）", "By weight (%)"), 30),
            Column::right(w.t("可计分", "Scored"), 25),
        ],
    );
    for unit in &w.report.run.units {
        let coverage = &unit.coverage;
        let text = format!("{}/{}", coverage.reported, coverage.mandatory);
        table.row(vec![
            Cell::code(&unit.unit),
            Cell::head(w.x(&unit.display_name)),
            Cell::of(vec![w.figure(&format!("coverage/{}", unit.unit), text)]),
            Cell::text(f::percent(&coverage.weight_share)).value(coverage.weight_share * Decimal::ONE_HUNDRED),
            Cell::count(coverage.scored),
        ]);
    }
    table
}

fn deliveries(w: &Writer<'_>) -> Table {
    let mut table = Table::new(
        w.t("报送情况", "Deliveries"),
        w.t("各部门报送情况（报告形成时）", "Deliveries when the report was made"),
        vec![
            Column::left(w.t("部门", "Department"), 38),
            Column::left(w.t("节点", "Node"), 44),
            Column::left(w.t("连接", "Reachable"), 27),
            Column::left(w.t("最近联系（北京时间）", "Last contact (UTC+8)"), 36),
            Column::right(w.t("提交/登记", "Submissions/records"), 28),
            Column::right(w.t("待报送", "To be reported"), 18),
        ],
    );
    for state in &w.report.reporting {
        let gaps = Cell::count(Decimal::from(state.gaps.len()));
        let figures = if state.node.is_empty() {
            Cell::text("—")
        } else {
            let text = format!("{} / {}", state.submissions, state.records);
            Cell::of(vec![w.figure(&reporting_id(&state.node), text)])
        };
        table.row(vec![
            Cell::head(w.x(&state.party)),
            Cell::code(f::or_dash(&state.node)),
            Cell::text(reachable(w, state)),
            Cell::text(f::beijing_or_dash(&state.last_contact_time)),
            figures,
            gaps,
        ]);
    }
    table
}

fn reachable<'t>(w: &Writer<'_>, state: &ReportingState) -> &'t str {
    match (w.lang, state.node.is_empty(), state.reachable) {
        (Lang::Zh, true, _) => "未接入",
        (Lang::En, true, _) => "no node",
        (Lang::Zh, false, true) => "可达",
        (Lang::En, false, true) => "reachable",
        (Lang::Zh, false, false) => "不可达",
        (Lang::En, false, false) => "unreachable",
    }
}

fn pending(w: &Writer<'_>) -> Table {
    let mut table = Table::new(
        w.t("待报送", "To be reported"),
        w.t("待报送事项", "Still to be reported"),
        vec![
            Column::left(w.t("部门", "Department"), 40),
            Column::right(w.t("条", "No."), 10),
            Column::left(w.t("待报送", "To be reported"), 105),
        ],
    );
    for state in &w.report.reporting {
        for (number, gap) in state.gaps.iter().enumerate() {
            table.row(vec![
                Cell::head(w.x(&state.party)),
                Cell::count(Decimal::from(number + 1)),
                Cell::text(w.x(gap)),
            ]);
        }
    }
    table
}
