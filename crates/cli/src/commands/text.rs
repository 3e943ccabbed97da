//! `wufei text`.

use std::{fs, path::PathBuf};

use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Target, block_on};
use crate::{
    args::Common,
    failure::{Failure, Outcome},
    guide::Guide,
    link::Link,
    profile::AGGREGATOR,
    records::{self, at},
    screen::Screen,
};

const SERVICE: &str = "wufei.evaluation.v1.ReportService";
/// Rows of a page of a listing.
const PAGE: u32 = 1000;

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei text list --period 2024", "某一期间的文字 / the texts of a period"),
        (
            "wufei text put practice --period 2024 --chapter experience practice.txt",
            "写一段，或写它的新一版 / write a text, or a new revision of it",
        ),
        ("wufei text history practice", "各版及其作者、时间 / its revisions, who wrote them and when"),
        ("wufei text show practice", "取出当前一版来修改 / the current revision, to edit it"),
    ],
    notes: &[
        "文字印在之后编制的报告里；已编制的版次不变。空文件撤下该段文字。 / Reports made afterwards print it; editions that were made do not change. An empty file withdraws the text.",
        "每行是一个自然段。程序只列事实，不代写评价。 / Each line is a paragraph. The program lists facts only and words no assessment.",
    ],
    json: "服务的应答 / the answer of the service",
};

/// 报告中由人撰写的章节：查看、撰写、各版 / the chapters of the report that people write: look at, write, revisions
#[derive(Debug, clap::Args)]
pub(crate) struct TextArgs {
    #[command(subcommand)]
    what: What,
}

/// What to do with texts.
#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// 列出各段文字 / list the texts
    List(ListArgs),
    /// 输出一段文字的当前一版 / print the current revision of a text
    Show(NamedArgs),
    /// 列出一段文字的各版 / list the revisions of a text
    History(NamedArgs),
    /// 写一段文字，或写它的新一版 / write a text, or a new revision of it
    Put(PutArgs),
}

/// Which texts.
#[derive(Clone, Debug, clap::Args)]
struct ListArgs {
    /// 只列该期间的 / only those of this period
    #[arg(long, default_value = "", hide_default_value = true)]
    period: String,
    #[command(flatten)]
    target: Target,
}

/// Which text.
#[derive(Clone, Debug, clap::Args)]
struct NamedArgs {
    /// 文字的标识 / id of the text
    id: String,
    #[command(flatten)]
    target: Target,
}

/// A text in a file.
#[derive(Clone, Debug, clap::Args)]
struct PutArgs {
    /// 文字的标识：小写字母、数字、连字符 / id of the text: lower-case letters, digits, hyphens
    id: String,
    /// 文字文件（UTF-8） / file with the text, UTF-8
    file: PathBuf,
    /// 期间，如 2024 / period, for example 2024
    #[arg(long)]
    period: String,
    /// 章节 / chapter
    #[arg(long, value_enum)]
    chapter: Chapter,
    /// 只检查，不保存 / check only, store nothing
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    target: Target,
}

/// A chapter that people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Chapter {
    /// 评价结论 / conclusion
    Conclusion,
    /// 主要经验及做法 / experience and practice
    Experience,
    /// 存在问题及原因分析 / problems and their causes
    Problems,
    /// 有关建议 / recommendations
    Recommendations,
    /// 其他需说明的问题 / other matters
    Other,
}

impl Chapter {
    fn on_the_wire(self) -> &'static str {
        match self {
            Self::Conclusion => "REPORT_CHAPTER_CONCLUSION",
            Self::Experience => "REPORT_CHAPTER_EXPERIENCE",
            Self::Problems => "REPORT_CHAPTER_PROBLEMS",
            Self::Recommendations => "REPORT_CHAPTER_RECOMMENDATIONS",
            Self::Other => "REPORT_CHAPTER_OTHER",
        }
    }
}

pub(crate) fn run(args: TextArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    match args.what {
        What::List(args) => list(&args, common, screen),
        What::Show(args) => show(&args, common, screen),
        What::History(args) => history(&args, common, screen),
        What::Put(args) => put(&args, common, screen),
    }
}

fn list(args: &ListArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let texts = block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        all(&link, "ListReportTexts", json!({ "parent": parent(), "period": args.period })).await
    })?;
    print(screen, &texts);
    Ok(())
}

fn history(args: &NamedArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let texts = block_on(async { revisions(&args.target.open(common, AGGREGATOR, screen)?, &args.id).await })?;
    print(screen, &texts);
    Ok(())
}

fn show(args: &NamedArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let texts = block_on(async { revisions(&args.target.open(common, AGGREGATOR, screen)?, &args.id).await })?;
    let current = texts.first().cloned().unwrap_or_default();
    if screen.is_json() {
        screen.value(&current);
    } else {
        screen.line(at(&current, "/text"));
    }
    Ok(())
}

fn put(args: &PutArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let text = fs::read_to_string(&args.file).map_err(|error| Failure::unreadable(&args.file, &error))?;
    let answer = block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let here = all(&link, "ListReportTexts", json!({ "parent": parent() })).await?;
        let name = name(&args.id);
        let before = here.into_iter().find(|text| at(text, "/name") == name);
        let mut request = json!({
            "reportText": { "period": args.period, "chapter": args.chapter.on_the_wire(), "text": text.trim_end() },
            "requestId": uuid::Uuid::new_v4().to_string(),
            "validateOnly": args.check,
        });
        let method = match before {
            Some(before) => {
                request["etag"] = at(&before, "/record/etag").into();
                request["reportText"]["name"] = name.into();
                "UpdateReportText"
            }
            None => {
                request["parent"] = parent().into();
                request["reportTextId"] = args.id.as_str().into();
                "CreateReportText"
            }
        };
        link.call(&format!("{SERVICE}/{method}"), request).await
    })?;
    if screen.is_json() {
        screen.value(&answer);
    } else if args.check {
        screen.say("检查通过，未保存", "it is good; nothing was stored");
    } else {
        let (name, revision) = (at(&answer, "/reportText/name"), at(&answer, "/reportText/record/revision"));
        screen.say(
            format_args!("{name}：第 {revision} 版已保存，之后编制的报告印出这一版"),
            format_args!("{name}: revision {revision} is stored; reports made from now on print it"),
        );
    }
    Ok(())
}

fn parent() -> String {
    format!("departments/{AGGREGATOR}")
}

fn name(id: &str) -> String {
    if id.contains('/') { id.to_owned() } else { format!("{}/reportTexts/{id}", parent()) }
}

async fn revisions(link: &Link, id: &str) -> Outcome<Vec<Value>> {
    all(link, "ListReportTextRevisions", json!({ "name": name(id) })).await
}

/// Every page of a listing.
async fn all(link: &Link, method: &str, mut request: Value) -> Outcome<Vec<Value>> {
    let mut found = Vec::new();
    request["pageSize"] = PAGE.into();
    loop {
        let mut answer = link.call(&format!("{SERVICE}/{method}"), request.clone()).await?;
        if let Some(texts) = answer.get_mut("reportTexts").and_then(Value::as_array_mut) {
            found.append(texts);
        }
        match at(&answer, "/nextPageToken") {
            token if token.is_empty() => return Ok(found),
            token => request["pageToken"] = token.into(),
        }
    }
}

fn print(screen: &Screen, texts: &[Value]) {
    if screen.is_json() {
        screen.value(&json!({ "reportTexts": texts }));
    } else {
        records::print(screen, "report-texts", texts);
    }
}
