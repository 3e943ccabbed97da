//! `wufei submit`.

use std::{fs, path::PathBuf};

use client::ReceiptFile;
use serde_json::Value;

use super::{Target, block_on};
use crate::{
    args::Common,
    failure::{Failure, Outcome},
    link::Link,
    screen::Screen,
    submission::{Table, submissions},
};

/// 提交 CSV 表（指标、定性事实、资金） / submit a CSV table of figures, facts or money
#[derive(Debug, clap::Args)]
#[command(after_help = "\
示例 / Examples:
  wufei submit observations.csv --node city-140100
  wufei submit 2025.csv --kind observations --node city-140100 --validate-only
  wufei submit funding.csv --node scitech --receipt receipt.json
同一张表提交两次只登记一次，返回第一次的回执。 A table submitted twice is recorded once.
回执可用 wufei verify 离线核对。 A receipt is checked offline by `wufei verify`.")]
pub(crate) struct SubmitArgs {
    /// CSV 文件（UTF-8） / CSV file in UTF-8
    file: PathBuf,
    /// 表的类别；不写则看文件名 / what the table holds; left out, the file's name says it
    #[arg(long)]
    kind: Option<Table>,
    /// 只检查，不登记 / check only, store nothing
    #[arg(long)]
    validate_only: bool,
    /// 把回执和日志证明写到该文件 / write the receipt and its proof to this file
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(args: &SubmitArgs, common: &Common, screen: &Screen) -> Outcome<()> {
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
    let submissions = submissions(kind, node, &args.file.display().to_string(), &text)?;
    block_on(async {
        let link = args.target.open(common, node, screen)?;
        for submission in submissions {
            let answer = send(&link, node, submission, args.validate_only, screen).await?;
            if args.validate_only {
                screen.say("检查通过，未登记 / 可以提交", "all checks passed, nothing was stored");
                continue;
            }
            show(&answer, screen);
            if let Some(path) = &args.receipt {
                keep(&link, &answer, path).await?;
                screen.say(format!("回执：{}", path.display()), format!("receipt: {}", path.display()));
            }
        }
        Ok(())
    })
}

async fn send(
    link: &Link,
    node: &str,
    submission: client::Submission,
    validate_only: bool,
    screen: &Screen,
) -> Outcome<Value> {
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
                let place = screen.text("第{}行", "line {}").replace("{}", &line.to_string());
                fault.field = format!("{place} {}", rest.trim_start_matches('.'));
            }
        }
        failure
    })
}

fn show(answer: &Value, screen: &Screen) {
    if screen.is_json() {
        screen.value(answer);
        return;
    }
    let receipt = &answer["receipt"];
    let text = |field: &str| receipt[field].as_str().unwrap_or_default().to_owned();
    let rows = ["observations", "statements", "fundingLines"];
    let count = rows.iter().find_map(|field| answer[*field].as_array()).map_or(0, Vec::len);
    let index = receipt["logIndex"].as_str().unwrap_or("0").to_owned();
    screen.say(
        format!(
            "已登记 {count} 条：{} 日志第 {index} 条，{}，叶哈希 {}",
            text("node"),
            text("receiveTime"),
            text("leafHash")
        ),
        format!(
            "recorded {count}: {} log index {index}, {}, leaf hash {}",
            text("node"),
            text("receiveTime"),
            text("leafHash")
        ),
    );
}

async fn keep(link: &Link, answer: &Value, path: &std::path::Path) -> Outcome<()> {
    let of_answer = ReceiptFile::of_answer(answer).map_err(|error| link.failure(&error))?;
    let Some(file) = of_answer else {
        return Err(Failure::failed("节点没有返回回执", "the node returned no receipt"));
    };
    let file =
        client::fetch_receipt_file(link.connection(), file.receipt).await.map_err(|error| link.failure(&error))?;
    let json = file.to_json().map_err(|error| link.failure(&error))?;
    fs::write(path, format!("{json:#}\n")).map_err(|error| Failure::unwritable(path, &error))
}
