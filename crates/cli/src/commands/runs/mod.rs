//! `wufei runs`.

mod shown;

use serde_json::{Value, json};

use super::{Target, block_on};
use crate::{
    args::Common,
    failure::{Failure, Outcome},
    guide::Guide,
    link::Link,
    profile::AGGREGATOR,
    records::{self, at},
    runs,
    screen::Screen,
};

pub(super) use shown::comparison;
use shown::told;

const SERVICE: &str = "wufei.evaluation.v1.EvaluationService";
const COLLECTION: &str = "departments/aggregator/evaluationRuns";
/// Stands for the newest run that has ended well.
const LATEST: &str = "latest";

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei runs start --scheme zwc-2021 --period 2024", "评价并等待结果 / evaluate, and wait for the result"),
        (
            "wufei runs start --scheme zwc-joint --period 2024 --part indicators=latest --reporting-deadline 2025-03-31",
            "联合评价：指标得分取自最近一次运行，与承诺兑现、报送质量并列 / a joint evaluation: the scores of the newest run beside commitments and reporting",
        ),
        ("wufei runs list", "全部运行，新的在前 / all runs, the newest first"),
        ("wufei runs watch latest", "进度，直到结束 / the progress until it ends"),
        (
            "wufei runs compare 0191d7a0-0000-7000-8000-000000000001 latest",
            "两次运行之间变了什么、为什么 / what changed between two runs, and why",
        ),
        (
            "wufei runs simulate latest --unit 140100 --indicator ZWC2021-26 --value 40",
            "若某指标为某值，得分和名次如何 / score and rank if one figure were another",
        ),
        ("wufei runs analyze latest", "名次依赖哪些组和指标 / which groups and indicators the ranks hang on"),
        ("wufei runs repeat latest", "同样的检查点和方案再算一遍 / the same checkpoints and scheme once more"),
    ],
    notes: &[
        "运行可写全名、标识（最后一段），或 latest（最近完成的一次）。 / A run is its full name, its id (the last part), or latest: the newest finished one.",
    ],
    json: "运行、比较、剔除或假设的结果 / the run, the comparison, the sensitivity or the what-if",
};

/// 评价运行：开始、跟踪、取消、比较、剔除、假设 / evaluation runs: start, watch, cancel, compare, analyze, what-if
#[derive(Debug, clap::Args)]
pub(crate) struct RunsArgs {
    #[command(subcommand)]
    what: What,
}

/// What to do with runs.
#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// 开始一次评价 / start a run
    Start(StartArgs),
    /// 列出运行，新的在前 / list runs, the newest first
    List(ListArgs),
    /// 跟踪进度直到结束 / follow the progress until the end
    Watch(NamedArgs),
    /// 取消未结束的运行 / cancel a run that has not ended
    Cancel(NamedArgs),
    /// 按原方案和检查点重算 / run again by the same scheme and checkpoints
    Repeat(NamedArgs),
    /// 比较两次运行 / compare two runs
    Compare(CompareArgs),
    /// 逐项剔除，看名次依赖什么 / leave out each item: what the ranks hang on
    Analyze(NamedArgs),
    /// 假设一个指标值 / assume one figure
    Simulate(SimulateArgs),
}

/// What is evaluated.
#[derive(Clone, Debug, clap::Args)]
struct StartArgs {
    /// 方案标识；草稿为 ID@draft / id of the scheme; ID@draft for a draft
    #[arg(long, value_name = "ID")]
    scheme: String,
    /// 评价时期 / period to evaluate
    #[arg(long)]
    period: String,
    /// 名次区间的重复次数 / replicates for the rank bands
    #[arg(long, value_name = "N", default_value_t = 0)]
    replicates: u32,
    /// 重复抽样的种子 / seed of the replicates
    #[arg(long, value_name = "K", default_value_t = 0)]
    seed: u64,
    /// 一并计算的往期，逗号分隔（综合指数） / earlier periods of a panel, comma-separated (index)
    #[arg(long, value_name = "PERIODS", value_delimiter = ',')]
    panel: Vec<String>,
    /// 联合评价中一个部分的得分取自此运行，如 indicators=latest（同期最近一次），可多次给出 / the run whose scores are a part of a joint evaluation, like indicators=latest (the newest of the period); may be given several times
    #[arg(long, value_name = "PART=RUN")]
    part: Vec<PartRun>,
    /// 联合评价的报送截止日，如 2025-03-31 / last day for figures to be on time, of a joint evaluation
    #[arg(long, value_name = "DATE")]
    reporting_deadline: Option<chrono::NaiveDate>,
    /// 不等待结果 / do not wait for the result
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    target: Target,
}

/// `PART=RUN`.
#[derive(Clone, Debug)]
struct PartRun(String, String);

impl std::str::FromStr for PartRun {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = text.split_once('=').filter(|(part, run)| !part.is_empty() && !run.is_empty());
        read.map(|(part, run)| Self(part.to_owned(), run.to_owned()))
            .ok_or_else(|| "应为 PART=RUN，如 indicators=latest / must be like indicators=latest".to_owned())
    }
}

/// Nothing but whom to ask.
#[derive(Clone, Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    target: Target,
}

/// Which run.
#[derive(Clone, Debug, clap::Args)]
struct NamedArgs {
    /// 运行 / the run
    run: String,
    #[command(flatten)]
    target: Target,
}

/// Which two.
#[derive(Clone, Debug, clap::Args)]
struct CompareArgs {
    /// 较早的运行 / the earlier run
    first: String,
    /// 较晚的运行 / the later run
    second: String,
    #[command(flatten)]
    target: Target,
}

/// What is assumed.
#[derive(Clone, Debug, clap::Args)]
struct SimulateArgs {
    /// 运行 / the run
    run: String,
    /// 单位（行政区划代码） / unit, by region code
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// 指标代码 / indicator code
    #[arg(long, value_name = "CODE")]
    indicator: String,
    /// 假设的值 / value to assume
    #[arg(
        long,
        value_name = "NUMBER",
        allow_hyphen_values = true,
        required_unless_present = "missing",
        conflicts_with = "missing"
    )]
    value: Option<String>,
    /// 假设缺报 / assume that it was not reported
    #[arg(long)]
    missing: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(args: RunsArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    match args.what {
        What::Start(args) => start(&args, common, screen),
        What::List(args) => list(&args, common, screen),
        What::Watch(args) => watch(&args, common, screen),
        What::Cancel(args) => cancel(&args, common, screen),
        What::Repeat(args) => repeat(&args, common, screen),
        What::Compare(args) => compare(&args, common, screen),
        What::Analyze(args) => analyze(&args, common, screen),
        What::Simulate(args) => simulate(&args, common, screen),
    }
}

fn start(args: &StartArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let scheme = &args.scheme;
    let scheme = if scheme.starts_with("schemes/") { scheme.clone() } else { format!("schemes/{scheme}") };
    let mut request = json!({
        "scheme": scheme, "period": args.period, "replicates": args.replicates, "seed": args.seed.to_string(),
        "panelPeriods": args.panel,
    });
    if let Some(deadline) = &args.reporting_deadline {
        request["reportingDeadline"] = deadline.to_string().into();
    }
    block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let mut parts = Vec::with_capacity(args.part.len());
        for PartRun(part, run) in &args.part {
            parts.push(json!({ "part": part, "run": part_name(&link, run, &args.period).await? }));
        }
        request["partRuns"] = Value::Array(parts);
        let run = begin(&link, request).await?;
        if args.no_wait {
            told(screen, &run)
        } else {
            wait(&link, screen, &at(&run, "/name")).await?
        }
        Ok(())
    })
}

fn list(args: &ListArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let runs = block_on(async { all(&args.target.open(common, AGGREGATOR, screen)?).await })?;
    if screen.is_json() {
        screen.value(&json!({ "evaluationRuns": runs }));
    } else {
        records::print(screen, "runs", &runs);
    }
    Ok(())
}

fn watch(args: &NamedArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let name = name(&link, &args.run).await?;
        tokio::select! {
            outcome = wait(&link, screen, &name) => outcome,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

fn cancel(args: &NamedArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let method = format!("{SERVICE}/CancelEvaluationRun");
        let mut request = json!({ "name": name(&link, &args.run).await? });
        // The same cancellation sent twice is one.
        request["requestId"] = client::request_id(AGGREGATOR, &method, &request).to_string().into();
        let answer = link.call(&method, request).await?;
        told(screen, answer.get("evaluationRun").unwrap_or(&Value::Null));
        Ok(())
    })
}

fn repeat(args: &NamedArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let first = name(&link, &args.run).await?;
        let run = begin(&link, json!({ "repeats": first })).await?;
        wait(&link, screen, &at(&run, "/name")).await
    })
}

fn compare(args: &CompareArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let answer = block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let request = json!({ "first": name(&link, &args.first).await?, "second": name(&link, &args.second).await? });
        link.call(&format!("{SERVICE}/CompareRuns"), request).await
    })?;
    if screen.is_json() {
        screen.value(&answer);
    } else {
        comparison(screen, &answer);
    }
    Ok(())
}

fn analyze(args: &NamedArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let answer = block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let request = json!({ "name": name(&link, &args.run).await? });
        link.call(&format!("{SERVICE}/AnalyzeRun"), request).await
    })?;
    if screen.is_json() {
        screen.value(&answer);
    } else {
        shown::influences(screen, &answer);
    }
    Ok(())
}

fn simulate(args: &SimulateArgs, common: &Common, screen: &Screen) -> Outcome<()> {
    let answer = block_on(async {
        let link = args.target.open(common, AGGREGATOR, screen)?;
        let mut request = json!({
            "name": name(&link, &args.run).await?, "unit": args.unit, "indicator": args.indicator,
            "missing": args.missing,
        });
        if let Some(value) = &args.value {
            request["value"] = json!({ "value": value });
        }
        link.call(&format!("{SERVICE}/SimulateRun"), request).await
    })?;
    if screen.is_json() {
        screen.value(&answer);
        return Ok(());
    }
    shown::what_if(screen, &answer);
    Ok(())
}

async fn begin(link: &Link, mut request: Value) -> Outcome<Value> {
    let method = format!("{SERVICE}/CreateEvaluationRun");
    // Asked for twice, there are two runs: what the departments reported may have changed.
    request["requestId"] = uuid::Uuid::new_v4().to_string().into();
    let answer = link.call(&method, request).await?;
    Ok(answer.get("evaluationRun").cloned().unwrap_or_default())
}

async fn wait(link: &Link, screen: &Screen, name: &str) -> Outcome<()> {
    let each = |run: &Value| {
        if screen.is_json() {
            return;
        }
        let (percent, stage) = (at(run, "/progressPercent"), at(run, screen.text("/stage/zh", "/stage/en")));
        if !stage.is_empty() {
            screen.line(format_args!("{:>3} % {stage}", if percent.is_empty() { "0" } else { &percent }));
        }
    };
    told(screen, &runs::ended(link, name, each).await?);
    Ok(())
}

/// The full name of a run that is a part of a joint one; the newest is of the same period, and no joint one.
async fn part_name(link: &Link, run: &str, period: &str) -> Outcome<String> {
    if run != LATEST {
        return name(link, run).await;
    }
    let fits = |run: &Value| at(run, "/period") == period && at(run, "/schemeKind") != "SCHEME_KIND_JOINT";
    newest(link, fits).await?.ok_or_else(|| {
        Failure::failed(
            format!("时期 {period} 还没有已完成的评价运行，请先运行该部分的方案"),
            format!("there is no finished run of the period {period} yet; start one of the scheme of the part first"),
        )
    })
}

/// The full name of a run.
async fn name(link: &Link, run: &str) -> Outcome<String> {
    if run.starts_with("departments/") {
        return Ok(run.to_owned());
    }
    if run != LATEST {
        return Ok(format!("{COLLECTION}/{run}"));
    }
    newest(link, |_| true)
        .await?
        .ok_or_else(|| Failure::failed("还没有已完成的评价运行", "there is no finished run yet"))
}

/// The name of the newest finished run that fits.
async fn newest(link: &Link, fits: impl Fn(&Value) -> bool) -> Outcome<Option<String>> {
    let done = |run: &&Value| at(run, "/state") == "RUN_STATE_SUCCEEDED" && fits(run);
    Ok(all(link).await?.iter().find(done).map(|run| at(run, "/name")))
}

/// Every run, the newest first, without units.
async fn all(link: &Link) -> Outcome<Vec<Value>> {
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let request = json!({ "pageSize": 1000, "pageToken": token });
        let answer = link.call(&format!("{SERVICE}/ListEvaluationRuns"), request).await?;
        found.extend(answer.get("evaluationRuns").and_then(Value::as_array).cloned().unwrap_or_default());
        token = at(&answer, "/nextPageToken");
        if token.is_empty() {
            return Ok(found);
        }
    }
}
