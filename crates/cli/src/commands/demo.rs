//! `wufei demo`.

use std::{path::PathBuf, time::Instant};

use crate::{
    demo::{self, Options},
    failure::Outcome,
    guide::Guide,
    screen::Screen,
};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        ("wufei demo", "启动并保持运行，Ctrl-C 结束 / start and stay until Ctrl-C"),
        ("wufei demo --once --out report", "报告写入 report 后结束 / end when the report is in the folder report"),
        (
            "wufei demo --dataset synthetic --seed 7 --data-dir synthetic-data",
            "11 个市的模拟数据 / made-up data of all 11 cities",
        ),
    ],
    notes: &[
        "数据目录可再次使用，不会重复提交；一个数据目录只装一个数据集。 / A data folder can be used again: nothing is submitted twice. It holds one data set.",
    ],
    json: "服务地址、数据目录、报告文件和校验值，报告生成后输出一次 / addresses, data folder, report files and digests, once the report is written",
};

/// 一条命令演示全部：五个服务、数据、联合评价和报告 / everything in one command: services, data, evaluation, report
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// 数据目录 / data folder
    #[arg(long, value_name = "DIR", default_value = "wufei-data")]
    data_dir: PathBuf,
    /// 报告目录；默认为数据目录下的 report / folder of the report; default: report below the data folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// 数据集：letter（函件数据）、synthetic（模拟数据）、province（模拟数据，五年、含县区）或文件夹 / data set: letter, synthetic, province (synthetic, five years with counties) or a folder
    #[arg(long, value_name = "letter|synthetic|province|DIR", default_value = "letter")]
    dataset: String,
    /// 模拟数据的种子 / seed of the synthetic data
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 起始端口；0 表示由系统选择 / first port; 0 lets the system choose
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port_base: u16,
    /// 报告生成后结束 / end when the report is written
    #[arg(long)]
    once: bool,
    /// OTLP 采集器，如 http://127.0.0.1:4317 / OTLP collector
    #[arg(long, value_name = "ENDPOINT")]
    otlp: Option<String>,
    /// 服务日志，如 info / what the services log, e.g. info
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    log: String,
}

pub(crate) fn run(args: DemoArgs, screen: &Screen, started: Instant) -> Outcome<()> {
    let DemoArgs { data_dir, out, dataset, seed, port_base, once, otlp, log } = args;
    let options = Options { data_dir, out, dataset, seed, port_base, once, otlp, log };
    demo::run(options, screen, started)
}
