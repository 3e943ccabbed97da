//! `wufei scheme`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{Target, block_on, runs::comparison};
use crate::{
    args::Common,
    failure::{Failure, Outcome},
    guide::Guide,
    link::Link,
    profile::AGGREGATOR,
    records::{self, at},
    screen::Screen,
};

const SERVICE: &str = "wufei.evaluation.v1.SchemeService";
const DRAFT: &str = "@draft";

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei scheme list", "在用的方案和草稿 / the schemes in force, and the drafts"),
        (
            "wufei scheme draft my.yaml --check",
            "试算：对最近一次运行有何影响，不保存 / what it would change on the newest run; nothing is stored",
        ),
        ("wufei scheme draft my.yaml", "存为草稿 / store it as a draft"),
        (
            "wufei --json scheme show my-scheme | jq .model > my.json && wufei scheme draft my.json",
            "方案的消息形式，与 YAML 是同一模型 / the scheme as messages, one model with the YAML",
        ),
        ("wufei scheme propose my-scheme", "提交发布 / put the draft forward"),
        ("wufei scheme publish my-scheme --as ecology-reviewer", "由另一主体发布 / another principal publishes it"),
    ],
    notes: &[
        "编制、提交发布的主体不能发布：发布须有两个主体。 / Who wrote or proposed a scheme cannot publish it: publishing takes two principals.",
        "ID@draft 是草稿；用草稿运行的结果为试算，不能编制报告。 / ID@draft is the draft; a run by it is provisional and makes no report.",
    ],
    json: "服务的应答 / the answer of the service",
};

/// 评价方案：查看、起草、提交发布、发布 / schemes: look at, draft, propose, publish
#[derive(Debug, clap::Args)]
pub(crate) struct SchemeArgs {
    #[command(subcommand)]
    what: What,
}

/// What to do with schemes.
#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// 列出方案 / list schemes
    List(ListArgs),
    /// 显示方案原文 / print a scheme as it was written
    Show(NamedArgs),
    /// 存为草稿 / store a draft
    Draft(DraftArgs),
    /// 提交草稿，等待发布 / put a draft forward
    Propose(StepArgs),
    /// 发布已提交的方案 / publish a proposed scheme
    Publish(StepArgs),
}

/// Nothing but whom to ask.
#[derive(Clone, Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    target: Target,
}

/// Which scheme.
#[derive(Clone, Debug, clap::Args)]
struct NamedArgs {
    /// 方案标识；草稿为 ID@draft / id of the scheme; ID@draft for the draft
    id: String,
    #[command(flatten)]
    target: Target,
}

/// The file of a draft.
#[derive(Clone, Debug, clap::Args)]
struct DraftArgs {
    /// 方案文件（YAML；以 .json 结尾的为 SchemeModel 消息） / the scheme: YAML, or the messages of SchemeModel in a file that ends in .json
    file: PathBuf,
    /// 只检查并显示影响，不保存 / check only and show what it changes
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    target: Target,
}

/// A step of a draft.
#[derive(Clone, Debug, clap::Args)]
struct StepArgs {
    /// 方案标识 / id of the scheme
    id: String,
    /// 只检查并显示影响，不保存 / check only and show what it changes
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(args: SchemeArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    match args.what {
        What::List(args) => list(&args, common, screen),
        What::Show(args) => show(&args, common, screen),
        What::Draft(args) => draft(&args, common, screen),
        What::Propose(args) => step("ProposeScheme", &args, common, screen),
        What::Publish(args) => step("PublishScheme", &args, common, screen),
    }
}

fn list(args: &ListArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let answer = block_on(async {
        args.target.open(common, AGGREGATOR, screen)?.call(&format!("{SERVICE}/ListSchemes"), json!({})).await
    })?;
    let schemes = answer.get("schemes").and_then(Value::as_array).cloned().unwrap_or_default();
    if screen.is_json() {
        screen.value(&json!({ "schemes": schemes }));
    } else {
        records::print(screen, "schemes", &schemes);
    }
    Ok(())
}

fn show(args: &NamedArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let scheme = block_on(async { get(&args.target.open(common, AGGREGATOR, screen)?, &args.id).await })?;
    if screen.is_json() {
        screen.value(&scheme);
    } else {
        screen.bytes(at(&scheme, "/yaml").as_bytes());
    }
    Ok(())
}

fn draft(args: &DraftArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let text = fs::read_to_string(&args.file).map_err(|error| Failure::unreadable(&args.file, &error))?;
    let messages = args.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let scheme = if messages { json!({ "model": parsed(&args.file, &text)? }) } else { json!({ "yaml": text }) };
    let answer = block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        send(&link, "CreateScheme", &scheme, args.check).await
    })?;
    told(screen, &answer, args.check);
    Ok(())
}

/// The JSON of a file.
fn parsed(file: &Path, text: &str) -> Outcome<Value> {
    serde_json::from_str(text).map_err(|error| {
        let file = file.display();
        Failure::refused(
            format!("{file} 不是 JSON：{error}；请改正，或改用 YAML 方案文件"),
            format!("{file} is not JSON: {error}; correct it, or take the YAML of the scheme"),
            Vec::new(),
        )
    })
}

fn step(method: &str, args: &StepArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let answer = block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let id = args.id.strip_suffix(DRAFT).unwrap_or(&args.id);
        let scheme = get(&link, &format!("{id}{DRAFT}")).await?;
        send(&link, method, &scheme, args.check).await
    })?;
    told(screen, &answer, args.check);
    Ok(())
}

async fn get(link: &Link, id: &str) -> Outcome<Value> {
    let name = if id.starts_with("schemes/") { id.to_owned() } else { format!("schemes/{id}") };
    let answer = link.call(&format!("{SERVICE}/GetScheme"), json!({ "name": name })).await?;
    Ok(answer.get("scheme").cloned().unwrap_or_default())
}

/// Sends a scheme.
async fn send(link: &Link, method: &str, scheme: &Value, check: bool) -> Outcome<Value> {
    let path = format!("{SERVICE}/{method}");
    let id = uuid::Uuid::new_v4().to_string();
    let request = json!({ "scheme": scheme, "validateOnly": check, "requestId": id });
    link.call(&path, request).await
}

fn told(screen: &Screen, answer: &Value, check: bool) {
    if screen.is_json() {
        screen.value(answer);
        return;
    }
    let (name, digest) = (at(answer, "/scheme/name"), at(answer, "/scheme/digest"));
    let state = records::scheme_state(&at(answer, "/scheme/state"), screen.lang());
    if check {
        screen.say(format_args!("{name} 检查通过，未保存"), format_args!("{name} is good; nothing was stored"));
    } else {
        screen.say(format_args!("{name}：{state}，摘要 {digest}"), format_args!("{name}: {state}, digest {digest}"));
    }
    if let Some(impact) = answer.get("impact") {
        let run = at(impact, "/run");
        screen.say(format_args!("对运行 {run} 的影响："), format_args!("what it changes on {run}:"));
        comparison(screen, impact.get("changes").unwrap_or(&Value::Null));
    } else if check {
        screen.say("该方案还没有已完成的运行", "no finished run of this scheme to compare with");
    }
}
