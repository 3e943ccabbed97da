//! `wufei explain`.

use serde_json::{Value, json};

use super::{Target, block_on, report::full_name};
use crate::{args::Common, failure::Outcome, guide::Guide, profile::AGGREGATOR, records::at, screen::Screen};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei explain score/140100", "太原市得分 / the score of Taiyuan"),
        ("wufei explain item/140100/ZWC2021-26", "一项指标 / one indicator"),
        (
            "wufei explain funding/awarded/provincial-science",
            "一个阶段、一个来源的资金 / the money of one stage and source",
        ),
        ("wufei explain share-target", "建设比例目标 / the target for the share of cities"),
    ],
    notes: &["编号是报告网页中每个数字的 data-cell。 / The id is the data-cell of each figure on the report page."],
    json: "数字、公式及其依据，逐层展开 / the figure, its formula and what it rests on, level by level",
};

/// 从报告中的一个数字追到原始报送 / lead from a figure of the report to the submissions it rests on
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// 数字的编号，即报告中每个数字的链接 / id of the figure, as linked in the report
    cell: String,
    /// 报告名称；latest 为最新一期 / name of the report; latest is the newest edition
    #[arg(long, default_value = "latest")]
    name: String,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(args: &ExplainArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let request = json!({"name": full_name(&args.name), "cell": args.cell});
    let answer = block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        link.call("wufei.evaluation.v1.ReportService/ExplainCell", request).await
    })?;
    let explanation = answer.get("explanation").unwrap_or(&answer);
    if screen.is_json() {
        screen.value(explanation);
    } else {
        show(screen, explanation, 0);
    }
    Ok(())
}

/// One figure and what is below it, a step further right each time.
fn show(screen: &Screen, node: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let text = |pointer: &str| at(node, &format!("{pointer}{}", screen.text("/zh", "/en")));
    let (label, value, cell) = (text("/label"), at(node, "/value"), at(node, "/cell"));
    screen.line(format_args!("{indent}{label}: {value}  [{cell}]"));
    let formula = text("/formula");
    if !formula.is_empty() {
        screen.line(format_args!("{indent}  = {formula}"));
    }
    if node.get("provenance").is_some() {
        let of = |pointer: &str| at(node, &format!("/provenance{pointer}"));
        let (node_name, index, position) = (of("/node"), of("/logIndex"), of("/position"));
        let (principal, time, leaf) = (of("/principal"), of("/receiveTime"), of("/leafHash"));
        let (index, position) = (zero(&index), zero(&position));
        screen.say(
            format_args!("{indent}  ← {node_name} 日志第 {index} 条第 {position} 项，{principal} 于 {time} 报送"),
            format_args!(
                "{indent}  ← {node_name} log entry {index}, item {position}, submitted by {principal} at {time}"
            ),
        );
        screen.line(format_args!("{indent}    {leaf}"));
        let (document, quote) = (of("/citation/document"), of("/citation/quote"));
        if !quote.is_empty() {
            screen.line(format_args!("{indent}    {document} “{quote}”"));
        }
    }
    for input in node.get("inputs").and_then(Value::as_array).into_iter().flatten() {
        show(screen, input, depth + 1);
    }
}

/// Proto JSON may leave a zero out.
fn zero(number: &str) -> &str {
    if number.is_empty() { "0" } else { number }
}
