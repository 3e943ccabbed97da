//! `wufei submit`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use client::{OnRecord, ReceiptFile, Why};
use contracts::common::v1::{CorrectionReason, ReceiptLevel};
use serde_json::{Value, json};

use super::{Target, block_on};
use crate::{
    args::Common,
    failure::{Failure, Outcome},
    guide::Guide,
    link::Link,
    screen::Screen,
    submission::{Table, submissions},
    workbooks::{self, Asked},
};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        (
            "wufei submit observations.csv --node city-140100 --validate-only",
            "先检查，不登记 / check first, store nothing",
        ),
        ("wufei submit observations.csv --node city-140100", "提交指标数据 / submit figures"),
        (
            "wufei submit 2024.xlsx --check",
            "看系统把工作簿理解成什么，不连接节点 / see what was understood of a workbook, without a node",
        ),
        ("wufei submit 2024.xlsx", "提交填好的工作簿 / submit a filled workbook"),
        (
            "wufei submit 2024.xlsx --corrects clerical --note wrong-unit",
            "退回后或发现填错后改好重报 / submit it corrected, after a return or a mistake",
        ),
        (
            "wufei submit 2025.csv --kind funding --node scitech --receipt receipt.json",
            "提交资金并保存回执 / submit money and keep the receipt",
        ),
    ],
    notes: &[
        "同一张表提交两次只登记一次，返回第一次的回执。 / A table submitted twice is recorded once and answered with the first receipt.",
        "退回的报送用 --corrects 重报：改了的和没改的都会重新提交，并注明替换第几条；没有退回的只提交改了的。 / A returned submission is submitted anew with --corrects: what changed and what did not, saying which submission it replaces; of what was not returned, what changed only.",
        "工作簿（.xlsx、.xlsm、.xls、.ods）由 wufei template 生成；有错误或疑问时不提交，标注好的工作簿写在原文件旁边。 / A workbook is made by wufei template; with faults or questions nothing is sent, and a marked copy is written beside the file.",
        "回执可用 wufei verify receipt 离线核对。 / A receipt is checked offline by wufei verify receipt.",
    ],
    json: "节点对每批（至多 1000 行）的应答；工作簿加 --check 时为逐格的理解 / the node's answer to each batch of at most 1000 rows; for a workbook with --check, what was understood of each cell",
};

/// 提交 CSV 表（指标、定性事实、资金）或填好的工作簿 / submit a CSV table of figures, facts or money, or a filled workbook
#[derive(Debug, clap::Args)]
pub(crate) struct SubmitArgs {
    /// CSV 文件（UTF-8）或工作簿 / CSV file in UTF-8, or workbook
    file: PathBuf,
    /// 表的类别；不写则看文件名 / what the table holds; left out, the file's name says it
    #[arg(long)]
    kind: Option<Table>,
    /// 工作簿的填报期；不写则看工作簿 / the period of a workbook; left out, the workbook says it
    #[arg(long)]
    period: Option<String>,
    /// 只在本机检查，不连接节点 / check here only, without a node
    #[arg(long, conflicts_with_all = ["validate_only", "witnessed", "receipt"])]
    check: bool,
    /// 由节点检查，不登记 / let the node check it, store nothing
    #[arg(long)]
    validate_only: bool,
    /// 等到足够多的见证方签名；到时限仍不足，回执写明已达到的级别 / wait until enough witnesses have cosigned; the receipt says how far it got
    #[arg(long, conflicts_with = "validate_only")]
    witnessed: bool,
    /// 把回执和日志证明写到该文件 / write the receipt and its proof to this file
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// 已登记而内容不同的、以及退回的指标作为更正提交，原因为 / send figures that are on record with something else, and those that were returned, as corrections for this reason
    #[arg(long, value_name = "REASON", requires = "note", conflicts_with = "check")]
    corrects: Option<Reason>,
    /// 更正的说明 / explanation of the correction
    #[arg(long, value_name = "TEXT", requires = "corrects")]
    note: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// Why figures on record are corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Reason {
    /// 统计核定 / final statistics
    Statistics,
    /// 审计调整 / audit adjustment
    Audit,
    /// 口径变更 / definition change
    Definition,
    /// 笔误 / clerical error
    Clerical,
}

impl Reason {
    fn name(self) -> &'static str {
        let reason = match self {
            Self::Statistics => CorrectionReason::StatisticalFinalisation,
            Self::Audit => CorrectionReason::AuditAdjustment,
            Self::Definition => CorrectionReason::DefinitionChange,
            Self::Clerical => CorrectionReason::ClericalError,
        };
        reason.as_str_name()
    }
}

pub(crate) fn run(args: &SubmitArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let (node, submissions) = if workbooks::is_workbook(&args.file) {
        let asked = Asked {
            file: &args.file,
            department: args.target.node.as_deref(),
            period: args.period.as_deref(),
            check: args.check,
        };
        let understood = workbooks::understand(asked, screen)?;
        (understood.department, understood.submissions)
    } else {
        table(args)?
    };
    if args.check {
        checked(&args.file, &submissions, screen);
        return Ok(());
    }
    block_on(async {
        let level = args.witnessed.then_some(ReceiptLevel::Witnessed);
        let link = args.target.open_for(common, &node, level, screen)?;
        let submissions = match (args.corrects, args.note.as_deref()) {
            (Some(reason), Some(note)) => {
                against_record(&link, &node, submissions, Why { reason: reason.name(), note }, screen).await?
            }
            _ => submissions,
        };
        for (batch, submission) in submissions.into_iter().enumerate() {
            let answer = send(&link, &node, submission, args.validate_only).await?;
            show(&answer, args.validate_only, screen);
            if let Some(path) = args.receipt.as_deref().filter(|_| !args.validate_only) {
                let path = of_batch(path, batch);
                keep(&link, &answer, &path).await?;
                if !screen.is_json() {
                    screen.say(format_args!("回执：{}", path.display()), format_args!("receipt: {}", path.display()));
                }
            }
        }
        Ok(())
    })
}

/// What is left to send of these submissions when what the node has on record is taken out: the new figures, and each correction.
async fn against_record(
    link: &Link,
    node: &str,
    submissions: Vec<client::Submission>,
    why: Why<'_>,
    screen: &Screen,
) -> Outcome<Vec<client::Submission>> {
    let figures = all(link, node, "ObservationQueryService/ListObservations", "observations").await?;
    let endorsements = all(link, node, "EndorsementService/ListEndorsements", "endorsements").await?;
    let on_record = OnRecord::new(&figures, &endorsements);
    let (mut left, mut unchanged) = (Vec::new(), 0);
    for submission in submissions {
        let mut split = on_record.split(submission, why);
        left.append(&mut split.submissions);
        unchanged += split.unchanged;
    }
    if unchanged > 0 && !screen.is_json() {
        screen.say(
            format!("{unchanged} 行与登记的相同，不再提交"),
            format!("{unchanged} rows are on record as they are and are not sent"),
        );
    }
    if left.is_empty() && !screen.is_json() {
        screen.say("没有要提交的", "there is nothing to submit");
    }
    Ok(left)
}

/// All resources of a list of the node.
async fn all(link: &Link, node: &str, method: &str, field: &str) -> Outcome<Vec<Value>> {
    let method = format!("wufei.exchange.v1.{method}");
    let mut request = json!({ "parent": format!("departments/{node}"), "pageSize": 1000 });
    let mut found = Vec::new();
    loop {
        let mut answer = link.call(&method, request.clone()).await?;
        found.append(answer[field].as_array_mut().unwrap_or(&mut Vec::new()));
        match answer["nextPageToken"].as_str() {
            None | Some("") => return Ok(found),
            Some(next) => request["pageToken"] = next.into(),
        }
    }
}

/// The requests of a CSV table, with the node that takes them.
fn table(args: &SubmitArgs) -> Outcome<(String, Vec<client::Submission>)> {
    let node = args.target.node.as_deref().ok_or_else(|| {
        Failure::failed(
            "请用 --node 指明提交到哪个节点，例如 --node city-140100",
            "say with --node which node takes it",
        )
    })?;
    let kind = args.kind.or_else(|| Table::of_file(&args.file)).ok_or_else(|| {
        Failure::failed(
            "看不出表的类别，请加 --kind observations|statements|funding",
            "the file's name does not say what it holds; add --kind observations|statements|funding",
        )
    })?;
    let text = fs::read_to_string(&args.file).map_err(|error| Failure::unreadable(&args.file, &error))?;
    let found = submissions(kind, node, &args.file.display().to_string(), &text)?;
    Ok((node.to_owned(), found))
}

/// Says that nothing stops the submission. Of a workbook, JSON has told what was understood already.
fn checked(file: &Path, submissions: &[client::Submission], screen: &Screen) {
    let rows: usize = submissions.iter().map(|submission| submission.lines.len()).sum();
    if !screen.is_json() {
        screen.say(
            format!("检查通过，{rows} 行可以提交，没有提交；去掉 --check 即可提交"),
            format!("all checks passed, {rows} rows may be sent, nothing was; submit it without --check"),
        );
    } else if !workbooks::is_workbook(file) {
        screen.value(&json!({"mayBeSent": true, "rows": rows}));
    }
}

/// The file of a batch's receipt: `receipt.json` for the first, `receipt-2.json` for the second.
fn of_batch(path: &Path, batch: usize) -> PathBuf {
    if batch == 0 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{stem}-{}", batch + 1);
    path.with_file_name(name).with_extension(path.extension().unwrap_or_default())
}

async fn send(link: &Link, node: &str, submission: client::Submission, validate_only: bool) -> Outcome<Value> {
    let id = client::request_id(node, submission.method, &submission.request);
    let mut request = submission.request;
    if let Some(fields) = request.as_object_mut() {
        fields.insert("requestId".to_owned(), id.to_string().into());
        fields.insert("validateOnly".to_owned(), validate_only.into());
    }
    let answer = link.call(submission.method, request).await;
    // The node names `requests[3]`; the clerk looks for a line of the file.
    answer.map_err(|mut failure| {
        for fault in &mut failure.faults {
            let at = fault.field.strip_prefix("requests[").and_then(|rest| rest.split_once(']'));
            let line = at.and_then(|(number, _)| submission.lines.get(number.parse::<usize>().ok()?));
            if let (Some(line), Some((_, rest))) = (line, at) {
                fault.line = Some(*line);
                fault.field = rest.trim_start_matches('.').to_owned();
            } else if let [only] = submission.lines.as_slice()
                && fault.field.starts_with("observation")
            {
                fault.line = Some(*only);
            }
        }
        failure
    })
}

fn show(answer: &Value, validate_only: bool, screen: &Screen) {
    if screen.is_json() {
        screen.value(answer);
        return;
    }
    if validate_only {
        screen.say(
            "检查通过，没有登记；去掉 --validate-only 即可提交",
            "all checks passed, nothing was stored; submit it without --validate-only",
        );
        return;
    }
    let receipt = &answer["receipt"];
    let text = |field: &str| receipt[field].as_str().unwrap_or_default().to_owned();
    let rows = ["observations", "statements", "fundingLines"];
    let of_batch = rows.iter().find_map(|field| answer[*field].as_array()).map(Vec::len);
    let count = of_batch.unwrap_or_else(|| usize::from(answer["observation"].is_object()));
    let witnessed = receipt["level"] == "RECEIPT_LEVEL_WITNESSED";
    let index = receipt["logIndex"].as_str().unwrap_or("0").to_owned();
    screen.say(
        format!(
            "已登记 {count} 条：{} 日志第 {index} 条，{}，叶哈希 {}{}",
            text("node"),
            text("receiveTime"),
            text("leafHash"),
            if witnessed { "，已见证" } else { "" }
        ),
        format!(
            "recorded {count}: {} log index {index}, {}, leaf hash {}{}",
            text("node"),
            text("receiveTime"),
            text("leafHash"),
            if witnessed { ", witnessed" } else { "" }
        ),
    );
}

async fn keep(link: &Link, answer: &Value, path: &Path) -> Outcome<()> {
    let of_answer = ReceiptFile::of_answer(answer).map_err(|error| link.failure(&error))?;
    let Some(file) = of_answer else {
        return Err(Failure::failed("节点没有返回回执", "the node returned no receipt"));
    };
    let file =
        client::fetch_receipt_file(link.connection(), file.receipt).await.map_err(|error| link.failure(&error))?;
    let json = file.to_json().map_err(|error| link.failure(&error))?;
    fs::write(path, format!("{json:#}\n")).map_err(|error| Failure::unwritable(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_batch_has_a_receipt_of_its_own() {
        let path = Path::new("out/receipt.json");
        assert_eq!(of_batch(path, 0), path);
        assert_eq!(of_batch(path, 1), Path::new("out/receipt-2.json"));
        assert_eq!(of_batch(Path::new("receipt"), 2), Path::new("receipt-3"));
    }
}
