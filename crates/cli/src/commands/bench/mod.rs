//! `wufei bench`: what the program promises about itself, each number beside its limit.
//!
//! The demo runs as a child process of this same program, so that memory and start-up are those of a process that does
//! nothing else.

#[cfg(not(feature = "bench"))]
mod absent;
#[cfg(all(feature = "bench", feature = "workbook"))]
mod clerk;
#[cfg(feature = "bench")]
mod evaluation;
mod figures;
#[cfg(feature = "bench")]
mod people;
mod running;
mod server;
mod trust;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

#[cfg(not(feature = "bench"))]
use absent as evaluation;

use crate::{
    failure::{Failure, Outcome},
    guide::Guide,
    screen::Screen,
};

/// All services ready, counted from the start of the process.
const READY_LIMIT: Duration = Duration::from_secs(2);
/// The whole `demo --once`.
const DEMO_LIMIT: Duration = Duration::from_secs(10);
/// Peak resident memory of the process with every service, in kibibytes.
const MEMORY_LIMIT_KIB: u64 = 150 * 1024;

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei bench demo", "完整演示：就绪、总用时、内存 / the whole demo: ready, total, memory"),
        ("wufei bench startup", "首次启动和再次启动 / first and second start"),
        (
            "wufei bench evaluation",
            "评价引擎：3000 × 58 的计算、抽样、Copeland、DEA，及与极限程序之比 / the engine: 3000 × 58 built, drawn, Copeland, DEA, and the ratio to the limit program",
        ),
        (
            "wufei bench trust",
            "每秒提交数、核对回执、证明大小、解释数字 / submissions in a second, checking receipts, size of a proof, explaining a figure",
        ),
        (
            "wufei bench people",
            "页面、文件和工作簿核对的等待时间 / how long pages, documents and the check of a workbook take",
        ),
        (
            "wufei bench trust --endurance 1000000 --stored 1000000",
            "另测百万份提交的内存、百万条数据时的解释 / memory over a million submissions and explaining beside a million figures too",
        ),
    ],
    notes: &[
        "任何一项超限时退出码为 1。限值对调试构建同样有效，发布构建更快；只有 evaluation 的目标是对发布构建定的。 / It ends with 1 when a limit is exceeded. The limits hold for a debug build too; a release build is faster. Only the targets of evaluation are for a release build.",
    ],
    json: "每项测量一个对象的数组 / an array with an object for each measure",
};

/// 测量启动时间、总用时、内存、评价引擎和证据核对，并与限值比较 / measure start-up, total time, memory, the engine and evidence against their limits
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: What,
}

/// What is measured.
#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// 完整演示 / the whole demo
    Demo,
    /// 启动 / start-up
    Startup,
    /// 评价引擎的速度和内存 / speed and memory of the evaluation engine
    Evaluation(evaluation::EvaluationArgs),
    /// 证据的开销与核对 / what evidence costs, and checking it
    Trust(TrustArgs),
    /// 人的等待：页面、综合报告文件、工作簿核对 / how long people wait: pages, documents, the check of a workbook
    People,
}

/// Where else evidence is measured.
#[derive(Clone, Debug, clap::Args)]
struct TrustArgs {
    /// 另测 PostgreSQL：空数据库的地址 / measure PostgreSQL too: URL of an empty database
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// 另与不留证据的程序比较：以特性 baseline 构建的 wufei / compare with a program that leaves no evidence: a wufei built with the feature baseline
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// 另测长期内存：连续提交的份数 / measure memory over this many submissions in a row too
    #[arg(long, value_name = "SUBMISSIONS")]
    endurance: Option<u32>,
    /// 解释数字之前另存多少条数据 / figures to store beside the others before one is explained
    #[arg(long, value_name = "FIGURES", default_value_t = 0)]
    stored: u32,
}

/// One measured number.
struct Measure {
    subject: String,
    what: (&'static str, &'static str),
    unit: &'static str,
    found: f64,
    bound: Bound,
}

/// What a number is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// Printed for comparison.
    None,
}

impl Measure {
    fn within(&self) -> bool {
        match self.bound {
            Bound::AtMost(limit) => self.found <= limit,
            Bound::AtLeast(limit) => self.found >= limit,
            Bound::None => true,
        }
    }

    fn limit(&self) -> Option<f64> {
        match self.bound {
            Bound::AtMost(limit) | Bound::AtLeast(limit) => Some(limit),
            Bound::None => None,
        }
    }
}

pub(crate) fn run(args: &BenchArgs, screen: &Screen) -> Outcome<()> {
    let measures = match &args.what {
        What::Demo => demo()?,
        What::Startup => startup()?,
        What::Evaluation(args) => return evaluation::run(args, screen),
        What::People => people()?,
        What::Trust(args) => {
            let mut all = server::measure(args.postgres.as_deref(), args.baseline.as_deref())?;
            if let Some(submissions) = args.endurance {
                all.extend(server::endurance(submissions)?);
            }
            all.extend(trust::measure(args.stored, screen)?);
            all
        }
    };
    show(screen, &measures);
    let over: Vec<&str> = measures.iter().filter(|m| !m.within()).map(|m| m.subject.as_str()).collect();
    if over.is_empty() {
        return Ok(());
    }
    let list = over.join(", ");
    Err(Failure::failed(format!("超过限值：{list}"), format!("over the limit: {list}")))
}

#[cfg(feature = "bench")]
fn people() -> Outcome<Vec<Measure>> {
    people::measure()
}

#[cfg(not(feature = "bench"))]
fn people() -> Outcome<Vec<Measure>> {
    Err(absent::not_built("people"))
}

fn demo() -> Outcome<Vec<Measure>> {
    let mut all = Vec::new();
    for dataset in ["letter", "synthetic"] {
        let folder = folder()?;
        let (total, summary) = child(folder.path(), dataset)?;
        all.push(ready(dataset, &summary));
        all.push(Measure {
            subject: dataset.to_owned(),
            what: ("demo --once 总用时", "whole demo --once"),
            unit: "ms",
            found: millis(total),
            bound: Bound::AtMost(millis(DEMO_LIMIT)),
        });
        all.push(Measure {
            subject: dataset.to_owned(),
            what: ("内存峰值", "peak resident memory"),
            unit: "MiB",
            found: mebibytes(number(&summary, "/peakMemoryKib")),
            bound: Bound::AtMost(mebibytes(MEMORY_LIMIT_KIB)),
        });
    }
    Ok(all)
}

fn startup() -> Outcome<Vec<Measure>> {
    let folder = folder()?;
    let (_, first) = child(folder.path(), "letter")?;
    let (_, second) = child(folder.path(), "letter")?;
    Ok(vec![ready("first start", &first), ready("second start", &second)])
}

fn ready(subject: &str, summary: &Value) -> Measure {
    Measure {
        subject: subject.to_owned(),
        what: ("进程启动到全部就绪", "process start to all services ready"),
        unit: "ms",
        found: millis(Duration::from_millis(number(summary, "/readyMillis"))),
        bound: Bound::AtMost(millis(READY_LIMIT)),
    }
}

fn number(summary: &Value, pointer: &str) -> u64 {
    // A number that is not there is over any limit.
    summary.pointer(pointer).and_then(Value::as_u64).unwrap_or(u64::from(u32::MAX))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn mebibytes(kib: u64) -> f64 {
    Duration::from_millis(kib).as_secs_f64() * 1000.0 / 1024.0
}

fn folder() -> Outcome<tempfile::TempDir> {
    tempfile::tempdir().map_err(|error| Failure::unwritable(&env::temp_dir(), &error))
}

/// This program, to be started again in a process of its own.
fn program() -> Outcome<PathBuf> {
    env::current_exe().map_err(|error| Failure::unreadable(Path::new("wufei"), &error))
}

/// Runs the demo once and reads its summary.
fn child(folder: &Path, dataset: &str) -> Outcome<(Duration, Value)> {
    let program = program()?;
    let start = Instant::now();
    let output = Command::new(&program)
        .args(["demo", "--once", "--json", "--dataset", dataset, "--data-dir"])
        .arg(folder.join("data"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::unreadable(&program, &error))?;
    let total = start.elapsed();
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::failed(
            format!("演示失败（{dataset}）：{text}"),
            format!("the demo failed ({dataset}): {text}"),
        ));
    }
    let summary = serde_json::from_slice(&output.stdout).map_err(|error| Failure::unexpected("demo summary", error))?;
    Ok((total, summary))
}

/// Peak resident memory of this process in kibibytes, where the system tells it (Linux).
pub(crate) fn peak_memory_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

fn show(screen: &Screen, measures: &[Measure]) {
    if screen.is_json() {
        let rows: Vec<Value> = measures
            .iter()
            .map(|m| {
                json!({"subject": m.subject, "what": m.what.1, "unit": m.unit, "found": m.found.round(),
                    "limit": m.limit().map(f64::round), "ratio": m.limit().map(|limit| m.found / limit),
                    "within": m.within()})
            })
            .collect();
        screen.value(&Value::from(rows));
        return;
    }
    let mut table = screen.table(&[
        ("对象", "subject"),
        ("测量", "measured"),
        ("结果", "found"),
        ("限值", "limit"),
        ("占限值", "of the limit"),
        ("结论", "verdict"),
    ]);
    for m in measures {
        let verdict = match (m.limit(), m.within()) {
            (None, _) => "",
            (Some(_), true) => screen.text("通过", "within"),
            (Some(_), false) => screen.text("超限", "over"),
        };
        let limit = match m.bound {
            Bound::AtMost(limit) => format!("≤ {limit:.0} {}", m.unit),
            Bound::AtLeast(limit) => format!("≥ {limit:.0} {}", m.unit),
            Bound::None => String::new(),
        };
        table.add_row([
            m.subject.clone(),
            screen.text(m.what.0, m.what.1).to_owned(),
            format!("{:.0} {}", m.found, m.unit),
            limit,
            m.limit().map(|limit| format!("{:.0} %", 100.0 * m.found / limit)).unwrap_or_default(),
            verdict.to_owned(),
        ]);
    }
    screen.line(table);
}
