//! `wufei serve`.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::ValueEnum;

use crate::{guide::Guide, screen::Screen};

/// How it is used.
pub(crate) const GUIDE: Guide = Guide {
    examples: &[
        (
            "wufei serve ecology --config deploy/config/ecology.toml",
            "运行生态环境部门的节点 / run the node of the ecology department",
        ),
        ("wufei serve city --config city-140100.toml --check-config", "只检查配置 / check the configuration only"),
        (
            "wufei serve aggregator --config aggregator.toml --dump-config",
            "输出生效的配置 / print the configuration in force",
        ),
    ],
    notes: &[
        "环境变量 WUFEI__节__项 可覆盖配置，如 WUFEI__LISTEN__GRPC。 / WUFEI__SECTION__KEY overrides the configuration, such as WUFEI__LISTEN__GRPC.",
    ],
    json: "不影响本命令；日志格式见配置 telemetry.json / has no effect here; telemetry.json in the configuration says how logs look",
};

/// 运行一个服务 / run one service
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// 服务 / service
    #[arg(value_enum)]
    service: Service,
    /// 配置文件（TOML） / configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// 只检查配置 / check the configuration and end
    #[arg(long, conflicts_with = "dump_config")]
    check_config: bool,
    /// 输出生效的配置，隐去口令 / print the configuration in force, passwords hidden
    #[arg(long)]
    dump_config: bool,
}

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Service {
    /// 生态环境 / ecology and environment
    Ecology,
    /// 商务 / commerce
    Commerce,
    /// 科技 / science and technology
    Scitech,
    /// 一个市 / one city
    City,
    /// 汇总与评价 / aggregation and evaluation
    Aggregator,
}

/// Runs the service as its own program would.
pub(crate) fn run(args: &ServeArgs, screen: &Screen) -> ExitCode {
    let lang = screen.text("zh", "en");
    let mut words: Vec<OsString> = vec!["--config".into(), args.config.clone().into(), "--lang".into(), lang.into()];
    if args.check_config {
        words.push("--check-config".into());
    }
    if args.dump_config {
        words.push("--dump-config".into());
    }
    match args.service {
        Service::Ecology => runtime::main_with("ecology", words, ecology::wiring::build),
        Service::Commerce => runtime::main_with("commerce", words, commerce::wiring::build),
        Service::Scitech => runtime::main_with("scitech", words, scitech::wiring::build),
        Service::City => runtime::main_with("city", words, city::wiring::build),
        Service::Aggregator => runtime::main_with("aggregator", words, aggregator::wiring::build),
    }
}
