//! `wufei explain`.

use std::fs;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use evidence::verify_row_proof;
use ledger::NoteVerifier;
use serde_json::{Value, json};

use super::{Target, block_on, report::full_name};
use crate::{
    args::Common,
    failure::{Code, Failure, Outcome},
    guide::Guide,
    profile::{AGGREGATOR, Profile},
    records::at,
    screen::Screen,
};

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
    notes: &[
        "编号是报告网页中每个数字的 data-cell。 / The id is the data-cell of each figure on the report page.",
        "每份报文的证明用连接配置中该节点的日志公钥当场核对，不符时退出码为 5。 / The proof of each submission is checked with the log's key of the profile; it ends with 5 when one does not hold.",
    ],
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
    let profile = Profile::load(common.profile.as_deref())?;
    if screen.is_json() {
        check(explanation, &profile)?;
        screen.value(explanation);
        return Ok(());
    }
    show(screen, explanation, 0);
    let proved = check(explanation, &profile)?;
    if proved > 0 {
        screen.say(
            format_args!("{proved} 份报文的证明已用日志公钥核对"),
            format_args!("the proofs of {proved} submissions were checked with the keys of their logs"),
        );
    }
    Ok(())
}

/// Checks the proof of every submission in the tree; how many there are. A node whose key the profile does not name is
/// passed over.
fn check(node: &Value, profile: &Profile) -> Outcome<usize> {
    let mut proved = 0;
    let bytes = BASE64_STANDARD.decode(at(node, "/evidence/rowProof")).unwrap_or_default();
    if let Some(key) = log_key(&at(node, "/provenance/node"), profile).filter(|_| !bytes.is_empty()) {
        let (log, index) = (at(node, "/provenance/node"), at(node, "/provenance/logIndex"));
        verify_row_proof(&bytes, &at(node, "/provenance/leafHash"), &key).map_err(|wrong| {
            let index = zero(&index);
            Failure::new(
                Code::NotVerified,
                format!("{log} 日志第 {index} 条的证明不成立：{wrong}"),
                format!("the proof of entry {index} of {log} does not hold: {wrong}"),
            )
        })?;
        proved += 1;
    }
    for input in node.get("inputs").and_then(Value::as_array).into_iter().flatten() {
        proved += check(input, profile)?;
    }
    Ok(proved)
}

fn log_key(node: &str, profile: &Profile) -> Option<NoteVerifier> {
    let path = profile.nodes.get(node.strip_prefix("departments/")?)?.vkey.as_ref()?;
    fs::read_to_string(path).ok()?.trim().parse().ok()
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
    if node.get("evidence").is_some() {
        show_evidence(screen, node, &indent);
    }
    for input in node.get("inputs").and_then(Value::as_array).into_iter().flatten() {
        show(screen, input, depth + 1);
    }
}

/// Who signed it with which key, and in which directory the key stands.
fn show_evidence(screen: &Screen, node: &Value, indent: &str) {
    let of = |pointer: &str| at(node, &format!("/evidence{pointer}"));
    let signatures = node.pointer("/evidence/signatures").and_then(Value::as_array);
    let signatures: Vec<&str> = signatures.into_iter().flatten().filter_map(Value::as_str).collect();
    let (version, certificate) = (of("/directoryVersion"), of("/certificateFingerprint"));
    let version = zero(&version);
    for said in node.pointer("/evidence/endorsements").and_then(Value::as_array).into_iter().flatten() {
        let said = said.as_str().unwrap_or_default();
        screen.say(format_args!("{indent}    审核签署：{said}"), format_args!("{indent}    endorsed: {said}"));
    }
    if signatures.is_empty() {
        screen.say(
            format_args!("{indent}    无报送者签名；证书 {certificate}，目录第 {version} 版"),
            format_args!(
                "{indent}    no signature of the submitter; certificate {certificate}, directory version {version}"
            ),
        );
        return;
    }
    let keys = signatures.join(", ");
    screen.say(
        format_args!("{indent}    签名密钥 {keys}；证书 {certificate}，目录第 {version} 版"),
        format_args!("{indent}    signed with {keys}; certificate {certificate}, directory version {version}"),
    );
}

/// Proto JSON may leave a zero out.
fn zero(number: &str) -> &str {
    if number.is_empty() { "0" } else { number }
}
